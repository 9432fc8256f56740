// The times that log lines are written with.
//
// Pure and total; any thread. Times are read to the millisecond, smaller parts are dropped.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace kizashi {

/// What is known when a line is read: a time without a year or a zone needs it.
struct TimeContext {
  Time received{};
  Duration zone{};  // east of UTC, of times that name no zone
};

/// Reads a time at the beginning of `text`, and in *used how many bytes it takes. The forms:
///   2026-01-02T15:04:05.123456789Z   RFC 3339: 'T', 't' or a space; decimals behind '.' or ',';
///   2026-01-02 15:04:05,123 +0100    Z, +hh:mm, +hhmm or +hh, also behind a space; or no zone
///   2026/01/02 15:04:05              Go, nginx
///   02/Jan/2026:15:04:05 +0000       Apache's Common Log Format
///   Jan  2 15:04:05                  RFC 3164; also "Jan 02", and decimals. The year is the one
///                                    that puts it nearest to context.received
///   Fri Jan  2 15:04:05.123 2026     asctime, Apache's error log
///   1767366245, 1767366245.123, and 13, 16 or 19 digits: seconds, ms, us and ns since 1970
std::optional<Time> ReadTimeAt(std::string_view text, const TimeContext& context, size_t* used);

/// `text` is one of these as a whole.
std::optional<Time> ReadWholeTime(std::string_view text, const TimeContext& context);

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
std::optional<Time> TimeOfNumber(double number);

/// klog's "E0102 15:04:05.678901", behind its letter: month, day, time; no year, no zone.
std::optional<Time> ReadKlogTime(std::string_view text, const TimeContext& context);

}  // namespace kizashi
