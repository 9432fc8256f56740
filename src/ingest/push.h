// Receives pushed log lines: Loki's push in JSON and protobuf, and NDJSON.
//
// Owned by main; the handlers may be called on any thread and answer when the store has answered
// for every stream: 204 when all is on disk, 429 with Retry-After when its queue is full, 503 when
// it is not there, 400 when something could not be read (the good items are kept all the same).
// Errors are {"error", "item", "kept"}, to a protobuf push plain text as Loki's own. Lines of stack
// traces become one record (ingest/trace_hold.h). Limits: bodies of kPushBodyBytesMax, lines of
// kLogTextBytesMax (longer ones are cut there and marked).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/push_answer.h"
#include "ingest/telemetry_sink.h"
#include "ingest/trace_hold.h"
#include "net/http.h"

namespace kizashi {

inline constexpr size_t kPushBodyBytesMax = 16 << 20;

class LogPush {
 public:
  /// What is handed in outlives the last answer of the sink.
  LogPush(TelemetrySink& sink, const Clock& clock, Registry* registry);

  /// POST /loki/api/v1/push.
  void Loki(HttpRequest request, Responder respond);
  /// POST /kizashi/v1/logs. Query parameters are labels of the lines that do not say otherwise
  /// themselves (a line may name its service). Without any label the stream is job="push".
  void Ndjson(const HttpRequest& request, Responder respond);
  /// Nothing more is held back; what was is handed on.
  void Stop() { hold_.Stop(); }

  TraceHold& hold() { return hold_; }

 private:
  void LokiProto(HttpRequest request, Responder respond);
  void AppendLoki(struct LokiPush push, const std::shared_ptr<PushAnswer>& answer);
  void Append(const Labels& labels, std::vector<PushedLine> lines,
              const std::shared_ptr<PushAnswer>& answer);

  TelemetrySink& sink_;
  const Clock& clock_;
  const PushCounters loki_;
  const PushCounters ndjson_;
  TraceHold hold_;
};

}  // namespace kizashi
