// The telemetry store: the journal of everything that came in, and what was derived from it.
//
// Rows go to RocksDB, one column family per block of time, through one committing thread that syncs
// a group of batches at once and then acknowledges them. Committed entries are handed, in order, to
// the listener (the judge). When the listener is slow the commit queue fills, and senders are told
// to come back: nothing is dropped after it was acknowledged.
//
// Owned by main. Any thread may call. Limits: StoreOptions. No RocksDB type leaves this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "store/journal.h"
#include "store/series/series_reader.h"
#include "store/series/series_summary.h"

namespace kizashi {

class SeriesBudget;

struct StoreOptions {
  std::string directory;
  Duration block_length = std::chrono::hours(2);
  Duration samples_block_length = std::chrono::minutes(10);
  std::string series_directory;  // of the blocks of samples; empty: "series" below `directory`
  Duration series_block_every = std::chrono::minutes(10);
  Duration retention = std::chrono::days(30);
  uint64_t retention_bytes = 50ULL << 30;
  size_t series_max = 10'000'000;  // in memory at once: some 40 bytes each
  size_t queue_bytes_max = 64 << 20;
  /// Samples with times of their own are kept when they are no older and no further ahead.
  Duration sample_age_max = std::chrono::hours(1);
  Duration sample_ahead_max = std::chrono::minutes(10);
  bool read_only = false;
  /// Who may have how many series; outlives the store. Null: `series_max` alone.
  SeriesBudget* budget = nullptr;
  /// The first entry that somebody still has to read: retention keeps it and those behind it.
  /// Nothing set: nobody has to.
  std::function<uint64_t()> needed_from = {};
};

/// What a series or stream id stands for. References stay good as long as the store lives; a series
/// is put together for the one who asks.
class SeriesDirectory {
 public:
  virtual ~SeriesDirectory() = default;
  virtual Labels SeriesLabels(SeriesId id) const = 0;
  /// Appends the labels of each; cheapest when ids follow each other.
  virtual void AppendSeriesLabels(std::span<const SeriesId> ids,
                                  std::vector<Labels>* labels) const {
    for (const SeriesId id : ids) labels->push_back(SeriesLabels(id));
  }
  virtual const Labels& StreamLabels(StreamId id) const = 0;
};

/// A value that the judge derived for one moment: kind 'g' is a signal (a double), 's' a slice
/// (good, total, covered seconds). `name` must not hold zero bytes.
struct DerivedPoint {
  char kind = 'g';
  std::string name;
  Time time{};
  std::string value;
};

class TelemetryStore : public TelemetrySink, public SeriesDirectory {
 public:
  using Entries = std::vector<std::shared_ptr<const JournalEntry>>;
  using Listener = std::function<void(Entries)>;

  /// Opens or makes the directory. Unavailable when another process has it open.
  static StatusOr<std::unique_ptr<TelemetryStore>> Open(StoreOptions options, const Clock& clock,
                                                        Registry* registry);

  /// Starts committing. `listener` runs on the committing thread and may block.
  virtual void Start(Listener listener) = 0;
  /// Commits what is queued, then refuses. The listener has seen everything when it returns.
  virtual void Stop() = 0;

  using TelemetrySink::Append;
  virtual void Append(CatalogChange change, Done done) = 0;
  virtual void Append(SliceBatch batch, Done done) = 0;
  virtual void Append(LedgerEdit edit, Done done) = 0;
  virtual void Append(AlertBatch batch, Done done) = 0;
  /// Journals that time passed.
  virtual void AppendTick() = 0;

  /// Calls `visit` for every entry with a seq above `after`, in order, until it returns false.
  using Visit = std::function<bool(const JournalEntry&)>;
  virtual Status Scan(uint64_t after, const Visit& visit) = 0;
  /// The same without scrapes and samples, which are most of what there is.
  virtual Status ScanWithoutSamples(uint64_t after, const Visit& visit) = 0;
  virtual uint64_t last_seq() const = 0;
  /// Of the entries before this one retention has deleted samples.
  virtual uint64_t first_samples_seq() const { return 1; }

  /// Counts anew, beside everything else, which owner has how many series: after a new catalog.
  /// Waits for a count that is under way.
  virtual void RecountSeries() {}

  /// The samples, for queries: a reader sees what was acknowledged before it was opened.
  virtual const SeriesSource& series() const = 0;
  /// What the series that live are, from what is in memory: those of each source's last scrape, and
  /// those that were sent in the last ten minutes or so. Of each list the `most` largest.
  virtual SeriesSummary SummarizeSeries(size_t most) const = 0;
  /// When the oldest sample that is in no block yet was taken; nothing when there is none.
  virtual std::optional<Time> OldestInMemory() const = 0;
  /// Hides the samples that the series which satisfy all matchers have within [from, to], now and
  /// for good; how many series that are. What comes later is not hidden.
  virtual StatusOr<size_t> DeleteSamples(std::span<const LabelMatcher> matchers, Time from,
                                         Time to) = 0;
  /// Takes what was deleted off the disk, where it would go by and by: as much of it as is not
  /// among the newest rows of the journal, which go within twenty minutes.
  virtual Status CleanDeleted() { return OkStatus(); }
  /// Makes `directory` a whole store of what was acknowledged before, while this one goes on.
  virtual Status Snapshot(const std::string& directory) = 0;

  /// Derived values: can be made again from the journal, so they are not synced. Putting a point
  /// again replaces it.
  virtual Status PutPoints(const std::vector<DerivedPoint>& points) = 0;
  /// The points of one name in [from, to], in order of time, until `visit` returns false.
  virtual Status ScanPoints(char kind, std::string_view name, Time from, Time to,
                            const std::function<bool(Time, std::string_view)>& visit) = 0;

  /// The judge's state after the entry `seq`. Older ones are thinned out to one a day.
  virtual Status PutCheckpoint(uint64_t seq, Time time, std::string_view state) = 0;
  struct Checkpoint {
    uint64_t seq = 0;
    std::string state;
  };
  /// The newest, to go on from.
  virtual StatusOr<std::optional<Checkpoint>> LatestCheckpoint() = 0;
  /// Where a replay of what is kept begins: nothing when the journal is whole from entry 1.
  virtual StatusOr<std::optional<Checkpoint>> ReplayBase() = 0;

  /// Drops blocks that are too old or too many, as a whole.
  virtual Status ApplyRetention() = 0;
};

}  // namespace kizashi
