// Which series the store has: those that live in memory (series_index.h), and those that ended in
// files (ended_group.h), from where their labels come back to those who ask for the past.
//
// A series keeps its id for ever. One that ended and returns is awake: beside the others until the
// index is next made anew, then among them. The files follow from the definitions, which have every
// series there ever was: when they are missing or damaged at a start, all are in memory again.
//
// Any thread may call; Watch and Retire are for one. A SeriesView is one reader's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "store/series/ended_group.h"
#include "store/series/series_index.h"

namespace kizashi {

class SeriesNames {
 public:
  /// Series with ids that follow each other from `first` on, as SeriesIndex::AddGroup takes them.
  using Visit = std::function<void(SeriesId first, std::span<const SeriesIndex::PairText> pairs,
                                   std::span<const std::vector<uint32_t>> series)>;
  /// Calls `visit` for the stored definitions of [first, first + count), in order.
  using ReadStored = std::function<Status(SeriesId first, uint32_t count, const Visit& visit)>;

  SeriesNames();

  /// Before any series is added: reads which have ended, and keeps those that end from now on in
  /// `directory`, which is made when it is needed. Without this call all series stay in memory.
  void OpenEnded(std::string directory, ReadStored read);
  /// At a start, in order of ids: of series that ended nothing but the id is noted.
  void AddGroup(SeriesId first, std::span<const SeriesIndex::PairText> pairs,
                std::span<const std::vector<uint32_t>> series);
  /// All of these have ended, so that AddGroup need not be called: true, and they are noted.
  bool SkipEnded(SeriesId first, SeriesId count);
  /// All are added. Touch, which may be called before, sees nothing until then: whoever has samples
  /// by then has to tell again.
  void FinishLoad();

  /// The id of `labels`; nothing when there is no such series. One that ended is awake from now on.
  /// Fails when a file cannot be read.
  StatusOr<std::optional<SeriesId>> Find(const Labels& labels);
  /// The same of those in memory alone.
  std::optional<SeriesId> FindLiving(const Labels& labels) const;
  /// Adds `labels`, which must not be known, as `id`, which must be end().
  void Add(SeriesId id, const Labels& labels);
  /// The definitions of all ids below `end` are on disk.
  void NoteStored(SeriesId end);
  /// Samples of these come: those that ended are awake from now on. True when all were.
  bool Touch(std::span<const SeriesId> ids);

  /// Requires that the ids were given. A series whose definition cannot be read, which is logged,
  /// has no labels.
  Labels Get(SeriesId id) const;
  /// Appends the labels of each; cheapest when ids follow each other.
  void Get(std::span<const SeriesId> ids, std::vector<Labels>* labels) const;
  /// The series in memory.
  std::vector<SeriesId> Living() const;
  SeriesSummary Summarize(const SeriesSet& set, size_t most) const;
  /// How many are in memory, and how many ended.
  size_t size() const;
  size_t ended() const;
  size_t awake() const;
  /// One beyond the highest id.
  SeriesId end() const;
  size_t bytes() const;

  /// From now on Touch is noted for Retire.
  void Watch();
  /// Moves the series that are not in `held` to a file, when that pays: none of these has samples
  /// after `max_ms`. `held` is what was held after Watch was called. Spares series that were not
  /// there yet at the call before. True when some were moved.
  StatusOr<bool> Retire(const SeriesSet& held, int64_t max_ms);
  /// Makes it lasting which are awake: before their samples leave the journal's rows.
  Status SaveAwake();
  /// Forgets the labels that readers had asked for when nobody has needed them since the last call.
  void DropUnused();
  /// So many series wait for each other at least, before those that ended leave memory; at most
  /// a sixteenth of those that ended before.
  void SetRetireMin(size_t series) { retire_min_ = series; }

 private:
  friend class SeriesView;

  // The series that returned, until the index is made anew. Grows only.
  struct Awake {
    std::mutex mutex;
    std::map<SeriesId, std::optional<Labels>> series;     // labels: once they were needed
    std::unordered_multimap<uint64_t, SeriesId> by_hash;  // of labels; of those that have them

    void Put(SeriesId id, const Labels& labels);
    std::optional<SeriesId> Find(const Labels& labels, uint64_t hash);
  };
  struct Ended {
    uint64_t number = 0;  // of the file
    EndedGroupPtr group;
    std::mutex mutex;
    std::shared_ptr<const SeriesIndex> loaded;
    bool is_used = false;
  };
  struct State {
    std::shared_ptr<SeriesIndex> living;
    std::shared_ptr<Awake> awake;
    std::vector<std::shared_ptr<Ended>> ended;
  };
  using StatePtr = std::shared_ptr<const State>;
  struct Retiring;

  StatePtr Current() const;
  Status ReadEnded();
  std::string PathOf(uint64_t number) const;
  std::string ListPath() const;
  Status WriteList(const std::vector<std::shared_ptr<Ended>>& ended,
                   const std::vector<SeriesId>& returned) const;
  StatusOr<std::shared_ptr<const SeriesIndex>> LoadEnded(Ended* ended) const;
  StatusOr<std::vector<Labels>> ReadLabels(std::span<const SeriesId> ids) const;
  Status ResolveAwake(Awake* awake) const;
  Status WriteGroup(Retiring* now, int64_t max_ms);
  Status MakeLiving(Retiring* now) const;
  void Swap(Retiring* now);

  std::string directory_;
  ReadStored read_;
  size_t retire_min_ = 64 << 10;

  mutable std::shared_mutex mutex_;  // for what follows
  StatePtr state_;
  SeriesId end_ = 0;
  SeriesId stored_end_ = 0;
  size_t ended_count_ = 0;
  bool is_loading_ = false;
  bool is_watching_ = false;
  std::vector<SeriesId> touched_;

  // Of the thread that retires, and of the start.
  SeriesSet load_ended_;
  std::vector<SeriesId> returned_;  // in a file, and living; ascending
  size_t saved_awake_ = 0;
  SeriesId end_before_ = 0;  // at the last Retire
  uint64_t next_number_ = 1;
};

/// What one reader sees: the series that were there when it was made, and all that ended.
class SeriesView {
 public:
  /// `names` outlives the view.
  explicit SeriesView(const SeriesNames& names) : names_(names), state_(names.Current()) {}

  /// As SeriesIndex::Select, of the series that may have samples from `from_ms` on.
  StatusOr<std::vector<SeriesId>> Select(std::span<const LabelMatcher> matchers, int64_t from_ms);
  /// Of what Select gave.
  Labels Get(SeriesId id) const;
  void Get(std::span<const SeriesId> ids, std::vector<Labels>* labels) const;
  void GetChosen(std::span<const SeriesId> ids, std::span<const std::string> names,
                 std::vector<Labels>* labels) const;
  std::vector<uint32_t> OrderByLabels(std::span<const SeriesId> ids) const;
  std::vector<std::string> LabelNames(std::span<const SeriesId> ids) const;
  std::vector<std::string> LabelValues(std::string_view name, std::span<const SeriesId> ids) const;

 private:
  Status SelectAwake(std::span<const LabelMatcher> matchers, std::vector<SeriesId>* ids);
  bool AllLive(std::span<const SeriesId> ids) const;
  template <typename Visit>
  std::vector<uint32_t> VisitIndexes(std::span<const SeriesId> ids, Visit visit) const;

  const SeriesNames& names_;
  const SeriesNames::StatePtr state_;
  std::map<uint64_t, std::shared_ptr<const SeriesIndex>> loaded_;  // by number of the file
  std::map<SeriesId, Labels> awake_;
};

}  // namespace kizashi
