// Cutting a text that is too long.
#pragma once

#include <cstddef>
#include <string_view>

namespace kizashi {

/// The prefix of at most `bytes_max` bytes that does not end within a character of UTF-8. Text that
/// is not UTF-8 is cut too, at most three bytes earlier.
inline std::string_view CutText(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t keep = bytes_max;
  for (int i = 0; i < 3 && keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xc0) == 0x80;
       ++i) {
    --keep;
  }
  return text.substr(0, keep);
}

}  // namespace kizashi
