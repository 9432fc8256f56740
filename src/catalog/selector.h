// Which series: the four matchers of Prometheus on labels.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

/// Prometheus' four matchers on one label.
struct LabelMatcher {
  enum class Op { kEqual, kNotEqual, kRegex, kNotRegex };
  std::string name;
  Op op = Op::kEqual;
  std::string value;  // a regex is anchored at both ends (RE2)
  bool operator==(const LabelMatcher&) const = default;
};

/// `name{label="value", other=~"regex"}`; the metric's name is a matcher on __name__.
struct Selector {
  std::vector<LabelMatcher> matchers;
  bool operator==(const Selector&) const = default;
};

/// Reads a PromQL instant selector. The error names the column.
StatusOr<Selector> ParseSelector(std::string_view text);
std::string FormatSelector(const Selector& selector);

/// A selector with its regexes compiled. Cheap to copy; any thread.
class CompiledSelector {
 public:
  static StatusOr<CompiledSelector> Compile(const Selector& selector);
  bool Matches(const Labels& labels) const;

 private:
  struct Regexes;
  Selector selector_;
  std::shared_ptr<const Regexes> regexes_;
};

}  // namespace kizashi
