// Time as types, and the clock as something a test can own.
//
// Time is UTC with milliseconds; Duration is milliseconds. Outside base/ nothing asks the system
// for the time: it is handed a Clock. How long something takes is measured by a Stopwatch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

constexpr Time TimeFromMs(int64_t ms) { return Time(Duration(ms)); }
constexpr int64_t ToMs(Time time) { return time.time_since_epoch().count(); }
constexpr double ToSeconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}
constexpr double ToMinutes(Duration duration) { return ToSeconds(duration) / 60.0; }

/// The latest multiple of `step` that is not after `time`. Requires step > 0.
constexpr Time FloorTo(Time time, Duration step) {
  const int64_t ms = ToMs(time);
  const int64_t s = step.count();
  const int64_t rest = ((ms % s) + s) % s;
  return TimeFromMs(ms - rest);
}

/// Any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
};

/// The system's clock.
class SystemClock final : public Clock {
 public:
  Time Now() const override;
};

/// How much time passed, by a clock that never goes back. One thread; a value.
class Stopwatch {
 public:
  Duration Elapsed() const {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin_);
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// A clock that moves only when told. Any thread may read it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : ms_(ToMs(start)) {}
  Time Now() const override { return TimeFromMs(ms_.load()); }
  void Set(Time time) { ms_.store(ToMs(time)); }
  void Advance(Duration by) { ms_.fetch_add(by.count()); }

 private:
  std::atomic<int64_t> ms_;
};

/// "2026-01-31T23:59:59.123Z" (RFC 3339, always UTC and three decimals).
std::string FormatTime(Time time);

/// Reads RFC 3339 with Z or an offset, and zero to nine decimals.
StatusOr<Time> ParseTime(std::string_view text);

/// Reads Prometheus' durations: "30d", "1h30m", "500ms"; units y w d h m s ms, largest first.
StatusOr<Duration> ParseDuration(std::string_view text);

/// The shortest form that ParseDuration reads back: "1h30m", "0s".
std::string FormatDuration(Duration duration);

}  // namespace kizashi
