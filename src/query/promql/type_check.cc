#include "query/promql/type_check.h"

#include <fmt/core.h>

#include <algorithm>

#include "query/promql/function_table.h"
#include "query/promql/go_text.h"
#include "query/promql/matcher_regex.h"

namespace kizashi::promql {
namespace {

class Checker {
 public:
  explicit Checker(TokenReader* report) : report_(report) {}

  bool Check(Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kAggregate: return CheckAggregate(As<AggregateExpr>(expr));
      case ExprKind::kBinary: return CheckBinary(As<BinaryExpr>(expr));
      case ExprKind::kCall: return CheckCall(As<Call>(expr));
      case ExprKind::kParen: return Check(*As<ParenExpr>(expr).inner);
      case ExprKind::kUnary: return CheckUnary(As<UnaryExpr>(expr));
      case ExprKind::kSubquery: return CheckSubquery(As<SubqueryExpr>(expr));
      case ExprKind::kMatrixSelector: return CheckSelector(*As<MatrixSelector>(expr).selector);
      case ExprKind::kSelector: return CheckSelector(As<VectorSelector>(expr));
      case ExprKind::kNumber:
      case ExprKind::kString:
      case ExprKind::kStepInvariant: return true;
    }
    return true;
  }

 private:
  bool Expect(Expr& expr, ValueType wanted, std::string_view context) {
    if (!Check(expr)) return false;
    const ValueType type = TypeOf(expr);
    if (type == wanted) return true;
    return report_->Fail(
        expr.span, fmt::format("expected type {} in {}, got {}", DocumentedType(wanted), context,
                               DocumentedType(type)));
  }

  bool CheckAggregate(AggregateExpr& aggregate) {
    if (!Expect(*aggregate.inner, ValueType::kVector, "aggregation expression")) return false;
    if (!aggregate.parameter) return true;
    const ValueType wanted =
        aggregate.op == TokenType::kCountValues ? ValueType::kString : ValueType::kScalar;
    return Expect(*aggregate.parameter, wanted, "aggregation parameter");
  }

  // Where the operator and its modifiers stand.
  Span OperatorSpan(const BinaryExpr& binary) const {
    size_t begin = binary.lhs->span.end;
    const std::string_view text = report_->text();
    while (begin < text.size() && IsSpace(static_cast<unsigned char>(text[begin]))) ++begin;
    return {begin, binary.rhs->span.begin};
  }

  bool CheckBinary(BinaryExpr& binary) {
    if (!Check(*binary.lhs) || !Check(*binary.rhs)) return false;
    const ValueType left = TypeOf(*binary.lhs);
    const ValueType right = TypeOf(*binary.rhs);
    if (binary.return_bool && !IsComparison(binary.op)) {
      return report_->Fail(OperatorSpan(binary),
                           "bool modifier can only be used on comparison operators");
    }
    if (IsComparison(binary.op) && !binary.return_bool && left == ValueType::kScalar &&
        right == ValueType::kScalar) {
      return report_->Fail(OperatorSpan(binary),
                           "comparisons between scalars must use BOOL modifier");
    }
    VectorMatching& matching = *binary.matching;
    if (IsSetOperator(binary.op) && matching.cardinality == MatchCardinality::kOneToOne) {
      matching.cardinality = MatchCardinality::kManyToMany;
    }
    for (const std::string& label : matching.labels) {
      const auto& include = matching.include;
      if (matching.on && std::find(include.begin(), include.end(), label) != include.end()) {
        return report_->Fail(
            OperatorSpan(binary),
            fmt::format("label {} must not occur in ON and GROUP clause at once", QuoteGo(label)));
      }
    }
    for (const Expr* side : {binary.lhs.get(), binary.rhs.get()}) {
      const ValueType type = TypeOf(*side);
      if (type != ValueType::kScalar && type != ValueType::kVector) {
        return report_->Fail(side->span,
                             "binary expression must contain only scalar and instant vector types");
      }
    }
    return CheckMatching(binary, left == ValueType::kVector && right == ValueType::kVector);
  }

  bool CheckMatching(BinaryExpr& binary, bool vectors) {
    if (vectors) {
      if (IsSetOperator(binary.op) &&
          binary.matching->cardinality != MatchCardinality::kManyToMany) {
        return report_->Fail(binary.span, fmt::format("no grouping allowed for \"{}\" operation",
                                                      Spelling(binary.op)));
      }
      return true;
    }
    if (!binary.matching->labels.empty()) {
      return report_->Fail(binary.span, "vector matching only allowed between instant vectors");
    }
    binary.matching.reset();
    if (IsSetOperator(binary.op)) {
      return report_->Fail(
          binary.span, fmt::format("set operator \"{}\" not allowed in binary scalar expression",
                                   Spelling(binary.op)));
    }
    return true;
  }

  bool CheckCall(Call& call) {
    const Function& function = *call.function;
    const size_t wanted = function.arguments.size();
    const size_t count = call.arguments.size();
    if (function.variadic == 0 && count != wanted) {
      return report_->Fail(call.span,
                           fmt::format("expected {} argument(s) in call to \"{}\", got {}", wanted,
                                       function.name, count));
    }
    if (function.variadic != 0 && count + 1 < wanted) {
      return report_->Fail(call.span,
                           fmt::format("expected at least {} argument(s) in call to \"{}\", got {}",
                                       wanted - 1, function.name, count));
    }
    const size_t most = wanted - 1 + static_cast<size_t>(std::max(function.variadic, 0));
    if (function.variadic > 0 && count > most) {
      return report_->Fail(
          call.span, fmt::format("expected at most {} argument(s) in call to \"{}\", got {}", most,
                                 function.name, count));
    }
    for (size_t i = 0; i < count; ++i) {
      const ValueType type = function.arguments[std::min(i, wanted - 1)];
      if (!Expect(*call.arguments[i], type,
                  fmt::format("call to function \"{}\"", function.name))) {
        return false;
      }
    }
    return true;
  }

  bool CheckUnary(UnaryExpr& unary) {
    if (!Check(*unary.inner)) return false;
    const ValueType type = TypeOf(*unary.inner);
    if (type == ValueType::kScalar || type == ValueType::kVector) return true;
    return report_->Fail(unary.span,
                         fmt::format("unary expression only allowed on expressions of type scalar "
                                     "or instant vector, got \"{}\"",
                                     DocumentedType(type)));
  }

  bool CheckSubquery(SubqueryExpr& subquery) {
    if (!Check(*subquery.inner)) return false;
    const ValueType type = TypeOf(*subquery.inner);
    if (type == ValueType::kVector) return true;
    return report_->Fail(subquery.span,
                         fmt::format("subquery is only allowed on instant vector, got {} instead",
                                     ResultType(type)));
  }

  bool CheckSelector(const VectorSelector& selector) {
    if (!selector.name.empty()) {
      for (size_t i = 0; i + 1 < selector.matchers.size(); ++i) {
        if (selector.matchers[i].name == kMetricName) {
          return report_->Fail(
              selector.span,
              fmt::format("metric name must not be set twice: {} or {}", QuoteGo(selector.name),
                          QuoteGo(selector.matchers[i].value)));
        }
      }
      return true;
    }
    // Without one, a typo would select every series there is.
    for (const LabelMatcher& matcher : selector.matchers) {
      if (!MatchesEmpty(matcher)) return true;
    }
    return report_->Fail(selector.span,
                         "vector selector must contain at least one non-empty matcher");
  }

  TokenReader* report_;
};

}  // namespace

bool CheckTypes(Expr& expr, TokenReader* report) { return Checker(report).Check(expr); }

}  // namespace kizashi::promql
