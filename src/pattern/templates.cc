#include "pattern/templates.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "pattern/pattern_set.h"
#include "pattern/skeleton.h"

namespace kizashi {
namespace {

constexpr size_t kPairs = 4096;
constexpr size_t kWindowMax = 24;

// Elements of what lines of a skeleton have in common: a byte, or a slot.
constexpr uint16_t kWordSlot = 256;  // one byte or more without white space
constexpr uint16_t kAnySlot = 257;
// Stands for a value where all values will do: no template's constant text has it.
constexpr char kSomeValue = '\1';

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsControl(char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }

size_t PairAt(std::string_view text, size_t at) {
  const auto pair = static_cast<uint32_t>(static_cast<uint8_t>(text[at]) << 8 |
                                          static_cast<uint8_t>(text[at + 1]));
  return (pair * 0x9e3779b1U) >> 20;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Whether a trimmed line has no white space but single spaces. Looks at eight bytes at a time: each
// has its answer in its highest bit.
bool IsNormal(std::string_view line) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint64_t kEach = 0x0101010101010101;
  constexpr uint64_t kLow = 0x7f * kEach;
  constexpr uint64_t kHigh = 0x80 * kEach;
  uint64_t odd = 0;
  uint64_t before = 0;  // whether the byte before was a space
  for (; !line.empty(); line.remove_prefix(std::min<size_t>(8, line.size()))) {
    uint64_t bytes = 0;
    if (line.size() >= 8) {
      std::memcpy(&bytes, line.data(), 8);
    } else {
      for (size_t i = 0; i < line.size(); ++i) {
        bytes |= uint64_t{static_cast<uint8_t>(line[i])} << (8 * i);
      }
    }
    const uint64_t low = bytes & kLow;
    odd |= (low + (0x80 - '\t') * kEach) & ~(low + (0x7f - '\r') * kEach) & ~bytes & kHigh;
    const uint64_t other = bytes ^ (' ' * kEach);
    const uint64_t spaces = ~(((other & kLow) + kLow) | other) & kHigh;
    odd |= spaces & (spaces << 8 | before);
    before = spaces >> 56;
  }
  return odd == 0;
}

std::vector<std::string> LiteralsOf(std::string_view text) {
  std::vector<std::string> literals;
  for (size_t at; (at = text.find(kParameter)) != text.npos;) {
    literals.emplace_back(text.substr(0, at));
    text.remove_prefix(at + kParameter.size());
  }
  literals.emplace_back(text);
  return literals;
}

// The longest run of bytes without a space in any of the literals.
std::string LongestWord(const std::vector<std::string>& literals) {
  std::string_view longest;
  for (const std::string_view literal : literals) {
    for (size_t begin = 0; begin < literal.size();) {
      const size_t end = std::min(literal.find(' ', begin), literal.size());
      if (end - begin > longest.size()) longest = literal.substr(begin, end - begin);
      begin = end + 1;
    }
  }
  return std::string(longest);
}

std::string_view Longest(const std::vector<std::string>& literals) {
  return *std::max_element(literals.begin(), literals.end(),
                           [](const auto& a, const auto& b) { return a.size() < b.size(); });
}

size_t FindFrom(std::string_view text, std::string_view what, size_t from) {
  if (from > text.size()) return text.npos;
  const void* const found =
      memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return found == nullptr ? text.npos
                          : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

// The constant text of a skeleton with its slots, white space as one space.
std::vector<uint16_t> ElementsOf(const std::vector<std::string_view>& pieces) {
  std::vector<uint16_t> elements;
  for (size_t i = 0; i < pieces.size(); ++i) {
    for (const char c : pieces[i]) {
      if (!IsSpace(c)) {
        elements.push_back(static_cast<uint8_t>(c));
      } else if (!elements.empty() && elements.back() != ' ') {
        elements.push_back(' ');
      }
    }
    if (i + 1 == pieces.size()) break;
    // Only a quoted value and what is behind SplitLine's limits may have white space.
    const char before = pieces[i].empty() ? '\0' : pieces[i].back();
    const bool rest = i + 2 == pieces.size() && pieces[i + 1].empty();
    elements.push_back(before == '"' || before == '\'' || rest ? kAnySlot : kWordSlot);
  }
  if (!elements.empty() && elements.back() == ' ') elements.pop_back();
  return elements;
}

// One template as states that elements lead through: a set of how much of it may be behind.
class States {
 public:
  explicit States(const std::vector<std::string>& literals) {
    for (size_t i = 0; i < literals.size(); ++i) {
      for (const char c : literals[i]) steps_.push_back(static_cast<uint8_t>(c));
      if (i + 1 < literals.size()) steps_.insert(steps_.end(), {kOne, kMore});
    }
    at_.assign(steps_.size() + 1, false);
    next_ = at_;
    at_[0] = true;
    Close(&at_, 0, 0);
  }

  void Byte(uint8_t byte) {
    const size_t end = std::min(high_ + 1, steps_.size());
    for (size_t i = low_; i <= end; ++i) next_[i] = false;
    for (size_t i = low_; i <= high_ && i < steps_.size(); ++i) {
      if (!at_[i]) continue;
      if (steps_[i] == byte || steps_[i] == kOne) next_[i + 1] = true;
      if (steps_[i] == kMore) next_[i] = true;
    }
    at_.swap(next_);
    Close(&at_, low_, end);
  }
  // A value of any length.
  void Slot(bool spaces) {
    for (size_t i = low_; i < steps_.size() && i <= high_; ++i) {
      if (!at_[i] || (steps_[i] == ' ' && !spaces)) continue;
      if (!at_[i + 1]) at_[i + 1] = true;
      high_ = std::max(high_, i + 1);
    }
    Close(&at_, low_, high_);
  }
  bool none() const { return low_ > high_; }
  bool Whole() const { return !none() && high_ == steps_.size(); }

 private:
  static constexpr uint16_t kOne = 256;   // any byte
  static constexpr uint16_t kMore = 257;  // any bytes

  // Takes in what no byte leads to, and notes between which states the set is.
  void Close(std::vector<char>* set, size_t from, size_t to) {
    low_ = SIZE_MAX;
    high_ = 0;
    for (size_t i = from; i <= to && i <= steps_.size(); ++i) {
      if (!(*set)[i]) continue;
      low_ = std::min(low_, i);
      high_ = i;
      if (i == steps_.size() || steps_[i] != kMore) continue;
      (*set)[i + 1] = true;
      high_ = i + 1;
      to = std::max(to, i + 1);
    }
  }

  std::vector<uint16_t> steps_;
  std::vector<char> at_;
  std::vector<char> next_;
  size_t low_ = 0;
  size_t high_ = 0;
};

}  // namespace

std::string PatternTemplates::Normalize(std::string_view text) {
  std::string out;
  for (const char c : Trim(text)) {
    if (!IsSpace(c)) {
      out += c;
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::optional<std::string> PatternTemplates::FaultOf(std::string_view normalized) {
  if (normalized.empty()) return "an empty pattern";
  if (normalized.size() > kTextBytesMax) return fmt::format("{} bytes", normalized.size());
  if (std::any_of(normalized.begin(), normalized.end(), IsControl)) return "a control character";
  const std::vector<std::string> literals = LiteralsOf(normalized);
  if (LongestWord(literals).empty()) return "a pattern of parameters alone";
  for (size_t i = 1; i + 1 < literals.size(); ++i) {
    if (literals[i].empty()) return "two parameters without text between them";
  }
  return std::nullopt;
}

PatternTemplates::PatternTemplates(std::vector<PatternTemplate> templates)
    : templates_(std::move(templates)) {
  ByteWriter bytes;
  for (size_t i = 0; i < templates_.size(); ++i) {
    PatternTemplate& one = templates_[i];
    KZ_CHECK(!FaultOf(one.text), "'{}' is no template", one.text);
    one.id = PatternIdOf(one.text);
    bytes.String(one.text);
    bytes.String(one.name);
    Compiled compiled;
    compiled.literals = LiteralsOf(one.text);
    for (const std::string& literal : compiled.literals) compiled.bytes += literal.size();
    compiled.index = i;
    ranked_.push_back(std::move(compiled));
  }
  hash_ = Hash64(bytes.bytes());
  std::stable_sort(ranked_.begin(), ranked_.end(),
                   [](const Compiled& a, const Compiled& b) { return a.bytes > b.bytes; });
  std::vector<size_t> others;
  for (size_t rank = 0; rank < ranked_.size(); ++rank) {
    Compiled& one = ranked_[rank];
    const std::string_view first = one.literals.front();
    const std::string_view last = one.literals.back();
    if (!first.empty()) {
      one.key = first.substr(0, first.find(' '));
      by_first_[static_cast<uint8_t>(one.key.front())].push_back(rank);
      has_first_ = true;
    } else if (!last.empty()) {
      one.key = last.substr(last.rfind(' ') + 1);
      by_last_[static_cast<uint8_t>(one.key.back())].push_back(rank);
      has_last_ = true;
    } else {
      one.key = Longest(one.literals);
      others.push_back(rank);
    }
  }
  has_others_ = !others.empty();
  MakeScan(others);
}

void PatternTemplates::MakeScan(const std::vector<size_t>& ranks) {
  std::vector<size_t> scanned;
  for (const size_t rank : ranks) {
    const size_t size = ranked_[rank].key.size();
    (size < 2 ? scan_.short_ranks : scanned).push_back(rank);
    if (size < 2) continue;
    const size_t window = std::min(size, kWindowMax);
    scan_.window = scan_.window == 0 ? window : std::min(scan_.window, window);
  }
  if (scanned.empty()) return;
  scan_.shift.assign(kPairs, static_cast<uint8_t>(scan_.window - 1));
  std::vector<std::vector<size_t>> by_pair(kPairs);
  for (const size_t rank : scanned) {
    const std::string_view key = ranked_[rank].key;
    for (size_t i = 0; i + 1 < scan_.window; ++i) {
      uint8_t& shift = scan_.shift[PairAt(key, i)];
      shift = std::min(shift, static_cast<uint8_t>(scan_.window - 2 - i));
    }
    by_pair[PairAt(key, scan_.window - 2)].push_back(rank);
  }
  for (const std::vector<size_t>& of : by_pair) {
    scan_.begin.push_back(static_cast<uint16_t>(scan_.ranks.size()));
    scan_.ranks.insert(scan_.ranks.end(), of.begin(), of.end());
  }
  scan_.begin.push_back(static_cast<uint16_t>(scan_.ranks.size()));
}

// Calls `attempt` for every rank whose key is in the line, and perhaps for others.
template <typename Try>
void PatternTemplates::ScanFor(std::string_view line, const Try& attempt) const {
  for (const size_t rank : scan_.short_ranks) attempt(rank);
  if (scan_.window == 0) return;
  for (size_t end = scan_.window; end <= line.size();) {
    const size_t pair = PairAt(line, end - 2);
    if (scan_.shift[pair] > 0) {
      end += scan_.shift[pair];
      continue;
    }
    for (size_t i = scan_.begin[pair]; i < scan_.begin[pair + 1]; ++i) {
      const std::string_view key = ranked_[scan_.ranks[i]].key;
      if (line.substr(end - scan_.window, key.size()) == key) attempt(scan_.ranks[i]);
    }
    ++end;
  }
}

bool PatternTemplates::Matches(const Compiled& one, std::string_view line) {
  const auto& literals = one.literals;
  if (literals.size() == 1) return line == literals[0];
  if (line.size() < one.bytes + literals.size() - 1) return false;
  if (!line.starts_with(literals.front()) || !line.ends_with(literals.back())) return false;
  line.remove_prefix(literals.front().size());
  line.remove_suffix(literals.back().size());
  size_t at = 0;
  for (size_t i = 1; i + 1 < literals.size(); ++i) {
    at = FindFrom(line, literals[i], at + 1);
    if (at == line.npos) return false;
    at += literals[i].size();
  }
  return at < line.size();
}

const PatternTemplate* PatternTemplates::Find(std::string_view line) const {
  line = Trim(line);
  if (line.empty()) return nullptr;
  size_t best = ranked_.size();
  std::string normalized;
  bool is_normal = false;
  const auto normalize = [&] {
    if (std::exchange(is_normal, true) || IsNormal(line)) return;
    normalized = Normalize(line);
    line = normalized;
  };
  const auto attempt = [&](size_t rank) {
    if (rank >= best) return;
    normalize();
    if (Matches(ranked_[rank], line)) best = rank;
  };
  if (has_first_) {
    for (const size_t rank : by_first_[static_cast<uint8_t>(line.front())]) {
      if (line.starts_with(ranked_[rank].key)) attempt(rank);
    }
  }
  if (has_last_) {
    for (const size_t rank : by_last_[static_cast<uint8_t>(line.back())]) {
      if (line.ends_with(ranked_[rank].key)) attempt(rank);
    }
  }
  if (has_others_) {
    normalize();  // keys may have spaces
    ScanFor(line, attempt);
  }
  return best == ranked_.size() ? nullptr : &templates_[ranked_[best].index];
}

const PatternTemplate* PatternTemplates::ById(uint64_t id) const {
  for (const PatternTemplate& one : templates_) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

bool PatternTemplates::CanMatch(const Compiled& one, const std::vector<uint16_t>& elements) {
  States states(one.literals);
  for (const uint16_t element : elements) {
    if (element >= kWordSlot) {
      states.Slot(element == kAnySlot);
    } else {
      states.Byte(static_cast<uint8_t>(element));
    }
    if (states.none()) return false;
  }
  return states.Whole();
}

TemplateFit PatternTemplates::FitOf(const std::vector<std::string_view>& pieces) const {
  const std::vector<uint16_t> elements = ElementsOf(pieces);
  std::string shared;
  for (const uint16_t element : elements) {
    shared += element < kWordSlot ? static_cast<char>(element) : kSomeValue;
  }
  for (const Compiled& one : ranked_) {
    if (!CanMatch(one, elements)) continue;
    if (Matches(one, shared)) return {&templates_[one.index], false};
    return {nullptr, true};
  }
  return {};
}

bool PatternTemplates::Covers(std::string_view pattern_text) const {
  std::string shared;
  for (const std::string& literal : LiteralsOf(pattern_text)) {
    shared += literal;
    shared += kSomeValue;
  }
  shared.pop_back();
  return std::any_of(ranked_.begin(), ranked_.end(),
                     [&](const Compiled& one) { return Matches(one, shared); });
}

}  // namespace kizashi
