#include "store/series/value_matcher.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr std::string_view kMeta = R"(\.+*?()|[]{}^$)";

bool IsLiteral(std::string_view text) { return text.find_first_of(kMeta) == text.npos; }

// The texts of "a|b|c"; nothing when the pattern is more than that.
std::optional<std::vector<std::string>> Literals(std::string_view pattern) {
  std::vector<std::string> texts;
  while (true) {
    const size_t end = std::min(pattern.find('|'), pattern.size());
    if (!IsLiteral(pattern.substr(0, end))) return std::nullopt;
    texts.emplace_back(pattern.substr(0, end));
    if (end == pattern.size()) break;
    pattern.remove_prefix(end + 1);
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace

StatusOr<ValueMatcher> ValueMatcher::Make(const LabelMatcher& matcher) {
  using Op = LabelMatcher::Op;
  ValueMatcher test;
  test.negated_ = matcher.op == Op::kNotEqual || matcher.op == Op::kNotRegex;
  if (matcher.op == Op::kEqual || matcher.op == Op::kNotEqual) {
    test.texts_ = {matcher.value};
    return test;
  }
  // Also what is not looked at below must be a good pattern.
  StatusOr<Regex> regex = Regex::Compile(matcher.value);
  if (!regex.ok()) {
    return InvalidArgument("the regular expression of label {} is not valid: {}", matcher.name,
                           Message(regex.status()));
  }
  const std::string_view pattern = matcher.value;
  if (auto texts = Literals(pattern)) {
    test.texts_ = *std::move(texts);
    return test;
  }
  if (pattern.size() >= 2 && IsLiteral(pattern.substr(0, pattern.size() - 2)) &&
      (pattern.ends_with(".*") || pattern.ends_with(".+"))) {
    test.kind_ = Kind::kPrefix;
    test.prefix_ = pattern.substr(0, pattern.size() - 2);
    test.rest_min_ = pattern.ends_with('+') ? 1 : 0;
    return test;
  }
  test.kind_ = Kind::kRegex;
  test.regex_ = *std::move(regex);
  return test;
}

bool ValueMatcher::MatchesPlain(std::string_view value) const {
  switch (kind_) {
    case Kind::kTexts: return std::find(texts_.begin(), texts_.end(), value) != texts_.end();
    case Kind::kPrefix:
      return value.size() >= prefix_.size() + rest_min_ && value.starts_with(prefix_);
    case Kind::kRegex: return regex_->Matches(value);
  }
  return false;
}

}  // namespace kizashi
