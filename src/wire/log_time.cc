#include "wire/log_time.h"

#include <array>
#include <cmath>
#include <cstdint>

namespace kizashi {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Walks a text; the first thing that is not there makes ok() false for good.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  size_t at() const { return at_; }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void Skip(size_t count) { at_ += count; }

  int Digits(size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; ++i, ++at_) {
      if (!IsDigit(Peek())) return Fail();
      value = value * 10 + (Peek() - '0');
    }
    return value;
  }
  void One(char c) {
    if (Peek() != c) Fail();
    ++at_;
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  /// 1 to 12 for "Jan" to "Dec".
  int Month() {
    constexpr std::string_view kNames = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::string_view name = at_ <= text_.size() ? text_.substr(at_, 3) : std::string_view();
    for (size_t i = 0; name.size() == 3 && i < kNames.size(); i += 3) {
      if (kNames.substr(i, 3) != name) continue;
      at_ += 3;
      return static_cast<int>(i / 3 + 1);
    }
    return Fail();
  }
  int Fail() {
    ok_ = false;
    return 0;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
  bool ok_ = true;
};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t ms = 0;
  std::optional<std::chrono::minutes> zone;
};

void ReadClock(Walker* in, Parts* parts) {
  parts->hour = in->Digits(2);
  in->One(':');
  parts->minute = in->Digits(2);
  in->One(':');
  parts->second = in->Digits(2);
  if (!in->ok() || (in->Peek() != '.' && in->Peek() != ',') || !IsDigit(in->Peek(1))) return;
  in->Skip(1);
  for (int64_t scale = 100; IsDigit(in->Peek()); in->Skip(1), scale /= 10) {
    parts->ms += (in->Peek() - '0') * scale;
  }
}

/// Z, +hh:mm, +hhmm, +hh or UTC, also behind one space; nothing when there is none.
void ReadZone(Walker* in, Parts* parts) {
  Walker ahead = *in;
  ahead.Take(' ');
  const char sign = ahead.Peek();
  if (sign == 'Z' || sign == 'z') {
    ahead.Skip(1);
    parts->zone = std::chrono::minutes(0);
  } else if (sign == 'U' && ahead.Peek(1) == 'T' && ahead.Peek(2) == 'C') {
    ahead.Skip(3);
    parts->zone = std::chrono::minutes(0);
  } else if ((sign == '+' || sign == '-') && IsDigit(ahead.Peek(1))) {
    ahead.Skip(1);
    const int hours = ahead.Digits(2);
    const bool has_minutes = ahead.Take(':') || IsDigit(ahead.Peek());
    const int minutes = has_minutes ? ahead.Digits(2) : 0;
    if (!ahead.ok() || hours > 23 || minutes > 59) return;
    parts->zone = std::chrono::minutes(hours * 60 + minutes) * (sign == '-' ? -1 : 1);
  } else {
    return;
  }
  // "10:00:00 Zebra" and "10:00:00 -5 degrees" name no zone.
  const char next = ahead.Peek();
  if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || IsDigit(next)) {
    parts->zone.reset();
    return;
  }
  *in = ahead;
}

std::optional<Time> TimeOfParts(const Parts& parts, const TimeContext& context) {
  const std::chrono::year_month_day date{std::chrono::year(parts.year),
                                         std::chrono::month(static_cast<unsigned>(parts.month)),
                                         std::chrono::day(static_cast<unsigned>(parts.day))};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const Time midnight = std::chrono::time_point_cast<Duration>(std::chrono::sys_days(date));
  const Duration east = parts.zone ? Duration(*parts.zone) : context.zone;
  return midnight + std::chrono::hours(parts.hour) + std::chrono::minutes(parts.minute) +
         std::chrono::seconds(parts.second) + Duration(parts.ms) - east;
}

/// Of last year, this one and the next, that which is nearest to when the line came.
std::optional<Time> TimeWithoutYear(Parts parts, const TimeContext& context) {
  const std::chrono::year_month_day now(std::chrono::floor<std::chrono::days>(context.received));
  std::optional<Time> nearest;
  for (int step = -1; step <= 1; ++step) {
    parts.year = static_cast<int>(now.year()) + step;
    const std::optional<Time> time = TimeOfParts(parts, context);
    if (time && (!nearest || std::chrono::abs(*time - context.received) <
                                 std::chrono::abs(*nearest - context.received))) {
      nearest = time;
    }
  }
  return nearest;
}

// 2026-01-02T15:04:05 and 2026/01/02 15:04:05
std::optional<Time> ReadIso(Walker* in, const TimeContext& context) {
  Parts parts;
  parts.year = in->Digits(4);
  const char separator = in->Peek() == '/' ? '/' : '-';
  in->One(separator);
  parts.month = in->Digits(2);
  in->One(separator);
  parts.day = in->Digits(2);
  if (in->Peek() != 'T' && in->Peek() != 't' && in->Peek() != ' ') return std::nullopt;
  in->Skip(1);
  ReadClock(in, &parts);
  if (!in->ok()) return std::nullopt;
  ReadZone(in, &parts);
  return TimeOfParts(parts, context);
}

// 02/Jan/2026:15:04:05 +0000
std::optional<Time> ReadApache(Walker* in, const TimeContext& context) {
  Parts parts;
  parts.day = in->Digits(2);
  in->One('/');
  parts.month = in->Month();
  in->One('/');
  parts.year = in->Digits(4);
  in->One(':');
  if (!in->ok()) return std::nullopt;
  ReadClock(in, &parts);
  if (!in->ok()) return std::nullopt;
  ReadZone(in, &parts);
  return TimeOfParts(parts, context);
}

// Jan  2 15:04:05, and with a year behind it when a weekday stands in front
std::optional<Time> ReadNamedMonth(Walker* in, const TimeContext& context, bool year_behind) {
  Parts parts;
  parts.month = in->Month();
  in->One(' ');
  if (!in->ok()) return std::nullopt;
  in->Take(' ');
  parts.day = in->Digits(IsDigit(in->Peek(1)) ? 2 : 1);
  in->One(' ');
  if (!in->ok()) return std::nullopt;
  ReadClock(in, &parts);
  if (!in->ok()) return std::nullopt;
  if (!year_behind) return TimeWithoutYear(parts, context);
  in->One(' ');
  parts.year = in->Digits(4);
  return in->ok() ? TimeOfParts(parts, context) : std::nullopt;
}

std::optional<Time> ReadEpoch(Walker* in) {
  uint64_t number = 0;
  size_t digits = 0;
  for (; IsDigit(in->Peek()) && digits < 20; in->Skip(1), ++digits) {
    number = number * 10 + static_cast<uint64_t>(in->Peek() - '0');
  }
  Duration rest{0};
  if (digits == 10 && in->Peek() == '.' && IsDigit(in->Peek(1))) {
    in->Skip(1);
    for (int scale = 100; IsDigit(in->Peek()); in->Skip(1), scale /= 10) {
      rest += Duration((in->Peek() - '0') * scale);
    }
  }
  const auto value = static_cast<int64_t>(number);
  switch (digits) {
    case 10: return TimeFromMs(value * 1000) + rest;
    case 13: return TimeFromMs(value);
    case 16: return TimeFromMs(value / 1000);
    case 19: return TimeFromMs(static_cast<int64_t>(number / 1'000'000));
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<Time> ReadTimeAt(std::string_view text, const TimeContext& context, size_t* used) {
  if (text.size() < 10) return std::nullopt;
  Walker in(text);
  std::optional<Time> time;
  if (IsDigit(text[0])) {
    if (text[4] == '-' || text[4] == '/') {
      time = ReadIso(&in, context);
    } else if (text[2] == '/') {
      time = ReadApache(&in, context);
    } else if (IsDigit(text[4])) {
      time = ReadEpoch(&in);
    }
  } else if (text[0] >= 'A' && text[0] <= 'W' && text[3] == ' ') {
    time = ReadNamedMonth(&in, context, false);
    if (!time) {
      in = Walker(text);
      in.Skip(4);  // the weekday
      time = ReadNamedMonth(&in, context, true);
    }
  }
  if (time) *used = in.at();
  return time;
}

std::optional<Time> ReadWholeTime(std::string_view text, const TimeContext& context) {
  size_t used = 0;
  const std::optional<Time> time = ReadTimeAt(text, context, &used);
  return time && used == text.size() ? time : std::nullopt;
}

std::optional<Time> TimeOfNumber(double number) {
  // 1e11 seconds are the year 5138 and 1e11 milliseconds March 1973, so the size tells the unit.
  if (!std::isfinite(number) || number <= 0 || number >= 1e20) return std::nullopt;
  double ms = number * 1e3;
  if (number >= 1e17) {
    ms = number / 1e6;
  } else if (number >= 1e14) {
    ms = number / 1e3;
  } else if (number >= 1e11) {
    ms = number;
  }
  return TimeFromMs(std::llround(ms));
}

std::optional<Time> ReadKlogTime(std::string_view text, const TimeContext& context) {
  Walker in(text);
  Parts parts;
  parts.month = in.Digits(2);
  parts.day = in.Digits(2);
  in.One(' ');
  if (!in.ok()) return std::nullopt;
  ReadClock(&in, &parts);
  return in.ok() ? TimeWithoutYear(parts, context) : std::nullopt;
}

}  // namespace kizashi
