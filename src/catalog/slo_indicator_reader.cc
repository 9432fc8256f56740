// What an SLO measures: good, bad and total, latency, samples, slice, ratio, freshness, deadline,
// composite, journey.
#include <algorithm>
#include <charconv>

#include "catalog/slo_reader.h"
#include "catalog/suggest.h"

namespace kizashi {
namespace {

using Kind = Indicator::Kind;

constexpr Duration kAgeMax = std::chrono::days(366);
constexpr double kWeightMax = 1e6;

std::vector<Selector> ReadSelectors(const Field& field, bool* ok) {
  std::vector<Selector> selectors;
  for (const Field& item : OneOrMany(field)) {
    if (auto selector = ReadSelector(item)) {
      selectors.push_back(*std::move(selector));
    } else {
      *ok = false;
    }
  }
  if (selectors.empty() && *ok) {
    field.Wrong("a selector such as {job=\"shop\"}, or a list of them");
    *ok = false;
  }
  return selectors;
}

/// A selector, a list, {promql: EXPRESSION} or {of: SELECTORS, less: SELECTORS}.
std::optional<EventCount> ReadCount(const Field& field) {
  EventCount count;
  bool ok = true;
  if (!field.IsMapping()) {
    count.counters = ReadSelectors(field, &ok);
    return ok ? std::optional(count) : std::nullopt;
  }
  CheckKeys(field, {"promql", "of", "less"});
  if (field.Key("promql").present() == field.Key("of").present()) {
    field.Wrong("either promql, or of with the counters to add and less with those to take off");
    return std::nullopt;
  }
  if (field.Key("promql").present()) {
    if (field.Key("less").present()) field.Key("less").Wrong("counters to take off of `of` alone");
    count.promql = ReadExpression(field.Key("promql")).value_or("");
    return count.promql.empty() ? std::nullopt : std::optional(count);
  }
  count.counters = ReadSelectors(field.Key("of"), &ok);
  if (field.Key("less").present()) count.less = ReadSelectors(field.Key("less"), &ok);
  return ok ? std::optional(count) : std::nullopt;
}

std::optional<Indicator> ReadEvents(const Field& slo) {
  Indicator sli;
  int present = 0;
  bool ok = true;
  const std::pair<const char*, EventCount*> counts[] = {
      {"good", &sli.good}, {"bad", &sli.bad}, {"total", &sli.total}};
  for (const auto& [key, count] : counts) {
    const Field field = slo.Key(key);
    if (!field.present()) continue;
    ++present;
    if (auto read = ReadCount(field)) {
      *count = *std::move(read);
    } else {
      ok = false;
    }
  }
  if (present == 3) {
    slo.Key("bad").Error(slo.Key("bad").place(), "good, bad and total", "two of the three");
    return std::nullopt;
  }
  if (present == 1) {
    const bool has_total = slo.Key("total").present();
    const Field lacking = slo.Key(has_total ? "good" : "total");
    lacking.Wrong("a selector such as http_requests_total{code!~\"5..\"}");
    return std::nullopt;
  }
  return ok ? std::optional(sli) : std::nullopt;
}

/// ">= 1".
bool ReadBound(const Field& field, Indicator* sli) {
  constexpr std::string_view kExpected =
      "a comparison with a number, such as \">= 1\" or \"< 0.5\"";
  if (!field.present() || field.node().kind != YamlNode::Kind::kScalar) {
    field.Wrong(std::string(kExpected));
    return false;
  }
  std::string_view text = field.node().scalar;
  // The signs of two letters come first.
  for (const Comparison one : {Comparison::kAtMost, Comparison::kAtLeast, Comparison::kEqual,
                               Comparison::kNotEqual, Comparison::kBelow, Comparison::kAbove}) {
    const std::string_view sign = ComparisonSign(one);
    if (!text.starts_with(sign)) continue;
    text.remove_prefix(sign.size());
    while (text.starts_with(' ')) text.remove_prefix(1);
    double bound = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
    if (error != std::errc() || end != text.data() + text.size() || !(bound - bound == 0)) break;
    sli->is = one;
    sli->bound = bound;
    return true;
  }
  field.Wrong(std::string(kExpected));
  return false;
}

/// A duration, or a number of seconds for what is finer than milliseconds.
std::optional<double> ReadSeconds(const Field& field) {
  if (!field.present()) {
    field.Wrong("a duration such as 300ms");
    return std::nullopt;
  }
  double seconds = 0;
  const std::string& text = field.node().scalar;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) return ReadNumber(field, 1e-9, 1e9);
  const auto duration =
      ReadDuration(field, std::chrono::milliseconds(1), std::chrono::days(11'574));
  return duration ? std::optional(ToSeconds(*duration)) : std::nullopt;
}

std::optional<Indicator> ReadLatency(const Field& field) {
  if (!CheckMapping(field, "a mapping such as {histogram: SELECTOR, below: 300ms}")) {
    return std::nullopt;
  }
  CheckKeys(field, {"histogram", "below"});
  Indicator sli;
  sli.kind = Kind::kLatency;
  sli.is = Comparison::kAtMost;
  if (!field.Key("histogram").present())
    field.Key("histogram").Wrong("the selector of a histogram");
  const auto histogram = ReadSelector(field.Key("histogram"));
  const auto below = ReadSeconds(field.Key("below"));
  if (!histogram || !below) return std::nullopt;
  for (const LabelMatcher& matcher : histogram->matchers) {
    if (matcher.name == "le") {
      field.Key("histogram").Wrong("no matcher of le: `below` says it");
      return std::nullopt;
    }
    if (matcher.name != kMetricName) continue;
    for (const std::string_view part : {"_bucket", "_count", "_sum"}) {
      if (!matcher.value.ends_with(part)) continue;
      field.Key("histogram").Wrong(fmt::format("the histogram's name without {}", part));
      return std::nullopt;
    }
  }
  sli.histogram = *histogram;
  sli.bound = *below;
  return sli;
}

std::optional<Indicator> ReadSamples(const Field& field, Kind kind) {
  const bool slice = kind == Kind::kTimeSlice;
  if (!CheckMapping(field, slice ? "a mapping such as {promql: EXPRESSION, is: \"< 0.5\"}"
                                 : "a mapping such as {of: SELECTOR, is: \">= 1\"}")) {
    return std::nullopt;
  }
  Indicator sli;
  sli.kind = kind;
  bool ok = true;
  if (slice) {
    CheckKeys(field, {"of", "promql", "is"});
    if (field.Key("of").present() == field.Key("promql").present()) {
      field.Wrong("either of with a selector, or promql with an expression");
      return std::nullopt;
    }
    if (field.Key("promql").present()) {
      sli.promql = ReadExpression(field.Key("promql")).value_or("");
      ok = !sli.promql.empty();
    }
  } else {
    CheckKeys(field, {"of", "is"});
  }
  if (sli.promql.empty() && ok) sli.gauges = ReadSelectors(field.Key("of"), &ok);
  ok &= ReadBound(field.Key("is"), &sli);
  return ok ? std::optional(sli) : std::nullopt;
}

std::optional<Indicator> ReadRatio(const Field& field) {
  if (!CheckMapping(field, "a mapping such as {bad: EXPRESSION}")) return std::nullopt;
  CheckKeys(field, {"good", "bad"});
  if (field.Key("good").present() == field.Key("bad").present()) {
    field.Wrong("either good or bad, an expression of PromQL between 0 and 1");
    return std::nullopt;
  }
  Indicator sli;
  sli.kind = Kind::kRatio;
  sli.promql_is_bad = field.Key("bad").present();
  const auto promql = ReadExpression(field.Key(sli.promql_is_bad ? "bad" : "good"));
  if (!promql) return std::nullopt;
  sli.promql = *promql;
  return sli;
}

std::optional<Indicator> ReadFreshness(const Field& field) {
  if (!CheckMapping(field, "a mapping such as {of: SELECTOR, within: 1h}")) return std::nullopt;
  CheckKeys(field, {"of", "within"});
  Indicator sli;
  sli.kind = Kind::kFreshness;
  sli.is = Comparison::kAtMost;
  bool ok = true;
  if (!field.Key("within").present()) field.Key("within").Wrong("a duration such as 1h");
  sli.gauges = ReadSelectors(field.Key("of"), &ok);
  const auto within = ReadDuration(field.Key("within"), std::chrono::seconds(1), kAgeMax);
  if (!within || !ok) return std::nullopt;
  sli.bound = ToSeconds(*within);
  return sli;
}

bool ReadDays(const Field& field, std::vector<Weekday>* days) {
  if (!field.present()) {
    *days = {1, 2, 3, 4, 5, 6, 7};
    return true;
  }
  const std::vector<std::string_view> names(std::begin(kWeekdayNames), std::end(kWeekdayNames));
  bool ok = true;
  for (const Field& item : OneOrMany(field)) {
    const auto name = ReadOneOf(item, names);
    ok &= name.has_value();
    if (!name) continue;
    days->push_back(static_cast<int>(std::find(names.begin(), names.end(), *name) - names.begin()) +
                    1);
  }
  std::sort(days->begin(), days->end());
  if (std::adjacent_find(days->begin(), days->end()) != days->end()) {
    field.Wrong("each day once");
    ok = false;
  }
  if (days->empty() && ok) field.Wrong("days such as [mon, tue]");
  return ok && !days->empty();
}

std::optional<Indicator> ReadDeadline(const Field& field) {
  if (!CheckMapping(field, "a mapping such as {of: SELECTOR, by: \"06:00\"}")) return std::nullopt;
  CheckKeys(field, {"of", "by", "started_within", "days", "time_zone"});
  Indicator sli;
  sli.kind = Kind::kDeadline;
  bool ok = true;
  sli.gauges = ReadSelectors(field.Key("of"), &ok);
  const auto by = ReadTimeOfDay(field.Key("by"));
  const auto within =
      ReadDuration(field.Key("started_within"), std::chrono::minutes(1), std::chrono::days(7));
  ok &= ReadDays(field.Key("days"), &sli.days);
  sli.time_zone = ReadTimeZone(field.Key("time_zone")).value_or("");
  if (!by || !ok) return std::nullopt;
  sli.by = *by;
  sli.within = within.value_or(std::chrono::days(1));
  return sli;
}

void ReadMembers(const Field& field, Indicator* sli, DraftSlo* draft) {
  for (const Field& item : ReadList(field, "members such as {service: shop, slo: latency}")) {
    if (!CheckMapping(item, "a mapping such as {service: shop, slo: latency, weight: 2}")) continue;
    CheckKeys(item, {"service", "slo", "weight"});
    SloMember member;
    if (!item.Key("service").present() && !item.Key("slo").present()) {
      item.Wrong("service, slo or both");
    }
    member.service = ReadText(item.Key("service")).value_or("");
    member.slo = ReadText(item.Key("slo")).value_or("");
    member.weight = ReadNumber(item.Key("weight"), 1e-6, kWeightMax).value_or(1);
    sli->members.push_back(std::move(member));
    draft->members.push_back({item.Key("service").place(), item.Key("slo").place()});
  }
}

std::optional<Indicator> ReadComposite(const Field& field, Kind kind, DraftSlo* draft) {
  if (!CheckMapping(field, "a mapping such as {members: [{service: shop}], missing: ignore}")) {
    return std::nullopt;
  }
  CheckKeys(field, {"members", "missing"});
  Indicator sli;
  sli.kind = kind;
  const auto missing = ReadOneOf(field.Key("missing"), {"ignore", "good", "bad"});
  if (missing == "good") sli.missing = Indicator::Missing::kGood;
  if (missing == "bad") sli.missing = Indicator::Missing::kBad;
  ReadMembers(field.Key("members"), &sli, draft);
  if (kind == Kind::kComposite && sli.members.empty()) {
    if (!field.Key("members").present()) field.Key("members").Wrong("a list of members");
    return std::nullopt;
  }
  return sli;
}

std::optional<Indicator> ReadOf(std::string_view key, const Field& slo, DraftSlo* draft) {
  const Field field = slo.Key(key);
  if (key == "latency") return ReadLatency(field);
  if (key == "samples") return ReadSamples(field, Kind::kSamples);
  if (key == "slice") return ReadSamples(field, Kind::kTimeSlice);
  if (key == "ratio") return ReadRatio(field);
  if (key == "freshness") return ReadFreshness(field);
  if (key == "deadline") return ReadDeadline(field);
  if (key == "composite") return ReadComposite(field, Kind::kComposite, draft);
  if (key == "journey") return ReadComposite(field, Kind::kJourney, draft);
  return ReadEvents(slo);
}

}  // namespace

const std::vector<std::string_view>& IndicatorKeys() {
  static const auto* keys = new std::vector<std::string_view>{
      "good",  "bad",       "total",    "latency",   "samples", "slice",
      "ratio", "freshness", "deadline", "composite", "journey", "dependency"};
  return *keys;
}

std::optional<Indicator> ReadIndicator(const Field& slo, DraftSlo* draft) {
  // Those of events count as one.
  std::vector<std::string_view> present;
  for (const std::string_view key : IndicatorKeys()) {
    if (key == "dependency" || !slo.Key(key).present()) continue;
    const bool event = key == "good" || key == "bad" || key == "total";
    if (event && !present.empty()) continue;
    present.push_back(key);
  }
  const auto dependency = ReadText(slo.Key("dependency"));
  if (present.empty()) {
    for (const char* key : {"good", "total"}) {
      slo.Key(key).Wrong("a selector such as http_requests_total{code!~\"5..\"}");
    }
    return std::nullopt;
  }
  if (present.size() > 1) {
    const Field second = slo.Key(present[1]);
    second.Error(second.place(), fmt::format("{} beside {}", present[1], present[0]),
                 "one indicator: two of good, bad and total, or one of latency, samples, slice, "
                 "ratio, freshness, deadline, composite and journey");
    return std::nullopt;
  }
  auto sli = ReadOf(present[0], slo, draft);
  if (sli && dependency) sli->dependency = *dependency;
  return sli;
}

}  // namespace kizashi
