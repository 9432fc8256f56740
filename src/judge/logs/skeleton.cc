#include "judge/logs/skeleton.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr std::string_view kParameter = "<*>";

enum : uint8_t { kSpace = 1, kSplit = 2, kDigit = 4, kHexLetter = 8, kQuote = 16 };

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (const char c : {' ', '\t', '\r', '\n', '\v', '\f'}) {
    classes[static_cast<uint8_t>(c)] = kSpace;
  }
  for (const char c : {'(', ')', '[', ']', '{', '}', '<', '>', ',', ';', '=', '|'}) {
    classes[static_cast<uint8_t>(c)] = kSplit;
  }
  classes['"'] = kQuote | kSplit;
  classes['\''] = kQuote | kSplit;
  for (char c = '0'; c <= '9'; ++c) classes[static_cast<uint8_t>(c)] = kDigit;
  for (const char c : {'a', 'b', 'c', 'd', 'e', 'f', 'A', 'B', 'C', 'D', 'E', 'F'}) {
    classes[static_cast<uint8_t>(c)] = kHexLetter;
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

uint8_t ClassOf(char c) { return kClasses[static_cast<uint8_t>(c)]; }

// Of what kind a run without spaces or separators is.
bool IsParameter(std::string_view word) {
  size_t hex = 0;
  size_t slashes = 0;
  for (const char c : word) {
    const uint8_t of = ClassOf(c);
    if (of & kDigit) return true;
    if (of & kHexLetter) ++hex;
    if (c == '/') ++slashes;
    if (c == '@') return true;
  }
  if (hex == word.size() && word.size() >= 8) return true;
  // A path or a URL; "read/write" stays.
  return slashes >= 2 || (slashes == 1 && word[0] == '/' && word.size() > 1);
}

bool EqualsNoCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y;
         });
}

bool IsTextKey(std::string_view key) {
  for (const std::string_view name : {"msg", "message", "level", "lvl", "severity", "error", "err",
                                      "event", "log", "reason", "exception"}) {
    if (EqualsNoCase(key, name)) return true;
  }
  return false;
}

// Walks a line once and appends its pattern.
class Walk {
 public:
  Walk(std::string_view line, std::string* out) : line_(line), out_(out) {}

  void Run() {
    while (at_ < line_.size()) {
      const uint8_t of = ClassOf(line_[at_]);
      if (of & kSpace) {
        Space();
      } else if (of & kQuote) {
        Quote();
      } else if (of & kSplit) {
        Emit(line_[at_++]);
      } else {
        Word();
      }
    }
    while (!out_->empty() && out_->back() == ' ') out_->pop_back();
  }

 private:
  void Space() {
    while (at_ < line_.size() && (ClassOf(line_[at_]) & kSpace)) ++at_;
    if (!out_->empty() && out_->back() != ' ') Emit(' ');
  }

  void Word() {
    const size_t begin = at_;
    while (at_ < line_.size() && !(ClassOf(line_[at_]) & (kSpace | kSplit))) ++at_;
    std::string_view word = line_.substr(begin, at_ - begin);
    // Punctuation at the end belongs to the sentence: "took 5 ms." and "user:".
    size_t end = word.size();
    while (end > 0 && (word[end - 1] == ':' || word[end - 1] == '.' || word[end - 1] == '!' ||
                       word[end - 1] == '?')) {
      --end;
    }
    const std::string_view core = word.substr(0, end);
    if (core.empty()) {
      for (const char c : word) Emit(c);
      return;
    }
    if (IsParameter(core)) {
      Parameter();
    } else {
      out_->append(core);
      last_word_ = core;
      since_parameter_ = out_->npos;
    }
    for (const char c : word.substr(end)) Emit(c);
  }

  // A quoted run: text when its key says so, or when it is a JSON member's name; else a parameter.
  void Quote() {
    const char quote = line_[at_];
    if (at_ == text_end_) return Emit(line_[at_++]);
    // "don't": an apostrophe inside a word opens nothing.
    if (quote == '\'' && at_ > 0 && !(ClassOf(line_[at_ - 1]) & (kSpace | kSplit))) {
      Emit(line_[at_++]);
      return;
    }
    size_t end = at_ + 1;
    while (end < line_.size() && line_[end] != quote) end += line_[end] == '\\' ? 2 : 1;
    if (end >= line_.size()) {
      Emit(line_[at_++]);
      return;
    }
    const std::string_view inside = line_.substr(at_ + 1, end - at_ - 1);
    size_t next = end + 1;
    while (next < line_.size() && line_[next] == ' ') ++next;
    const bool is_name = quote == '"' && next < line_.size() && line_[next] == ':';
    if (is_name) {
      key_ = inside;
      Emit(quote);
      out_->append(inside);
      Emit(quote);
      at_ = end + 1;
    } else if (IsTextKey(key_) || (AfterEquals() && IsTextKey(last_word_))) {
      // Its content is walked as text, up to its own closing quote.
      key_ = {};
      text_end_ = end;
      Emit(line_[at_++]);
    } else {
      Emit(quote);
      Parameter();
      Emit(quote);
      at_ = end + 1;
    }
  }

  bool AfterEquals() const { return !out_->empty() && out_->back() == '='; }

  void Emit(char c) {
    if (c != ' ' && c != ',' && c != ':') since_parameter_ = out_->npos;
    out_->push_back(c);
  }

  void Parameter() {
    if (since_parameter_ != out_->npos) {
      // Only spaces, commas or colons since the last one: one list.
      out_->resize(since_parameter_);
      return;
    }
    out_->append(kParameter);
    since_parameter_ = out_->size();
  }

  std::string_view line_;
  std::string* out_;
  size_t at_ = 0;
  size_t since_parameter_ = std::string::npos;  // end of the last parameter, if it still counts
  size_t text_end_ = std::string::npos;         // the closing quote of a quoted text being walked
  std::string_view last_word_;
  std::string_view key_;
};

}  // namespace

std::string_view PatternMaker::Make(std::string_view line) {
  out_.clear();
  Walk(line.substr(0, kPatternLineBytesMax), &out_).Run();
  return out_;
}

uint64_t PatternId(std::string_view pattern) { return Hash64(pattern, 0x6b697a61); }

std::string_view LineLevel(std::string_view line) { return ToString(SeverityOfLine(line)); }

}  // namespace kizashi
