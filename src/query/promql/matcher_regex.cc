#include "query/promql/matcher_regex.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include "catalog/regex.h"
#include "catalog/selector_parser.h"

namespace kizashi::promql {
namespace {

std::string Explain(const RE2& re2, const std::string& pattern) {
  const std::string part = re2.error_arg();
  switch (re2.error_code()) {
    case RE2::ErrorBadEscape: return fmt::format("invalid escape sequence: `{}`", part);
    case RE2::ErrorBadCharClass: return fmt::format("invalid character class: `{}`", part);
    case RE2::ErrorBadCharRange: return fmt::format("invalid character class range: `{}`", part);
    case RE2::ErrorMissingBracket: return fmt::format("missing closing ]: `{}`", part);
    case RE2::ErrorMissingParen: return fmt::format("missing closing ): `{}`", pattern);
    case RE2::ErrorUnexpectedParen: return fmt::format("unexpected ): `{}`", pattern);
    case RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression: ``";
    case RE2::ErrorRepeatArgument:
      return fmt::format("missing argument to repetition operator: `{}`", part);
    case RE2::ErrorRepeatSize: return fmt::format("invalid repeat count: `{}`", part);
    case RE2::ErrorRepeatOp: return fmt::format("invalid nested repetition operator: `{}`", part);
    case RE2::ErrorBadPerlOp: return fmt::format("invalid or unsupported Perl syntax: `{}`", part);
    case RE2::ErrorBadUTF8: return fmt::format("invalid UTF-8: `{}`", part);
    case RE2::ErrorBadNamedCapture: return fmt::format("invalid named capture: `{}`", part);
    default: return fmt::format("expression nests too deeply: `{}`", pattern);
  }
}

std::string CompileError(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryMax);
  const RE2 re2(pattern, options);
  if (re2.ok()) return {};
  return "error parsing regexp: " + Explain(re2, pattern);
}

}  // namespace

std::string CheckMatcherRegex(const std::string& pattern) {
  // Anchored first and then alone, as Prometheus does: `a)(b` fails only the second time.
  std::string wrong = CompileError("^(?:" + pattern + ")$");
  return wrong.empty() ? CompileError(pattern) : wrong;
}

bool MatchesEmpty(const LabelMatcher& matcher) {
  switch (matcher.op) {
    case LabelMatcher::Op::kEqual: return matcher.value.empty();
    case LabelMatcher::Op::kNotEqual: return !matcher.value.empty();
    case LabelMatcher::Op::kRegex:
    case LabelMatcher::Op::kNotRegex: break;
  }
  const auto regex = Regex::Compile(matcher.value);
  return regex.ok() && regex->Matches("") == (matcher.op == LabelMatcher::Op::kRegex);
}

}  // namespace kizashi::promql
