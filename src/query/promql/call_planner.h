// Makes the operators of function calls.
#pragma once

#include "base/status.h"
#include "query/promql/ast.h"
#include "query/promql/operator.h"

namespace kizashi::promql {

StatusOr<OperatorPtr> PlanCall(QueryContext* context, const StepGrid& grid, Call& call);

}  // namespace kizashi::promql
