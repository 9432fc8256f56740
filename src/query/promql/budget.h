// What one query may use: samples and bytes held at a time, time, and whether it is still wanted.
//
// Belongs to the query's thread; `cancelled` may be set by any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi::promql {

struct QueryLimits {
  uint64_t samples_max = 50'000'000;  // held at a time: read, intermediate and of the result
  uint64_t bytes_max = 2ULL << 30;    // held at a time: samples and labels
  Duration timeout = std::chrono::minutes(2);
  const std::atomic<bool>* cancelled = nullptr;
};

class Budget {
 public:
  explicit Budget(const QueryLimits& limits) : limits_(limits) {}

  /// Takes `samples` into account until Release; ResourceExhausted when it is too much.
  Status Hold(uint64_t samples);
  void Release(uint64_t samples);
  /// The same for bytes that are no samples.
  Status HoldBytes(uint64_t bytes);

  /// Says that about `work` samples were worked on. Looks now and then whether the query should
  /// stop: DeadlineExceeded or Cancelled.
  Status Spend(uint64_t work);

  uint64_t samples_peak() const { return samples_peak_; }

 private:
  Status CheckBytes() const;

  QueryLimits limits_;
  Stopwatch stopwatch_;
  uint64_t samples_ = 0;
  uint64_t samples_peak_ = 0;
  uint64_t other_bytes_ = 0;
  uint64_t work_ = 0;
};

}  // namespace kizashi::promql
