// What one step of the judge decided.
#pragma once

#include <vector>

#include "store/records.h"
#include "store/telemetry_store.h"

namespace kizashi {

struct JudgeOutput {
  VerdictBatch verdicts;
  std::vector<DerivedPoint> points;
};

}  // namespace kizashi
