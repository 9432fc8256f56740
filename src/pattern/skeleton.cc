#include "pattern/skeleton.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/hash.h"

namespace kizashi {
namespace {

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

  void Variable(std::string text, uint32_t slot) {
    tokens_->push_back({Token::kVariable, std::move(text), slot});
  }

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
  return word.size() == 3 && std::find(kNames.begin(), kNames.end(), Lower(word)) != kNames.end();
}

// Values that stand for themselves anywhere, and accounts that every system has.
bool IsLiteral(std::string_view word) {
  static constexpr std::array<std::string_view, 7> kNames = {"true", "false", "null", "nil",
                                                             "nan",  "root",  "admin"};
  if (word == "None") return true;
  return word.size() <= 5 && std::find(kNames.begin(), kNames.end(), Lower(word)) != kNames.end();
}

// Eight letters and more that are all hexadecimal digits.
bool IsHexWord(std::string_view word) {
  return word.size() >= 8 && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

std::vector<std::string_view> Labels(std::string_view word) {
  std::vector<std::string_view> labels;
  for (size_t dot; (dot = word.find('.')) != word.npos; word.remove_prefix(dot + 1)) {
    labels.push_back(word.substr(0, dot));
  }
  labels.push_back(word);
  return labels;
}

// A host name by its ending: a generic top-level domain, or a country's behind two more labels.
bool IsHost(std::string_view word) {
  static constexpr std::array<std::string_view, 12> kEndings = {
      "com", "net",   "org",      "edu", "gov",   "mil",
      "io",  "local", "internal", "lan", "cloud", "localdomain"};
  const std::vector<std::string_view> labels = Labels(word);
  if (labels.size() < 2 || Lower(word) != word) return false;
  for (const std::string_view label : labels) {
    if (label.empty()) return false;
  }
  // Reversed names of packages: com.example.
  const std::string_view first = labels.front();
  if (first == "com" || first == "org" || first == "net" || first == "java") return false;
  if (std::find(kEndings.begin(), kEndings.end(), labels.back()) != kEndings.end()) return true;
  return labels.size() >= 4 && labels.back().size() == 2;
}

bool IsUnit(std::string_view word) {
  static constexpr std::array<std::string_view, 42> kNames = {
      "b",           "kb",     "mb",     "gb",           "tb",
      "kib",         "mib",    "gib",    "tib",          "byte",
      "bytes",       "kbytes", "mbytes", "ns",           "us",
      "ms",          "s",      "sec",    "secs",         "second",
      "seconds",     "m",      "min",    "mins",         "minute",
      "minutes",     "h",      "hr",     "hrs",          "hour",
      "hours",       "d",      "day",    "days",         "msec",
      "msecs",       "usec",   "usecs",  "milliseconds", "microseconds",
      "nanoseconds", "millis"};
  return word.size() <= 12 && std::find(kNames.begin(), kNames.end(), Lower(word)) != kNames.end();
}

bool IsText(const Token& token, std::string_view text) {
  return token.kind == Token::kSeparator && token.text == text;
}

constexpr std::string_view kDay = "\1<*>";  // while joining: a variable with a month or weekday

// Rewrites tokens in place: what belongs to a variable becomes part of it.
class Joiner {
 public:
  explicit Joiner(std::vector<Token>* tokens) : t_(*tokens) {}

  void Run() {
    Words();
    Calendar();
    Prefixes();
    DateTimes();
    Units();
    Empty();
  }

 private:
  bool Variable(size_t at) const { return at < t_.size() && t_[at].kind == Token::kVariable; }
  bool Word(size_t at) const { return at < t_.size() && t_[at].kind == Token::kWord; }
  bool Separator(size_t at, std::string_view text) const {
    return at < t_.size() && IsText(t_[at], text);
  }
  // A variable that is not a value of key=value, which may yet turn out to be constant.
  bool Free(size_t at) const {
    return Variable(at) && t_[at].text.find(kParameter) != std::string::npos;
  }
  void Make(size_t at) { t_[at] = {Token::kVariable, std::string(kParameter), Token::kNoSlot}; }
  // Tokens [at, at + count) become one variable, written `text`.
  void Join(size_t at, size_t count, std::string text, uint32_t slot) {
    t_[at] = {Token::kVariable, std::move(text), slot};
    t_.erase(t_.begin() + static_cast<std::ptrdiff_t>(at) + 1,
             t_.begin() + static_cast<std::ptrdiff_t>(at + count));
  }

  void Words() {
    for (size_t i = 0; i < t_.size(); ++i) {
      Token& token = t_[i];
      if (token.kind == Token::kVariable && token.text != kParameter && IsLiteral(token.text)) {
        token.text = kParameter;
      }
      if (token.kind != Token::kWord) continue;
      const bool port = Separator(i + 1, ":") && Variable(i + 2);
      const bool host = IsHost(token.text) ||
                        (port && Labels(token.text).size() >= 3 && Lower(token.text) == token.text);
      if (IsLiteral(token.text) || IsHexWord(token.text) || host ||
          (port && token.text == "localhost")) {
        Make(i);
      }
    }
  }

  // Names of months and weekdays beside a variable are part of its date.
  void Calendar() {
    for (size_t i = t_.size(); i-- > 0;) {
      if (!Word(i) || !IsCalendarName(t_[i].text)) continue;
      if (Separator(i + 1, " ") && Free(i + 2)) {
        Join(i, 3, std::string(kDay), t_[i + 2].slot);
      } else if (i >= 2 && t_[i - 1].kind == Token::kSeparator && Variable(i - 2)) {
        Make(i);
      }
    }
  }

  // The prefix that SplitLine left in front of a number: `node-31`, `core.1234`.
  void Prefixes() {
    for (size_t i = 0; i + 2 < t_.size(); ++i) {
      if (!Word(i) || !Free(i + 2)) continue;
      if (!Separator(i + 1, "-") && !Separator(i + 1, ".")) continue;
      Join(i, 3, t_[i].text + t_[i + 1].text + t_[i + 2].text, t_[i + 2].slot);
    }
  }

  // `Sat Jun 18 02:08:10 2005`
  void DateTimes() {
    for (size_t i = 0; i < t_.size(); ++i) {
      if (!Variable(i) || !t_[i].text.starts_with(kDay)) continue;
      t_[i].text.erase(0, 1);
      if (t_[i].text == kParameter && Separator(i + 1, " ") && Variable(i + 2) &&
          t_[i + 2].text.find(':') != std::string::npos) {
        Join(i, 3, t_[i + 2].text, t_[i].slot);
      }
      if (t_[i].text != kParameter && Separator(i + 1, " ") && Variable(i + 2) &&
          t_[i + 2].text == kParameter) {
        Join(i, 3, t_[i].text, t_[i].slot);
      }
    }
  }

  void Units() {
    for (size_t i = 0; i + 2 < t_.size(); ++i) {
      if (!Free(i) || !Separator(i + 1, " ") || !Word(i + 2) || !IsUnit(t_[i + 2].text)) continue;
      Join(i, 3, t_[i].text + " " + t_[i + 2].text, t_[i].slot);
    }
    for (size_t i = 0; i < t_.size(); ++i) {
      // `451 bytes (1.2 KB)`
      if (Variable(i) && Separator(i + 1, " ") && Separator(i + 2, "(") && Variable(i + 3) &&
          Separator(i + 4, ")") && HasUnit(i) && HasUnit(i + 3)) {
        Join(i, 5, t_[i].text + " (" + t_[i + 3].text + ")", t_[i].slot);
      }
      // `<1 sec`
      if (Separator(i, "<") && Variable(i + 1) && HasUnit(i + 1) && !Separator(i + 2, ">")) {
        Join(i, 2, "<" + t_[i + 1].text, t_[i + 1].slot);
      }
    }
  }
  bool HasUnit(size_t at) const { return t_[at].text.find("> ") != std::string::npos; }

  // Where a value was left out: ` ()`, `key= `, `key=,`.
  void Empty() {
    for (size_t i = 1; i < t_.size(); ++i) {
      const bool brackets = Separator(i, "(") && Separator(i + 1, ")") && Separator(i - 1, " ");
      const bool value = Separator(i, "=") && Word(i - 1) &&
                         (i + 1 == t_.size() || Separator(i + 1, " ") || Separator(i + 1, ",") ||
                          Separator(i + 1, ")") || Separator(i + 1, "]") || Separator(i + 1, "}"));
      if (brackets || value) {
        t_.insert(t_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  {Token::kVariable, "", Token::kNoSlot});
      }
    }
  }

  std::vector<Token>& t_;
};

std::string TextOf(SlotKind kind, std::string_view slot) {
  if (kind == SlotKind::kWord) return std::string(slot);
  if (kind != SlotKind::kTime) return std::string(kParameter);
  return std::count(slot.begin(), slot.end(), ':') == 1 ? "<*>:<*>" : "<*>:<*>:<*>";
}

}  // namespace

std::vector<Token> MakeTokens(std::string_view line, const std::vector<Slot>& slots) {
  std::vector<Token> tokens;
  Tokenizer tokenizer(&tokens);
  size_t done = 0;
  for (uint32_t i = 0; i < slots.size(); ++i) {
    tokenizer.Text(line.substr(done, slots[i].begin - done));
    const std::string_view text = line.substr(slots[i].begin, slots[i].end - slots[i].begin);
    tokenizer.Variable(TextOf(slots[i].kind, text), i);
    done = slots[i].end;
  }
  tokenizer.Text(line.substr(done));
  while (!tokens.empty() && IsText(tokens.back(), " ")) tokens.pop_back();
  Joiner(&tokens).Run();
  return tokens;
}

uint64_t ShapeOf(const std::vector<Token>& tokens) {
  std::string shape;
  for (const Token& token : tokens) {
    if (token.kind == Token::kSeparator) {
      shape += token.text;
      shape += '\1';  // so that shapes that are equal have as many tokens
    } else {
      shape += '\0';
    }
  }
  return Hash64(shape, 0x7368617065);
}

std::string RenderTemplate(const std::vector<Token>& tokens) {
  std::string out;
  bool after_parameter = false;
  for (const Token& token : tokens) {
    const bool parameter = token.kind == Token::kVariable && token.text == kParameter;
    if (!parameter || !after_parameter) out += token.text;
    if (!token.text.empty()) after_parameter = parameter;
  }
  return out;
}

}  // namespace kizashi
