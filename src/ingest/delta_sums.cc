#include "ingest/delta_sums.h"

#include <algorithm>
#include <type_traits>

namespace kizashi {

DeltaSums::DeltaSums(Registry* registry, size_t series_max)
    : series_max_(series_max),
      series_gauge_(registry->GetGauge("kizashi_delta_series",
                                       "Series of delta temporality that are being summed.")) {}

void ExponentialCounts::Coarsen(int64_t by) {
  scale -= by;
  for (Buckets* buckets : {&positive, &negative}) {
    size_t kept = 0;
    for (size_t i = 0; i < buckets->size(); ++i) {
      const auto [index, number] = (*buckets)[i];
      const int64_t merged = index >> by;
      if (kept > 0 && (*buckets)[kept - 1].first == merged) {
        (*buckets)[kept - 1].second += number;
      } else {
        (*buckets)[kept++] = {merged, number};
      }
    }
    buckets->resize(kept);
  }
}

void ExponentialCounts::Add(const ExponentialCounts& other) {
  ExponentialCounts added = other;
  if (added.scale > scale) added.Coarsen(added.scale - scale);
  if (scale > added.scale) Coarsen(scale - added.scale);
  for (auto [buckets, others] :
       {std::pair{&positive, &added.positive}, std::pair{&negative, &added.negative}}) {
    const size_t middle = buckets->size();
    buckets->insert(buckets->end(), others->begin(), others->end());
    std::inplace_merge(buckets->begin(), buckets->begin() + static_cast<std::ptrdiff_t>(middle),
                       buckets->end());
  }
  Coarsen(0);  // those of one index stand together now
  while (positive.size() > kBucketsMax || negative.size() > kBucketsMax) Coarsen(1);
  zero_count += added.zero_count;
  zero_threshold = std::max(zero_threshold, added.zero_threshold);
  count += added.count;
  sum += added.sum;
}

StatusOr<double> DeltaSums::Add(SeriesId series, Time time, double delta) {
  return AddTo(&sums_, series, time, delta);
}

StatusOr<ExponentialCounts> DeltaSums::Add(const SeriesCache::Key& key, Time time,
                                           const ExponentialCounts& delta) {
  return AddTo(&histograms_, key, time, delta);
}

template <typename Map, typename T>
StatusOr<T> DeltaSums::AddTo(Map* sums, const typename Map::key_type& key, Time time,
                             const T& delta) {
  const std::lock_guard lock(mutex_);
  const auto found = sums->find(key);
  if (found == sums->end()) {
    if (sums_.size() + histograms_.size() >= series_max_) Forget(time);
    if (sums_.size() + histograms_.size() >= series_max_) {
      return ResourceExhausted("more than {} series of delta temporality", series_max_);
    }
    sums->emplace(key, Sum<T>{delta, time});
    series_gauge_.Set(static_cast<double>(sums_.size() + histograms_.size()));
    return delta;
  }
  Sum<T>& sum = found->second;
  if (time < sum.last) {
    return InvalidArgument("a delta up to {} comes after one up to {}", FormatTime(time),
                           FormatTime(sum.last));
  }
  if (time > sum.last) {
    if constexpr (std::is_same_v<T, double>) {
      sum.value += delta;
    } else {
      sum.value.Add(delta);
    }
  }
  sum.last = time;
  return sum.value;
}

// At most once a minute: it looks at every series.
void DeltaSums::Forget(Time now) {
  if (now - swept_ < std::chrono::minutes(1)) return;
  swept_ = now;
  const auto is_old = [&](const auto& item) { return now - item.second.last > kForgetAfter; };
  std::erase_if(sums_, is_old);
  std::erase_if(histograms_, is_old);
}

}  // namespace kizashi
