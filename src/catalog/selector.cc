#include <algorithm>

#include "catalog/catalog.h"
#include "catalog/go_string.h"
#include "catalog/regex.h"
#include "catalog/selector_parser.h"

namespace kizashi {
namespace {

/// Names that may stand without quotes (Prometheus' classic alphabet).
bool IsClassicName(std::string_view name, bool colons) {
  const auto allowed = [colons](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colons && c == ':');
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), allowed);
}

/// True when the first matcher alone sets the metric's name, so that it may stand before the
/// braces.
bool HasPlainMetricName(const Selector& selector) {
  const auto& matchers = selector.matchers;
  const auto names = std::count_if(matchers.begin(), matchers.end(),
                                   [](const LabelMatcher& m) { return m.name == kMetricName; });
  return names == 1 && matchers[0].name == kMetricName &&
         matchers[0].op == LabelMatcher::Op::kEqual && IsClassicName(matchers[0].value, true);
}

std::string_view OperatorText(LabelMatcher::Op op) {
  switch (op) {
    case LabelMatcher::Op::kEqual: return "=";
    case LabelMatcher::Op::kNotEqual: return "!=";
    case LabelMatcher::Op::kRegex: return "=~";
    case LabelMatcher::Op::kNotRegex: return "!~";
  }
  return "";
}

}  // namespace

StatusOr<Selector> ParseSelector(std::string_view text) {
  SelectorError error;
  auto selector = ParseSelector(text, &error);
  if (!selector) {
    return InvalidArgument("selector, column {}: found {}, expected {}", error.column, error.found,
                           error.expected);
  }
  return *std::move(selector);
}

std::string FormatSelector(const Selector& selector) {
  std::string out;
  size_t i = 0;
  if (HasPlainMetricName(selector)) {
    out = selector.matchers[0].value;
    if (selector.matchers.size() == 1) return out;
    i = 1;
  }
  out += '{';
  for (bool first = true; i < selector.matchers.size(); ++i, first = false) {
    const LabelMatcher& matcher = selector.matchers[i];
    if (!first) out += ',';
    if (IsClassicName(matcher.name, false)) {
      out += matcher.name;
    } else {
      AppendGoString(matcher.name, &out);
    }
    out += OperatorText(matcher.op);
    AppendGoString(matcher.value, &out);
  }
  out += '}';
  return out;
}

/// As many as the selector has matchers; those of plain matchers stay empty.
struct CompiledSelector::Regexes {
  std::vector<std::optional<Regex>> by_matcher;
};

StatusOr<CompiledSelector> CompiledSelector::Compile(const Selector& selector) {
  CompiledSelector compiled;
  compiled.selector_ = selector;
  auto regexes = std::make_shared<Regexes>();
  for (const LabelMatcher& matcher : selector.matchers) {
    auto& slot = regexes->by_matcher.emplace_back();
    if (matcher.op == LabelMatcher::Op::kEqual || matcher.op == LabelMatcher::Op::kNotEqual) {
      continue;
    }
    auto regex = Regex::Compile(matcher.value);
    if (!regex.ok()) {
      return InvalidArgument("the regular expression '{}' of label '{}': {}", matcher.value,
                             matcher.name, Message(regex.status()));
    }
    slot = *std::move(regex);
  }
  compiled.regexes_ = std::move(regexes);
  return compiled;
}

bool CompiledSelector::Matches(const Labels& labels) const {
  for (size_t i = 0; i < selector_.matchers.size(); ++i) {
    const LabelMatcher& matcher = selector_.matchers[i];
    const std::string_view value = labels.Get(matcher.name);
    bool holds = false;
    switch (matcher.op) {
      case LabelMatcher::Op::kEqual: holds = value == matcher.value; break;
      case LabelMatcher::Op::kNotEqual: holds = value != matcher.value; break;
      case LabelMatcher::Op::kRegex: holds = regexes_->by_matcher[i]->Matches(value); break;
      case LabelMatcher::Op::kNotRegex: holds = !regexes_->by_matcher[i]->Matches(value); break;
    }
    if (!holds) return false;
  }
  return true;
}

}  // namespace kizashi
