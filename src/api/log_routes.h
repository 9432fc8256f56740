// The routes below /kizashi/v1/logs/ that read: patterns, one pattern, what changed, search, tail.
//
// Each runs on a thread of this object's own pool: a search may take seconds, and pushes must not
// wait behind it. Answers are whole, not streamed, and end within kAnswerBytesMax; the last line of
// a search says so. Owned by main; any thread may call. Limits: kThreads at once, kQueuedMax wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"
#include "net/handler_pool.h"
#include "net/http.h"
#include "query/log_patterns.h"
#include "query/log_search.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

class LogRoutes {
 public:
  static constexpr size_t kThreads = 2;
  static constexpr size_t kQueuedMax = 64;
  static constexpr int kNiceness = 10;      // what comes in goes first
  static constexpr size_t kTailsMax = 100;  // who wait for new lines
  static constexpr size_t kAnswerBytesMax = 8 << 20;
  static constexpr size_t kPatternsMax = 1000;
  static constexpr size_t kPointsMax = 240;
  static constexpr uint64_t kSampledLines = 2000;
  static constexpr size_t kExamples = 10;
  static constexpr int64_t kSearchLinesMax = 5000;
  static constexpr Duration kSearchTime = std::chrono::seconds(20);
  static constexpr Duration kDefaultRange = std::chrono::hours(24);
  static constexpr Duration kLongPoll = std::chrono::seconds(25);

  struct Parts {
    LogStore* store = nullptr;
    LogPatterns* patterns = nullptr;
    TelemetryStore* journal = nullptr;
    RecordStore* records = nullptr;
    const Clock* clock = nullptr;
  };
  explicit LogRoutes(Parts parts);
  ~LogRoutes();

  /// An HttpHandler.
  void Handle(HttpRequest request, Responder respond);
  /// There may be new lines, or time passed: those who wait for lines are looked after.
  void OnProgress();
  /// Answers everyone who waits and ends searches, so that the server can drain.
  void Stop();

 private:
  // A journal position, as LogPosition, and what its lines must be.
  struct Tail {
    LogPosition cursor;
    std::optional<std::string> service;
    std::string text;
    LogSeverity severity = LogSeverity::kNone;
    Time deadline{};
    Responder respond;
  };
  struct Range {
    Time from{};
    Time to{};
  };
  /// A pattern with its counts in a range.
  struct PatternView {
    LogPattern pattern;
    uint64_t lines = 0;
    LogSeverity severity = LogSeverity::kNone;  // the worst
    Time first{};                               // the minutes of the first and the last line
    Time last{};
    std::map<Time, uint64_t> minutes;
    std::vector<std::string> badges;
  };

  HttpResponse Answer(const HttpRequest& request, const std::string& path);
  StatusOr<std::string> Patterns(const HttpRequest& request);
  StatusOr<std::string> OnePattern(const HttpRequest& request, const std::string& id);
  StatusOr<std::string> Diff(const HttpRequest& request);
  StatusOr<std::string> Search(const HttpRequest& request);
  void BeginTail(const HttpRequest& request, Responder respond);
  void ServeTails();
  bool ServeTail(Tail* tail);

  StatusOr<Range> ReadRange(const HttpRequest& request, std::string_view from,
                            std::string_view to) const;
  StatusOr<LogQuery> ReadQuery(const HttpRequest& request);
  void SetTemplates(uint64_t id, const std::optional<std::string>& service, LogQuery* query) const;
  StatusOr<std::vector<PatternView>> ViewsOf(const std::string& service, Range range,
                                             std::optional<uint64_t> id, uint64_t* lines);
  static void WritePattern(const PatternView& view, Range range, JsonWriter* json);
  void WriteLine(const LogLine& line, StreamId stream, JsonWriter* json);
  Status WriteSamples(const PatternView& view, const std::string& service, Range range,
                      JsonWriter* json);
  Status AddBadges(const std::string& service, std::vector<PatternView>* views);

  const Parts parts_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> progress_{0};

  std::mutex tails_mutex_;
  std::vector<Tail> tails_;
  bool serving_ = false;  // a job of the pool looks after the tails

  HandlerPool pool_;  // last: its threads use the others
};

}  // namespace kizashi
