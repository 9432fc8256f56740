// How many series live and what their labels are: what status/tsdb answers with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ingest/telemetry_sink.h"

namespace kizashi {

struct SeriesSummary {
  /// A number and what has it; the largest first, of equal ones by name.
  using Counts = std::vector<std::pair<uint64_t, std::string>>;

  uint64_t series = 0;
  uint64_t label_pairs = 0;  // of names and values that any of them has
  Counts series_by_metric;
  Counts values_by_label;
  Counts bytes_by_label;  // of the values' texts, each counted once
  Counts series_by_pair;  // "name=value"
};

/// A set of series, made for asking how many of those from one id to another are in it.
class SeriesSet {
 public:
  struct Run {
    SeriesId first = 0;
    uint32_t count = 0;
  };
  SeriesSet() = default;
  /// In any order; runs may overlap.
  explicit SeriesSet(std::vector<Run> runs);

  /// The set without these ids, which are ascending.
  SeriesSet Without(std::span<const SeriesId> ids) const;

  /// All of its ids, ascending.
  std::vector<SeriesId> Ids() const;
  uint64_t size() const { return before_.empty() ? 0 : before_.back(); }
  /// How many of the ids from `first` on, `count` of them, are in the set.
  uint64_t Count(SeriesId first, uint32_t count) const {
    return Below(uint64_t{first} + count) - Below(first);
  }

 private:
  uint64_t Below(uint64_t id) const;

  std::vector<Run> runs_;         // in order, apart from each other
  std::vector<uint64_t> before_;  // series in the runs before each, and in all
};

}  // namespace kizashi
