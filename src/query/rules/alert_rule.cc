#include "query/rules/alert_rule.h"

#include <fmt/core.h>

namespace kizashi::rules {
namespace {

constexpr std::string_view kAlertName = "alertname";

TextMap TextsOf(const Labels& labels) {
  TextMap texts;
  for (const Label& label : labels) texts.emplace(label.name, label.value);
  return texts;
}

std::string Expand(const TemplatedText& text, const TemplateData& data,
                   const TemplateQuery& query) {
  if (text.source.find("{{") == std::string::npos) return text.source;
  auto expanded = text.parsed.Expand(data, query);
  if (expanded.ok()) return *std::move(expanded);
  return fmt::format("<error expanding template: {}>", Message(expanded.status()));
}

}  // namespace

std::string_view AlertStateName(AlertState state) {
  switch (state) {
    case AlertState::kPending: return "pending";
    case AlertState::kFiring: return "firing";
    case AlertState::kInactive: break;
  }
  return "inactive";
}

StatusOr<std::map<Labels, ActiveAlert>> AlertRule::MakeAlerts(const promql::QueryResult& result,
                                                              Time at,
                                                              const RuleEnvironment& environment,
                                                              const TemplateQuery& query) const {
  std::map<Labels, ActiveAlert> alerts;
  for (const promql::ResultSeries& series : result.series) {
    TemplateData data;
    data.labels = TextsOf(series.labels);
    data.external_labels = environment.external_labels;
    data.external_url = environment.external_url;
    data.value = series.values[0];
    ActiveAlert alert;
    alert.labels = series.labels;
    alert.labels.Set(kMetricName, "");
    for (const auto& [name, text] : spec_->labels) {
      alert.labels.Set(name, Expand(text, data, query));
    }
    alert.labels.Set(kAlertName, spec_->name);
    for (const auto& [name, text] : spec_->annotations) {
      alert.annotations[name] = Expand(text, data, query);
    }
    alert.value = data.value;
    alert.active_at = at;
    const Labels labels = alert.labels;
    if (!alerts.emplace(labels, std::move(alert)).second) {
      return Errorf(absl::StatusCode::kFailedPrecondition,
                    "vector contains metrics with the same labelset after applying alert labels");
    }
  }
  return alerts;
}

// Whether the alert is pending or firing afterwards.
bool AlertRule::Advance(ActiveAlert* alert, bool present, Time at, bool* forget) const {
  if (present) {
    alert->keep_firing_since.reset();
  } else {
    bool keep = false;
    if (alert->state == AlertState::kFiring && spec_->keep_firing_for.count() > 0) {
      if (!alert->keep_firing_since) alert->keep_firing_since = at;
      keep = at - *alert->keep_firing_since < spec_->keep_firing_for;
    }
    *forget = alert->state == AlertState::kPending ||
              (alert->resolved_at && at - *alert->resolved_at > kResolvedRetention);
    if (!keep) {
      if (alert->state != AlertState::kInactive) {
        alert->state = AlertState::kInactive;
        alert->resolved_at = at;
      }
      return false;
    }
  }
  if (alert->state == AlertState::kPending && at - alert->active_at >= spec_->hold) {
    alert->state = AlertState::kFiring;
    alert->fired_at = at;
  }
  return true;
}

Status AlertRule::Evaluate(const promql::QueryResult& result, Time at, uint64_t limit,
                           const RuleEnvironment& environment, const TemplateQuery& query,
                           std::vector<std::pair<Labels, double>>* series) {
  KZ_ASSIGN_OR_RETURN(auto found, MakeAlerts(result, at, environment, query));
  for (auto& [labels, alert] : found) {
    const auto known = alerts_.find(labels);
    if (known != alerts_.end() && known->second.state != AlertState::kInactive) {
      known->second.value = alert.value;
      known->second.annotations = alert.annotations;
    } else {
      alerts_.insert_or_assign(labels, alert);
    }
  }
  uint64_t active = 0;
  for (auto i = alerts_.begin(); i != alerts_.end();) {
    ActiveAlert& alert = i->second;
    bool forget = false;
    if (Advance(&alert, found.contains(i->first), at, &forget)) {
      ++active;
      if (restored_) {
        series->emplace_back(AlertsLabels(alert), 1);
        const int64_t ms = ToMs(alert.active_at);
        series->emplace_back(
            ForStateLabels(alert),
            static_cast<double>(ToMs(FloorTo(TimeFromMs(ms), Duration(1000)))) / 1000);
      }
    }
    i = forget ? alerts_.erase(i) : std::next(i);
  }
  if (limit > 0 && active > limit) {
    alerts_.clear();
    series->clear();
    return Errorf(absl::StatusCode::kFailedPrecondition, "exceeded limit of {} with {} alerts",
                  limit, active);
  }
  return OkStatus();
}

// A label of the rule that the alert has not stays as it is written, as in Prometheus.
Labels AlertRule::ForStateLabels(const ActiveAlert& alert) const {
  Labels labels = alert.labels;
  for (const auto& [name, text] : spec_->labels) {
    if (!labels.Has(name)) labels.Set(name, text.source);
  }
  labels.Set(kMetricName, "ALERTS_FOR_STATE");
  labels.Set(kAlertName, spec_->name);
  return labels;
}

Labels AlertRule::AlertsLabels(const ActiveAlert& alert) const {
  Labels labels = ForStateLabels(alert);
  labels.Set(kMetricName, "ALERTS");
  labels.Set("alertstate", AlertStateName(alert.state));
  return labels;
}

void AlertRule::TakeState(AlertRule* before) {
  alerts_ = std::move(before->alerts_);
  restored_ = before->restored_;
}

}  // namespace kizashi::rules
