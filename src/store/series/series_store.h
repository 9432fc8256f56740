// The series store: every sample that the journal acknowledged, in columns on disk and the newest
// ones in memory, for queries.
//
// The telemetry store owns it, feeds it from its committing thread before it acknowledges, so that
// a reader sees what was acknowledged before it was opened, and keeps the journal's rows behind
// durable_seq(). From blocks the journal's entries can be made again (Replay), so rows may go when
// a block has them. Any thread may open readers. One thread of its own writes and merges blocks.
// Limits: SeriesStoreOptions. Metrics: kizashi_series_store_*.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/journal.h"
#include "store/series/series_block.h"
#include "store/series/series_head.h"
#include "store/series/series_names.h"
#include "store/series/series_reader.h"
#include "store/series/shape_cache.h"
#include "store/series/store_reader.h"
#include "store/series/tombstones.h"

namespace kizashi {

struct SeriesStoreOptions {
  std::string directory;
  bool read_only = false;
  Duration block_every = std::chrono::minutes(10);  // a block is made of what came since the last
  Duration merged_span = std::chrono::hours(2);     // and merged when so much time is in several
  size_t merged_blocks_max = 16;                    // or when they are so many
  size_t head_samples_max = 24 << 20;               // or of so many samples (SeriesHead::load)
  size_t loaded_samples_max = 32 << 20;  // a start has so many at most before it makes a block
  Duration retention = std::chrono::days(30);
  uint64_t retention_bytes = 50ULL << 30;
  Duration retry = std::chrono::seconds(5);      // after a block could not be written
  Duration clean_after = std::chrono::hours(1);  // blocks are looked through for deleted samples
};

class SeriesStore final : public SeriesSource {
 public:
  /// Opens or, unless it is read only, makes the directory. A file that is no whole block is set
  /// aside under another name and logged; the others serve. `names` and `clock` outlive the store;
  /// `registry` may be null.
  static StatusOr<std::unique_ptr<SeriesStore>> Open(SeriesStoreOptions options, SeriesNames& names,
                                                     const Clock& clock, Registry* registry);
  /// What is in memory is dropped: the journal has it.
  ~SeriesStore() override;

  /// Takes an entry's samples. Entries come in order, on one thread.
  void Append(std::shared_ptr<const JournalEntry> entry) { head_.Append(std::move(entry)); }
  /// The same at a start: columns are made later, on the store's thread.
  void AppendLoaded(std::shared_ptr<const JournalEntry> entry) {
    head_.AppendLoaded(std::move(entry));
  }
  /// At a start: all series are known now, also those whose samples were taken before.
  void TouchLoaded() { names_.Touch(head_.Held().Ids()); }
  std::unique_ptr<SeriesReader> OpenReader() const override;

  /// Starts making blocks; on the store's thread `on_durable` is called after durable_seq() rose,
  /// `on_retired` after series that ended left memory.
  void Start(std::function<void()> on_durable, std::function<void()> on_retired);
  void Stop();

  /// All samples of the journal's entries up to this one are in blocks.
  uint64_t durable_seq() const { return durable_.load(); }
  /// When the last entry in blocks was accepted.
  Time last_entry_time() const;
  /// The entries before this one are in no block any more; 1 while all are.
  uint64_t first_seq() const;
  /// Calls `visit` for the entries with numbers in (after, until] that blocks have, in order, until
  /// it returns false.
  Status Replay(uint64_t after, uint64_t until,
                const std::function<bool(JournalEntry)>& visit) const;

  /// Makes a block of what is in memory now. ResourceExhausted when the disk is full; then nothing
  /// is lost and the call may be made again.
  Status Flush();
  bool IsFlushDue() const { return head_.load() >= options_.head_samples_max; }
  /// A start that still has entries to take is to make a block first: more than belongs in memory.
  bool IsOverfull() const { return head_.load() >= options_.loaded_samples_max; }
  /// Moves the series that ended out of memory when it pays (SeriesNames::Retire); true when some
  /// were. Series end when they are not Held by the head: soon after their stale markers are in a
  /// block.
  StatusOr<bool> RetireEnded();
  /// Merges blocks that are due; true when some were.
  StatusOr<bool> Merge();
  /// Deletes whole blocks, the oldest first, while they are too old or too many.
  Status ApplyRetention();
  /// Hides the samples of series that satisfy the matchers within [from, to], from now on; how many
  /// series. What comes later is not hidden. They are gone from the disk after their blocks were
  /// merged, or CleanDeleted was called, which the store does itself after a while.
  StatusOr<size_t> Delete(std::span<const LabelMatcher> matchers, Time from, Time to);
  /// Writes the blocks that still hold deleted samples anew, without them, one after the other.
  Status CleanDeleted();
  /// Links all blocks into `directory`, which is made, after `rows` has made a snapshot of the
  /// rows. No block is made or merged meanwhile, so together they are whole.
  Status Snapshot(const std::string& directory, const std::function<Status()>& rows);

  /// Of the series that live (SeriesHead::Living); of each list the `most` largest.
  SeriesSummary Summarize(size_t most) const { return names_.Summarize(head_.Living(), most); }
  std::optional<int64_t> head_oldest_ms() const { return head_.oldest_ms(); }
  size_t head_samples() const { return head_.samples(); }
  uint64_t disk_bytes() const;

 private:
  SeriesStore(SeriesStoreOptions options, SeriesNames& names, const Clock& clock);
  Status LoadDirectory();
  StatusOr<bool> OpenBlocks();
  void AddMetrics(Registry* registry);
  void SetAside(const std::string& path, const Status& why);
  void DropSuperseded();
  Status LoadTombstones();
  Status WriteTombstones(const Tombstones& tombstones);
  std::string BlockPath(uint64_t number) const;
  std::vector<SeriesBlockPtr> DueForMerge() const;
  Status Rewrite(const SeriesBlockPtr& block, const Tombstones& deleted);
  Status ForgetTombstones(int64_t oldest_ms);
  Status DeleteFile(const std::string& path);
  void Run(const std::function<void()>& on_durable, const std::function<void()>& on_retired);

  const SeriesStoreOptions options_;
  SeriesNames& names_;
  const Clock& clock_;
  SeriesHead head_;
  const std::shared_ptr<ShapeCache> shapes_ = std::make_shared<ShapeCache>();

  std::mutex upkeep_mutex_;         // one at a time changes blocks; comes before mutex_
  std::optional<HeadView> sealed_;  // in no block yet: the disk refused
  uint64_t next_number_ = 1;
  std::mutex clean_mutex_;                     // one cleaning at a time; comes before upkeep_mutex_
  std::shared_ptr<const Tombstones> cleaned_;  // no block holds what these hide

  mutable std::mutex mutex_;
  std::vector<SeriesBlockPtr> blocks_;  // in order of the journal
  std::shared_ptr<const Tombstones> tombstones_;
  std::atomic<uint64_t> durable_{0};

  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
  Counter* written_ = nullptr;
  Counter* merged_ = nullptr;
  Counter* failed_ = nullptr;
  Counter* cleaned_blocks_ = nullptr;
  Counter* aside_ = nullptr;
  Counter* retired_ = nullptr;
};

}  // namespace kizashi
