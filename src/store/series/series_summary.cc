#include "store/series/series_summary.h"

#include <algorithm>

namespace kizashi {

SeriesSet::SeriesSet(std::vector<Run> runs) {
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
  for (const Run& run : runs) {
    const uint64_t end = uint64_t{run.first} + run.count;
    const uint64_t last = runs_.empty() ? 0 : uint64_t{runs_.back().first} + runs_.back().count;
    if (runs_.empty() || run.first > last) {
      runs_.push_back(run);
    } else if (end > last) {
      runs_.back().count = static_cast<uint32_t>(end - runs_.back().first);
    }
  }
  runs_.shrink_to_fit();
  before_.reserve(runs_.size() + 1);
  before_.push_back(0);
  for (const Run& run : runs_) before_.push_back(before_.back() + run.count);
}

SeriesSet SeriesSet::Without(std::span<const SeriesId> ids) const {
  std::vector<Run> kept;
  auto id = ids.begin();
  for (const Run& run : runs_) {
    uint64_t from = run.first;
    const uint64_t end = uint64_t{run.first} + run.count;
    for (; id != ids.end() && *id < end; ++id) {
      if (*id < from) continue;
      if (*id > from) {
        kept.push_back({static_cast<SeriesId>(from), static_cast<uint32_t>(*id - from)});
      }
      from = uint64_t{*id} + 1;
    }
    if (from < end) {
      kept.push_back({static_cast<SeriesId>(from), static_cast<uint32_t>(end - from)});
    }
  }
  return SeriesSet(std::move(kept));
}

std::vector<SeriesId> SeriesSet::Ids() const {
  std::vector<SeriesId> ids;
  ids.reserve(size());
  for (const Run& run : runs_) {
    for (uint32_t i = 0; i < run.count; ++i) ids.push_back(run.first + i);
  }
  return ids;
}

uint64_t SeriesSet::Below(uint64_t id) const {
  const auto next = std::partition_point(runs_.begin(), runs_.end(),
                                         [id](const Run& run) { return run.first < id; });
  if (next == runs_.begin()) return 0;
  const Run& run = *(next - 1);
  const auto at = static_cast<size_t>(next - 1 - runs_.begin());
  return before_[at] + std::min<uint64_t>(run.count, id - run.first);
}

}  // namespace kizashi
