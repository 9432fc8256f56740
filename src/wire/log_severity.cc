// The words and numbers of log_fields.h that name a severity.
#include <algorithm>
#include <array>
#include <charconv>

#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr size_t kHeadBytes = 96;

struct Name {
  std::string_view word;  // in lower case
  LogSeverity severity;
};

// Words that name a severity anywhere in a line's head, by their first letters.
constexpr std::array<Name, 15> kWords = {{{"critical", LogSeverity::kFatal},
                                          {"crit", LogSeverity::kFatal},
                                          {"debug", LogSeverity::kDebug},
                                          {"dbug", LogSeverity::kDebug},
                                          {"error", LogSeverity::kError},
                                          {"err", LogSeverity::kError},
                                          {"emerg", LogSeverity::kFatal},
                                          {"fatal", LogSeverity::kFatal},
                                          {"info", LogSeverity::kInfo},
                                          {"notice", LogSeverity::kInfo},
                                          {"panic", LogSeverity::kFatal},
                                          {"severe", LogSeverity::kError},
                                          {"trace", LogSeverity::kTrace},
                                          {"warn", LogSeverity::kWarn},
                                          {"warning", LogSeverity::kWarn}}};

/// Where the words of each letter begin; the lowest five bits of a letter are its number from 1.
constexpr std::array<uint8_t, 33> MakeFirstOf() {
  std::array<uint8_t, 33> first{};
  for (size_t letter = 0; letter < first.size(); ++letter) {
    while (first[letter] < kWords.size() &&
           static_cast<size_t>(kWords[first[letter]].word[0] & 31) < letter) {
      ++first[letter];
    }
  }
  return first;
}
constexpr std::array<uint8_t, 33> kFirstOf = MakeFirstOf();

// Words that do so only where a field says "this is the severity".
constexpr std::array<Name, 24> kValues = {
    {{"information", LogSeverity::kInfo}, {"informational", LogSeverity::kInfo},
     {"verbose", LogSeverity::kTrace},    {"silly", LogSeverity::kTrace},
     {"finest", LogSeverity::kTrace},     {"finer", LogSeverity::kTrace},
     {"trce", LogSeverity::kTrace},       {"fine", LogSeverity::kDebug},
     {"config", LogSeverity::kDebug},     {"log", LogSeverity::kInfo},
     {"http", LogSeverity::kInfo},        {"audit", LogSeverity::kInfo},
     {"fail", LogSeverity::kError},       {"failure", LogSeverity::kError},
     {"alert", LogSeverity::kFatal},      {"emergency", LogSeverity::kFatal},
     {"dpanic", LogSeverity::kFatal},     {"t", LogSeverity::kTrace},
     {"d", LogSeverity::kDebug},          {"i", LogSeverity::kInfo},
     {"n", LogSeverity::kInfo},           {"w", LogSeverity::kWarn},
     {"e", LogSeverity::kError},          {"f", LogSeverity::kFatal}}};

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool IsLetter(char c) {
  return static_cast<unsigned char>((static_cast<unsigned char>(c) | 0x20) - 'a') < 26;
}

bool Equals(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() && std::equal(word.begin(), word.end(), lower.begin(),
                                                   [](char a, char b) { return Lower(a) == b; });
}

LogSeverity FindValue(std::string_view word) {
  for (const Name& name : kValues) {
    if (word.size() == name.word.size() && Equals(word, name.word)) return name.severity;
  }
  return LogSeverity::kNone;
}

/// Requires a letter at the word's beginning.
LogSeverity FindWord(std::string_view word) {
  const size_t letter = static_cast<size_t>(word[0] & 31);
  for (size_t i = kFirstOf[letter]; i < kFirstOf[letter + 1]; ++i) {
    if (word.size() == kWords[i].word.size() && Equals(word, kWords[i].word)) {
      return kWords[i].severity;
    }
  }
  return LogSeverity::kNone;
}

/// A part of a name, a path or an address: "error.log", "/debug/vars", "my-error".
constexpr bool Glues(char c) { return c == '/' || c == '.' || c == '-' || c == '_' || c == '@'; }

/// Written as a level is written, not as a word of a sentence.
bool IsMarked(std::string_view head, size_t begin, size_t end) {
  const char next = end < head.size() ? head[end] : '\0';
  if (next == ':' || next == '|') return true;
  const char before = begin > 0 ? head[begin - 1] : '\0';
  if (before == '[' || before == '<' || before == '|' || before == '=') return true;
  return std::none_of(head.begin() + static_cast<ptrdiff_t>(begin),
                      head.begin() + static_cast<ptrdiff_t>(end),
                      [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

LogSeverity SeverityOfOtel(int64_t number) {
  if (number < 1 || number > 24) return LogSeverity::kNone;
  return static_cast<LogSeverity>((number - 1) / 4 + 1);
}

LogSeverity SeverityOfSyslog(int64_t number) {
  constexpr std::array<LogSeverity, 8> kOf = {
      LogSeverity::kFatal, LogSeverity::kFatal, LogSeverity::kFatal, LogSeverity::kError,
      LogSeverity::kWarn,  LogSeverity::kInfo,  LogSeverity::kInfo,  LogSeverity::kDebug};
  return number >= 0 && number <= 7 ? kOf[static_cast<size_t>(number)] : LogSeverity::kNone;
}

LogSeverity SeverityOfValue(std::string_view value) {
  if (value.empty() || value.size() > 16) return LogSeverity::kNone;
  int64_t number = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
  if (read.ec == std::errc() && read.ptr == value.data() + value.size()) {
    // pino and bunyan count 10, 20 ... 60.
    if (number >= 10 && number <= 60 && number % 10 == 0) {
      return static_cast<LogSeverity>(number / 10);
    }
    return number <= 7 ? SeverityOfSyslog(number) : SeverityOfOtel(number);
  }
  const LogSeverity word = IsLetter(value[0]) ? FindWord(value) : LogSeverity::kNone;
  if (word != LogSeverity::kNone) return word;
  return FindValue(value);
}

/// Rules 3 and 4 of log_fields.h.
LogSeverity SeverityOfHead(std::string_view text) {
  const std::string_view head = text.substr(0, kHeadBytes);
  if (head.starts_with("fail:")) return LogSeverity::kError;  // .NET's console logger
  LogSeverity unmarked = LogSeverity::kNone;
  for (size_t at = 0; at < head.size();) {
    if (!IsLetter(head[at])) {
      ++at;
      continue;
    }
    size_t end = at + 1;
    while (end < head.size() && IsLetter(head[end])) ++end;
    const size_t begin = at;
    at = end;
    const LogSeverity found = FindWord(head.substr(begin, end - begin));
    if (found == LogSeverity::kNone) continue;
    if ((begin > 0 && Glues(head[begin - 1])) || (end < head.size() && Glues(head[end]))) continue;
    if (IsMarked(head, begin, end)) return found;
    if (unmarked == LogSeverity::kNone) unmarked = found;
  }
  return unmarked;
}

}  // namespace kizashi
