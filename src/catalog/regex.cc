#include "catalog/regex.h"

#include <re2/re2.h>

#include "catalog/selector_parser.h"

namespace kizashi {

StatusOr<Regex> Regex::Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  options.set_max_mem(kRegexMemoryMax);
  auto re2 = std::make_shared<const RE2>(pattern, options);
  if (!re2->ok()) return InvalidArgument("{}", re2->error());
  Regex regex;
  regex.re2_ = std::move(re2);
  return regex;
}

bool Regex::Matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *re2_);
}

}  // namespace kizashi
