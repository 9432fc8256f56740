// A table of texts in English and Japanese, checked when it is compiled.
//
// Plain values; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "act/texts.h"

namespace kizashi {

/// `{name}` in a text stands for a value.
template <typename Id>
struct TextEntry {
  Id id;
  std::string_view en;
  std::string_view ja;
};

/// Calls `take(name)` for each {name} of `text`; false as soon as it is.
template <typename Take>
constexpr bool ForEachName(std::string_view text, Take take) {
  while (true) {
    const size_t open = text.find('{');
    if (open == text.npos) return true;
    const size_t close = text.find('}', open);
    if (close == text.npos) return false;
    if (!take(text.substr(open, close - open + 1))) return false;
    text.remove_prefix(close + 1);
  }
}

template <typename Id>
constexpr bool TakesTheSame(const TextEntry<Id>& entry) {
  return ForEachName(entry.en, [&](auto name) { return entry.ja.find(name) != entry.ja.npos; }) &&
         ForEachName(entry.ja, [&](auto name) { return entry.en.find(name) != entry.en.npos; });
}

/// Each id up to `end` has one entry, in order, in both languages, which take the same values.
template <typename Id, size_t kSize>
constexpr bool IsCompleteTable(const std::array<TextEntry<Id>, kSize>& table, Id end) {
  for (size_t i = 0; i < kSize; ++i) {
    if (table[i].id != static_cast<Id>(i)) return false;
    if (table[i].en.empty() || table[i].ja.empty() || !TakesTheSame(table[i])) return false;
  }
  return kSize == static_cast<size_t>(end);
}

/// `text` with its names replaced; a name without a value stays as it is.
std::string FillTemplate(std::string_view text, TextValues values);

}  // namespace kizashi
