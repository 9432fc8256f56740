// The functions over ranges: rate, avg_over_time and their kin.
#pragma once

#include <span>
#include <vector>

#include "query/promql/function_table.h"
#include "query/promql/operator.h"
#include "query/promql/sample_stream.h"

namespace kizashi::promql {

/// What a function over a range is asked for. The parameters have one value for each step.
struct RangeCall {
  FunctionId function = FunctionId::kRate;
  WindowShape shape;
  std::vector<std::vector<double>> parameters;
};

/// Fills `row` with the function's values over the windows of one series, which move over `samples`
/// without looking at any sample twice where the function allows it. An error is one that
/// Prometheus gives for wrong parameters, or says that the query has to stop.
Status EvaluateWindows(const RangeCall& call, const StepGrid& grid, const SampleColumns& samples,
                       Budget* budget, std::span<double> row);

/// A function over a range as an operator. `parameters` stand for scalars.
OperatorPtr MakeRangeOperator(QueryContext* context, const StepGrid& grid, FunctionId function,
                              std::unique_ptr<SampleStream> stream,
                              std::vector<OperatorPtr> parameters);

}  // namespace kizashi::promql
