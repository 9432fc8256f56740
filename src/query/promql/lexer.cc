#include "query/promql/lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

using enum TokenType;

constexpr std::string_view kDigits = "0123456789";

uint32_t DigitValue(char32_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

}  // namespace

bool IsLabelName(std::string_view text) {
  if (text.empty() || !IsAlpha(static_cast<unsigned char>(text[0]))) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphaNumeric(static_cast<unsigned char>(c)); });
}

char32_t Lexer::Advance() {
  if (at_ >= text_.size()) {
    width_ = 0;
    return kEnd;
  }
  const char32_t c = DecodeRune(text_.substr(at_), &width_);
  at_ += width_;
  return c;
}

char32_t Lexer::Peek() {
  const char32_t c = Advance();
  Backup();
  return c;
}

bool Lexer::Accept(std::string_view set) {
  const char32_t c = Advance();
  if (c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos) return true;
  Backup();
  return false;
}

void Lexer::AcceptRun(std::string_view set) {
  while (Accept(set)) {
  }
}

Token Lexer::Emit(TokenType type) {
  Token token{type, start_, std::string(text_.substr(start_, at_ - start_))};
  start_ = at_;
  return token;
}

Token Lexer::Fail(std::string message) {
  state_ = State::kDone;
  return {kError, start_, std::move(message)};
}

void Lexer::SkipSpace() {
  while (IsSpace(Peek())) Advance();
  start_ = at_;
}

void Lexer::SkipComment() {
  while (true) {
    const char32_t c = Advance();
    if (c == '\n' || c == '\r' || c == kEnd) break;
  }
  Backup();
  start_ = at_;
}

Token Lexer::Next() {
  if (duration_next_) {
    duration_next_ = false;
    return BracketDuration();
  }
  while (state_ == State::kStatements || state_ == State::kInsideBraces) {
    if (AtComment()) {
      SkipComment();
    } else if (IsSpace(Peek())) {
      SkipSpace();
    } else {
      break;
    }
  }
  switch (state_) {
    case State::kStatements: return Statement();
    case State::kInsideBraces: return InsideBraces();
    case State::kValues: return Value();
    case State::kDone: break;
  }
  return {kEof, start_, ""};
}

Token Lexer::Statement() {
  const char32_t c = Advance();
  switch (c) {
    case kEnd:
      if (paren_depth_ != 0) return Fail("unclosed left parenthesis");
      if (bracket_open_) return Fail("unclosed left bracket");
      state_ = State::kDone;
      return Emit(kEof);
    case ',': return Emit(kComma);
    case '*': return Emit(kMul);
    case '/': return Emit(kDiv);
    case '%': return Emit(kMod);
    case '+': return Emit(kAdd);
    case '-': return Emit(kSub);
    case '^': return Emit(kPow);
    case '@': return Emit(kAt);
    case '=':
    case '!':
    case '<':
    case '>': return Comparison(c);
    case '"':
    case '\'': return String(c);
    case '`': return RawString();
    case '(':
    case ')': return Paren(c);
    case '[':
    case ']': return Bracket(c);
    case '{': state_ = State::kInsideBraces; return Emit(kLeftBrace);
    default: break;
  }
  if (IsDigit(c) || (c == '.' && IsDigit(Peek()))) {
    at_ = start_;
    return NumberOrDuration();
  }
  if (IsAlpha(c) || c == ':') {
    if (!bracket_open_) {
      at_ = start_;
      return KeywordOrIdentifier();
    }
    // Inside brackets any letter is taken for the colon: so does Prometheus.
    if (got_colon_) return Fail(fmt::format("unexpected colon {}", QuoteRune(c)));
    got_colon_ = true;
    return Emit(kColon);
  }
  return Fail(fmt::format("unexpected character: {}", QuoteRune(c)));
}

Token Lexer::Comparison(char32_t c) {
  const char32_t next = Advance();
  if (c == '!') {
    if (next == '=') return Emit(kNeq);
    return Fail(fmt::format("unexpected character after '!': {}",
                            QuoteRune(next == kEnd ? kRuneError : next)));
  }
  if (next == '=') return Emit(c == '=' ? kEqlC : c == '<' ? kLte : kGte);
  Backup();
  if (c == '=') {
    if (next == '~') return Fail("unexpected character after '=': '~'");
    return Emit(kEqual);
  }
  return Emit(c == '<' ? kLss : kGtr);
}

Token Lexer::Paren(char32_t c) {
  if (c == '(') {
    ++paren_depth_;
    return Emit(kLeftParen);
  }
  Token token = Emit(kRightParen);
  if (--paren_depth_ < 0) return Fail("unexpected right parenthesis ')'");
  return token;
}

Token Lexer::Bracket(char32_t c) {
  if (c == ']') {
    if (!bracket_open_) return Fail("unexpected right bracket ']'");
    bracket_open_ = false;
    return Emit(kRightBracket);
  }
  if (bracket_open_) return Fail("unexpected left bracket '['");
  got_colon_ = false;
  Token token = Emit(kLeftBracket);
  SkipSpace();
  bracket_open_ = true;
  duration_next_ = true;
  return token;
}

Token Lexer::InsideBraces() {
  const char32_t c = Advance();
  switch (c) {
    case kEnd: return Fail("unexpected end of input inside braces");
    case ',': return Emit(kComma);
    case '"':
    case '\'': return String(c);
    case '`': return RawString();
    case '=':
      if (Accept("~")) return Emit(kEqlRegex);
      return Emit(kEqual);
    case '!': {
      const char32_t next = Advance();
      if (next == '~') return Emit(kNeqRegex);
      if (next == '=') return Emit(kNeq);
      return Fail(fmt::format("unexpected character after '!' inside braces: {}",
                              QuoteRune(next == kEnd ? kRuneError : next)));
    }
    case '{': return Fail("unexpected left brace '{'");
    case '}':
      state_ = series_description_ ? State::kValues : State::kStatements;
      return Emit(kRightBrace);
    default: break;
  }
  if (!IsAlpha(c)) {
    return Fail(fmt::format("unexpected character inside braces: {}", QuoteRune(c)));
  }
  while (IsAlphaNumeric(Advance())) {
  }
  Backup();
  return Emit(kIdentifier);
}

Token Lexer::Value() {
  const char32_t c = Advance();
  switch (c) {
    case kEnd: state_ = State::kStatements; return Statement();
    case '+': return Emit(kAdd);
    case '-': return Emit(kSub);
    case 'x': return Emit(kTimes);
    case '_': return Emit(kBlank);
    default: break;
  }
  if (IsSpace(c)) {
    Token token = Emit(kSpace);
    SkipSpace();
    return token;
  }
  if (IsDigit(c) || (c == '.' && IsDigit(Peek()))) {
    at_ = start_;
    return ValueNumber();
  }
  if (IsAlpha(c)) {
    at_ = start_;
    return KeywordOrIdentifier();
  }
  return Fail(fmt::format("unexpected character in series sequence: {}", QuoteRune(c)));
}

Token Lexer::KeywordOrIdentifier() {
  while (true) {
    const char32_t c = Advance();
    if (!IsAlphaNumeric(c) && c != ':') break;
  }
  Backup();
  std::string word(text_.substr(start_, at_ - start_));
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  TokenType type = FindKeyword(word);
  if (type == kIdentifier && word.find(':') != std::string::npos) type = kMetricIdentifier;
  if (series_description_ && Peek() != '{') state_ = State::kValues;
  return Emit(type);
}

bool Lexer::ScanNumber() {
  std::string_view digits = kDigits;
  // No hexadecimal in the description of a series, where `0x3` means "three more zeros".
  if (!series_description_ && Accept("0") && Accept("xX")) digits = "0123456789abcdefABCDEF";
  AcceptRun(digits);
  if (Accept(".")) AcceptRun(digits);
  if (Accept("eE")) {
    Accept("+-");
    AcceptRun(kDigits);
  }
  const char32_t c = Peek();
  return (series_description_ && c == 'x') || !IsAlphaNumeric(c);
}

bool Lexer::AcceptRemainingDuration() {
  if (!Accept("smhdwy")) return false;
  Accept("s");  // "ms"; what is no unit is found when the duration is read
  while (Accept(kDigits)) {
    AcceptRun(kDigits);
    if (!Accept("smhdw")) return false;
    Accept("s");
  }
  return !IsAlphaNumeric(Advance());
}

Token Lexer::BracketDuration() {
  if (ScanNumber()) return Fail("missing unit character in duration");
  if (!AcceptRemainingDuration()) {
    return Fail(
        fmt::format("bad duration syntax: {}", QuoteGo(text_.substr(start_, at_ - start_))));
  }
  Backup();
  return Emit(kDuration);
}

Token Lexer::NumberOrDuration() {
  if (ScanNumber()) return Emit(kNumber);
  if (AcceptRemainingDuration()) {
    Backup();
    return Emit(kDuration);
  }
  return Fail(fmt::format("bad number or duration syntax: {}",
                          QuoteGo(text_.substr(start_, at_ - start_))));
}

Token Lexer::ValueNumber() {
  if (ScanNumber()) return Emit(kNumber);
  return Fail(fmt::format("bad number syntax: {}", QuoteGo(text_.substr(start_, at_ - start_))));
}

Token Lexer::String(char32_t quote) {
  while (true) {
    const char32_t c = Advance();
    if (c == quote) return Emit(kString);
    if (c == kEnd || c == '\n') return Fail("unterminated quoted string");
    if (c == kRuneError) return Fail("invalid UTF-8 rune");
    if (c == '\\') {
      if (std::string wrong = Escape(quote); !wrong.empty()) return Fail(std::move(wrong));
    }
  }
}

Token Lexer::RawString() {
  while (true) {
    const char32_t c = Advance();
    if (c == '`') return Emit(kString);
    if (c == kEnd) return Fail("unterminated raw string");
    if (c == kRuneError) return Fail("invalid UTF-8 rune");
  }
}

std::string Lexer::Escape(char32_t quote) {
  char32_t c = Advance();
  if (c == kEnd) return "escape sequence not terminated";
  if (c == quote || (c < 0x80 && std::string_view("abfnrtv\\").find(static_cast<char>(c)) !=
                                     std::string_view::npos)) {
    return {};
  }
  int count = 0;
  uint32_t base = 16;
  uint32_t max = 0x10ffff;
  if (c >= '0' && c <= '7') {
    count = 3;
    base = 8;
    max = 255;
  } else if (c == 'x' || c == 'u' || c == 'U') {
    count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
    if (c == 'x') max = 255;
    c = Advance();
  } else {
    return fmt::format("unknown escape sequence {}", DescribeRune(c));
  }
  uint32_t value = 0;
  for (; count > 0; --count) {
    const uint32_t digit = c == kEnd ? base : DigitValue(c);
    if (c == kEnd) return "escape sequence not terminated";
    if (digit >= base) {
      return fmt::format("illegal character {} in escape sequence", DescribeRune(c));
    }
    value = value * base + digit;
    if (count > 1) c = Advance();
  }
  if (value > max || (value >= 0xd800 && value < 0xe000)) {
    return "escape sequence is an invalid Unicode code point";
  }
  return {};
}

}  // namespace kizashi::promql
