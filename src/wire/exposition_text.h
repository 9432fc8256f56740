// Characters, strings and numbers of the exposition formats, for its readers. Inside wire/.
#pragma once

#include <fast_float/fast_float.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "wire/exposition.h"

namespace kizashi::exposition {

inline constexpr uint8_t kNameStart = 1;  // [a-zA-Z_:]
inline constexpr uint8_t kNameRest = 2;   // [a-zA-Z0-9_:]

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (letter) classes[c] = kNameStart | kNameRest;
    if (c >= '0' && c <= '9') classes[c] = kNameRest;
  }
  return classes;
}
inline constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

inline bool Is(char c, uint8_t wanted) { return (kClasses[static_cast<uint8_t>(c)] & wanted) != 0; }
inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

/// The length of the name at the start of `text`, 0 when there is none.
inline size_t NameLength(std::string_view text) {
  if (text.empty() || !Is(text[0], kNameStart)) return 0;
  size_t length = 1;
  while (length < text.size() && Is(text[length], kNameRest)) ++length;
  return length;
}

/// The position after the quote that closes the string opened before `at`; npos when the line or
/// the text ends first.
inline size_t FindStringEnd(std::string_view text, size_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (c == '\n') break;
    at += c == '\\' && at + 1 < text.size() && text[at + 1] != '\n' ? 2 : 1;
  }
  return std::string_view::npos;
}

/// A number as the formats write it; false when the token is none. Here, so that it becomes part of
/// the loop over samples.
inline bool ParseNumber(std::string_view token, double* value) {
  if (token.empty()) return false;
  if (token[0] == '+') {
    token.remove_prefix(1);
    if (token.empty() || token[0] == '-') return false;
  }
  const char* const end = token.data() + token.size();
  const auto result = fast_float::from_chars(token.data(), end, *value);
  // Beyond a double's range is an infinity or zero, as in every other reader of the format.
  return result.ptr == end &&
         (result.ec == std::errc() || result.ec == std::errc::result_out_of_range);
}

/// A timestamp's number as a time; false when it is beyond this calendar.
bool ReadExpositionTime(double number, ExpositionFormat format, std::optional<Time>* time);

}  // namespace kizashi::exposition
