#include "ingest/otlp_push.h"

#include <utility>

#include "ingest/otlp_answer.h"
#include "wire/log_fields.h"
#include "wire/otlp_logs.h"

namespace kizashi {
OtlpPush::OtlpPush(TelemetrySink& sink, const Clock& clock, Registry* registry)
    : sink_(sink), clock_(clock), counters_(PushCounters::Make("otlp", registry)) {}

void OtlpPush::Logs(const HttpRequest& request, Responder respond) {
  const auto encoding = OtlpEncodingOf(request);
  if (!encoding) {
    counters_.refused_bad->Add();
    return respond(OtlpWrongEncoding());
  }
  const bool json = *encoding == OtlpEncoding::kJson;
  StatusOr<OtlpLogs> logs = json ? ParseOtlpLogsJson(request.body, clock_.Now())
                                 : ParseOtlpLogsProto(request.body, clock_.Now());
  if (!logs.ok()) {
    counters_.refused_bad->Add();
    return respond(OtlpBadRequest(logs.status(), json));
  }
  const auto answer =
      std::make_shared<PushAnswer>(counters_, std::move(respond), [json](const PushResult& result) {
        if (!result.failure.ok()) return OtlpFailure(result.failure, json);
        return OtlpResponse(200, OtlpLogsResponse(result.refused, result.reason, json), json);
      });
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
