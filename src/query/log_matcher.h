// A log query made ready, and asked of blocks and of lines in memory. For log_search.cc.
//
// Immutable after Make; one search, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "query/log_search.h"
#include "store/logs/block_search.h"

namespace re2 {
class RE2;
}

namespace kizashi {

class LogMatcher {
 public:
  /// InvalidArgument with RE2's reason. `query` must outlive the matcher.
  static StatusOr<LogMatcher> Make(const LogQuery& query);
  LogMatcher(LogMatcher&&) noexcept;
  ~LogMatcher();

  /// Whether a block whose lines have these times can hold a match.
  bool InRange(Time first, Time last) const;
  /// Whether all of its lines are in the range.
  bool AllInRange(Time first, Time last) const;
  bool TimeFits(Time time) const { return InRange(time, time); }

  /// The rows of each skeleton that fit by everything but the time and, where a regex is set, the
  /// regex: its literals alone were looked for. Empty when no row does.
  StatusOr<BlockRowSets> Candidates(LogBlock* block) const;
  /// Whether TextFits has to be asked for the candidates.
  bool has_regex() const { return regex_ != nullptr; }
  bool TextFits(const std::string& text) const;

  /// Whether a line in memory fits, by everything.
  bool Fits(const BlockRows& rows, uint32_t line) const;

 private:
  explicit LogMatcher(const LogQuery& query);
  bool PatternFits(uint64_t pattern) const;
  StatusOr<RowSet> RowsOf(LogBlock* block, uint32_t skeleton,
                          const std::vector<bool>& streams) const;
  StatusOr<RowSet> StreamRows(LogBlock* block, uint32_t skeleton,
                              const std::vector<bool>& wanted) const;
  StatusOr<RowSet> SeverityRows(LogBlock* block, uint32_t skeleton) const;
  StatusOr<RowSet> ParameterRows(LogBlock* block, uint32_t skeleton) const;
  bool ParameterFits(const BlockRows& rows, uint32_t line) const;

  const LogQuery* query_;
  TextFinder finder_;
  std::unique_ptr<const re2::RE2> regex_;
  std::vector<std::string> texts_;  // what the text must hold: query.text, the regex' literals
};

}  // namespace kizashi
