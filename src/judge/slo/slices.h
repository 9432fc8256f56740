// Good, total, covered for every interval: the truth that budgets and burn rates are sums of.
//
// Ratios are never kept. Two tiers: slices of ten seconds for the last hours, of five minutes for
// the whole window; sums over a span are exact to a slice of the tier that reaches that far back. A
// slice nobody measured is not covered, which is not the same as one without events.
//
// Owned by the judge, one thread. Memory: (fine span / 10 s + window / 5 min) * 24 bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace kizashi {

struct SliceSum {
  double good = 0;
  double total = 0;
  double covered_seconds = 0;

  double bad() const { return total > good ? total - good : 0; }
  template <typename A>
  void Fields(A& a) {
    a(good, total, covered_seconds);
  }
};

class Slices {
 public:
  static constexpr Duration kFine = std::chrono::seconds(10);
  static constexpr Duration kCoarse = std::chrono::minutes(5);
  static constexpr Duration kFineSpan = std::chrono::hours(6);

  Slices() = default;
  /// Keeps at least `window` back.
  explicit Slices(Duration window);

  /// Adds events at `now`, which never goes back by more than the window.
  void Add(Time now, double good, double total);
  /// Says that the slices behind that of `since`, up to and with that of `now`, were measured.
  void Cover(Time since, Time now);

  /// The sum over the slices that begin in (now - span, now], the one of `now` included.
  SliceSum Sum(Time now, Duration span) const;
  /// The ten seconds that hold `time`, if they are still kept fine.
  SliceSum FineSlice(Time time) const;

  template <typename A>
  void Fields(A& a) {
    a(fine_.slices, fine_.newest, coarse_.slices, coarse_.newest);
  }

 private:
  struct Ring {
    std::vector<SliceSum> slices;
    int64_t newest = -1;  // number of the newest slice since the epoch; -1: none yet
    SliceSum& At(int64_t number);
    SliceSum SumBetween(int64_t first, int64_t last) const;
  };

  Ring fine_;
  Ring coarse_;
};

}  // namespace kizashi
