#include "ingest/push.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "wire/log_fields.h"
#include "wire/loki_json.h"
#include "wire/ndjson.h"

namespace kizashi {
namespace {

constexpr size_t kCutMarkBytesMax = 40;  // " ...[cut 18446744073709551615 bytes]"

/// Cuts a line that is too long, not within a character; true when it was.
bool CutLine(std::string* text) {
  if (text->size() <= kPushLineBytesMax) return false;
  size_t keep = kPushLineBytesMax - kCutMarkBytesMax;
  for (int i = 0; i < 3 && (static_cast<unsigned char>((*text)[keep]) & 0xc0) == 0x80; ++i) --keep;
  const size_t cut = text->size() - keep;
  text->resize(keep);
  *text += fmt::format(" ...[cut {} bytes]", cut);
  text->shrink_to_fit();
  return true;
}

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

HttpResponse PushError(int status, std::string_view error, std::string_view item, size_t kept) {
  JsonWriter json;
  json.BeginObject().Key("error").String(error).Key("item").String(item);
  json.Key("kept").Int(static_cast<int64_t>(kept)).EndObject();
  HttpResponse response = JsonResponse(status, json.Take());
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

/// Waits for the store's answers on one request and then gives one to the sender. Any thread.
class LogPush::Answer {
 public:
  Answer(const Receiver& receiver, Responder respond)
      : receiver_(receiver), respond_(std::move(respond)) {}

  /// The request has an item that cannot be read; the first one is told.
  void Refuse(std::string item, std::string reason, size_t count = 1) {
    receiver_.refused_bad->Add(static_cast<double>(count));
    const std::lock_guard lock(mutex_);
    if (reason_.empty()) {
      item_ = std::move(item);
      reason_ = std::move(reason);
    }
  }
  void Expect() {
    const std::lock_guard lock(mutex_);
    ++waiting_;
  }
  /// One expected answer of the store.
  void Store(const Status& status, size_t lines) {
    const double count = static_cast<double>(lines);
    const bool is_full = status.code() == absl::StatusCode::kResourceExhausted;
    (status.ok() ? receiver_.lines
     : is_full   ? receiver_.refused_full
                 : receiver_.refused_unavailable)
        ->Add(count);
    {
      const std::lock_guard lock(mutex_);
      if (status.ok()) kept_ += lines;
      if (!status.ok() && (failure_.ok() || !is_full)) failure_ = status;
    }
    Release();
  }
  /// Answers when nothing is waited for any more. The request itself is one of those waited for.
  void Release() {
    {
      const std::lock_guard lock(mutex_);
      if (--waiting_ > 0) return;
    }
    respond_(Make());
  }

 private:
  // Called by the last one: nothing changes any more.
  HttpResponse Make() const {
    if (!failure_.ok()) {
      const bool is_full = failure_.code() == absl::StatusCode::kResourceExhausted;
      return PushError(is_full ? 429 : 503, Message(failure_), "", kept_);
    }
    if (!reason_.empty()) return PushError(400, reason_, item_, kept_);
    return HttpResponse{204, {}, ""};
  }

  const Receiver receiver_;
  const Responder respond_;
  std::mutex mutex_;
  size_t waiting_ = 1;
  size_t kept_ = 0;
  Status failure_;
  std::string item_;
  std::string reason_;
};

LogPush::LogPush(TelemetrySink& sink, const Clock& clock, Registry* registry)
    : sink_(sink),
      clock_(clock),
      loki_(MakeReceiver("loki", registry)),
      ndjson_(MakeReceiver("ndjson", registry)) {}

LogPush::Receiver LogPush::MakeReceiver(std::string_view name, Registry* registry) {
  const std::string receiver(name);
  const auto refused = [&](const char* reason) {
    return &registry->GetCounter("kizashi_ingest_refused_total",
                                 "Log lines and other items that were not taken.",
                                 {{"receiver", receiver}, {"reason", reason}});
  };
  Receiver made;
  made.lines = &registry->GetCounter("kizashi_ingest_lines_total", "Log lines acknowledged.",
                                     {{"receiver", receiver}});
  made.cut = &registry->GetCounter("kizashi_ingest_lines_cut_total",
                                   "Log lines cut at the longest size.", {{"receiver", receiver}});
  made.refused_bad = refused("bad_input");
  made.refused_full = refused("queue_full");
  made.refused_unavailable = refused("unavailable");
  return made;
}

void LogPush::Loki(HttpRequest request, Responder respond) {
  const auto answer = std::make_shared<Answer>(loki_, std::move(respond));
  if (request.Header("Content-Type").find("protobuf") != std::string_view::npos) {
    answer->Refuse("Content-Type", "found protobuf, expected application/json");
    return answer->Release();
  }
  LokiPush push = ParseLokiJson(request.body);
  for (LokiError& error : push.errors) answer->Refuse(std::move(error.item), error.reason);
  const size_t untold = push.error_count - push.errors.size();
  if (untold > 0) answer->Refuse("", "", untold);
  for (LokiStream& stream : push.streams) {
    Append(loki_, stream.labels, std::move(stream.lines), answer);
  }
  answer->Release();
}

void LogPush::Ndjson(HttpRequest request, Responder respond) {
  const auto answer = std::make_shared<Answer>(ndjson_, std::move(respond));
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
  std::map<std::string, std::vector<LogLine>> by_service;
  NdjsonReader reader(request.body);
  NdjsonLine line;
  while (reader.Next(&line)) {
    const Time time = line.time ? *line.time : LineTime(line.text, now);
    by_service[line.service].push_back({time, std::move(line.text)});
  }
  for (auto& [service, lines] : by_service) {
    Labels own = *labels;
    if (!service.empty()) own.Set("service", service.substr(0, kStreamLabelBytesMax));
    if (own.empty()) own.Set("job", "push");
    Append(ndjson_, own, std::move(lines), answer);
  }
  answer->Release();
}

void LogPush::Append(const Receiver& receiver, const Labels& labels, std::vector<LogLine> lines,
                     const std::shared_ptr<Answer>& answer) {
  for (LogLine& line : lines) {
    if (CutLine(&line.text)) receiver.cut->Add();
  }
  const size_t count = lines.size();
  answer->Expect();
  const StatusOr<StreamId> stream = sink_.InternStream(labels);
  if (!stream.ok()) return answer->Store(stream.status(), count);
  LogBatch batch;
  batch.stream = *stream;
  batch.lines = std::move(lines);
  sink_.Append(std::move(batch),
               [answer, count](const Status& status) { answer->Store(status, count); });
}

}  // namespace kizashi
