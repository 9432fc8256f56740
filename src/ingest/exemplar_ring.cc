#include "ingest/exemplar_ring.h"

#include <utility>

namespace kizashi {

ExemplarRing::ExemplarRing(Registry* registry, size_t total_max)
    : total_max_(total_max),
      added_(registry->GetCounter("kizashi_exemplars_total", "Exemplars that were taken in.")) {}

void ExemplarRing::Add(SeriesId series, Exemplar exemplar) {
  const std::lock_guard lock(mutex_);
  std::deque<Item>& items = by_series_[series];
  if (!items.empty()) {
    const Exemplar& newest = items.back().exemplar;
    if (exemplar.time < newest.time || exemplar == newest) return;
  }
  items.push_back({next_, std::move(exemplar)});
  order_.push_back({next_++, series});
  added_.Add();
  if (items.size() > kPerSeriesMax) {
    items.pop_front();
  } else {
    ++size_;
  }
  while (size_ > total_max_) DropOldest();
  // Places of exemplars that went before their time are swept when they are the most.
  if (order_.size() > 2 * total_max_ + kPerSeriesMax) {
    std::erase_if(order_, [this](const Place& place) {
      const auto found = by_series_.find(place.series);
      return found == by_series_.end() || place.number < found->second.front().number;
    });
  }
}

void ExemplarRing::DropOldest() {
  const Place place = order_.front();
  order_.pop_front();
  const auto found = by_series_.find(place.series);
  if (found == by_series_.end() || found->second.front().number != place.number) return;
  found->second.pop_front();
  --size_;
  if (found->second.empty()) by_series_.erase(found);
}

std::vector<Exemplar> ExemplarRing::Read(SeriesId series, Time from, Time to) const {
  std::vector<Exemplar> read;
  const std::lock_guard lock(mutex_);
  const auto found = by_series_.find(series);
  if (found == by_series_.end()) return read;
  for (const Item& item : found->second) {
    if (item.exemplar.time >= from && item.exemplar.time <= to) read.push_back(item.exemplar);
  }
  return read;
}

std::vector<SeriesId> ExemplarRing::Series() const {
  std::vector<SeriesId> series;
  const std::lock_guard lock(mutex_);
  series.reserve(by_series_.size());
  for (const auto& [id, items] : by_series_) series.push_back(id);
  return series;
}

size_t ExemplarRing::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace kizashi
