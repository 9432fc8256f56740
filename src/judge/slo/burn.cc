#include "judge/slo/burn.h"

#include <algorithm>
#include <cmath>

#include "judge/slo/changes.h"
#include "judge/slo/evidence.h"

namespace kizashi {
namespace {

double Burn(const SliceSum& sum, double target) {
  return sum.total > 0 ? sum.bad() / sum.total / (1 - target) : 0;
}

/// bad / total > factor * (1 - target), as rules of Prometheus compare it.
bool IsAbove(const SliceSum& sum, double factor, double target) {
  return sum.total > 0 && sum.bad() / sum.total > factor * (1 - target);
}

/// Half of the short window was measured, or of what of it lies behind the SLO's beginning.
bool IsKnown(const SliceSum& brief, const BurnPair& pair, const SloTracker& tracker, Time now) {
  if (!tracker.first() || *tracker.first() >= now) return false;
  const Duration span = std::min(pair.short_window, now - *tracker.first());
  return brief.covered_seconds >= ToSeconds(span) / 2;
}

}  // namespace

BurnState EvaluatePair(const BurnPair& pair, const SloSpec& slo, const SloTracker& tracker,
                       Time now) {
  const SliceSum lasting = CountedSum(slo, tracker, now - pair.long_window, now);
  const SliceSum brief = CountedSum(slo, tracker, now - pair.short_window, now);
  BurnState state;
  state.pair = pair;
  state.long_burn = Burn(lasting, slo.target);
  state.short_burn = Burn(brief, slo.target);
  state.bad = lasting.bad();
  state.bad_minutes = tracker.slices().BadMinutes(now, pair.long_window);
  state.burning =
      IsAbove(lasting, pair.factor, slo.target) && IsAbove(brief, pair.factor, slo.target);
  state.known = IsKnown(brief, pair, tracker, now);
  state.filled = brief.covered_seconds >= ToSeconds(pair.short_window) / 2;
  state.needed = std::floor(pair.factor * (1 - slo.target) * lasting.total) + 1;
  if (slo.alerting.evidence) {
    const EvidenceNeed need = NeededEvidence(lasting.total, slo.target, pair.severity);
    state.evident =
        state.bad >= static_cast<double>(need.failures) || state.bad_minutes >= need.minutes;
    state.needed = std::max(state.needed, static_cast<double>(need.minutes));
  }
  return state;
}

}  // namespace kizashi
