// What Prometheus' HTTP API says of exemplars (2.42, /api/v1/query_exemplars).
//
// Any thread. Source: Prometheus' documentation "HTTP API", "Querying exemplars".
#pragma once

#include <string>

#include "api/prometheus_params.h"
#include "base/status.h"
#include "ingest/exemplar_ring.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// The exemplars in [start, end] of the series that any selector of `query` selects:
/// `[{"seriesLabels":{...},"exemplars":[...]}]`, in order of the labels. Empty for a query
/// without selectors: Prometheus answers 204 then.
StatusOr<std::string> ExemplarsJson(const PrometheusParams& params, const ExemplarRing& ring,
                                    const SeriesDirectory& series);

}  // namespace kizashi
