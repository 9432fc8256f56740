#include "judge/slo/budget_window.h"

#include <absl/strings/string_view.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>

namespace kizashi {
namespace {

absl::TimeZone ZoneOf(const std::string& name) {
  absl::TimeZone zone;
  // The catalog let no other name through.
  if (!absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone)) {
    zone = absl::UTCTimeZone();
  }
  return zone;
}

absl::CivilDay DayOf(Time time, const absl::TimeZone& zone) {
  return absl::CivilDay(absl::ToCivilSecond(absl::FromUnixMillis(ToMs(time)), zone));
}

Time BeginOf(absl::CivilDay day, const absl::TimeZone& zone) {
  // A day that begins in a gap begins with what comes after it.
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(day));
  return TimeFromMs(
      absl::ToUnixMillis(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre));
}

int64_t FloorDiv(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

/// The number of the unit that holds `day`, counted from `origin`, and back.
int64_t UnitOf(BudgetWindow::Unit unit, absl::CivilDay day, absl::CivilDay origin) {
  const auto months = [](absl::CivilDay d) { return d.year() * 12 + d.month() - 1; };
  switch (unit) {
    case BudgetWindow::Unit::kWeek: return FloorDiv(day - origin, 7);
    case BudgetWindow::Unit::kMonth: return months(day) - months(origin);
    case BudgetWindow::Unit::kQuarter: return FloorDiv(months(day) - months(origin), 3);
    case BudgetWindow::Unit::kYear: return day.year() - origin.year();
    default: return day - origin;
  }
}

absl::CivilDay DayOfUnit(BudgetWindow::Unit unit, int64_t number, absl::CivilDay origin) {
  const auto month = [&](int64_t by) {
    return absl::CivilDay(absl::CivilMonth(origin.year(), origin.month()) + by);
  };
  switch (unit) {
    case BudgetWindow::Unit::kWeek: return origin + number * 7;
    case BudgetWindow::Unit::kMonth: return month(number);
    case BudgetWindow::Unit::kQuarter: return month(number * 3);
    case BudgetWindow::Unit::kYear: return absl::CivilDay(origin.year() + number, 1, 1);
    default: return origin + number;
  }
}

/// Where units are counted from when nothing is said: the first day of the year 2001, a Monday.
absl::CivilDay OriginOf(const BudgetWindow& window, const absl::TimeZone& zone) {
  const absl::CivilDay monday(2001, 1, 1);
  if (!window.start) return monday;
  const absl::CivilDay start = DayOf(*window.start, zone);
  // Months, quarters and years begin where the calendar's do; a start tells which is the first.
  switch (window.unit) {
    case BudgetWindow::Unit::kMonth: return absl::CivilDay(absl::CivilMonth(start));
    case BudgetWindow::Unit::kQuarter:
      return absl::CivilDay(start.year(), (start.month() - 1) / 3 * 3 + 1, 1);
    case BudgetWindow::Unit::kYear: return absl::CivilDay(start.year(), 1, 1);
    case BudgetWindow::Unit::kWeek: return absl::NextWeekday(start - 7, absl::Weekday::monday);
    default: return start;
  }
}

}  // namespace

WindowBounds WindowAt(const BudgetWindow& window, Time now) {
  if (window.unit == BudgetWindow::Unit::kRolling) return {now - window.length, now};
  const absl::TimeZone zone = ZoneOf(window.time_zone);
  const absl::CivilDay origin = OriginOf(window, zone);
  // What happens at the very beginning of a day ends the slice before it.
  const int64_t unit = UnitOf(window.unit, DayOf(now - Duration(1), zone), origin);
  const int64_t first = FloorDiv(unit, window.count) * window.count;
  return {BeginOf(DayOfUnit(window.unit, first, origin), zone),
          BeginOf(DayOfUnit(window.unit, first + window.count, origin), zone)};
}

std::optional<Time> NextDeadline(const Indicator& indicator, Time after) {
  const absl::TimeZone zone = ZoneOf(indicator.time_zone);
  absl::CivilDay day = DayOf(after, zone) - 1;
  for (int i = 0; i < 10; ++i, ++day) {
    const int weekday = static_cast<int>(absl::GetWeekday(day)) + 1;  // absl's Monday is 0
    const bool due =
        indicator.days.empty() ||
        std::find(indicator.days.begin(), indicator.days.end(), weekday) != indicator.days.end();
    if (!due) continue;
    const absl::CivilSecond at = absl::CivilSecond(day) + indicator.by.count() / 1000;
    const absl::TimeZone::TimeInfo info = zone.At(at);
    const Time time = TimeFromMs(
        absl::ToUnixMillis(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre));
    if (time > after) return time;
  }
  return std::nullopt;
}

}  // namespace kizashi
