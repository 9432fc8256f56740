// One alerting rule: which alerts are pending and firing.
//
// A state machine that is a function of what its query gives at each evaluation; no clock. One
// thread. The rules are those of Prometheus 2.42 (documentation "Alerting rules").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "query/promql/engine.h"
#include "query/rules/rule_file.h"
#include "wire/telemetry.h"

namespace kizashi::rules {

enum class AlertState { kInactive, kPending, kFiring };
/// "inactive", "pending", "firing".
std::string_view AlertStateName(AlertState state);

struct ActiveAlert {
  AlertState state = AlertState::kPending;
  Labels labels;
  TextMap annotations;
  double value = 0;
  Time active_at{};
  std::optional<Time> fired_at;
  std::optional<Time> resolved_at;
  std::optional<Time> keep_firing_since;
};

/// What templates are told besides the alert.
struct RuleEnvironment {
  TextMap external_labels;
  std::string external_url;
};

class AlertRule {
 public:
  /// How long a resolved alert is remembered.
  static constexpr Duration kResolvedRetention = std::chrono::minutes(15);

  /// `spec` outlives this.
  explicit AlertRule(const RuleSpec* spec) : spec_(spec) {}

  /// Takes the samples of the rule's query at `at`; `limit` is of alerts, 0 for none. Appends the
  /// series ALERTS and ALERTS_FOR_STATE once the rule is restored. After an error that is not the
  /// limit's the alerts stay as they were.
  Status Evaluate(const promql::QueryResult& result, Time at, uint64_t limit,
                  const RuleEnvironment& environment, const TemplateQuery& query,
                  std::vector<std::pair<Labels, double>>* series);

  /// The labels of ALERTS_FOR_STATE of an alert.
  Labels ForStateLabels(const ActiveAlert& alert) const;

  /// Pending and firing ones by their labels; resolved ones too until they are forgotten.
  const std::map<Labels, ActiveAlert>& alerts() const { return alerts_; }
  std::map<Labels, ActiveAlert>* mutable_alerts() { return &alerts_; }
  bool restored() const { return restored_; }
  void set_restored(bool restored) { restored_ = restored; }
  /// Takes the alerts of the same rule of before.
  void TakeState(AlertRule* before);

 private:
  StatusOr<std::map<Labels, ActiveAlert>> MakeAlerts(const promql::QueryResult& result, Time at,
                                                     const RuleEnvironment& environment,
                                                     const TemplateQuery& query) const;
  bool Advance(ActiveAlert* alert, bool present, Time at, bool* forget) const;
  Labels AlertsLabels(const ActiveAlert& alert) const;

  const RuleSpec* spec_;
  std::map<Labels, ActiveAlert> alerts_;
  bool restored_ = false;
};

}  // namespace kizashi::rules
