// Reads a table of samples, line by line: `timestamp,value` or `timestamp,name1,name2,...`.
//
// Total: any bytes give rows or an error that names its line and column, in bounded time. Fields
// may be quoted (RFC 4180, without line ends inside). An empty field, NaN or null is no sample.
// Limits: kLineBytesMax a line, kColumnsMax columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

class SampleTable {
 public:
  static constexpr size_t kLineBytesMax = 1 << 20;
  static constexpr size_t kColumnsMax = 512;

  /// The first line. Errors: no column `timestamp` first, no or too many other columns, a name that
  /// is empty or comes twice.
  Status ReadHeader(std::string_view line);
  /// One further line, whose number is counted here. Times that name no zone are UTC.
  /// Errors: another number of fields, a time or a number that is none.
  Status ReadRow(std::string_view line);

  const std::vector<std::string>& names() const { return names_; }
  /// Of the last row: its time, as it was written and as it was meant; NaN where there is no
  /// sample.
  std::string_view timestamp() const { return timestamp_; }
  Time time() const { return time_; }
  const std::vector<double>& values() const { return values_; }
  uint64_t line() const { return line_; }

 private:
  Status Split(std::string_view line);

  std::vector<std::string> names_;
  std::vector<std::string> fields_;
  std::string timestamp_;
  Time time_{};
  std::vector<double> values_;
  uint64_t line_ = 0;
};

}  // namespace kizashi
