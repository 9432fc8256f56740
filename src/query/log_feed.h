// From the journal to the log store: every acknowledged line, in order, on a thread of its own.
//
// Nobody waits for it. When it falls behind, what is pushed is dropped from its queue and read from
// the journal again, where it is kept until a block has it (NeededFrom). After a restart it goes on
// from what is in blocks. It also lets the log store seal, delete and, after a change of the
// catalog, has the patterns found anew.
//
// Owned by main. Limits: kQueueEntriesMax entries that wait. Metric: kizashi_log_feed_lag_entries.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "query/log_patterns.h"
#include "store/logs/log_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

class LogFeed {
 public:
  static constexpr size_t kQueueEntriesMax = 4096;
  static constexpr Duration kUpkeepEvery = std::chrono::seconds(10);
  static constexpr Duration kRetry = std::chrono::seconds(1);

  /// `position_file` remembers how far the journal was read when there was no line to keep;
  /// `on_progress` is called on the feed's thread after entries were taken. What is given by
  /// reference outlives the feed; the registry asks it until then.
  LogFeed(TelemetryStore& journal, LogStore& store, LogPatterns& patterns, Registry* registry,
          std::string position_file, std::function<void()> on_progress);
  ~LogFeed();

  /// Begins with what the journal holds beyond the blocks. DataLoss when the blocks are of another
  /// journal. Call before the journal's Start.
  Status Start();
  /// Entries in order, from the journal's listener. Does not wait.
  void Push(const TelemetryStore::Entries& entries);
  void Stop();

  /// The last entry whose lines can be found.
  uint64_t last_seq() const { return last_seq_.load(); }
  /// The journal's first entry that is in no block yet: retention keeps it and those behind it.
  uint64_t NeededFrom() const;

 private:
  void Run();
  void CatchUp();
  bool Take(const JournalEntry& entry);
  void AbsorbOne();
  void AbsorbAll();
  void Upkeep();
  uint64_t SavedSeq() const;

  TelemetryStore& journal_;
  LogStore& store_;
  LogPatterns& patterns_;
  const std::string position_file_;
  const std::function<void()> on_progress_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const JournalEntry>> queue_;
  bool dropped_ = false;  // something did not fit into the queue
  bool wakes_ = false;    // there is a line in it, or much else
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> last_seq_{0};

  // The thread's own.
  std::vector<std::shared_ptr<const LogBlockInfo>> to_absorb_;  // the newest last
  uint64_t saved_seq_ = 0;
  Stopwatch since_upkeep_;
};

}  // namespace kizashi
