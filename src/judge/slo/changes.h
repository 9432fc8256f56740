// Time and minutes that an SLO's team took out of its budget.
#pragma once

#include <vector>

#include "catalog/slo.h"
#include "judge/slo/slo_tracker.h"

namespace kizashi {

struct TimeRange {
  Time begin{};
  Time end{};  // after begin
  bool operator==(const TimeRange&) const = default;
};

/// The excluded parts of (from, until], merged, in order. Recurring ones as their time zone has
/// them.
std::vector<TimeRange> ExcludedRanges(const SloSpec& slo, Time from, Time until);

/// The minutes given back by adjustments in (from, until]; below zero when more were taken.
double AdjustedMinutes(const SloSpec& slo, Time from, Time until);

/// The sum over (from, until] without what is excluded.
SliceSum CountedSum(const SloSpec& slo, const SloTracker& tracker, Time from, Time until);

}  // namespace kizashi
