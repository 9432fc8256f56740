// The shapes that every foreign format is read into: labels, samples, log lines.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace kizashi {

struct Label {
  std::string name;
  std::string value;
  auto operator<=>(const Label&) const = default;
};

/// A set of labels, sorted by name, names unique, no empty values (Prometheus' data model; an empty
/// value means that the label is absent). A metric's name is the label "__name__".
class Labels {
 public:
  Labels() = default;
  /// Sorts; of two with one name the later wins; empty values are dropped.
  explicit Labels(std::vector<Label> labels);

  /// The value of `name`, empty when absent. The view lives as long as this object is not changed.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const { return !Get(name).empty(); }
  /// Sets or, with an empty value, removes.
  void Set(std::string_view name, std::string_view value);

  /// `up{instance="a",job="b"}`, as Prometheus prints it.
  std::string ToString() const;
  uint64_t Hash() const;

  std::vector<Label>::const_iterator begin() const { return labels_.begin(); }
  std::vector<Label>::const_iterator end() const { return labels_.end(); }
  size_t size() const { return labels_.size(); }
  bool empty() const { return labels_.empty(); }
  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Label> labels_;
};

inline constexpr std::string_view kMetricName = "__name__";

/// Prometheus' stale marker: the NaN with exactly these bits says that a series ended.
inline constexpr uint64_t kStaleNanBits = 0x7ff0000000000002ULL;
bool IsStaleNan(double value);
double StaleNan();

/// How bad a log record says it is: OpenTelemetry's ranges of SeverityNumber.
enum class LogSeverity : uint8_t { kNone, kTrace, kDebug, kInfo, kWarn, kError, kFatal };

/// "trace" ... "fatal"; "" for kNone.
std::string_view ToString(LogSeverity severity);

/// A longer text is cut to exactly so many bytes, which LogLine::cut then says.
inline constexpr size_t kLogTextBytesMax = 256 << 10;

/// One log record (OpenTelemetry's LogRecord), as far as it is kept.
struct LogLine {
  Time time{};       // when it was said, as far as the sender or the line tells; else when it came
  std::string text;  // the bytes as they came, without the line's end; several lines of one stack
                     // trace are one record
  LogSeverity severity = LogSeverity::kNone;  // kNone: nobody said
  bool cut = false;                           // the text was longer than what is kept
  std::string trace_id{};                     // lower-case hexadecimal; empty: none
  std::string span_id{};
  Labels metadata{};  // what the sender said beside the text and is no label of the stream
  bool operator==(const LogLine&) const = default;

  /// Cuts a text that is longer than kLogTextBytesMax; true when it was.
  bool CutText();
};

}  // namespace kizashi
