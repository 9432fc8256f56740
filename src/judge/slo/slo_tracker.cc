#include "judge/slo/slo_tracker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "judge/slo/budget_window.h"

namespace kizashi {
namespace {

/// The end of the slice of `interval` that holds `at`.
Time SliceEnd(Time at, Duration interval) { return FloorTo(at - Duration(1), interval) + interval; }

bool JudgesWholeSlices(Indicator::Kind kind) {
  return kind == Indicator::Kind::kTimeSlice || kind == Indicator::Kind::kFreshness;
}

/// What is kept back: the window, and what the longest pair looks at.
Duration KeptSpan(const SloSpec& spec) {
  Duration span = WindowLengthMax(spec.window);
  for (const BurnPair& pair : spec.alerting.pairs) span = std::max(span, pair.long_window);
  for (const PolicyStep& step : spec.policy) span = std::max(span, step.over);
  return span + std::chrono::hours(1);
}

}  // namespace

SloTracker::SloTracker(const SloSpec& spec) { Use(spec); }

void SloTracker::Use(const SloSpec& spec) {
  spec_ = &spec;
  slices_.Configure(spec.interval, KeptSpan(spec));
  if (spec.budgeting.method != Budgeting::Method::kOccurrences) {
    budget_.Configure(spec.budgeting.every, KeptSpan(spec));
  }
}

Duration SloTracker::gap_max() const {
  const Indicator& sli = spec_->indicator;
  const bool by_slice = !sli.promql.empty() || !sli.good.promql.empty() ||
                        !sli.bad.promql.empty() || !sli.total.promql.empty();
  return by_slice ? std::max(kGapMax, spec_->interval * 3 / 2) : kGapMax;
}

void SloTracker::Saw(Time at) {
  if (!first_) first_ = at;
  if (measured_ && at - *measured_ <= gap_max()) slices_.Cover(*measured_, at);
  if (!measured_ || at > *measured_) measured_ = at;
}

void SloTracker::Count(const SliRole& role, Time at, double increase) {
  Saw(at);
  const double events = increase * role.sign;
  const bool total_known = spec_->indicator.total.present();
  switch (role.kind) {
    case SliRole::Kind::kGood: slices_.Add(at, events, total_known ? 0 : events); break;
    // Good is total less bad: of good and bad alone, both count to the total.
    case SliRole::Kind::kBad:
      slices_.Add(at, total_known ? -events : 0, total_known ? 0 : events);
      break;
    case SliRole::Kind::kTotal:
      slices_.Add(at, spec_->indicator.bad.present() ? events : 0, events);
      break;
    case SliRole::Kind::kBucket: CountBucket(role, at, increase); break;
    default: break;
  }
}

void SloTracker::CountBucket(const SliRole& role, Time at, double increase) {
  if (groups_.size() >= kGroupsMax && groups_.count(role.group) == 0) return;
  Group& group = groups_[role.group];
  const double bound = spec_->indicator.bound;
  // Bounds are written with few digits: 0.3 s is the bucket of le="0.3" and of le="0.30".
  const bool fast_enough = role.le <= bound * (1 + 1e-9);
  if (fast_enough && role.le > group.at_most) {
    // Of a scrape that tells of smaller buckets first, those counted until a larger one came.
    if (group.counted_at == at) slices_.Add(at, -group.counted, 0);
    group.at_most = role.le;
  }
  if (!fast_enough && (group.above < 0 || role.le < group.above)) group.above = role.le;
  // Without a bucket at or below the bound nobody knows which requests were fast enough.
  if (role.le == std::numeric_limits<double>::infinity()) {
    if (group.at_most >= 0) slices_.Add(at, 0, increase);
  } else if (role.le == group.at_most) {
    slices_.Add(at, increase, 0);
    group.counted = increase;
    group.counted_at = at;
  }
}

SloTracker::BucketBounds SloTracker::bucket_bounds() const {
  BucketBounds bounds;
  for (const auto& [key, group] : groups_) {
    if (group.at_most >= 0)
      bounds.at_most = std::min(bounds.at_most.value_or(group.at_most), group.at_most);
    if (group.above >= 0) bounds.above = std::max(bounds.above.value_or(group.above), group.above);
  }
  return bounds;
}

void SloTracker::Measure(const SliRole& role, uint64_t series, Time at, double value) {
  const Indicator& sli = spec_->indicator;
  if (!std::isfinite(value)) return EndSeries(role, series);
  const double seconds = ToSeconds(spec_->interval);
  switch (role.kind) {
    case SliRole::Kind::kMeasuredGood: return Count({SliRole::Kind::kGood}, at, value * seconds);
    case SliRole::Kind::kMeasuredBad: return Count({SliRole::Kind::kBad}, at, value * seconds);
    case SliRole::Kind::kMeasuredTotal: return Count({SliRole::Kind::kTotal}, at, value * seconds);
    default: break;
  }
  Advance(at);
  Saw(at);
  if (role.kind == SliRole::Kind::kTime) {
    if (gauges_.size() < kGaugesMax || gauges_.count(series) > 0) gauges_[series] = {value, at};
  } else if (sli.kind == Indicator::Kind::kRatio) {
    const double share = std::clamp(value, 0.0, 1.0);
    slices_.Add(at, sli.promql_is_bad ? 1 - share : share, 1);
  } else if (sli.kind == Indicator::Kind::kTimeSlice) {
    slice_seen_ = true;
    slice_bad_ = slice_bad_ || !Holds(value, sli.is, sli.bound);
    slice_end_ = SliceEnd(at, spec_->interval);
  } else {
    slices_.Add(at, Holds(value, sli.is, sli.bound) ? 1 : 0, 1);
  }
}

void SloTracker::EndSeries(const SliRole& role, uint64_t series) {
  // The time of a run stays true when its series ends: the run was then.
  if (role.kind == SliRole::Kind::kGauge) gauges_.erase(series);
}

void SloTracker::SetSlice(Time end, std::optional<double> good_share) {
  if (!good_share) return;
  if (!first_) first_ = end - spec_->interval;
  measured_ = end;
  slices_.Cover(end - spec_->interval, end);
  slices_.Add(end, *good_share, 1);
}

void SloTracker::Advance(Time now) {
  const Indicator::Kind kind = spec_->indicator.kind;
  if (JudgesWholeSlices(kind)) {
    if (kind == Indicator::Kind::kFreshness) EndSlicesOfTimes(now);
    if (slice_seen_ && slice_end_ < now) EndTimeSlice(slice_end_);
  }
  if (kind == Indicator::Kind::kDeadline) LookAtDeadlines(now);
  if (spec_->budgeting.method != Budgeting::Method::kOccurrences) EndBudgetSlices(now);
}

// A slice is bad as soon as one sample of one series was.
void SloTracker::EndTimeSlice(Time end) {
  slices_.Add(end, slice_bad_ ? 0 : 1, 1);
  slices_.Cover(end - spec_->interval, end);
  slice_bad_ = false;
  slice_seen_ = false;
}

// The newest of the times that are known, or of those of several series the oldest.
std::optional<double> SloTracker::NewestTime(Time at, bool oldest) const {
  std::optional<double> found;
  for (const auto& [series, gauge] : gauges_) {
    if (gauge.time > at) continue;
    const bool better = !found || (oldest ? gauge.value < *found : gauge.value > *found);
    if (better) found = gauge.value;
  }
  return found;
}

// How old the data is at the end of each slice; unknown while no series says anything.
void SloTracker::EndSlicesOfTimes(Time now) {
  if (!measured_) return;
  const Duration interval = spec_->interval;
  Time end = std::max(slice_end_ + interval, SliceEnd(*first_, interval));
  end = std::max(end, SliceEnd(now - std::chrono::hours(1), interval));
  for (; end < now; end += interval) {
    slice_end_ = end;
    const auto time = NewestTime(end, true);
    if (!time || end - *measured_ > kGapMax) continue;
    const double age = ToSeconds(end.time_since_epoch()) - *time;
    slices_.Add(end, age <= spec_->indicator.bound ? 1 : 0, 1);
    slices_.Cover(end - interval, end);
  }
}

// A deadline is looked at kGapMax after it, so that a run that ended in time was seen.
void SloTracker::LookAtDeadlines(Time now) {
  if (!first_) return;
  const Indicator& sli = spec_->indicator;
  if (deadline_ == Time{}) deadline_ = *first_;
  while (const auto next = NextDeadline(sli, deadline_)) {
    if (*next + kGapMax >= now) return;
    deadline_ = *next;
    if (!measured_ || *next - *measured_ > std::chrono::hours(24)) continue;
    const auto time = NewestTime(*next + kGapMax, false);
    const double by = ToSeconds(next->time_since_epoch());
    // A run that ended after the deadline may have had one in time before it: its time is not kept.
    const bool in_time = time && *time <= by && *time >= by - ToSeconds(sli.within);
    slices_.Add(*next, in_time ? 1 : 0, 1);
  }
}

// Slices of the budgeting method: good or bad as a whole, or their good share.
void SloTracker::EndBudgetSlices(Time now) {
  if (!first_) return;
  const Budgeting& budgeting = spec_->budgeting;
  const Duration every = budgeting.every;
  if (budget_end_ == Time{}) budget_end_ = FloorTo(*first_ - Duration(1), every);
  for (Time end = budget_end_ + every; end < now; end += every) {
    if (now - end > WindowLengthMax(spec_->window) + std::chrono::hours(1)) {
      end = FloorTo(now - WindowLengthMax(spec_->window), every);
    }
    budget_end_ = end;
    const auto slice = BudgetSlice(end);
    if (!slice) continue;
    budget_.Set(end, *slice);
  }
}

// Nothing: less than half of it was measured, it is neither good nor bad.
std::optional<SliceSum> SloTracker::BudgetSlice(Time end) const {
  const Budgeting& budgeting = spec_->budgeting;
  const SliceSum sum = slices_.Between(end - budgeting.every, end);
  if (sum.covered_seconds < ToSeconds(budgeting.every) / 2) return std::nullopt;
  const double share = sum.total > 0 ? std::clamp(sum.good / sum.total, 0.0, 1.0) : 1;
  const bool whole = budgeting.method == Budgeting::Method::kTimeslices;
  const double good = whole ? (share >= budgeting.target ? 1 : 0) : share;
  return SliceSum{good, 1, ToSeconds(budgeting.every)};
}

bool SloTracker::CountsIncreases() const {
  const Indicator& sli = spec_->indicator;
  return sli.kind == Indicator::Kind::kLatency || !sli.good.counters.empty() ||
         !sli.bad.counters.empty() || !sli.total.counters.empty();
}

size_t SloTracker::Fill(std::span<const SliceLog::Slice> slices, Time now) {
  if (slices.empty()) return 0;
  // Those up to here were never measured, only filled in, and may be filled in again.
  const Time live = first_ ? FloorTo(*first_, spec_->interval) : Time::max();
  std::set<Time> measured;
  if (slices.back().first > live && !CountsIncreases()) {
    slices_.log().ForEach(live, slices.back().first,
                          [&](Time end, const SliceSum&) { measured.insert(end); });
  }
  std::vector<SliceLog::Slice> put;
  for (const auto& slice : slices) {
    if (slice.first > now) break;
    const bool before = slice.first <= live;
    const bool in_gap = !before && !CountsIncreases() && measured_ && slice.first < *measured_ &&
                        measured.count(slice.first) == 0;
    if (before || in_gap) put.push_back(slice);
  }
  if (put.empty()) return 0;
  slices_.SetAll(put);
  const Time begin = put.front().first - spec_->interval;
  if (!filled_ || begin < *filled_) filled_ = begin;
  if (spec_->budgeting.method != Budgeting::Method::kOccurrences) {
    FillBudget(begin, put.back().first);
  }
  return put.size();
}

// The budget's slices that (from, until] is a part of, but for those that Advance still ends.
void SloTracker::FillBudget(Time from, Time until) {
  const Duration every = spec_->budgeting.every;
  const Time ended = budget_end_ != Time{} ? budget_end_
                     : first_              ? FloorTo(*first_ - Duration(1), every)
                                           : Time::max();
  std::vector<SliceLog::Slice> put;
  for (Time end = FloorTo(from, every) + every; end <= std::min(until, ended); end += every) {
    put.emplace_back(end, BudgetSlice(end).value_or(SliceSum{}));
  }
  budget_.SetAll(put);
}

const SliceLog& SloTracker::budget_log() const {
  return spec_->budgeting.method == Budgeting::Method::kOccurrences ? slices_.log() : budget_;
}

SliceSum SloTracker::Between(Time from, Time until) const {
  if (spec_->budgeting.method == Budgeting::Method::kOccurrences) {
    return slices_.Between(from, until);
  }
  return budget_.Sum(from, until);
}

}  // namespace kizashi
