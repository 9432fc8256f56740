// Aggregations: sum, topk, quantile and the others.
#pragma once

#include <string>
#include <vector>

#include "query/promql/ast.h"
#include "query/promql/operator.h"

namespace kizashi::promql {

struct Aggregation {
  TokenType op = TokenType::kSum;
  std::vector<std::string> grouping;  // sorted
  bool without = false;
  std::string value_label;  // of count_values
};

/// Rows go straight into the groups' accumulators. `parameter` is a scalar, or nullptr.
OperatorPtr MakeAggregateOperator(QueryContext* context, const StepGrid& grid,
                                  const Aggregation& aggregation, OperatorPtr child,
                                  OperatorPtr parameter);

}  // namespace kizashi::promql
