#include "catalog/slo_reader.h"

#include <algorithm>
#include <set>

#include "catalog/slo_alerts.h"

namespace kizashi {
namespace {

using std::chrono::hours;

constexpr Duration kHoldMax = std::chrono::days(1);
constexpr double kFactorMax = 1e6;
constexpr int kUnitsMax = 100;

std::optional<BudgetWindow::Unit> UnitOf(std::string_view name) {
  for (const auto unit :
       {BudgetWindow::Unit::kDay, BudgetWindow::Unit::kWeek, BudgetWindow::Unit::kMonth,
        BudgetWindow::Unit::kQuarter, BudgetWindow::Unit::kYear}) {
    if (WindowUnitName(unit) == name) return unit;
  }
  return std::nullopt;
}

BudgetWindow ReadCalendarWindow(const Field& field) {
  BudgetWindow window;
  window.time_zone.clear();
  CheckKeys(field, {"calendar", "count", "time_zone", "start"});
  const Field calendar = field.Key("calendar");
  if (!calendar.present()) calendar.Wrong("day, week, month, quarter or year");
  const auto unit = ReadOneOf(calendar, {"day", "week", "month", "quarter", "year"});
  if (unit) window.unit = *UnitOf(*unit);
  window.count = ReadWholeNumber(field.Key("count"), 1, kUnitsMax).value_or(1);
  window.time_zone = ReadTimeZone(field.Key("time_zone")).value_or("");
  window.start = ReadTime(field.Key("start"));
  if (unit && WindowLengthMax(window) > SloSpec::kWindowMax + hours(1)) {
    field.Key("count").Wrong("a window of at most a year");
  }
  return window;
}

BudgetWindow ReadWindow(const Field& field) {
  BudgetWindow window;
  if (!field.present()) return window;
  if (field.IsMapping()) return ReadCalendarWindow(field);
  if (field.node().kind == YamlNode::Kind::kScalar) {
    if (const auto unit = UnitOf(field.node().scalar)) {
      window.unit = *unit;
      window.time_zone.clear();
      return window;
    }
    const auto length = ParseDuration(field.node().scalar);
    if (length.ok() && *length >= SloSpec::kWindowMin && *length <= SloSpec::kWindowMax) {
      window.length = *length;
      return window;
    }
  }
  field.Wrong(
      fmt::format("a duration such as 30d, from {} to {}, day, week, month, quarter or "
                  "year, or a mapping such as {{calendar: month, time_zone: Asia/Tokyo}}",
                  FormatDuration(SloSpec::kWindowMin), FormatDuration(SloSpec::kWindowMax)));
  return window;
}

Duration ReadInterval(const Field& field) {
  const Duration standard = SloSpec().interval;
  const auto interval = ReadDuration(field, SloSpec::kIntervalMin, SloSpec::kIntervalMax);
  if (!interval) return standard;
  if (Duration(hours(1)) % *interval == Duration(0)) return *interval;
  field.Wrong("a duration that divides an hour, such as 10s, 1m or 5m");
  return standard;
}

Duration ReadSliceLength(const Field& field, Duration interval, Duration standard) {
  const auto every = ReadDuration(field, SloSpec::kIntervalMin, std::chrono::days(1));
  if (!every) return standard;
  if (*every % interval == Duration(0)) return *every;
  field.Wrong(fmt::format("a multiple of the interval, {}", FormatDuration(interval)));
  return standard;
}

Budgeting ReadBudgeting(const Field& field, Duration interval) {
  Budgeting budgeting;
  if (!field.present()) return budgeting;
  constexpr std::string_view kExpected =
      "occurrences, {timeslices: 95%, every: 5m} or {ratio_timeslices: 5m}";
  if (!field.IsMapping()) {
    if (field.node().kind != YamlNode::Kind::kScalar || field.node().scalar != "occurrences") {
      field.Wrong(std::string(kExpected));
    }
    return budgeting;
  }
  CheckKeys(field, {"timeslices", "every", "ratio_timeslices"});
  const Field slices = field.Key("timeslices");
  const Field ratio = field.Key("ratio_timeslices");
  if (slices.present() == ratio.present()) {
    field.Wrong(std::string(kExpected));
  } else if (slices.present()) {
    budgeting.method = Budgeting::Method::kTimeslices;
    budgeting.target = ReadPercent(slices, true).value_or(1);
    budgeting.every = ReadSliceLength(field.Key("every"), interval, budgeting.every);
  } else {
    budgeting.method = Budgeting::Method::kRatioTimeslices;
    budgeting.every = ReadSliceLength(ratio, interval, budgeting.every);
    if (field.Key("every").present()) {
      field.Key("every").Wrong("the length at ratio_timeslices alone");
    }
  }
  return budgeting;
}

std::optional<BurnPair> ReadPair(const Field& field, const SloSpec& slo) {
  if (!CheckMapping(field, "a mapping such as {severity: page, long: 1h, short: 5m, burn: 14.4}")) {
    return std::nullopt;
  }
  CheckKeys(field, {"severity", "long", "short", "burn", "for", "name"});
  const std::pair<const char*, const char*> required[] = {{"severity", "page or ticket"},
                                                          {"long", "a duration such as 1h"},
                                                          {"short", "a duration such as 5m"},
                                                          {"burn", "a burn rate such as 14.4"}};
  for (const auto& [key, expected] : required) {
    if (!field.Key(key).present()) field.Key(key).Wrong(expected);
  }
  const auto severity = ReadOneOf(field.Key("severity"), {"page", "ticket"});
  const auto longer = ReadDuration(field.Key("long"), slo.interval, WindowLengthMax(slo.window));
  const auto shorter = ReadDuration(field.Key("short"), slo.interval, WindowLengthMax(slo.window));
  const auto burn = ReadNumber(field.Key("burn"), 1e-6, kFactorMax);
  BurnPair pair;
  pair.hold = ReadDuration(field.Key("for"), Duration(0), kHoldMax).value_or(Duration(0));
  pair.name = ReadText(field.Key("name")).value_or("");
  if (!severity || !longer || !shorter || !burn) return std::nullopt;
  if (*shorter >= *longer) {
    field.Key("short").Wrong(fmt::format("less than the long window, {}", FormatDuration(*longer)));
    return std::nullopt;
  }
  pair.severity = *severity == "page" ? Severity::kPage : Severity::kTicket;
  pair.long_window = *longer;
  pair.short_window = *shorter;
  pair.factor = *burn;
  return pair;
}

/// The places of own pairs, to tell of those that cannot be reached once the target is known.
void ReadAlerts(const Field& field, SloSpec* slo, bool target_known) {
  if (!field.present() ||
      (field.node().kind == YamlNode::Kind::kScalar && field.node().scalar == "workbook")) {
    for (const UnreachablePair& one : UnreachablePairs(*slo)) {
      if (target_known) {
        field.Warn(
            fmt::format("the workbook's pair {} is left out: {}", PairName(one.pair), one.why));
      }
    }
    return;
  }
  if (field.node().kind == YamlNode::Kind::kScalar && field.node().scalar == "none") {
    slo->alerting.kind = SloAlerting::Pairs::kNone;
    return;
  }
  if (field.node().kind != YamlNode::Kind::kSequence || field.node().children.empty()) {
    return field.Wrong("workbook, none or a list of pairs of windows");
  }
  slo->alerting.kind = SloAlerting::Pairs::kOwn;
  std::set<std::string> names;
  for (const Field& item : field.Items()) {
    auto pair = ReadPair(item, *slo);
    if (!pair) continue;
    if (!names.insert(PairName(*pair)).second) {
      item.Error(item.place(), fmt::format("a second pair named {}", Quoted(PairName(*pair))),
                 "a name of its own for each pair");
    }
    SloSpec alone = *slo;
    alone.alerting.pairs = {*pair};
    const auto unreachable = UnreachablePairs(alone);
    if (target_known && !unreachable.empty()) {
      item.Key("burn").Wrong(
          fmt::format("below {:.6g}: {}", FullOutageBurn(*slo), unreachable[0].why));
    }
    slo->alerting.pairs.push_back(*std::move(pair));
  }
}

const std::vector<std::string_view>& SloKeys() {
  static const auto* keys = [] {
    auto* all = new std::vector<std::string_view>{
        "name",      "title",     "description", "target",     "window",    "interval",
        "budgeting", "alerts",    "evidence",    "policy",     "overrides", "exclude",
        "adjust",    "agreement", "labels",      "annotations"};
    all->insert(all->end(), IndicatorKeys().begin(), IndicatorKeys().end());
    return all;
  }();
  return *keys;
}

std::optional<DraftSlo> ReadSlo(const Field& field) {
  if (!CheckMapping(field, "a mapping with target, good and total")) return std::nullopt;
  CheckKeys(field, SloKeys());
  DraftSlo out;
  SloSpec& slo = out.slo;
  out.place = field.Key("name").place();
  if (field.Key("name").present()) slo.name = ReadName(field.Key("name")).value_or("");
  slo.title = ReadText(field.Key("title")).value_or("");
  slo.description = ReadProse(field.Key("description")).value_or("");
  const Field target = field.Key("target");
  if (!target.present()) target.Wrong("a number between 0 and 100");
  const auto share = ReadPercent(target, false);
  slo.target = share.value_or(slo.target);
  slo.interval = ReadInterval(field.Key("interval"));
  slo.window = ReadWindow(field.Key("window"));
  slo.budgeting = ReadBudgeting(field.Key("budgeting"), slo.interval);
  const auto indicator = ReadIndicator(field, &out);
  ReadAlerts(field.Key("alerts"), &slo, share.has_value());
  slo.alerting.evidence = ReadTruth(field.Key("evidence")).value_or(slo.alerting.evidence);
  ReadSloGovernance(field, &out);
  if (!indicator || !share) return std::nullopt;
  slo.indicator = *indicator;
  return out;
}

}  // namespace

void ReadSlos(const Field& field, std::vector<DraftSlo>* slos) {
  std::set<std::string> names;
  for (const Field& item : OneOrMany(field)) {
    auto draft = ReadSlo(item);
    if (!draft) continue;
    const std::string& name = draft->slo.name;
    if (!names.insert(name).second) {
      item.Error(item.Key("name").place(), fmt::format("a second SLO named {}", Quoted(name)),
                 "a name of its own for each SLO");
    }
    slos->push_back(*std::move(draft));
  }
}

}  // namespace kizashi
