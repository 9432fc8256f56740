#include "wire/exposition.h"

#include <fast_float/fast_float.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace kizashi {
namespace {

constexpr uint8_t kNameStart = 1;  // [a-zA-Z_:]
constexpr uint8_t kNameRest = 2;   // [a-zA-Z0-9_:]

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (letter) classes[c] = kNameStart | kNameRest;
    if (c >= '0' && c <= '9') classes[c] = kNameRest;
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, uint8_t wanted) { return (kClasses[static_cast<uint8_t>(c)] & wanted) != 0; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

/// The length of the name at the start of `text`, 0 when there is none.
size_t NameLength(std::string_view text) {
  if (text.empty() || !Is(text[0], kNameStart)) return 0;
  size_t length = 1;
  while (length < text.size() && Is(text[length], kNameRest)) ++length;
  return length;
}

/// The position after the quote that closes the string opened before `at`; npos when the line or
/// the text ends first.
size_t FindStringEnd(std::string_view text, size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (c == '\n') break;
    at += c == '\\' && at + 1 < text.size() && text[at + 1] != '\n' ? 2 : 1;
  }
  return std::string_view::npos;
}

bool ParseNumber(std::string_view token, double* value) {
  if (token.empty()) return false;
  if (token[0] == '+') {
    token.remove_prefix(1);
    if (token.empty() || token[0] == '-') return false;
  }
  const char* const end = token.data() + token.size();
  const auto result = fast_float::from_chars(token.data(), end, *value);
  // Beyond a double's range is an infinity or zero, as in every other reader of the format.
  return result.ptr == end &&
         (result.ec == std::errc() || result.ec == std::errc::result_out_of_range);
}

}  // namespace

bool ExpositionReader::Next(ExpositionSample* sample, std::string_view expected) {
  if (!status_.ok() || !SkipToSample()) return false;
  start_ = at_;
  return ReadSeries(expected, &sample->series) && ReadValue(&sample->value) &&
         ReadTimestamp(&sample->timestamp) && ReadLineEnd();
}

size_t ExpositionReader::Line() const {
  const std::string_view before = text_.substr(0, std::min(start_, text_.size()));
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

bool ExpositionReader::SkipToSample() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '#') {
      if (!SkipComment()) return false;
    } else if (IsBlank(c) || c == '\n' || c == '\r') {
      ++at_;
    } else {
      return true;
    }
  }
  return false;
}

// False at OpenMetrics' end mark, after which nothing counts.
bool ExpositionReader::SkipComment() {
  const size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string_view line = text_.substr(at_, end - at_);
  while (!line.empty() && (IsBlank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
  at_ = line == "# EOF" ? text_.size() : end;
  return at_ < text_.size();
}

bool ExpositionReader::ReadSeries(std::string_view expected, std::string_view* series) {
  if (!expected.empty() && text_.substr(at_).starts_with(expected) &&
      at_ + expected.size() < text_.size() && IsBlank(text_[at_ + expected.size()])) {
    at_ += expected.size();
    SkipBlanks();
    // `name {...}`: the labels may stand apart from the name, which is then only a beginning.
    if (at_ == text_.size() || text_[at_] != '{') {
      *series = text_.substr(start_, expected.size());
      return true;
    }
    at_ = start_;
  }
  const size_t length = NameLength(text_.substr(at_));
  if (length == 0) return Fail("a metric name", Token());
  at_ += length;
  const size_t name_end = at_;
  SkipBlanks();
  size_t series_end = name_end;
  if (at_ < text_.size() && text_[at_] == '{') {
    if (!ReadLabels(name_end)) return false;
    series_end = at_;
  }
  if (series_end - start_ > kSeriesTextBytesMax) {
    return Fail(fmt::format("a series of at most {} bytes", kSeriesTextBytesMax),
                text_.substr(start_, 60));
  }
  if (series_end == name_end && at_ == name_end && !AtLineEnd() && !IsBlank(text_[at_])) {
    return Fail("a blank before the value", Token());
  }
  SkipBlanks();
  *series = text_.substr(start_, series_end - start_);
  return true;
}

bool ExpositionReader::ReadLabels(size_t name_end) {
  size_t at = at_ + 1;
  while (at < text_.size() && text_[at] != '}' && text_[at] != '\n') {
    if (text_[at] != '"') {
      ++at;
      continue;
    }
    at = FindStringEnd(text_, at + 1);
    if (at == std::string_view::npos) {
      return Fail("a closing '\"'", text_.substr(start_, name_end - start_));
    }
  }
  if (at >= text_.size() || text_[at] != '}') {
    return Fail("a closing '}'", text_.substr(start_, name_end - start_));
  }
  at_ = at + 1;
  return true;
}

bool ExpositionReader::ReadValue(double* value) {
  const std::string_view token = Token();
  if (!ParseNumber(token, value)) return Fail("a number as value", token);
  at_ += token.size();
  return true;
}

bool ExpositionReader::ReadTimestamp(std::optional<double>* timestamp) {
  timestamp->reset();
  if (AtLineEnd()) return true;
  SkipBlanks();
  if (AtLineEnd() || text_[at_] == '#') return true;
  const std::string_view token = Token();
  double value = 0;
  if (!ParseNumber(token, &value)) return Fail("a number as timestamp", token);
  *timestamp = value;
  at_ += token.size();
  return true;
}

// What stands behind '#' is an exemplar; we keep none.
bool ExpositionReader::ReadLineEnd() {
  SkipBlanks();
  if (at_ < text_.size() && text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
  if (!AtLineEnd()) return Fail("the end of the line", Token());
  return true;
}

void ExpositionReader::SkipBlanks() {
  while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
}

bool ExpositionReader::AtLineEnd() const {
  return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
}

std::string_view ExpositionReader::Token() const {
  size_t end = at_;
  while (end < text_.size() && static_cast<uint8_t>(text_[end]) > ' ') ++end;
  return text_.substr(at_, end - at_);
}

bool ExpositionReader::Fail(std::string_view what, std::string_view found) {
  status_ = InvalidArgument("line {}: expected {}, found '{}'", Line(), what, found.substr(0, 60));
  return false;
}

namespace {

/// The parts of one series text, read from left to right.
class SeriesParser {
 public:
  explicit SeriesParser(std::string_view text) : text_(text) {}

  StatusOr<Labels> Parse() {
    if (text_.size() > kSeriesTextBytesMax) {
      return InvalidArgument("the series is longer than {} bytes", kSeriesTextBytesMax);
    }
    if (!simdjson::validate_utf8(text_.data(), text_.size())) {
      return InvalidArgument("the series is not UTF-8");
    }
    const size_t length = NameLength(text_);
    if (length == 0) return Wanted("a metric name");
    labels_.push_back({std::string(kMetricName), std::string(text_.substr(0, length))});
    at_ = length;
    SkipBlanks();
    if (at_ < text_.size()) KZ_RETURN_IF_ERROR(ParseLabels());
    return Finish();
  }

 private:
  Status ParseLabels() {
    if (!Take('{')) return Wanted("'{'");
    while (true) {
      SkipBlanks();
      if (Take('}')) break;
      if (labels_.size() > kSeriesLabelsMax) {
        return InvalidArgument("the series has more than {} labels", kSeriesLabelsMax);
      }
      KZ_RETURN_IF_ERROR(ParseLabel());
      SkipBlanks();
      if (!Take(',') && (at_ == text_.size() || text_[at_] != '}')) return Wanted("',' or '}'");
    }
    SkipBlanks();
    return at_ == text_.size() ? OkStatus() : Wanted("nothing behind '}'");
  }

  Status ParseLabel() {
    const std::string_view name = text_.substr(at_, NameLength(text_.substr(at_)));
    if (name.empty() || name.find(':') != std::string_view::npos || name == kMetricName) {
      return Wanted("a label name");
    }
    at_ += name.size();
    SkipBlanks();
    if (!Take('=')) return Wanted("'='");
    SkipBlanks();
    if (!Take('"')) return Wanted("'\"'");
    const size_t end = FindStringEnd(text_, at_);
    if (end == std::string_view::npos) return Wanted("a closing '\"'");
    labels_.push_back({std::string(name), Unescape(text_.substr(at_, end - 1 - at_))});
    at_ = end;
    return OkStatus();
  }

  // Escapes that the format does not know stay as they are, as in Prometheus.
  static std::string Unescape(std::string_view raw) {
    std::string value;
    value.reserve(raw.size());
    for (size_t i = 0; i < raw.size(); ++i) {
      const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
      if (next == '\\' || next == '"' || next == 'n') {
        value += next == 'n' ? '\n' : next;
        ++i;
      } else {
        value += raw[i];
      }
    }
    return value;
  }

  StatusOr<Labels> Finish() {
    std::vector<std::string_view> names;
    for (const Label& label : labels_) names.push_back(label.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) return InvalidArgument("label '{}' stands twice", *twice);
    return Labels(std::move(labels_));
  }

  Status Wanted(std::string_view what) const {
    return InvalidArgument("column {}: expected {}, found '{}'", at_ + 1, what,
                           text_.substr(at_, 30));
  }
  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }
  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Label> labels_;
};

}  // namespace

StatusOr<Labels> ParseSeriesText(std::string_view text) { return SeriesParser(text).Parse(); }

}  // namespace kizashi
