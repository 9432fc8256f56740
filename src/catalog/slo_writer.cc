#include "catalog/slo_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "catalog/slo_alerts.h"
#include "catalog/slo_reader.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

using Kind = Indicator::Kind;

YamlNode SelectorText(const Selector& selector) { return YamlText(FormatSelector(selector)); }

YamlNode SelectorList(const std::vector<Selector>& selectors) {
  if (selectors.size() == 1) return SelectorText(selectors[0]);
  std::vector<YamlNode> items;
  for (const Selector& selector : selectors) items.push_back(SelectorText(selector));
  return YamlList(std::move(items));
}

YamlNode DurationText(Duration duration) { return YamlPlain(FormatDuration(duration)); }

/// A duration, or the number when that is finer than milliseconds.
YamlNode SecondsText(double seconds) {
  const Duration duration(std::llround(seconds * 1000));
  return ToSeconds(duration) == seconds ? DurationText(duration) : YamlNumber(seconds);
}

YamlNode TimeText(Time time) { return YamlPlain(FormatTime(time)); }

YamlNode PercentText(double share) { return YamlPlain(ExactPercent(share) + "%"); }

YamlNode CountTree(const EventCount& count) {
  YamlMapping out;
  if (!count.promql.empty()) return out.Add("promql", count.promql).Take();
  if (count.less.empty()) return SelectorList(count.counters);
  return out.Add("of", SelectorList(count.counters)).Add("less", SelectorList(count.less)).Take();
}

std::string Bound(const Indicator& sli) {
  return fmt::format("{} {}", ComparisonSign(sli.is), sli.bound);
}

YamlNode DeadlineTree(const Indicator& sli) {
  YamlMapping out;
  out.Add("of", SelectorList(sli.gauges));
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(sli.by).count();
  out.Add("by", fmt::format("{:02}:{:02}", minutes / 60, minutes % 60));
  out.Add("started_within", DurationText(sli.within));
  if (sli.days.size() < 7) {
    std::vector<YamlNode> days;
    for (const Weekday day : sli.days) {
      days.push_back(YamlPlain(kWeekdayNames[static_cast<size_t>(day) - 1]));
    }
    out.Add("days", YamlList(std::move(days)));
  }
  return out.Add("time_zone", sli.time_zone).Take();
}

YamlNode CompositeTree(const Indicator& sli) {
  YamlMapping out;
  std::vector<YamlNode> members;
  for (const SloMember& member : sli.members) {
    YamlMapping one;
    one.AddIfAny("service", member.service).AddIfAny("slo", member.slo);
    if (member.weight != 1) one.Add("weight", YamlNumber(member.weight));
    members.push_back(one.Take());
  }
  if (!members.empty()) out.Add("members", YamlList(std::move(members)));
  constexpr std::string_view kMissing[] = {"ignore", "good", "bad"};
  return out.Add("missing", YamlPlain(kMissing[static_cast<size_t>(sli.missing)])).Take();
}

void AddIndicator(const Indicator& sli, YamlMapping* out) {
  YamlMapping one;
  switch (sli.kind) {
    case Kind::kEvents:
      if (sli.good.present()) out->Add("good", CountTree(sli.good));
      if (sli.bad.present()) out->Add("bad", CountTree(sli.bad));
      if (sli.total.present()) out->Add("total", CountTree(sli.total));
      break;
    case Kind::kLatency:
      one.Add("histogram", SelectorText(sli.histogram)).Add("below", SecondsText(sli.bound));
      out->Add("latency", one.Take());
      break;
    case Kind::kSamples:
      one.Add("of", SelectorList(sli.gauges)).Add("is", Bound(sli));
      out->Add("samples", one.Take());
      break;
    case Kind::kTimeSlice:
      if (sli.promql.empty()) {
        one.Add("of", SelectorList(sli.gauges));
      } else {
        one.Add("promql", sli.promql);
      }
      out->Add("slice", one.Add("is", Bound(sli)).Take());
      break;
    case Kind::kRatio:
      out->Add("ratio", one.Add(sli.promql_is_bad ? "bad" : "good", sli.promql).Take());
      break;
    case Kind::kFreshness:
      one.Add("of", SelectorList(sli.gauges)).Add("within", SecondsText(sli.bound));
      out->Add("freshness", one.Take());
      break;
    case Kind::kDeadline: out->Add("deadline", DeadlineTree(sli)); break;
    case Kind::kComposite: out->Add("composite", CompositeTree(sli)); break;
    case Kind::kJourney: out->Add("journey", CompositeTree(sli)); break;
  }
  out->AddIfAny("dependency", sli.dependency);
}

void AddWindow(const BudgetWindow& window, YamlMapping* out) {
  if (window.unit == BudgetWindow::Unit::kRolling) {
    out->Add("window", DurationText(window.length));
    return;
  }
  YamlMapping calendar;
  calendar.Add("calendar", YamlPlain(WindowUnitName(window.unit)));
  if (window.count != 1) calendar.Add("count", YamlNumber(window.count));
  calendar.Add("time_zone", window.time_zone);
  if (window.start) calendar.Add("start", TimeText(*window.start));
  out->Add("window", calendar.Take());
}

void AddBudgeting(const Budgeting& budgeting, YamlMapping* out) {
  YamlMapping one;
  if (budgeting.method == Budgeting::Method::kTimeslices) {
    one.Add("timeslices", PercentText(budgeting.target))
        .Add("every", DurationText(budgeting.every));
    out->Add("budgeting", one.Take());
  } else if (budgeting.method == Budgeting::Method::kRatioTimeslices) {
    out->Add("budgeting", one.Add("ratio_timeslices", DurationText(budgeting.every)).Take());
  }
}

void AddAlerts(const SloAlerting& alerting, YamlMapping* out) {
  if (alerting.kind == SloAlerting::Pairs::kNone) out->Add("alerts", YamlPlain("none"));
  if (alerting.kind == SloAlerting::Pairs::kOwn) {
    std::vector<YamlNode> pairs;
    for (const BurnPair& pair : alerting.pairs) {
      YamlMapping one;
      one.Add("severity", YamlPlain(SeverityName(pair.severity)))
          .Add("long", DurationText(pair.long_window))
          .Add("short", DurationText(pair.short_window))
          .Add("burn", YamlNumber(pair.factor));
      if (pair.hold > Duration(0)) one.Add("for", DurationText(pair.hold));
      pairs.push_back(one.AddIfAny("name", pair.name).Take());
    }
    out->Add("alerts", YamlList(std::move(pairs)));
  }
  if (!alerting.evidence) out->Add("evidence", YamlBool(false));
}

void AddPolicy(const SloSpec& slo, YamlMapping* out) {
  std::vector<YamlNode> steps;
  for (const PolicyStep& step : slo.policy) {
    YamlMapping one;
    if (step.spent > 0) {
      one.Add("spent", PercentText(step.spent));
    } else {
      one.Add("burn", YamlNumber(step.burn)).Add("over", DurationText(step.over));
    }
    one.Add("do", YamlPlain(PolicyActionName(step.action)));
    steps.push_back(one.AddIfAny("text", step.text).Take());
  }
  if (!steps.empty()) out->Add("policy", YamlList(std::move(steps)));
  std::vector<YamlNode> overrides;
  for (const PolicyOverride& one : slo.overrides) {
    YamlMapping tree;
    tree.Add("until", TimeText(one.until)).Add("reason", one.reason).Add("author", one.author);
    overrides.push_back(tree.Take());
  }
  if (!overrides.empty()) out->Add("overrides", YamlList(std::move(overrides)));
}

void AddChanges(const SloSpec& slo, YamlMapping* out) {
  std::vector<YamlNode> exclude;
  std::vector<YamlNode> adjust;
  for (const BudgetChange& change : slo.changes) {
    YamlMapping one;
    if (change.kind == BudgetChange::Kind::kAdjust) {
      one.Add("at", TimeText(change.begin)).Add("minutes", YamlNumber(change.minutes));
    } else {
      one.Add("from", TimeText(change.begin));
      if (change.recurrence.empty()) {
        one.Add("to", TimeText(change.end));
      } else {
        one.Add("for", DurationText(change.end - change.begin)).Add("repeat", change.recurrence);
      }
      one.Add("time_zone", change.time_zone);
    }
    one.Add("reason", change.reason).Add("author", change.author);
    (change.kind == BudgetChange::Kind::kAdjust ? adjust : exclude).push_back(one.Take());
  }
  if (!exclude.empty()) out->Add("exclude", YamlList(std::move(exclude)));
  if (!adjust.empty()) out->Add("adjust", YamlList(std::move(adjust)));
}

void AddTexts(std::string_view key, const std::vector<std::pair<std::string, std::string>>& texts,
              YamlMapping* out) {
  if (texts.empty()) return;
  YamlMapping one;
  for (const auto& [name, text] : texts) one.Add(name, text);
  out->Add(key, one.Take());
}

}  // namespace

YamlNode SloTree(const SloSpec& slo) {
  YamlMapping out;
  out.Add("name", slo.name).AddIfAny("title", slo.title);
  out.AddIfAny("description", slo.description);
  out.Add("target", PercentText(slo.target));
  AddIndicator(slo.indicator, &out);
  AddBudgeting(slo.budgeting, &out);
  AddWindow(slo.window, &out);
  if (slo.interval != SloSpec().interval) out.Add("interval", DurationText(slo.interval));
  AddAlerts(slo.alerting, &out);
  AddPolicy(slo, &out);
  AddChanges(slo, &out);
  const Agreement& agreed = slo.agreement;
  YamlMapping agreement;
  agreement.AddIfAny("owner", agreed.owner).AddIfAny("approver", agreed.approver);
  agreement.AddIfAny("approved", agreed.approved).AddIfAny("review", agreed.review);
  if (!agreement.empty()) out.Add("agreement", agreement.Take());
  AddTexts("labels", slo.labels, &out);
  AddTexts("annotations", slo.annotations, &out);
  return out.Take();
}

YamlNode ServiceTree(std::string_view service, const std::vector<SloSpec>& slos) {
  std::vector<YamlNode> items;
  for (const SloSpec& slo : slos) items.push_back(SloTree(slo));
  YamlMapping of_service;
  of_service.Add("name", service).Add("slo", YamlList(std::move(items)));
  YamlMapping out;
  return out.Add("service", of_service.Take()).Take();
}

std::string FormatSlo(const SloSpec& slo) { return WriteYaml(SloTree(slo)); }

}  // namespace kizashi
