// Sustained growth of one series, and when it reaches a limit.
//
// Kept are the means of the last 28 days. The slope is the median of the slopes between all pairs
// of days (Theil 1950), its interval that of Sen (1968) from Kendall's statistic: a few odd days
// move neither. A value of about 150 bytes; one thread; no clock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "judge/anomaly/tail_rate.h"

namespace kizashi {

class Growth {
 public:
  static constexpr size_t kDays = 28;
  static constexpr size_t kDaysMin = 7;

  struct Trend {
    double level = 0;        // of the last whole day, on the trend
    double per_day = 0;      // median slope
    double per_day_low = 0;  // 95 % interval
    double per_day_high = 0;
    Time at{};               // of `level`: the middle of that day
    bool sustained = false;  // the interval leaves out no growth and no decline
  };
  /// When the limit is reached: expected, not before, and not after (none: maybe never).
  struct Reach {
    Time expected{};
    Time earliest{};
    std::optional<Time> latest;
  };

  /// `zone_s`: what local time is ahead of UTC. NaN and infinities are no samples.
  void Observe(Time time, double value, int32_t zone_s = 0);
  /// None before kDaysMin whole days.
  std::optional<Trend> Now() const;
  /// None when there is no trend towards `limit`, or it takes more than ten years.
  std::optional<Reach> Reaches(double limit) const;

  template <typename A>
  void Fields(A& a) {
    a(day_, sum_, count_, base_, origin_, zone_s_, days_);
    if (days_ > kDays) days_ = 0;  // of damaged bytes
    for (float& mean : means_) TailRate::FloatField(a, mean);
    for (int32_t& at : at_) a(at);
  }

 private:
  int64_t day_ = 0;  // since 1970, local: the one that goes on
  double sum_ = 0;
  int64_t count_ = 0;
  double base_ = 0;     // means are kept relative to it
  int64_t origin_ = 0;  // the first day
  int32_t zone_s_ = 0;
  size_t days_ = 0;
  std::array<float, kDays> means_{};
  std::array<int32_t, kDays> at_{};  // days since origin_
};

}  // namespace kizashi
