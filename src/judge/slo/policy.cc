#include "judge/slo/policy.h"

#include <fmt/format.h>

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

void Policy::Evaluate(const SloSpec& slo, double spent_share,
                      const std::function<double(Duration)>& burn, Time now,
                      const Changed& changed) {
  steps_.resize(slo.policy.size());
  for (size_t i = 0; i < slo.policy.size(); ++i) {
    const PolicyStep& step = slo.policy[i];
    State& state = steps_[i];
    std::string text = PolicyStepText(step);
    if (state.step != text) state = {std::move(text), {}, {}};
    const bool holds =
        step.over.count() > 0 ? burn(step.over) >= step.burn : spent_share >= step.spent;
    if (holds) {
      state.false_since.reset();
      if (state.since) continue;
      state.since = now;
      changed(step, true);
    } else if (state.since) {
      if (!state.false_since) state.false_since = now;
      if (now - *state.false_since < kEndHold) continue;
      state.since.reset();
      changed(step, false);
    }
  }
}

std::vector<PolicyStatus> Policy::Status(const SloSpec& slo, Time now) const {
  std::vector<PolicyStatus> all;
  for (size_t i = 0; i < slo.policy.size(); ++i) {
    PolicyStatus status{slo.policy[i], {}, nullptr};
    if (i < steps_.size()) status.since = steps_[i].since;
    for (const PolicyOverride& override : slo.overrides) {
      if (now < override.until) status.overridden = &override;
    }
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace kizashi
