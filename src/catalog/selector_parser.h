// Reading selectors with the place of the first error, for messages that point into a file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace kizashi {

inline constexpr size_t kSelectorBytesMax = 16 << 10;
inline constexpr size_t kRegexMemoryMax = 1 << 20;  // bytes of one compiled regex

struct SelectorError {
  int column = 1;  // from 1, in characters
  std::string found;
  std::string expected;
};

/// Like ParseSelector; on failure nullopt, and `*error` says where and why.
std::optional<Selector> ParseSelector(std::string_view text, SelectorError* error);

}  // namespace kizashi
