// Replays SLOs over the samples of a file: the same judge, no server.
//
// One row an evaluation and SLO, at every interval of the file from its beginning to its end. Time
// begins at `start`, which matters to windows of a calendar. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/load.h"
#include "judge/slo/series_file.h"
#include "judge/slo/slo_snapshot.h"

namespace kizashi {

struct SloReplayOptions {
  Time start{};
  Duration every{};  // between evaluations; zero: the file's interval
};

struct SloReplayRow {
  Duration since{};  // the start
  std::string service;
  std::string slo;
  ErrorBudget budget;
  std::vector<SloAlerts::Pair> pairs;
};

/// InvalidArgument when the catalog does not load or an expression fails.
Status ReplaySlos(const std::vector<CatalogSource>& catalog, const SeriesFile& file,
                  const SloReplayOptions& options,
                  const std::function<void(const SloReplayRow&)>& visit);

}  // namespace kizashi
