// Which pairs of an SLO fire: the state between evaluations.
//
// A pair fires when it burns on evidence, for its `hold` if it has one, and ends when it does not.
// While less than half of its short window was measured it neither fires nor ends: that is told by
// `known`. Part of the judge's state; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judge/slo/burn.h"

namespace kizashi {

class SloAlerts {
 public:
  struct Pair {
    BurnState burn;
    bool firing = false;
  };

  /// Evaluates all pairs at `now`, which never goes back; what stands in the answer is good until
  /// the next call.
  const std::vector<Pair>& Evaluate(const SloSpec& slo, const SloTracker& tracker, Time now);
  const std::vector<Pair>& pairs() const { return pairs_; }
  /// The first pair of a severity that fires; the catalog lists the fastest first. `to_tell`: of
  /// those whose windows are filled enough to wake somebody; a young SLO's windows are all the
  /// same.
  const Pair* Firing(Severity severity, bool to_tell = false) const;
  /// Whether there are pairs of this severity and none was measured: its alert stays as it is.
  bool Frozen(Severity severity) const;

  template <typename A>
  void Fields(A& a) {
    a(states_);
  }

 private:
  struct State {
    std::string pair;  // as text: another pair begins anew
    std::optional<Time> burns_since;
    bool firing = false;
    template <typename A>
    void Fields(A& a) {
      a(pair, burns_since, firing);
    }
  };
  std::vector<State> states_;
  std::vector<Pair> pairs_;
};

/// Names of the alerts of which a pair fires, without repetition: the pair's own name, or else its
/// severity's.
std::vector<std::string> FiringNames(const std::vector<SloAlerts::Pair>& pairs);

}  // namespace kizashi
