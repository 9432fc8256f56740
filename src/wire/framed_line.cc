#include "wire/framed_line.h"

#include <charconv>

#include "wire/flat_json.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr size_t kMetadataMax = 32;

std::string Unescaped(std::string_view inside) {
  std::string text;
  UnescapeJson(inside, &text);
  return text;
}

template <typename T>
bool ReadNumber(std::string_view text, T* value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool IsStream(std::string_view stream) { return stream == "stdout" || stream == "stderr"; }

/// The members of `object` whose values are strings.
Labels StringMembers(std::string_view object) {
  std::vector<Label> labels;
  FlatJson json(object);
  for (FlatJson::Member member; labels.size() < kMetadataMax && json.Next(&member);) {
    if (member.kind != FlatJson::Kind::kString) continue;
    labels.push_back({Unescaped(member.key), Unescaped(member.value)});
  }
  return Labels(std::move(labels));
}

bool UnframeDocker(std::string_view line, FramedLine* out) {
  if (!line.starts_with(R"({"log":")") || !line.ends_with('}')) return false;
  FlatJson json(line);
  std::string_view log;
  std::string_view stream;
  std::string_view attributes;
  std::optional<Time> time;
  for (FlatJson::Member member; json.Next(&member);) {
    if (member.kind == FlatJson::Kind::kObject && member.key == "attrs") attributes = member.value;
    if (member.kind != FlatJson::Kind::kString) continue;
    if (member.key == "log") log = member.value;
    if (member.key == "stream") stream = member.value;
    if (member.key == "time") time = ReadWholeTime(member.value, {});
  }
  if (!IsStream(stream) || !time) return false;
  UnescapeJson(log, &out->unescaped);
  out->partial = !out->unescaped.ends_with('\n');
  out->text = out->unescaped;
  if (!out->partial) out->text.remove_suffix(1);
  if (out->text.ends_with('\r') && !out->partial) out->text.remove_suffix(1);
  out->framing = Framing::kDocker;
  out->stream = stream;
  out->time = time;
  if (!attributes.empty()) out->metadata = StringMembers(attributes);
  return true;
}

bool UnframeCri(std::string_view line, FramedLine* out) {
  // "2026-01-02T15:04:05Z stdout F " is the shortest form.
  if (line.size() < 29 || line[0] < '0' || line[0] > '9' || line[4] != '-' || line[10] != 'T') {
    return false;
  }
  const size_t space = line.find(' ', 19);
  if (space > 40) return false;  // npos too
  const std::string_view stream = line.substr(space + 1, 6);
  if (!IsStream(stream) || line.size() < space + 9 || line[space + 7] != ' ') return false;
  const std::string_view rest = line.substr(space + 8);
  // Tags are parted by colons, the first says whether the line is partial or full.
  const size_t tags = rest.find(' ');
  const bool is_tag = rest.starts_with('F') || rest.starts_with('P');
  if (!is_tag || (tags != 1 && !rest.substr(1).starts_with(':'))) return false;
  const std::optional<Time> time = ReadWholeTime(line.substr(0, space), {});
  if (!time || tags == rest.npos) return false;
  out->framing = Framing::kCri;
  out->text = rest.substr(tags + 1);
  out->stream = stream;
  out->partial = rest[0] == 'P';
  out->time = time;
  return true;
}

/// A message that is no text is an array of its bytes.
bool ReadBytes(std::string_view array, std::string* out) {
  out->clear();
  for (size_t at = 1; at < array.size();) {
    if (array[at] == ' ' || array[at] == ',' || array[at] == ']') {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < array.size() && array[end] >= '0' && array[end] <= '9') ++end;
    int byte = 0;
    if (!ReadNumber(array.substr(at, end - at), &byte) || byte > 255) return false;
    out->push_back(static_cast<char>(byte));
    at = end;
  }
  return true;
}

bool UnframeJournald(std::string_view line, FramedLine* out) {
  if (line.find(R"("__REALTIME_TIMESTAMP")") == line.npos) return false;
  std::string_view unit;
  std::string_view identifier;
  std::vector<Label> metadata;
  bool has_message = false;
  int64_t microseconds = 0;
  int priority = -1;
  FlatJson json(line);
  for (FlatJson::Member member; json.Next(&member);) {
    if (member.key == "MESSAGE") {
      if (member.kind == FlatJson::Kind::kString) {
        UnescapeJson(member.value, &out->unescaped);
        has_message = true;
      } else if (member.kind == FlatJson::Kind::kArray) {
        has_message = ReadBytes(member.value, &out->unescaped);
      }
    }
    if (member.kind != FlatJson::Kind::kString) continue;
    if (member.key == "PRIORITY") ReadNumber(member.value, &priority);
    if (member.key == "__REALTIME_TIMESTAMP") ReadNumber(member.value, &microseconds);
    if (member.key == "_SYSTEMD_UNIT") unit = member.value;
    if (member.key == "SYSLOG_IDENTIFIER") identifier = member.value;
    if (member.key == "_HOSTNAME") metadata.push_back({"host", Unescaped(member.value)});
    if (member.key == "_PID") metadata.push_back({"pid", Unescaped(member.value)});
  }
  if (!has_message || microseconds <= 0) return false;
  constexpr std::string_view kService = ".service";
  const bool is_service = unit.ends_with(kService);
  if (is_service) unit.remove_suffix(kService.size());
  out->service = Unescaped(is_service || identifier.empty() ? unit : identifier);
  if (!is_service && !unit.empty()) metadata.push_back({"unit", Unescaped(unit)});
  out->framing = Framing::kJournald;
  out->text = out->unescaped;
  out->time = TimeFromMs(microseconds / 1000);
  out->severity = SeverityOfSyslog(priority);
  out->metadata = Labels(std::move(metadata));
  return true;
}

}  // namespace

void Unframe(std::string_view line, FramedLine* out) {
  out->framing = Framing::kNone;
  out->text = line;
  out->time.reset();
  out->stream = {};
  out->partial = false;
  out->severity = LogSeverity::kNone;
  out->service.clear();
  if (!out->metadata.empty()) out->metadata = {};
  if (line.starts_with('{')) {
    if (!UnframeDocker(line, out) && !UnframeJournald(line, out)) out->text = line;
  } else {
    UnframeCri(line, out);
  }
}

}  // namespace kizashi
