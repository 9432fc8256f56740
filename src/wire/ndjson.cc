#include "wire/ndjson.h"

#include <fast_float/fast_float.h>
#include <simdjson.h>

#include <array>

#include "wire/log_time.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kDepthMax = 64;
constexpr size_t kFirstCapacity = 4 << 10;
constexpr std::array<std::string_view, 5> kTextFields = {"message", "msg", "log", "body", "line"};
constexpr std::array<std::string_view, 4> kTimeFields = {"ts", "time", "timestamp", "@timestamp"};
constexpr std::array<std::string_view, 4> kServiceFields = {"service.name", "service_name",
                                                            "service", "app"};

std::string_view WithoutLineEnd(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::optional<Time> TimeOf(const dom::element& element) {
  double number = 0;
  std::string_view text;
  if (element.get_string().get(text) == simdjson::SUCCESS) {
    const char* const end = text.data() + text.size();
    const auto result = fast_float::from_chars(text.data(), end, number);
    if (result.ec == std::errc() && result.ptr == end) return TimeOfNumber(number);
    return ReadWholeTime(text, {});
  }
  if (element.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  return TimeOfNumber(number);
}

void TakeFields(const dom::object& object, NdjsonLine* line) {
  dom::element value;
  std::string_view text;
  for (const std::string_view field : kTextFields) {
    if (object[field].get(value) != simdjson::SUCCESS) continue;
    if (value.get_string().get(text) != simdjson::SUCCESS) continue;
    line->text = WithoutLineEnd(text);
    break;
  }
  for (const std::string_view field : kTimeFields) {
    if (object[field].get(value) != simdjson::SUCCESS) continue;
    line->time = TimeOf(value);
    if (line->time) break;
  }
  for (const std::string_view field : kServiceFields) {
    if (object[field].get(value) != simdjson::SUCCESS) continue;
    if (value.get_string().get(text) != simdjson::SUCCESS || text.empty()) continue;
    line->service = text;
    break;
  }
}

}  // namespace

struct JsonLineParser::Parser {
  // It grows from here with the lines; should there be no memory, lines stay plain text.
  Parser() { ready = parser.allocate(kFirstCapacity, kDepthMax) == simdjson::SUCCESS; }

  bool ready = false;
  dom::parser parser;
  std::string padded;  // the line, with the room behind it that the parser wants
};

JsonLineParser::JsonLineParser() : parser_(std::make_unique<Parser>()) {}
JsonLineParser::~JsonLineParser() = default;

bool JsonLineParser::Parse(std::string_view line, NdjsonLine* out) {
  out->text = line;
  out->time.reset();
  out->service.clear();
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == line.npos || line[begin] != '{' || line.size() > kNdjsonObjectBytesMax) return false;
  std::string& padded = parser_->padded;
  padded.assign(line);
  padded.append(simdjson::SIMDJSON_PADDING, '\0');
  dom::object object;
  if (!parser_->ready ||
      parser_->parser.parse(padded.data(), line.size(), false).get(object) != simdjson::SUCCESS) {
    return false;
  }
  TakeFields(object, out);
  return true;
}

bool NdjsonReader::NextRaw(std::string_view* line) {
  do {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    *line = WithoutLineEnd(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  } while (line->find_first_not_of(" \t") == std::string_view::npos);
  return true;
}

bool NdjsonReader::Next(NdjsonLine* line) {
  std::string_view raw;
  if (!NextRaw(&raw)) return false;
  parser_.Parse(raw, line);
  return true;
}

}  // namespace kizashi
