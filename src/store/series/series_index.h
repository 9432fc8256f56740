// Which series there are in memory and which labels they have: label sets to ids and back, and the
// ids that satisfy matchers. A series costs about sixty bytes. series_names.h is the whole of them.
//
// Names and values are numbered once (symbol_table.h), so is every pair of both (a label); a series
// is its labels' numbers, written as what differs from the series before it. Each label has the
// list of its series (posting_list.h). Regular expressions are asked once for each distinct value.
//
// Any thread may call. Ids are given in ascending order and never again.
#pragma once

#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"
#include "ingest/telemetry_sink.h"
#include "store/series/posting_list.h"
#include "store/series/series_summary.h"
#include "store/series/symbol_table.h"
#include "wire/telemetry.h"

namespace kizashi {

class SeriesIndex {
 public:
  /// The id of `labels`; nothing when it is not known.
  std::optional<SeriesId> Find(const Labels& labels) const;
  /// Adds `labels`, which must not be known, as `id`, which must be above all others.
  void Add(SeriesId id, const Labels& labels);

  /// Adds series with ids that follow each other from `first` on; each is a list of indexes of
  /// `pairs` (name, value), in order of names.
  using PairText = std::pair<std::string_view, std::string_view>;
  void AddGroup(SeriesId first, std::span<const PairText> pairs,
                std::span<const std::vector<uint32_t>> series);

  /// Adds series of another index, cheaply, in order of ids. One thread; both outlive it.
  class Copier {
   public:
    Copier(const SeriesIndex& from, SeriesIndex* to) : from_(from), to_(*to) {}
    /// Requires that `from` has them and that they are above all that the other has.
    void Copy(std::span<const SeriesId> ids);

   private:
    const SeriesIndex& from_;
    SeriesIndex& to_;
    std::vector<uint32_t> pairs_;  // by number there, the number here
  };

  bool Has(SeriesId id) const;
  /// Which of `ids` it does not have, in their order.
  std::vector<SeriesId> Unknown(std::span<const SeriesId> ids) const;
  /// Requires that the id is known.
  Labels Get(SeriesId id) const;
  /// Appends the labels of each; cheapest when ids follow each other.
  void Get(std::span<const SeriesId> ids, std::vector<Labels>* labels) const;
  /// Appends of each the labels with these names, which are sorted.
  void GetChosen(std::span<const SeriesId> ids, std::span<const std::string> names,
                 std::vector<Labels>* labels) const;
  /// The places of `ids` in the order of their labels.
  std::vector<uint32_t> OrderByLabels(std::span<const SeriesId> ids) const;
  size_t size() const;
  /// One beyond the highest id.
  SeriesId end() const;

  /// The series that satisfy all matchers, ascending. A matcher that the empty text satisfies holds
  /// for series without the label too. InvalidArgument for a regular expression RE2 refuses.
  StatusOr<std::vector<SeriesId>> Select(std::span<const LabelMatcher> matchers) const;
  /// Of the given series: the names of their labels, the values of one, sorted and unique.
  std::vector<std::string> Names(std::span<const SeriesId> ids) const;
  std::vector<std::string> Values(std::string_view name, std::span<const SeriesId> ids) const;
  /// What the labels of the series of `set` are; of each list the `most` largest. Looks at the
  /// lists of the labels, not at series.
  SeriesSummary Summarize(const SeriesSet& set, size_t most) const;
  /// Every series there is, ascending.
  std::vector<SeriesId> All() const;

  size_t bytes() const;

 private:
  static constexpr uint32_t kBlockSeries = 16;  // one of so many is written in full
  static constexpr uint32_t kNone = UINT32_MAX;

  // A label: a name with a value.
  struct Pair {
    uint32_t name;
    uint32_t value;
    PostingList series;
  };
  struct Name {
    uint32_t symbol;
    std::vector<uint32_t> pairs;  // in order of first sight
  };
  using PairIds = std::vector<uint32_t>;

  bool FindPairs(const Labels& labels, PairIds* pairs) const;
  uint32_t FindPair(uint32_t name, uint32_t value) const;
  uint32_t InternPair(std::string_view name, std::string_view value);
  void GrowPairs();
  void AddPairs(SeriesId id, const PairIds& pairs);
  uint32_t FindOrdinal(const PairIds& pairs, uint32_t hash) const;
  void PutHash(uint32_t hash, uint32_t ordinal);
  void GrowHashes();
  std::optional<uint32_t> OrdinalOf(SeriesId id) const;
  const Name* FindName(std::string_view name) const;
  /// The labels of the series from the beginning of its block to `ordinal`; the last is in *pairs.
  void Decode(uint32_t ordinal, PairIds* pairs) const;
  template <typename Visit>
  void VisitPairs(std::span<const SeriesId> ids, Visit visit) const;
  Labels LabelsOf(const PairIds& pairs) const;
  void RankPairs(std::vector<uint32_t>* pairs) const;

  struct Match;
  StatusOr<Match> Evaluate(const LabelMatcher& matcher) const;
  void Apply(const Match& match, std::vector<SeriesId>* ids) const;

  mutable std::shared_mutex mutex_;
  SymbolTable symbols_;
  std::vector<Pair> pairs_;
  std::vector<uint32_t> pair_slots_;  // open addressing by name and value
  std::vector<Name> names_;
  std::unordered_map<uint32_t, uint32_t> name_index_;  // by symbol, in names_

  std::vector<SeriesId> ids_;           // by ordinal, ascending
  std::vector<uint32_t> hashes_;        // by ordinal
  std::vector<uint32_t> series_slots_;  // ordinals, open addressing by hash
  std::vector<uint8_t> coded_;          // the series' labels
  std::vector<uint64_t> block_begins_;  // in coded_, of every kBlockSeries-th series
  PairIds last_pairs_;                  // of the last series
};

}  // namespace kizashi
