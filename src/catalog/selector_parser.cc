#include "catalog/selector_parser.h"

#include <algorithm>

#include "catalog/go_string.h"
#include "catalog/regex.h"
#include "wire/yaml_position.h"

namespace kizashi {
namespace {

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }

/// Recursive descent without the recursion: the grammar is flat. Every Read... returns false once
/// `error_` is set.
class Parser {
 public:
  Parser(std::string_view text, SelectorError* error) : text_(text), error_(error) {}

  std::optional<Selector> Parse() {
    if (text_.size() > kSelectorBytesMax) {
      Fail(0, fmt::format("{} bytes", text_.size()),
           fmt::format("a selector of at most {} bytes", kSelectorBytesMax));
      return std::nullopt;
    }
    if (const auto bad = FindNotText(text_)) {
      Fail(*bad, "a byte that is no text", "text in UTF-8");
      return std::nullopt;
    }
    SkipSpace();
    const size_t start = at_;
    if (!AtEnd() && (IsNameStart(Peek()) || Peek() == ':')) {
      while (!AtEnd() && (IsNameStart(Peek()) || IsDigit(Peek()) || Peek() == ':')) ++at_;
      metric_ = std::string(text_.substr(start, at_ - start));
      SkipSpace();
      if (!AtEnd() && Peek() == '{' && !ReadBraces()) return std::nullopt;
    } else if (AtEnd() || Peek() != '{') {
      FailHere("a metric's name or {label=\"value\"}");
      return std::nullopt;
    } else if (!ReadBraces()) {
      return std::nullopt;
    }
    SkipSpace();
    if (!AtEnd()) {
      FailHere("the end of the selector");
      return std::nullopt;
    }
    return Finish();
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return text_[at_]; }

  /// White space and comments.
  void SkipSpace() {
    while (!AtEnd()) {
      if (Peek() == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool Fail(size_t offset, std::string found, std::string expected) {
    const std::string_view before = text_.substr(0, offset);
    const auto characters = std::count_if(before.begin(), before.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    });
    *error_ = {static_cast<int>(characters) + 1, std::move(found), std::move(expected)};
    return false;
  }

  bool FailHere(std::string expected) {
    if (AtEnd()) return Fail(at_, "the end", std::move(expected));
    const size_t length = std::max<size_t>(Utf8Length(text_.substr(at_)), 1);
    return Fail(at_, fmt::format("'{}'", text_.substr(at_, length)), std::move(expected));
  }

  bool ReadBraces() {
    ++at_;
    while (true) {
      SkipSpace();
      if (!AtEnd() && Peek() == '}') break;
      if (!ReadMatcher()) return false;
      SkipSpace();
      if (!AtEnd() && Peek() == ',') {
        ++at_;
      } else if (AtEnd() || Peek() != '}') {
        return FailHere("',' or '}'");
      }
    }
    ++at_;
    return true;
  }

  /// `label="value"`, `"quoted.label"="value"` or, for the metric, `"quoted.name"`.
  bool ReadMatcher() {
    LabelMatcher matcher;
    const size_t start = at_;
    const bool quoted = !AtEnd() && IsQuote(Peek());
    if (quoted) {
      if (!ReadString(&matcher.name)) return false;
    } else {
      if (AtEnd() || !IsNameStart(Peek())) return FailHere("a label's name or '}'");
      while (!AtEnd() && (IsNameStart(Peek()) || IsDigit(Peek()))) ++at_;
      matcher.name = std::string(text_.substr(start, at_ - start));
    }
    if (matcher.name.empty()) return Fail(start, "an empty name", "a label's name");
    SkipSpace();
    if (quoted && !AtEnd() && (Peek() == ',' || Peek() == '}')) {
      if (metric_) return Fail(start, "a second metric name", "the metric's name once");
      metric_ = std::move(matcher.name);
      return true;
    }
    if (!ReadOperator(&matcher.op)) return false;
    SkipSpace();
    if (AtEnd() || !IsQuote(Peek())) return FailHere("a value in quotes");
    const size_t value_start = at_;
    if (!ReadString(&matcher.value)) return false;
    return AddMatcher(std::move(matcher), start, value_start);
  }

  bool ReadOperator(LabelMatcher::Op* op) {
    const std::string_view two = text_.substr(std::min(at_, text_.size()), 2);
    size_t length = 2;
    if (two == "!=") {
      *op = LabelMatcher::Op::kNotEqual;
    } else if (two == "=~") {
      *op = LabelMatcher::Op::kRegex;
    } else if (two == "!~") {
      *op = LabelMatcher::Op::kNotRegex;
    } else if (two.starts_with('=')) {
      *op = LabelMatcher::Op::kEqual;
      length = 1;
    } else {
      return FailHere("=, !=, =~ or !~");
    }
    at_ += length;
    return true;
  }

  bool ReadString(std::string* value) {
    GoStringError bad;
    const size_t start = at_;
    const size_t length = UnquoteGoString(text_.substr(at_), value, &bad);
    if (length == 0) return Fail(start + bad.offset, bad.found, bad.expected);
    at_ += length;
    return true;
  }

  bool AddMatcher(LabelMatcher matcher, size_t start, size_t value_start) {
    if (matcher.name == kMetricName && metric_) {
      return Fail(start, "a second metric name", "the metric's name once");
    }
    const bool negative =
        matcher.op == LabelMatcher::Op::kNotEqual || matcher.op == LabelMatcher::Op::kNotRegex;
    bool holds_for_absent = matcher.value.empty() != negative;
    if (matcher.op == LabelMatcher::Op::kRegex || matcher.op == LabelMatcher::Op::kNotRegex) {
      const auto regex = Regex::Compile(matcher.value);
      if (!regex.ok()) {
        return Fail(value_start, fmt::format("'{}'", matcher.value),
                    fmt::format("a regular expression ({})", Message(regex.status())));
      }
      holds_for_absent = regex->Matches("") != negative;
    }
    narrows_ = narrows_ || !holds_for_absent;
    selector_.matchers.push_back(std::move(matcher));
    return true;
  }

  /// One place for the metric's name, so that equal selectors compare equal: in front.
  std::optional<Selector> Finish() {
    auto& matchers = selector_.matchers;
    const auto is_name = [](const LabelMatcher& m) { return m.name == kMetricName; };
    if (metric_) {
      if (std::any_of(matchers.begin(), matchers.end(), is_name)) {
        Fail(0, "two metric names", "the metric's name once");
        return std::nullopt;
      }
      matchers.insert(matchers.begin(),
                      LabelMatcher{std::string(kMetricName), LabelMatcher::Op::kEqual, *metric_});
    } else if (std::count_if(matchers.begin(), matchers.end(), is_name) == 1) {
      const auto name = std::find_if(matchers.begin(), matchers.end(), is_name);
      if (name->op == LabelMatcher::Op::kEqual) std::rotate(matchers.begin(), name, name + 1);
    }
    if (!metric_ && !narrows_) {
      Fail(0, "a selector of everything", "at least one matcher that an absent label fails");
      return std::nullopt;
    }
    return std::move(selector_);
  }

  std::string_view text_;
  SelectorError* error_;
  size_t at_ = 0;
  std::optional<std::string> metric_;
  Selector selector_;
  bool narrows_ = false;  // some matcher does not hold for an absent label
};

}  // namespace

std::optional<Selector> ParseSelector(std::string_view text, SelectorError* error) {
  return Parser(text, error).Parse();
}

}  // namespace kizashi
