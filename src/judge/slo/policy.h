// The policy beside an SLO: which of its steps are in force.
//
// A step begins when its condition holds and ends when it has not for kEndHold. A hold of releases
// can be overridden until a time; what is overridden is said. Part of the judge's state; one
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/slo.h"

namespace kizashi {

struct PolicyStatus {
  PolicyStep step;
  std::optional<Time> since;  // nothing: not in force
  const PolicyOverride* overridden = nullptr;
  bool holds() const {
    return since && overridden == nullptr && step.action == PolicyStep::Action::kHold;
  }
};

/// "50 % spent" or "burn 3 over 7d".
std::string PolicyConditionText(const PolicyStep& step);
/// "hold 50 % spent": tells the steps of a policy apart.
std::string PolicyStepText(const PolicyStep& step);

class Policy {
 public:
  static constexpr Duration kEndHold = std::chrono::minutes(10);

  /// Told of each step that begins (`since` set) or has ended.
  using Changed = std::function<void(const PolicyStep& step, bool begins)>;
  /// `burn` gives the burn rate over a span up to now.
  void Evaluate(const SloSpec& slo, double spent_share, const std::function<double(Duration)>& burn,
                Time now, const Changed& changed);
  std::vector<PolicyStatus> Status(const SloSpec& slo, Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(steps_);
  }

 private:
  struct State {
    std::string step;  // as text: another step begins anew
    std::optional<Time> since;
    std::optional<Time> false_since;
    template <typename A>
    void Fields(A& a) {
      a(step, since, false_since);
    }
  };
  std::vector<State> steps_;
};

}  // namespace kizashi
