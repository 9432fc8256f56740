// What stands at the parameters of a service's log lines: a number that leaves the range it always
// had, a value that a closed set never had.
//
// A column is one slot of one skeleton. It is watched once its skeleton has come kAdmitLines times,
// and known after kLinesMin lines and kLifeMin.
// - Closed set: at most kClosedMax different values, each seen kSeenMin times or more. Then the
//   chance that the next value is new is below one in kLinesMin (Good 1953: none was seen once),
//   and one that comes is told when such first sights are rare in this service (sightings.h).
//   Counting numbers (0, 1, 2, ...) are no closed set: a tail of theirs goes on.
// - Range: on a scale that is linear near 0 and logarithmic far from it, a number leaves the range
//   beyond as much above the largest as that is above the 99th percentile (below the smallest and
//   the first, likewise). For tails as heavy as Pareto's, of any exponent, one of n lines lies
//   there with a chance of about 100 / n^2. Told when two do within kTwiceWithin. Numbers that set
//   records all the time (ids, times, counters) have no range.
//
// One per service, part of the judge's saved state; one thread; reads no clock. Memory: kColumnsMax
// columns of at most some 700 bytes; 50 bytes for each of kCandidatesMax skeletons that are rare.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "judge/logs/sightings.h"
#include "pattern/split.h"

namespace kizashi {

/// A value of a log line as a number: digits with sign, point and exponent, and letters behind it
/// as its unit (`12`, `-0.5`, `31ms`). Nothing when it is something else. Numbers of more than 17
/// digits are identifiers.
struct LogNumber {
  double value = 0;
  std::string_view unit;
};
std::optional<LogNumber> ParseLogNumber(std::string_view text);

/// How often which number was seen, in steps of 19 % far from 0. Bounded: numbers beyond 2^±60
/// count there.
class NumberHistogram {
 public:
  void Add(double value);
  /// The border on the scale of ScaleOf that `share` of the numbers are below, to one step.
  double Quantile(double share) const;
  uint64_t count() const { return count_; }
  /// log2(1 + |value|), with the sign of value.
  static double ScaleOf(double value);
  static double ValueAt(double scale);

  template <typename A>
  void Fields(A& a) {
    a(count_, bins_);
  }

 private:
  uint64_t count_ = 0;
  std::vector<std::pair<int16_t, uint32_t>> bins_;  // sorted
};

class ParameterWatch {
 public:
  static constexpr size_t kColumnsMax = 1024;
  static constexpr size_t kCandidatesMax = 8192;
  static constexpr uint32_t kAdmitLines = 50;
  static constexpr size_t kClosedMax = 8;
  static constexpr size_t kValueBytesMax = 32;
  static constexpr uint64_t kLinesMin = 2000;
  static constexpr uint64_t kSeenMin = 20;
  static constexpr Duration kLifeMin = std::chrono::hours(1);
  static constexpr Duration kTwiceWithin = std::chrono::minutes(10);
  static constexpr Duration kQuietMax = std::chrono::hours(24);

  struct Finding {
    enum class What { kValue, kRange } what = What::kValue;
    uint32_t slot = 0;
    std::string value;
    uint64_t lines = 0;              // of the column, before this one
    std::vector<std::string> known;  // kValue: sorted
    double low = 0;                  // kRange: smallest and largest up to now
    double high = 0;
  };

  /// Takes a line that SplitLine took apart into `skeleton` and `slots`.
  std::optional<Finding> Add(uint64_t skeleton, std::string_view line,
                             const std::vector<Slot>& slots, Time now);

  size_t columns() const { return columns_.size(); }

  template <typename A>
  void Fields(A& a) {
    a(begin_, columns_, watched_, candidates_, sightings_);
    if constexpr (A::kReading) Mend();
  }

 private:
  struct Column {
    Time begin{};
    uint64_t lines = 0;
    bool is_closed = true;  // few different values, up to now
    bool is_number = true;
    std::string unit;
    std::vector<std::pair<std::string, uint64_t>> values;  // of a closed set, with their lines
    NumberHistogram numbers;
    double min = 0;
    double max = 0;
    uint32_t records = 0;             // how often min or max moved
    std::optional<Time> was_outside;  // one that is beyond the range, and the next may confirm it
    template <typename A>
    void Fields(A& a) {
      a(begin, lines, is_closed, is_number, unit, values, numbers, min, max, records, was_outside);
    }
  };

  struct Watched {
    uint64_t skeleton = 0;
    uint32_t first = 0;  // of its columns
    uint32_t count = 0;
    template <typename A>
    void Fields(A& a) {
      a(skeleton, first, count);
    }
  };

  const Watched* Find(uint64_t skeleton, size_t slots, Time now);
  std::optional<Finding> AddValue(Column* column, std::string_view value, Time now);
  std::optional<Finding> AddToSet(Column* column, std::string_view value, Time now);
  std::optional<Finding> AddNumber(Column* column, double value, Time now);
  bool IsKnown(const Column& column, Time now) const;
  bool IsClosedSet(const Column& column) const;
  void Mend();

  Time begin_{};
  std::vector<Column> columns_;
  std::vector<Watched> watched_;
  std::map<uint64_t, uint32_t> candidates_;  // lines of skeletons that have no columns yet
  Sightings sightings_;

  // Follows from the above.
  std::unordered_map<uint64_t, uint32_t> index_;  // skeleton to its place in watched_
};

}  // namespace kizashi
