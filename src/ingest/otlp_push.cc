#include "ingest/otlp_push.h"

#include <utility>

#include "wire/log_fields.h"
#include "wire/otlp_logs.h"

namespace kizashi {
namespace {

// Codes of google.rpc.Code.
constexpr int kInvalidArgument = 3;
constexpr int kResourceExhausted = 8;
constexpr int kUnavailable = 14;

HttpResponse Respond(int status, std::string body, bool json) {
  return TextResponse(status, std::move(body),
                      json ? "application/json" : "application/x-protobuf");
}

HttpResponse Make(const PushResult& result, bool json) {
  if (result.failure.ok()) {
    return Respond(200, OtlpLogsResponse(result.refused, result.reason, json), json);
  }
  const bool is_full = result.failure.code() == absl::StatusCode::kResourceExhausted;
  HttpResponse response = Respond(
      is_full ? 429 : 503,
      RpcStatus(is_full ? kResourceExhausted : kUnavailable, Message(result.failure), json), json);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

OtlpPush::OtlpPush(TelemetrySink& sink, const Clock& clock, Registry* registry)
    : sink_(sink), clock_(clock), counters_(PushCounters::Make("otlp", registry)) {}

void OtlpPush::Logs(const HttpRequest& request, Responder respond) {
  const std::string_view type = request.Header("Content-Type");
  const bool json = type.starts_with("application/json");
  if (!json && !type.starts_with("application/x-protobuf")) {
    counters_.refused_bad->Add();
    return respond(Respond(
        415,
        RpcStatus(kInvalidArgument, "expected application/x-protobuf or application/json", true),
        true));
  }
  StatusOr<OtlpLogs> logs = json ? ParseOtlpLogsJson(request.body, clock_.Now())
                                 : ParseOtlpLogsProto(request.body, clock_.Now());
  if (!logs.ok()) {
    counters_.refused_bad->Add();
    return respond(Respond(400, RpcStatus(kInvalidArgument, Message(logs.status()), json), json));
  }
  const auto answer =
      std::make_shared<PushAnswer>(counters_, std::move(respond),
                                   [json](const PushResult& result) { return Make(result, json); });
  if (logs->rejected > 0) answer->Refuse("", logs->reason, logs->rejected);
  for (OtlpStream& stream : logs->streams) Append(stream.labels, std::move(stream.lines), answer);
  answer->Release();
}

void OtlpPush::Append(const Labels& labels, std::vector<LogLine> lines,
                      const std::shared_ptr<PushAnswer>& answer) {
  for (LogLine& line : lines) {
    TakeSaidFields(line.metadata, &line);
    FillFields(&line);
    if (line.CutText()) counters_.cut->Add();
  }
  const size_t count = lines.size();
  answer->Expect(count);
  const StatusOr<StreamId> stream = sink_.InternStream(labels);
  if (!stream.ok()) return answer->Store(stream.status(), count);
  LogBatch batch;
  batch.stream = *stream;
  batch.lines = std::move(lines);
  sink_.Append(std::move(batch),
               [answer, count](const Status& status) { answer->Store(status, count); });
}

}  // namespace kizashi
