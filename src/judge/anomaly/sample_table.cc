#include "judge/anomaly/sample_table.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "wire/log_time.h"

namespace kizashi {
namespace {

bool NoSample(std::string_view text) {
  return text.empty() || text == "NaN" || text == "nan" || text == "null" || text == "NULL";
}

// A number is seconds since 1970, or by its size milliseconds, microseconds or nanoseconds; tables
// may count from any moment, so small numbers are times too.
std::optional<Time> ReadTime(std::string_view text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return ReadWholeTime(text, {});
  }
  if (!(number >= 0 && number < 1e20)) return std::nullopt;
  for (const double limit : {1e11, 1e14, 1e17}) {
    if (number < limit) return TimeFromMs(std::llround(number * (1e14 / limit)));
  }
  return TimeFromMs(std::llround(number / 1e6));
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Status SampleTable::Split(std::string_view line) {
  ++line_;
  if (line.size() > kLineBytesMax) {
    return InvalidArgument("line {} is longer than {} bytes", line_, kLineBytesMax);
  }
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  fields_.clear();
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        field += line[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && Trimmed(field).empty()) {
      field.clear();
      quoted = true;
    } else if (c == ',') {
      fields_.emplace_back(Trimmed(field));
      field.clear();
      if (fields_.size() > kColumnsMax + 1) {
        return InvalidArgument("line {} has more than {} columns", line_, kColumnsMax + 1);
      }
    } else {
      field += c;
    }
  }
  if (quoted) return InvalidArgument("line {}: a quote is not closed", line_);
  fields_.emplace_back(Trimmed(field));
  return OkStatus();
}

Status SampleTable::ReadHeader(std::string_view line) {
  if (Status split = Split(line); !split.ok()) return split;
  if (fields_[0] != "timestamp") {
    return InvalidArgument("line 1: the first column is '{}', expected 'timestamp'",
                           std::string_view(fields_[0]).substr(0, 80));
  }
  if (fields_.size() < 2) {
    return InvalidArgument("line 1: no column after 'timestamp'; expected timestamp,value");
  }
  std::set<std::string> seen;
  for (size_t i = 1; i < fields_.size(); ++i) {
    if (fields_[i].empty()) return InvalidArgument("line 1: column {} has no name", i + 1);
    if (!seen.insert(fields_[i]).second) {
      return InvalidArgument("line 1: column '{}' comes twice", fields_[i].substr(0, 80));
    }
  }
  names_.assign(fields_.begin() + 1, fields_.end());
  return OkStatus();
}

Status SampleTable::ReadRow(std::string_view line) {
  if (Status split = Split(line); !split.ok()) return split;
  if (fields_.size() != names_.size() + 1) {
    return InvalidArgument("line {}: {} fields, expected {}", line_, fields_.size(),
                           names_.size() + 1);
  }
  const auto time = ReadTime(fields_[0]);
  if (!time) {
    return InvalidArgument(
        "line {}: timestamp '{}' is none; expected seconds or milliseconds since 1970, "
        "2026-01-31T09:00:00Z or 2026-01-31 09:00:00",
        line_, std::string_view(fields_[0]).substr(0, 80));
  }
  time_ = *time;
  timestamp_ = fields_[0];
  values_.assign(names_.size(), NAN);
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string& field = fields_[i + 1];
    if (NoSample(field)) continue;
    const char* begin = field.data() + (field.starts_with('+') ? 1 : 0);
    const char* end = field.data() + field.size();
    const auto read = std::from_chars(begin, end, values_[i]);
    if (read.ec != std::errc() || read.ptr != end) {
      return InvalidArgument("line {}: '{}' in column {} is no number", line_,
                             std::string_view(field).substr(0, 80), names_[i].substr(0, 80));
    }
  }
  return OkStatus();
}

}  // namespace kizashi
