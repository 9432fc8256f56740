// The newest exemplars of each series, in memory: what a histogram's bucket points to (a trace).
//
// Owned by main; any thread. Bounded: kPerSeriesMax of a series, `total_max` of all; the oldest go
// first. They are not kept over a restart, as in Prometheus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/telemetry_sink.h"
#include "wire/telemetry.h"

namespace kizashi {

struct Exemplar {
  Labels labels;
  double value = 0;
  Time time{};
  bool operator==(const Exemplar&) const = default;
};

class ExemplarRing {
 public:
  static constexpr size_t kPerSeriesMax = 16;

  explicit ExemplarRing(Registry* registry, size_t total_max = 100'000);

  /// An exemplar that the series has already, or an older one than its newest, is passed over.
  void Add(SeriesId series, Exemplar exemplar);
  /// Those of a series with a time in [from, to], the oldest first.
  std::vector<Exemplar> Read(SeriesId series, Time from, Time to) const;
  /// The series that have any, in no order.
  std::vector<SeriesId> Series() const;
  size_t size() const;

 private:
  struct Place {
    uint64_t number = 0;
    SeriesId series = 0;
  };
  struct Item {
    uint64_t number = 0;
    Exemplar exemplar;
  };
  void DropOldest();

  const size_t total_max_;
  Counter& added_;
  mutable std::mutex mutex_;
  uint64_t next_ = 0;        // under mutex_
  size_t size_ = 0;          // under mutex_
  std::deque<Place> order_;  // under mutex_: also of some that went
  std::unordered_map<SeriesId, std::deque<Item>> by_series_;  // under mutex_: none is empty
};

}  // namespace kizashi
