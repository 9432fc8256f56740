// The reader of one query over the series store: what was in the head and in the blocks when it was
// opened, and the tombstones that were there.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/series/block_part.h"
#include "store/series/series_block.h"
#include "store/series/series_head.h"
#include "store/series/series_names.h"
#include "store/series/series_part.h"
#include "store/series/series_reader.h"
#include "store/series/shape_cache.h"
#include "store/series/tombstones.h"

namespace kizashi {

/// What a reader sees; it keeps it alive.
struct StoreView {
  HeadView head;
  std::vector<SeriesBlockPtr> blocks;  // in order of the journal
  std::shared_ptr<const Tombstones> tombstones;
  std::shared_ptr<ShapeCache> shapes;
};

class StoreReader final : public SeriesReader {
 public:
  /// `names` outlives the reader.
  StoreReader(const SeriesNames& names, StoreView view);

  Status Select(std::span<const LabelMatcher> matchers, Time from, Time to,
                std::vector<Ref>* refs) override;
  Labels LabelsOf(Ref ref) const override;
  void AppendLabels(std::span<const Ref> refs, std::vector<Labels>* labels) const override;
  void AppendChosenLabels(std::span<const Ref> refs, std::span<const std::string> names,
                          std::vector<Labels>* labels) const override;
  void SortByLabels(std::vector<Ref>* refs) const override;
  Status Read(Ref ref, Time from, Time to, SampleColumns* out) override;
  StatusOr<std::vector<std::string>> LabelNames(std::span<const LabelMatcher> matchers, Time from,
                                                Time to) override;
  StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                 std::span<const LabelMatcher> matchers, Time from,
                                                 Time to) override;

 private:
  // Parts that have the same series: a place is good for all of them.
  struct PartSet {
    size_t wanted = 0;                               // of its series were selected
    std::vector<std::unique_ptr<SeriesPart>> parts;  // in order of the journal
  };
  struct Location {
    uint32_t set = 0;
    uint32_t place = 0;
  };
  // One Select: references to it stay good.
  struct Selection {
    std::vector<SeriesId> ids;     // in the order of the references
    std::vector<uint32_t> begins;  // of each one's locations
    std::vector<Location> locations;
    std::vector<PartSet> sets;
    std::vector<std::shared_ptr<const SeriesBlock::Contents>> blocks;  // null: of another time
  };
  struct Found {
    uint32_t index;  // of the id
    Location at;
  };

  StatusOr<std::vector<SeriesId>> Candidates(std::span<const LabelMatcher> matchers, Time from,
                                             Time to);
  Status Locate(std::vector<SeriesId> ids, Time from, Time to, Selection* selection);
  Status FindSets(const std::vector<SeriesId>& ids, Time from, Time to, Selection* selection,
                  std::vector<Found>* found);
  Status MatchLoose(const std::vector<SeriesId>& ids, Time from, Time to,
                    const Selection& selection, std::vector<uint32_t>* indexes) const;
  Status ReadLoose(SeriesId id, const Selection& selection, int64_t from_ms, int64_t to_ms,
                   SampleColumns* out) const;

  SeriesId IdOf(Ref ref) const;

  const StoreView view_;
  SeriesView names_;        // made after view_: it has all series that are there
  StretchCache stretches_;  // outlives the parts of selections_
  std::vector<Selection> selections_;
};

}  // namespace kizashi
