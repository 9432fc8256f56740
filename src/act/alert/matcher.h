// Whether labels are those that a route, an inhibition or a silence means: `severity=~"page|warn"`.
//
// Alertmanager's matchers. Immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "catalog/regex.h"
#include "wire/telemetry.h"

namespace kizashi::alerts {

inline constexpr size_t kMatcherBytesMax = 16 << 10;
inline constexpr size_t kMatchersMax = 1000;  // of one route, rule or silence

class Matcher {
 public:
  enum class Type : uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };

  /// The error is that of the regular expression, or of a limit.
  static StatusOr<Matcher> Make(Type type, std::string name, std::string value);

  Type type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool is_regex() const { return type_ == Type::kRegex || type_ == Type::kNotRegex; }
  bool is_equal() const { return type_ == Type::kEqual || type_ == Type::kRegex; }

  bool Matches(std::string_view value) const;
  /// `name=~"value"`
  std::string ToString() const;

  friend bool operator==(const Matcher& a, const Matcher& b) {
    return a.type_ == b.type_ && a.name_ == b.name_ && a.value_ == b.value_;
  }
  friend bool operator<(const Matcher& a, const Matcher& b);

 private:
  Type type_ = Type::kEqual;
  std::string name_;
  std::string value_;
  std::optional<Regex> regex_;
};
using Matchers = std::vector<Matcher>;

/// All of them; an absent label is the empty text.
bool AllMatch(const Matchers& matchers, const Labels& labels);

/// `{a="b",c!="d"}`, as group keys have it.
std::string MatchersText(const Matchers& matchers);

/// One matcher: a name, one of `=`, `!=`, `=~`, `!~`, and a text that may stand in double quotes,
/// as may the name.
StatusOr<Matcher> ParseMatcher(std::string_view text);
/// Several with commas between them, in braces or not.
StatusOr<Matchers> ParseMatchers(std::string_view text);

void WriteMatchers(const Matchers& matchers, ByteWriter* out);
bool ReadMatchers(ByteReader* in, Matchers* matchers);

}  // namespace kizashi::alerts
