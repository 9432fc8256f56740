// Dates of the proleptic Gregorian calendar in UTC, for any 64 bits of seconds, as Go computes
// them.
#pragma once

#include <cstdint>

#include "query/promql/function_table.h"

namespace kizashi::promql {

/// The part of the date that `function` (day_of_month, hour, year, ...) asks for.
double DatePart(FunctionId function, int64_t unix_seconds);

}  // namespace kizashi::promql
