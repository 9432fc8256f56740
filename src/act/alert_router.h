// Decides to whom the verdicts about alerts go: one delivery for each event and destination.
//
// A pure function: the same batch, catalog and time give the same deliveries.
#pragma once

#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "store/records.h"

namespace kizashi {

/// Where messages about what `owner` owns go: the team's `notify`, else that of the nearest parent
/// that has one, else `fallback`. Without doubles.
std::vector<Destination> DestinationsOf(std::string_view owner, const Catalog& catalog,
                                        const std::vector<Destination>& fallback);

/// One waiting delivery per destination for each alert_firing and alert_resolved verdict whose
/// alert is in the batch. Pages and tickets go the same way.
std::vector<DeliveryRecord> RouteAlerts(const VerdictBatch& batch, const Catalog& catalog,
                                        const std::vector<Destination>& default_destinations,
                                        Time now);

}  // namespace kizashi
