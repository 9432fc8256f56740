// How OpenTelemetry's names become Prometheus': of metrics with their units, and of attributes.
// Source: OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility". Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/otlp_metrics.h"
#include "wire/telemetry.h"

namespace kizashi {

/// `http.server.duration` in `ms` -> `http_server_duration_milliseconds`; monotonic sums end in
/// `_total`, gauges of unit 1 in `_ratio`; a unit that the name has already is not said again.
std::string PrometheusName(const OtlpMetric& metric);

/// "counter", "gauge", "histogram" or "summary".
std::string_view PrometheusType(const OtlpMetric& metric);

/// `http.status_code` -> `http_status_code`, `2xx` -> `key_2xx`.
std::string PrometheusLabelName(std::string_view attribute);

/// Adds attributes as labels. The values of attributes that become one label are joined by ';', in
/// the order of the attributes' names. `labels` gets names at most once.
void AddAttributeLabels(std::vector<Label> attributes, std::vector<Label>* labels);

/// A bucket's bound or a quantile as a label's value: `0.005`, `1000000`, `+Inf`.
std::string BoundText(double bound);

}  // namespace kizashi
