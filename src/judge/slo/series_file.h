// The samples that an SLO is replayed over, as a file in the notation of promtool's unit tests.
//
//   interval: 1m
//   input_series:
//     - series: http_requests_total{code="200"}
//       values: 0+100x60
//
// A test file of rules is fine too: its first test is taken. Reading is total and gives all errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "query/promql/parser.h"

namespace kizashi {

struct SeriesFile {
  Duration interval{std::chrono::minutes(1)};  // between two values of a series
  std::vector<promql::SeriesDescription> series;
  std::vector<std::string> errors;  // "FILE:LINE:COLUMN: MESSAGE"
};

SeriesFile ParseSeriesFile(const std::string& name, std::string_view text);

}  // namespace kizashi
