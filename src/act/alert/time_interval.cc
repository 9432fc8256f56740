#include "act/alert/time_interval.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace kizashi::alerts {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

std::optional<int> Number(std::string_view text) {
  int value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

template <size_t N>
std::optional<int> PlaceOf(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

// "a:b" or "a", each read by `member`.
template <typename Member>
StatusOr<Range> ParseRange(std::string_view text, std::string_view what, const Member& member) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string_view all = lower;
  const size_t colon = all.find(':');
  const std::optional<int> first = member(all.substr(0, colon));
  const std::optional<int> last = colon == all.npos ? first : member(all.substr(colon + 1));
  if (!first || !last) return InvalidArgument("'{}' is not a valid {}", text, what);
  return Range{*first, *last};
}

bool AnyContains(const std::vector<Range>& ranges, int value) {
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [value](const Range& range) {
           return value >= range.first && value <= range.last;
         });
}

bool DayFits(const std::vector<Range>& ranges, absl::CivilDay day) {
  if (ranges.empty()) return true;
  const absl::CivilMonth month(day);
  const auto length = static_cast<int>(absl::CivilDay(month + 1) - absl::CivilDay(month));
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    const int first = range.first < 0 ? length + range.first + 1 : range.first;
    const int last = range.last < 0 ? length + range.last + 1 : range.last;
    return first <= length && day.day() >= first && day.day() <= std::min(last, length);
  });
}

}  // namespace

bool TimeInterval::Contains(Time time) const {
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(absl::string_view(location.data(), location.size()), &zone);
  const absl::CivilSecond at = absl::ToCivilSecond(absl::FromUnixMillis(ToMs(time)), zone);
  const int minute = at.hour() * 60 + at.minute();
  const bool in_minutes =
      minutes.empty() || std::any_of(minutes.begin(), minutes.end(), [minute](const Range& range) {
        return minute >= range.first && minute < range.last;
      });
  const int weekday = (static_cast<int>(absl::GetWeekday(at)) + 1) % 7;  // Monday is Abseil's 0
  return in_minutes && DayFits(days_of_month, absl::CivilDay(at)) &&
         AnyContains(months, at.month()) && AnyContains(weekdays, weekday) &&
         AnyContains(years, static_cast<int>(at.year()));
}

StatusOr<Range> ParseWeekdays(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(const Range range, ParseRange(text, "weekday", [](std::string_view name) {
                        return PlaceOf(kDays, name);
                      }));
  if (range.first > range.last) return InvalidArgument("start day cannot be before end day");
  return range;
}

StatusOr<Range> ParseDaysOfMonth(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(const Range range, ParseRange(text, "day of the month", Number));
  for (const int day : {range.first, range.last}) {
    if (day == 0 || day < -31 || day > 31) {
      return InvalidArgument("{} is not a valid day of the month: out of range", day);
    }
  }
  if (range.first < 0 && range.last > 0) {
    return InvalidArgument("end day must be negative if start day is negative");
  }
  const auto in_shortest = [](int day) { return day < 0 ? 28 + day : day; };
  if (in_shortest(range.first) > in_shortest(range.last)) {
    return InvalidArgument("end day {} is always before start day {}", range.last, range.first);
  }
  return range;
}

StatusOr<Range> ParseMonths(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(const Range range, ParseRange(text, "month", [](std::string_view name) {
                        const std::optional<int> place = PlaceOf(kMonths, name);
                        const std::optional<int> month =
                            place ? std::optional<int>(*place + 1) : Number(name);
                        return month && *month >= 1 && *month <= 12 ? month : std::nullopt;
                      }));
  if (range.first > range.last) {
    return InvalidArgument("end month {} is before start month {}", range.last, range.first);
  }
  return range;
}

StatusOr<Range> ParseYears(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(const Range range, ParseRange(text, "year", Number));
  if (range.first > range.last) {
    return InvalidArgument("end year {} is before start year {}", range.last, range.first);
  }
  return range;
}

StatusOr<int> ParseMinuteOfDay(std::string_view text) {
  const bool has_form = text.size() == 5 && text[2] == ':';
  const std::optional<int> hour = has_form ? Number(text.substr(0, 2)) : std::nullopt;
  const std::optional<int> minute = has_form ? Number(text.substr(3)) : std::nullopt;
  const bool fits = hour && minute && *hour >= 0 && *minute >= 0 && *minute < 60 &&
                    (*hour < 24 || (*hour == 24 && *minute == 0));
  if (!fits) return InvalidArgument("'{}' is not a time such as 09:30 or 24:00", text);
  return *hour * 60 + *minute;
}

bool IsTimeZone(std::string_view name) {
  absl::TimeZone zone;
  return absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone);
}

}  // namespace kizashi::alerts
