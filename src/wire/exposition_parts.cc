#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "wire/exposition.h"
#include "wire/exposition_text.h"

namespace kizashi {
namespace exposition {

bool ReadExpositionTime(double number, ExpositionFormat format, std::optional<Time>* time) {
  constexpr double kMsMax = 253'402'300'799'999;  // the year 9999
  const double ms = std::round(format == ExpositionFormat::kOpenMetrics ? number * 1000 : number);
  if (!(std::abs(ms) <= kMsMax)) return false;
  *time = TimeFromMs(static_cast<int64_t>(ms));
  return true;
}

}  // namespace exposition

using exposition::FindStringEnd;
using exposition::IsBlank;
using exposition::NameLength;
using exposition::ParseNumber;
using exposition::ReadExpositionTime;

namespace {

/// The parts of one series text, read from left to right.
class SeriesParser {
 public:
  explicit SeriesParser(std::string_view text, std::vector<std::string>* empty = nullptr)
      : text_(text), empty_(empty) {}

  /// `{...}` alone.
  StatusOr<Labels> ParseLabelsAlone() {
    KZ_RETURN_IF_ERROR(CheckText());
    KZ_RETURN_IF_ERROR(ParseLabels());
    return Finish();
  }

  StatusOr<Labels> Parse() {
    KZ_RETURN_IF_ERROR(CheckText());
    const size_t length = NameLength(text_);
    if (length == 0) return Wanted("a metric name");
    labels_.push_back({std::string(kMetricName), std::string(text_.substr(0, length))});
    at_ = length;
    SkipBlanks();
    if (at_ < text_.size()) KZ_RETURN_IF_ERROR(ParseLabels());
    return Finish();
  }

 private:
  Status CheckText() const {
    if (text_.size() > kSeriesTextBytesMax) {
      return InvalidArgument("the series is longer than {} bytes", kSeriesTextBytesMax);
    }
    if (!simdjson::validate_utf8(text_.data(), text_.size())) {
      return InvalidArgument("the series is not UTF-8");
    }
    return OkStatus();
  }

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
    for (const Label& label : labels_) {
      if (empty_ != nullptr && label.value.empty()) empty_->push_back(label.name);
    }
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
  std::vector<std::string>* const empty_;
  size_t at_ = 0;
  std::vector<Label> labels_;
};

}  // namespace

StatusOr<Labels> ParseSeriesText(std::string_view text, std::vector<std::string>* empty) {
  return SeriesParser(text, empty).Parse();
}

namespace {

constexpr size_t kExemplarCharactersMax = 128;

std::string_view TakeToken(std::string_view* text) {
  while (!text->empty() && IsBlank((*text)[0])) text->remove_prefix(1);
  size_t end = 0;
  while (end < text->size() && static_cast<uint8_t>((*text)[end]) > ' ') ++end;
  const std::string_view token = text->substr(0, end);
  text->remove_prefix(end);
  return token;
}

size_t CharactersOf(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// What stands behind HELP, with \\ and \n resolved, and \" in OpenMetrics.
std::string UnescapeHelp(std::string_view raw) {
  std::string text;
  for (size_t i = 0; i < raw.size(); ++i) {
    const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
    if (next == '\\' || next == 'n' || next == '"') {
      text += next == 'n' ? '\n' : next;
      ++i;
    } else {
      text += raw[i];
    }
  }
  return text;
}

}  // namespace

StatusOr<ExpositionExemplar> ParseExemplarText(std::string_view text) {
  while (!text.empty() && IsBlank(text[0])) text.remove_prefix(1);
  size_t end = 0;  // behind the labels
  while (end < text.size() && text[end] != '}') {
    end = text[end] == '"' ? FindStringEnd(text, end + 1) : end + 1;
  }
  if (end >= text.size()) return InvalidArgument("found no labels, expected {{...}}");
  ExpositionExemplar exemplar;
  KZ_ASSIGN_OR_RETURN(exemplar.labels, SeriesParser(text.substr(0, end + 1)).ParseLabelsAlone());
  size_t characters = 0;
  for (const Label& label : exemplar.labels) {
    characters += CharactersOf(label.name) + CharactersOf(label.value);
  }
  if (characters > kExemplarCharactersMax) {
    return InvalidArgument("the exemplar's labels have {} characters, expected at most {}",
                           characters, kExemplarCharactersMax);
  }
  text.remove_prefix(end + 1);
  if (!ParseNumber(TakeToken(&text), &exemplar.value)) {
    return InvalidArgument("expected a number as the exemplar's value");
  }
  double seconds = 0;
  const std::string_view time = TakeToken(&text);
  const bool reads = time.empty() || (ParseNumber(time, &seconds) &&
                                      ReadExpositionTime(seconds, ExpositionFormat::kOpenMetrics,
                                                         &exemplar.timestamp));
  if (!reads) return InvalidArgument("expected a number as the exemplar's timestamp");
  return exemplar;
}

void VisitExpositionComments(std::string_view text,
                             const std::function<void(const ExpositionComment&)>& visit) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    while (!line.empty() && IsBlank(line[0])) line.remove_prefix(1);
    if (!line.starts_with('#')) continue;
    line.remove_prefix(1);
    const std::string_view kind = TakeToken(&line);
    ExpositionComment comment;
    if (kind == "HELP") {
      comment.kind = ExpositionComment::Kind::kHelp;
    } else if (kind == "UNIT") {
      comment.kind = ExpositionComment::Kind::kUnit;
    } else if (kind != "TYPE") {
      continue;
    }
    comment.family = TakeToken(&line);
    while (!line.empty() && IsBlank(line[0])) line.remove_prefix(1);
    while (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_text = simdjson::validate_utf8(line.data(), line.size());
    if (NameLength(comment.family) != comment.family.size() || comment.family.empty() || !is_text) {
      continue;
    }
    comment.text = UnescapeHelp(line);
    visit(comment);
  }
}

ExpositionFormat ExpositionFormatOf(std::string_view content_type) {
  return content_type.starts_with("application/openmetrics-text") ? ExpositionFormat::kOpenMetrics
                                                                  : ExpositionFormat::kText;
}

}  // namespace kizashi
