// What the page reads, as JSON: shapes of src/api/openapi.yaml, made from snapshots and records.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "act/alert_feed.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "catalog/watch.h"
#include "judge/snapshot.h"
#include "store/records.h"
#include "store/series/series_budget.h"

namespace kizashi {

/// A budget under `key`: what it allows and what is spent, in minutes, and the share that is left.
void WriteBudget(std::string_view key, double allowance, double spent, double remaining,
                 JsonWriter* json);
void WriteCatalogState(const CatalogState& state, JsonWriter* json);
std::string BoardJson(const Snapshot& snapshot, const CatalogState& catalog);
void WritePrice(const Price& price, JsonWriter* json);
void WriteAnomaly(const AnomalyRecord& anomaly, JsonWriter* json);
void WriteAlert(const AlertRecord& alert, const std::vector<AlertDelivery>& deliveries,
                JsonWriter* json);

/// An alert with the messages it called for.
struct AlertView {
  AlertRecord alert;
  std::vector<AlertDelivery> deliveries;
};
std::string ServiceJson(const ServiceSnapshot& snapshot, const Service& service,
                        const std::vector<AnomalyRecord>& anomalies,
                        const std::vector<AlertView>& alerts);

/// One signal with its points, oldest first.
struct SignalSeries {
  SignalSnapshot signal;
  std::vector<std::pair<Time, double>> points;
};
std::string SignalPointsJson(const std::string& service, const std::vector<SignalSeries>& signals);

/// How many series each owner has.
std::string SeriesUsesJson(const std::vector<SeriesBudget::OwnerUse>& uses);

}  // namespace kizashi
