// `kizashi logs report`: which patterns are in a file, how often, and which are new.
//
// Works on files alone: nothing else is installed or running. Memory grows with the number of
// patterns, at most LogReport::kPatternsMax; lines of further ones are counted together.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "judge/logs/skeleton.h"

namespace kizashi {

class LogReport {
 public:
  static constexpr size_t kPatternsMax = 200'000;

  struct Pattern {
    uint64_t id = 0;
    uint64_t count = 0;
    uint64_t first_line = 0;  // from 1, over all files
    std::string text;
    std::string example;  // its first line, at most 500 bytes
    std::string_view level;
    bool is_new = false;  // not in the baseline; false without one
  };

  /// A record of what is reported on, of so many lines. Blank ones are counted and have no pattern.
  void Add(std::string_view line, uint64_t lines = 1);
  /// There is a baseline, though it may turn out empty: what it does not have is new.
  void UseBaseline() { has_baseline_ = true; }
  /// A line of what was there before. Requires UseBaseline.
  void AddBaseline(std::string_view line);

  bool has_baseline() const { return has_baseline_; }
  uint64_t lines() const { return lines_; }
  uint64_t other_lines() const { return other_lines_; }
  /// New ones first, then by count, then by text.
  std::vector<Pattern> Sorted() const;

 private:
  PatternMaker maker_;
  std::unordered_map<uint64_t, Pattern> patterns_;
  std::unordered_map<uint64_t, uint64_t> baseline_;  // id -> count
  bool has_baseline_ = false;
  uint64_t lines_ = 0;
  uint64_t other_lines_ = 0;
};

struct LogReportOptions {
  std::vector<std::string> files;  // "-" is standard input
  std::string baseline;            // "" for none
  std::string format = "text";     // "text", "json", "markdown"
  size_t top = 50;                 // patterns shown; new ones always all; 0: all
};

/// Files may be gzip or zstd; the lines of a stack trace are one record. Exit code: 0 nothing new,
/// 1 new patterns were found, 2 wrong options, 3 a file cannot be read (of one that is damaged or
/// cut off, what it holds is reported all the same) or the report not be written.
/// Progress goes to standard error when it is a terminal and the input is long.
int LogReportCommand(const LogReportOptions& options, std::FILE* out);

}  // namespace kizashi
