// What `kizashi logs diff` prints: the patterns of two logs, new, gone and changed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

/// A pattern with its counts on both sides and how surprising they are (query/count_change.h).
struct PatternChangeRow {
  uint64_t id = 0;
  std::string text;
  std::string name;
  std::string level;
  std::string example;
  uint64_t before = 0;
  uint64_t after = 0;
  double g = 0;
  double p = 1;
};

struct LogDifference {
  uint64_t lines_before = 0;
  uint64_t lines_after = 0;
  uint64_t records_before = 0;  // what shares are of: a stack trace is one
  uint64_t records_after = 0;
  std::vector<PatternChangeRow> added;
  std::vector<PatternChangeRow> gone;
  std::vector<PatternChangeRow> changed;

  bool same() const { return added.empty() && gone.empty() && changed.empty(); }
};

/// `top` of each kind; 0: all. As text or as one JSON object.
void PrintDifference(const LogDifference& difference, size_t top, bool json, std::FILE* out);

}  // namespace kizashi
