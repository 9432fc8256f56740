#include "judge/slo/policy.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace kizashi {

std::string PolicyConditionText(const PolicyStep& step) {
  if (step.over.count() > 0) {
    return fmt::format("burn {:g} over {}", step.burn, FormatDuration(step.over));
  }
  return fmt::format("{:g} % spent", step.spent * 100);
}

std::string PolicyStepText(const PolicyStep& step) {
  return fmt::format("{} {}", PolicyActionName(step.action), PolicyConditionText(step));
}

void Policy::Tick(const std::vector<PolicyStep>& steps,
                  const std::function<bool(const PolicyStep&)>& holds,
                  const std::function<AlertRecord(const PolicyStep&)>& ticket, Time now,
                  JudgeOutput* out) {
  std::set<std::string> agreed;
  for (const PolicyStep& step : steps) agreed.insert(PolicyStepText(step));
  std::set<std::string> gone;
  for (const auto& [step, alert] : tickets_) {
    if (agreed.count(step) == 0) gone.insert(step);
  }
  for (const std::string& step : gone) Resolve(step, now, out);
  steps_.resize(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    State& state = steps_[i];
    const std::string text = PolicyStepText(steps[i]);
    if (state.step != text) state = {text, {}, {}};
    if (holds(steps[i])) {
      state.false_since.reset();
      if (state.since) continue;
      state.since = now;
      if (tickets_.count(text) > 0) continue;
      const AlertRecord& alert = tickets_[text] = ticket(steps[i]);
      out->verdicts.alerts.push_back(alert);
      out->verdicts.verdicts.push_back(AlertVerdict(alert, "alert_firing", now));
    } else if (state.since) {
      if (!state.false_since) state.false_since = now;
      if (now - *state.false_since < kEndHold) continue;
      state.since.reset();
      Resolve(text, now, out);
    }
  }
}

void Policy::Resolve(const std::string& step, Time now, JudgeOutput* out) {
  auto node = tickets_.extract(step);
  if (node.empty()) return;
  AlertRecord& alert = node.mapped();
  alert.end = now;
  out->verdicts.verdicts.push_back(AlertVerdict(alert, "alert_resolved", now));
  out->verdicts.alerts.push_back(std::move(alert));
}

void Policy::Retire(Time now, JudgeOutput* out) {
  while (!tickets_.empty()) Resolve(std::string(tickets_.begin()->first), now, out);
}

std::vector<PolicyStatus> Policy::Status(const std::vector<PolicyStep>& steps,
                                         const std::vector<PolicyOverride>& overrides,
                                         Time now) const {
  std::vector<PolicyStatus> all;
  for (size_t i = 0; i < steps.size(); ++i) {
    PolicyStatus status{steps[i], {}, nullptr};
    if (i < steps_.size()) status.since = steps_[i].since;
    for (const PolicyOverride& override : overrides) {
      if (now < override.until) status.overridden = &override;
    }
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace kizashi
