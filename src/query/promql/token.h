// The tokens of PromQL, and how Prometheus names them in its messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kizashi::promql {

enum class TokenType : uint8_t {
  kEof,
  kError,  // the text is the message
  kComment,
  kIdentifier,
  kMetricIdentifier,  // with a colon in it
  kLeftBrace,
  kRightBrace,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kComma,
  kEqual,
  kColon,
  kString,
  kNumber,
  kDuration,
  // Only in the description of a series.
  kBlank,
  kTimes,
  kSpace,
  // Operators.
  kSub,
  kAdd,
  kMul,
  kMod,
  kDiv,
  kEqlC,
  kNeq,
  kLte,
  kLss,
  kGte,
  kGtr,
  kEqlRegex,
  kNeqRegex,
  kPow,
  kAnd,
  kOr,
  kUnless,
  kAt,
  kAtan2,
  // Aggregations.
  kAvg,
  kBottomK,
  kCount,
  kCountValues,
  kGroup,
  kMax,
  kMin,
  kQuantile,
  kStddev,
  kStdvar,
  kSum,
  kTopK,
  // Keywords.
  kBool,
  kBy,
  kGroupLeft,
  kGroupRight,
  kIgnoring,
  kOffset,
  kOn,
  kWithout,
  kStart,
  kEnd,
};

constexpr bool IsOperator(TokenType t) { return t >= TokenType::kSub && t <= TokenType::kAtan2; }
constexpr bool IsAggregator(TokenType t) { return t >= TokenType::kAvg && t <= TokenType::kTopK; }
constexpr bool IsKeyword(TokenType t) { return t >= TokenType::kBool && t <= TokenType::kWithout; }
constexpr bool IsComparison(TokenType t) { return t >= TokenType::kEqlC && t <= TokenType::kGtr; }
constexpr bool IsSetOperator(TokenType t) {
  return t == TokenType::kAnd || t == TokenType::kOr || t == TokenType::kUnless;
}
/// Arithmetic makes something new of a series; a comparison leaves it what it was, and so does
/// atan2 in Prometheus 2.42.
constexpr bool DropsMetricName(TokenType t) { return !IsComparison(t) && t != TokenType::kAtan2; }
/// The aggregations with a parameter before the vector.
constexpr bool TakesParameter(TokenType t) {
  return t == TokenType::kTopK || t == TokenType::kBottomK || t == TokenType::kCountValues ||
         t == TokenType::kQuantile;
}

/// Bytes [begin, end) of the query.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

struct Token {
  TokenType type = TokenType::kEof;
  size_t position = 0;
  std::string text{};  // as written; of an error, the message

  Span span() const { return {position, position + text.size()}; }
};

/// The token type of a keyword, operator word or aggregation in lower case, of "inf" and "nan";
/// kIdentifier when it is none.
TokenType FindKeyword(std::string_view lower_case);

/// As it is written: "sum", "==", "and".
std::string_view Spelling(TokenType type);

/// What a message calls the token: `identifier "foo"`, `<aggr:sum>`, `end of input`.
std::string Describe(const Token& token);

}  // namespace kizashi::promql
