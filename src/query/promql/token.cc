#include "query/promql/token.h"

#include <fmt/core.h>

#include <array>
#include <utility>

#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

using enum TokenType;

constexpr std::array<std::pair<std::string_view, TokenType>, 26> kWords = {{
    {"and", kAnd},
    {"or", kOr},
    {"unless", kUnless},
    {"atan2", kAtan2},
    {"sum", kSum},
    {"avg", kAvg},
    {"count", kCount},
    {"min", kMin},
    {"max", kMax},
    {"group", kGroup},
    {"stddev", kStddev},
    {"stdvar", kStdvar},
    {"topk", kTopK},
    {"bottomk", kBottomK},
    {"count_values", kCountValues},
    {"quantile", kQuantile},
    {"offset", kOffset},
    {"by", kBy},
    {"without", kWithout},
    {"on", kOn},
    {"ignoring", kIgnoring},
    {"group_left", kGroupLeft},
    {"group_right", kGroupRight},
    {"bool", kBool},
    {"start", kStart},
    {"end", kEnd},
}};

constexpr std::array<std::pair<std::string_view, TokenType>, 26> kSigns = {{
    {"(", kLeftParen},   {")", kRightParen},   {"{", kLeftBrace}, {"}", kRightBrace},
    {"[", kLeftBracket}, {"]", kRightBracket}, {",", kComma},     {"=", kEqual},
    {":", kColon},       {"_", kBlank},        {"x", kTimes},     {"<space>", kSpace},
    {"-", kSub},         {"+", kAdd},          {"*", kMul},       {"%", kMod},
    {"/", kDiv},         {"==", kEqlC},        {"!=", kNeq},      {"<=", kLte},
    {"<", kLss},         {">=", kGte},         {">", kGtr},       {"=~", kEqlRegex},
    {"!~", kNeqRegex},   {"^", kPow},
}};

/// Prometheus has no name for `@` and prints the token's number in its grammar.
constexpr std::string_view kNameOfAt = "<Item 57385>";

// How Go's default format shows a token.
std::string Show(const Token& token) {
  if (token.type == kError) return token.text;
  if (token.type == kIdentifier || token.type == kMetricIdentifier) return QuoteGo(token.text);
  if (IsKeyword(token.type)) return fmt::format("<{}>", token.text);
  if (IsOperator(token.type)) return fmt::format("<op:{}>", token.text);
  if (IsAggregator(token.type)) return fmt::format("<aggr:{}>", token.text);
  if (token.text.size() > 10) return QuoteGo(FirstRunes(token.text, 10)) + "...";
  return QuoteGo(token.text);
}

}  // namespace

TokenType FindKeyword(std::string_view lower_case) {
  for (const auto& [word, type] : kWords) {
    if (word == lower_case) return type;
  }
  return lower_case == "inf" || lower_case == "nan" ? kNumber : kIdentifier;
}

std::string_view Spelling(TokenType type) {
  for (const auto& [sign, t] : kSigns) {
    if (t == type) return sign;
  }
  for (const auto& [word, t] : kWords) {
    if (t == type) return word;
  }
  return "";
}

std::string Describe(const Token& token) {
  switch (token.type) {
    case kEof: return "end of input";
    case kError: return "error " + token.text;
    case kIdentifier: return "identifier " + Show(token);
    case kMetricIdentifier: return "metric identifier " + Show(token);
    case kString: return "string " + Show(token);
    case kNumber: return "number " + Show(token);
    case kDuration: return "duration " + Show(token);
    case kAt: return fmt::format("\"{}\" {}", kNameOfAt, Show(token));
    default: return Show(token);
  }
}

}  // namespace kizashi::promql
