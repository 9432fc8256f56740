#include "wire/exposition.h"

#include <algorithm>
#include <string>

#include "wire/exposition_text.h"

namespace kizashi {

using exposition::FindStringEnd;
using exposition::IsBlank;
using exposition::NameLength;
using exposition::ParseNumber;
using exposition::ReadExpositionTime;

bool ExpositionReader::Next(ExpositionSample* sample, std::string_view expected) {
  if (!status_.ok() || !SkipToSample()) return false;
  start_ = at_;
  return ReadSeries(expected, &sample->series) && ReadValue(&sample->value) &&
         ReadTimestamp(&sample->timestamp) && ReadLineEnd(&sample->exemplar);
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
  if (format_ == ExpositionFormat::kOpenMetrics && !has_end_) {
    start_ = text_.size();
    return Fail("'# EOF' at the end", "nothing");
  }
  return false;
}

// False at an error. Behind OpenMetrics' end mark nothing counts in the text format, and nothing
// may stand in OpenMetrics.
bool ExpositionReader::SkipComment() {
  const size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string_view line = text_.substr(at_, end - at_);
  while (!line.empty() && (IsBlank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
  if (line != "# EOF") {
    at_ = end;
    return true;
  }
  has_end_ = true;
  start_ = at_ = std::min(end + 1, text_.size());
  if (format_ == ExpositionFormat::kOpenMetrics && at_ < text_.size()) {
    return Fail("nothing behind '# EOF'", text_.substr(at_, 30));
  }
  at_ = text_.size();
  return true;
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

bool ExpositionReader::ReadTimestamp(std::optional<Time>* timestamp) {
  timestamp->reset();
  if (AtLineEnd()) return true;
  SkipBlanks();
  if (AtLineEnd() || text_[at_] == '#') return true;
  const std::string_view token = Token();
  double value = 0;
  if (!ParseNumber(token, &value) || !ReadExpositionTime(value, format_, timestamp)) {
    return Fail("a number as timestamp", token);
  }
  at_ += token.size();
  return true;
}

bool ExpositionReader::ReadLineEnd(std::string_view* exemplar) {
  SkipBlanks();
  *exemplar = {};
  if (at_ < text_.size() && text_[at_] == '#') {
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    *exemplar = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end;
  }
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

}  // namespace kizashi
