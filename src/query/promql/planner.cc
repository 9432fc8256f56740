#include "query/promql/planner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "query/promql/aggregate_operator.h"
#include "query/promql/at_modifier.h"
#include "query/promql/binary_operators.h"
#include "query/promql/call_planner.h"
#include "query/promql/float_math.h"
#include "query/promql/selector_operator.h"
#include "query/promql/vector_operators.h"

namespace kizashi::promql {
namespace {

OperatorPtr PlanNumber(QueryContext* context, const StepGrid& grid, double value) {
  return MakeScalarOperator(context, grid, {},
                            [value](std::span<double> row, std::span<const std::vector<double>>) {
                              std::fill(row.begin(), row.end(), value);
                            });
}

StatusOr<OperatorPtr> PlanUnary(QueryContext* context, const StepGrid& grid, UnaryExpr& unary) {
  KZ_ASSIGN_OR_RETURN(OperatorPtr child, MakePlan(context, grid, *unary.inner));
  if (unary.op == TokenType::kAdd) return child;
  return MakeMapOperator(context, grid, std::move(child), {}, MapNames::kDropStrictly,
                         [](std::vector<std::vector<double>>) {
                           return [](std::span<double> row) {
                             for (double& value : row) {
                               if (!IsAbsent(value)) value = -value;
                             }
                           };
                         });
}

OperatorPtr ScalarBinary(QueryContext* context, const StepGrid& grid, TokenType op, OperatorPtr lhs,
                         OperatorPtr rhs) {
  std::vector<OperatorPtr> parts;
  parts.push_back(std::move(lhs));
  parts.push_back(std::move(rhs));
  return MakeScalarOperator(
      context, grid, std::move(parts),
      [op](std::span<double> row, std::span<const std::vector<double>> sides) {
        for (size_t step = 0; step < row.size(); ++step) {
          bool keep = true;
          const double value = ApplyOperator(op, sides[0][step], sides[1][step], &keep);
          // Between scalars a comparison gives 0 or 1.
          row[step] = IsComparison(op) ? (keep ? 1.0 : 0.0) : value;
        }
      });
}

// `scalar_first`: the scalar is the left side.
OperatorPtr VectorScalarBinary(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr,
                               OperatorPtr vector, OperatorPtr scalar, bool scalar_first) {
  const TokenType op = expr.op;
  const bool return_bool = expr.return_bool;
  const bool comparison = IsComparison(op);
  std::vector<OperatorPtr> parameters;
  parameters.push_back(std::move(scalar));
  const MapNames names = DropsMetricName(op) || return_bool ? MapNames::kDrop : MapNames::kKeep;
  return MakeMapOperator(context, grid, std::move(vector), std::move(parameters), names,
                         [=](std::vector<std::vector<double>> values) {
                           return [=, scalars = std::move(values[0])](std::span<double> row) {
                             for (size_t step = 0; step < row.size(); ++step) {
                               const double v = row[step];
                               if (IsAbsent(v)) continue;
                               bool keep = true;
                               double value = scalar_first
                                                  ? ApplyOperator(op, scalars[step], v, &keep)
                                                  : ApplyOperator(op, v, scalars[step], &keep);
                               // A comparison keeps the vector's value, on whichever side it
                               // stands.
                               if (comparison)
                                 value = return_bool ? (keep ? 1.0 : 0.0) : keep ? v : kNoValue;
                               row[step] = value;
                             }
                           };
                         });
}

StatusOr<OperatorPtr> PlanBinary(QueryContext* context, const StepGrid& grid, BinaryExpr& binary) {
  KZ_ASSIGN_OR_RETURN(OperatorPtr lhs, MakePlan(context, grid, *binary.lhs));
  KZ_ASSIGN_OR_RETURN(OperatorPtr rhs, MakePlan(context, grid, *binary.rhs));
  const bool left_scalar = TypeOf(*binary.lhs) == ValueType::kScalar;
  const bool right_scalar = TypeOf(*binary.rhs) == ValueType::kScalar;
  if (left_scalar && right_scalar) {
    return ScalarBinary(context, grid, binary.op, std::move(lhs), std::move(rhs));
  }
  if (left_scalar) {
    return VectorScalarBinary(context, grid, binary, std::move(rhs), std::move(lhs), true);
  }
  if (right_scalar) {
    return VectorScalarBinary(context, grid, binary, std::move(lhs), std::move(rhs), false);
  }
  if (IsSetOperator(binary.op)) {
    return MakeSetBinary(context, grid, binary, std::move(lhs), std::move(rhs));
  }
  return MakeVectorBinary(context, grid, binary, std::move(lhs), std::move(rhs));
}

StatusOr<OperatorPtr> PlanAggregate(QueryContext* context, const StepGrid& grid,
                                    AggregateExpr& aggregate) {
  Aggregation aggregation{aggregate.op, aggregate.grouping, aggregate.without, {}};
  std::sort(aggregation.grouping.begin(), aggregation.grouping.end());
  OperatorPtr parameter;
  if (aggregate.op == TokenType::kCountValues) {
    aggregation.value_label = As<StringLiteral>(Unwrap(*aggregate.parameter)).value;
  } else if (aggregate.parameter) {
    KZ_ASSIGN_OR_RETURN(parameter, MakePlan(context, grid, *aggregate.parameter));
  }
  KZ_ASSIGN_OR_RETURN(OperatorPtr child, MakePlan(context, grid, *aggregate.inner));
  return MakeAggregateOperator(context, grid, aggregation, std::move(child), std::move(parameter));
}

StatusOr<OperatorPtr> PlanStepInvariant(QueryContext* context, const StepGrid& grid, Expr& inner) {
  if (inner.kind == ExprKind::kNumber) return MakePlan(context, grid, inner);
  const StepGrid once{grid.start_ms, grid.interval_ms, 1};
  KZ_ASSIGN_OR_RETURN(OperatorPtr child, MakePlan(context, once, inner));
  if (grid.count == 1) return child;
  return MakeRepeatOperator(context, grid, std::move(child));
}

}  // namespace

StatusOr<OperatorPtr> MakePlan(QueryContext* context, const StepGrid& grid, Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber: return PlanNumber(context, grid, As<NumberLiteral>(expr).value);
    case ExprKind::kParen: return MakePlan(context, grid, *As<ParenExpr>(expr).inner);
    case ExprKind::kUnary: return PlanUnary(context, grid, As<UnaryExpr>(expr));
    case ExprKind::kBinary: return PlanBinary(context, grid, As<BinaryExpr>(expr));
    case ExprKind::kAggregate: return PlanAggregate(context, grid, As<AggregateExpr>(expr));
    case ExprKind::kCall: return PlanCall(context, grid, As<Call>(expr));
    case ExprKind::kSelector: {
      OperatorPtr selector =
          std::make_unique<SelectorOperator>(context, grid, As<VectorSelector>(expr), false);
      return selector;
    }
    case ExprKind::kStepInvariant:
      return PlanStepInvariant(context, grid, *As<StepInvariantExpr>(expr).inner);
    case ExprKind::kString:
    case ExprKind::kMatrixSelector:
    case ExprKind::kSubquery: break;
  }
  return Internal("{} where a scalar or an instant vector belongs", DocumentedType(TypeOf(expr)));
}

StatusOr<OperatorPtr> MakeSubqueryPlan(QueryContext* context, const StepGrid& grid,
                                       SubqueryExpr& subquery) {
  StepGrid inner;
  inner.interval_ms = subquery.step_ms != 0 ? subquery.step_ms : context->subquery_step_ms;
  const int64_t begin_ms =
      WrapSub(WrapSub(grid.start_ms, subquery.shift.offset_ms), subquery.range_ms);
  // The first multiple of the step that is not before the range.
  inner.start_ms = inner.interval_ms * (begin_ms / inner.interval_ms);
  if (inner.start_ms < begin_ms) inner.start_ms = WrapAdd(inner.start_ms, inner.interval_ms);
  const int64_t end_ms = WrapSub(grid.end_ms(), subquery.shift.offset_ms);
  if (inner.start_ms != grid.start_ms) SetAtOffsets(*subquery.inner, inner.start_ms);
  if (end_ms < inner.start_ms) {
    // No step at all: nothing is evaluated.
    return MakeEmptyOperator(context, inner, {});
  }
  const uint64_t span = static_cast<uint64_t>(end_ms) - static_cast<uint64_t>(inner.start_ms);
  inner.count = span / static_cast<uint64_t>(inner.interval_ms) + 1;
  // A row has a place for every step, so a subquery of very many has no room even when empty.
  KZ_RETURN_IF_ERROR(context->budget->Hold(inner.count));
  context->budget->Release(inner.count);
  return MakePlan(context, inner, *subquery.inner);
}

}  // namespace kizashi::promql
