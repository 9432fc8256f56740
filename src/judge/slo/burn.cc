#include "judge/slo/burn.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr Duration kWorkbookWindow = std::chrono::days(30);
constexpr Duration kShortMin = std::chrono::minutes(1);
constexpr Duration kLongMin = std::chrono::minutes(2);

double Burn(const SliceSum& sum, double target) {
  return sum.total > 0 ? sum.bad() / sum.total / (1 - target) : 0;
}

}  // namespace

std::vector<BurnPair> WorkbookPairs(Duration window) {
  std::vector<BurnPair> pairs = {
      {"", Severity::kPage, std::chrono::hours(1), std::chrono::minutes(5), 14.4, {}},
      {"", Severity::kPage, std::chrono::hours(6), std::chrono::minutes(30), 6, {}},
      {"", Severity::kTicket, std::chrono::hours(72), std::chrono::hours(6), 1, {}},
  };
  for (BurnPair& pair : pairs) {
    const auto scaled = [&](Duration span) {
      return FloorTo(TimeFromMs(span.count() * window.count() / kWorkbookWindow.count()),
                     Slices::kFine)
          .time_since_epoch();
    };
    pair.long_window = std::max(scaled(pair.long_window), kLongMin);
    pair.short_window = std::max(scaled(pair.short_window), kShortMin);
  }
  return pairs;
}

BurnState EvaluatePair(const BurnPair& pair, double target, const Slices& slices, Time now) {
  const SliceSum brief = slices.Sum(now, pair.short_window);
  BurnState state;
  state.pair = pair;
  state.long_burn = Burn(slices.Sum(now, pair.long_window), target);
  state.short_burn = Burn(brief, target);
  state.firing = state.long_burn >= pair.factor && state.short_burn >= pair.factor;
  state.known = brief.covered_seconds >= ToSeconds(pair.short_window) / 2;
  return state;
}

ErrorBudget ComputeErrorBudget(const SloSpec& slo, const Slices& slices, Time now) {
  ErrorBudget budget;
  budget.sum = slices.Sum(now, WindowLengthMax(slo.window));
  budget.allowance_minutes = ToMinutes(WindowLengthMax(slo.window)) * (1 - slo.target);
  if (budget.sum.total > 0) {
    budget.spent_minutes = budget.sum.covered_seconds / 60 * budget.sum.bad() / budget.sum.total;
  }
  budget.remaining_share = 1 - budget.spent_minutes / budget.allowance_minutes;
  budget.covered_share = std::min(1.0, budget.sum.covered_seconds / ToSeconds(WindowLengthMax(slo.window)));
  return budget;
}

}  // namespace kizashi
