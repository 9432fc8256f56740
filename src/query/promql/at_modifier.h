// The @ modifier: which parts of a query are the same at every step, and how far each selector
// looks back.
#pragma once

#include <cstdint>
#include <vector>

#include "query/promql/ast.h"

namespace kizashi::promql {

/// Resolves `@ start()` and `@ end()` and wraps the parts that have one value for all steps into
/// StepInvariantExpr.
void Preprocess(ExprPtr* expr, int64_t start_ms, int64_t end_ms);

/// Sets the offset of every selector and subquery below `expr` for an evaluation that begins at
/// `start_ms`, so that (start - offset) is the time it asks for.
void SetAtOffsets(Expr& expr, int64_t start_ms);

/// Sets which samples each selector may look at in a query from `start_ms` to `end_ms`. It matters
/// where a window moves on under @: there it runs out of samples, as in Prometheus.
void SetReadSpans(Expr& expr, int64_t start_ms, int64_t end_ms, int64_t lookback_ms);

/// What the enclosing subqueries add up to, and the time that one of them fixes with @, if any.
struct SubqueryTimes {
  int64_t offset_ms = 0;
  int64_t range_ms = 0;
  std::optional<int64_t> at_ms;
};
SubqueryTimes TimesOf(const std::vector<const SubqueryExpr*>& path);

}  // namespace kizashi::promql
