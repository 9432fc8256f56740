// The texts that Prometheus' API answers with, where they are no query results.
//
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ingest/scrape_worker.h"
#include "store/series/series_summary.h"
#include "wire/telemetry.h"

namespace kizashi {

/// `[{"__name__":"up","job":"a"}, ...]`
std::string LabelSetsJson(const std::vector<Labels>& all);
/// `["a","b"]`
std::string TextsJson(const std::set<std::string>& texts);
/// `{"activeTargets":[...],"droppedTargets":[]}`
std::string TargetsJson(const std::vector<TargetStatus>& targets);
/// What status/tsdb says. `from` and `to`: of which time samples are in memory.
std::string TsdbJson(const SeriesSummary& summary, Time from, Time to);

struct FederatedSample {
  Labels labels;
  int64_t time_ms = 0;
  double value = 0;
};
/// The text format 0.0.4 with timestamps, by metric.
std::string FederationText(std::vector<FederatedSample> samples);

}  // namespace kizashi
