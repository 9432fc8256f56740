// Reads Prometheus' text exposition format 0.0.4 and OpenMetrics 1.0.
//
// In both a sample may carry an exemplar and `# EOF` ends the text; OpenMetrics asks for that end,
// without which an answer was cut short, and has its timestamps in seconds.
//
// Made for scraping the same target again and again: the reader finds where a series' text ends,
// and does not take it apart; ParseSeriesText does that for texts not seen before. Views point into
// the text given. Reading is total: any bytes give samples and then the end or one error that names
// its line. One thread per reader. Source: Prometheus' "Exposition formats" and OpenMetrics 1.0.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kSeriesTextBytesMax = 16 << 10;  // `name{...}` of one sample
inline constexpr size_t kSeriesLabelsMax = 128;  // labels of one series, the name not counted

enum class ExpositionFormat { kText, kOpenMetrics };

/// By an answer's Content-Type; whatever is not OpenMetrics is text.
ExpositionFormat ExpositionFormatOf(std::string_view content_type);

/// What a scraper asks for, best first.
inline constexpr std::string_view kExpositionAccept =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

struct ExpositionSample {
  std::string_view series;  // as written: `name` or `name{...}`
  double value = 0;
  std::optional<Time> timestamp;
  std::string_view exemplar;  // `{...} value timestamp` as written, for ParseExemplarText
};

struct ExpositionExemplar {
  Labels labels;
  double value = 0;
  std::optional<Time> timestamp;
};

/// One line of `# TYPE`, `# HELP` or `# UNIT`.
struct ExpositionComment {
  enum class Kind { kType, kHelp, kUnit };
  Kind kind = Kind::kType;
  std::string_view family;
  std::string text;  // escapes resolved
};

class ExpositionReader {
 public:
  explicit ExpositionReader(std::string_view text,
                            ExpositionFormat format = ExpositionFormat::kText)
      : text_(text), format_(format) {}

  /// Reads the next sample; false at the end or at an error, which status() tells apart.
  /// When the line begins with `expected` (the series text met here the last time), its characters
  /// are not looked at again; the answer is the same without it.
  bool Next(ExpositionSample* sample, std::string_view expected = {});

  const Status& status() const { return status_; }
  /// The line of the last sample or of the error, from 1. Counts from the start: for messages only.
  size_t Line() const;

 private:
  bool SkipToSample();
  bool SkipComment();
  bool ReadSeries(std::string_view expected, std::string_view* series);
  bool ReadLabels(size_t name_end);
  bool ReadValue(double* value);
  bool ReadTimestamp(std::optional<Time>* timestamp);
  bool ReadLineEnd(std::string_view* exemplar);
  void SkipBlanks();
  bool AtLineEnd() const;
  std::string_view Token() const;
  bool Fail(std::string_view what, std::string_view found);

  std::string_view text_;
  const ExpositionFormat format_;
  bool has_end_ = false;  // `# EOF` was read
  size_t at_ = 0;         // the next character
  size_t start_ = 0;      // where the sample that is read begins
  Status status_;
};

/// Calls `visit(const ExpositionSample&)` for each sample, in order. The samples before an error
/// have been visited when it is returned.
template <typename Visitor>
Status ParseExposition(std::string_view text, Visitor&& visit,
                       ExpositionFormat format = ExpositionFormat::kText) {
  ExpositionReader reader(text, format);
  ExpositionSample sample;
  while (reader.Next(&sample)) visit(sample);
  return reader.status();
}

/// Calls `visit` for each comment that says something of a family, in order, whatever stands
/// between them: for a text that was read well.
void VisitExpositionComments(std::string_view text,
                             const std::function<void(const ExpositionComment&)>& visit);

/// Takes an exemplar apart. Errors: labels or numbers that are none, labels of more than 128
/// characters (as OpenMetrics says).
StatusOr<ExpositionExemplar> ParseExemplarText(std::string_view text);

/// Takes `name{label="value",...}` apart: escapes resolved, the name under __name__. Errors: a name
/// that is none, a label twice, bytes that are not UTF-8, more than the limits above. The names of
/// labels with empty values, which Labels does not hold, go to `empty` when it is given.
StatusOr<Labels> ParseSeriesText(std::string_view text, std::vector<std::string>* empty = nullptr);

}  // namespace kizashi
