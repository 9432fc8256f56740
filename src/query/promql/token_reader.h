// What the parsers of expressions and of series share: one token ahead, and the first error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "query/promql/lexer.h"

namespace kizashi::promql {

/// Prometheus' parser goes on after an error but reports the first one alone; so this one stops.
class TokenReader {
 public:
  TokenReader(std::string_view text, bool series_description)
      : text_(text), lexer_(text, series_description) {}

  /// The next token; reads it when it was not read yet. A token that is an error is reported.
  const Token& Peek();
  TokenType PeekType() { return Peek().type; }
  Token Take();
  bool TakeIf(TokenType type);

  /// Reports the next token. `context` and `expected` may be empty. Gives false.
  bool Unexpected(std::string_view context, std::string_view expected);
  /// Reports an error of its own, unless there is one. Gives false.
  bool Fail(Span span, std::string message);

  bool failed() const { return error_.has_value(); }
  /// "1:5: parse error: ..."; requires failed().
  Status status() const;
  std::string_view text() const { return text_; }
  /// Where the last closing token that was read ends.
  size_t last_closing() const { return last_closing_; }

  /// The value of a string literal or of a number as written; false after reporting.
  bool Unquote(const Token& token, std::string* value);
  bool ReadNumber(const Token& token, double* value);

 private:
  struct Error {
    Span span;
    std::string message;
  };
  std::string_view text_;
  Lexer lexer_;
  std::optional<Token> next_;
  std::optional<Error> error_;
  size_t last_closing_ = 0;
};

}  // namespace kizashi::promql
