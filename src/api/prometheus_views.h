// The texts that Prometheus' API answers with, where they are no query results.
//
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ingest/scrape_worker.h"
#include "wire/telemetry.h"

namespace kizashi {

/// `[{"__name__":"up","job":"a"}, ...]`
std::string LabelSetsJson(const std::vector<Labels>& all);
/// `["a","b"]`
std::string TextsJson(const std::set<std::string>& texts);
/// `{"activeTargets":[...],"droppedTargets":[]}`
std::string TargetsJson(const std::vector<TargetStatus>& targets);
/// What status/tsdb says; of each list the `top` largest.
std::string TsdbJson(size_t series, Time from, Time to,
                     const std::map<std::string, uint64_t>& by_metric,
                     const std::map<std::string, uint64_t>& by_pair,
                     const std::map<std::string, std::set<std::string>>& values, size_t top);

struct FederatedSample {
  Labels labels;
  int64_t time_ms = 0;
  double value = 0;
};
/// The text format 0.0.4 with timestamps, by metric.
std::string FederationText(std::vector<FederatedSample> samples);

}  // namespace kizashi
