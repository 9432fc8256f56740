#include "judge/slo_formats/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "catalog/slo_alerts.h"
#include "judge/slo/evidence.h"

namespace kizashi {
namespace {

using Kind = Indicator::Kind;

std::string Selectors(const std::vector<Selector>& selectors) {
  std::string out;
  for (const Selector& one : selectors) {
    out += fmt::format("{}{}", out.empty() ? "" : " and ", FormatSelector(one));
  }
  return out;
}

std::string CountText(const EventCount& count) {
  if (!count.promql.empty()) return fmt::format("the events a second of {}", count.promql);
  std::string out = fmt::format("the increase of {}", Selectors(count.counters));
  if (!count.less.empty()) out += fmt::format(" less that of {}", Selectors(count.less));
  return out;
}

std::string EventsText(const Indicator& sli) {
  if (!sli.total.present()) {
    return fmt::format("good is {}; bad is {}", CountText(sli.good), CountText(sli.bad));
  }
  const bool good = sli.good.present();
  return fmt::format("{} is {}; all is {}", good ? "good" : "bad",
                     CountText(good ? sli.good : sli.bad), CountText(sli.total));
}

std::string DeadlineText(const Indicator& sli) {
  constexpr std::string_view kNames[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  std::string days;
  for (const Weekday day : sli.days) {
    days += fmt::format("{}{}", days.empty() ? "" : ", ", kNames[static_cast<size_t>(day) - 1]);
  }
  if (sli.days.size() == 7) days = "day";
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(sli.by).count();
  return fmt::format(
      "each {} is one event, good when the newest time in {} is at most {:02}:{:02} {} and no more "
      "than {} before",
      days, Selectors(sli.gauges), minutes / 60, minutes % 60, sli.time_zone,
      SpellDuration(sli.within));
}

std::string CompositeText(const Indicator& sli) {
  std::string members;
  for (const SloMember& member : sli.members) {
    members += fmt::format("{}{}{}{}", members.empty() ? "" : ", ",
                           member.service.empty() ? "this service" : member.service,
                           member.slo.empty() ? "" : "/" + member.slo,
                           member.weight == 1 ? "" : fmt::format(" x {}", member.weight));
  }
  const bool journey = sli.kind == Kind::kJourney;
  constexpr std::string_view kMissing[] = {"is left out", "counts as good", "counts as bad"};
  return fmt::format(
      "each slice is the weighted mean of the good shares of {}{}; a member that was "
      "not measured {}",
      journey ? "the service and all that it depends on" : members,
      journey && !members.empty() ? fmt::format(" ({})", members) : "",
      kMissing[static_cast<size_t>(sli.missing)]);
}

std::string GoodText(const SloSpec& slo) {
  const Indicator& sli = slo.indicator;
  const std::string slice = SpellDuration(slo.interval);
  switch (sli.kind) {
    case Kind::kEvents: return EventsText(sli);
    case Kind::kLatency:
      return fmt::format("a request of {} is good when it took at most {} s",
                         FormatSelector(sli.histogram), sli.bound);
    case Kind::kSamples:
      return fmt::format("each sample of {} is an event, good when it is {} {}",
                         Selectors(sli.gauges), ComparisonSign(sli.is), sli.bound);
    case Kind::kTimeSlice:
      return fmt::format("each slice of {} is an event, good when {} is {} {}", slice,
                         sli.promql.empty() ? Selectors(sli.gauges) : sli.promql,
                         ComparisonSign(sli.is), sli.bound);
    case Kind::kRatio:
      return fmt::format("each slice of {} is an event, of which the part {} is {}", slice,
                         sli.promql, sli.promql_is_bad ? "bad" : "good");
    case Kind::kFreshness:
      return fmt::format(
          "each slice of {} is an event, good when the newest time in {} is at most "
          "{} old",
          slice, Selectors(sli.gauges), SpellDuration(Duration(std::llround(sli.bound * 1000))));
    case Kind::kDeadline: return DeadlineText(sli);
    case Kind::kComposite:
    case Kind::kJourney: return CompositeText(sli);
  }
  return "";
}

std::string WindowText(const BudgetWindow& window) {
  if (window.unit == BudgetWindow::Unit::kRolling) {
    return fmt::format("the last {}", SpellDuration(window.length));
  }
  const std::string unit(WindowUnitName(window.unit));
  return fmt::format("each calendar {} in {}",
                     window.count == 1 ? unit : fmt::format("{} {}s", window.count, unit),
                     window.time_zone);
}

/// What is counted, when it is known how many there are in the window.
struct Counted {
  std::string_view what = "events";
  double in_window = 0;  // 0: depends on traffic
};

Counted CountedOf(const SloSpec& slo) {
  const double seconds = ToSeconds(NominalLength(slo.window));
  if (slo.budgeting.method != Budgeting::Method::kOccurrences) {
    return {"slices", seconds / ToSeconds(slo.budgeting.every)};
  }
  switch (slo.indicator.kind) {
    case Kind::kEvents:
    case Kind::kLatency: return {"events", 0};
    case Kind::kSamples: return {"samples", 0};
    case Kind::kDeadline:
      return {"runs", seconds / 86'400 * static_cast<double>(slo.indicator.days.size()) / 7};
    default: return {"slices", seconds / ToSeconds(slo.interval)};
  }
}

std::string BudgetText(const SloSpec& slo) {
  const double share = 1 - slo.target;
  const Duration length = NominalLength(slo.window);
  const Duration minutes(std::llround(static_cast<double>(length.count()) * share));
  const Counted counted = CountedOf(slo);
  std::string out = fmt::format("one of {:.6g} {} may fail", 1 / share, counted.what);
  if (counted.in_window > 0) {
    out += fmt::format(": {:.6g} of {:.6g}", counted.in_window * share, counted.in_window);
  } else {
    out += fmt::format(": {:.6g} of a million", 1e6 * share);
  }
  // A run is late or not; it has no minutes.
  if (slo.indicator.kind == Kind::kDeadline) return out;
  return out + fmt::format("; as time {} of full outage", SpellDuration(minutes));
}

std::string BudgetingText(const SloSpec& slo) {
  const Budgeting& budgeting = slo.budgeting;
  const std::string every = SpellDuration(budgeting.every);
  switch (budgeting.method) {
    case Budgeting::Method::kOccurrences: return "";
    case Budgeting::Method::kTimeslices:
      return fmt::format("a slice of {} is good when {} % of its events are", every,
                         ExactPercent(budgeting.target));
    case Budgeting::Method::kRatioTimeslices:
      return fmt::format(
          "the good shares of slices of {} are averaged, however many events each "
          "has",
          every);
  }
  return "";
}

std::string PairText(const SloSpec& slo, const BurnPair& pair) {
  const double spent = SpentByPair(pair, NominalLength(slo.window));
  std::string out = fmt::format(
      "{} ({}): when the last {} and the last {} both burn at more than {:.6g} times the "
      "sustainable rate, {:.4g} % failing",
      PairName(pair), SeverityName(pair.severity), SpellDuration(pair.long_window),
      SpellDuration(pair.short_window), pair.factor, 100 * pair.factor * (1 - slo.target));
  if (pair.hold > Duration(0)) out += fmt::format(", for {}", SpellDuration(pair.hold));
  return out +
         fmt::format("; {:.4g} % of the budget is spent by then; a full outage fires it in {}",
                     100 * spent, SpellDuration(TimeToFire(slo, pair)));
}

/// What each pair needs besides, where traffic decides it.
void AddEvidence(const SloSpec& slo, const std::vector<BurnPair>& pairs, std::string* out) {
  *out +=
      "  an alert also needs more failures than chance would give a service that keeps its "
      "promise\n";
  if (CountedOf(slo).in_window > 0) return;
  for (const BurnPair& pair : pairs) {
    std::string needs;
    for (const int per_hour : {10, 100, 1000}) {
      const double events = per_hour * ToSeconds(pair.long_window) / 3600;
      const EvidenceNeed need = NeededEvidence(events, slo.target, pair.severity);
      needs += fmt::format("{}{} failures or {} minutes with one at {} {} an hour",
                           needs.empty() ? "" : ", ", need.failures, need.minutes, per_hour,
                           CountedOf(slo).what);
    }
    *out += fmt::format("    {}: {}\n", PairName(pair), needs);
  }
}

void AddAlerts(const SloSpec& slo, std::string* out) {
  const auto pairs = ReachablePairs(slo);
  const auto unreachable = UnreachablePairs(slo);
  if (pairs.empty() && unreachable.empty()) *out += "  alerts: none\n";
  for (const BurnPair& pair : pairs) *out += fmt::format("  alert {}\n", PairText(slo, pair));
  for (const UnreachablePair& one : unreachable) {
    *out += fmt::format("  never {}: {}\n", PairName(one.pair), one.why);
  }
  if (!pairs.empty() && slo.alerting.evidence) AddEvidence(slo, pairs, out);
}

void AddPolicy(const SloSpec& slo, std::string* out) {
  constexpr std::string_view kDoes[] = {"tell the team", "open a ticket", "hold releases"};
  for (const PolicyStep& step : slo.policy) {
    const std::string when = step.spent > 0 ? fmt::format("at {} % spent", ExactPercent(step.spent))
                                            : fmt::format("at a burn rate of {} over {}", step.burn,
                                                          SpellDuration(step.over));
    *out += fmt::format("  policy {}: {}{}\n", when, kDoes[static_cast<size_t>(step.action)],
                        step.text.empty() ? "" : fmt::format(" ({})", step.text));
  }
}

}  // namespace

Duration TimeToFire(const SloSpec& slo, const BurnPair& pair) {
  // While everything fails, a window burns at (time failing / window) / (1 - target).
  const double share = std::min(pair.factor * (1 - slo.target), 1.0);
  const Duration needed(std::llround(static_cast<double>(pair.long_window.count()) * share));
  return std::max(needed, slo.interval) + pair.hold;
}

std::string SpellDuration(Duration duration) {
  struct Unit {
    int64_t ms;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}, {1, "ms"}};
  int64_t rest = duration.count();
  std::string out;
  int told = 0;
  for (const Unit& unit : kUnits) {
    const int64_t count = rest / unit.ms;
    rest %= unit.ms;
    if (told > 0) ++told;
    if (count == 0) continue;
    if (told == 0) told = 1;
    if (told > 2) break;  // the second unit that follows at once, no further
    out += fmt::format("{}{} {}", out.empty() ? "" : " ", count, unit.name);
  }
  return out.empty() ? "0 s" : out;
}

std::string ExplainSlo(std::string_view service, const SloSpec& slo) {
  std::string out = fmt::format("{}/{}", service, slo.name);
  if (!slo.title.empty()) out += fmt::format(" ({})", slo.title);
  out += fmt::format("\n  good: {}\n", GoodText(slo));
  if (!slo.indicator.dependency.empty()) {
    out +=
        fmt::format("  of the outside partner {}, as seen from here\n", slo.indicator.dependency);
  }
  if (const std::string text = BudgetingText(slo); !text.empty()) {
    out += fmt::format("  counted: {}\n", text);
  }
  out += fmt::format("  promise: {} % over {}\n", ExactPercent(slo.target), WindowText(slo.window));
  out += fmt::format("  budget: {}\n", BudgetText(slo));
  AddAlerts(slo, &out);
  AddPolicy(slo, &out);
  return out;
}

}  // namespace kizashi
