// A line's skeleton as tokens: words, what parts them, and variables.
//
// Made from a line and its slots (split.h) once per skeleton, off the hot path. White space counts
// as one space. Words are runs of letters, digits, '_', '-' and '.'; in scripts that do not part
// words with spaces, runs of one script (kanji, hiragana, katakana, hangul), so 接続に失敗 is three
// words. A slot is a variable, with what belongs to it: the prefix of `node-31`, the unit of `3
// KB`, months and weekdays of a date. So are host names, long hexadecimal words, true, false, null,
// and the accounts that every system has; and nothing, where `()` or `key=` leave a value out. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pattern/split.h"

namespace kizashi {

struct Token {
  enum Kind : uint8_t { kSeparator, kWord, kVariable };
  Kind kind = kSeparator;
  std::string text;         // of a variable: how it is written when all agree, else kParameter
  uint32_t slot = kNoSlot;  // of a variable: which slot of the line it is, if it is one
  static constexpr uint32_t kNoSlot = UINT32_MAX;
  bool operator==(const Token&) const = default;
};

inline constexpr std::string_view kParameter = "<*>";

/// The tokens of `line`, whose slots SplitLine gave. Equal for all lines of one skeleton, but for
/// the text of variables that are slots of SlotKind::kWord: there it is the value of this line.
std::vector<Token> MakeTokens(std::string_view line, const std::vector<Slot>& slots);

/// A hash of the separators and of how many words or variables stand between them: only skeletons
/// of the same shape are compared word by word.
uint64_t ShapeOf(const std::vector<Token>& tokens);

/// How a template is written: constant text and, for variables, `<*>`; neighbouring ones as one.
std::string RenderTemplate(const std::vector<Token>& tokens);

}  // namespace kizashi
