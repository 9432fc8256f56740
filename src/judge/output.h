// What one step of the judge decided.
#pragma once

#include <string>
#include <vector>

#include "store/records.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// A version of a service that was not running before: it was deployed.
struct ReleaseSeen {
  std::string service;
  std::string version;
  std::string before;  // the newest one until then
  Time at{};
};

struct JudgeOutput {
  VerdictBatch verdicts;
  std::vector<DerivedPoint> points;
  std::vector<ReleaseSeen> releases;  // told, not kept: a replay tells them again
};

}  // namespace kizashi
