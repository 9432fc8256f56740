// OpenSLO: the SLOs of openslo/v1alpha, openslo/v1 and openslo.com/v2alpha, with the SLIs, alert
// policies, alert conditions and data sources that they name.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/openslo.h"
#include "judge/slo_formats/openslo_metric.h"

namespace kizashi {
namespace {

constexpr double kShareMin = 1e-9;

std::optional<SloFormat> VersionOf(const Field& object) {
  const std::string version = ReadText(object.Key("apiVersion")).value_or("");
  if (version == "openslo/v1alpha") return SloFormat::kOpenSloV1Alpha;
  if (version == "openslo/v1") return SloFormat::kOpenSloV1;
  if (version == "openslo.com/v2alpha") return SloFormat::kOpenSloV2Alpha;
  object.Key("apiVersion").Wrong("openslo/v1alpha, openslo/v1 or openslo.com/v2alpha");
  return std::nullopt;
}

std::string NameOf(const Field& object) {
  return ReadText(object.Key("metadata").Key("name")).value_or("");
}

std::optional<BudgetWindow::Unit> UnitOf(std::string_view word) {
  static const std::map<std::string_view, BudgetWindow::Unit> kUnits = {
      {"Day", BudgetWindow::Unit::kDay},         {"d", BudgetWindow::Unit::kDay},
      {"Week", BudgetWindow::Unit::kWeek},       {"w", BudgetWindow::Unit::kWeek},
      {"Month", BudgetWindow::Unit::kMonth},     {"M", BudgetWindow::Unit::kMonth},
      {"Quarter", BudgetWindow::Unit::kQuarter}, {"Q", BudgetWindow::Unit::kQuarter},
      {"Year", BudgetWindow::Unit::kYear},       {"Y", BudgetWindow::Unit::kYear}};
  const auto at = kUnits.find(word);
  return at == kUnits.end() ? std::nullopt : std::optional(at->second);
}

class OpenSloReader {
 public:
  explicit OpenSloReader(SloImport* out) : out_(out) {}

  void Index(const Field& object) {
    const std::string kind = ReadText(object.Key("kind")).value_or("");
    const std::string name = NameOf(object);
    if (kind == "SLI") slis_.emplace(name, object);
    if (kind == "AlertPolicy") policies_.emplace(name, object);
    if (kind == "AlertCondition") conditions_.emplace(name, object);
    if (kind == "DataSource") {
      sources_.emplace(name, ReadText(object.Key("spec").Key("type")).value_or(""));
    }
  }

  void Read(const Field& object) {
    const auto version = VersionOf(object);
    if (!version) return;
    format_ = *version;
    const Field kind = object.Key("kind");
    const auto word = ReadOneOf(kind, {"SLO", "SLI", "Service", "DataSource", "AlertPolicy",
                                       "AlertCondition", "AlertNotificationTarget"});
    if (!kind.present()) kind.Wrong("a kind of OpenSLO, such as SLO");
    if (!word) return;
    if (NameOf(object).empty()) object.Key("metadata").Key("name").Wrong("a name");
    if (word == "SLO") ReadSlo(object);
    // On their own they give no SLO, but what is wrong with them is told.
    if (word == "AlertPolicy") Policy(object);
    if (word == "AlertCondition") Condition(object);
  }

 private:
  void ReadSlo(const Field& object) {
    const Field spec = object.Key("spec");
    if (!CheckMapping(spec, "what the SLO promises")) return;
    WarnOfKeys(
        spec, {"description", "service", "serviceRef", "indicator", "indicatorRef", "sli", "sliRef",
               "timeWindow", "timeWindows", "budgetingMethod", "objectives", "alertPolicies"});
    const Field name = object.Key("metadata").Key("name");
    SloSpec slo;
    slo.name = NameFrom(name, NameOf(object));
    slo.title = ReadText(object.Key("metadata").Key("displayName")).value_or("");
    slo.description = ReadProse(spec.Key("description")).value_or("");
    slo.labels = ReadLabels(object.Key("metadata").Key("labels"), "");
    slo.annotations = ReadLabels(object.Key("metadata").Key("annotations"), "");
    const Field service =
        spec.Key(format_ == SloFormat::kOpenSloV2Alpha ? "serviceRef" : "service");
    if (!service.present()) service.Wrong("the name of a service");
    const std::string service_name = NameFrom(service, ReadText(service).value_or(""));
    const bool windowed = ReadWindow(spec, &slo.window);
    const Field objectives = spec.Key("objectives");
    const std::vector<Field> items = ReadList(objectives, "objectives");
    if (items.empty() && !objectives.present()) objectives.Wrong("a list of objectives");
    for (size_t i = 0; i < items.size(); ++i) {
      SloSpec one = slo;
      if (items.size() > 1) one.name += fmt::format("-{}", i + 1);
      const bool ok = ReadObjective(spec, items[i], &one);
      ReadAlerts(spec, &one);
      if (!ok || !windowed || service_name.empty() || one.name.empty()) continue;
      AddSlo(items.size() > 1 ? items[i] : object, format_, service_name, std::move(one), out_);
    }
  }

  // --- The window.

  bool ReadWindow(const Field& spec, BudgetWindow* window) {
    const bool alpha = format_ == SloFormat::kOpenSloV1Alpha;
    const Field field = spec.Key(alpha ? "timeWindows" : "timeWindow");
    const std::vector<Field> items = ReadList(field, "one time window");
    if (items.size() != 1) {
      field.Wrong("a list of exactly one time window");
      return false;
    }
    const Field& item = items[0];
    if (!CheckMapping(item, "a time window")) return false;
    const Field calendar = item.Key("calendar");
    const bool rolling = ReadTruth(item.Key("isRolling")).value_or(!calendar.present());
    if (rolling && calendar.present()) {
      calendar.Warn("a rolling window has no calendar, it is passed over");
    }
    OpenSloDuration length;
    const Field unit = alpha ? item.Key("unit") : item.Key("duration");
    if (!(alpha ? ReadUnit(item, &length) : ReadLength(unit, &length))) return false;
    if (rolling) return SetRolling(unit, length, window);
    const auto calendar_unit = UnitOf(std::string_view(&length.unit, 1));
    if (!calendar_unit) {
      unit.Wrong("days, weeks, months, quarters or years for a calendar window");
      return false;
    }
    window->unit = *calendar_unit;
    window->count = length.count;
    return ReadCalendar(calendar, window);
  }

  bool ReadUnit(const Field& item, OpenSloDuration* length) {
    const auto word =
        ReadOneOf(item.Key("unit"), {"Hour", "Day", "Week", "Month", "Quarter", "Year"});
    if (!item.Key("unit").present()) item.Key("unit").Wrong("a unit such as Day");
    const auto count = ReadWholeNumber(item.Key("count"), 1, 10'000);
    if (!item.Key("count").present()) item.Key("count").Wrong("a whole number of units");
    if (!word || !count) return false;
    length->count = *count;
    // The letters of v1, in which a month is M.
    length->unit = word == "Hour" || word == "Day" || word == "Week"
                       ? static_cast<char>((*word)[0] + ('a' - 'A'))
                       : (*word)[0];
    return true;
  }

  bool ReadLength(const Field& field, OpenSloDuration* length) {
    const bool scalar = field.present() && field.node().kind == YamlNode::Kind::kScalar;
    const auto read = scalar ? ParseOpenSloDuration(field.node().scalar) : std::nullopt;
    if (!read) {
      field.Wrong("a number and one of m, h, d, w, M, Q, Y, such as 30d");
      return false;
    }
    *length = *read;
    if (length->unit == 'm' && LengthOf(*length) < SloSpec::kWindowMin) {
      field.Warn(fmt::format(
          "{}m is {} minute{} in OpenSLO; no budget has so short a window, so it is read as {}M, "
          "months",
          length->count, length->count, length->count == 1 ? "" : "s", length->count));
      length->unit = 'M';
    }
    return true;
  }

  static bool SetRolling(const Field& at, const OpenSloDuration& length, BudgetWindow* window) {
    window->length = LengthOf(length);
    if (window->length < SloSpec::kWindowMin || window->length > SloSpec::kWindowMax) {
      at.Wrong("a window from an hour to a year");
      return false;
    }
    if (std::string_view("MQY").find(length.unit) != std::string_view::npos) {
      at.Warn(fmt::format("a rolling window has one length: {} is taken",
                          FormatDuration(window->length)));
    }
    return true;
  }

  bool ReadCalendar(const Field& calendar, BudgetWindow* window) {
    if (!CheckMapping(calendar, "startTime and timeZone of a window that does not roll")) {
      return false;
    }
    const auto zone = ReadTimeZone(calendar.Key("timeZone"));
    const Field start = calendar.Key("startTime");
    if (!calendar.Key("timeZone").present()) calendar.Key("timeZone").Wrong("a time zone");
    if (!start.present()) start.Wrong("a time such as 2024-01-01 00:00:00");
    if (!zone || !start.present()) return false;
    window->time_zone = *zone;
    const auto time = start.node().kind == YamlNode::Kind::kScalar
                          ? ParseLocalTime(start.node().scalar, *zone)
                          : std::nullopt;
    if (!time) {
      start.Wrong("a time such as 2024-01-01 00:00:00");
      return false;
    }
    if (WindowLengthMax(*window) > SloSpec::kWindowMax + std::chrono::hours(1)) {
      start.Error(start.place(), "a window of more than a year", "at most a year");
      return false;
    }
    if (window->count > 1) window->start = *time;
    WarnOfStart(start, *time, *window);
    return true;
  }

  static void WarnOfStart(const Field& start, Time time, const BudgetWindow& window) {
    const std::string local = FormatLocalTime(time, window.time_zone);
    const bool week = window.unit == BudgetWindow::Unit::kWeek;
    const auto weekday =
        std::chrono::weekday(std::chrono::floor<std::chrono::days>(*ParseLocalTime(local, "UTC")));
    const std::string day = local.substr(8, 2);
    const bool first = window.unit == BudgetWindow::Unit::kDay ||
                       (week ? weekday == std::chrono::Monday : day == "01");
    if (local.ends_with("00:00:00") && first) return;
    start.Warn(fmt::format("calendar windows begin at midnight of {}, not at {}",
                           week ? "a Monday" : "the first day", local));
  }

  // --- The objective: target, budgeting, indicator.

  bool ReadObjective(const Field& spec, const Field& objective, SloSpec* slo) {
    if (!CheckMapping(objective, "an objective with a target")) return false;
    WarnOfKeys(objective, {"displayName", "op", "value", "target", "targetPercent",
                           "timeSliceTarget", "timeSliceWindow", "indicator", "indicatorRef", "sli",
                           "sliRef", "compositeWeight", "ratioMetrics"});
    const auto target = ReadTarget(objective);
    slo->target = target.value_or(slo->target);
    const bool budgeted = ReadBudgeting(spec, objective, slo);
    const OpenSloThreshold threshold{objective.Key("value"), objective.Key("op"),
                                     slo->budgeting.method == Budgeting::Method::kOccurrences};
    const auto sli = FindIndicator(spec, objective);
    if (!sli) return false;
    if (objective.Key("compositeWeight").present()) {
      objective.Key("compositeWeight")
          .Warn(
              "each objective becomes an SLO; write a composite of them in the short form, since "
              "OpenSLO gives the whole no target");
    }
    auto indicator = ReadOpenSloMetric(*sli, threshold, sources_, format_);
    if (!indicator || !target || !budgeted) return false;
    slo->indicator = *std::move(indicator);
    return true;
  }

  static std::optional<double> ReadTarget(const Field& objective) {
    const Field percent = objective.Key("targetPercent");
    const Field share = objective.Key("target");
    if (percent.present() == share.present()) {
      objective.Wrong("one of target and targetPercent");
      return std::nullopt;
    }
    if (percent.present()) return ReadPercent(percent, false);
    const auto target = ReadNumber(share, 0, 1);
    if (target && (*target < kShareMin || *target >= 1)) {
      share.Wrong("a share above 0 and below 1: at 1 there is no budget");
      return std::nullopt;
    }
    return target;
  }

  bool ReadBudgeting(const Field& spec, const Field& objective, SloSpec* slo) {
    const Field method = spec.Key("budgetingMethod");
    if (!method.present()) method.Wrong("Occurrences, Timeslices or RatioTimeslices");
    const auto word = ReadOneOf(method, {"Occurrences", "Timeslices", "RatioTimeslices"});
    if (!word) return false;
    if (word == "Occurrences") return true;
    Budgeting& budgeting = slo->budgeting;
    budgeting.method =
        word == "Timeslices" ? Budgeting::Method::kTimeslices : Budgeting::Method::kRatioTimeslices;
    const Field window = objective.Key("timeSliceWindow");
    const Field share = objective.Key("timeSliceTarget");
    if (word == "Timeslices") {
      if (!share.present()) share.Wrong("the share of good events that makes a slice good");
      const auto target = ReadNumber(share, 0, 1);
      if (target && *target < kShareMin) share.Wrong("a share above 0 and up to 1");
      if (!target || *target < kShareMin) return false;
      budgeting.target = *target;
    }
    if (!window.present()) {
      window.Warn(fmt::format("no timeSliceWindow: slices of {} are taken",
                              FormatDuration(budgeting.every)));
      return true;
    }
    return ReadSlice(window, slo);
  }

  static bool ReadSlice(const Field& window, SloSpec* slo) {
    const bool scalar = window.node().kind == YamlNode::Kind::kScalar;
    const auto read = scalar ? ParseOpenSloDuration(window.node().scalar) : std::nullopt;
    const auto plain =
        scalar ? ParseDuration(window.node().scalar) : StatusOr<Duration>(Duration(0));
    const Duration length = read ? LengthOf(*read) : plain.ok() ? *plain : Duration(0);
    if (length < SloSpec::kIntervalMin || length > std::chrono::days(1)) {
      window.Wrong("a duration from 10s to 1d");
      return false;
    }
    slo->budgeting.every = length;
    const Duration common(std::gcd(length.count(), slo->interval.count()));
    if (common < SloSpec::kIntervalMin) {
      window.Wrong("a multiple of 10s");
      return false;
    }
    slo->interval = common;
    return true;
  }

  /// The spec of the SLI that an objective is measured by.
  std::optional<Field> FindIndicator(const Field& spec, const Field& objective) {
    const bool v2 = format_ == SloFormat::kOpenSloV2Alpha;
    if (format_ == SloFormat::kOpenSloV1Alpha) {
      if (objective.Key("ratioMetrics").present()) return objective;
      if (spec.Key("indicator").present()) return spec.Key("indicator");
      objective.Wrong("ratioMetrics here, or an indicator in the spec");
      return std::nullopt;
    }
    for (const Field* at : {&objective, &spec}) {
      const Field own = at->Key(v2 ? "sli" : "indicator");
      const Field reference = at->Key(v2 ? "sliRef" : "indicatorRef");
      if (own.present()) return own.Key("spec").present() ? own.Key("spec") : own;
      if (!reference.present()) continue;
      const auto sli = slis_.find(ReadText(reference).value_or(""));
      if (sli != slis_.end()) return sli->second.Key("spec");
      reference.Wrong("the name of an SLI in these files");
      return std::nullopt;
    }
    spec.Key(v2 ? "sli" : "indicator").Wrong("an SLI or a reference to one");
    return std::nullopt;
  }

  // --- Alerts.

  void ReadAlerts(const Field& spec, SloSpec* slo) {
    const Field policies = spec.Key("alertPolicies");
    // The format cannot say the workbook's pairs: who names no policies gets them.
    if (!policies.present()) {
      spec.Warn("no alertPolicies: alerts are the workbook's pairs (an empty list alerts nobody)");
      return DropUnreachable(policies, slo);
    }
    slo->alerting.kind = SloAlerting::Pairs::kNone;
    for (const Field& item : ReadList(policies, "alert policies")) {
      const Field reference = item.IsMapping() ? item.Key("alertPolicyRef") : item;
      if (!reference.present()) {
        AddPairs(Policy(item), slo);
        continue;
      }
      const auto policy = policies_.find(ReadText(reference).value_or(""));
      if (policy == policies_.end()) {
        reference.Wrong("the name of an AlertPolicy in these files");
      } else {
        AddPairs(Policy(policy->second), slo);
      }
    }
    DropUnreachable(policies, slo);
  }

  static void AddPairs(std::vector<BurnPair> pairs, SloSpec* slo) {
    std::vector<BurnPair>& own = slo->alerting.pairs;
    for (BurnPair& pair : pairs) {
      slo->alerting.kind = SloAlerting::Pairs::kOwn;
      const std::string name = PairName(pair);
      const auto taken = [&] {
        return std::any_of(own.begin(), own.end(),
                           [&](const BurnPair& one) { return PairName(one) == PairName(pair); });
      };
      for (int i = 2; taken(); ++i) pair.name = fmt::format("{}-{}", name, i);
      own.push_back(std::move(pair));
    }
  }

  std::vector<BurnPair> Policy(const Field& policy) {
    std::vector<BurnPair> pairs;
    const Field spec = policy.Key("spec");
    if (!CheckMapping(spec, "the spec of an AlertPolicy")) return pairs;
    const std::vector<Field> conditions = ReadList(spec.Key("conditions"), "alert conditions");
    if (conditions.size() > 1) {
      spec.Key("conditions").Warn("OpenSLO has one condition in a policy: each alerts by itself");
    }
    if (ReadTruth(spec.Key("alertWhenBreaching")) == false) {
      spec.Key("alertWhenBreaching")
          .Warn("a policy that does not alert on a breach is passed over");
      return pairs;
    }
    for (const Field& item : conditions) {
      const Field reference = item.Key("conditionRef");
      std::optional<BurnPair> pair;
      if (!reference.present()) {
        pair = Condition(item);
      } else if (const auto at = conditions_.find(ReadText(reference).value_or(""));
                 at != conditions_.end()) {
        pair = Condition(at->second);
      } else {
        reference.Warn("no such AlertCondition in these files: the alert is left out");
      }
      if (pair) pairs.push_back(*std::move(pair));
    }
    return pairs;
  }

  std::optional<BurnPair> Condition(const Field& object) {
    const Field spec = object.Key("spec");
    const Field condition = spec.Key("condition");
    if (!CheckMapping(condition, "a condition of kind burnrate")) return std::nullopt;
    const auto kind = ReadText(condition.Key("kind"));
    if (kind != "burnrate") {
      condition.Key("kind").Wrong("burnrate");
      return std::nullopt;
    }
    const bool told = !told_.insert(&condition.node()).second;
    const auto op = ReadOneOf(condition.Key("op"), {"lte", "gte", "lt", "gt"});
    if (!told && (op == "lte" || op == "lt")) {
      condition.Key("op").Warn(
          fmt::format("{} would alert while the budget burns slowly: it is read as {}", *op,
                      op == "lte" ? "gte" : "gt"));
    }
    const auto factor = ReadNumber(condition.Key("threshold"), 1e-6, 1e6);
    const auto window = ReadSpan(condition.Key("lookbackWindow"));
    const auto hold =
        condition.Key("alertAfter").present() ? ReadSpan(condition.Key("alertAfter")) : Duration(0);
    for (const char* key : {"threshold", "lookbackWindow"}) {
      if (!condition.Key(key).present()) condition.Key(key).Wrong("what a burn rate alert needs");
    }
    if (!factor || !window || !hold || !op) return std::nullopt;
    if (!told) {
      condition.Key("lookbackWindow")
          .Warn(fmt::format("OpenSLO has one window: a second of {} is added, so that the alert "
                            "ends soon after the trouble",
                            FormatDuration(ShortWindowFor(*window))));
    }
    BurnPair pair;
    pair.name = NameOf(object);
    pair.severity = ReadText(spec.Key("severity")) == "page" ? Severity::kPage : Severity::kTicket;
    pair.long_window = *window;
    pair.short_window = ShortWindowFor(*window);
    pair.factor = *factor;
    pair.hold = *hold;
    return pair;
  }

  static std::optional<Duration> ReadSpan(const Field& field) {
    const bool scalar = field.present() && field.node().kind == YamlNode::Kind::kScalar;
    const auto read = scalar ? ParseOpenSloDuration(field.node().scalar) : std::nullopt;
    if (read && LengthOf(*read) >= std::chrono::minutes(2) &&
        LengthOf(*read) <= SloSpec::kWindowMax) {
      return LengthOf(*read);
    }
    if (scalar && field.node().scalar == "1m") return std::chrono::minutes(1);
    if (scalar && field.node().scalar == "0m") return Duration(0);
    field.Wrong("a number and one of m, h, d, w, such as 1h");
    return std::nullopt;
  }

  SloImport* out_;
  SloFormat format_ = SloFormat::kOpenSloV1;
  std::map<std::string, Field> slis_;
  std::map<std::string, Field> policies_;
  std::map<std::string, Field> conditions_;
  OpenSloSources sources_;
  std::set<const YamlNode*> told_;  // conditions whose warnings were given
};

}  // namespace

void ImportOpenSlo(const std::vector<Field>& objects, SloImport* out) {
  OpenSloReader reader(out);
  for (const Field& object : objects) reader.Index(object);
  for (const Field& object : objects) reader.Read(object);
}

}  // namespace kizashi
