#include "judge/slo/budget.h"

#include <algorithm>

#include "judge/slo/changes.h"

namespace kizashi {
namespace {

double SpentShare(const SliceSum& sum, double target) {
  return sum.total > 0 ? sum.bad() / sum.total / (1 - target) : 0;
}

}  // namespace

ErrorBudget ComputeErrorBudget(const SloSpec& slo, const SloTracker& tracker, Time now) {
  ErrorBudget budget;
  budget.window = WindowAt(slo.window, now);
  const Time begin = budget.window.begin;
  const double window_minutes = ToMinutes(budget.window.end - begin);
  budget.allowance_minutes = window_minutes * (1 - slo.target);
  const SliceSum all = tracker.Between(begin, now);
  budget.sum = CountedSum(slo, tracker, begin, now);
  budget.adjusted_minutes = AdjustedMinutes(slo, begin, now);
  budget.spent_share =
      SpentShare(budget.sum, slo.target) - budget.adjusted_minutes / budget.allowance_minutes;
  budget.spent_minutes = budget.spent_share * budget.allowance_minutes;
  budget.remaining_share = 1 - budget.spent_share;
  budget.unchanged_remaining_share = 1 - SpentShare(all, slo.target);
  if (const auto first = tracker.first(); first && *first < now) {
    const Duration since = now - std::max(begin, *first);
    budget.covered_share = std::min(1.0, all.covered_seconds / ToSeconds(since));
    budget.filled_share = std::min(1.0, ToMinutes(since) / window_minutes);
  }
  return budget;
}

}  // namespace kizashi
