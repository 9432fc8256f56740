// Makes values of delta temporality cumulative: remembers of each series the sum so far.
//
// Owned by a receiver; any thread. Bounded by `series_max`: at the limit, series that got nothing
// for kForgetAfter are forgotten, and a new one is refused when there are none. After that, and
// after a restart, a sum begins at zero again, which reads as a counter's reset.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

class DeltaSums {
 public:
  static constexpr Duration kForgetAfter = std::chrono::hours(1);

  explicit DeltaSums(Registry* registry, size_t series_max = 1'000'000);

  /// The sum with `delta`, which holds up to `time`. What has the time of the last one is the same
  /// again (a retry): the sum stays. InvalidArgument when it is older than the last one,
  /// ResourceExhausted at the limit.
  StatusOr<double> Add(SeriesId series, Time time, double delta);

 private:
  struct Sum {
    double value = 0;
    Time last{};
  };
  void Forget(Time now);

  const size_t series_max_;
  Gauge& series_gauge_;
  std::mutex mutex_;
  Time swept_{};                            // under mutex_
  std::unordered_map<SeriesId, Sum> sums_;  // under mutex_
};

}  // namespace kizashi
