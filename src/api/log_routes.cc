#include "api/log_routes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "api/request.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi {
namespace {

constexpr std::string_view kPrefix = "/kizashi/v1/logs/";
constexpr size_t kTailLinesMax = 500;  // of one answer
constexpr size_t kTailBytesMax = 1 << 20;
constexpr size_t kTailEntriesMax = 20'000;  // of the journal, looked at for one answer
constexpr std::string_view kNdjson = "application/x-ndjson";

std::string_view EndName(LogSearchEnd end) {
  switch (end) {
    case LogSearchEnd::kAll: return "all";
    case LogSearchEnd::kLines: return "lines";
    case LogSearchEnd::kTime: return "time";
    case LogSearchEnd::kCancelled: return "cancelled";
    case LogSearchEnd::kBytes:
    case LogSearchEnd::kVisitor: break;  // the answer is full
  }
  return "bytes";
}

StatusOr<LogSeverity> SeverityQuery(const HttpRequest& request) {
  const std::string text = request.Query("severity").value_or("");
  if (text.empty()) return LogSeverity::kNone;
  for (int i = 1; i <= static_cast<int>(LogSeverity::kFatal); ++i) {
    if (ToString(static_cast<LogSeverity>(i)) == text) return static_cast<LogSeverity>(i);
  }
  return InvalidArgument("severity is '{}', expected one of trace, debug, info, warn, error, fatal",
                         text);
}

}  // namespace

LogRoutes::LogRoutes(Parts parts) : parts_(parts), pool_(kThreads, kQueuedMax, kNiceness) {}

LogRoutes::~LogRoutes() { Stop(); }

void LogRoutes::Handle(HttpRequest request, Responder respond) {
  std::string path = request.path.substr(std::min(request.path.size(), kPrefix.size()));
  if (path == "tail") return BeginTail(request, std::move(respond));
  const bool posted = pool_.Post(
      [this, request = std::move(request), path, respond] { respond(Answer(request, path)); });
  if (posted) return;
  HttpResponse busy = ErrorResponse(503, "too many log queries at once");
  busy.headers.emplace_back("Retry-After", "1");
  respond(std::move(busy));
}

HttpResponse LogRoutes::Answer(const HttpRequest& request, const std::string& path) {
  constexpr std::string_view kPatterns = "patterns/";
  if (path == "search") {
    const auto found = Search(request);
    return found.ok() ? TextResponse(200, *found, kNdjson) : StatusResponse(found.status());
  }
  StatusOr<std::string> json = NotFound("there is nothing at this path");
  if (path == "patterns") {
    json = Patterns(request);
  } else if (path == "diff") {
    json = Diff(request);
  } else if (path.starts_with(kPatterns)) {
    json = OnePattern(request, path.substr(kPatterns.size()));
  }
  return json.ok() ? JsonResponse(200, *std::move(json)) : StatusResponse(json.status());
}

void LogRoutes::Stop() {
  stopping_ = true;
  ServeTails();
  pool_.Stop();
}

StatusOr<LogQuery> LogRoutes::ReadQuery(const HttpRequest& request) {
  LogQuery query;
  KZ_ASSIGN_OR_RETURN(query.from, TimeQuery(request, "from"));
  KZ_ASSIGN_OR_RETURN(query.to, TimeQuery(request, "to"));
  KZ_ASSIGN_OR_RETURN(query.severity_min, SeverityQuery(request));
  query.text = request.Query("q").value_or("");
  query.regex = request.Query("regex").value_or("");
  query.trace_id = request.Query("trace").value_or("");
  std::transform(query.trace_id.begin(), query.trace_id.end(), query.trace_id.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (const auto value = request.Query("parameter")) query.parameter = LogParameter{{}, *value};
  const auto service = request.Query("service");
  if (service) query.streams = parts_.patterns->StreamsOf(*service);
  if (const auto text = request.Query("pattern")) {
    KZ_ASSIGN_OR_RETURN(const uint64_t id, ReadId("pattern", *text));
    query.patterns = parts_.patterns->SkeletonsOf(id, service);
    if (query.patterns->empty()) query.patterns->push_back(id);  // a skeleton's own id
    SetTemplates(id, service, &query);
  }
  return query;
}

// The query asks for lines of the pattern `id`: templates have a say in that.
void LogRoutes::SetTemplates(uint64_t id, const std::optional<std::string>& service,
                             LogQuery* query) const {
  StreamTemplates of = parts_.patterns->TemplatesByStream(service);
  if (!of.empty()) query->templates = LogTemplateQuery{id, std::move(of)};
}

void LogRoutes::WriteLine(const LogLine& line, StreamId stream, JsonWriter* json) {
  const std::string service = parts_.patterns->ServiceOf(stream);
  const auto templates = parts_.patterns->TemplatesOf(service);
  const PatternTemplate* const of = templates == nullptr ? nullptr : templates->Find(line.text);
  json->BeginObject();
  json->Key("time").Int(ToMs(line.time));
  json->Key("service").String(service);
  json->Key("severity").String(ToString(line.severity));
  json->Key("text").String(line.text);
  json->Key("trace_id").String(line.trace_id);
  if (of != nullptr) {
    json->Key("pattern_id").String(HexId(of->id));
    json->Key("pattern_name").String(of->name);
  }
  const auto write = [&](std::string_view key, const Labels& labels) {
    json->Key(key).BeginObject();
    for (const Label& label : labels) json->Key(label.name).String(label.value);
    json->EndObject();
  };
  write("stream", parts_.journal->StreamLabels(stream));
  write("metadata", line.metadata);
  json->EndObject();
}

StatusOr<std::string> LogRoutes::Search(const HttpRequest& request) {
  KZ_ASSIGN_OR_RETURN(const LogQuery query, ReadQuery(request));
  KZ_ASSIGN_OR_RETURN(const int64_t limit, IntegerQuery(request, "limit", 100, 1, kSearchLinesMax));
  LogSearchLimits limits;
  limits.lines = static_cast<uint64_t>(limit);
  limits.time = kSearchTime;
  limits.cancelled = &stopping_;
  std::string answer;
  KZ_ASSIGN_OR_RETURN(const LogSearchResult result,
                      SearchLogs(*parts_.store, query, limits, [&](const LogRow& row) {
                        JsonWriter json;
                        WriteLine(row.line, row.stream, &json);
                        answer += json.text();
                        answer += '\n';
                        return answer.size() < kAnswerBytesMax;
                      }));
  JsonWriter json;
  json.BeginObject();
  json.Key("end").String(EndName(result.end));
  json.Key("searched_bytes").Int(static_cast<int64_t>(result.text_bytes));
  json.Key("damaged").BeginArray();
  for (const std::string& damaged : result.damaged) json.String(damaged);
  json.EndArray().EndObject();
  answer += json.text();
  answer += '\n';
  return answer;
}

void LogRoutes::BeginTail(const HttpRequest& request, Responder respond) {
  Tail tail;
  const auto severity = SeverityQuery(request);
  if (!severity.ok()) return respond(StatusResponse(severity.status()));
  tail.severity = *severity;
  tail.service = request.Query("service");
  tail.text = request.Query("q").value_or("");
  tail.cursor = {parts_.journal->last_seq() + 1, 0};
  const auto after = request.Query("after");
  if (after) {
    const size_t colon = std::min(after->find(':'), after->size());
    int64_t seq = 0;
    int64_t line = 0;
    if (colon == after->size() || !ReadInteger(after->substr(0, colon), &seq) ||
        !ReadInteger(after->substr(colon + 1), &line) || seq < 1 || line < 0 || line > UINT32_MAX) {
      return respond(ErrorResponse(400, "after is no cursor, expected one that a tail gave"));
    }
    // One from the future is from another journal.
    const LogPosition given{static_cast<uint64_t>(seq), static_cast<uint32_t>(line)};
    tail.cursor = std::min(tail.cursor, given);
  }
  tail.deadline = parts_.clock->Now() + (after ? kLongPoll : Duration(0));
  tail.respond = std::move(respond);
  {
    const std::lock_guard lock(tails_mutex_);
    if (tails_.size() >= kTailsMax) {
      return tail.respond(ErrorResponse(503, "too many wait for log lines"));
    }
    tails_.push_back(std::move(tail));
  }
  OnProgress();
}

void LogRoutes::OnProgress() {
  ++progress_;
  {
    const std::lock_guard lock(tails_mutex_);
    if (tails_.empty() || serving_) return;
    serving_ = true;
  }
  // When the pool is full the next progress tries again.
  if (pool_.Post([this] { ServeTails(); })) return;
  const std::lock_guard lock(tails_mutex_);
  serving_ = false;
}

void LogRoutes::ServeTails() {
  while (true) {
    const uint64_t seen = progress_;
    std::vector<Tail> tails;
    {
      const std::lock_guard lock(tails_mutex_);
      tails = std::exchange(tails_, {});
    }
    std::erase_if(tails, [this](Tail& tail) { return ServeTail(&tail); });
    const std::lock_guard lock(tails_mutex_);
    std::move(tails.begin(), tails.end(), std::back_inserter(tails_));
    if (seen != progress_) continue;
    serving_ = false;
    return;
  }
}

// Reads on in the journal; true when the tail was answered.
bool LogRoutes::ServeTail(Tail* tail) {
  JsonWriter lines;
  size_t count = 0;
  size_t entries = 0;
  lines.BeginArray();
  const Status scanned = parts_.journal->Scan(tail->cursor.seq - 1, [&](const JournalEntry& entry) {
    uint32_t next = entry.seq == tail->cursor.seq ? tail->cursor.lines : 0;
    if (const auto* logs = std::get_if<LogBatch>(&entry.body);
        logs != nullptr &&
        (!tail->service || parts_.patterns->ServiceOf(logs->stream) == *tail->service)) {
      for (; next < logs->lines.size(); ++next) {
        if (count >= kTailLinesMax || lines.text().size() >= kTailBytesMax) {
          tail->cursor = {entry.seq, next};
          return false;
        }
        const LogLine& line = logs->lines[next];
        if (line.severity < tail->severity || line.text.find(tail->text) == std::string::npos) {
          continue;
        }
        WriteLine(line, logs->stream, &lines);
        ++count;
      }
    }
    tail->cursor = {entry.seq + 1, 0};
    return ++entries < kTailEntriesMax;
  });
  lines.EndArray();
  if (!scanned.ok()) {
    tail->respond(StatusResponse(scanned));
    return true;
  }
  const bool all_read = entries < kTailEntriesMax;
  if (count == 0 && all_read && !stopping_ && parts_.clock->Now() < tail->deadline) return false;
  JsonWriter json;
  json.BeginObject();
  json.Key("cursor").String(fmt::format("{}:{}", tail->cursor.seq, tail->cursor.lines));
  json.Key("lines").Raw(lines.text());
  json.EndObject();
  tail->respond(JsonResponse(200, json.Take()));
  return true;
}

}  // namespace kizashi
