// Prometheus' test files (promqltest): series to load, queries, and what must come out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "query/promql/parser.h"

namespace kizashi::promql {

struct TestClear {};

struct TestLoad {
  int64_t step_ms = 0;  // between two values
  std::vector<SeriesDescription> series;
};

/// A query at an instant, or over a range when `range` is set.
struct TestEval {
  std::string query;
  bool range = false;
  bool fails = false;    // eval_fail
  bool ordered = false;  // eval_ordered: the order of the result counts
  int64_t start_ms = 0;  // of an instant, its time
  int64_t end_ms = 0;
  int64_t step_ms = 0;
  bool scalar = false;  // a number alone is expected
  double scalar_value = 0;
  std::vector<SeriesDescription> expected;
};

struct TestCommand {
  size_t line = 0;  // from 1
  std::variant<TestClear, TestLoad, TestEval> what;
};

/// Reads a whole file. An error names `name`, the line and the text that is not understood.
StatusOr<std::vector<TestCommand>> ParseTestScript(std::string_view name, std::string_view text);

}  // namespace kizashi::promql
