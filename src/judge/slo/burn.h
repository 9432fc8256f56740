// How fast the budget burns over pairs of windows (catalog/slo_alerts.h), and whether that is no
// chance. Pure functions; the judge's thread.
#pragma once

#include "base/clock.h"
#include "catalog/slo.h"
#include "judge/slo/slo_tracker.h"

namespace kizashi {

struct BurnState {
  BurnPair pair;
  double long_burn = 0;  // (bad / total) / (1 - target); 0 without events
  double short_burn = 0;
  double bad = 0;        // in the long window
  int bad_minutes = 0;   // in the long window
  double needed = 0;     // failures without which it cannot fire, at the traffic of now
  bool burning = false;  // both windows are above the factor
  bool evident = true;   // and that is no chance
  bool known = true;     // half of the short window was measured, or of what follows the beginning
  bool filled = true;    // half of the whole short window was measured: the SLO is not too young
  bool firing() const { return burning && evident; }
};

BurnState EvaluatePair(const BurnPair& pair, const SloSpec& slo, const SloTracker& tracker,
                       Time now);

}  // namespace kizashi
