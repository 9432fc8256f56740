#include "store/series_table.h"

#include <mutex>

#include "base/check.h"

namespace kizashi {

StatusOr<uint32_t> SeriesTable::Intern(const Labels& labels, bool* is_new) {
  const uint64_t hash = labels.Hash();
  const std::unique_lock lock(mutex_);
  const auto [begin, end] = ids_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (labels_[it->second] == labels) {
      *is_new = false;
      return it->second;
    }
  }
  if (labels_.size() >= max_) {
    return ResourceExhausted("the store holds {} {} already, its limit", max_, what_);
  }
  const auto id = static_cast<uint32_t>(labels_.size());
  labels_.push_back(labels);
  ids_.emplace(hash, id);
  *is_new = true;
  return id;
}

Status SeriesTable::Restore(uint32_t id, Labels labels) {
  const std::unique_lock lock(mutex_);
  if (id != labels_.size()) {
    return DataLoss("stored {} are not numbered in order: {} after {}", what_, id, labels_.size());
  }
  ids_.emplace(labels.Hash(), id);
  labels_.push_back(std::move(labels));
  return OkStatus();
}

const Labels& SeriesTable::Get(uint32_t id) const {
  const std::shared_lock lock(mutex_);
  KZ_CHECK(id < labels_.size(), "{} id {} was never given", what_, id);
  return labels_[id];
}

size_t SeriesTable::size() const {
  const std::shared_lock lock(mutex_);
  return labels_.size();
}

}  // namespace kizashi
