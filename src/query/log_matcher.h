// A log query made ready, and asked of blocks and of lines in memory. For log_search.cc.
//
// Immutable after Make; one search, one thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

  struct Found {
    BlockRowSets rows;      // of each skeleton; empty when no row fits
    std::vector<bool> ask;  // skeletons whose lines PatternFits has to be asked for; empty: none
  };
  /// The rows that fit by everything but the time, what is to be asked, and, where a regex is set,
  /// the regex: its literals alone were looked for.
  StatusOr<Found> Candidates(LogBlock* block) const;
  /// Whether TextFits has to be asked for the candidates.
  bool has_regex() const { return regex_ != nullptr; }
  bool TextFits(const std::string& text) const;
  /// Whether a line has the wanted pattern; `pattern` is what the store knows it by.
  bool PatternFits(std::string_view text, StreamId stream, uint64_t pattern) const;

  /// Whether a line in memory fits, by everything.
  bool Fits(const BlockRows& rows, uint32_t line) const;

 private:
  explicit LogMatcher(const LogQuery& query);
  bool IsWanted(uint64_t pattern) const;
  const PatternTemplates* TemplatesOf(StreamId stream) const;
  std::optional<bool> AllFit(const SkeletonEntry& skeleton, uint64_t pattern,
                             const std::set<const PatternTemplates*>& templates) const;
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
