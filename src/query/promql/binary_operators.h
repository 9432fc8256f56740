// Operators between two instant vectors.
#pragma once

#include "query/promql/ast.h"
#include "query/promql/operator.h"

namespace kizashi::promql {

/// Arithmetic and comparisons: each series of the "many" side meets the one with the same matching
/// labels on the "one" side, whose rows are kept.
OperatorPtr MakeVectorBinary(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr,
                             OperatorPtr lhs, OperatorPtr rhs);

/// and, or, unless
OperatorPtr MakeSetBinary(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr,
                          OperatorPtr lhs, OperatorPtr rhs);

}  // namespace kizashi::promql
