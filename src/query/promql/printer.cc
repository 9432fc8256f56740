// Print: the canonical text of a syntax tree, character by character that of Prometheus 2.42.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "query/promql/ast.h"
#include "query/promql/function_table.h"
#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

std::string PrintShift(const TimeShift& shift) {
  std::string out;
  if (shift.at_ms) {
    out = fmt::format(" @ {}", FormatDecimals(static_cast<double>(*shift.at_ms) / 1000.0, 3));
  } else if (shift.at_bound == RangeBound::kStart) {
    out = " @ start()";
  } else if (shift.at_bound == RangeBound::kEnd) {
    out = " @ end()";
  }
  if (shift.original_offset_ms > 0) {
    out += " offset " + FormatPromDuration(shift.original_offset_ms);
  } else if (shift.original_offset_ms < 0) {
    out += " offset -" + FormatPromDuration(-shift.original_offset_ms);
  }
  return out;
}

std::string PrintBareSelector(const VectorSelector& selector) {
  std::vector<std::string> matchers;
  for (const LabelMatcher& matcher : selector.matchers) {
    // The name before the braces says it already.
    if (matcher.name == kMetricName && matcher.op == LabelMatcher::Op::kEqual &&
        matcher.value == selector.name) {
      continue;
    }
    matchers.push_back(PrintMatcher(matcher));
  }
  if (matchers.empty()) return selector.name;
  std::sort(matchers.begin(), matchers.end());
  return fmt::format("{}{{{}}}", selector.name, fmt::join(matchers, ","));
}

std::string PrintMatching(const BinaryExpr& binary) {
  if (!binary.matching) return "";
  const VectorMatching& matching = *binary.matching;
  if (matching.labels.empty() && !matching.on) return "";
  std::string out =
      fmt::format(" {} ({})", matching.on ? "on" : "ignoring", fmt::join(matching.labels, ", "));
  if (matching.cardinality == MatchCardinality::kManyToOne ||
      matching.cardinality == MatchCardinality::kOneToMany) {
    const bool left = matching.cardinality == MatchCardinality::kManyToOne;
    out +=
        fmt::format(" group_{} ({})", left ? "left" : "right", fmt::join(matching.include, ", "));
  }
  return out;
}

std::string PrintAggregate(const AggregateExpr& aggregate) {
  std::string out(Spelling(aggregate.op));
  if (aggregate.without) {
    out += fmt::format(" without ({}) ", fmt::join(aggregate.grouping, ", "));
  } else if (!aggregate.grouping.empty()) {
    out += fmt::format(" by ({}) ", fmt::join(aggregate.grouping, ", "));
  }
  out += '(';
  if (aggregate.parameter) out += Print(*aggregate.parameter) + ", ";
  return out + Print(*aggregate.inner) + ")";
}

std::string PrintCall(const Call& call) {
  std::string out(call.function->name);
  out += '(';
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i > 0) out += ", ";
    out += Print(*call.arguments[i]);
  }
  return out + ")";
}

// '^' binds closer than a sign: "+Inf ^ a" would be read as +(Inf ^ a).
std::string PrintLeft(const BinaryExpr& binary) {
  std::string left = Print(*binary.lhs);
  const bool sign = binary.op == TokenType::kPow && binary.lhs->kind == ExprKind::kNumber &&
                    left.starts_with('+');
  return sign ? left.substr(1) : left;
}

std::string PrintBinary(const BinaryExpr& binary) {
  return fmt::format("{} {}{}{} {}", PrintLeft(binary), Spelling(binary.op),
                     binary.return_bool ? " bool" : "", PrintMatching(binary), Print(*binary.rhs));
}

std::string PrintSubquery(const SubqueryExpr& subquery) {
  return fmt::format("{}[{}:{}]{}", Print(*subquery.inner), FormatPromDuration(subquery.range_ms),
                     subquery.step_ms == 0 ? "" : FormatPromDuration(subquery.step_ms),
                     PrintShift(subquery.shift));
}

}  // namespace

std::string PrintMatcher(const LabelMatcher& matcher) {
  constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  return fmt::format("{}{}{}", matcher.name, kOps[static_cast<size_t>(matcher.op)],
                     QuoteGo(matcher.value));
}

std::string Print(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
      return FormatFloat(As<NumberLiteral>(expr).value, FloatStyle::kShortest);
    case ExprKind::kString: return QuoteGo(As<StringLiteral>(expr).value);
    case ExprKind::kParen: return fmt::format("({})", Print(*As<ParenExpr>(expr).inner));
    case ExprKind::kUnary: {
      const auto& unary = As<UnaryExpr>(expr);
      return fmt::format("{}{}", Spelling(unary.op), Print(*unary.inner));
    }
    case ExprKind::kBinary: return PrintBinary(As<BinaryExpr>(expr));
    case ExprKind::kAggregate: return PrintAggregate(As<AggregateExpr>(expr));
    case ExprKind::kCall: return PrintCall(As<Call>(expr));
    case ExprKind::kSelector: {
      const auto& selector = As<VectorSelector>(expr);
      return PrintBareSelector(selector) + PrintShift(selector.shift);
    }
    case ExprKind::kMatrixSelector: {
      const auto& matrix = As<MatrixSelector>(expr);
      return fmt::format("{}[{}]{}", PrintBareSelector(*matrix.selector),
                         FormatPromDuration(matrix.range_ms), PrintShift(matrix.selector->shift));
    }
    case ExprKind::kSubquery: return PrintSubquery(As<SubqueryExpr>(expr));
    case ExprKind::kStepInvariant: return Print(*As<StepInvariantExpr>(expr).inner);
  }
  return "";
}

}  // namespace kizashi::promql
