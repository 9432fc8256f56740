// Samples in memory: for tests, and for queries over files.
//
// Filled by one thread, then read by any; must outlive its readers. Holds 16 bytes a sample.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/series/series_reader.h"

namespace kizashi::promql {

class MemorySource final : public SeriesSource {
 public:
  /// Adds a sample. Later ones of a series may come in any order; of one time the last counts.
  void Add(const Labels& labels, int64_t time_ms, double value);
  void Clear() { series_.clear(); }
  size_t series_count() const { return series_.size(); }

  std::unique_ptr<SeriesReader> OpenReader() const override;

 private:
  friend class MemoryReader;
  std::map<Labels, SampleColumns> series_;
};

}  // namespace kizashi::promql
