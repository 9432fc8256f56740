// Makes values of delta temporality cumulative: remembers of each series the sum so far, and of
// each exponential histogram the buckets, since the deltas of one have different buckets.
//
// Owned by a receiver; any thread. Bounded by `series_max`: at the limit, series that got nothing
// for kForgetAfter are forgotten, and a new one is refused when there are none. After that, and
// after a restart, a sum begins at zero again, which reads as a counter's reset.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/series_cache.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

/// An exponential histogram: bucket `index` lies between base^index and base^(index + 1), with base
/// 2^(2^-scale).
struct ExponentialCounts {
  using Buckets = std::vector<std::pair<int64_t, uint64_t>>;  // index and count, by index
  static constexpr size_t kBucketsMax = 320;                  // of one side

  int64_t scale = 0;
  uint64_t zero_count = 0;
  double zero_threshold = 0;
  Buckets positive;
  Buckets negative;
  uint64_t count = 0;
  double sum = 0;

  /// Makes the scale coarser by so much: buckets fall together.
  void Coarsen(int64_t by);
  /// Adds the other one. The scale becomes the coarser one, and so coarse that kBucketsMax hold.
  void Add(const ExponentialCounts& other);
};

class DeltaSums {
 public:
  static constexpr Duration kForgetAfter = std::chrono::hours(1);

  explicit DeltaSums(Registry* registry, size_t series_max = 1'000'000);

  /// The sum with `delta`, which holds up to `time`. What has the time of the last one is the same
  /// again (a retry): the sum stays. InvalidArgument when it is older than the last one,
  /// ResourceExhausted at the limit.
  StatusOr<double> Add(SeriesId series, Time time, double delta);
  /// The same for a histogram, by the key of its point.
  StatusOr<ExponentialCounts> Add(const SeriesCache::Key& key, Time time,
                                  const ExponentialCounts& delta);

 private:
  template <typename T>
  struct Sum {
    T value{};
    Time last{};
  };
  template <typename Map, typename T>
  StatusOr<T> AddTo(Map* sums, const typename Map::key_type& key, Time time, const T& delta);
  void Forget(Time now);

  const size_t series_max_;
  Gauge& series_gauge_;
  std::mutex mutex_;
  Time swept_{};                                    // under mutex_
  std::unordered_map<SeriesId, Sum<double>> sums_;  // under mutex_
  std::unordered_map<SeriesCache::Key, Sum<ExponentialCounts>, SeriesCache::KeyHash>
      histograms_;  // under mutex_
};

}  // namespace kizashi
