// Reads schedules, escalations and times of leave from the catalog's files: documents with
// `schedule:`, `escalation:` or `leave:` (docs/use/oncall.md). Documents of other kinds and what is
// no YAML are the catalog's affair (catalog/load.h).
//
// A function of the texts and the catalog: no disk, no clock. Total: every error of every file
// comes with its place. Any thread.
#pragma once

#include <vector>

#include "act/oncall/schedule.h"
#include "catalog/catalog.h"
#include "catalog/load.h"

namespace kizashi::oncall {

// At most, beyond which a file is wrong.
inline constexpr size_t kSchedulesMax = 5'000;
inline constexpr size_t kPoliciesMax = 5'000;
inline constexpr size_t kLayersMax = 20;
inline constexpr size_t kRotationPeopleMax = 500;
inline constexpr size_t kChangesMax = 1'000;  // overrides, and swaps, of one schedule
inline constexpr size_t kLeaveMax = 20'000;
inline constexpr size_t kStepsMax = 50;
inline constexpr size_t kTargetsMax = 50;
inline constexpr int kEveryMax = 1'000;
inline constexpr int kRepeatMax = 100;

struct PlanLoad {
  Plan plan;  // whole when `errors` is empty; else what could be read
  std::vector<CatalogError> errors;
};

/// `catalog` is the one that was read from the same sources.
PlanLoad ReadPlan(const std::vector<CatalogSource>& sources, const Catalog& catalog);

}  // namespace kizashi::oncall
