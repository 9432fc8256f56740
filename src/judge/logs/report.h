// `kizashi logs report`: which patterns are in a file, how often, and which are new.
//
// Works on files alone: nothing else is installed or running. Memory is that of a PatternTable.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "judge/logs/pattern_table.h"

namespace kizashi {

class LogReport {
 public:
  struct Pattern {
    PatternTable::Row row;  // lines[0] of the baseline, lines[1] of what is reported on
    bool is_new = false;    // not in the baseline; false without one
  };

  /// A record of what is reported on, of so many lines. Blank ones are counted and have no pattern.
  void Add(std::string_view line, uint64_t lines = 1);
  /// See PatternTable. Before anything is added.
  void UseTemplates(std::shared_ptr<const PatternTemplates> templates) {
    table_.UseTemplates(std::move(templates));
  }
  /// There is a baseline, though it may turn out empty: what it does not have is new.
  void UseBaseline() { has_baseline_ = true; }
  /// A line of what was there before, before any of Add. Requires UseBaseline.
  void AddBaseline(std::string_view line);

  bool has_baseline() const { return has_baseline_; }
  uint64_t lines() const { return table_.lines(1); }
  /// New ones first, then by count, then by text.
  std::vector<Pattern> Sorted();

 private:
  PatternTable table_;
  bool has_baseline_ = false;
};

struct LogReportOptions {
  std::vector<std::string> files;  // "-" is standard input
  std::string baseline;            // "" for none
  std::string format = "text";     // "text", "json", "markdown"
  size_t top = 50;                 // patterns shown; new ones always all; 0: all
  std::string patterns;            // a file of a catalog whose log_patterns hold; "": none
  std::string service;             // whose, when several have some
};

/// Files may be gzip or zstd; the lines of a stack trace are one record. Exit code: 0 nothing new,
/// 1 new patterns were found, 2 wrong options, 3 a file cannot be read (of one that is damaged or
/// cut off, what it holds is reported all the same) or the report not be written.
/// Progress goes to standard error when it is a terminal and the input is long.
int LogReportCommand(const LogReportOptions& options, std::FILE* out);

}  // namespace kizashi
