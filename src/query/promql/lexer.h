// Cuts a PromQL query into tokens, one at a time, with the errors of Prometheus 2.42.
//
// Total: any bytes give tokens that end with kEof or one kError. The text must outlive the lexer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "query/promql/token.h"

namespace kizashi::promql {

class Lexer {
 public:
  /// `series_description`: reads `name{...} 1+2x3 _ stale`, the tests' notation, instead of a
  /// query.
  explicit Lexer(std::string_view text, bool series_description = false)
      : text_(text), series_description_(series_description) {}

  /// The next token; comments are left out. After an error, kEof for ever.
  Token Next();

 private:
  enum class State { kStatements, kInsideBraces, kValues, kDone };
  static constexpr char32_t kEnd = 0xffffffff;

  char32_t Advance();
  void Backup() { at_ -= width_; }
  char32_t Peek();
  bool Accept(std::string_view set);
  void AcceptRun(std::string_view set);
  bool AtComment() const { return text_.substr(at_).starts_with('#'); }

  Token Emit(TokenType type);
  Token Fail(std::string message);
  void SkipSpace();
  void SkipComment();

  Token Statement();
  Token Comparison(char32_t c);
  Token Bracket(char32_t c);
  Token Paren(char32_t c);
  Token InsideBraces();
  Token Value();
  Token BracketDuration();
  Token NumberOrDuration();
  Token ValueNumber();
  Token KeywordOrIdentifier();
  Token String(char32_t quote);
  Token RawString();
  /// Nothing, or what is wrong with the escape behind a backslash.
  std::string Escape(char32_t quote);
  bool ScanNumber();
  bool AcceptRemainingDuration();

  std::string_view text_;
  bool series_description_;
  size_t at_ = 0;
  size_t start_ = 0;
  size_t width_ = 0;
  State state_ = State::kStatements;
  bool duration_next_ = false;  // behind a left bracket
  int paren_depth_ = 0;
  bool bracket_open_ = false;
  bool got_colon_ = false;
};

constexpr bool IsAlpha(char32_t c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
constexpr bool IsAlphaNumeric(char32_t c) { return IsAlpha(c) || IsDigit(c); }
constexpr bool IsSpace(char32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
/// `[a-zA-Z_][a-zA-Z0-9_]*`
bool IsLabelName(std::string_view text);

}  // namespace kizashi::promql
