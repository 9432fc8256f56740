// A regular expression as Prometheus means it: RE2's syntax, anchored at both ends, and the dot
// matches line feeds too. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace re2 {
class RE2;
}

namespace kizashi {

class Regex {
 public:
  /// The error is RE2's reason alone.
  static StatusOr<Regex> Compile(const std::string& pattern);
  bool Matches(std::string_view text) const;

 private:
  std::shared_ptr<const re2::RE2> re2_;
};

}  // namespace kizashi
