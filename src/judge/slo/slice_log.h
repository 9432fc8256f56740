// Good, total, covered for every interval: the truth that budgets and burn rates are sums of.
//
// Ratios are never kept. Slice n of an interval I holds what came in (n*I, (n+1)*I], so that a sum
// over a window is exact when the window begins and ends at multiples of I. A slice nobody measured
// is not covered, which is not the same as one without events.
//
// Kept in chunks of 64 slices: the newest two open to change, older ones encoded (about four bytes
// a slice) with the sums of all before them, so that a sum over any span reads two chunks at most.
// A sum is exact for whole numbers below 2^53; for others its error is 1e-16 of all that was ever
// added, times the square root of the number of chunks.
//
// Owned by the judge, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace kizashi {

struct SliceSum {
  double good = 0;  // total less bad: below zero when more was bad than came in
  double total = 0;
  double covered_seconds = 0;

  double bad() const { return total > good ? total - good : 0; }
  SliceSum& operator+=(const SliceSum& other);
  SliceSum& operator-=(const SliceSum& other);
  bool operator==(const SliceSum&) const = default;
  template <typename A>
  void Fields(A& a) {
    a(good, total, covered_seconds);
  }
};

class SliceLog {
 public:
  static constexpr int kChunkSlices = 64;

  SliceLog() = default;
  SliceLog(Duration interval, Duration keep) { Configure(interval, keep); }
  /// Keeps at least the newest `keep`. Both stand in the SLO and are no part of the saved state:
  /// say them again after it was restored, the interval unchanged. Requires interval > 0.
  void Configure(Duration interval, Duration keep) {
    interval_ = interval;
    keep_ = keep;
  }

  Duration interval() const { return interval_; }
  /// Adds to the slice of `at`. What lies before the open chunks is added to their first slice, so
  /// that no event is lost; Set() is for the past.
  void Add(Time at, double good, double total);
  /// Says that what lies in (since, until] was measured. Time that was covered before is not
  /// covered twice.
  void Cover(Time since, Time until);
  /// A whole slice: its end and what it holds.
  using Slice = std::pair<Time, SliceSum>;
  /// Puts whole slices, sorted by their ends, in the place of what was known, in any part of the
  /// past that is kept; older ones are left out. Reads and writes each chunk once.
  void SetAll(std::span<const Slice> slices);
  void Set(Time end, const SliceSum& slice) { SetAll(std::array{Slice{end, slice}}); }

  /// The sum over the slices that end in (from, until].
  SliceSum Sum(Time from, Time until) const;
  /// Every slice that ends in (from, until] and holds something, in order: its end and what it
  /// holds.
  void ForEach(Time from, Time until,
               const std::function<void(Time end, const SliceSum& slice)>& visit) const;
  /// When the first slice that is kept began; nothing: none yet.
  std::optional<Time> first() const;
  /// The newest time that was covered.
  Time covered_until() const { return covered_until_; }
  size_t bytes() const;

  template <typename A>
  void Fields(A& a) {
    a(sealed_, open_, sealed_sum_, covered_until_);
    if constexpr (A::kReading) {
      for (const Open& open : open_) {
        if (open.slices.size() != kChunkSlices) a.Fail();
      }
    }
  }

 private:
  using Slices = std::array<SliceSum, kChunkSlices>;
  struct Sealed {
    int64_t index = 0;  // the number of its first slice over kChunkSlices
    SliceSum before;    // of all slices before it
    std::string bytes;
    template <typename A>
    void Fields(A& a) {
      a(index, before, bytes);
    }
  };
  struct Open {
    int64_t index = 0;
    std::vector<SliceSum> slices;
    template <typename A>
    void Fields(A& a) {
      a(index, slices);
    }
  };

  int64_t Number(Time time) const;
  Time End(int64_t number) const;
  SliceSum* At(int64_t number);
  void SealOldest();
  int64_t OldestKept() const;
  bool SetOpen(int64_t number, const SliceSum& slice);
  void SetSealed(std::span<const Slice> slices);
  SliceSum SumBefore(int64_t number) const;
  SliceSum SealedSumBefore(int64_t index, int within) const;
  Slices Chunk(int64_t index) const;

  Duration interval_{};
  Duration keep_{};
  std::deque<Sealed> sealed_;
  std::deque<Open> open_;  // at most two, the newest at the back
  SliceSum sealed_sum_;
  Time covered_until_{};
};

}  // namespace kizashi
