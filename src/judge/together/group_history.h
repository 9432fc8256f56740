// How a redundancy group's members went away and came back: what its forecast rests on.
//
// Members that go within kTogether of the first of them went together (Ford et al. 2010 group node
// failures by 120 s): one event, of that many. Kept are counts and exposure, which are forgotten by
// half in kForgetHalf; single members are not told apart.
//
// Part of the judge's state. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace kizashi {

class GroupHistory {
 public:
  static constexpr Duration kTogether = std::chrono::seconds(120);
  static constexpr Duration kForgetHalf = std::chrono::hours(24 * 180);
  /// Events of more members are counted with those of so many.
  static constexpr int kSizes = 64;

  /// A member went away, or came back.
  void Down(Time at);
  void Up() { counts_.repairs += 1; }
  /// Time passed, with so many members up and down.
  void Advance(Time now, int up, int down);

  /// The counts, an event that may still grow included.
  struct Counts {
    double up_minutes = 0;  // of all members together
    double down_minutes = 0;
    double group_minutes = 0;  // in which the group was watched
    double repairs = 0;
    std::array<double, kSizes> events{};  // by members that went together, from one
    double event_count() const;
    double failures() const;  // of members
    template <typename A>
    void Fields(A& a) {
      a(up_minutes, down_minutes, group_minutes, repairs);
      for (double& count : events) a(count);
    }
  };
  Counts counts() const;

  template <typename A>
  void Fields(A& a) {
    a(counts_, first_, size_, last_, day_);
  }

 private:
  void CloseEvent();

  Counts counts_;              // without the newest event
  std::optional<Time> first_;  // of the newest event: when its first member went
  int size_ = 0;               // and how many
  std::optional<Time> last_;
  int64_t day_ = 0;
};

}  // namespace kizashi
