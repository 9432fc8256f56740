// Makes the operators that evaluate an expression.
#pragma once

#include "base/status.h"
#include "query/promql/ast.h"
#include "query/promql/operator.h"
#include "query/promql/sample_stream.h"

namespace kizashi::promql {

/// Requires an expression that was type-checked, preprocessed and given its offsets for the start
/// of `grid`, of type scalar or vector. Changes the offsets inside subqueries. InvalidArgument for
/// a regex or a label name that is wrong.
StatusOr<OperatorPtr> MakePlan(QueryContext* context, const StepGrid& grid, Expr& expr);

/// The values of a subquery for windows on the steps of `grid`: its inner expression on its own
/// steps.
StatusOr<OperatorPtr> MakeSubqueryPlan(QueryContext* context, const StepGrid& grid,
                                       SubqueryExpr& subquery);

}  // namespace kizashi::promql
