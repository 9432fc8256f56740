// Reads PromQL, with the grammar, the type rules and the messages of Prometheus 2.42.
//
// Total: any bytes give a tree or one error ("1:5: parse error: ...") in time linear in the text.
// Its own limits beyond Prometheus': kDepthMax levels, kQueryBytesMax bytes.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "query/promql/ast.h"

namespace kizashi::promql {

inline constexpr size_t kQueryBytesMax = 1 << 20;

/// InvalidArgument with Prometheus' message.
StatusOr<ExprPtr> ParseExpr(std::string_view text);

/// One value of a series in the tests' notation.
struct SequenceValue {
  bool omitted = false;  // `_`: there is no sample
  double value = 0;
};
struct SeriesDescription {
  Labels labels;
  std::vector<SequenceValue> values;
};
/// Values that one description may stand for: `1x1000000`.
inline constexpr size_t kSequenceMax = 1 << 20;

/// Reads `name{label="value"} 1 2+3x4 _x2 stale`, the notation of Prometheus' tests.
StatusOr<SeriesDescription> ParseSeriesDescription(std::string_view text);

}  // namespace kizashi::promql
