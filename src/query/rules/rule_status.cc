#include "query/rules/rule_status.h"

#include <algorithm>

namespace kizashi::rules {
namespace {

TextMap Sources(const std::map<std::string, TemplatedText>& texts) {
  TextMap sources;
  for (const auto& [name, text] : texts) sources.emplace(name, text.source);
  return sources;
}

}  // namespace

AlertState RuleStatus::state() const {
  AlertState worst = AlertState::kInactive;
  for (const ActiveAlert& alert : alerts) worst = std::max(worst, alert.state);
  return worst;
}

RuleGroupStatus StatusOf(const RuleGroup& group) {
  RuleGroupStatus status;
  status.name = group.name();
  status.file = group.file();
  status.interval = group.interval();
  status.limit = group.spec().limit;
  status.last_evaluation = group.last_evaluation();
  status.evaluation_seconds = group.evaluation_seconds();
  for (const RuleGroup::Rule& rule : group.rules()) {
    RuleStatus& one = status.rules.emplace_back();
    one.is_alert = rule.spec.is_alert;
    one.name = rule.spec.name;
    one.query = rule.spec.query;
    one.hold = rule.spec.hold;
    one.keep_firing_for = rule.spec.keep_firing_for;
    one.labels = Sources(rule.spec.labels);
    one.annotations = Sources(rule.spec.annotations);
    one.health = rule.health;
    if (!rule.alert) continue;
    for (const auto& [labels, alert] : rule.alert->alerts()) {
      if (alert.state != AlertState::kInactive) one.alerts.push_back(alert);
    }
  }
  return status;
}

}  // namespace kizashi::rules
