// JSON of the ledger, as openapi.yaml promises it. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "api/anomaly_links.h"
#include "base/json_writer.h"
#include "judge/snapshot.h"
#include "store/records.h"

namespace kizashi {

/// The members `state` and `ledger` of an Anomaly.
void WriteEpisodeLedger(const AnomalyRecord& anomaly, JsonWriter* json);
/// The budget of anomalies with the steps in force.
void WriteAnomalyBudget(const AnomalyBudget& budget, JsonWriter* json);
/// An array of prices with their times, each with what its numbers give when it is computed again.
void WritePricesTold(const std::vector<PriceTold>& prices, JsonWriter* json);
std::string LedgerEditsJson(const std::vector<LedgerEditRecord>& edits);

struct EpisodeView {
  AnomalyRecord anomaly;
  std::vector<AnomalyRecord> similar;   // of its kind, newest first, without itself
  std::vector<LedgerEditRecord> edits;  // of its kind, newest first
  std::vector<AlertRecord> alerts;      // of its service while it went on
  std::vector<PriceTold> prices;        // that it was told to have, oldest first
};
std::string EpisodeLedgerJson(const EpisodeView& view);

/// Daily reports that were delivered, with where to.
struct ReportView {
  ReportRecord report;
  std::vector<ReportDelivery> deliveries;
};
std::string ReportsJson(const std::vector<ReportView>& reports);

}  // namespace kizashi
