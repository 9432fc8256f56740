#include "act/alert/matcher.h"

#include <array>
#include <cctype>
#include <tuple>
#include <utility>

#include "wire/yaml_position.h"

namespace kizashi::alerts {
namespace {

using Type = Matcher::Type;

// The longer ones first: of `=~` the `=` alone must not be taken.
constexpr std::array<std::pair<std::string_view, Type>, 4> kOperators = {
    {{"=~", Type::kRegex}, {"!~", Type::kNotRegex}, {"!=", Type::kNotEqual}, {"=", Type::kEqual}}};

std::string_view OperatorOf(Type type) {
  for (const auto& [text, of] : kOperators) {
    if (of == type) return text;
  }
  return "";
}

bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// The length of a name at the start of `text`: letters, digits, `_` and `:`.
size_t NameLength(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const auto c = static_cast<unsigned char>(text[length]);
    const bool fits =
        std::isalpha(c) != 0 || c == '_' || c == ':' || (length > 0 && std::isdigit(c) != 0);
    if (!fits || c >= 0x80) break;
    ++length;
  }
  return length;
}

// The length of a text in double quotes at the start of `text`, with both; 0 when there is none.
size_t QuotedLength(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

// OpenMetrics' escapes; a lone backslash stands for itself.
StatusOr<std::string> Unescape(std::string_view raw, std::string_view whole) {
  const bool quoted = raw.starts_with('"');
  std::string_view rest = raw;
  if (quoted) {
    rest.remove_prefix(1);
    if (!rest.ends_with('"')) {
      return InvalidArgument("matcher value contains unescaped double quote: {}", whole);
    }
    rest.remove_suffix(1);
  }
  std::string value;
  for (size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '"') {
      return InvalidArgument("matcher value contains unescaped double quote: {}", whole);
    }
    if (c != '\\' || i + 1 == rest.size()) {
      // A quote that the last backslash escapes does not end the text.
      if (c == '\\' && quoted) {
        return InvalidArgument("matcher value contains unescaped double quote: {}", whole);
      }
      value += c;
      continue;
    }
    const char next = rest[++i];
    if (next == 'n') {
      value += '\n';
    } else if (next == '"' || next == '\\') {
      value += next;
    } else {
      value += '\\';
      value += next;
    }
  }
  return value;
}

bool IsText(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

StatusOr<Matcher> Matcher::Make(Type type, std::string name, std::string value) {
  if (name.size() + value.size() > kMatcherBytesMax) {
    return InvalidArgument("the matcher has {} bytes, the most are {}", name.size() + value.size(),
                           kMatcherBytesMax);
  }
  Matcher matcher;
  matcher.type_ = type;
  matcher.name_ = std::move(name);
  matcher.value_ = std::move(value);
  if (matcher.is_regex()) {
    // Alertmanager's dot does not match a line feed.
    auto regex = Regex::Compile("(?-s:" + matcher.value_ + ")");
    if (!regex.ok()) {
      return InvalidArgument("error parsing regexp {}: {}", matcher.value_,
                             Message(regex.status()));
    }
    matcher.regex_ = *std::move(regex);
  }
  return matcher;
}

bool Matcher::Matches(std::string_view value) const {
  switch (type_) {
    case Type::kEqual: return value == value_;
    case Type::kNotEqual: return value != value_;
    case Type::kRegex: return regex_->Matches(value);
    case Type::kNotRegex: return !regex_->Matches(value);
  }
  return false;
}

std::string Matcher::ToString() const {
  std::string text = NameLength(name_) == name_.size() ? name_ : '"' + name_ + '"';
  text += OperatorOf(type_);
  text += '"';
  for (const char c : value_) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

bool operator<(const Matcher& a, const Matcher& b) {
  return std::tie(a.name_, a.value_, a.type_) < std::tie(b.name_, b.value_, b.type_);
}

bool AllMatch(const Matchers& matchers, const Labels& labels) {
  for (const Matcher& matcher : matchers) {
    if (!matcher.Matches(labels.Get(matcher.name()))) return false;
  }
  return true;
}

std::string MatchersText(const Matchers& matchers) {
  std::string text = "{";
  for (const Matcher& matcher : matchers) {
    if (text.size() > 1) text += ',';
    text += matcher.ToString();
  }
  return text + "}";
}

StatusOr<Matcher> ParseMatcher(std::string_view text) {
  std::string_view rest = Trim(text);
  std::string name;
  if (const size_t quoted = QuotedLength(rest); quoted > 2) {
    KZ_ASSIGN_OR_RETURN(name, Unescape(rest.substr(0, quoted), text));
    rest.remove_prefix(quoted);
  } else {
    const size_t length = NameLength(rest);
    name = rest.substr(0, length);
    rest.remove_prefix(length);
  }
  rest = Trim(rest);
  if (name.empty()) return InvalidArgument("bad matcher format: {}", text);
  for (const auto& [sign, type] : kOperators) {
    if (!rest.starts_with(sign)) continue;
    const std::string_view raw = Trim(rest.substr(sign.size()));
    if (!IsText(raw)) return InvalidArgument("matcher value not valid UTF-8: {}", text);
    if (raw == "\"") {
      return InvalidArgument("matcher value contains unescaped double quote: {}", text);
    }
    KZ_ASSIGN_OR_RETURN(std::string value, Unescape(raw, text));
    return Matcher::Make(type, std::move(name), std::move(value));
  }
  return InvalidArgument("bad matcher format: {}", text);
}

StatusOr<Matchers> ParseMatchers(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  Matchers matchers;
  bool inside = false;
  bool escaped = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool at_end = i == text.size();
    if (!at_end && (inside || text[i] != ',')) {
      const char c = text[i];
      if (c == '"' && !escaped) inside = !inside;
      escaped = c == '\\' && !escaped;
      continue;
    }
    const std::string_view token = text.substr(begin, i - begin);
    begin = i + 1;
    if (at_end && Trim(token).empty()) break;  // behind the last comma
    if (matchers.size() == kMatchersMax) {
      return InvalidArgument("more than {} matchers", kMatchersMax);
    }
    KZ_ASSIGN_OR_RETURN(Matcher matcher, ParseMatcher(token));
    matchers.push_back(std::move(matcher));
  }
  return matchers;
}

void WriteMatchers(const Matchers& matchers, ByteWriter* out) {
  out->Varint(matchers.size());
  for (const Matcher& matcher : matchers) {
    out->U8(static_cast<uint8_t>(matcher.type()));
    out->String(matcher.name());
    out->String(matcher.value());
  }
}

bool ReadMatchers(ByteReader* in, Matchers* matchers) {
  const uint64_t count = in->Varint();
  if (!in->ok() || count > kMatchersMax) return false;
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t type = in->U8();
    std::string name(in->String());
    std::string value(in->String());
    if (!in->ok() || type > static_cast<uint8_t>(Type::kNotRegex)) return false;
    auto matcher = Matcher::Make(static_cast<Type>(type), std::move(name), std::move(value));
    if (!matcher.ok()) return false;
    matchers->push_back(*std::move(matcher));
  }
  return true;
}

}  // namespace kizashi::alerts
