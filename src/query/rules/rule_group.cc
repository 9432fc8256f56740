#include "query/rules/rule_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/hash.h"

namespace kizashi::rules {
namespace {

StatusOr<promql::QueryResult> Query(const RuleIo& io, const std::string& query, Time at) {
  KZ_ASSIGN_OR_RETURN(auto result, promql::QueryInstant(*io.source, query, at, io.options));
  if (result.type != promql::ValueType::kVector && result.type != promql::ValueType::kScalar) {
    return Errorf(absl::StatusCode::kFailedPrecondition, "rule result is not a vector or scalar");
  }
  return result;
}

TemplateQuery QueryAt(const RuleIo& io, Time at) {
  return [&io, at](const std::string& text) -> StatusOr<std::vector<TemplateSample>> {
    KZ_ASSIGN_OR_RETURN(const auto result, Query(io, text, at));
    std::vector<TemplateSample> samples;
    for (const promql::ResultSeries& series : result.series) {
      TemplateSample& sample = samples.emplace_back();
      for (const Label& label : series.labels) sample.labels.emplace(label.name, label.value);
      sample.value = series.values[0];
    }
    return samples;
  };
}

StatusOr<std::vector<RuleSample>> Record(const RuleSpec& spec, uint64_t limit,
                                         const promql::QueryResult& result) {
  std::vector<RuleSample> samples;
  std::set<Labels> seen;
  for (const promql::ResultSeries& series : result.series) {
    Labels labels = series.labels;
    labels.Set(kMetricName, spec.name);
    for (const auto& [name, text] : spec.labels) labels.Set(name, text.source);
    if (!seen.insert(labels).second) {
      return Errorf(absl::StatusCode::kFailedPrecondition,
                    "vector contains metrics with the same labelset after applying rule labels");
    }
    samples.push_back({std::move(labels), series.values[0]});
  }
  if (limit > 0 && samples.size() > limit) {
    return Errorf(absl::StatusCode::kFailedPrecondition, "exceeded limit of {} with {} series",
                  limit, samples.size());
  }
  return samples;
}

}  // namespace

std::string_view RuleHealth::Name() const {
  if (!last_evaluation) return "unknown";
  return last_error.empty() ? "ok" : "err";
}

RuleGroup::RuleGroup(RuleGroupSpec spec, Duration default_interval)
    : spec_(std::move(spec)),
      interval_(spec_.interval.count() > 0 ? spec_.interval : default_interval),
      rules_(spec_.rules.size()) {
  for (size_t i = 0; i < rules_.size(); ++i) {
    rules_[i].spec = spec_.rules[i];
    if (rules_[i].spec.is_alert) rules_[i].alert = std::make_unique<AlertRule>(&rules_[i].spec);
  }
}

StatusOr<std::vector<RuleSample>> RuleGroup::Compute(Rule* rule, Time at, const RuleIo& io) {
  KZ_ASSIGN_OR_RETURN(const auto result, Query(io, rule->spec.query, at));
  if (!rule->alert) return Record(rule->spec, spec_.limit, result);
  std::vector<std::pair<Labels, double>> series;
  KZ_RETURN_IF_ERROR(
      rule->alert->Evaluate(result, at, spec_.limit, io.environment, QueryAt(io, at), &series));
  std::vector<RuleSample> samples;
  samples.reserve(series.size());
  for (auto& [labels, value] : series) samples.push_back({std::move(labels), value});
  return samples;
}

// Writes the samples, and stale markers for the series that were written last time and not now.
Status RuleGroup::Write(Rule* rule, std::vector<RuleSample> samples, Time at, const RuleIo& io) {
  std::set<Labels> written;
  for (const RuleSample& sample : samples) written.insert(sample.labels);
  for (const Labels& labels : rule->series) {
    if (!written.contains(labels)) samples.push_back({labels, StaleNan()});
  }
  rule->series = std::move(written);
  return samples.empty() ? OkStatus() : io.write(samples, at);
}

bool RuleGroup::Evaluate(Time at, const RuleIo& io) {
  const Stopwatch watch;
  bool all_fine = true;
  for (Rule& rule : rules_) {
    const Stopwatch rule_watch;
    auto samples = Compute(&rule, at, io);
    const Status status =
        samples.ok() ? Write(&rule, *std::move(samples), at, io) : samples.status();
    rule.health.last_error = status.ok() ? "" : std::string(Message(status));
    rule.health.last_evaluation = at;
    rule.health.evaluation_seconds = ToSeconds(rule_watch.Elapsed());
    all_fine = all_fine && status.ok();
  }
  if (!ended_.empty()) {
    std::vector<RuleSample> ends;
    for (const Labels& labels : std::exchange(ended_, {})) {
      const bool goes_on = std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
        return rule.series.contains(labels);
      });
      if (!goes_on) ends.push_back({labels, StaleNan()});
    }
    if (!ends.empty()) all_fine = io.write(ends, at).ok() && all_fine;
  }
  last_evaluation_ = at;
  evaluation_seconds_ = ToSeconds(watch.Elapsed());
  return all_fine;
}

Status RuleGroup::RestoreRule(Rule* rule, Time at, const RuleIo& io) const {
  const Duration hold = rule->spec.hold;
  if (hold < kForGracePeriod) return OkStatus();
  const auto reader = io.source->OpenReader();
  SampleColumns columns;
  for (auto& [labels, alert] : *rule->alert->mutable_alerts()) {
    const Labels series = rule->alert->ForStateLabels(alert);
    std::vector<LabelMatcher> matchers;
    for (const Label& label : series) {
      matchers.push_back({label.name, LabelMatcher::Op::kEqual, label.value});
    }
    std::vector<SeriesReader::Ref> refs;
    const Time from = at - kOutageTolerance;
    KZ_RETURN_IF_ERROR(reader->Select(matchers, from, at, &refs));
    for (const SeriesReader::Ref ref : refs) {
      if (reader->LabelsOf(ref) != series) continue;
      KZ_RETURN_IF_ERROR(reader->Read(ref, from, at, &columns));
      // A stale marker says that it had ended before.
      if (columns.size() == 0 || !std::isfinite(columns.values.back())) continue;
      const Time down_at = TimeFromMs(columns.times_ms.back());
      const Time since = TimeFromMs(std::llround(columns.values.back()) * 1000);
      const Duration remaining = hold - (down_at - since);
      if (remaining.count() <= 0) {
        alert.active_at = since;
      } else if (remaining < kForGracePeriod) {
        alert.active_at = at + kForGracePeriod - hold;
      } else {
        alert.active_at = since + (at - down_at);
      }
    }
  }
  return OkStatus();
}

Status RuleGroup::Restore(Time at, const RuleIo& io) {
  Status status;
  for (Rule& rule : rules_) {
    if (!rule.alert || rule.alert->restored()) continue;
    status.Update(RestoreRule(&rule, at, io));
    rule.alert->set_restored(true);
  }
  return status;
}

void RuleGroup::SetRestored() {
  for (Rule& rule : rules_) {
    if (rule.alert) rule.alert->set_restored(true);
  }
}

bool RuleGroup::restored() const {
  return std::all_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return !rule.alert || rule.alert->restored(); });
}

void RuleGroup::TakeState(RuleGroup* before) {
  last_evaluation_ = before->last_evaluation_;
  evaluation_seconds_ = before->evaluation_seconds_;
  ended_ = std::move(before->ended_);
  std::vector<bool> taken(before->rules_.size());
  for (Rule& rule : rules_) {
    for (size_t i = 0; i < taken.size(); ++i) {
      Rule& old = before->rules_[i];
      if (taken[i] || !SameRule(rule.spec, old.spec)) continue;
      taken[i] = true;
      rule.health = old.health;
      rule.series = std::move(old.series);
      if (rule.alert) rule.alert->TakeState(old.alert.get());
      break;
    }
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i]) ended_.merge(before->rules_[i].series);
  }
}

Status RuleGroup::WriteEnd(Time at, const RuleIo& io) {
  std::vector<RuleSample> ends;
  for (const Labels& labels : ended_) ends.push_back({labels, StaleNan()});
  for (const Rule& rule : rules_) {
    for (const Labels& labels : rule.series) ends.push_back({labels, StaleNan()});
  }
  return ends.empty() ? OkStatus() : io.write(ends, at);
}

Time RuleGroup::AlignedAt(Time now) const {
  const auto part = static_cast<int64_t>(Hash64(spec_.file + ";" + spec_.name) %
                                         static_cast<uint64_t>(interval_.count()));
  return FloorTo(now - Duration(part), interval_) + Duration(part);
}

}  // namespace kizashi::rules
