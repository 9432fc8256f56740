#include "wire/log_fields.h"

#include <fast_float/fast_float.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "wire/flat_json.h"

namespace kizashi {

LogSeverity SeverityOfHead(std::string_view text);  // log_severity.cc

namespace {

constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;
constexpr size_t kPairScanBytes = 1024;  // how far key=value pairs are looked at for a level

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool IsHex(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }
constexpr bool IsKeyChar(char c) {
  return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z') || c == '_' || c == '.' || c == '@';
}

bool Is(std::string_view key, std::string_view lower) {
  return key.size() == lower.size() && std::equal(key.begin(), key.end(), lower.begin(),
                                                  [](char a, char b) { return Lower(a) == b; });
}

bool IsAny(std::string_view key, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return Is(key, n); });
}

bool IsLevelKey(std::string_view key) {
  if (key.size() < 3 || key.size() > 17) return false;
  return IsAny(key, {"level", "severity", "lvl", "log.level", "levelname", "loglevel", "log_level",
                     "severity_text", "severitytext", "@level", "detected_level"});
}

/// The severity that a member or pair says; kNone when it says none.
LogSeverity SeverityOfPair(std::string_view key, std::string_view value) {
  if (IsLevelKey(key)) return SeverityOfValue(value);
  const bool is_syslog = IsAny(key, {"priority", "syslog_severity"});
  const bool is_otel = !is_syslog && IsAny(key, {"severity_number", "severitynumber"});
  const bool is_python = !is_syslog && !is_otel && Is(key, "levelno");
  if (!is_syslog && !is_otel && !is_python) return LogSeverity::kNone;
  int64_t number = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
  if (read.ec != std::errc() || read.ptr != value.data() + value.size()) {
    return SeverityOfValue(value);  // "priority": "error"
  }
  if (is_syslog) return SeverityOfSyslog(number);
  if (is_otel) return SeverityOfOtel(number);
  // 10 debug, 20 info, 30 warning, 40 error, 50 critical
  return number >= 10 && number < 60 ? static_cast<LogSeverity>(number / 10 + 1)
                                     : LogSeverity::kNone;
}

/// Datadog writes its ids as decimal numbers of 64 bits.
std::string OfDecimal(std::string_view digits) {
  uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || number == 0) return {};
  return fmt::format("{:016x}", number);
}

/// Takes what the pair `key`, `value` says of trace and span.
void TakeTrace(std::string_view key, std::string_view value, LogFields* fields) {
  if (Is(key, "traceparent")) {
    // version "-" trace "-" span "-" flags
    if (value.size() < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-') return;
    std::string trace = TraceIdOf(value.substr(3, kTraceDigits), kTraceDigits);
    std::string span = TraceIdOf(value.substr(36, kSpanDigits), kSpanDigits);
    if (trace.empty() || span.empty()) return;
    fields->trace_id = std::move(trace);
    fields->span_id = std::move(span);
    return;
  }
  if (fields->trace_id.empty()) {
    if (IsAny(key, {"trace_id", "traceid", "trace.id", "trace", "otel.trace_id", "oteltraceid"})) {
      fields->trace_id = TraceIdOf(value, kTraceDigits);
      if (fields->trace_id.empty()) fields->trace_id = TraceIdOf(value, kSpanDigits);
    } else if (Is(key, "dd.trace_id")) {
      fields->trace_id = TraceIdOf(value, kTraceDigits);
      if (fields->trace_id.empty()) fields->trace_id = OfDecimal(value);
    }
  }
  if (fields->span_id.empty()) {
    if (IsAny(key, {"span_id", "spanid", "span.id", "span", "otel.span_id", "otelspanid"})) {
      fields->span_id = TraceIdOf(value, kSpanDigits);
    } else if (Is(key, "dd.span_id")) {
      fields->span_id = OfDecimal(value);
    }
  }
}

/// The next place from `at` on where the four letters `word` (lower case) stand with any first
/// letter's case, found sixteen bytes at a time; npos when there is none.
size_t FindWord(std::string_view text, size_t at, const char (&word)[5]) {
  using Bytes = uint8_t __attribute__((vector_size(16)));
  const auto matches = [&](size_t i) {
    return Lower(text[i]) == word[0] && text[i + 1] == word[1] && text[i + 2] == word[2] &&
           text[i + 3] == word[3];
  };
  Bytes second{};
  Bytes fourth{};
  for (size_t i = 0; i < 16; ++i) {
    second[i] = static_cast<uint8_t>(word[1]);
    fourth[i] = static_cast<uint8_t>(word[3]);
  }
  for (; at + 19 <= text.size(); at += 16) {
    Bytes a;
    Bytes b;
    std::memcpy(&a, text.data() + at + 1, 16);
    std::memcpy(&b, text.data() + at + 3, 16);
    const auto both = (a == second) & (b == fourth);
    uint64_t halves[2];
    std::memcpy(halves, &both, 16);
    if ((halves[0] | halves[1]) == 0) continue;
    for (size_t i = at; i < at + 16; ++i) {
      if (matches(i)) return i;
    }
  }
  for (; at + 4 <= text.size(); ++at) {
    if (matches(at)) return at;
  }
  return std::string_view::npos;
}

/// The key around `at`, and the value behind it: key=value, key="value", key: value, "key":"value".
bool PairAround(std::string_view line, size_t at, std::string_view* key, std::string_view* value) {
  size_t begin = at;
  while (begin > 0 && at - begin < 16 && IsKeyChar(line[begin - 1])) --begin;
  size_t end = at;
  while (end < line.size() && end - at < 16 && IsKeyChar(line[end])) ++end;
  *key = line.substr(begin, end - begin);
  size_t from = end;
  bool separated = false;
  while (from < line.size() && from - end < 5) {
    const char c = line[from];
    if (c == '=' || c == ':') separated = true;
    if (c != '=' && c != ':' && c != ' ' && c != '"' && c != '\'' && c != '\\') break;
    ++from;
  }
  size_t to = from;
  while (to < line.size() && to - from < 64 && (IsHex(line[to]) || line[to] == '-')) ++to;
  *value = line.substr(from, to - from);
  return separated && !value->empty();
}

void ScanForTrace(std::string_view line, LogFields* fields) {
  std::string_view key;
  std::string_view value;
  for (size_t at = 0; (at = FindWord(line, at, "trac")) != line.npos; at += 4) {
    if (PairAround(line, at, &key, &value)) TakeTrace(key, value, fields);
    if (!fields->trace_id.empty()) break;
  }
  if (fields->trace_id.empty() || !fields->span_id.empty()) return;
  for (size_t at = 0; (at = FindWord(line, at, "span")) != line.npos; at += 4) {
    if (PairAround(line, at, &key, &value)) TakeTrace(key, value, fields);
    if (!fields->span_id.empty()) break;
  }
}

/// A level among key=value pairs; what stands in quotes is passed over.
LogSeverity SeverityOfPairs(std::string_view line) {
  line = line.substr(0, kPairScanBytes);
  for (size_t at = 0; (at = line.find('=', at)) != line.npos;) {
    size_t begin = at;
    while (begin > 0 && at - begin < 17 && IsKeyChar(line[begin - 1])) --begin;
    const std::string_view key = line.substr(begin, at - begin);
    const bool quoted = ++at < line.size() && line[at] == '"';
    if (quoted) ++at;
    const size_t end = std::min(line.find_first_of(quoted ? "\"" : " \t,;]}", at), line.size());
    if (begin < at && IsLevelKey(key)) {
      const LogSeverity severity = SeverityOfValue(line.substr(at, end - at));
      if (severity != LogSeverity::kNone) return severity;
    }
    if (quoted) at = end;
  }
  return LogSeverity::kNone;
}

/// <PRI> of RFC 3164 and RFC 5424 at the line's beginning, which is taken off.
LogSeverity TakePri(std::string_view* line) {
  if (line->size() < 3 || (*line)[0] != '<') return LogSeverity::kNone;
  int number = 0;
  size_t at = 1;
  for (; at < line->size() && at < 4 && IsDigit((*line)[at]); ++at) {
    number = number * 10 + ((*line)[at] - '0');
  }
  if (at == 1 || at == line->size() || (*line)[at] != '>' || number > 191) {
    return LogSeverity::kNone;
  }
  line->remove_prefix(at + 1);
  if (line->starts_with("1 ")) line->remove_prefix(2);  // RFC 5424's version
  return SeverityOfSyslog(number % 8);
}

bool LooksLikeKlog(std::string_view line) {
  return line.size() >= 14 &&
         (line[0] == 'I' || line[0] == 'W' || line[0] == 'E' || line[0] == 'F') &&
         IsDigit(line[1]) && IsDigit(line[4]) && line[5] == ' ' && line[8] == ':' &&
         line[11] == ':';
}

/// The time at a plain line's beginning, also in brackets or as time=, ts= or t=, or Apache's
/// behind host, ident and user.
std::optional<Time> TimeOfPlain(std::string_view line, const TimeContext& context) {
  size_t used = 0;
  for (const std::string_view key : {"time=", "ts=", "t=", "timestamp="}) {
    if (line.starts_with(key)) {
      line.remove_prefix(key.size());
      break;
    }
  }
  while (!line.empty() && (line[0] == '[' || line[0] == '"' || line[0] == '(')) {
    line.remove_prefix(1);
  }
  if (const auto time = ReadTimeAt(line, context, &used)) {
    // "20260102 items" and "1767366245x" are no times.
    const bool ends = used == line.size() || !IsKeyChar(line[used]);
    if (ends) return time;
  }
  const size_t bracket = line.substr(0, 128).find('[');
  if (bracket == line.npos || bracket == 0 || line[bracket - 1] != ' ') return {};
  return ReadTimeAt(line.substr(bracket + 1), context, &used);
}

LogFields FieldsOfPlain(std::string_view line, const TimeContext& context) {
  LogFields fields;
  const LogSeverity pri = TakePri(&line);
  if (LooksLikeKlog(line)) {
    fields.severity = line[0] == 'I'   ? LogSeverity::kInfo
                      : line[0] == 'W' ? LogSeverity::kWarn
                      : line[0] == 'E' ? LogSeverity::kError
                                       : LogSeverity::kFatal;
    fields.time = ReadKlogTime(line.substr(1), context);
  } else {
    fields.time = TimeOfPlain(line, context);
    fields.severity = pri;
    if (pri == LogSeverity::kNone) fields.severity = SeverityOfPairs(line);
    if (fields.severity == LogSeverity::kNone) fields.severity = SeverityOfHead(line);
  }
  ScanForTrace(line, &fields);
  return fields;
}

std::optional<Time> TimeOfMember(const FlatJson::Member& member, const TimeContext& context) {
  double number = 0;
  const char* const end = member.value.data() + member.value.size();
  const auto read = fast_float::from_chars(member.value.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end) return TimeOfNumber(number);
  if (member.kind != FlatJson::Kind::kString) return std::nullopt;
  return ReadWholeTime(member.value, context);
}

LogFields FieldsOfJson(std::string_view line, const TimeContext& context) {
  LogFields fields;
  std::string_view message;
  FlatJson json(line);
  for (FlatJson::Member member; json.Next(&member);) {
    if (member.kind == FlatJson::Kind::kObject) {
      FlatJson nested(member.value);
      FlatJson::Member inner;
      while (Is(member.key, "log") && nested.Next(&inner)) {
        if (Is(inner.key, "level")) fields.severity = SeverityOfValue(inner.value);
      }
      continue;
    }
    if (member.kind == FlatJson::Kind::kArray || member.key.size() < 2) continue;
    if (fields.severity == LogSeverity::kNone) {
      fields.severity = SeverityOfPair(member.key, member.value);
    }
    if (!fields.time && IsAny(member.key, {"ts", "time", "timestamp", "@timestamp"})) {
      fields.time = TimeOfMember(member, context);
    }
    if (message.empty() && IsAny(member.key, {"message", "msg", "log", "body", "line"})) {
      message = member.value;
    }
    TakeTrace(member.key, member.value, &fields);
  }
  if (fields.severity == LogSeverity::kNone) fields.severity = SeverityOfHead(message);
  return fields;
}

bool LooksLikeJson(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  return begin != line.npos && line[begin] == '{';
}

}  // namespace

std::string TraceIdOf(std::string_view id, size_t digits) {
  if (id.size() != digits || !std::all_of(id.begin(), id.end(), IsHex)) return {};
  if (id.find_first_not_of('0') == id.npos) return {};
  std::string lower(id);
  for (char& c : lower) c = Lower(c);
  return lower;
}

LogFields FieldsOfLine(std::string_view line, const TimeContext& context) {
  line = line.substr(0, kFieldScanBytes);
  return LooksLikeJson(line) ? FieldsOfJson(line, context) : FieldsOfPlain(line, context);
}

LogSeverity SeverityOfLine(std::string_view line) { return FieldsOfLine(line, {}).severity; }

void FillFields(LogLine* line) {
  LogFields fields = FieldsOfLine(line->text, {line->time, {}});
  if (line->severity == LogSeverity::kNone) line->severity = fields.severity;
  if (line->trace_id.empty()) {
    line->trace_id = std::move(fields.trace_id);
    line->span_id = std::move(fields.span_id);
  }
}

void TakeSaidFields(const Labels& said, LogLine* line) {
  LogFields fields;
  for (const Label& label : said) {
    if (line->severity == LogSeverity::kNone) {
      line->severity = SeverityOfPair(label.name, label.value);
    }
    TakeTrace(label.name, label.value, &fields);
  }
  if (line->trace_id.empty() && line->span_id.empty()) {
    line->trace_id = std::move(fields.trace_id);
    line->span_id = std::move(fields.span_id);
  }
}

Time NearTime(std::optional<Time> said, Time received) {
  if (!said) return received;
  const Duration off = *said > received ? *said - received : received - *said;
  return off <= std::chrono::hours(24) ? *said : received;
}

Time LineTime(std::string_view line, Time received) {
  return NearTime(FieldsOfLine(line, {received, {}}).time, received);
}

}  // namespace kizashi
