// The patterns of one log or of two, side by side, with counts, severity and an example.
//
// What the command line counts with. One thread. Memory: that of a PatternSet, and some 700 bytes
// for each pattern.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pattern/pattern_set.h"
#include "pattern/templates.h"

namespace kizashi {

class PatternTable {
 public:
  static constexpr size_t kExampleBytesMax = 500;

  struct Row {
    uint64_t id = 0;
    std::string text;
    std::string name;                           // the template's
    std::array<uint64_t, 2> lines{};            // records of the first log and of the second
    uint64_t first_line = 0;                    // in the last log that has it, from 1
    std::string example;                        // that line's beginning
    LogSeverity severity = LogSeverity::kNone;  // the example's
  };

  /// Lines of these count for them, and tell mining all the same. Before the first Add.
  void UseTemplates(std::shared_ptr<const PatternTemplates> templates) {
    templates_ = std::move(templates);
  }
  /// A record of log 0 or 1, of so many lines; all of log 0 before those of log 1.
  void Add(std::string_view text, size_t log, uint64_t lines = 1);

  uint64_t lines(size_t log) const { return lines_[log]; }
  uint64_t records(size_t log) const { return records_[log]; }
  /// Every pattern with its counts of records, which sum up to records(). By lines of both, the
  /// most first, then by text.
  std::vector<Row> Rows();
  /// The id of the pattern that a record counts for, after Rows().
  uint64_t IdOf(std::string_view text);

 private:
  static constexpr uint64_t kDrainEvery = 1'000'000;

  void Drain();
  void AddTo(const PatternTemplate& one, std::string_view text, uint64_t line);

  std::shared_ptr<const PatternTemplates> templates_;
  PatternSet patterns_;
  std::unordered_map<uint64_t, Row> rows_;           // by id
  std::unordered_map<uint64_t, Row> template_rows_;  // by id, too
  struct Seen {
    std::string example;
    uint64_t line = 0;
  };
  std::unordered_map<uint32_t, Seen> seen_;  // by bucket, since the last Drain
  std::array<uint64_t, 2> lines_{};
  std::array<uint64_t, 2> records_{};
  size_t log_ = 0;
};

}  // namespace kizashi
