// Alertmanager's time intervals: hours of the day, weekdays, days of the month, months and years in
// which a route is silent, or alone speaks.
//
// Immutable; any thread. Source: Alertmanager's documentation, "time_interval".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi::alerts {

/// Both ends count, but for hours of the day, which end before `last`.
struct Range {
  int first = 0;
  int last = 0;
  bool operator==(const Range&) const = default;
};

/// One set of conditions, all of which must hold; of one that is empty all times are.
struct TimeInterval {
  std::vector<Range> minutes;        // of the day
  std::vector<Range> weekdays;       // Sunday is 0
  std::vector<Range> days_of_month;  // below 0: from the month's end
  std::vector<Range> months;
  std::vector<Range> years;
  std::string location = "UTC";

  bool Contains(Time time) const;
};

// The texts of alertmanager.yml. The error says what is wrong with the text.
StatusOr<Range> ParseWeekdays(std::string_view text);     // "monday:friday", "sunday"
StatusOr<Range> ParseDaysOfMonth(std::string_view text);  // "1:5", "-3:-1"
StatusOr<Range> ParseMonths(std::string_view text);       // "may:august", "12"
StatusOr<Range> ParseYears(std::string_view text);        // "2020:2022"
StatusOr<int> ParseMinuteOfDay(std::string_view text);    // "09:00", "24:00"
bool IsTimeZone(std::string_view name);

}  // namespace kizashi::alerts
