// What is held true about one SLO at one moment, for readers: immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/slo.h"
#include "judge/slo/budget.h"
#include "judge/slo/contributors.h"
#include "judge/slo/policy.h"
#include "judge/slo/slo_alerts.h"

namespace kizashi {

/// How the budget went over its window, oldest first.
struct SloCurve {
  struct Point {
    Time time{};
    double remaining_share = 1;  // of the window that ended then
    double burn = 0;             // over the step before
    SliceSum sum;                // of the step before
  };
  Duration step{};
  std::vector<Point> points;
};

enum class SloState {
  kOk,
  kBurning,    // a ticket's pair fires
  kPaging,     // a page's pair fires
  kExhausted,  // the budget is overspent, and nothing burns
  kNoData,     // nothing was measured lately; alerts are frozen
  kNew,        // nothing was ever measured
};
std::string_view SloStateName(SloState state);  // "ok", "burning", "paging", ...

struct SloSnapshot {
  const SloSpec* spec = nullptr;  // of the snapshot's catalog
  SloState state = SloState::kNew;
  ErrorBudget budget;
  std::vector<SloAlerts::Pair> pairs;
  std::vector<PolicyStatus> policy;
  std::vector<Contributor> contributors;  // while anything burns
  SloTracker::BucketBounds bounds;
  std::optional<Time> first;     // when it was measured first
  std::optional<Time> measured;  // and last
  bool alerts_frozen = false;
  std::shared_ptr<const SloCurve> curve;  // may be nullptr
};

/// Whether the agreement is in force: "approved", "unapproved", "overdue" (its day of review is
/// past `today`, YYYY-MM-DD).
std::string_view AgreementState(const Agreement& agreement, std::string_view today);

}  // namespace kizashi
