// The newest samples, in memory: of each source the last scrapes as they came, and before them
// chunks of scrapes in columns; beside them samples that came with times of their own.
//
// Entries come in the journal's order, from its committing thread. Seal takes what is there for a
// block; it stays readable until Release is called. Any thread may look.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/journal.h"
#include "store/series/scrape_chunk.h"
#include "store/series/series_part.h"
#include "store/series/series_summary.h"
#include "store/series/value_codec.h"

namespace kizashi {

/// The journal's entry that brought samples with times of their own: which series, in order.
struct LooseBatch {
  uint64_t seq = 0;
  int64_t time_ms = 0;  // when it was accepted
  std::vector<SeriesId> series;
};

/// Samples with times of their own, by series, in the order in which they were accepted.
class LooseSamples {
 public:
  struct Sample {
    uint64_t seq = 0;  // of the journal's entry
    int64_t time_ms = 0;
    double value = 0;
  };
  /// The series that had none before.
  std::vector<SeriesId> Add(const JournalEntry& entry);
  /// Those of a series up to entry `last_seq`.
  std::vector<Sample> Get(SeriesId id, uint64_t last_seq) const;
  /// Which of `sorted` there are samples of within [from, to]: their indexes, ascending.
  std::vector<uint32_t> Match(const std::vector<SeriesId>& sorted, int64_t from_ms,
                              int64_t to_ms) const;
  /// For whoever writes them to a block, when nothing is added any more.
  const std::unordered_map<SeriesId, std::vector<Sample>>& series() const { return series_; }
  const std::vector<LooseBatch>& batches() const { return batches_; }
  bool empty() const;
  size_t samples() const;
  void AppendIds(std::vector<SeriesId>* ids) const;
  /// Of all samples; nothing when there are none.
  std::optional<int64_t> min_ms() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<SeriesId, std::vector<Sample>> series_;
  std::vector<LooseBatch> batches_;
  size_t samples_ = 0;
  int64_t min_ms_ = 0;
  int64_t max_ms_ = 0;
};

/// Scrapes of one source that follow each other: in columns, or as they came when they are few.
struct HeadSegment {
  std::shared_ptr<const ScrapeChunk> chunk;
  std::vector<ScrapeRow> rows;  // when there is no chunk
};
using HeadSegmentPtr = std::shared_ptr<const HeadSegment>;

/// One source at one moment. Immutable: each scrape makes a new one.
struct HeadSource {
  std::shared_ptr<const std::string> name;
  std::vector<HeadSegmentPtr> segments;
  std::vector<ScrapeRow> rows;  // the newest
};
using HeadSourcePtr = std::shared_ptr<const HeadSource>;

/// What the head held at one moment.
struct HeadView {
  uint64_t last_seq = 0;
  std::vector<HeadSourcePtr> sources;
  std::vector<std::shared_ptr<const LooseSamples>> loose;  // oldest first
};

class SeriesHead {
 public:
  /// So many scrapes of a source are kept as they came before they become a chunk.
  static constexpr size_t kRowsMax = 16;

  /// Told of series that were not there, or not in their source's last scrape, before their samples
  /// can be seen.
  using Touch = std::function<void(std::span<const SeriesId>)>;
  explicit SeriesHead(Touch touch = nullptr)
      : touch_(std::move(touch)), loose_(std::make_shared<LooseSamples>()) {}

  /// Takes an entry's samples; others are passed over.
  void Append(std::shared_ptr<const JournalEntry> entry) { Append(std::move(entry), true); }
  /// The same at a start, which does not wait for columns: scrapes stay as they came until
  /// CompactOne makes chunks of them.
  void AppendLoaded(std::shared_ptr<const JournalEntry> entry) { Append(std::move(entry), false); }
  /// Makes the chunks of one source that AppendLoaded left; false when none are left.
  bool CompactOne();
  /// Samples may have been taken up to this entry.
  uint64_t last_seq() const;
  HeadView View() const;

  /// All that is held, for a block; what comes from now on is kept apart from it.
  HeadView Seal();
  /// What Seal gave is in a block: forgets it. Requires one Seal since the last Release.
  void Release();

  /// The series that live: those of each source's last scrape, and those that came by themselves
  /// since the block before the last.
  SeriesSet Living() const;
  /// These, and every series that has a sample here.
  SeriesSet Held() const;
  /// When the oldest sample that is held was taken; nothing when there is none.
  std::optional<int64_t> oldest_ms() const;

  size_t samples() const;
  /// What is held, counted in samples of scrapes: one with a time of its own takes eight times the
  /// memory of one in a chunk.
  size_t load() const;
  size_t sources() const;

 private:
  struct Slot {
    HeadSourcePtr state;
    size_t sealed = 0;     // segments that Seal gave
    ColumnSetPtr columns;  // of the layout that came last
  };
  void Append(std::shared_ptr<const JournalEntry> entry, bool with_chunks);
  void AppendScrape(std::shared_ptr<const JournalEntry> entry, bool with_chunks);

  const Touch touch_;
  // One at a time appends, seals or releases. Comes before mutex_; what is guarded by mutex_
  // changes under both, so either is enough to read it.
  mutable std::mutex append_mutex_;
  ValueEncoder encoder_;                             // under append_mutex_, as are
  std::unordered_map<std::string, size_t> slot_of_;  // by name
  size_t compact_from_ = 0;                          // the slots before have no rows left to chunk
  mutable std::mutex mutex_;                         // for what follows
  std::vector<Slot> slots_;
  std::shared_ptr<LooseSamples> loose_;
  std::shared_ptr<LooseSamples> sealed_loose_;
  std::vector<SeriesId> released_loose_;  // the series that the last Release let go
  uint64_t last_seq_ = 0;
  size_t samples_ = 0;
  size_t sealed_samples_ = 0;
  size_t load_ = 0;
  size_t sealed_load_ = 0;
};

/// The parts of a source, oldest first; each has scrapes of one set of series.
std::vector<std::unique_ptr<SeriesPart>> PartsOf(const HeadSource& source);

}  // namespace kizashi
