// Operators that make one row of one or more: literals, functions of one value, sorting.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/promql/function_table.h"
#include "query/promql/label_sets.h"
#include "query/promql/operator.h"

namespace kizashi::promql {

/// Changes a row in place; kNoValue stays or takes a value's place.
using RowChange = std::function<void(std::span<double> row)>;
/// Fills a row of a scalar; `rows` are those of its parts.
using ScalarFill =
    std::function<void(std::span<double> row, std::span<const std::vector<double>> parts)>;

/// Hands the rows of `child` on as those of `merged`. Rows that became one series are put together;
/// they clash where both have a value, or, `strictly`, when both have any.
Status RunMerged(Operator* child, const Merged& merged, bool strictly, Budget* budget,
                 const RowChange& change, const RowSink& sink);

/// A scalar, or a vector of one series without labels, computed from scalars.
OperatorPtr MakeScalarOperator(QueryContext* context, const StepGrid& grid,
                               std::vector<OperatorPtr> parts, ScalarFill fill);

/// How the labels of a mapped vector come about.
enum class MapNames : uint8_t {
  kKeep,
  kDrop,
  kDropStrictly,  // two series that become one clash even at different times
};
/// Each value becomes another one. `make_change` gets the values of `parameters`, which are
/// scalars.
using MakeChange = std::function<RowChange(std::vector<std::vector<double>> parameters)>;
OperatorPtr MakeMapOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                            std::vector<OperatorPtr> parameters, MapNames names,
                            MakeChange make_change);

/// New labels for each series; `relabel` says first whether what it was asked for is right.
struct Relabel {
  std::function<Status()> check;
  std::function<Labels(const Labels&)> apply;
};
OperatorPtr MakeRelabelOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                                Relabel relabel);

/// `child`, which has one step, at every step of the grid.
OperatorPtr MakeRepeatOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child);
/// scalar(v)
OperatorPtr MakeScalarOfVector(QueryContext* context, const StepGrid& grid, OperatorPtr child);
/// absent(v): `labels` where the child has no value at all.
OperatorPtr MakeAbsentOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                               Labels labels);
/// sort and sort_desc
OperatorPtr MakeSortOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                             bool descending);
OperatorPtr MakeHistogramQuantile(QueryContext* context, const StepGrid& grid, OperatorPtr quantile,
                                  OperatorPtr child);
/// Evaluates `children` and gives nothing: what a function of native histograms gives for floats.
OperatorPtr MakeEmptyOperator(QueryContext* context, const StepGrid& grid,
                              std::vector<OperatorPtr> children);

}  // namespace kizashi::promql
