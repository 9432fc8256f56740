// Receives OpenTelemetry's logs over HTTP: POST /v1/logs, in protobuf or JSON (Content-Type).
//
// Owned by main; the handler may be called on any thread and answers when the store has answered
// for every stream, in the request's encoding: 200 with an ExportLogsServiceResponse (with
// partial_success when records were rejected), 400 with a google.rpc.Status when the body is no
// request, 415 for another encoding, 429 and 503 with Retry-After when the store does not take it
// (what it took of the request stays kept). Limits: wire/otlp_logs.h; texts of kLogTextBytesMax.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/push_answer.h"
#include "ingest/telemetry_sink.h"
#include "net/http.h"

namespace kizashi {

class OtlpPush {
 public:
  /// What is handed in outlives the last answer of the sink.
  OtlpPush(TelemetrySink& sink, const Clock& clock, Registry* registry);

  /// POST /v1/logs.
  void Logs(const HttpRequest& request, Responder respond);

 private:
  void Append(const Labels& labels, std::vector<LogLine> lines,
              const std::shared_ptr<PushAnswer>& answer);

  TelemetrySink& sink_;
  const Clock& clock_;
  const PushCounters counters_;
};

}  // namespace kizashi
