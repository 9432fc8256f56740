// Receives OpenTelemetry's traces over HTTP: POST /v1/traces, in protobuf or JSON (Content-Type).
//
// Spans are counted (span_counts.h) and joined (trace_join.h), not kept. What they add up to is
// given as exposition text, which the server scrapes like any target; so a request is answered when
// it is counted, and what was counted since the last scrape is lost with the process.
//
// Owned by main; any thread. Answers in the request's encoding: 200 with an
// ExportTraceServiceResponse (with partial_success when spans were rejected), 400 with a
// google.rpc.Status when the body is no request, 415 for another encoding. Limits: of a request
// SpanLimits, of what waits TraceJoinLimits, of what is counted SpanCountLimits.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/span_counts.h"
#include "ingest/trace_join.h"
#include "net/http.h"

namespace kizashi {

struct SpanLimits {
  size_t spans_max = 200'000;  // of one request
  SpanCountLimits counts;
  TraceJoinLimits join;
};

class OtlpTracesPush {
 public:
  OtlpTracesPush(const Clock& clock, Registry* registry, SpanLimits limits = {});

  /// POST /v1/traces.
  void Traces(const HttpRequest& request, const Responder& respond);

  /// What was counted, as exposition text. Traces that are complete by now are counted first.
  std::string Write();
  /// Whether a span was counted.
  bool HasSpans() const { return spans_.value() > 0; }

 private:
  const Clock& clock_;
  const SpanLimits limits_;
  Counter& spans_;
  Counter& rejected_;
  Counter& refused_;
  SpanCounts counts_;
  std::mutex mutex_;
  TraceJoin join_;  // under mutex_
};

}  // namespace kizashi
