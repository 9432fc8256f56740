// When something happens again: the recurrence rules of RFC 5545 (section 3.3.10).
//
// Read: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY with INTERVAL, COUNT or UNTIL, BYDAY (with ordinals
// in months and years), BYMONTHDAY, BYMONTH and WKST. Other parts are refused. The time of day is
// that of the first occurrence in its time zone, so it stays the same over a change to summer time;
// a local time that a change leaves out is moved by the length of the gap, one that comes twice is
// the first. Values; any thread.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

struct RecurrenceRule {
  enum class Frequency { kDaily, kWeekly, kMonthly, kYearly };
  Frequency frequency = Frequency::kDaily;
  int interval = 1;
  std::optional<int> count;
  /// As written: a UTC time, or a local one (a day is its end).
  struct Until {
    bool utc = false;
    int year = 0, month = 0, day = 0, hour = 23, minute = 59, second = 59;
    bool operator==(const Until&) const = default;
  };
  std::optional<Until> until;
  /// The ordinal (0: every one; below 0: from the end) and the day (Monday is 1).
  std::vector<std::pair<int, int>> by_day;
  std::vector<int> by_month_day;  // below 0: from the end
  std::vector<int> by_month;
  int week_start = 1;
  bool operator==(const RecurrenceRule&) const = default;
};

/// Most occurrences that one call gives, and most periods (days, weeks, ...) that it walks over.
inline constexpr size_t kOccurrencesMax = 10'000;
inline constexpr int kPeriodsMax = 200'000;

/// InvalidArgument that names the part that is wrong.
StatusOr<RecurrenceRule> ParseRecurrence(std::string_view rule);

/// The occurrences in [from, to), ascending. `first` is one itself, as in RFC 5545, and none is
/// before it. An unknown time zone is UTC; a rule that cannot be read gives none.
std::vector<Time> Occurrences(std::string_view rule, Time first, std::string_view time_zone,
                              Time from, Time to);
std::vector<Time> Occurrences(const RecurrenceRule& rule, Time first, std::string_view time_zone,
                              Time from, Time to);

}  // namespace kizashi
