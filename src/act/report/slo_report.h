// The review of SLOs over a week or a quarter, for a team and its product manager: what was
// promised and kept, what burned the budget, who has not agreed yet, what was left out.
//
// Deterministic: the same snapshot, records, slices and options give the same text. Any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "act/report/document.h"
#include "base/clock.h"
#include "base/status.h"
#include "judge/snapshot.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

struct SloReportOptions {
  std::string team;      // a team's name; "" for all
  std::string language;  // "en", "ja"
  bool quarter = false;  // 3 months of the calendar; else 7 days
  Time until{};
  Time now{};                     // tells which reviews are overdue
  std::function<bool()> goes_on;  // see ReviewSlo; may be empty
};

struct SloReport {
  Time since{};
  Document document;
};

/// Whether any SLO has this owner, or the catalog knows the team.
bool OwnsSlos(const Snapshot& snapshot, std::string_view team);

/// Fails when a store does, or when it takes too long.
StatusOr<SloReport> MakeSloReport(const Snapshot& snapshot, RecordStore& records,
                                  TelemetryStore& telemetry, const SloReportOptions& options);

}  // namespace kizashi
