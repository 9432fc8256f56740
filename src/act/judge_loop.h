// Runs the judge over the journal as it grows, and makes its verdicts lasting.
//
// After each entry: verdicts go to the record store in one transaction, then its alerts to whoever
// tells people, derived points to the telemetry store; at each tick readers get a new snapshot. A
// checkpoint of the judge is written every minute, less often when it is large; after a crash the
// loop goes on from the newest one and reaches the same verdicts again, which the record store
// knows by id and keeps once.
//
// Owned by main; one thread of its own. Push blocks when kQueueEntriesMax entries wait, which lets
// the store's queue fill and its senders be told to come back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "judge/judge.h"
#include "judge/snapshot.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi {

class JudgeLoop {
 public:
  static constexpr size_t kQueueEntriesMax = 4096;

  struct Options {
    Duration checkpoint_every = std::chrono::minutes(1);
    /// A large state is written less often, so that it costs no more than this on the mean.
    size_t checkpoint_bytes_per_second = 2 << 20;
    Duration retention_every = std::chrono::minutes(10);
    /// Called with verdicts once they are kept, on the loop's thread; again for some after a crash.
    std::function<void(const VerdictBatch&, const Catalog&)> on_kept = [](const VerdictBatch&,
                                                                          const Catalog&) {};
    /// Versions that were deployed, on the loop's thread; again for some after a start.
    std::function<void(const std::vector<ReleaseSeen>&)> on_releases =
        [](const std::vector<ReleaseSeen>&) {};
    /// Alerts that began, ended or changed, once they are kept; on the loop's thread.
    std::function<void(const std::vector<AlertRecord>&)> on_alerts =
        [](const std::vector<AlertRecord>&) {};
    /// Everything that was in the journal at the start is judged; on the loop's thread.
    std::function<void()> on_caught_up = [] {};
    /// Called with each new snapshot, on the loop's thread.
    std::function<void(const std::shared_ptr<const Snapshot>&)> on_snapshot =
        [](const std::shared_ptr<const Snapshot>&) {};
  };

  /// The stores and the registry outlive the loop.
  JudgeLoop(TelemetryStore& telemetry, RecordStore& records, Registry* registry, Options options);
  ~JudgeLoop();

  /// Restores the newest checkpoint and starts: first what the journal holds beyond it, then what
  /// is pushed. Call before the store's Start.
  Status Start();
  /// Entries in order, from the store's listener.
  void Push(const TelemetryStore::Entries& entries);
  /// Judges what was pushed, writes a checkpoint, ends the thread.
  void Stop();

  /// Never nullptr.
  std::shared_ptr<const Snapshot> Current() const;
  /// True once everything that was in the journal at the start is judged.
  bool caught_up() const { return caught_up_.load(); }

 private:
  void Run();
  bool CatchUp();
  void Step(const JournalEntry& entry);
  void Keep(const JudgeOutput& output);
  void Publish();
  void Checkpoint();
  bool stopping() const { return stopping_.load(); }

  TelemetryStore& telemetry_;
  RecordStore& records_;
  const Options options_;
  Judge judge_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const JournalEntry>> queue_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> caught_up_{false};

  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  uint64_t snapshot_version_ = 0;
  Time last_snapshot_{};
  Time last_checkpoint_{};
  Duration checkpoint_wait_{};  // until the next one
  Time last_retention_{};
  uint64_t checkpoint_seq_ = 0;

  std::atomic<double> judged_seq_{0};
  Counter* verdicts_ = nullptr;
  Counter* lines_ = nullptr;
};

}  // namespace kizashi
