#include "ingest/push.h"

#include <map>
#include <utility>
#include <vector>

#include "ingest/record_reader.h"
#include "net/content_coding.h"
#include "wire/log_fields.h"
#include "wire/loki_proto.h"
#include "wire/ndjson.h"

namespace kizashi {
namespace {

/// The query's parameters as labels.
StatusOr<Labels> LabelsOfQuery(std::string_view query) {
  std::vector<Label> labels;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string name = PercentDecode(pair.substr(0, equals), true);
    const std::string value = equals == std::string_view::npos
                                  ? std::string()
                                  : PercentDecode(pair.substr(equals + 1), true);
    if (name.empty() || name.starts_with("__")) {
      return InvalidArgument("found parameter '{}', expected label=value", pair.substr(0, 60));
    }
    if (name.size() > kStreamLabelBytesMax || value.size() > kStreamLabelBytesMax) {
      return InvalidArgument("parameter '{}' is longer than {} bytes", name.substr(0, 60),
                             kStreamLabelBytesMax);
    }
    if (labels.size() == kStreamLabelsMax) {
      return InvalidArgument("there are more than {} parameters", kStreamLabelsMax);
    }
    labels.push_back({name, value});
  }
  return Labels(std::move(labels));
}

}  // namespace

LogPush::LogPush(TelemetrySink& sink, const Clock& clock, Registry* registry)
    : sink_(sink),
      clock_(clock),
      loki_(PushCounters::Make("loki", registry)),
      ndjson_(PushCounters::Make("ndjson", registry)),
      hold_(sink, clock) {}

void LogPush::Loki(HttpRequest request, Responder respond) {
  if (request.Header("Content-Type").find("protobuf") != std::string_view::npos) {
    return LokiProto(std::move(request), std::move(respond));
  }
  const auto answer = std::make_shared<PushAnswer>(loki_, std::move(respond), JsonPushResponse);
  AppendLoki(ParseLokiJson(request.body), answer);
  answer->Release();
}

// The body is a snappy block, whether Content-Encoding says so (then it is decoded already) or not.
void LogPush::LokiProto(HttpRequest request, Responder respond) {
  const auto answer = std::make_shared<PushAnswer>(loki_, std::move(respond), TextPushResponse);
  std::string body = std::move(request.body);
  if (request.Header("Content-Encoding") != "snappy") {
    StatusOr<std::string> decoded = DecodeBody("snappy", body, kLokiBodyBytesMax);
    if (!decoded.ok()) {
      answer->Refuse("", std::string(Message(decoded.status())));
      return answer->Release();
    }
    body = *std::move(decoded);
  }
  AppendLoki(ParseLokiProto(body), answer);
  answer->Release();
}

void LogPush::AppendLoki(LokiPush push, const std::shared_ptr<PushAnswer>& answer) {
  for (LokiError& error : push.errors) answer->Refuse(std::move(error.item), error.reason);
  const size_t untold = push.error_count - push.errors.size();
  if (untold > 0) answer->Refuse("", "", untold);
  for (LokiStream& stream : push.streams) {
    std::vector<PushedLine> lines;
    lines.reserve(stream.lines.size());
    for (LogLine& line : stream.lines) {
      // What the sender says goes before what the text seems to say.
      TakeSaidFields(stream.labels, &line);
      FillFields(&line);
      lines.push_back({std::move(line), true});
    }
    Append(stream.labels, std::move(lines), answer);
  }
}

void LogPush::Ndjson(const HttpRequest& request, Responder respond) {
  const auto answer = std::make_shared<PushAnswer>(ndjson_, std::move(respond), JsonPushResponse);
  if (request.body.size() > kPushBodyBytesMax) {
    answer->Refuse("", fmt::format("the body has {} bytes, expected at most {}",
                                   request.body.size(), kPushBodyBytesMax));
    return answer->Release();
  }
  const StatusOr<Labels> labels = LabelsOfQuery(request.query);
  if (!labels.ok()) {
    answer->Refuse("query", std::string(Message(labels.status())));
    return answer->Release();
  }
  const Time now = clock_.Now();
  std::map<std::string, std::vector<PushedLine>> by_service;
  RecordReader reader({.take_message = true, .join_traces = false});
  const auto drain = [&] {
    for (Record record; reader.Next(&record);) {
      by_service[record.service].push_back({std::move(record.line), record.timed});
    }
  };
  NdjsonReader body(request.body);
  for (std::string_view line; body.NextRaw(&line);) {
    reader.Add(line, false, now);
    drain();
  }
  reader.Close();
  drain();
  for (auto& [service, lines] : by_service) {
    Labels own = *labels;
    if (!service.empty()) own.Set("service", service.substr(0, kStreamLabelBytesMax));
    if (own.empty()) own.Set("job", "push");
    Append(own, std::move(lines), answer);
  }
  answer->Release();
}

void LogPush::Append(const Labels& labels, std::vector<PushedLine> lines,
                     const std::shared_ptr<PushAnswer>& answer) {
  for (PushedLine& pushed : lines) {
    pushed.line.CutText();
    if (pushed.line.cut) answer->counters().cut->Add();
  }
  const StatusOr<StreamId> stream = sink_.InternStream(labels);
  if (stream.ok()) return hold_.Append(*stream, std::move(lines), answer);
  answer->Expect(lines.size());
  answer->Store(stream.status(), lines.size());
}

}  // namespace kizashi
