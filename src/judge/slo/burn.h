// Burn rates over pairs of windows, and the alert they drive.
//
// The pairs are those of the Site Reliability Workbook, chapter 5, table 5-8 ("Alerting on SLOs"):
// page 1h/5m at 14.4 and 6h/30m at 6, ticket 3d/6h at 1, for a window of 30 days; other windows
// scale them in proportion, but no short window is under a minute and no long one under two.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "judge/slo/slices.h"
#include "store/records.h"

namespace kizashi {

std::vector<BurnPair> WorkbookPairs(Duration window);

struct BurnState {
  BurnPair pair;
  double long_burn = 0;  // (bad / total) / (1 - target); 0 without traffic
  double short_burn = 0;
  bool firing = false;  // both windows at or above the factor
  bool known = true;    // at least half of the short window was measured
};

BurnState EvaluatePair(const BurnPair& pair, double target, const Slices& slices, Time now);

/// An error budget in minutes of full outage at the window's mean traffic.
struct ErrorBudget {
  double allowance_minutes = 0;  // window * (1 - target)
  double spent_minutes = 0;      // measured minutes * bad / total
  double remaining_share = 1;    // below 0 when overspent
  double covered_share = 0;      // of the window
  SliceSum sum;
};

ErrorBudget ComputeErrorBudget(const SloSpec& slo, const Slices& slices, Time now);

}  // namespace kizashi
