// Label sets and their numbers: interning for series and streams, kept in memory and, by the store,
// on disk.
//
// Any thread may call. Ids count from 0 in the order of first sight and never change.
#pragma once

#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

class SeriesTable {
 public:
  /// `what` is for messages: "series", "streams".
  SeriesTable(std::string what, size_t max) : what_(std::move(what)), max_(max) {}

  /// The id of `labels`; `*is_new` says whether it was given now. ResourceExhausted at the limit.
  StatusOr<uint32_t> Intern(const Labels& labels, bool* is_new);
  /// Puts a stored label set back. Ids must come in order.
  Status Restore(uint32_t id, Labels labels);
  /// Requires that `id` was given. The reference stays good.
  const Labels& Get(uint32_t id) const;
  size_t size() const;

 private:
  const std::string what_;
  const size_t max_;
  mutable std::shared_mutex mutex_;
  std::deque<Labels> labels_;                        // by id; a deque does not move its elements
  std::unordered_multimap<uint64_t, uint32_t> ids_;  // by hash; equal hashes are compared
};

}  // namespace kizashi
