// Receives pushed log lines: Loki's JSON and NDJSON.
//
// Owned by main; the handlers may be called on any thread and answer when the store has answered
// for every stream: 204 when all is on disk, 429 with Retry-After when its queue is full, 503 when
// it is not there, 400 {"error", "item", "kept"} when something could not be read (the good items
// are kept all the same). Limits: bodies of kPushBodyBytesMax, lines of kPushLineBytesMax (longer
// ones are cut and say so).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/telemetry_sink.h"
#include "net/http.h"

namespace kizashi {

inline constexpr size_t kPushBodyBytesMax = 16 << 20;
inline constexpr size_t kPushLineBytesMax = 256 << 10;  // the mark of a cut line counted in

class LogPush {
 public:
  /// What is handed in outlives the last answer of the sink.
  LogPush(TelemetrySink& sink, const Clock& clock, Registry* registry);

  /// POST /loki/api/v1/push.
  void Loki(HttpRequest request, Responder respond);
  /// POST /kizashi/v1/logs. Query parameters are labels of the lines that do not say otherwise
  /// themselves (a line may name its service). Without any label the stream is job="push".
  void Ndjson(HttpRequest request, Responder respond);

 private:
  struct Receiver {
    Counter* lines = nullptr;
    Counter* cut = nullptr;
    Counter* refused_bad = nullptr;
    Counter* refused_full = nullptr;
    Counter* refused_unavailable = nullptr;
  };
  class Answer;

  static Receiver MakeReceiver(std::string_view name, Registry* registry);
  void Append(const Receiver& receiver, const Labels& labels, std::vector<LogLine> lines,
              const std::shared_ptr<Answer>& answer);

  TelemetrySink& sink_;
  const Clock& clock_;
  const Receiver loki_;
  const Receiver ndjson_;
};

}  // namespace kizashi
