#include "query/promql/engine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "query/promql/at_modifier.h"
#include "query/promql/parser.h"
#include "query/promql/planner.h"
#include "query/promql/sample_stream.h"

namespace kizashi::promql {
namespace {

class Evaluation {
 public:
  Evaluation(const SeriesSource& source, const QueryOptions& options, const StepGrid& grid)
      : reader_(source.OpenReader()), budget_(options.limits), grid_(grid) {
    context_.reader = reader_.get();
    context_.budget = &budget_;
    context_.lookback_ms = options.lookback.count();
    context_.subquery_step_ms = options.subquery_step.count();
  }

  Status Run(ExprPtr expr, bool instant, QueryResult* result) {
    const ValueType type = TypeOf(*expr);
    result->time_ms = grid_.start_ms;
    if (type == ValueType::kString) {
      result->type = type;
      result->text = As<StringLiteral>(Unwrap(*expr)).value;
      return OkStatus();
    }
    Preprocess(&expr, grid_.start_ms, grid_.end_ms());
    SetReadSpans(*expr, grid_.start_ms, grid_.end_ms(), context_.lookback_ms);
    SetAtOffsets(*expr, grid_.start_ms);
    if (type == ValueType::kMatrix) {
      result->type = type;
      return RunMatrix(Unwrap(*expr), result);
    }
    result->type = instant ? type : ValueType::kMatrix;
    KZ_ASSIGN_OR_RETURN(OperatorPtr plan, MakePlan(&context_, grid_, *expr));
    KZ_RETURN_IF_ERROR(Collect(plan.get(), result));
    if (!instant) SortByLabels(result);
    return OkStatus();
  }

 private:
  /// The samples of a range selector or a subquery, as they are.
  Status RunMatrix(Expr& expr, QueryResult* result) {
    if (expr.kind == ExprKind::kSubquery) {
      KZ_ASSIGN_OR_RETURN(OperatorPtr plan,
                          MakeSubqueryPlan(&context_, grid_, As<SubqueryExpr>(expr)));
      KZ_RETURN_IF_ERROR(Collect(plan.get(), result));
    } else {
      auto stream = StreamOfSelector(&context_, grid_, As<MatrixSelector>(expr));
      KZ_RETURN_IF_ERROR(stream->Open());
      const Status ran = stream->Run([&](size_t i, const SampleColumns& samples) -> Status {
        // As much again as the stream holds, for good.
        KZ_RETURN_IF_ERROR(budget_.Hold(2 * samples.size()));
        result->series.push_back(
            {std::move(stream->series()[i]), samples.times_ms, samples.values});
        return OkStatus();
      });
      KZ_RETURN_IF_ERROR(ran);
    }
    SortByLabels(result);
    return OkStatus();
  }

  Status Collect(Operator* plan, QueryResult* result) {
    KZ_RETURN_IF_ERROR(plan->Open());
    const StepGrid& grid = plan->grid();
    return plan->Run([&](size_t i, std::span<double> row) -> Status {
      const auto present = static_cast<size_t>(
          std::count_if(row.begin(), row.end(), [](double v) { return !IsAbsent(v); }));
      if (present == 0) return OkStatus();
      // The value and its time.
      KZ_RETURN_IF_ERROR(budget_.Hold(2 * present));
      ResultSeries series;
      series.labels = std::move(plan->series()[i]);
      series.times_ms.reserve(present);
      series.values.reserve(present);
      for (size_t step = 0; step < row.size(); ++step) {
        if (IsAbsent(row[step])) continue;
        series.times_ms.push_back(grid.At(step));
        series.values.push_back(row[step]);
      }
      result->series.push_back(std::move(series));
      return budget_.Spend(row.size());
    });
  }

  static void SortByLabels(QueryResult* result) {
    std::sort(result->series.begin(), result->series.end(),
              [](const ResultSeries& a, const ResultSeries& b) { return a.labels < b.labels; });
  }

  std::unique_ptr<SeriesReader> reader_;
  Budget budget_;
  StepGrid grid_;
  QueryContext context_;
};

}  // namespace

StatusOr<QueryResult> QueryInstant(const SeriesSource& source, std::string_view query, Time at,
                                   const QueryOptions& options) {
  KZ_ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr(query));
  QueryResult result;
  Evaluation evaluation(source, options, {ToMs(at), 1, 1});
  KZ_RETURN_IF_ERROR(evaluation.Run(std::move(expr), true, &result));
  return result;
}

StatusOr<QueryResult> QueryRange(const SeriesSource& source, std::string_view query, Time start,
                                 Time end, Duration step, const QueryOptions& options) {
  KZ_CHECK(start <= end && step.count() > 0, "start {} end {} step {}", ToMs(start), ToMs(end),
           step.count());
  KZ_ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr(query));
  const ValueType type = TypeOf(*expr);
  if (type != ValueType::kScalar && type != ValueType::kVector) {
    return InvalidArgument(
        "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
        DocumentedType(type));
  }
  QueryResult result;
  const uint64_t span = static_cast<uint64_t>(ToMs(end)) - static_cast<uint64_t>(ToMs(start));
  Evaluation evaluation(
      source, options, {ToMs(start), step.count(), span / static_cast<uint64_t>(step.count()) + 1});
  KZ_RETURN_IF_ERROR(evaluation.Run(std::move(expr), false, &result));
  return result;
}

}  // namespace kizashi::promql
