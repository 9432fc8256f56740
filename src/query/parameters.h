// What stands at the parameters of a pattern: how many different values, which are frequent, and
// how the numbers among them are spread.
//
// One thread. Memory: for each parameter at most kValuesMax values of kValueBytesMax and
// kNumbersMax numbers; what comes beyond that is counted, not told apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json_writer.h"

namespace kizashi {

class ParameterTable {
 public:
  static constexpr size_t kValuesMax = 2'000;
  static constexpr size_t kValueBytesMax = 200;
  static constexpr size_t kNumbersMax = 1 << 16;
  static constexpr size_t kTop = 10;

  /// `pattern` is its text, with <*> for every parameter.
  explicit ParameterTable(std::string_view pattern);

  /// Takes the parameters of a line of the pattern; false when its text cannot be told apart by the
  /// pattern's constant text.
  bool Add(std::string_view text);

  struct Numbers {
    uint64_t count = 0;
    double min = 0;
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double max = 0;
  };
  struct Parameter {
    uint64_t distinct = 0;
    bool more = false;                                  // at least so many: not all were told apart
    std::vector<std::pair<std::string, uint64_t>> top;  // the most frequent first
    std::optional<Numbers> numbers;  // when every value is a number; units as they are
  };
  uint64_t lines() const { return lines_; }
  std::vector<Parameter> Parameters() const;

 private:
  struct Column {
    std::unordered_map<std::string, uint64_t> values;
    std::vector<double> numbers;
    uint64_t numbers_seen = 0;
    bool all_numbers = true;
    bool more = false;
    double min = 0;
    double max = 0;
  };
  void AddValue(std::string_view value, Column* column) const;

  std::vector<std::string> pieces_;  // constant text; one more than columns_
  std::vector<Column> columns_;
  std::string line_;  // with one space for white space, as patterns are written
  std::vector<std::string_view> found_;
  uint64_t lines_ = 0;
};

/// "parameters" in an open object: for each its slot, counted from 0, and a Parameter's members;
/// `top` as [value, lines] pairs, `numbers` null when there are none.
void WriteParameters(const ParameterTable& table, JsonWriter* json);

}  // namespace kizashi
