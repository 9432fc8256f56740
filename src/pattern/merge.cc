#include "pattern/merge.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "base/check.h"

namespace kizashi {
namespace {

// So many different words in one place, all else equal, make it a variable.
constexpr size_t kWordsMany = 5;
constexpr size_t kWordsManyFirst = 12;    // as the first word, which most often names what happened
constexpr size_t kWordsManyExpected = 3;  // behind a word or sign that a value is expected after
constexpr size_t kWordsManyDotted = 3;    // where all are names with points in them
constexpr size_t kWordsManyOdd = 2;       // where all look like identifiers

constexpr size_t kWordsManyPair = 8;  // in each of two places at once
constexpr size_t kPairColumnsMax = 24;

constexpr uint32_t kVariable = 0;  // as a word's number

uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9e3779b97f4a7c15ULL ^ (b + 0x7f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 31;
  x *= 0x94d049bb133111ebULL;
  return x ^ x >> 29;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// Words that say how bad a line is are never parameters.
bool IsLevelName(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "trace", "debug", "info",     "notice", "warn",  "warning", "error",
      "err",   "fatal", "critical", "crit",   "alert", "emerg",   "panic"};
  std::string lower(word);
  for (char& c : lower) {
    if (IsUpper(c)) c = static_cast<char>(c + ('a' - 'A'));
  }
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

// A word with a digit, or with signs inside: more likely an identifier than language.
bool IsOdd(std::string_view word) {
  // NAMES_OF_CONSTANTS are language.
  if (std::none_of(word.begin(), word.end(), [](char c) { return IsLower(c) || IsDigit(c); })) {
    return false;
  }
  for (size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (IsDigit(c)) return true;
    if (c == '_' && i > 0 && i + 1 < word.size()) return true;
  }
  return false;
}

// `<*> KB`
bool HasUnit(std::string_view text) { return text.find("> ") != text.npos; }

bool IsExpecting(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kNames = {"for",  "from", "user", "by", "host",
                                                              "node", "id",   "name", "at", "on",
                                                              "to",   "with", "of",   "in"};
  return std::find(kNames.begin(), kNames.end(), word) != kNames.end();
}

// Skeletons of one shape as rows of numbers, a column for each word or variable.
class Table {
 public:
  explicit Table(const std::vector<const std::vector<Token>*>& skeletons) : skeletons_(skeletons) {
    const std::vector<Token>& first = *skeletons.front();
    for (size_t i = 0; i < first.size(); ++i) {
      if (first[i].kind != Token::kSeparator) columns_.push_back(i);
    }
    for (const auto* tokens : skeletons) {
      KZ_CHECK(tokens->size() == first.size(), "skeletons of different shapes");
      std::vector<uint32_t> row;
      for (const size_t column : columns_) row.push_back(Number((*tokens)[column]));
      rows_.push_back(std::move(row));
    }
  }

  void Merge() {
    while (Round() || PairRound()) {
    }
  }

  std::vector<Token> Template(size_t skeleton) const {
    std::vector<Token> tokens = *skeletons_[skeleton];
    for (size_t c = 0; c < columns_.size(); ++c) {
      Token& token = tokens[columns_[c]];
      if (rows_[skeleton][c] == kVariable && token.kind != Token::kVariable) {
        token = {Token::kVariable, std::string(kParameter), Token::kNoSlot};
      }
    }
    return tokens;
  }

  // Variables are written in one way by all skeletons of a template, or as kParameter. When one of
  // a template's quantities comes in several units, all are written without.
  void AgreeOnTexts(std::vector<std::vector<Token>>* templates) const {
    std::map<std::vector<uint32_t>, std::vector<size_t>> same;
    for (size_t r = 0; r < rows_.size(); ++r) same[rows_[r]].push_back(r);
    for (const auto& [row, members] : same) {
      bool units_differ = false;
      std::vector<size_t> with_unit;
      for (size_t c = 0; c < columns_.size(); ++c) {
        if (row[c] != kVariable) continue;
        const size_t at = columns_[c];
        const std::string& text = (*templates)[members.front()][at].text;
        const bool unit = HasUnit(text);
        const bool agreed = std::all_of(members.begin(), members.end(), [&](size_t member) {
          return (*templates)[member][at].text == text;
        });
        if (unit) with_unit.push_back(at);
        if (agreed) continue;
        units_differ = units_differ || unit;
        for (const size_t member : members) (*templates)[member][at].text = kParameter;
      }
      if (!units_differ) continue;
      for (const size_t at : with_unit) {
        for (const size_t member : members) (*templates)[member][at].text = kParameter;
      }
    }
  }

 private:
  // Rows that are equal but for one column: what they have there.
  struct Group {
    std::vector<uint32_t> values;  // distinct
    bool variable = false;
    size_t example = 0;  // a row of it
  };

  uint32_t Number(const Token& token) {
    if (token.kind == Token::kVariable) return kVariable;
    const auto [found, added] =
        numbers_.try_emplace(token.text, static_cast<uint32_t>(words_.size() + 1));
    if (added) words_.push_back(token.text);
    return found->second;
  }
  const std::string& Word(uint32_t number) const { return words_[number - 1]; }

  bool Round() {
    std::vector<uint64_t> hashes(rows_.size(), 0);
    for (size_t r = 0; r < rows_.size(); ++r) {
      for (size_t c = 0; c < columns_.size(); ++c) hashes[r] += Mix(c, rows_[r][c]);
    }
    std::vector<std::pair<size_t, size_t>> blanks;  // row, column
    std::unordered_map<uint64_t, Group> groups;
    for (size_t c = 0; c < columns_.size(); ++c) {
      groups.clear();
      for (size_t r = 0; r < rows_.size(); ++r) {
        Group& group = groups[hashes[r] - Mix(c, rows_[r][c])];
        group.example = r;
        const uint32_t value = rows_[r][c];
        group.variable = group.variable || value == kVariable;
        if (std::find(group.values.begin(), group.values.end(), value) == group.values.end()) {
          group.values.push_back(value);
        }
      }
      for (size_t r = 0; r < rows_.size(); ++r) {
        if (rows_[r][c] == kVariable) continue;
        const Group& group = groups[hashes[r] - Mix(c, rows_[r][c])];
        if (group.values.size() > 1 && IsVariable(group, c)) blanks.emplace_back(r, c);
      }
    }
    for (const auto& [row, column] : blanks) rows_[row][column] = kVariable;
    return !blanks.empty();
  }

  // Two places that vary together, so that hardly two rows agree in one of them: names of people
  // and of machines in one line. Asks for more evidence, and for two words that stay.
  bool PairRound() {
    if (columns_.size() < 4 || columns_.size() > kPairColumnsMax) return false;
    std::vector<uint64_t> hashes(rows_.size(), 0);
    for (size_t r = 0; r < rows_.size(); ++r) {
      for (size_t c = 0; c < columns_.size(); ++c) hashes[r] += Mix(c, rows_[r][c]);
    }
    std::vector<std::pair<size_t, size_t>> blanks;
    std::unordered_map<uint64_t, std::vector<size_t>> groups;
    for (size_t a = 0; a < columns_.size(); ++a) {
      for (size_t b = a + 1; b < columns_.size(); ++b) {
        groups.clear();
        for (size_t r = 0; r < rows_.size(); ++r) {
          if (rows_[r][a] == kVariable || rows_[r][b] == kVariable) continue;
          groups[hashes[r] - Mix(a, rows_[r][a]) - Mix(b, rows_[r][b])].push_back(r);
        }
        for (const auto& [rest, members] : groups) {
          if (!VaryTogether(members, a, b)) continue;
          for (const size_t r : members) {
            blanks.emplace_back(r, a);
            blanks.emplace_back(r, b);
          }
        }
      }
    }
    for (const auto& [row, column] : blanks) rows_[row][column] = kVariable;
    return !blanks.empty();
  }

  bool VaryTogether(const std::vector<size_t>& members, size_t a, size_t b) const {
    if (members.size() < kWordsManyPair) return false;
    std::set<uint32_t> of_a;
    std::set<uint32_t> of_b;
    for (const size_t r : members) {
      of_a.insert(rows_[r][a]);
      of_b.insert(rows_[r][b]);
      if (IsLevelName(Word(rows_[r][a])) || IsLevelName(Word(rows_[r][b]))) return false;
    }
    size_t constant = 0;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (c != a && c != b && rows_[members.front()][c] != kVariable) ++constant;
    }
    return constant >= 2 && of_a.size() >= kWordsManyPair && of_b.size() >= kWordsManyPair;
  }

  bool IsVariable(const Group& group, size_t column) const {
    bool odd = true;
    bool dotted = true;
    for (const uint32_t value : group.values) {
      if (value == kVariable) continue;
      if (IsLevelName(Word(value))) return false;
      odd = odd && IsOdd(Word(value));
      dotted = dotted && Word(value).find('.') != std::string::npos;
    }
    if (group.variable) return true;
    if (!HasAnchor(group.example, column)) return false;
    if (odd) return group.values.size() >= kWordsManyOdd;
    if (dotted) return group.values.size() >= kWordsManyDotted;
    if (column == 0) return group.values.size() >= kWordsManyFirst;
    return group.values.size() >= (IsExpected(column) ? kWordsManyExpected : kWordsMany);
  }

  // Whether anything constant is left beside the column.
  bool HasAnchor(size_t row, size_t column) const {
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (c != column && rows_[row][c] != kVariable) return true;
    }
    return false;
  }

  // Whether what stands before the column calls for a value.
  bool IsExpected(size_t column) const {
    const std::vector<Token>& tokens = *skeletons_.front();
    size_t before = columns_[column];
    if (before == 0) return false;
    --before;
    if (tokens[before].kind == Token::kSeparator && tokens[before].text == " " && before > 0) {
      --before;
    }
    if (tokens[before].kind == Token::kSeparator) {
      return tokens[before].text == "=" || tokens[before].text == ":";
    }
    return IsExpecting(tokens[before].text);
  }

  const std::vector<const std::vector<Token>*>& skeletons_;
  std::vector<size_t> columns_;  // which tokens are words or variables
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<std::string> words_;
  std::vector<std::vector<uint32_t>> rows_;
};

bool IsListSeparator(const Token& token) {
  return token.kind == Token::kSeparator &&
         (token.text == " " || token.text == "," || token.text == ";" || token.text == "|");
}

bool SameText(const Token& a, const Token& b) { return a.kind == b.kind && a.text == b.text; }

// Removes the second of two equal neighbouring groups of `size` tokens, wherever they are.
bool DropRepeated(size_t size, std::vector<Token>* tokens) {
  bool dropped = false;
  for (size_t at = 0; at + 2 * size <= tokens->size();) {
    const auto first = tokens->begin() + static_cast<std::ptrdiff_t>(at);
    const auto second = first + static_cast<std::ptrdiff_t>(size);
    const bool holds_variable = std::any_of(
        first, second, [](const Token& token) { return token.kind == Token::kVariable; });
    if (holds_variable && std::equal(first, second, second, SameText)) {
      tokens->erase(second, second + static_cast<std::ptrdiff_t>(size));
      dropped = true;
    } else {
      ++at;
    }
  }
  return dropped;
}

}  // namespace

std::vector<std::vector<Token>> MergeShape(
    const std::vector<const std::vector<Token>*>& skeletons) {
  Table table(skeletons);
  table.Merge();
  std::vector<std::vector<Token>> templates;
  templates.reserve(skeletons.size());
  for (size_t i = 0; i < skeletons.size(); ++i) templates.push_back(table.Template(i));
  table.AgreeOnTexts(&templates);
  return templates;
}

std::vector<Token> CollapseLists(const std::vector<Token>& tokens) {
  // A separator at the end makes the last item of a list like the others.
  std::vector<Token> out;
  for (const Token& token : tokens) {
    out.push_back(token);
    if (token.kind != Token::kVariable) continue;
    size_t before = out.size() - 1;
    while (before > 0 && IsListSeparator(out[before - 1])) --before;
    if (before > 0 && before < out.size() - 1 && out[before - 1].kind == Token::kVariable) {
      out.resize(before);
    }
  }
  constexpr size_t kGroupMax = 32;
  for (size_t size = 2; size <= kGroupMax && 2 * size <= out.size(); ++size) {
    DropRepeated(size, &out);
  }
  return out;
}

}  // namespace kizashi
