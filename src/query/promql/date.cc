#include "query/promql/date.h"

#include <array>

#include "query/promql/duration.h"

namespace kizashi::promql {
namespace {

constexpr uint64_t kDaySeconds = 86'400;
// Go counts days from the first of January of this year, a Monday that begins a cycle of 400 years.
constexpr int64_t kFirstYear = -292'277'022'399;
// Seconds from then to 1970, modulo 2^64: years in whole cycles of 400.
constexpr uint64_t kCycleDays = 146'097;
constexpr uint64_t kDaysTo1970 =
    static_cast<uint64_t>((1 - kFirstYear) / 400) * kCycleDays + 719'162;

struct Date {
  int64_t year = 0;
  int month = 1;
  int day = 1;
  int day_of_year = 1;
  bool leap = false;
};

constexpr std::array<int, 12> kDaysOfMonth = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

int DaysIn(int month, bool leap) {
  return kDaysOfMonth[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

Date DateOf(uint64_t days) {
  const uint64_t cycles = days / kCycleDays;
  uint64_t rest = days % kCycleDays;
  // The last day of a leap year belongs to a fourth century, or year, of a cycle.
  const uint64_t centuries = rest / 36'524 - rest / 36'524 / 4;
  rest -= centuries * 36'524;
  const uint64_t fours = rest / 1461;
  rest %= 1461;
  const uint64_t years = rest / 365 - rest / 365 / 4;
  rest -= years * 365;
  Date date;
  date.year =
      WrapAdd(static_cast<int64_t>(cycles * 400 + centuries * 100 + fours * 4 + years), kFirstYear);
  date.leap = years == 3 && (fours != 24 || centuries == 3);
  date.day_of_year = static_cast<int>(rest) + 1;
  date.day = date.day_of_year;
  while (date.day > DaysIn(date.month, date.leap)) {
    date.day -= DaysIn(date.month, date.leap);
    ++date.month;
  }
  return date;
}

}  // namespace

double DatePart(FunctionId function, int64_t unix_seconds) {
  const uint64_t seconds = static_cast<uint64_t>(unix_seconds) + kDaysTo1970 * kDaySeconds;
  const uint64_t days = seconds / kDaySeconds;
  const uint64_t in_day = seconds % kDaySeconds;
  const Date date = DateOf(days);
  switch (function) {
    case FunctionId::kDayOfMonth: return date.day;
    case FunctionId::kDayOfWeek: return static_cast<double>((days + 1) % 7);
    case FunctionId::kDayOfYear: return date.day_of_year;
    case FunctionId::kDaysInMonth: return DaysIn(date.month, date.leap);
    case FunctionId::kHour: return static_cast<double>(in_day / 3600);
    case FunctionId::kMinute: return static_cast<double>(in_day % 3600 / 60);
    case FunctionId::kMonth: return date.month;
    default: return static_cast<double>(date.year);
  }
}

}  // namespace kizashi::promql
