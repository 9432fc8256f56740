// Measures one SLO: what its series did becomes slices, and sums of them in the budget's currency.
//
// The rules:
// - A counter that falls was reset and began at zero. A series born under a source that was seen
//   before counts from zero; at the first sight of a source nobody knows how old its counters are.
//   A sample that is no newer than the newest of its series adds nothing: the increase around it
//   was or will be counted between its neighbours. (The caller applies these.)
// - An increase belongs to the slice of the later of its two samples.
// - A sample tells of the time since the one before, of any series of the SLO, unless that is more
//   than gap_max() ago: then the time between was not measured, though its increase counts.
// - Time without events is no error. Nothing is ever NaN.
//
// Part of the judge's state. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "judge/slo/sli.h"
#include "judge/slo/slices.h"

namespace kizashi {

class SloTracker {
 public:
  /// Prometheus' lookback.
  static constexpr Duration kGapMax = std::chrono::minutes(5);
  /// The buckets around a latency's bound are named; at most so many groups of them are told apart.
  static constexpr size_t kGroupsMax = 100'000;
  static constexpr size_t kGaugesMax = 10'000;

  SloTracker() = default;
  explicit SloTracker(const SloSpec& spec);
  /// Takes the newest form of the SLO, whose meaning is the same. The spec outlives this.
  void Use(const SloSpec& spec);

  /// A series that plays `role` grew by `increase` since its sample before.
  void Count(const SliRole& role, Time at, double increase);
  /// A sample of a series, by any number that tells it from others, whose role is of values.
  void Measure(const SliRole& role, uint64_t series, Time at, double value);
  /// The series ended.
  void EndSeries(const SliRole& role, uint64_t series);
  /// Ends the slices that ended before `now`.
  void Advance(Time now);
  /// Of a composite: what a slice came to; nothing: not measured.
  void SetSlice(Time end, std::optional<double> good_share);

  /// Puts slices of the past, sorted by their ends, where nothing was measured: before the first
  /// sample, and, of indicators that do not count increases, in gaps. (A counter's increase over a
  /// gap is in the slice of the sample behind it.) What was measured, and what is not over at
  /// `now`, stays. How many were put.
  size_t Fill(std::span<const SliceLog::Slice> slices, Time now);

  /// Samples further apart do not cover the time between them: kGapMax, or a slice and a half of
  /// an SLO that an expression measures once a slice.
  Duration gap_max() const;

  /// Sums in the currency of the budget: events, or slices of the budgeting method.
  SliceSum Between(Time from, Time until) const;
  SliceSum Sum(Time now, Duration span) const { return Between(now - span, now); }
  /// Events as they were measured.
  const Slices& slices() const { return slices_; }
  /// The log that budgets are summed from.
  const SliceLog& budget_log() const;
  /// When anything was measured first, or was filled in from.
  std::optional<Time> first() const {
    return filled_ && (!first_ || *filled_ < *first_) ? filled_ : first_;
  }
  std::optional<Time> measured() const { return measured_; }

  /// Of a latency: the bound that requests are counted by, the largest of the histogram's that is
  /// not above the SLO's, and the next larger one; the truth lies between the two.
  struct BucketBounds {
    std::optional<double> at_most;
    std::optional<double> above;
  };
  BucketBounds bucket_bounds() const;

  template <typename A>
  void Fields(A& a) {
    a(slices_, budget_, budget_end_, first_, filled_, measured_, groups_, gauges_, slice_bad_,
      slice_seen_, slice_end_, deadline_);
  }

 private:
  struct Group {
    double at_most = -1;  // the bound that counts as good; -1: none yet
    double above = -1;
    double counted = 0;  // as good, when that was
    Time counted_at{};
    template <typename A>
    void Fields(A& a) {
      a(at_most, above, counted, counted_at);
    }
  };
  struct Gauge {
    double value = 0;
    Time time{};
    template <typename A>
    void Fields(A& a) {
      a(value, time);
    }
  };

  void Saw(Time at);
  void CountBucket(const SliRole& role, Time at, double increase);
  void EndTimeSlice(Time end);
  void EndSlicesOfTimes(Time now);
  void EndBudgetSlices(Time now);
  void LookAtDeadlines(Time now);
  bool CountsIncreases() const;
  void FillBudget(Time from, Time until);
  std::optional<SliceSum> BudgetSlice(Time end) const;
  std::optional<double> NewestTime(Time at, bool oldest) const;

  const SloSpec* spec_ = nullptr;
  Slices slices_;
  SliceLog budget_;             // of budgeting by slices
  Time budget_end_{};           // of the last slice that went into budget_
  std::optional<Time> first_;   // sample
  std::optional<Time> filled_;  // the begin of the first slice that was filled in
  std::optional<Time> measured_;
  std::map<uint64_t, Group> groups_;
  std::map<uint64_t, Gauge> gauges_;
  // The slice in the making, of indicators that judge whole slices.
  bool slice_bad_ = false;
  bool slice_seen_ = false;
  Time slice_end_{};
  Time deadline_{};  // the last one that was looked at
};

}  // namespace kizashi
