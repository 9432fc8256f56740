// The series store: every sample that the journal acknowledged, for queries.
//
// The telemetry store feeds it from its committing thread, before it acknowledges, so that a reader
// sees what was acknowledged before it was opened. Owned by the telemetry store; any thread may
// open readers.
#pragma once

#include <memory>

#include "store/journal.h"
#include "store/series/series_head.h"
#include "store/series/series_index.h"
#include "store/series/series_reader.h"
#include "store/series/store_reader.h"

namespace kizashi {

class SeriesStore final : public SeriesSource {
 public:
  /// `index` outlives the store.
  explicit SeriesStore(const SeriesIndex& index) : index_(index) {}

  /// Takes an entry's samples. Entries come in order, on one thread.
  void Append(std::shared_ptr<const JournalEntry> entry) { head_.Append(std::move(entry)); }
  std::unique_ptr<SeriesReader> OpenReader() const override;

 private:
  const SeriesIndex& index_;
  SeriesHead head_;
};

}  // namespace kizashi
