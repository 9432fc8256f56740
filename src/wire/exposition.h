// Reads Prometheus' text exposition format 0.0.4, tolerating what OpenMetrics 1.0 adds to it
// (`# UNIT`, `# EOF`, exemplars after a sample).
//
// Made for scraping the same target again and again: the reader finds where a series' text ends,
// and does not take it apart; ParseSeriesText does that for texts not seen before. Views point into
// the text given. Reading is total: any bytes give samples and then the end or one error that names
// its line. One thread per reader. Source: Prometheus' "Exposition formats" and OpenMetrics 1.0.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kSeriesTextBytesMax = 16 << 10;  // `name{...}` of one sample
inline constexpr size_t kSeriesLabelsMax = 128;  // labels of one series, the name not counted

struct ExpositionSample {
  std::string_view series;  // as written: `name` or `name{...}`
  double value = 0;
  /// As written: milliseconds in format 0.0.4, seconds in OpenMetrics.
  std::optional<double> timestamp;
};

class ExpositionReader {
 public:
  explicit ExpositionReader(std::string_view text) : text_(text) {}

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
  bool ReadTimestamp(std::optional<double>* timestamp);
  bool ReadLineEnd();
  void SkipBlanks();
  bool AtLineEnd() const;
  std::string_view Token() const;
  bool Fail(std::string_view what, std::string_view found);

  std::string_view text_;
  size_t at_ = 0;     // the next character
  size_t start_ = 0;  // where the sample that is read begins
  Status status_;
};

/// Calls `visit(const ExpositionSample&)` for each sample, in order. The samples before an error
/// have been visited when it is returned.
template <typename Visitor>
Status ParseExposition(std::string_view text, Visitor&& visit) {
  ExpositionReader reader(text);
  ExpositionSample sample;
  while (reader.Next(&sample)) visit(sample);
  return reader.status();
}

/// Takes `name{label="value",...}` apart: escapes resolved, the name under __name__. Errors: a name
/// that is none, a label twice, bytes that are not UTF-8, more than the limits above.
StatusOr<Labels> ParseSeriesText(std::string_view text);

}  // namespace kizashi
