#include "pattern/skeleton.h"

#include <algorithm>
#include <array>

#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kParameter = "<*>";

bool IsAsciiWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// What a character belongs to. Characters of one script, except kSymbol, form a word together.
enum class Script : uint8_t { kSymbol, kLatin, kHan, kHiragana, kKatakana, kHangul };

// The character at `at` and how many bytes it has; bytes that are no UTF-8 are symbols of one byte.
// Source of the ranges: Unicode 15, Blocks.txt.
Script ScriptAt(std::string_view text, size_t at, size_t* bytes) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<uint8_t>(text[at + i]) : uint8_t{0};
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  uint32_t code = 0;
  *bytes = 1;
  if (byte(0) >= 0xc2 && byte(0) < 0xe0 && follows(1)) {
    *bytes = 2;
    code = (byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU);
  } else if ((byte(0) & 0xf0) == 0xe0 && follows(1) && follows(2)) {
    *bytes = 3;
    code = (byte(0) & 0x0fU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
  } else if ((byte(0) & 0xf8) == 0xf0 && follows(1) && follows(2) && follows(3)) {
    *bytes = 4;
    code = (byte(0) & 0x07U) << 18 | (byte(1) & 0x3fU) << 12 | (byte(2) & 0x3fU) << 6 |
           (byte(3) & 0x3fU);
  }
  const auto in = [code](uint32_t first, uint32_t last) { return code >= first && code <= last; };
  if (in(0x3041, 0x309f)) return Script::kHiragana;
  if (in(0x30a1, 0x30fa) || in(0x30fc, 0x30ff) || in(0xff66, 0xff9f)) return Script::kKatakana;
  if (in(0x4e00, 0x9fff) || in(0x3400, 0x4dbf) || in(0x20000, 0x3ffff) || code == 0x3005) {
    return Script::kHan;
  }
  if (in(0xac00, 0xd7a3) || in(0x1100, 0x11ff)) return Script::kHangul;
  if (in(0xc0, 0x1fff) && code != 0xd7 && code != 0xf7) return Script::kLatin;
  if (in(0xff10, 0xff19) || in(0xff21, 0xff3a) || in(0xff41, 0xff5a)) return Script::kLatin;
  return Script::kSymbol;
}

// Cuts constant text into words and separators.
class Tokenizer {
 public:
  explicit Tokenizer(std::vector<Token>* tokens) : tokens_(tokens) {}

  void Text(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      if (IsSpace(text[at])) {
        Space();
        ++at;
      } else if (IsAsciiWord(text[at])) {
        at = Word(text, at);
      } else if (static_cast<uint8_t>(text[at]) < 0x80) {
        Separator(text.substr(at, 1));
        ++at;
      } else {
        at = Foreign(text, at);
      }
    }
  }

  void Variable(uint32_t slot) { tokens_->push_back({Token::kVariable, "", slot}); }

 private:
  void Space() {
    if (tokens_->empty()) return;
    if (tokens_->back().kind == Token::kSeparator && tokens_->back().text == " ") return;
    Separator(" ");
  }

  void Separator(std::string_view text) {
    tokens_->push_back({Token::kSeparator, std::string(text), Token::kNoSlot});
  }

  size_t Word(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && IsAsciiWord(text[end])) ++end;
    size_t core = end;
    while (core > at && (text[core - 1] == '.' || text[core - 1] == '-')) --core;
    if (core > at) {
      tokens_->push_back({Token::kWord, std::string(text.substr(at, core - at)), Token::kNoSlot});
    }
    if (end > core) Separator(text.substr(core, end - core));
    return end;
  }

  size_t Foreign(std::string_view text, size_t at) {
    size_t bytes = 1;
    const Script script = ScriptAt(text, at, &bytes);
    if (script == Script::kSymbol) {
      Separator(text.substr(at, bytes));
      return at + bytes;
    }
    size_t end = at + bytes;
    while (end < text.size() && static_cast<uint8_t>(text[end]) >= 0x80 &&
           ScriptAt(text, end, &bytes) == script) {
      end += bytes;
    }
    tokens_->push_back({Token::kWord, std::string(text.substr(at, end - at)), Token::kNoSlot});
    return end;
  }

  std::vector<Token>* const tokens_;
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

bool IsCalendarName(std::string_view word) {
  static constexpr std::array<std::string_view, 19> kNames = {
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct",
      "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  return word.size() == 3 &&
         std::find(kNames.begin(), kNames.end(), Lower(word)) != kNames.end();
}

bool IsLiteral(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kNames = {"true", "false", "null",
                                                             "none", "nil",   "nan"};
  return word.size() <= 5 && std::find(kNames.begin(), kNames.end(), Lower(word)) != kNames.end();
}

bool IsText(const Token& token, std::string_view text) {
  return token.kind == Token::kSeparator && token.text == text;
}

// true, false, null behind '=' or ':'.
void LiteralsToVariables(std::vector<Token>* tokens) {
  for (size_t i = 1; i < tokens->size(); ++i) {
    Token& token = (*tokens)[i];
    if (token.kind != Token::kWord || !IsLiteral(token.text)) continue;
    size_t before = i - 1;
    if (before > 0 && IsText((*tokens)[before], " ")) --before;
    if (IsText((*tokens)[before], "=") || IsText((*tokens)[before], ":")) {
      token = {Token::kVariable, "", Token::kNoSlot};
    }
  }
}

// Names of months and weekdays beside a variable: part of a date. From the end to the beginning, so
// that `Sat Jun 18` becomes one after the other.
void CalendarToVariables(std::vector<Token>* tokens) {
  for (size_t i = tokens->size(); i-- > 0;) {
    Token& token = (*tokens)[i];
    if (token.kind != Token::kWord || !IsCalendarName(token.text)) continue;
    const auto variable = [&](size_t at) {
      return at < tokens->size() && (*tokens)[at].kind == Token::kVariable;
    };
    const bool after = i + 2 < tokens->size() && (*tokens)[i + 1].kind == Token::kSeparator &&
                       variable(i + 2);
    const bool before = i >= 2 && (*tokens)[i - 1].kind == Token::kSeparator && variable(i - 2);
    if (after || before) token = {Token::kVariable, "", Token::kNoSlot};
  }
}

}  // namespace

std::vector<Token> MakeTokens(std::string_view line, const std::vector<Slot>& slots) {
  std::vector<Token> tokens;
  Tokenizer tokenizer(&tokens);
  size_t done = 0;
  for (uint32_t i = 0; i < slots.size(); ++i) {
    tokenizer.Text(line.substr(done, slots[i].begin - done));
    tokenizer.Variable(i);
    done = slots[i].end;
  }
  tokenizer.Text(line.substr(done));
  while (!tokens.empty() && IsText(tokens.back(), " ")) tokens.pop_back();
  LiteralsToVariables(&tokens);
  CalendarToVariables(&tokens);
  return tokens;
}

uint64_t ShapeOf(const std::vector<Token>& tokens) {
  std::string shape;
  for (const Token& token : tokens) {
    if (token.kind == Token::kSeparator) {
      shape += token.text;
    } else {
      shape += '\0';
    }
  }
  return Hash64(shape, 0x7368617065);
}

std::string RenderTemplate(const std::vector<Token>& tokens) {
  std::string out;
  for (const Token& token : tokens) {
    if (token.kind != Token::kVariable) {
      out += token.text;
    } else if (std::string_view(out).ends_with("<*>.")) {
      out.pop_back();
    } else if (!std::string_view(out).ends_with(kParameter)) {
      out += kParameter;
    }
  }
  return out;
}

}  // namespace kizashi
