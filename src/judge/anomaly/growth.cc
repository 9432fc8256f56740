#include "judge/anomaly/growth.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr double kDaysAheadMax = 3650;

}  // namespace

void Growth::Observe(Time time, double value, int32_t zone_s) {
  if (!std::isfinite(value)) return;
  zone_s_ = zone_s;
  const int64_t day = ToMs(FloorTo(time + std::chrono::seconds(zone_s), Duration(kDayMs))) / kDayMs;
  if (count_ == 0) {
    if (days_ == 0) {
      origin_ = day;
      base_ = value;
    }
    day_ = day;
  }
  if (day < day_) return;
  if (day > day_) {
    if (days_ == kDays) {
      std::copy(means_.begin() + 1, means_.end(), means_.begin());
      std::copy(at_.begin() + 1, at_.end(), at_.begin());
      --days_;
    }
    means_[days_] = static_cast<float>(sum_ / static_cast<double>(count_) - base_);
    at_[days_] = static_cast<int32_t>(day_ - origin_);
    ++days_;
    day_ = day;
    sum_ = 0;
    count_ = 0;
  }
  sum_ += value;
  ++count_;
}

std::optional<Growth::Trend> Growth::Now() const {
  if (days_ < kDaysMin) return std::nullopt;
  std::array<double, kDays*(kDays - 1) / 2> slopes{};
  size_t pairs = 0;
  for (size_t i = 0; i < days_; ++i) {
    for (size_t j = i + 1; j < days_; ++j) {
      slopes[pairs++] = double(means_[j] - means_[i]) / double(at_[j] - at_[i]);
    }
  }
  std::sort(slopes.begin(), slopes.begin() + ptrdiff_t(pairs));
  const auto n = static_cast<double>(days_);
  const double spread = 1.96 * std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  const auto rank = [&](double at) {
    return slopes[size_t(std::clamp(at, 0.0, double(pairs) - 1))];
  };
  Trend trend;
  trend.per_day = rank(double(pairs) / 2);
  trend.per_day_low = rank((double(pairs) - spread) / 2);
  trend.per_day_high = rank((double(pairs) + spread) / 2);
  std::array<double, kDays> levels{};
  const int32_t last = at_[days_ - 1];
  for (size_t i = 0; i < days_; ++i) levels[i] = means_[i] + trend.per_day * double(last - at_[i]);
  std::nth_element(levels.begin(), levels.begin() + ptrdiff_t(days_ / 2),
                   levels.begin() + ptrdiff_t(days_));
  trend.level = base_ + levels[days_ / 2];
  trend.at = TimeFromMs((origin_ + last) * kDayMs + kDayMs / 2 - int64_t{zone_s_} * 1000);
  trend.sustained = trend.per_day_low > 0 || trend.per_day_high < 0;
  return trend;
}

std::optional<Growth::Reach> Growth::Reaches(double limit) const {
  const auto trend = Now();
  if (!trend || !trend->sustained) return std::nullopt;
  const double left = limit - trend->level;
  const bool up = trend->per_day > 0;
  if ((left > 0) != up) return std::nullopt;
  const auto after = [&](double per_day) {
    return trend->at + Duration(int64_t(left / per_day * double(kDayMs)));
  };
  if (left / trend->per_day > kDaysAheadMax) return std::nullopt;
  Reach reach;
  reach.expected = after(trend->per_day);
  reach.earliest = after(up ? trend->per_day_high : trend->per_day_low);
  const double slowest = up ? trend->per_day_low : trend->per_day_high;
  if (left / slowest <= kDaysAheadMax) reach.latest = after(slowest);
  return reach;
}

}  // namespace kizashi
