// Evaluates PromQL over a SeriesSource; results and errors are those of Prometheus 2.42.
//
// Any thread; a query runs in the thread that asks, on one consistent view of the source. Memory
// and time: QueryLimits. How it works: docs/internals/promql.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "query/promql/ast.h"
#include "query/promql/budget.h"
#include "store/series/series_reader.h"

namespace kizashi::promql {

struct QueryOptions {
  Duration lookback{std::chrono::minutes(5)};       // how old a sample may be
  Duration subquery_step{std::chrono::minutes(1)};  // when a subquery names none
  QueryLimits limits;
};

struct ResultSeries {
  Labels labels;
  std::vector<int64_t> times_ms;  // of an instant vector, one
  std::vector<double> values;
};

struct QueryResult {
  /// kScalar and kString: `series` is one without labels, or `text`. kVector: in the order that the
  /// query gives. kMatrix: sorted by labels.
  ValueType type = ValueType::kNone;
  std::vector<ResultSeries> series;
  std::string text;
  int64_t time_ms = 0;  // of the evaluation, for kString
};

/// Errors: InvalidArgument for a query that is wrong as such (Prometheus' bad_data),
/// FailedPrecondition for one that fails on this data, ResourceExhausted beyond a limit,
/// DeadlineExceeded, Cancelled; the source's own otherwise.
StatusOr<QueryResult> QueryInstant(const SeriesSource& source, std::string_view query, Time at,
                                   const QueryOptions& options);

/// Evaluates at start, start + step, ... up to end. Requires start <= end and a step of at least
/// one millisecond; how many steps are fine is the caller's business.
StatusOr<QueryResult> QueryRange(const SeriesSource& source, std::string_view query, Time start,
                                 Time end, Duration step, const QueryOptions& options);

}  // namespace kizashi::promql
