#include "query/promql/call_planner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "query/promql/date.h"
#include "query/promql/float_math.h"
#include "query/promql/function_table.h"
#include "query/promql/label_functions.h"
#include "query/promql/planner.h"
#include "query/promql/range_functions.h"
#include "query/promql/selector_operator.h"
#include "query/promql/vector_operators.h"

namespace kizashi::promql {
namespace {

using enum FunctionId;
using Parameters = std::vector<std::vector<double>>;
using ValueFunction = double (*)(double);

constexpr double kPiValue = std::numbers::pi;

double Sign(double v) { return v < 0 ? -1 : v > 0 ? 1 : v; }

/// The functions of one value; nullptr: `id` is none of them.
ValueFunction FindValueFunction(FunctionId id) {
  switch (id) {
    case kAbs: return [](double v) { return std::fabs(v); };
    case kAcos: return [](double v) { return std::acos(v); };
    case kAcosh: return [](double v) { return std::acosh(v); };
    case kAsin: return [](double v) { return std::asin(v); };
    case kAsinh: return [](double v) { return std::asinh(v); };
    case kAtan: return [](double v) { return std::atan(v); };
    case kAtanh: return [](double v) { return std::atanh(v); };
    case kCeil: return [](double v) { return std::ceil(v); };
    case kCos: return [](double v) { return std::cos(v); };
    case kCosh: return [](double v) { return std::cosh(v); };
    case kDeg: return [](double v) { return v * 180 / kPiValue; };
    case kExp: return [](double v) { return std::exp(v); };
    case kFloor: return [](double v) { return std::floor(v); };
    case kLn: return [](double v) { return std::log(v); };
    case kLog10: return GoLog10;
    case kLog2: return GoLog2;
    case kRad: return [](double v) { return v * kPiValue / 180; };
    case kSgn: return Sign;
    case kSin: return [](double v) { return std::sin(v); };
    case kSinh: return [](double v) { return std::sinh(v); };
    case kSqrt: return [](double v) { return std::sqrt(v); };
    case kTan: return [](double v) { return std::tan(v); };
    case kTanh: return [](double v) { return std::tanh(v); };
    default: return nullptr;
  }
}

bool IsDate(FunctionId id) {
  return id == kDayOfMonth || id == kDayOfWeek || id == kDayOfYear || id == kDaysInMonth ||
         id == kHour || id == kMinute || id == kMonth || id == kYear;
}

/// `value_at(value, step)` for every value of a row.
template <typename F>
RowChange ChangeEach(F value_at) {
  return [value_at = std::move(value_at)](std::span<double> row) {
    for (size_t step = 0; step < row.size(); ++step) {
      if (!IsAbsent(row[step])) row[step] = value_at(row[step], step);
    }
  };
}

double ClampTo(double value, double low, double high) {
  return high < low ? kNoValue : GoMax(low, GoMin(high, value));
}

/// The row change of clamp and its kin and of round; `p` are the values of the scalars.
RowChange MakeBounds(FunctionId id, Parameters p) {
  switch (id) {
    case kClamp:
      return ChangeEach(
          [p = std::move(p)](double v, size_t step) { return ClampTo(v, p[0][step], p[1][step]); });
    case kClampMax:
      return ChangeEach([p = std::move(p)](double v, size_t step) { return GoMin(p[0][step], v); });
    case kClampMin:
      return ChangeEach([p = std::move(p)](double v, size_t step) { return GoMax(p[0][step], v); });
    default:
      return ChangeEach([p = std::move(p)](double v, size_t step) {
        // Its inverse is more exact than what it is for the fractions that people round to.
        const double inverse = 1.0 / (p.empty() ? 1.0 : p[0][step]);
        return std::floor(v * inverse + 0.5) / inverse;
      });
  }
}

class CallPlanner {
 public:
  CallPlanner(QueryContext* context, const StepGrid& grid, Call& call)
      : context_(context), grid_(grid), call_(call), id_(call.function->id) {}

  StatusOr<OperatorPtr> Plan();

 private:
  Expr& Argument(size_t i) { return *call_.arguments[i]; }
  StatusOr<OperatorPtr> PlanArgument(size_t i) { return MakePlan(context_, grid_, Argument(i)); }
  /// All arguments from `first` on.
  StatusOr<std::vector<OperatorPtr>> PlanArguments(size_t first) {
    std::vector<OperatorPtr> made;
    for (size_t i = first; i < call_.arguments.size(); ++i) {
      KZ_ASSIGN_OR_RETURN(OperatorPtr argument, PlanArgument(i));
      made.push_back(std::move(argument));
    }
    return made;
  }

  /// The first argument with each value changed.
  StatusOr<OperatorPtr> PlanMap(MakeChange make_change) {
    KZ_ASSIGN_OR_RETURN(OperatorPtr child, PlanArgument(0));
    KZ_ASSIGN_OR_RETURN(std::vector<OperatorPtr> parameters, PlanArguments(1));
    return MakeMapOperator(context_, grid_, std::move(child), std::move(parameters),
                           MapNames::kDrop, std::move(make_change));
  }

  StatusOr<OperatorPtr> PlanOverRange(size_t range_at);
  StatusOr<std::unique_ptr<SampleStream>> PlanStream(Expr& range);
  StatusOr<OperatorPtr> PlanDate();
  StatusOr<OperatorPtr> PlanTimestamp();
  OperatorPtr PlanClock();
  Labels LabelsOfAbsent();

  QueryContext* context_;
  const StepGrid& grid_;
  Call& call_;
  FunctionId id_;
};

StatusOr<std::unique_ptr<SampleStream>> CallPlanner::PlanStream(Expr& range) {
  if (range.kind == ExprKind::kMatrixSelector) {
    return StreamOfSelector(context_, grid_, As<MatrixSelector>(range));
  }
  auto& subquery = As<SubqueryExpr>(range);
  WindowShape shape{subquery.range_ms, subquery.shift.offset_ms};
  if (subquery.shift.at_ms) {
    shape.offset_ms = WrapAdd(subquery.shift.original_offset_ms,
                              ThroughNanoseconds(WrapSub(grid_.start_ms, *subquery.shift.at_ms)));
  }
  KZ_ASSIGN_OR_RETURN(OperatorPtr inner, MakeSubqueryPlan(context_, grid_, subquery));
  return StreamOfSubquery(context_, std::move(inner), shape);
}

StatusOr<OperatorPtr> CallPlanner::PlanOverRange(size_t range_at) {
  std::vector<OperatorPtr> parameters;
  for (size_t i = 0; i < call_.arguments.size(); ++i) {
    if (i == range_at) continue;
    KZ_ASSIGN_OR_RETURN(OperatorPtr parameter, PlanArgument(i));
    parameters.push_back(std::move(parameter));
  }
  KZ_ASSIGN_OR_RETURN(std::unique_ptr<SampleStream> stream, PlanStream(Unwrap(Argument(range_at))));
  OperatorPtr made =
      MakeRangeOperator(context_, grid_, id_, std::move(stream), std::move(parameters));
  if (id_ != kAbsentOverTime) return made;
  return MakeAbsentOperator(context_, grid_, std::move(made), LabelsOfAbsent());
}

// What the matchers say that the absent series would have.
Labels CallPlanner::LabelsOfAbsent() {
  Expr* argument = call_.arguments[0].get();
  while (argument->kind == ExprKind::kParen) argument = As<ParenExpr>(*argument).inner.get();
  const std::vector<LabelMatcher>* matchers = nullptr;
  if (argument->kind == ExprKind::kSelector) matchers = &As<VectorSelector>(*argument).matchers;
  if (argument->kind == ExprKind::kMatrixSelector) {
    matchers = &As<MatrixSelector>(*argument).selector->matchers;
  }
  Labels labels;
  if (matchers == nullptr) return labels;
  std::vector<std::string_view> seen;
  for (const LabelMatcher& matcher : *matchers) {
    if (matcher.name == kMetricName) continue;
    const bool first = std::find(seen.begin(), seen.end(), matcher.name) == seen.end();
    if (matcher.op == LabelMatcher::Op::kEqual && first) {
      labels.Set(matcher.name, matcher.value);
      seen.push_back(matcher.name);
    } else {
      labels.Set(matcher.name, "");
    }
  }
  return labels;
}

StatusOr<OperatorPtr> CallPlanner::PlanDate() {
  const FunctionId id = id_;
  if (!call_.arguments.empty()) {
    return PlanMap([id](const Parameters&) {
      return ChangeEach([id](double v, size_t) { return DatePart(id, GoInt64(v)); });
    });
  }
  return MakeScalarOperator(
      context_, grid_, {},
      [id, grid = grid_](std::span<double> row, std::span<const std::vector<double>>) {
        for (size_t i = 0; i < row.size(); ++i) row[i] = DatePart(id, grid.At(i) / 1000);
      });
}

StatusOr<OperatorPtr> CallPlanner::PlanTimestamp() {
  const auto keep = [](const Parameters&) { return [](std::span<double>) {}; };
  Expr& argument = Unwrap(Argument(0));
  if (argument.kind == ExprKind::kSelector) {
    OperatorPtr times =
        std::make_unique<SelectorOperator>(context_, grid_, As<VectorSelector>(argument), true);
    return MakeMapOperator(context_, grid_, std::move(times), {}, MapNames::kDrop, keep);
  }
  return PlanMap([grid = grid_](const Parameters&) {
    return ChangeEach(
        [grid](double, size_t step) { return static_cast<double>(grid.At(step)) / 1000.0; });
  });
}

OperatorPtr CallPlanner::PlanClock() {
  const bool pi = id_ == kPi;
  return MakeScalarOperator(
      context_, grid_, {},
      [pi, grid = grid_](std::span<double> row, std::span<const std::vector<double>>) {
        for (size_t i = 0; i < row.size(); ++i) {
          row[i] = pi ? kPiValue : static_cast<double>(grid.At(i)) / 1000.0;
        }
      });
}

StatusOr<OperatorPtr> CallPlanner::Plan() {
  for (size_t i = 0; i < call_.arguments.size(); ++i) {
    if (TypeOf(Argument(i)) == ValueType::kMatrix) return PlanOverRange(i);
  }
  if (const ValueFunction function = FindValueFunction(id_)) {
    return PlanMap([function](const Parameters&) {
      return ChangeEach([function](double v, size_t) { return function(v); });
    });
  }
  if (IsDate(id_)) return PlanDate();
  switch (id_) {
    case kTime:
    case kPi: return PlanClock();
    case kTimestamp: return PlanTimestamp();
    case kVector: return PlanArgument(0);
    case kClamp:
    case kClampMax:
    case kClampMin:
    case kRound: return PlanMap([id = id_](Parameters p) { return MakeBounds(id, std::move(p)); });
    case kHistogramQuantile: {
      KZ_ASSIGN_OR_RETURN(OperatorPtr quantile, PlanArgument(0));
      KZ_ASSIGN_OR_RETURN(OperatorPtr child, PlanArgument(1));
      return MakeHistogramQuantile(context_, grid_, std::move(quantile), std::move(child));
    }
    case kHistogramCount:
    case kHistogramSum:
    case kHistogramFraction: {
      KZ_ASSIGN_OR_RETURN(std::vector<OperatorPtr> children, PlanArguments(0));
      return MakeEmptyOperator(context_, grid_, std::move(children));
    }
    default: break;
  }
  KZ_ASSIGN_OR_RETURN(OperatorPtr child, PlanArgument(0));
  switch (id_) {
    case kScalar: return MakeScalarOfVector(context_, grid_, std::move(child));
    case kAbsent: return MakeAbsentOperator(context_, grid_, std::move(child), LabelsOfAbsent());
    case kSort:
    case kSortDesc: return MakeSortOperator(context_, grid_, std::move(child), id_ == kSortDesc);
    case kLabelReplace:
    case kLabelJoin: {
      std::vector<std::string> texts;
      for (size_t i = 1; i < call_.arguments.size(); ++i) {
        texts.push_back(As<StringLiteral>(Unwrap(Argument(i))).value);
      }
      Relabel relabel = id_ == kLabelReplace ? MakeLabelReplace(texts) : MakeLabelJoin(texts);
      return MakeRelabelOperator(context_, grid_, std::move(child), std::move(relabel));
    }
    default: return Internal("no operator for {}", call_.function->name);
  }
}

}  // namespace

StatusOr<OperatorPtr> PlanCall(QueryContext* context, const StepGrid& grid, Call& call) {
  return CallPlanner(context, grid, call).Plan();
}

}  // namespace kizashi::promql
