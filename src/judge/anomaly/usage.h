// Usage that is unusual for this time of the week: a finding of its own kind, from the readings of
// a signal of throughput. A value; one thread; no clock.
#pragma once

#include <optional>

#include "base/clock.h"
#include "judge/anomaly/series_detector.h"

namespace kizashi {

class UsageWatch {
 public:
  /// How long it must be unusual, all in all, before it is told, and usual before it is over.
  static constexpr Duration kHold = std::chrono::minutes(10);
  /// How rare, in log10 of weeks.
  static constexpr float kUnusual = 0;

  enum class News : uint8_t { kNone, kBeginHigh, kBeginLow, kEnd };
  /// After each sample, what SeriesDetector::Observe said of it.
  News Observe(Time time, const Reading& reading) {
    const bool unusual =
        !reading.masked && !reading.recurring && reading.moves_log10_weeks >= kUnusual;
    if (!unusual || (since_ && reading.direction != direction_)) {
      if (open_ ? time - last_ >= kHold : true) since_.reset();
      if (!open_ || since_) return News::kNone;
      open_ = false;
      return News::kEnd;
    }
    last_ = time;
    if (!since_) since_ = time;
    direction_ = reading.direction;
    if (open_ || time - *since_ < kHold) return News::kNone;
    open_ = true;
    return direction_ > 0 ? News::kBeginHigh : News::kBeginLow;
  }
  bool open() const { return open_; }
  /// Since when it is unusual, if it is.
  std::optional<Time> since() const { return since_; }

  template <typename A>
  void Fields(A& a) {
    a(since_, last_, direction_, open_);
  }

 private:
  std::optional<Time> since_;
  Time last_{};
  int8_t direction_ = 0;
  bool open_ = false;
};

}  // namespace kizashi
