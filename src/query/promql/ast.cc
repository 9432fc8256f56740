#include "query/promql/ast.h"

#include "query/promql/function_table.h"

namespace kizashi::promql {

std::string_view DocumentedType(ValueType type) {
  switch (type) {
    case ValueType::kVector: return "instant vector";
    case ValueType::kMatrix: return "range vector";
    default: return ResultType(type);
  }
}

std::string_view ResultType(ValueType type) {
  switch (type) {
    case ValueType::kScalar: return "scalar";
    case ValueType::kString: return "string";
    case ValueType::kVector: return "vector";
    case ValueType::kMatrix: return "matrix";
    case ValueType::kNone: break;
  }
  return "none";
}

ValueType TypeOf(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber: return ValueType::kScalar;
    case ExprKind::kString: return ValueType::kString;
    case ExprKind::kParen: return TypeOf(*As<ParenExpr>(expr).inner);
    case ExprKind::kUnary: return TypeOf(*As<UnaryExpr>(expr).inner);
    case ExprKind::kStepInvariant: return TypeOf(*As<StepInvariantExpr>(expr).inner);
    case ExprKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      const bool scalars =
          TypeOf(*binary.lhs) == ValueType::kScalar && TypeOf(*binary.rhs) == ValueType::kScalar;
      return scalars ? ValueType::kScalar : ValueType::kVector;
    }
    case ExprKind::kCall: return As<Call>(expr).function->result;
    case ExprKind::kAggregate:
    case ExprKind::kSelector: return ValueType::kVector;
    case ExprKind::kMatrixSelector:
    case ExprKind::kSubquery: return ValueType::kMatrix;
  }
  return ValueType::kNone;
}

std::vector<ExprPtr*> Children(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kParen: return {&As<ParenExpr>(expr).inner};
    case ExprKind::kUnary: return {&As<UnaryExpr>(expr).inner};
    case ExprKind::kStepInvariant: return {&As<StepInvariantExpr>(expr).inner};
    case ExprKind::kSubquery: return {&As<SubqueryExpr>(expr).inner};
    case ExprKind::kBinary: return {&As<BinaryExpr>(expr).lhs, &As<BinaryExpr>(expr).rhs};
    case ExprKind::kAggregate: {
      auto& aggregate = As<AggregateExpr>(expr);
      if (!aggregate.parameter) return {&aggregate.inner};
      return {&aggregate.inner, &aggregate.parameter};
    }
    case ExprKind::kCall: {
      std::vector<ExprPtr*> children;
      for (ExprPtr& argument : As<Call>(expr).arguments) children.push_back(&argument);
      return children;
    }
    default: return {};
  }
}

Expr& Unwrap(Expr& expr) {
  Expr* at = &expr;
  while (true) {
    if (at->kind == ExprKind::kParen) {
      at = As<ParenExpr>(*at).inner.get();
    } else if (at->kind == ExprKind::kStepInvariant) {
      at = As<StepInvariantExpr>(*at).inner.get();
    } else {
      return *at;
    }
  }
}

const Expr& Unwrap(const Expr& expr) { return Unwrap(const_cast<Expr&>(expr)); }

}  // namespace kizashi::promql
