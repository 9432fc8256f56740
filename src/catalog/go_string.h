// Go's string literals, which PromQL uses: "..." and '...' with escapes, `...` without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kizashi {

struct GoStringError {
  size_t offset = 0;  // bytes from the opening quote
  std::string found;
  std::string expected;
};

/// Reads the literal at the start of `text` (which begins with a quote) into `*value`. Returns its
/// length with both quotes, or 0 with `*error` set. The value is valid UTF-8.
size_t UnquoteGoString(std::string_view text, std::string* value, GoStringError* error);

/// Appends the character in UTF-8.
void AppendUtf8(uint32_t character, std::string* out);

/// `value` in double quotes, such that UnquoteGoString gives it back.
void AppendGoString(std::string_view value, std::string* out);

}  // namespace kizashi
