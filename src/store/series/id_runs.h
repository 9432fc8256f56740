// Which place has which series, for a list of series ids: kept as runs of ids that follow each
// other, since a source's series get their ids one after the other.
//
// A value; immutable after it was made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ingest/telemetry_sink.h"

namespace kizashi {

class IdRuns {
 public:
  struct Run {
    SeriesId first = 0;
    uint32_t count = 0;
    uint32_t place = 0;  // of `first` in the list; the others follow
  };

  IdRuns() = default;
  explicit IdRuns(std::span<const SeriesId> ids) {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!runs_.empty() && ids[i] == runs_.back().first + runs_.back().count) {
        ++runs_.back().count;
      } else {
        runs_.push_back({ids[i], 1, static_cast<uint32_t>(i)});
      }
    }
    std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
      return a.first != b.first ? a.first < b.first : a.place < b.place;
    });
    runs_.shrink_to_fit();
  }

  /// Calls `visit(index in sorted, place)` for every id of `sorted` (ascending) that is in the
  /// list; of an id that is in it twice, for each.
  template <typename Visit>
  void Match(std::span<const SeriesId> sorted, Visit visit) const {
    size_t at = 0;
    for (const Run& run : runs_) {
      // Runs are in order of their first id; two overlap when an id is in the list twice.
      at = static_cast<size_t>(
          std::lower_bound(sorted.begin() + static_cast<ptrdiff_t>(at), sorted.end(), run.first) -
          sorted.begin());
      if (at == sorted.size()) return;
      for (size_t i = at; i < sorted.size() && sorted[i] - run.first < run.count; ++i) {
        visit(i, run.place + (sorted[i] - run.first));
      }
    }
  }
  const std::vector<Run>& runs() const { return runs_; }
  size_t bytes() const { return runs_.capacity() * sizeof(Run); }

 private:
  std::vector<Run> runs_;  // by first id
};

}  // namespace kizashi
