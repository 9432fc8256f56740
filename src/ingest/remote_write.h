// Receives Prometheus' remote write 1.0: POST /api/v1/write.
//
// Owned by main; the handler may be called on any thread and answers when the store has answered:
// 204 when everything is on disk; 400 with {"error", "item", "kept", "refused"} when something of
// it is not taken and never will be (the good samples are kept, the sender goes on with the next);
// 503 with Retry-After when the store's queue is full or it is not there: Prometheus sends again
// after 5xx, whereas it drops what was answered with 429 unless it is configured otherwise. What
// comes again is taken silently. 415 for remote write 2.0, with which a sender falls back to 1.0.
//
// Samples may come out of order, within the store's window. Limits: RemoteWriteLimits; the body's
// is the server's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "ingest/exemplar_ring.h"
#include "ingest/metric_metadata.h"
#include "ingest/push_answer.h"
#include "ingest/series_cache.h"
#include "ingest/telemetry_sink.h"
#include "net/http.h"
#include "wire/remote_write.h"

namespace kizashi {

struct RemoteWriteLimits {
  size_t samples_max = 1'000'000;  // of one request
  size_t series_max = 500'000;     // of one request
  RemoteLimits labels;
};

class RemoteWrite {
 public:
  /// What is handed in outlives the last answer of the sink; `exemplars` and `metadata` may be
  /// nullptr: then they are passed over.
  RemoteWrite(TelemetrySink& sink, ExemplarRing* exemplars, MetricMetadata* metadata,
              Registry* registry, RemoteWriteLimits limits = {});

  /// POST /api/v1/write.
  void Write(const HttpRequest& request, Responder respond);

 private:
  struct Push;
  Status ReadBody(std::string_view body, Push* push);
  void FindSeries(Push* push, PushAnswer* answer);
  void AddExemplars(const Push& push);
  StatusOr<SeriesId> Intern(std::string_view label_bytes);

  TelemetrySink& sink_;
  ExemplarRing* const exemplars_;
  MetricMetadata* const metadata_;
  const RemoteWriteLimits limits_;
  const PushCounters counters_;
  Counter& histograms_;
  SeriesCache cache_;
};

}  // namespace kizashi
