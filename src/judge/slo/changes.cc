#include "judge/slo/changes.h"

#include <algorithm>

#include "catalog/recurrence.h"

namespace kizashi {

std::vector<TimeRange> ExcludedRanges(const SloSpec& slo, Time from, Time until) {
  std::vector<TimeRange> ranges;
  for (const BudgetChange& change : slo.changes) {
    if (change.kind != BudgetChange::Kind::kExclude) continue;
    const Duration length = change.end - change.begin;
    std::vector<Time> begins = {change.begin};
    if (!change.recurrence.empty()) {
      begins = Occurrences(change.recurrence, change.begin, change.time_zone, from - length, until);
    }
    for (const Time begin : begins) {
      const TimeRange range{std::max(begin, from), std::min(begin + length, until)};
      if (range.begin < range.end) ranges.push_back(range);
    }
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const TimeRange& a, const TimeRange& b) { return a.begin < b.begin; });
  std::vector<TimeRange> merged;
  for (const TimeRange& range : ranges) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

double AdjustedMinutes(const SloSpec& slo, Time from, Time until) {
  double minutes = 0;
  for (const BudgetChange& change : slo.changes) {
    if (change.kind == BudgetChange::Kind::kAdjust && change.begin > from &&
        change.begin <= until) {
      minutes += change.minutes;
    }
  }
  return minutes;
}

SliceSum CountedSum(const SloSpec& slo, const SloTracker& tracker, Time from, Time until) {
  SliceSum sum = tracker.Between(from, until);
  if (slo.changes.empty()) return sum;
  for (const TimeRange& range : ExcludedRanges(slo, from, until)) {
    sum -= tracker.Between(range.begin, range.end);
  }
  return sum;
}

}  // namespace kizashi
