// Durations and numbers of time as Go keeps them, which decides what happens far out of range.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace kizashi::promql {

/// Reads "5m", "1h30m"; what is wrong with it, or nothing. More than zero, less than 293 years.
std::string ParseQueryDuration(std::string_view text, int64_t* milliseconds);

/// The same, but zero is fine and "0" needs no unit, as in the tests' `at`.
std::string ParseModelDuration(std::string_view text, int64_t* milliseconds);

// Arithmetic that wraps around, as Go's does; times come from queries and may be anything.
constexpr int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
constexpr int64_t WrapSub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
constexpr int64_t WrapMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

/// Milliseconds after they were kept as nanoseconds in 64 bits, as Go's time.Duration does.
constexpr int64_t ThroughNanoseconds(int64_t milliseconds) {
  return WrapMul(milliseconds, 1'000'000) / 1'000'000;
}

/// Go's conversion of a float on amd64: what does not fit is the smallest number.
inline int64_t GoInt64(double value) {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value >= -kLimit && value < kLimit)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

/// A duration's seconds, with the rounding of Go's Duration.Seconds.
constexpr double GoSeconds(int64_t milliseconds) {
  return static_cast<double>(milliseconds / 1000) +
         static_cast<double>(milliseconds % 1000 * 1'000'000) / 1e9;
}

}  // namespace kizashi::promql
