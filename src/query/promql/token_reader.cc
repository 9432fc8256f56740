#include "query/promql/token_reader.h"

#include <fmt/core.h>

#include <charconv>
#include <utility>

#include "catalog/go_string.h"
#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

using enum TokenType;

/// strconv.ParseInt with base 0, for numbers without a sign: hexadecimal, and octal after a zero.
std::optional<int64_t> ParseInteger(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  int64_t value = 0;
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const Token& TokenReader::Peek() {
  if (next_) return *next_;
  next_ = lexer_.Next();
  switch (next_->type) {
    case kError: Fail({next_->position, text_.size()}, next_->text); break;
    case kRightBrace:
    case kRightParen:
    case kRightBracket:
    case kDuration:
    case kNumber: last_closing_ = next_->span().end; break;
    default: break;
  }
  return *next_;
}

Token TokenReader::Take() {
  Peek();
  Token token = *std::move(next_);
  next_.reset();
  return token;
}

bool TokenReader::TakeIf(TokenType type) {
  if (PeekType() != type) return false;
  Take();
  return true;
}

bool TokenReader::Unexpected(std::string_view context, std::string_view expected) {
  const Token& token = Peek();
  std::string message = "unexpected " + Describe(token);
  if (!context.empty()) message += fmt::format(" in {}", context);
  if (!expected.empty()) message += fmt::format(", expected {}", expected);
  return Fail(token.span(), std::move(message));
}

bool TokenReader::Fail(Span span, std::string message) {
  if (!error_) error_ = Error{span, std::move(message)};
  return false;
}

Status TokenReader::status() const {
  const size_t position = error_->span.begin;
  if (position > text_.size()) {
    return InvalidArgument("invalid position: parse error: {}", error_->message);
  }
  size_t line = 1;
  size_t line_begin = 0;
  for (size_t i = 0; i < position; ++i) {
    if (text_[i] == '\n') {
      ++line;
      line_begin = i + 1;
    }
  }
  return InvalidArgument("{}:{}: parse error: {}", line, position - line_begin + 1,
                         error_->message);
}

bool TokenReader::Unquote(const Token& token, std::string* value) {
  GoStringError error;
  if (UnquoteGoString(token.text, value, &error) == token.text.size()) return true;
  return Fail(token.span(),
              fmt::format("error unquoting string {}: invalid syntax", QuoteGo(token.text)));
}

bool TokenReader::ReadNumber(const Token& token, double* value) {
  if (const auto integer = ParseInteger(token.text)) {
    *value = static_cast<double>(*integer);
    return true;
  }
  bool out_of_range = false;
  if (const auto number = ParseGoFloat(token.text, &out_of_range)) {
    *value = *number;
    return true;
  }
  return Fail(token.span(), fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}",
                                        QuoteGo(token.text),
                                        out_of_range ? "value out of range" : "invalid syntax"));
}

}  // namespace kizashi::promql
