// The server's receivers of metrics that are pushed, and what is remembered beside the samples.
// Owned by Server; outlives the HTTP server's last answer.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/exemplar_ring.h"
#include "ingest/metric_metadata.h"
#include "ingest/otlp_metrics_push.h"
#include "ingest/otlp_traces_push.h"
#include "ingest/remote_write.h"
#include "ingest/telemetry_sink.h"
#include "net/http.h"

namespace kizashi {

class MetricReceivers {
 public:
  MetricReceivers(TelemetrySink& sink, const Clock& clock, Registry* registry);

  /// POST /api/v1/write.
  HttpHandler remote_write();
  /// POST /v1/metrics.
  HttpHandler otlp();
  /// POST /v1/traces.
  HttpHandler otlp_traces();
  /// What the spans of traces add up to, as exposition text.
  std::string TraceMetrics() { return traces_.Write(); }
  /// Whether a span has come.
  bool HasTraces() const { return traces_.HasSpans(); }
  /// GET /api/v1/metadata.
  HttpHandler metadata_answers();

  ExemplarRing& exemplars() { return exemplars_; }
  MetricMetadata& metadata() { return metadata_; }

 private:
  ExemplarRing exemplars_;
  MetricMetadata metadata_;
  RemoteWrite remote_write_;
  OtlpMetricsPush otlp_;
  OtlpTracesPush traces_;
};

}  // namespace kizashi
