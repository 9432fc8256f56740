#include "query/promql/at_modifier.h"

#include "query/promql/duration.h"
#include "query/promql/function_table.h"

namespace kizashi::promql {
namespace {

class Preprocessor {
 public:
  Preprocessor(int64_t start_ms, int64_t end_ms) : start_ms_(start_ms), end_ms_(end_ms) {}

  /// Whether `expr` has one value for all steps; if not, its parts that have are wrapped.
  bool IsInvariant(Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kNumber:
      case ExprKind::kString: return true;
      case ExprKind::kSelector: return Resolve(&As<VectorSelector>(expr).shift);
      case ExprKind::kMatrixSelector: return Resolve(&As<MatrixSelector>(expr).selector->shift);
      case ExprKind::kParen: return IsInvariant(*As<ParenExpr>(expr).inner);
      case ExprKind::kUnary: return IsInvariant(*As<UnaryExpr>(expr).inner);
      // The parameter is not looked at, as in Prometheus.
      case ExprKind::kAggregate: return IsInvariant(*As<AggregateExpr>(expr).inner);
      case ExprKind::kBinary: return IsBinaryInvariant(As<BinaryExpr>(expr));
      case ExprKind::kCall: return IsCallInvariant(As<Call>(expr));
      case ExprKind::kSubquery: {
        auto& subquery = As<SubqueryExpr>(expr);
        if (IsInvariant(*subquery.inner)) Wrap(&subquery.inner);
        return Resolve(&subquery.shift);
      }
      case ExprKind::kStepInvariant: return true;
    }
    return false;
  }

  static void Wrap(ExprPtr* expr) {
    const Span span = (*expr)->span;
    *expr = std::make_unique<StepInvariantExpr>(std::move(*expr));
    (*expr)->span = span;
  }

 private:
  bool Resolve(TimeShift* shift) const {
    if (shift->at_bound == RangeBound::kStart) shift->at_ms = start_ms_;
    if (shift->at_bound == RangeBound::kEnd) shift->at_ms = end_ms_;
    return shift->at_ms.has_value();
  }

  bool IsBinaryInvariant(BinaryExpr& binary) {
    const bool left = IsInvariant(*binary.lhs);
    const bool right = IsInvariant(*binary.rhs);
    if (left && right) return true;
    if (left) Wrap(&binary.lhs);
    if (right) Wrap(&binary.rhs);
    return false;
  }

  bool IsCallInvariant(Call& call) {
    bool all = !call.function->depends_on_time;
    std::vector<bool> invariant;
    for (const ExprPtr& argument : call.arguments) {
      invariant.push_back(IsInvariant(*argument));
      all = all && invariant.back();
    }
    if (all) return true;
    for (size_t i = 0; i < invariant.size(); ++i) {
      if (invariant[i]) Wrap(&call.arguments[i]);
    }
    return false;
  }

  int64_t start_ms_;
  int64_t end_ms_;
};

int64_t OffsetFor(const TimeShift& shift, int64_t start_ms,
                  const std::vector<const SubqueryExpr*>& path) {
  if (!shift.at_ms) return shift.original_offset_ms;
  const SubqueryTimes times = TimesOf(path);
  int64_t subquery_offset = times.offset_ms;
  if (times.at_ms) {
    subquery_offset = WrapAdd(subquery_offset, ThroughNanoseconds(WrapSub(start_ms, *times.at_ms)));
  }
  const int64_t to_at = ThroughNanoseconds(WrapSub(start_ms, *shift.at_ms));
  return WrapAdd(shift.original_offset_ms, WrapSub(to_at, subquery_offset));
}

void SetOffsets(Expr& expr, int64_t start_ms, std::vector<const SubqueryExpr*>* path) {
  switch (expr.kind) {
    case ExprKind::kSelector: {
      TimeShift& shift = As<VectorSelector>(expr).shift;
      shift.offset_ms = OffsetFor(shift, start_ms, *path);
      return;
    }
    case ExprKind::kMatrixSelector: {
      TimeShift& shift = As<MatrixSelector>(expr).selector->shift;
      shift.offset_ms = OffsetFor(shift, start_ms, *path);
      return;
    }
    case ExprKind::kSubquery: {
      auto& subquery = As<SubqueryExpr>(expr);
      subquery.shift.offset_ms = OffsetFor(subquery.shift, start_ms, *path);
      path->push_back(&subquery);
      SetOffsets(*subquery.inner, start_ms, path);
      path->pop_back();
      return;
    }
    default:
      for (ExprPtr* child : Children(expr)) SetOffsets(**child, start_ms, path);
  }
}

class ReadSpans {
 public:
  ReadSpans(int64_t start_ms, int64_t end_ms, int64_t lookback_ms)
      : start_ms_(start_ms), end_ms_(end_ms), lookback_ms_(lookback_ms) {}

  void Set(Expr& expr) {
    if (expr.kind == ExprKind::kSelector) return SetOne(&As<VectorSelector>(expr), lookback_ms_);
    if (expr.kind == ExprKind::kMatrixSelector) {
      auto& matrix = As<MatrixSelector>(expr);
      return SetOne(matrix.selector.get(), matrix.range_ms);
    }
    const bool subquery = expr.kind == ExprKind::kSubquery;
    if (subquery) path_.push_back(&As<SubqueryExpr>(expr));
    for (ExprPtr* child : Children(expr)) Set(**child);
    if (subquery) path_.pop_back();
  }

 private:
  void SetOne(VectorSelector* selector, int64_t back_ms) {
    const SubqueryTimes times = TimesOf(path_);
    int64_t from = times.at_ms.value_or(start_ms_);
    int64_t to = times.at_ms.value_or(end_ms_);
    if (selector->shift.at_ms) {
      from = to = *selector->shift.at_ms;
    } else {
      from = WrapSub(WrapSub(from, times.offset_ms), times.range_ms);
      to = WrapSub(to, times.offset_ms);
    }
    const int64_t offset = selector->shift.original_offset_ms;
    selector->read_from_ms = WrapSub(WrapSub(from, back_ms), offset);
    selector->read_to_ms = WrapSub(to, offset);
  }

  int64_t start_ms_;
  int64_t end_ms_;
  int64_t lookback_ms_;
  std::vector<const SubqueryExpr*> path_;
};

}  // namespace

void SetReadSpans(Expr& expr, int64_t start_ms, int64_t end_ms, int64_t lookback_ms) {
  ReadSpans(start_ms, end_ms, lookback_ms).Set(expr);
}

void Preprocess(ExprPtr* expr, int64_t start_ms, int64_t end_ms) {
  Preprocessor preprocessor(start_ms, end_ms);
  if (preprocessor.IsInvariant(**expr)) Preprocessor::Wrap(expr);
}

void SetAtOffsets(Expr& expr, int64_t start_ms) {
  std::vector<const SubqueryExpr*> path;
  SetOffsets(expr, start_ms, &path);
}

SubqueryTimes TimesOf(const std::vector<const SubqueryExpr*>& path) {
  SubqueryTimes times;
  for (const SubqueryExpr* subquery : path) {
    times.offset_ms = WrapAdd(times.offset_ms, subquery->shift.original_offset_ms);
    times.range_ms = WrapAdd(times.range_ms, subquery->range_ms);
    if (subquery->shift.at_ms) {
      // The @ of a subquery outdoes what encloses it.
      times.offset_ms = subquery->shift.original_offset_ms;
      times.range_ms = subquery->range_ms;
      times.at_ms = subquery->shift.at_ms;
    }
  }
  return times;
}

}  // namespace kizashi::promql
