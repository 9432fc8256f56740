// A line's pattern: the line with its parameters replaced by "<*>".
//
// A pure function of the one line, without training or state, so the set of patterns depends only
// on the set of lines, in any order. What is taken for a parameter: anything with a digit, long
// hexadecimal, paths, URLs and addresses, and quoted values; the values of JSON members and of
// key=value pairs whose key is a message or a level are read as text. Neighbouring parameters that
// only spaces, commas or colons part become one, so that lists of any length are one pattern.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kizashi {

/// Longer lines are judged by their first bytes.
inline constexpr size_t kPatternLineBytesMax = 4096;

/// Makes patterns; keep one per thread, it reuses its buffer.
class PatternMaker {
 public:
  /// The pattern of `line`; the view is good until the next call. Any bytes are taken.
  std::string_view Make(std::string_view line);

 private:
  std::string out_;
};

/// The id of a pattern: a hash of its content, the same in every run and place.
uint64_t PatternId(std::string_view pattern);

/// "error", "warn", "info", "debug", "trace", "fatal", or "" when the line says none
/// (wire/log_fields.h has the rule).
std::string_view LineLevel(std::string_view line);

}  // namespace kizashi
