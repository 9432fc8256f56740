// What the numbers in the journal stand for: label sets of series and streams, sources, layouts.
//
// A new number is given at once and waits, as a definition, for the next commit: it is on disk no
// later than the first entry that uses it. Any thread may intern and resolve; IdsFor, PutWaiting
// and Committed are for the committing thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "store/database.h"
#include "store/definition_group.h"
#include "store/journal.h"
#include "store/series/series_budget.h"
#include "store/series/series_names.h"
#include "store/series_table.h"
#include "store/store_keys.h"

namespace kizashi {

class Definitions final : public RowResolver {
 public:
  /// At most `series_max` series and as many streams. `database` outlives this.
  Definitions(const Database& database, size_t series_max)
      : database_(database), series_max_(series_max), streams_("streams", series_max) {}

  /// Read what is on disk: what rows are decoded with, and what series are. LoadSeries may run
  /// beside the use of the others. DataLoss when it is not what this class wrote.
  Status LoadSources();
  Status LoadSeries();
  /// Series that ended leave memory for files in `directory` (series_names.h). Before LoadSeries.
  void KeepEndedIn(std::string directory);

  /// Asked before a series is defined, told of those that are there already; outlives this.
  void SetBudget(SeriesBudget* budget) { budget_ = budget; }

  /// ResourceExhausted at the limit, of all or of its owner.
  StatusOr<SeriesId> InternSeries(const Labels& labels);
  StatusOr<StreamId> InternStream(const Labels& labels);
  SeriesNames& series() { return series_; }
  const SeriesNames& series() const { return series_; }
  const SeriesTable& streams() const { return streams_; }

  /// The numbers of a scrape's source and layout; new ones are given and wait for the commit.
  RowIds IdsFor(const ScrapeBatch& batch);
  /// Puts everything that waits into `batch`; how many definitions those are.
  struct Put {
    size_t others = 0;
    size_t series = 0;
  };
  Put PutWaiting(rocksdb::WriteBatch* batch) const;
  /// The first that waited are on disk. Until this is called they are put again.
  void Committed(Put put);

  StatusOr<std::string> Source(uint32_t id) const override;
  StatusOr<SeriesLayout> Layout(uint32_t id) const override;

 private:
  struct LastLayout {
    SeriesLayout layout;
    uint32_t id = 0;
  };

  /// Series that were defined together.
  struct StoredGroup {
    SeriesId first = 0;
    DefinitionGroup group;
  };
  using StoredGroupPtr = std::shared_ptr<const StoredGroup>;

  Status Load(MetaKind kind);
  Status LoadGroups();
  Status VisitStored(SeriesId first, uint32_t count, const SeriesNames::Visit& visit) const;
  StatusOr<StoredGroupPtr> GroupOf(SeriesId id) const;
  Status Restore(std::string_view key, std::string_view value);
  uint32_t SourceId(const std::string& source);
  uint32_t LayoutId(const SeriesLayout& layout);

  const Database& database_;
  const size_t series_max_;
  SeriesBudget* budget_ = nullptr;
  SeriesNames series_;
  SeriesTable streams_;

  mutable std::mutex waiting_mutex_;
  std::vector<std::pair<std::string, std::string>>
      waiting_;  // keys and values, for the next commit
  std::vector<Labels> waiting_series_;
  SeriesId waiting_first_ = 0;  // of waiting_series_: their ids follow each other

  mutable std::mutex group_mutex_;
  mutable StoredGroupPtr last_group_;  // who asks for one often asks for its neighbours

  mutable std::mutex rows_mutex_;  // for what follows
  std::vector<std::string> sources_;
  std::unordered_map<std::string, uint32_t> source_ids_;
  // Gone: on disk, for the next one who asks.
  mutable std::vector<std::weak_ptr<const std::vector<SeriesId>>> layouts_;
  std::unordered_multimap<uint64_t, uint32_t> layout_ids_;  // by hash of the encoded form

  std::unordered_map<uint32_t, LastLayout> last_layout_;  // by source; committing thread only
};

}  // namespace kizashi
