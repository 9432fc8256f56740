#include "pattern/split.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

#include "pattern/byte_masks.h"

namespace kizashi {
namespace {

constexpr size_t kBatchBytes = 256;  // masks are made for so many bytes at a time
constexpr size_t kBlocksMax = kSplitBytesMax / 64;

constexpr uint8_t kPathEnd = 1;   // ends a path: white space, quotes, brackets, , ; = |
constexpr uint8_t kUrlEnd = 2;    // ends a URL: the same without '=' and ';'
constexpr uint8_t kValueEnd = 4;  // may stand behind the value of key=value
constexpr uint8_t kLetter = 8;

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (const char c : std::string_view(" \t\r\n\v\f\"'`()[]{}<>,|")) {
    classes[static_cast<uint8_t>(c)] |= kPathEnd | kUrlEnd;
  }
  for (const char c : std::string_view(";=:!")) classes[static_cast<uint8_t>(c)] |= kPathEnd;
  for (const char c : std::string_view(" \t\r\n\"'),;]}>|&")) {
    classes[static_cast<uint8_t>(c)] |= kValueEnd;
  }
  for (int c = 'a'; c <= 'z'; ++c) {
    classes[static_cast<uint8_t>(c)] |= kLetter;
    classes[static_cast<uint8_t>(c - 'a' + 'A')] |= kLetter;
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, uint8_t of) { return (kClasses[static_cast<uint8_t>(c)] & of) != 0; }
bool IsLetter(char c) { return Is(c, kLetter); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexLetter(char c) { return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// Keys whose values are read as text, not as a parameter.
bool IsTextKey(std::string_view key) {
  if (key.size() < 2 || key.size() > 14) return false;
  std::array<char, 14> lower{};
  for (size_t i = 0; i < key.size(); ++i) {
    lower[i] = IsUpper(key[i]) ? static_cast<char>(key[i] + ('a' - 'A')) : key[i];
  }
  const std::string_view name(lower.data(), key.size());
  switch (name[0]) {
    case 'm': return name == "msg" || name == "message";
    case 'l':
      return name == "level" || name == "lvl" || name == "log" || name == "levelname" ||
             name == "loglevel" || name == "log.level";
    case 's': return name == "severity" || name == "severity_text";
    case 'e': return name == "error" || name == "err" || name == "event" || name == "exception";
    case 'r': return name == "reason";
    default: return false;
  }
}

// Walks the places where a slot may begin, in order.
class Splitter {
 public:
  Splitter(std::string_view line, std::vector<Slot>* slots)
      : line_(line), end_(std::min(line.size(), kSplitBytesMax)), slots_(slots) {}

  uint64_t Run() {
    size_t at = 0;
    while (slots_->size() < kSlotsMax && NextEvent(&at)) at = std::max(at + 1, Event(at));
    if (slots_->size() == kSlotsMax) {
      // The text up to where the next slot might begin depends on bytes that are not looked at.
      Rest(done_);
    } else if (end_ < line_.size()) {
      Rest(std::max(end_, done_));
    }
    Constant(line_.size());
    return hash_;
  }

 private:
  // Masks of every byte below `at` are there afterwards.
  void MakeMasks(size_t at) {
    while (masked_ < at && masked_ < end_) {
      const size_t size = std::min(kBatchBytes, end_ - masked_);
      MakeByteMasks(line_.data() + masked_, size, &masks_[masked_ / 64]);
      masked_ += size;
    }
  }

  // The first byte at or behind *at that a slot may begin with.
  bool NextEvent(size_t* at) {
    size_t block = *at / 64;
    uint64_t within = ~uint64_t{0} << (*at % 64);
    for (; block * 64 < end_; ++block, within = ~uint64_t{0}) {
      if (block * 64 >= masked_) MakeMasks(masked_ + 1);
      const uint64_t events = masks_[block].event & within;
      if (events != 0) {
        *at = block * 64 + static_cast<size_t>(std::countr_zero(events));
        return true;
      }
    }
    return false;
  }

  // Where the run of word bytes around `at` begins and ends.
  size_t RunBegin(size_t at) const {
    size_t block = at / 64;
    uint64_t others = ~masks_[block].word & ((uint64_t{1} << (at % 64)) - 1);
    while (others == 0) {
      if (block == 0) return std::max<size_t>(0, done_);
      others = ~masks_[--block].word;
    }
    const size_t begin = block * 64 + 64 - static_cast<size_t>(std::countl_zero(others));
    return std::max(begin, done_);
  }
  size_t RunEnd(size_t at) {
    size_t block = at / 64;
    uint64_t within = ~uint64_t{0} << (at % 64);
    for (; block * 64 < end_; ++block, within = ~uint64_t{0}) {
      if (block * 64 >= masked_) MakeMasks(masked_ + 1);
      const uint64_t others = ~masks_[block].word & within;
      if (others != 0) {
        return std::min(end_, block * 64 + static_cast<size_t>(std::countr_zero(others)));
      }
    }
    return end_;
  }
  size_t DigitCount(size_t begin, size_t end) const {
    size_t count = 0;
    for (size_t block = begin / 64; block * 64 < end; ++block) {
      uint64_t digits = masks_[block].digit;
      if (block == begin / 64) digits &= ~uint64_t{0} << (begin % 64);
      if (end - block * 64 < 64) digits &= (uint64_t{1} << (end % 64)) - 1;
      count += static_cast<size_t>(std::popcount(digits));
    }
    return count;
  }

  // Looks at the event at `at`; returns where to go on.
  size_t Event(size_t at) {
    switch (line_[at]) {
      case '/': return Slash(at);
      case '\\': return Backslash(at);
      case '=': return Equals(at);
      case '"': return Quote(at);
      default: return Digits(at);
    }
  }

  size_t Digits(size_t at) {
    size_t begin = RunBegin(at);
    size_t end = RunEnd(at);
    const size_t next = end;
    // Points and hyphens at the end belong to the sentence.
    while (end > begin && (line_[end - 1] == '.' || line_[end - 1] == '-')) --end;
    if ((end < line_.size() && line_[end] == ':') || (begin > 0 && line_[begin - 1] == ':')) {
      const size_t colons = ColonGroups(begin, end);
      if (colons > 0) return colons;
    }
    if (const size_t stamp = TimestampEnd(begin, end); stamp > 0) {
      Add(begin, stamp, SlotKind::kMixed);
      return stamp;
    }
    if (const size_t time_end = TimeEnd(begin, end); time_end > 0) {
      const auto colons = std::count(line_.begin() + static_cast<std::ptrdiff_t>(begin),
                                     line_.begin() + static_cast<std::ptrdiff_t>(time_end), ':');
      Add(begin, time_end, SlotKind::kTime);
      hash_ += static_cast<uint64_t>(colons);
      return time_end;
    }
    const std::string_view run = line_.substr(begin, end - begin);
    const size_t digits = DigitCount(begin, end);
    if (digits == run.size()) {
      Add(begin, end, SlotKind::kNumber);
      return next;
    }
    if (IsKey(run, end, digits)) return next;
    const size_t skip = ConstantHead(run, digits);
    if (skip == run.size()) return next;
    Add(begin + skip, end, KindOf(run.substr(skip)));
    return next;
  }

  // MAC and IPv6 addresses, PCI places: hexadecimal groups of at most four digits parted by colons,
  // around the run [begin, end). Three groups of digits are a time: no slot of its own. Returns
  // where to go on, 0 when it is nothing of that kind.
  size_t ColonGroups(size_t begin, size_t end) {
    const auto is_hex = [this](size_t at) { return IsDigit(line_[at]) || IsHexLetter(line_[at]); };
    const auto joins = [&](size_t at) { return is_hex(at) || line_[at] == ':'; };
    if (end - begin > 6 || !is_hex(begin)) return 0;
    while (begin > done_ && joins(begin - 1)) --begin;
    while (end < end_ &&
           (joins(end) || (line_[end] == '.' && end + 1 < end_ && IsDigit(line_[end + 1]))))
      ++end;
    if (begin > done_ && IsWord(begin - 1)) return 0;
    if (line_[begin] == ':' && line_[begin + 1] != ':') return 0;
    if (end < end_ && IsWord(end) && line_[end] != '.') return 0;
    while (end > begin && line_[end - 1] == ':') --end;
    size_t groups = 1;
    size_t size = 0;
    bool typical = false;  // no time looks like this
    for (size_t i = begin; i < end; ++i) {
      if (line_[i] == ':') {
        ++groups;
        typical = typical || size == 0 || size == 4;
        size = 0;
        continue;
      }
      typical = typical || IsHexLetter(line_[i]);
      if (++size > 4 && line_[i] != '.' && !(size <= 6 && IsDigit(line_[i]))) return 0;
    }
    if (groups < 3 || (groups == 3 && !typical)) return 0;
    Add(begin, end, SlotKind::kMixed);
    return end;
  }

  // RFC 3339's `2026-01-02T03:04:05.123+09:00` whose first run [begin, end) ends with the hour:
  // where it ends; 0 for none.
  size_t TimestampEnd(size_t begin, size_t end) const {
    const auto digit = [this](size_t at) { return at < end_ && IsDigit(line_[at]); };
    if (end - begin != 13 || line_[begin + 10] != 'T' || line_[begin + 4] != '-') return 0;
    const size_t minutes = TimeEnd(begin + 11, end);
    if (minutes == 0) return 0;
    end = minutes;
    if (end < end_ && line_[end] == 'Z') return end + 1;
    if (end < end_ && (line_[end] == '+' || line_[end] == '-') && digit(end + 1)) {
      ++end;
      while (digit(end) || (end < end_ && line_[end] == ':' && digit(end + 1))) ++end;
    }
    return end;
  }

  // \d{1,2}:\d\d(:\d\d)?([.,]\d+)? with the first run at [begin, end): where it ends; 0 for none.
  size_t TimeEnd(size_t begin, size_t end) const {
    const auto digit = [this](size_t at) { return at < end_ && IsDigit(line_[at]); };
    if (end - begin > 2 || !digit(begin) || !digit(end - 1)) return 0;
    size_t parts = 1;
    while (parts < 3 && end < end_ && line_[end] == ':' && digit(end + 1) && digit(end + 2) &&
           !digit(end + 3)) {
      end += 3;
      ++parts;
    }
    if (parts == 1 || (end < end_ && line_[end] == ':')) return 0;
    if (end < end_ && (line_[end] == '.' || line_[end] == ',') && digit(end + 1)) {
      while (digit(++end)) {
      }
    }
    // `10:20abc` is something else.
    const bool more = end < end_ && IsLetter(line_[end]) && line_[end] != 'Z';
    return more ? 0 : end;
  }

  // -?digits(.digits)?
  static SlotKind KindOf(std::string_view text) {
    if (text[0] == '-') text.remove_prefix(1);
    const auto points = std::count(text.begin(), text.end(), '.');
    return points <= 1 && !text.empty() && text[0] != '.' && IsNumeric(text) &&
                   text.find('-') == text.npos
               ? SlotKind::kNumber
               : SlotKind::kMixed;
  }
  static bool IsNumeric(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return IsDigit(c) || c == '.' || c == '-'; });
  }

  // `r24=`, `key1=`: names of values.
  bool IsKey(std::string_view run, size_t end, size_t digits) const {
    return end < line_.size() && line_[end] == '=' && digits <= 3 && run.size() <= 20 &&
           IsLetter(run[0]);
  }

  // How many bytes of a run with `digits` digits, but not of digits alone, are constant: all, a
  // prefix with its hyphen or points, or none.
  static size_t ConstantHead(std::string_view run, size_t digits) {
    if (const size_t dots = run.rfind("..."); dots != run.npos) {
      return IsDigit(run[dots + 3]) ? dots + 3 : 0;
    }
    size_t letters = 0;
    while (letters < run.size() && IsLetter(run[letters])) ++letters;
    if (letters == 0) return run[0] == '.' ? 1 : 0;
    if (run[letters] == '.' || run[letters] == '-') {
      const size_t head = PrefixHead(run, letters);
      if (head > 0) return head;
    }
    return digits == 1 && IsName(run) ? run.size() : 0;
  }

  // `core.1234`, `node-31`, `BP-1347-10.1.1.1`: the end of the prefix; 0 for none.
  static size_t PrefixHead(std::string_view run, size_t letters) {
    size_t rest = letters;
    while (rest < run.size() && (run[rest] == '.' || run[rest] == '-')) ++rest;
    const std::string_view tail = run.substr(rest);
    if (tail.empty()) return 0;
    if (run[letters] == '.') return IsNumeric(tail) ? rest : 0;
    const std::string_view head = run.substr(0, letters);
    const bool hex = std::all_of(head.begin(), head.end(), IsHexLetter) && head.size() >= 4;
    if (hex) return 0;
    if (std::all_of(head.begin(), head.end(), IsUpper)) return rest;
    if (tail.find('-') != tail.npos) return 0;
    return IsDigit(tail[0]) ? rest : 0;
  }

  // A word whose one digit belongs to its name: `jk2_init`, `IPv4`, `workers2.properties`.
  static bool IsName(std::string_view run) {
    bool alone = false;  // the digit is a piece of its own: `a.1.b`
    bool hex = run.size() >= 6;
    size_t letters = 0;
    for (size_t i = 0; i < run.size(); ++i) {
      const char c = run[i];
      if (IsLetter(c)) ++letters;
      if (!IsDigit(c) && !IsHexLetter(c)) hex = false;
      if (!IsDigit(c)) continue;
      const bool left = i == 0 || run[i - 1] == '.' || run[i - 1] == '-';
      const bool right = i + 1 == run.size() || run[i + 1] == '.' || run[i + 1] == '-';
      alone = left && right;
    }
    return letters >= 1 && !alone && !hex;
  }

  size_t Slash(size_t at) {
    if (at + 1 >= end_) return at + 1;
    if (at >= 2 && line_[at - 1] == ':' && line_[at + 1] == '/' && IsLetter(line_[at - 2])) {
      return Url(at + 2);
    }
    if (at < done_) return at + 1;
    if (at == 0 || Is(line_[at - 1], kPathEnd)) return AbsolutePath(at);
    if (at == done_) return at + 1;
    // `./x`, `../x`, `~/x`
    size_t dots = at;
    while (dots > done_ && (line_[dots - 1] == '.' || line_[dots - 1] == '~')) --dots;
    if (dots < at && (dots == 0 || Is(line_[dots - 1], kPathEnd))) return AbsolutePath(dots);
    return RelativePath(at);
  }

  size_t Url(size_t begin) {
    size_t end = begin;
    while (end < end_ && !Is(line_[end], kUrlEnd)) ++end;
    while (end > begin && (line_[end - 1] == '.' || line_[end - 1] == ':')) --end;
    if (end > begin) Add(begin, end, SlotKind::kPath);
    return std::max(end, begin);
  }

  size_t AbsolutePath(size_t begin) {
    const size_t end = PathEnd(begin);
    const bool named = std::any_of(line_.begin() + static_cast<std::ptrdiff_t>(begin),
                                   line_.begin() + static_cast<std::ptrdiff_t>(end),
                                   [](char c) { return IsLetter(c) || IsDigit(c); });
    if (!named) return begin + 1;
    Add(begin, end, SlotKind::kPath);
    return end;
  }

  size_t PathEnd(size_t begin) const {
    size_t end = begin;
    while (end < end_ && !Is(line_[end], kPathEnd)) {
      if (line_[end] == '?') {
        while (end < end_ && !Is(line_[end], kUrlEnd)) ++end;
        break;
      }
      ++end;
    }
    while (end > begin + 1 && line_[end - 1] == '.') --end;
    return end;
  }

  // `a/b/c` is a path; `read/write` is not.
  size_t RelativePath(size_t at) {
    size_t begin = at;
    while (begin > done_ && !Is(line_[begin - 1], kPathEnd)) --begin;
    const size_t end = PathEnd(begin);
    const auto path = line_.substr(begin, end - begin);
    const auto slashes = std::count(path.begin(), path.end(), '/');
    if (slashes < 2 || path.back() == '/' || begin == at || !IsLetter(path[0])) return at + 1;
    Add(begin, end, SlotKind::kPath);
    return end;
  }

  // `C:\Windows\Temp` and `\\server\share`.
  size_t Backslash(size_t at) {
    const bool drive = at >= done_ + 2 && line_[at - 1] == ':' && IsLetter(line_[at - 2]) &&
                       (at == 2 || Is(line_[at - 3], kPathEnd));
    const bool share = at + 2 < end_ && line_[at + 1] == '\\' && IsLetter(line_[at + 2]) &&
                       (at == 0 || Is(line_[at - 1], kPathEnd));
    if (at < done_ || (!drive && !share)) return at + 1;
    const size_t begin = drive ? at - 2 : at;
    size_t end = at;
    while (end < end_ && !Is(line_[end], kPathEnd)) ++end;
    Add(begin, end, SlotKind::kPath);
    return end;
  }

  size_t Equals(size_t at) {
    if (at + 1 >= end_ || at < done_) return at + 1;
    const char next = line_[at + 1];
    if (next == '"' || next == '\'') {
      if (KeyIsText(at)) return at + 2;  // its content is walked as text
      return Quoted(at + 1);
    }
    if (!IsLetter(next) && next != '_') return at + 1;
    const size_t end = RunEnd(at + 1);
    if (end < line_.size() && !Is(line_[end], kValueEnd)) return at + 1;
    if (at > 0 && !IsWord(at - 1)) return at + 1;
    if (KeyIsText(at)) return end;
    size_t value_end = end;
    while (value_end > at + 1 && line_[value_end - 1] == '.') --value_end;
    const bool mixed = DigitCount(at + 1, end) > 0;
    Add(at + 1, value_end, mixed ? SlotKind::kMixed : SlotKind::kWord);
    return end;
  }

  bool IsWord(size_t at) const { return (masks_[at / 64].word >> (at % 64) & 1) != 0; }

  // Whether the key in front of the '=' at `at` names a text.
  bool KeyIsText(size_t at) const {
    if (at == 0 || !IsWord(at - 1)) return false;
    const size_t begin = RunBegin(at - 1);
    return IsTextKey(line_.substr(begin, at - begin));
  }

  // A JSON member's value, `"key":"value"`; other quotes are constant text.
  size_t Quote(size_t at) {
    if (at < done_ || at < 3) return at + 1;
    size_t colon = at - 1;
    if (line_[colon] == ' ') --colon;
    if (line_[colon] != ':' || line_[colon - 1] != '"') return at + 1;
    const size_t key_begin = line_.rfind('"', colon - 2);
    if (key_begin == line_.npos) return at + 1;
    if (IsTextKey(line_.substr(key_begin + 1, colon - key_begin - 2))) return at + 1;
    return Quoted(at);
  }

  // A slot between the quote at `at` and the one that closes it.
  size_t Quoted(size_t at) {
    const char quote = line_[at];
    size_t end = at + 1;
    while (end < end_ && line_[end] != quote) end += line_[end] == '\\' ? 2 : 1;
    if (end >= end_) return at + 1;
    if (end > at + 1) Add(at + 1, end, SlotKind::kQuoted);
    return end + 1;
  }

  void Add(size_t begin, size_t end, SlotKind kind) {
    Constant(begin);
    slots_->push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end), kind});
    done_ = end;
  }

  void Rest(size_t begin) {
    if (begin < line_.size()) Add(begin, line_.size(), SlotKind::kRest);
  }

  // Takes the bytes from the last slot's end to `end` into the hash.
  void Constant(size_t end) {
    const uint64_t text = XXH3_64bits(line_.data() + done_, end - done_);
    hash_ = (std::rotl(hash_, 23) ^ text) * 0x9e3779b97f4a7c15ULL;
  }

  const std::string_view line_;
  const size_t end_;  // bytes behind it are not looked at
  std::vector<Slot>* const slots_;
  size_t done_ = 0;  // end of the last slot
  uint64_t hash_ = 0x6b697a617368ULL;
  size_t masked_ = 0;
  std::array<ByteMasks, kBlocksMax> masks_;  // of the first masked_ bytes
};

}  // namespace

uint64_t SplitLine(std::string_view line, std::vector<Slot>* slots) {
  slots->clear();
  return Splitter(line, slots).Run();
}

}  // namespace kizashi
