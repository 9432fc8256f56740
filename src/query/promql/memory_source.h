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
  /// The samples of a series, empty at first; stay where they are until Clear.
  SampleColumns* Intern(const Labels& labels);
  /// Adds a sample, in any order of time; of one time the last counts.
  static void Add(SampleColumns* series, int64_t time_ms, double value);
  void Add(const Labels& labels, int64_t time_ms, double value) {
    Add(Intern(labels), time_ms, value);
  }
  void Clear() { metrics_.clear(); }

  std::unique_ptr<SeriesReader> OpenReader() const override;

 private:
  friend class MemoryReader;
  using SeriesMap = std::map<Labels, SampleColumns>;
  std::map<std::string, SeriesMap, std::less<>> metrics_;  // by name
};

}  // namespace kizashi::promql
