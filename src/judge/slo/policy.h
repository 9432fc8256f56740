// The policy beside a budget: which of its steps are in force, and the tickets that they are told
// as.
//
// A step begins when its condition holds and ends when it has not for kEndHold. A hold of releases
// can be overridden until a time; what is overridden is said. Part of the judge's state; one
// thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/slo.h"
#include "judge/anomaly/episode.h"
#include "judge/output.h"

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

  /// Evaluates the steps: `holds` says whether a step's condition does now, `ticket` what is told
  /// when it begins. A step that was edited or taken back ends.
  void Tick(const std::vector<PolicyStep>& steps,
            const std::function<bool(const PolicyStep&)>& holds,
            const std::function<AlertRecord(const PolicyStep&)>& ticket, Time now,
            JudgeOutput* out);
  /// Everything told ends.
  void Retire(Time now, JudgeOutput* out);
  /// Nothing was told that has not ended.
  bool quiet() const { return tickets_.empty(); }
  std::vector<PolicyStatus> Status(const std::vector<PolicyStep>& steps,
                                   const std::vector<PolicyOverride>& overrides, Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(steps_, tickets_);
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
  void Resolve(const std::string& step, Time now, JudgeOutput* out);

  std::vector<State> steps_;
  std::map<std::string, AlertRecord> tickets_;  // that are open, by PolicyStepText
};

}  // namespace kizashi
