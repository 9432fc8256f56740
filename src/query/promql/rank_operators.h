// The aggregations that look at the order of values: topk, bottomk and quantile.
#pragma once

#include "query/promql/label_sets.h"
#include "query/promql/operator.h"

namespace kizashi::promql {

OperatorPtr MakeTopOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice,
                            bool bottom, OperatorPtr child, OperatorPtr parameter);
OperatorPtr MakeQuantileOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice,
                                 OperatorPtr child, OperatorPtr parameter);

}  // namespace kizashi::promql
