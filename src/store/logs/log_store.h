// The log store: lines in blocks on disk, and the newest ones still in memory.
//
// The journal is where lines are acknowledged; this store gets them from there afterwards, and can
// be made again from it. durable() tells from where the journal has to be read again after a
// restart; lines that are known already are passed over, so reading too much does no harm.
//
// One store for all services: a block's ids, words and lists are then shared by the services of one
// request, memory does not grow with the number of services, and what a query of one service costs
// in a block is only the columns of its skeletons.
//
// Owned by main. Append by one thread; everything else by any. One thread of its own makes blocks.
// Limits: LogStoreOptions; in memory two blocks of rows (kBlockTextMax of text each) and the bytes
// of one that is being made. Metrics: kizashi_log_store_*.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "store/logs/log_block.h"
#include "store/logs/log_block_writer.h"

namespace kizashi {

struct LogStoreOptions {
  std::string directory;
  uint64_t block_text_bytes = kLogBlockTextTarget;  // a block is made of so much text
  Duration block_age = std::chrono::hours(2);       // or when its first line came so long ago
  Duration retention = std::chrono::days(30);
  uint64_t retention_bytes = 50ULL << 30;
  Duration retry = std::chrono::seconds(5);  // after a block could not be written
  /// How a block's file is written; a test puts a broken disk here.
  std::function<Status(const std::string& path, std::string_view bytes)> write_file;
};

/// How far the journal is kept: all entries before `seq`, and the first `lines` lines of that one.
struct LogPosition {
  uint64_t seq = 0;
  uint32_t lines = 0;
  auto operator<=>(const LogPosition&) const = default;
};

/// A block on disk, as far as it is known without opening it.
struct LogBlockInfo {
  uint64_t number = 0;
  std::string path;
  uint64_t file_bytes = 0;
  uint64_t text_bytes = 0;
  uint32_t lines = 0;
  Time first_time{};
  Time last_time{};
  LogPosition end;
  std::vector<uint32_t> streams;  // whose lines it has
};

/// Lines that are in no block yet. Any thread.
class LogTail {
 public:
  /// Calls `visit` for the lines below `below`, at most `count` of them, newest first, until it
  /// returns false. No line is added meanwhile, so `count` is small.
  void Visit(uint32_t below, uint32_t count,
             const std::function<bool(const BlockRows& rows, uint32_t line)>& visit) const;

 private:
  friend class LogStore;
  mutable std::mutex mutex_;
  LogBlockWriter writer_;           // changed by the appending thread only, under mutex_
  std::optional<Time> first_came_;  // when its first line was added
};

/// What the store holds at one moment, oldest first.
struct LogStoreView {
  struct Tail {
    std::shared_ptr<const LogTail> tail;
    uint32_t lines = 0;
  };
  std::vector<std::shared_ptr<const LogBlockInfo>> blocks;
  std::vector<Tail> tails;  // newer than all blocks
};

class LogStore {
 public:
  /// Opens or makes the directory. A file that is no whole block is set aside under another name
  /// and logged; the others serve. `clock` and `registry` must outlive the store.
  static StatusOr<std::unique_ptr<LogStore>> Open(LogStoreOptions options, const Clock& clock,
                                                  Registry* registry);
  /// What is in memory is dropped: the journal has it. SealAll() comes before where that is slow.
  ~LogStore();

  /// The pattern of a line, from what SplitLine told: a function of the skeleton.
  using PatternOf = std::function<uint64_t(std::string_view text, uint64_t skeleton,
                                           const std::vector<Slot>& slots)>;
  /// Takes the lines of the acknowledged entry `seq`; entries come in order, and one that came
  /// before is passed over. Waits while a full block is being made. Unavailable when that fails (a
  /// full disk): then the call is made again later, as it was, and goes on where it stopped.
  Status Append(uint64_t seq, const LogBatch& batch, const PatternOf& pattern_of);

  /// From where the journal is to be read after a restart.
  LogPosition durable() const;
  LogStoreView View() const;

  /// Makes a block of what is in memory, if it is old enough.
  void SealOld();
  /// Makes a block of all that is in memory and waits for it; the error if it cannot be written.
  Status SealAll();
  /// Deletes whole blocks, the oldest first, while they are too old or too many.
  Status ApplyRetention();

 private:
  LogStore(LogStoreOptions options, const Clock& clock, Registry* registry);
  Status LoadDirectory();
  Status LoadBlock(const std::string& path, uint64_t number);
  void SetAside(const std::string& path, const Status& why);
  bool Fits(const LogTail& tail, size_t text_bytes) const;
  Status MakeRoom();
  void SealLoop();
  std::string Describe(const LogTail& tail, LogBlockInfo* info) const;
  void CountBlocks();

  const LogStoreOptions options_;
  const Clock& clock_;
  Counter& lines_total_;
  Counter& sealed_total_;
  Counter& failed_total_;
  Counter& aside_total_;
  Counter& retired_total_;
  Gauge& blocks_gauge_;
  Gauge& bytes_gauge_;

  // One at a time appends, or makes the active tail a block. Comes before mutex_.
  std::mutex append_mutex_;
  LogPosition appended_;  // of active_

  // Guarded by mutex_, active_ by both: either is enough to read it. A tail's own mutex comes last.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<const LogBlockInfo>> blocks_;  // by number
  std::shared_ptr<LogTail> active_;
  std::shared_ptr<LogTail> sealing_;  // full, being written
  LogPosition durable_;               // of blocks_
  LogPosition sealing_end_;
  uint64_t next_number_ = 1;
  Status seal_status_;  // of the last attempt
  bool stop_ = false;

  std::thread sealer_;
};

}  // namespace kizashi
