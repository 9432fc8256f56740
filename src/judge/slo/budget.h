// The error budget of an SLO: what its window allows, what of it is spent.
//
// As events (or slices of the budgeting method) in the window: allowed are (1 - target) of all,
// spent are those that were bad. So the numbers are those of Google's Site Reliability Workbook,
// chapter 2 and OpenSLO v1: a share below zero is overspent. Minutes are the same shares of the
// window's length.
#pragma once

#include "catalog/slo.h"
#include "judge/slo/budget_window.h"
#include "judge/slo/slo_tracker.h"

namespace kizashi {

struct ErrorBudget {
  WindowBounds window;
  double allowance_minutes = 0;  // window * (1 - target)
  double spent_share = 0;        // of the allowance; above 1 when overspent
  double spent_minutes = 0;
  double remaining_share = 1;
  /// As if nothing had been excluded or adjusted.
  double unchanged_remaining_share = 1;
  double adjusted_minutes = 0;
  double covered_share = 0;  // measured, of the window since the SLO is measured
  double filled_share = 0;   // of the window, for how much of it the SLO is measured
  SliceSum sum;              // what counts
};

ErrorBudget ComputeErrorBudget(const SloSpec& slo, const SloTracker& tracker, Time now);

}  // namespace kizashi
