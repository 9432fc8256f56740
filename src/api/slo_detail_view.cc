// Everything about one SLO: see SloDetailJson in slo_views.h.
#include <algorithm>
#include <cstdlib>

#include "api/slo_views.h"
#include "catalog/slo_alerts.h"
#include "judge/slo/changes.h"
#include "judge/slo/composite.h"

namespace kizashi {
namespace {

/// Of one recurring exclusion.
constexpr size_t kRangesMax = 400;

void WriteTimeOrNull(std::string_view key, const std::optional<Time>& time, JsonWriter* json) {
  json->Key(key);
  if (time) {
    json->Int(ToMs(*time));
  } else {
    json->Null();
  }
}

void WriteNumberOrNull(std::string_view key, const std::optional<double>& value, JsonWriter* json) {
  json->Key(key);
  if (value) {
    json->Number(*value);
  } else {
    json->Null();
  }
}

void WriteSelectors(std::string_view key, const std::vector<Selector>& selectors,
                    JsonWriter* json) {
  json->Key(key).BeginArray();
  for (const Selector& selector : selectors) json->String(FormatSelector(selector));
  json->EndArray();
}

void WriteEvents(std::string_view key, const EventCount& count, JsonWriter* json) {
  json->Key(key).BeginObject();
  WriteSelectors("counters", count.counters, json);
  WriteSelectors("less", count.less, json);
  json->Key("promql").String(count.promql);
  json->EndObject();
}

std::string_view MissingName(Indicator::Missing missing) {
  switch (missing) {
    case Indicator::Missing::kIgnore: return "ignore";
    case Indicator::Missing::kGood: return "good";
    case Indicator::Missing::kBad: return "bad";
  }
  return "";
}

void WriteMembers(const std::vector<SloMember>& members, JsonWriter* json) {
  json->Key("members").BeginArray();
  for (const SloMember& member : members) {
    json->BeginObject();
    json->Key("service").String(member.service);
    json->Key("slo").String(member.slo);
    json->Key("weight").Number(member.weight);
    json->EndObject();
  }
  json->EndArray();
}

void WriteIndicator(const Catalog& catalog, const Service& service, const SloSpec& spec,
                    JsonWriter* json) {
  const Indicator& sli = spec.indicator;
  const bool has_histogram = !sli.histogram.matchers.empty();
  json->Key("indicator").BeginObject();
  json->Key("kind").String(IndicatorKindName(sli.kind));
  WriteEvents("good", sli.good, json);
  WriteEvents("bad", sli.bad, json);
  WriteEvents("total", sli.total, json);
  json->Key("histogram").String(has_histogram ? FormatSelector(sli.histogram) : "");
  WriteSelectors("gauges", sli.gauges, json);
  json->Key("promql").String(sli.promql);
  json->Key("promql_is_bad").Bool(sli.promql_is_bad);
  json->Key("comparison").String(ComparisonSign(sli.is));
  json->Key("bound").Number(sli.bound);
  json->Key("by_seconds").Number(ToSeconds(sli.by));
  json->Key("within_seconds").Number(ToSeconds(sli.within));
  json->Key("days").BeginArray();
  for (const Weekday day : sli.days) json->Int(day);
  json->EndArray();
  json->Key("time_zone").String(sli.time_zone);
  WriteMembers(MembersOf(catalog, service, spec), json);
  json->Key("missing").String(MissingName(sli.missing));
  json->Key("dependency").String(sli.dependency);
  json->EndObject();
}

void WritePairs(const SloSnapshot& slo, JsonWriter* json) {
  const Duration window = NominalLength(slo.spec->window);
  json->Key("pairs").BeginArray();
  for (const auto& [burn, firing] : slo.pairs) {
    json->BeginObject();
    json->Key("name").String(PairName(burn.pair));
    json->Key("severity").String(SeverityName(burn.pair.severity));
    json->Key("long_seconds").Number(ToSeconds(burn.pair.long_window));
    json->Key("short_seconds").Number(ToSeconds(burn.pair.short_window));
    json->Key("factor").Number(burn.pair.factor);
    json->Key("hold_seconds").Number(ToSeconds(burn.pair.hold));
    json->Key("long_burn").Number(burn.long_burn);
    json->Key("short_burn").Number(burn.short_burn);
    json->Key("spent_share").Number(SpentByPair(burn.pair, window));
    json->Key("bad").Number(burn.bad);
    json->Key("bad_minutes").Int(burn.bad_minutes);
    json->Key("needed").Number(burn.needed);
    json->Key("burning").Bool(burn.burning);
    json->Key("evident").Bool(burn.evident);
    json->Key("known").Bool(burn.known);
    json->Key("firing").Bool(firing);
    json->EndObject();
  }
  json->EndArray();
}

void WriteCurve(const SloCurve* curve, JsonWriter* json) {
  json->Key("curve").BeginObject();
  json->Key("step_seconds").Number(curve == nullptr ? 0 : ToSeconds(curve->step));
  json->Key("points").BeginArray();
  if (curve != nullptr) {
    for (const SloCurve::Point& point : curve->points) {
      json->BeginArray().Int(ToMs(point.time)).Number(point.remaining_share).Number(point.burn);
      json->Number(point.sum.good).Number(point.sum.total).Number(point.sum.covered_seconds);
      json->EndArray();
    }
  }
  json->EndArray().EndObject();
}

void WriteContributors(const std::vector<Contributor>& contributors, JsonWriter* json) {
  json->Key("contributors").BeginArray();
  for (const Contributor& contributor : contributors) {
    json->BeginObject();
    json->Key("label").String(contributor.label);
    json->Key("value").String(contributor.value);
    json->Key("share").Number(contributor.share);
    json->Key("of_all").Number(contributor.of_all);
    json->EndObject();
  }
  json->EndArray();
}

void WriteChanges(const std::vector<BudgetChange>& changes, JsonWriter* json) {
  json->Key("changes").BeginArray();
  for (const BudgetChange& change : changes) {
    const bool excludes = change.kind == BudgetChange::Kind::kExclude;
    json->BeginObject();
    json->Key("kind").String(excludes ? "exclude" : "adjust");
    json->Key("begin").Int(ToMs(change.begin));
    WriteTimeOrNull("end", excludes ? std::optional<Time>(change.end) : std::nullopt, json);
    json->Key("recurrence").String(change.recurrence);
    json->Key("time_zone").String(change.time_zone);
    json->Key("minutes").Number(change.minutes);
    json->Key("reason").String(change.reason);
    json->Key("author").String(change.author);
    json->EndObject();
  }
  json->EndArray();
}

struct Annotation {
  std::string_view kind;
  Time time{};
  std::optional<Time> end;
  std::string id;
  std::string code;
  std::string_view severity;
  Fields fields;
};

void AddChange(const SloSpec& spec, const BudgetChange& change, const WindowBounds& window,
               Time now, std::vector<Annotation>* out) {
  const Fields fields = {
      {"reason", change.reason}, {"author", change.author}, {"minutes", change.minutes}};
  if (change.kind == BudgetChange::Kind::kAdjust) {
    if (change.begin <= window.begin || change.begin > now) return;
    return out->push_back({"adjustment", change.begin, std::nullopt, "", "", "", fields});
  }
  SloSpec only = spec;
  only.changes = {change};
  size_t ranges = 0;
  for (const TimeRange& range : ExcludedRanges(only, window.begin, now)) {
    if (++ranges > kRangesMax) break;
    out->push_back({"exclusion", range.begin, range.end, "", "", "", fields});
  }
}

/// What SloJudge::TellChange said; nothing when it is about another SLO.
std::optional<Annotation> EditOf(const SloSpec& spec, const Verdict& verdict) {
  std::string_view text = verdict.text;
  if (!text.starts_with(spec.name + " ")) return std::nullopt;
  const auto between = [&](std::string_view begin, std::string_view end) {
    const size_t from = text.find(begin);
    const size_t to = from == text.npos ? from : text.find(end, from + begin.size());
    if (to == text.npos) return std::string();
    return std::string(text.substr(from + begin.size(), to - from - begin.size()));
  };
  Annotation edit;
  edit.kind = "edit";
  edit.time = verdict.time;
  edit.end = verdict.time;
  edit.id = verdict.subject;
  edit.fields = {{"was", between(" was [", "] is [")}};
  if (const size_t is = text.find("] is ["); is != text.npos && text.ends_with(']')) {
    edit.fields.emplace_back("is", std::string(text.substr(is + 6, text.size() - is - 7)));
  }
  const std::string left = between(" remaining_share=", " ");
  if (!left.empty())
    edit.fields.emplace_back("remaining_share", std::strtod(left.c_str(), nullptr));
  return edit;
}

std::vector<Annotation> Annotations(const SloSnapshot& slo, const SloHistory& history, Time now) {
  std::vector<Annotation> all;
  for (const AlertRecord& alert : history.alerts) {
    std::string code = FieldText(alert.fields, "code");
    if (code.empty()) code = "burn";
    all.push_back({"alert", alert.begin, alert.end, alert.id, std::move(code),
                   SeverityName(alert.severity), alert.fields});
  }
  for (const AnomalyRecord& anomaly : history.anomalies) {
    const bool release = anomaly.code == "release_changed";
    all.push_back({release ? "release" : "anomaly", anomaly.begin, anomaly.end, anomaly.id,
                   anomaly.code, "", anomaly.fields});
  }
  for (const Verdict& verdict : history.edits) {
    if (auto edit = EditOf(*slo.spec, verdict)) all.push_back(*std::move(edit));
  }
  for (const BudgetChange& change : slo.spec->changes) {
    AddChange(*slo.spec, change, slo.budget.window, now, &all);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Annotation& a, const Annotation& b) { return a.time > b.time; });
  return all;
}

void WriteAnnotations(const std::vector<Annotation>& annotations, JsonWriter* json) {
  json->Key("annotations").BeginArray();
  for (const Annotation& annotation : annotations) {
    json->BeginObject();
    json->Key("kind").String(annotation.kind);
    json->Key("time").Int(ToMs(annotation.time));
    WriteTimeOrNull("end", annotation.end, json);
    json->Key("id").String(annotation.id);
    json->Key("code").String(annotation.code);
    json->Key("severity").String(annotation.severity);
    json->Key("fields").Raw(FieldsToJson(annotation.fields));
    json->EndObject();
  }
  json->EndArray();
}

void WriteHowItCounts(const SloSpec& spec, JsonWriter* json) {
  json->Key("budgeting").BeginObject();
  json->Key("method").String(BudgetingName(spec.budgeting.method));
  json->Key("target").Number(spec.budgeting.target);
  json->Key("every_seconds").Number(ToSeconds(spec.budgeting.every));
  json->EndObject();
  json->Key("interval_seconds").Number(ToSeconds(spec.interval));
  json->Key("evidence").Bool(spec.alerting.evidence);
}

void WritePolicy(const SloSnapshot& slo, JsonWriter* json) {
  json->Key("policy").BeginArray();
  for (const PolicyStatus& status : slo.policy) WriteSloPolicyStep(status, json);
  json->EndArray();
  json->Key("overrides").BeginArray();
  for (const PolicyOverride& override : slo.spec->overrides) WriteSloOverride(override, json);
  json->EndArray();
}

}  // namespace

std::string SloDetailJson(const Snapshot& snapshot, const ServiceSnapshot& service,
                          const SloSnapshot& slo, const SloHistory& history, Time now) {
  const SloSpec& spec = *slo.spec;
  JsonWriter json;
  json.BeginObject();
  json.Key("now").Int(ToMs(snapshot.now));
  json.Key("summary");
  WriteSloSummary(snapshot, service, slo, SloToday(snapshot, service, slo, now), &json);
  json.Key("description").String(spec.description);
  WriteIndicator(*snapshot.catalog, *snapshot.catalog->FindService(service.name), spec, &json);
  WriteHowItCounts(spec, &json);
  json.Key("good").Number(slo.budget.sum.good);
  json.Key("total").Number(slo.budget.sum.total);
  json.Key("covered_seconds").Number(slo.budget.sum.covered_seconds);
  json.Key("unchanged_remaining_share").Number(slo.budget.unchanged_remaining_share);
  json.Key("adjusted_minutes").Number(slo.budget.adjusted_minutes);
  WritePairs(slo, &json);
  WriteCurve(slo.curve.get(), &json);
  WriteContributors(slo.contributors, &json);
  WritePolicy(slo, &json);
  json.Key("bounds").BeginObject();
  WriteNumberOrNull("at_most", slo.bounds.at_most, &json);
  WriteNumberOrNull("above", slo.bounds.above, &json);
  json.EndObject();
  WriteTimeOrNull("first", slo.first, &json);
  WriteTimeOrNull("measured", slo.measured, &json);
  WriteChanges(spec.changes, &json);
  WriteAnnotations(Annotations(slo, history, snapshot.now), &json);
  json.EndObject();
  return json.Take();
}

}  // namespace kizashi
