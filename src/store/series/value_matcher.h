// Whether a text satisfies a matcher, by the cheapest way: equal texts, a prefix, or RE2.
//
// A value; one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/regex.h"

namespace kizashi {

class ValueMatcher {
 public:
  /// InvalidArgument, naming the label, for a regular expression that RE2 refuses.
  static StatusOr<ValueMatcher> Make(const LabelMatcher& matcher);

  bool Matches(std::string_view value) const { return MatchesPlain(value) != negated_; }
  /// The only texts that satisfy it, when they are few and known; else nullptr.
  const std::vector<std::string>* Alternatives() const {
    return negated_ || kind_ != Kind::kTexts ? nullptr : &texts_;
  }
  /// The only texts that do not satisfy it, when they are few and known; else nullptr.
  const std::vector<std::string>* Exceptions() const {
    return !negated_ || kind_ != Kind::kTexts ? nullptr : &texts_;
  }

 private:
  enum class Kind { kTexts, kPrefix, kRegex };

  bool MatchesPlain(std::string_view value) const;

  Kind kind_ = Kind::kTexts;
  bool negated_ = false;
  std::vector<std::string> texts_;
  std::string prefix_;
  size_t rest_min_ = 0;  // bytes that must follow the prefix
  std::optional<Regex> regex_;
};

}  // namespace kizashi
