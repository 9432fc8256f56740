#include "query/promql/parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "query/promql/duration.h"
#include "query/promql/function_table.h"
#include "query/promql/go_text.h"
#include "query/promql/matcher_regex.h"
#include "query/promql/token_reader.h"
#include "query/promql/type_check.h"

namespace kizashi::promql {
namespace {

using enum TokenType;

/// How strongly a binary operator binds; 0: it is none.
int Precedence(TokenType type) {
  switch (type) {
    case kOr: return 1;
    case kAnd:
    case kUnless: return 2;
    case kEqlC:
    case kNeq:
    case kLte:
    case kLss:
    case kGte:
    case kGtr: return 3;
    case kAdd:
    case kSub: return 4;
    case kMul:
    case kDiv:
    case kMod:
    case kAtan2: return 5;
    case kPow: return 6;
    default: return 0;
  }
}
constexpr int kPowPrecedence = 6;

// Words that may also be a metric's name.
bool CanNameMetric(TokenType type) {
  switch (type) {
    case kIdentifier:
    case kMetricIdentifier:
    case kAnd:
    case kOr:
    case kUnless:
    case kBy:
    case kOffset:
    case kWithout:
    case kStart:
    case kEnd: return true;
    default: return IsAggregator(type);
  }
}

// Words that may also be a label's name between the parentheses of by, on and the like.
bool CanNameLabel(TokenType type) {
  if (type == kWithout) return false;
  return type == kAtan2 || IsKeyword(type) || CanNameMetric(type);
}

bool CanBeginExpression(TokenType type) {
  return type == kNumber || type == kString || type == kLeftParen || type == kLeftBrace ||
         type == kAdd || type == kSub || CanNameMetric(type);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : in_(text, false) {}

  StatusOr<ExprPtr> Parse() {
    ExprPtr expr;
    if (in_.PeekType() == kEof) {
      in_.Fail({0, 0}, "no expression found in input");
    } else {
      expr = Expression(1);
      if (!in_.failed() && in_.PeekType() != kEof) Unexpected();
      if (!in_.failed()) CheckTypes(*expr, &in_);
    }
    if (in_.failed()) return in_.status();
    return expr;
  }

 private:
  // All of these give nothing after an error was reported.
  ExprPtr Expression(int precedence_min);
  ExprPtr Operand();
  ExprPtr Primary();
  ExprPtr WithPostfixes(ExprPtr expr);
  ExprPtr Number();
  ExprPtr StringValue();
  ExprPtr Paren();
  ExprPtr Unary();
  ExprPtr FunctionCall(Token name);
  ExprPtr Aggregation(Token op);
  ExprPtr Selector(const Token* name);
  ExprPtr Range(ExprPtr expr);
  ExprPtr Binary(ExprPtr lhs);
  bool Matching(BinaryExpr* binary);
  bool Arguments(std::vector<ExprPtr>* arguments);
  bool AggregationModifier(AggregateExpr* aggregate);
  bool GroupingLabels(std::vector<std::string>* labels);
  bool Matchers(std::vector<LabelMatcher>* matchers);
  bool Matcher(std::vector<LabelMatcher>* matchers);
  bool Offset(Expr* expr);
  bool At(Expr* expr);
  bool DurationMs(int64_t* milliseconds);

  // A token that no rule has a message of its own for; inside an aggregation that one has it.
  std::nullptr_t Unexpected() {
    FailUnexpected();
    return nullptr;
  }
  bool FailUnexpected() { return in_.Unexpected(aggregations_ > 0 ? "aggregation" : "", ""); }
  // Gives the expression its depth, or reports that it is too deep.
  ExprPtr Sized(ExprPtr expr) {
    for (ExprPtr* child : Children(*expr)) expr->depth = std::max(expr->depth, (*child)->depth + 1);
    if (expr->depth > kDepthMax) return TooDeep(expr->span);
    return expr;
  }
  std::nullptr_t TooDeep(Span span) {
    in_.Fail(span, fmt::format("expression is nested deeper than {} levels", kDepthMax));
    return nullptr;
  }

  TokenReader in_;
  int depth_ = 0;
  int aggregations_ = 0;  // whose body is being read
};

ExprPtr Parser::Expression(int precedence_min) {
  if (++depth_ > kDepthMax) return TooDeep(in_.Peek().span());
  ExprPtr lhs = Operand();
  while (lhs) {
    const int precedence = Precedence(in_.PeekType());
    if (precedence < precedence_min || precedence == 0) break;
    lhs = Binary(std::move(lhs));
  }
  --depth_;
  return in_.failed() ? nullptr : std::move(lhs);
}

ExprPtr Parser::Binary(ExprPtr lhs) {
  auto binary = std::make_unique<BinaryExpr>();
  binary->op = in_.Take().type;
  binary->lhs = std::move(lhs);
  if (!Matching(binary.get())) return nullptr;
  const int precedence = Precedence(binary->op);
  // The power alone is right-associative.
  binary->rhs = Expression(binary->op == kPow ? precedence : precedence + 1);
  if (!binary->rhs) return nullptr;
  binary->span = {std::min(binary->lhs->span.begin, binary->rhs->span.begin),
                  std::max(binary->lhs->span.end, binary->rhs->span.end)};
  return Sized(std::move(binary));
}

bool Parser::Matching(BinaryExpr* binary) {
  VectorMatching& matching = *binary->matching;
  binary->return_bool = in_.TakeIf(kBool);
  const TokenType type = in_.PeekType();
  if (type != kOn && type != kIgnoring) return !in_.failed();
  in_.Take();
  matching.on = type == kOn;
  if (!GroupingLabels(&matching.labels)) return false;
  const TokenType group = in_.PeekType();
  if (group != kGroupLeft && group != kGroupRight) return !in_.failed();
  in_.Take();
  matching.cardinality =
      group == kGroupLeft ? MatchCardinality::kManyToOne : MatchCardinality::kOneToMany;
  if (in_.PeekType() == kLeftParen) return GroupingLabels(&matching.include);
  if (CanBeginExpression(in_.PeekType())) return true;
  return in_.Unexpected("grouping opts", "\"(\"");
}

ExprPtr Parser::Operand() {
  const TokenType type = in_.PeekType();
  if (type == kAdd || type == kSub) return Unary();
  ExprPtr expr = Primary();
  return expr ? WithPostfixes(std::move(expr)) : nullptr;
}

ExprPtr Parser::Unary() {
  const Token op = in_.Take();
  // Binds like a multiplication: -1^2 is -(1^2).
  ExprPtr inner = Expression(kPowPrecedence);
  if (!inner) return nullptr;
  if (inner->kind == ExprKind::kNumber) {
    auto& number = As<NumberLiteral>(*inner);
    if (op.type == kSub) number.value = -number.value;
    number.span.begin = op.position;
    return inner;
  }
  const Span span{op.position, inner->span.end};
  auto unary = std::make_unique<UnaryExpr>(op.type, std::move(inner));
  unary->span = span;
  return Sized(std::move(unary));
}

ExprPtr Parser::Primary() {
  const TokenType type = in_.PeekType();
  if (in_.failed()) return nullptr;
  switch (type) {
    case kNumber: return Number();
    case kString: return StringValue();
    case kLeftParen: return Paren();
    case kLeftBrace: return Selector(nullptr);
    default: break;
  }
  if (!CanNameMetric(type)) return Unexpected();
  Token name = in_.Take();
  const TokenType next = in_.PeekType();
  if (type == kIdentifier && next == kLeftParen) return FunctionCall(std::move(name));
  if (IsAggregator(type) && (next == kLeftParen || next == kBy || next == kWithout)) {
    return Aggregation(std::move(name));
  }
  return Selector(&name);
}

ExprPtr Parser::Number() {
  const Token token = in_.Take();
  double value = 0;
  if (!in_.ReadNumber(token, &value)) return nullptr;
  auto number = std::make_unique<NumberLiteral>(value);
  number->span = token.span();
  return number;
}

ExprPtr Parser::StringValue() {
  const Token token = in_.Take();
  std::string value;
  if (!in_.Unquote(token, &value)) return nullptr;
  auto literal = std::make_unique<StringLiteral>(std::move(value));
  literal->span = token.span();
  return literal;
}

ExprPtr Parser::Paren() {
  const Token open = in_.Take();
  ExprPtr inner = Expression(1);
  if (!inner) return nullptr;
  if (in_.PeekType() != kRightParen) return Unexpected();
  const Token close = in_.Take();
  auto paren = std::make_unique<ParenExpr>(std::move(inner));
  paren->span = {open.position, close.span().end};
  return Sized(std::move(paren));
}

bool Parser::Arguments(std::vector<ExprPtr>* arguments) {
  if (in_.PeekType() != kLeftParen) return FailUnexpected();
  in_.Take();
  if (in_.TakeIf(kRightParen)) return true;
  while (true) {
    ExprPtr argument = Expression(1);
    if (!argument) return false;
    arguments->push_back(std::move(argument));
    if (in_.TakeIf(kRightParen)) return true;
    if (in_.PeekType() != kComma) return FailUnexpected();
    const Token comma = in_.Take();
    if (!CanBeginExpression(in_.PeekType())) {
      return in_.Fail(comma.span(), "trailing commas not allowed in function call args");
    }
  }
}

ExprPtr Parser::FunctionCall(Token name) {
  auto call = std::make_unique<Call>();
  if (!Arguments(&call->arguments)) return nullptr;
  call->span = {name.position, in_.last_closing()};
  call->function = FindFunction(name.text);
  if (call->function == nullptr) {
    in_.Fail(name.span(), fmt::format("unknown function with name {}", QuoteGo(name.text)));
    return nullptr;
  }
  return Sized(std::move(call));
}

bool Parser::AggregationModifier(AggregateExpr* aggregate) {
  aggregate->without = in_.Take().type == kWithout;
  return GroupingLabels(&aggregate->grouping);
}

ExprPtr Parser::Aggregation(Token op) {
  auto aggregate = std::make_unique<AggregateExpr>();
  aggregate->op = op.type;
  ++aggregations_;
  std::vector<ExprPtr> arguments;
  const auto at_modifier = [this] { return in_.PeekType() == kBy || in_.PeekType() == kWithout; };
  if (at_modifier()) {
    if (!AggregationModifier(aggregate.get()) || !Arguments(&arguments)) return nullptr;
  } else {
    if (!Arguments(&arguments)) return nullptr;
    if (at_modifier() && !AggregationModifier(aggregate.get())) return nullptr;
  }
  --aggregations_;
  if (in_.failed()) return nullptr;
  aggregate->span = {op.position, in_.last_closing()};
  if (arguments.empty()) {
    in_.Fail(aggregate->span, "no arguments for aggregate expression provided");
    return nullptr;
  }
  const size_t wanted = TakesParameter(op.type) ? 2 : 1;
  if (arguments.size() != wanted) {
    in_.Fail(aggregate->span, fmt::format("wrong number of arguments for aggregate expression "
                                          "provided, expected {}, got {}",
                                          wanted, arguments.size()));
    return nullptr;
  }
  aggregate->inner = std::move(arguments.back());
  if (wanted == 2) aggregate->parameter = std::move(arguments.front());
  return Sized(std::move(aggregate));
}

bool Parser::GroupingLabels(std::vector<std::string>* labels) {
  if (in_.PeekType() != kLeftParen) return in_.Unexpected("grouping opts", "\"(\"");
  in_.Take();
  if (in_.TakeIf(kRightParen)) return true;
  while (true) {
    const Token& label = in_.Peek();
    if (!CanNameLabel(label.type) || !IsLabelName(label.text)) {
      return in_.Unexpected("grouping opts", "label");
    }
    labels->push_back(in_.Take().text);
    if (in_.TakeIf(kRightParen)) return true;
    if (!in_.TakeIf(kComma)) return in_.Unexpected("grouping opts", "\",\" or \")\"");
    if (in_.TakeIf(kRightParen)) return true;
  }
}

ExprPtr Parser::Selector(const Token* name) {
  auto selector = std::make_unique<VectorSelector>();
  const size_t begin = name != nullptr ? name->position : in_.Peek().position;
  selector->span = {begin, name != nullptr ? name->span().end : begin};
  if (in_.PeekType() == kLeftBrace) {
    if (!Matchers(&selector->matchers)) return nullptr;
    selector->span.end = in_.last_closing();
  }
  if (in_.failed()) return nullptr;
  if (name != nullptr) {
    selector->name = name->text;
    selector->matchers.push_back(
        {std::string(kMetricName), LabelMatcher::Op::kEqual, selector->name});
  }
  return selector;
}

bool Parser::Matchers(std::vector<LabelMatcher>* matchers) {
  in_.Take();
  if (in_.TakeIf(kRightBrace)) return true;
  while (true) {
    if (!Matcher(matchers)) return false;
    if (in_.TakeIf(kRightBrace)) return true;
    if (!in_.TakeIf(kComma)) return in_.Unexpected("label matching", "\",\" or \"}\"");
    if (in_.TakeIf(kRightBrace)) return true;
  }
}

bool Parser::Matcher(std::vector<LabelMatcher>* matchers) {
  if (in_.PeekType() != kIdentifier) {
    return in_.Unexpected("label matching", "identifier or \"}\"");
  }
  const Token name = in_.Take();
  LabelMatcher matcher{.name = name.text, .op = LabelMatcher::Op::kEqual, .value = {}};
  switch (in_.PeekType()) {
    case kEqual: break;
    case kNeq: matcher.op = LabelMatcher::Op::kNotEqual; break;
    case kEqlRegex: matcher.op = LabelMatcher::Op::kRegex; break;
    case kNeqRegex: matcher.op = LabelMatcher::Op::kNotRegex; break;
    default: return in_.Unexpected("label matching", "label matching operator");
  }
  in_.Take();
  if (in_.PeekType() != kString) return in_.Unexpected("label matching", "string");
  const Token value = in_.Take();
  if (!in_.Unquote(value, &matcher.value)) return false;
  if (matcher.op == LabelMatcher::Op::kRegex || matcher.op == LabelMatcher::Op::kNotRegex) {
    if (std::string wrong = CheckMatcherRegex(matcher.value); !wrong.empty()) {
      return in_.Fail({name.position, value.span().end}, std::move(wrong));
    }
  }
  matchers->push_back(std::move(matcher));
  return true;
}

ExprPtr Parser::WithPostfixes(ExprPtr expr) {
  while (true) {
    switch (in_.PeekType()) {
      case kOffset:
        if (!Offset(expr.get())) return nullptr;
        break;
      case kAt:
        if (!At(expr.get())) return nullptr;
        break;
      case kLeftBracket:
        expr = Range(std::move(expr));
        if (!expr) return nullptr;
        break;
      default: return in_.failed() ? nullptr : std::move(expr);
    }
  }
}

bool Parser::DurationMs(int64_t* milliseconds) {
  const Token token = in_.Take();
  std::string wrong = ParseQueryDuration(token.text, milliseconds);
  return wrong.empty() || in_.Fail(token.span(), std::move(wrong));
}

ExprPtr Parser::Range(ExprPtr expr) {
  const Token open = in_.Take();
  if (in_.PeekType() != kDuration) {
    in_.Unexpected("subquery selector", "duration");
    return nullptr;
  }
  int64_t range_ms = 0;
  if (!DurationMs(&range_ms)) return nullptr;
  if (in_.PeekType() == kRightBracket) {
    const Token close = in_.Take();
    std::string wrong;
    if (expr->kind != ExprKind::kSelector) {
      wrong = "ranges only allowed for vector selectors";
    } else if (As<VectorSelector>(*expr).shift.original_offset_ms != 0) {
      wrong = "no offset modifiers allowed before range";
    } else if (As<VectorSelector>(*expr).shift.at_ms) {
      wrong = "no @ modifiers allowed before range";
    }
    if (!wrong.empty()) {
      in_.Fail({open.position, close.span().end}, std::move(wrong));
      return nullptr;
    }
    auto matrix = std::make_unique<MatrixSelector>();
    matrix->span = {expr->span.begin, in_.last_closing()};
    matrix->selector.reset(static_cast<VectorSelector*>(expr.release()));
    matrix->range_ms = range_ms;
    return matrix;
  }
  if (!in_.TakeIf(kColon)) {
    in_.Unexpected("subquery or range", "\":\" or \"]\"");
    return nullptr;
  }
  auto subquery = std::make_unique<SubqueryExpr>();
  const bool has_step = in_.PeekType() == kDuration;
  if (has_step && !DurationMs(&subquery->step_ms)) return nullptr;
  if (!in_.TakeIf(kRightBracket)) {
    in_.Unexpected("subquery selector", has_step ? "\"]\"" : "duration or \"]\"");
    return nullptr;
  }
  subquery->span = {expr->span.begin, in_.last_closing()};
  subquery->inner = std::move(expr);
  subquery->range_ms = range_ms;
  return Sized(std::move(subquery));
}

TimeShift* ShiftOf(Expr* expr) {
  switch (expr->kind) {
    case ExprKind::kSelector: return &As<VectorSelector>(*expr).shift;
    case ExprKind::kMatrixSelector: return &As<MatrixSelector>(*expr).selector->shift;
    case ExprKind::kSubquery: return &As<SubqueryExpr>(*expr).shift;
    default: return nullptr;
  }
}

bool Parser::Offset(Expr* expr) {
  in_.Take();
  const bool negative = in_.TakeIf(kSub);
  if (in_.PeekType() != kDuration) return in_.Unexpected("offset", "duration");
  int64_t offset_ms = 0;
  if (!DurationMs(&offset_ms)) return false;
  TimeShift* const shift = ShiftOf(expr);
  if (shift == nullptr) {
    return in_.Fail(expr->span,
                    "offset modifier must be preceded by an instant vector selector or range "
                    "vector selector or a subquery");
  }
  if (shift->original_offset_ms != 0) {
    return in_.Fail(expr->span, "offset may not be set multiple times");
  }
  shift->original_offset_ms = negative ? -offset_ms : offset_ms;
  expr->span.end = in_.last_closing();
  return true;
}

bool Parser::At(Expr* expr) {
  in_.Take();
  RangeBound bound = RangeBound::kNone;
  double seconds = 0;
  if (in_.PeekType() == kStart || in_.PeekType() == kEnd) {
    bound = in_.Take().type == kStart ? RangeBound::kStart : RangeBound::kEnd;
    if (!in_.TakeIf(kLeftParen) || !in_.TakeIf(kRightParen)) {
      return in_.Unexpected("@", "timestamp");
    }
  } else {
    const bool negative = in_.PeekType() == kSub;
    if (negative || in_.PeekType() == kAdd) in_.Take();
    if (in_.PeekType() != kNumber) return in_.Unexpected("@", "timestamp");
    if (!in_.ReadNumber(in_.Take(), &seconds)) return false;
    if (negative) seconds = -seconds;
    // Seconds whose milliseconds do not fit are no time that a sample could have.
    constexpr double kMax = 9223372036854775807.0;
    if (!std::isfinite(seconds) || seconds >= kMax || seconds <= -kMax) {
      return in_.Fail(expr->span, fmt::format("timestamp out of bounds for @ modifier: {}",
                                              FormatDecimals(seconds, 6)));
    }
  }
  TimeShift* const shift = ShiftOf(expr);
  if (shift == nullptr) {
    return in_.Fail(expr->span,
                    "@ modifier must be preceded by an instant vector selector or range vector "
                    "selector or a subquery");
  }
  if (shift->at_ms || shift->at_bound != RangeBound::kNone) {
    return in_.Fail(expr->span, "@ <timestamp> may not be set multiple times");
  }
  shift->at_bound = bound;
  if (bound == RangeBound::kNone) shift->at_ms = GoInt64(std::round(seconds * 1000));
  expr->span.end = in_.last_closing();
  return true;
}

}  // namespace

StatusOr<ExprPtr> ParseExpr(std::string_view text) {
  if (text.size() > kQueryBytesMax) {
    return InvalidArgument("1:1: parse error: query of {} bytes, the most is {}", text.size(),
                           kQueryBytesMax);
  }
  return Parser(text).Parse();
}

}  // namespace kizashi::promql
