#include "query/rules/template_tokens.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "query/promql/go_text.h"

namespace kizashi::rules {
namespace {

using Type = TemplateToken::Type;

constexpr std::string_view kSpaces = " \t\r\n";

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t NameLength(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && (IsLetter(text[length]) || IsDigit(text[length]))) ++length;
  return length;
}

// One escape of Go's strings, behind the backslash; false when it is none.
bool Unescape(std::string_view* rest, std::string* out) {
  if (rest->empty()) return false;
  const char c = (*rest)[0];
  constexpr std::string_view kNames = "abfnrtv\\\"'";
  constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\\"'";
  if (const size_t i = kNames.find(c); i != std::string_view::npos) {
    *out += kMeant[i];
    rest->remove_prefix(1);
    return true;
  }
  const bool octal = c >= '0' && c <= '7';
  const size_t digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (!octal) rest->remove_prefix(1);
  if (digits == 0 || rest->size() < digits) return false;
  uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(rest->data(), rest->data() + digits, number, octal ? 8 : 16);
  if (error != std::errc() || end != rest->data() + digits) return false;
  rest->remove_prefix(digits);
  if (octal || c == 'x') {
    if (number > 255) return false;
    *out += static_cast<char>(number);
    return true;
  }
  if (number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) return false;
  const auto add = [out](uint32_t byte) { *out += static_cast<char>(byte); };
  if (number < 0x80) {
    add(number);
  } else if (number < 0x800) {
    add(0xc0 | number >> 6);
    add(0x80 | (number & 0x3f));
  } else if (number < 0x10000) {
    add(0xe0 | number >> 12);
    add(0x80 | (number >> 6 & 0x3f));
    add(0x80 | (number & 0x3f));
  } else {
    add(0xf0 | number >> 18);
    add(0x80 | (number >> 12 & 0x3f));
    add(0x80 | (number >> 6 & 0x3f));
    add(0x80 | (number & 0x3f));
  }
  return true;
}

}  // namespace

std::string TemplateToken::Describe() const {
  return fmt::format("<{}>", type == Type::kSpace ? "space" : text);
}

int TemplateTokens::line() const {
  const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
  return static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
}

bool TemplateTokens::Text(std::string* text) {
  if (inside_) return false;
  std::string_view found = Rest();
  const size_t open = found.find("{{");
  const bool ends = open == std::string_view::npos;
  if (!ends) found = found.substr(0, open);
  at_ += found.size();
  if (trim_next_) {
    found.remove_prefix(std::min(found.find_first_not_of(kSpaces), found.size()));
    trim_next_ = false;
  }
  if (!ends) {
    at_ += 2;
    inside_ = true;
    if (Rest().size() >= 2 && Rest()[0] == '-' && kSpaces.find(Rest()[1]) != std::string::npos) {
      at_ += 1;
      const size_t last = found.find_last_not_of(kSpaces);
      found = last == std::string_view::npos ? std::string_view() : found.substr(0, last + 1);
      while (!Rest().empty() && kSpaces.find(Rest()[0]) != std::string::npos) ++at_;
    } else if (!Rest().starts_with("/*")) {
      while (!Rest().empty() && kSpaces.find(Rest()[0]) != std::string::npos) ++at_;
    }
  }
  text->assign(found);
  return true;
}

TemplateToken TemplateTokens::Take(Type type, size_t length) {
  TemplateToken token;
  token.type = type;
  token.text = Rest().substr(0, length);
  at_ += token.text.size();
  return token;
}

TemplateToken TemplateTokens::Error(std::string text) {
  TemplateToken token;
  token.text = std::move(text);
  return token;
}

TemplateToken TemplateTokens::Close(size_t length) {
  trim_next_ = length > 2;
  TemplateToken token = Take(Type::kRightDelimiter, length);
  token.text = "}}";
  inside_ = false;
  return token;
}

TemplateToken TemplateTokens::Comment(size_t length) {
  Take(Type::kComment, length);
  const std::string_view rest = Rest();
  const size_t spaces = std::min(rest.find_first_not_of(kSpaces), rest.size());
  if (spaces > 0 && rest.substr(spaces).starts_with("-}}")) {
    at_ += spaces;
    Close(3);
  } else if (rest.starts_with("}}")) {
    Close(2);
  } else {
    return Error("comment ends before closing delimiter");
  }
  TemplateToken token;
  token.type = Type::kComment;
  return token;
}

TemplateToken TemplateTokens::Next() {
  const std::string_view rest = Rest();
  if (rest.empty()) return Error("unclosed action");
  if (rest.starts_with("/*")) {
    const size_t end = rest.find("*/");
    if (end == std::string_view::npos) return Error("unclosed comment");
    return Comment(end + 2);
  }
  const size_t spaces = std::min(rest.find_first_not_of(kSpaces), rest.size());
  if (spaces > 0) {
    if (!rest.substr(spaces).starts_with("-}}")) return Take(Type::kSpace, spaces);
    at_ += spaces;
    return Close(3);
  }
  if (rest.starts_with("}}")) return Close(2);
  if (rest.starts_with(":=")) return Take(Type::kDeclare, 2);
  const char c = rest[0];
  switch (c) {
    case '=': return Take(Type::kAssign, 1);
    case '|': return Take(Type::kPipe, 1);
    case ',': return Take(Type::kComma, 1);
    case '(': return Take(Type::kLeftParenthesis, 1);
    case ')': return Take(Type::kRightParenthesis, 1);
    case '"': return Quoted();
    case '`': return Raw();
    case '\'': return Character();
    case '$': return Take(Type::kVariable, 1 + NameLength(rest.substr(1)));
    default: break;
  }
  if (c == '.' && (rest.size() < 2 || !IsDigit(rest[1]))) {
    const size_t length = NameLength(rest.substr(1));
    return Take(length == 0 ? Type::kDot : Type::kField, 1 + length);
  }
  if (c == '.' || c == '+' || c == '-' || IsDigit(c)) return Number();
  if (!IsLetter(c)) {
    return Error(fmt::format("unexpected {} in command", promql::QuoteGo(rest.substr(0, 1))));
  }
  TemplateToken token = Take(Type::kWord, NameLength(rest));
  if (token.text == "true" || token.text == "false") {
    token.type = Type::kLiteral;
    token.value = {token.text == "true"};
  } else if (token.text == "nil") {
    token.type = Type::kLiteral;
  }
  return token;
}

TemplateToken TemplateTokens::Quoted() {
  std::string value;
  std::string_view rest = Rest().substr(1);
  while (!rest.empty() && rest[0] != '"' && rest[0] != '\n') {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c != '\\') {
      value += c;
    } else if (!Unescape(&rest, &value)) {
      return Error("invalid syntax in a quoted string");
    }
  }
  if (rest.empty() || rest[0] != '"') return Error("unterminated quoted string");
  TemplateToken token = Take(Type::kLiteral, Rest().size() - rest.size() + 1);
  token.value = {std::move(value)};
  return token;
}

TemplateToken TemplateTokens::Raw() {
  const size_t end = Rest().find('`', 1);
  if (end == std::string_view::npos) return Error("unterminated raw quoted string");
  TemplateToken token = Take(Type::kLiteral, end + 1);
  token.value = {token.text.substr(1, end - 1)};
  return token;
}

TemplateToken TemplateTokens::Character() {
  std::string value;
  std::string_view rest = Rest().substr(1);
  if (rest.starts_with('\\')) {
    rest.remove_prefix(1);
    if (!Unescape(&rest, &value)) return Error("malformed character constant");
  } else if (!rest.empty() && rest[0] != '\'') {
    value = promql::FirstRunes(rest, 1);
    rest.remove_prefix(value.size());
  }
  if (value.empty() || !rest.starts_with('\'')) return Error("malformed character constant");
  size_t length = 0;
  const auto rune = static_cast<int64_t>(promql::DecodeRune(value, &length));
  TemplateToken token = Take(Type::kLiteral, Rest().size() - rest.size() + 1);
  token.value = {rune};
  return token;
}

TemplateToken TemplateTokens::Number() {
  const std::string_view rest = Rest();
  size_t length = 1;
  while (length < rest.size()) {
    const char c = rest[length];
    const bool sign =
        (c == '+' || c == '-') && (rest[length - 1] == 'e' || rest[length - 1] == 'E');
    if (!IsLetter(c) && !IsDigit(c) && c != '.' && !sign) break;
    ++length;
  }
  const std::string text(rest.substr(0, length));
  TemplateToken token = Take(Type::kLiteral, length);
  std::string digits = text;
  std::erase(digits, '_');
  const bool signed_number = digits[0] == '-' || digits[0] == '+';
  const std::string unsigned_digits = digits.substr(signed_number ? 1 : 0);
  const bool hex = unsigned_digits.starts_with("0x") || unsigned_digits.starts_with("0X");
  if (hex || digits.find_first_of(".eE") == std::string::npos) {
    int64_t number = 0;
    const std::string body = hex ? unsigned_digits.substr(2) : unsigned_digits;
    const auto [end, error] =
        std::from_chars(body.data(), body.data() + body.size(), number, hex ? 16 : 10);
    const bool whole = end == body.data() + body.size() && !body.empty() && body[0] != '-';
    if (error != std::errc() || !whole) {
      return Error(fmt::format("bad number syntax: {}", promql::QuoteGo(text)));
    }
    token.value = {digits[0] == '-' ? -number : number};
    return token;
  }
  bool out_of_range = false;
  const auto number = promql::ParseGoFloat(digits, &out_of_range);
  if (!number) return Error(fmt::format("bad number syntax: {}", promql::QuoteGo(text)));
  token.value = {*number};
  return token;
}

}  // namespace kizashi::rules
