// A service's failures, from the slices of its SLOs, in minutes of error budget.
//
// A minute burns when an SLO's bad share in it is at least kBurn times what its target allows, with
// bad events of two at least. Burning minutes with at most kGap between them are a failure once
// they have burned kShare of the SLO's budget together; it began with the first bad ten seconds of
// the first of them. What a minute burns is bad events over the events of an average minute of the
// window, the currency of decision 0004; of several SLOs the one that burns most counts.
//
// Part of the judge's state. One thread. Told each whole minute.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "judge/slo/slo_judge.h"

namespace kizashi {

class FailureWatch {
 public:
  static constexpr double kBurn = 6;
  static constexpr double kBadMin = 2;
  static constexpr double kShare = 0.01;
  static constexpr Duration kGap = std::chrono::minutes(10);

  struct Event {
    bool began = false;  // or ended
    Time at{};
    double minutes = 0;  // burned, of one that ended
  };
  /// The minutes that ended by `now` since the last call (after a pause, the last of them). A
  /// failure that ends is told kGap later.
  std::vector<Event> Look(std::span<SloJudge* const> slos, Time now);
  /// Whether a failure would be seen: an SLO was measured lately.
  static bool Measures(std::span<SloJudge* const> slos, Time now);

  template <typename A>
  void Fields(A& a) {
    a(looked_, begin_, last_, told_, minutes_, share_);
  }

 private:
  void LookAtMinute(std::span<SloJudge* const> slos, Time end, std::vector<Event>* events);

  Time looked_{};              // the end of the last minute that was looked at
  std::optional<Time> begin_;  // of a failure in the making, or that goes on
  Time last_{};                // the end of its last burning minute
  bool told_ = false;
  double minutes_ = 0;
  double share_ = 0;  // of the budget, that it burned
};

}  // namespace kizashi
