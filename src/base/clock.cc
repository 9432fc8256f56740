#include "base/clock.h"

#include <array>
#include <cctype>
#include <utility>

namespace kizashi {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 86'400'000},
                                         {"w", 7LL * 86'400'000},
                                         {"d", 86'400'000},
                                         {"h", 3'600'000},
                                         {"m", 60'000},
                                         {"s", 1'000},
                                         {"ms", 1}}};

bool ReadDigits(std::string_view text, size_t begin, size_t count, int* value) {
  if (begin + count > text.size()) return false;
  int result = 0;
  for (size_t i = begin; i < begin + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    result = result * 10 + (text[i] - '0');
  }
  *value = result;
  return true;
}

// Reads "Z" or "+hh:mm" from `rest`; the offset east of UTC.
bool ReadZone(std::string_view rest, std::chrono::minutes* offset) {
  if (rest == "Z" || rest == "z") {
    *offset = std::chrono::minutes(0);
    return true;
  }
  int hours = 0;
  int minutes = 0;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' ||
      !ReadDigits(rest, 1, 2, &hours) || !ReadDigits(rest, 4, 2, &minutes) || hours > 23 ||
      minutes > 59) {
    return false;
  }
  *offset = std::chrono::minutes(hours * 60 + minutes) * (rest[0] == '-' ? -1 : 1);
  return true;
}

}  // namespace

Time SystemClock::Now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::string FormatTime(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  const int64_t ms = (time - day).count();
  if (year < 0 || year > 9999) {
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", year,
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
  }
  // By hand: lists of thousands of alerts or lines have several times in each.
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](size_t end, int64_t value) {
    for (size_t at = end; value > 0; --at, value /= 10) {
      text[at] = static_cast<char>('0' + value % 10);
    }
  };
  put(3, year);
  put(6, static_cast<unsigned>(date.month()));
  put(9, static_cast<unsigned>(date.day()));
  put(12, ms / 3'600'000);
  put(15, ms / 60'000 % 60);
  put(18, ms / 1000 % 60);
  put(22, ms % 1000);
  return text;
}

StatusOr<Time> ParseTime(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const bool shaped =
      text.size() >= 20 && ReadDigits(text, 0, 4, &year) && text[4] == '-' &&
      ReadDigits(text, 5, 2, &month) && text[7] == '-' && ReadDigits(text, 8, 2, &day) &&
      (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && ReadDigits(text, 11, 2, &hour) &&
      text[13] == ':' && ReadDigits(text, 14, 2, &minute) && text[16] == ':' &&
      ReadDigits(text, 17, 2, &second);
  const Status wrong =
      InvalidArgument("'{}' is not an RFC 3339 time such as 2026-01-31T23:59:59Z", text);
  if (!shaped || hour > 23 || minute > 59 || second > 60) return wrong;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return wrong;
  size_t at = 19;
  int64_t ms = 0;
  if (text[at] == '.') {
    int64_t scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      ms += (text[at] - '0') * scale;
      scale /= 10;
    }
  }
  std::chrono::minutes offset{0};
  if (at >= text.size() || !ReadZone(text.substr(at), &offset)) return wrong;
  const Time midnight = std::chrono::time_point_cast<Duration>(std::chrono::sys_days(date));
  return midnight + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + Duration(ms) - offset;
}

StatusOr<Duration> ParseDuration(std::string_view text) {
  const Status wrong = InvalidArgument("'{}' is not a duration such as 30d, 1h30m or 500ms", text);
  if (text == "0") return Duration(0);
  int64_t total = 0;
  size_t next_unit = 0;
  size_t at = 0;
  while (at < text.size()) {
    int64_t number = 0;
    const size_t digits = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (at - digits > 12) return wrong;
      number = number * 10 + (text[at] - '0');
    }
    size_t end = at;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
    const std::string_view name = text.substr(at, end - at);
    size_t unit = next_unit;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (at == digits || unit == kUnits.size()) return wrong;
    if (number > (int64_t{1} << 53) / kUnits[unit].ms) return wrong;
    total += number * kUnits[unit].ms;
    next_unit = unit + 1;
    at = end;
  }
  if (text.empty()) return wrong;
  return Duration(total);
}

std::string FormatDuration(Duration duration) {
  int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text = rest < 0 ? "-" : "";
  if (rest < 0) rest = -rest;
  for (const Unit& unit : kUnits) {
    // Years and weeks only where nothing is left over: "8d" reads better than "1w1d".
    if ((unit.name == "y" || unit.name == "w") && rest % unit.ms != 0) continue;
    if (rest < unit.ms) continue;
    text += fmt::format("{}{}", rest / unit.ms, unit.name);
    rest %= unit.ms;
  }
  return text;
}

}  // namespace kizashi
