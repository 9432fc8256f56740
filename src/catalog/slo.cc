#include "catalog/slo.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace kizashi {
namespace {

void Append(std::string_view name, const std::vector<Selector>& selectors, std::string* out) {
  for (const Selector& selector : selectors) {
    *out += fmt::format(" {} {}", name, FormatSelector(selector));
  }
}

void Append(std::string_view name, const EventCount& count, std::string* out) {
  Append(name, count.counters, out);
  Append(fmt::format("-{}", name), count.less, out);
  if (!count.promql.empty()) *out += fmt::format(" {} {}", name, count.promql);
}

}  // namespace

std::string_view ComparisonSign(Comparison comparison) {
  switch (comparison) {
    case Comparison::kBelow: return "<";
    case Comparison::kAtMost: return "<=";
    case Comparison::kAbove: return ">";
    case Comparison::kAtLeast: return ">=";
    case Comparison::kEqual: return "==";
    case Comparison::kNotEqual: return "!=";
  }
  return "";
}

bool Holds(double value, Comparison comparison, double bound) {
  switch (comparison) {
    case Comparison::kBelow: return value < bound;
    case Comparison::kAtMost: return value <= bound;
    case Comparison::kAbove: return value > bound;
    case Comparison::kAtLeast: return value >= bound;
    case Comparison::kEqual: return value == bound;
    case Comparison::kNotEqual: return value != bound;
  }
  return false;
}

std::string_view IndicatorKindName(Indicator::Kind kind) {
  switch (kind) {
    case Indicator::Kind::kEvents: return "events";
    case Indicator::Kind::kLatency: return "latency";
    case Indicator::Kind::kSamples: return "samples";
    case Indicator::Kind::kTimeSlice: return "time_slice";
    case Indicator::Kind::kRatio: return "ratio";
    case Indicator::Kind::kFreshness: return "freshness";
    case Indicator::Kind::kDeadline: return "deadline";
    case Indicator::Kind::kComposite: return "composite";
    case Indicator::Kind::kJourney: return "journey";
  }
  return "";
}

std::string_view BudgetingName(Budgeting::Method method) {
  switch (method) {
    case Budgeting::Method::kOccurrences: return "occurrences";
    case Budgeting::Method::kTimeslices: return "timeslices";
    case Budgeting::Method::kRatioTimeslices: return "ratio_timeslices";
  }
  return "";
}

std::string_view SeverityName(Severity severity) {
  return severity == Severity::kPage ? "page" : "ticket";
}

std::string_view PolicyActionName(PolicyStep::Action action) {
  switch (action) {
    case PolicyStep::Action::kTell: return "tell";
    case PolicyStep::Action::kTicket: return "ticket";
    case PolicyStep::Action::kHold: return "hold";
  }
  return "";
}

std::string_view WindowUnitName(BudgetWindow::Unit unit) {
  switch (unit) {
    case BudgetWindow::Unit::kRolling: return "rolling";
    case BudgetWindow::Unit::kDay: return "day";
    case BudgetWindow::Unit::kWeek: return "week";
    case BudgetWindow::Unit::kMonth: return "month";
    case BudgetWindow::Unit::kQuarter: return "quarter";
    case BudgetWindow::Unit::kYear: return "year";
  }
  return "";
}

Duration WindowLengthMax(const BudgetWindow& window) {
  using std::chrono::days;
  using std::chrono::hours;
  // A local day may have an hour more than 24.
  const auto calendar = [&window](int whole_days) {
    return Duration(days(whole_days) * window.count + hours(1));
  };
  switch (window.unit) {
    case BudgetWindow::Unit::kRolling: return window.length;
    case BudgetWindow::Unit::kDay: return calendar(1);
    case BudgetWindow::Unit::kWeek: return calendar(7);
    case BudgetWindow::Unit::kMonth: return calendar(31);
    case BudgetWindow::Unit::kQuarter: return calendar(92);
    case BudgetWindow::Unit::kYear: return calendar(366);
  }
  return window.length;
}

std::string SloMeaning(const SloSpec& slo) {
  const Indicator& sli = slo.indicator;
  std::string out = fmt::format("{} {}", slo.name, IndicatorKindName(sli.kind));
  Append("good", sli.good, &out);
  Append("bad", sli.bad, &out);
  Append("total", sli.total, &out);
  if (!sli.histogram.matchers.empty()) {
    out += fmt::format(" histogram {}", FormatSelector(sli.histogram));
  }
  Append("gauge", sli.gauges, &out);
  if (!sli.promql.empty()) {
    out += fmt::format(" {} {}", sli.promql_is_bad ? "bad" : "value", sli.promql);
  }
  out += fmt::format(" {} {} by {} within {} in {}", ComparisonSign(sli.is), sli.bound,
                     FormatDuration(sli.by), FormatDuration(sli.within), sli.time_zone);
  for (const Weekday day : sli.days) out += fmt::format(" day {}", day);
  for (const SloMember& member : sli.members) {
    out += fmt::format(" member {}/{} {}", member.service, member.slo, member.weight);
  }
  if (!sli.members.empty() || sli.kind == Indicator::Kind::kJourney) {
    out += fmt::format(" missing {}", static_cast<int>(sli.missing));
  }
  out += fmt::format(" target {} {} {} {}", slo.target, BudgetingName(slo.budgeting.method),
                     slo.budgeting.target, FormatDuration(slo.budgeting.every));
  out += fmt::format(" window {} {} {} {} slices {}", WindowUnitName(slo.window.unit),
                     FormatDuration(slo.window.length), slo.window.count, slo.window.time_zone,
                     FormatDuration(slo.interval));
  return out;
}

uint64_t SloMeaningHash(const SloSpec& slo) { return Hash64(SloMeaning(slo)); }

}  // namespace kizashi
