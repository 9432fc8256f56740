// Searches the log store: newest first, within a budget, and says what it left out.
//
// Any thread; a search reads a view of the store taken at its beginning. Memory: one block's
// columns at a time. Limits: LogSearchLimits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "pattern/templates.h"
#include "store/logs/log_store.h"

namespace kizashi {

/// A slot of a line is exactly `value`. `slot` counts the slots of the line's skeleton from 0;
/// without it any slot will do.
struct LogParameter {
  std::optional<uint32_t> slot;
  std::string value;
};

/// The longest text, regular expression or parameter of a query.
inline constexpr size_t kLogQueryTextMax = 4096;

/// The templates of those services that have any, by stream.
using StreamTemplates = std::map<StreamId, std::shared_ptr<const PatternTemplates>>;

/// A pattern where templates are in force: a line is of the template that its stream's service has
/// for it or, when there is none, of what its skeleton says (LogQuery::patterns).
struct LogTemplateQuery {
  uint64_t id = 0;
  StreamTemplates of;
};

/// What a line must be: all that is set.
struct LogQuery {
  std::optional<Time> from;  // its time, both ends included
  std::optional<Time> to;
  std::optional<std::vector<StreamId>> streams;   // one of these; sorted
  std::string text;                               // its text holds these bytes
  std::string regex;                              // RE2 finds this in its text
  std::optional<std::vector<uint64_t>> patterns;  // one of these, as the store knows them; sorted
  std::optional<LogTemplateQuery> templates;      // together with `patterns`
  std::optional<LogParameter> parameter;
  LogSeverity severity_min = LogSeverity::kNone;
  std::string trace_id;  // is its trace id
};

struct LogSearchLimits {
  uint64_t lines = 100;              // at most so many are handed over
  uint64_t text_bytes = 4ULL << 30;  // of lines in the blocks that are searched
  Duration time = std::chrono::seconds(30);
  const std::atomic<bool>* cancelled = nullptr;  // may be set by any thread
};

/// What ended a search.
enum class LogSearchEnd : uint8_t { kAll, kLines, kBytes, kTime, kCancelled, kVisitor };

struct LogSearchResult {
  LogSearchEnd end = LogSearchEnd::kAll;
  uint64_t lines = 0;       // handed over
  uint64_t text_bytes = 0;  // of the blocks searched
  uint64_t blocks_searched = 0;
  uint64_t blocks_passed = 0;        // not in the time range
  uint64_t blocks_left = 0;          // not looked at, or not to their end
  std::vector<std::string> damaged;  // blocks that could not be read, and why
};

/// Calls `visit` for the lines that fit, the newest first: block by block as they came, and by time
/// in each. Stops when `visit` returns false. InvalidArgument when the regex is none or
/// a text is beyond kLogQueryTextMax.
StatusOr<LogSearchResult> SearchLogs(const LogStore& store, const LogQuery& query,
                                     const LogSearchLimits& limits,
                                     const std::function<bool(const LogRow&)>& visit);

/// How many lines fit, by the same rules and limits (limits.lines is not one of them); `lines` of
/// the result has the count. Builds no line that it need not look into.
StatusOr<LogSearchResult> CountLogs(const LogStore& store, const LogQuery& query,
                                    const LogSearchLimits& limits);

/// Which lines CountPatterns counts.
struct PatternCountQuery {
  Time from{};  // minutes count whole
  Time to{};
  std::optional<std::vector<StreamId>> streams;   // one of these; sorted
  std::optional<std::vector<uint64_t>> patterns;  // one of these; sorted
  /// Of the streams' service; null: none. A line of one counts for that, not for its skeleton.
  std::shared_ptr<const PatternTemplates> templates;
  std::optional<uint64_t> template_id;           // beside `patterns`: lines of this template
  Duration time = std::chrono::seconds(30);      // takes no longer
  const std::atomic<bool>* cancelled = nullptr;  // may be set by any thread
};

struct PatternCounts {
  std::vector<PatternCount> skeletons;
  std::vector<PatternCount> templates;
};

/// Lines by pattern, minute and severity, from the blocks' counts; where a skeleton's lines are of
/// wanted streams and of others, from its columns. No line is built but where only some of a
/// skeleton's may be of a template. Sorted by pattern, severity, minute. DataLoss names a damaged
/// block; Unavailable when it took too long or was cancelled: half a count would mislead.
StatusOr<PatternCounts> CountPatterns(const LogStore& store, const PatternCountQuery& query);

}  // namespace kizashi
