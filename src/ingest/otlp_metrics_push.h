// Receives OpenTelemetry's metrics over HTTP: POST /v1/metrics, in protobuf or JSON (Content-Type).
//
// Owned by main; the handler may be called on any thread and answers when the store has answered,
// in the request's encoding: 200 with an ExportMetricsServiceResponse (with partial_success when
// data points were rejected), 400 with a google.rpc.Status when the body is no request, 415 for
// another encoding, 429 and 503 with Retry-After when the store does not take it; what comes again
// is taken silently. How points become series: otlp_series.h. Limits: OtlpMetricLimits.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/delta_sums.h"
#include "ingest/exemplar_ring.h"
#include "ingest/metric_metadata.h"
#include "ingest/otlp_series.h"
#include "ingest/push_answer.h"
#include "ingest/series_cache.h"
#include "ingest/telemetry_sink.h"
#include "net/http.h"

namespace kizashi {

class OtlpMetricsPush {
 public:
  /// What is handed in outlives the last answer of the sink; `exemplars` and `metadata` may be
  /// nullptr: then they are passed over.
  OtlpMetricsPush(TelemetrySink& sink, ExemplarRing* exemplars, MetricMetadata* metadata,
                  const Clock& clock, Registry* registry, OtlpMetricLimits limits = {});

  /// POST /v1/metrics.
  void Metrics(const HttpRequest& request, Responder respond);

 private:
  TelemetrySink& sink_;
  ExemplarRing* const exemplars_;
  MetricMetadata* const metadata_;
  const Clock& clock_;
  const OtlpMetricLimits limits_;
  const PushCounters counters_;
  SeriesCache cache_;
  DeltaSums deltas_;
};

}  // namespace kizashi
