#include "catalog/recurrence.h"

#include <absl/strings/string_view.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

namespace kizashi {
namespace {

using absl::CivilDay;
using absl::CivilMonth;
using absl::CivilSecond;
using absl::CivilYear;
using Frequency = RecurrenceRule::Frequency;

constexpr std::string_view kDays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
constexpr size_t kRuleBytesMax = 512;

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int> Number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

StatusOr<int> NumberIn(std::string_view key, std::string_view text, int min, int max) {
  const auto value = Number(text);
  if (value && *value >= min && *value <= max && *value != 0) return *value;
  return InvalidArgument("{}={}: a whole number from {} to {}", key, text, min, max);
}

StatusOr<std::vector<int>> Numbers(std::string_view key, std::string_view text, int min, int max) {
  std::vector<int> values;
  for (const std::string_view part : Split(text, ',')) {
    KZ_ASSIGN_OR_RETURN(const int value, NumberIn(key, part, min, max));
    values.push_back(value);
  }
  return values;
}

std::optional<int> DayNumber(std::string_view text) {
  const auto* at = std::find(std::begin(kDays), std::end(kDays), text);
  if (at == std::end(kDays)) return std::nullopt;
  return static_cast<int>(at - std::begin(kDays)) + 1;
}

StatusOr<RecurrenceRule::Until> ParseUntil(std::string_view text) {
  RecurrenceRule::Until until;
  const auto wrong =
      InvalidArgument("UNTIL={}: a day as 20261231 or a time as 20261231T235959Z", text);
  std::string_view rest = text;
  if (rest.ends_with('Z')) {
    until.utc = true;
    rest.remove_suffix(1);
  }
  const bool has_time = rest.size() == 15 && rest[8] == 'T';
  if ((rest.size() != 8 && !has_time) || (until.utc && !has_time)) return wrong;
  const auto digits = [](std::string_view part, int* out) {
    if (part.find_first_not_of("0123456789") != std::string_view::npos) return false;
    *out = *Number(part);
    return true;
  };
  if (!digits(rest.substr(0, 4), &until.year) || !digits(rest.substr(4, 2), &until.month) ||
      !digits(rest.substr(6, 2), &until.day)) {
    return wrong;
  }
  if (has_time &&
      (!digits(rest.substr(9, 2), &until.hour) || !digits(rest.substr(11, 2), &until.minute) ||
       !digits(rest.substr(13, 2), &until.second))) {
    return wrong;
  }
  const CivilDay day(until.year, until.month, until.day);
  if (day.month() != until.month || day.day() != until.day || until.hour > 23 ||
      until.minute > 59 || until.second > 60) {
    return wrong;
  }
  return until;
}

Status ParseByDay(std::string_view text, RecurrenceRule* rule) {
  for (const std::string_view part : Split(text, ',')) {
    const auto day =
        part.size() >= 2 ? DayNumber(part.substr(part.size() - 2)) : std::optional<int>();
    std::optional<int> ordinal = 0;
    if (part.size() > 2) ordinal = Number(part.substr(0, part.size() - 2));
    if (!day || !ordinal || *ordinal < -53 || *ordinal > 53 || (part.size() > 2 && *ordinal == 0)) {
      return InvalidArgument("BYDAY={}: days as MO, or with an ordinal as 2TU or -1FR", text);
    }
    rule->by_day.push_back({*ordinal, *day});
  }
  return OkStatus();
}

Status ParsePart(std::string_view key, std::string_view value, RecurrenceRule* rule) {
  if (key == "FREQ") {
    static constexpr std::string_view kNames[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    const auto* at = std::find(std::begin(kNames), std::end(kNames), value);
    if (at == std::end(kNames)) {
      return InvalidArgument("FREQ={}: DAILY, WEEKLY, MONTHLY or YEARLY", value);
    }
    rule->frequency = static_cast<Frequency>(at - std::begin(kNames));
  } else if (key == "INTERVAL") {
    KZ_ASSIGN_OR_RETURN(rule->interval, NumberIn(key, value, 1, 1000));
  } else if (key == "COUNT") {
    KZ_ASSIGN_OR_RETURN(rule->count, NumberIn(key, value, 1, static_cast<int>(kOccurrencesMax)));
  } else if (key == "UNTIL") {
    KZ_ASSIGN_OR_RETURN(rule->until, ParseUntil(value));
  } else if (key == "BYDAY") {
    return ParseByDay(value, rule);
  } else if (key == "BYMONTHDAY") {
    KZ_ASSIGN_OR_RETURN(rule->by_month_day, Numbers(key, value, -31, 31));
  } else if (key == "BYMONTH") {
    KZ_ASSIGN_OR_RETURN(rule->by_month, Numbers(key, value, 1, 12));
  } else if (key == "WKST") {
    const auto day = DayNumber(value);
    if (!day) return InvalidArgument("WKST={}: a day as MO", value);
    rule->week_start = *day;
  } else {
    return InvalidArgument(
        "{}: one of FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH and WKST", key);
  }
  return OkStatus();
}

int IsoWeekday(CivilDay day) { return static_cast<int>(absl::GetWeekday(day)) + 1; }

int DaysInMonth(CivilMonth month) {
  return static_cast<int>(CivilDay(month + 1) - CivilDay(month));
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

/// One rule with its first occurrence in its zone.
class Expansion {
 public:
  Expansion(const RecurrenceRule& rule, Time first, std::string_view time_zone)
      : rule_(rule), first_(first) {
    if (!absl::LoadTimeZone(View(time_zone), &zone_)) zone_ = absl::UTCTimeZone();
    local_ = zone_.At(absl::FromUnixMillis(ToMs(first))).cs;
    millis_ = ToMs(first) - ToMs(FloorTo(first, std::chrono::seconds(1)));
    day_ = CivilDay(local_);
  }

  std::vector<Time> Run(Time from, Time to) {
    std::vector<Time> out;
    int given = 0;
    const auto give = [&](Time time) {  // false: that was the last
      if (rule_.count && given >= *rule_.count) return false;
      ++given;
      if (time >= to || out.size() >= kOccurrencesMax) return false;
      if (time >= from) out.push_back(time);
      return true;
    };
    if (!give(first_)) return out;
    for (int period = rule_.count ? 0 : FirstPeriod(from), walked = 0; walked < kPeriodsMax;
         ++period, ++walked) {
      const std::vector<CivilDay> days = DaysOf(period);
      for (const CivilDay day : days) {
        if (day < day_) continue;
        const Time time = At(day);
        if (time <= first_) continue;
        if (IsPast(day, time) || !give(time)) return out;
      }
      if (days.empty() && BeginOf(period) > CivilDay(zone_.At(absl::FromUnixMillis(ToMs(to))).cs)) {
        return out;
      }
    }
    return out;
  }

 private:
  Time At(CivilDay day) const {
    const CivilSecond local(day.year(), day.month(), day.day(), local_.hour(), local_.minute(),
                            local_.second());
    // `pre` reads a time that is not there with the offset before the gap, as RFC 5545 has it.
    return TimeFromMs(absl::ToUnixMillis(zone_.At(local).pre) + millis_);
  }

  bool IsPast(CivilDay day, Time time) const {
    if (!rule_.until) return false;
    const RecurrenceRule::Until& end = *rule_.until;
    const CivilSecond last(end.year, end.month, end.day, end.hour, end.minute, end.second);
    if (end.utc)
      return time > TimeFromMs(absl::ToUnixMillis(absl::FromCivil(last, absl::UTCTimeZone())));
    return CivilSecond(day.year(), day.month(), day.day(), local_.hour(), local_.minute(),
                       local_.second()) > last;
  }

  /// The first day of a period, counted from the one that holds the first occurrence.
  CivilDay BeginOf(int period) const {
    const int64_t steps = int64_t{period} * rule_.interval;
    switch (rule_.frequency) {
      case Frequency::kDaily: return day_ + steps;
      case Frequency::kWeekly: {
        const int into = (IsoWeekday(day_) - rule_.week_start + 7) % 7;
        return day_ - into + 7 * steps;
      }
      case Frequency::kMonthly: return CivilDay(CivilMonth(day_) + steps);
      case Frequency::kYearly: return CivilDay(CivilYear(day_) + steps);
    }
    return day_;
  }

  /// A period that is surely not after `from`.
  int FirstPeriod(Time from) const {
    const auto days = (ToMs(from) - ToMs(first_)) / 86'400'000;
    constexpr int kLongest[] = {1, 7, 31, 366};
    const auto periods =
        days / (kLongest[static_cast<size_t>(rule_.frequency)] * rule_.interval) - 1;
    return static_cast<int>(std::clamp<int64_t>(periods, 0, 10'000'000));
  }

  bool InMonths(CivilDay day) const {
    return rule_.by_month.empty() || std::find(rule_.by_month.begin(), rule_.by_month.end(),
                                               day.month()) != rule_.by_month.end();
  }
  bool OnMonthDays(CivilDay day) const {
    if (rule_.by_month_day.empty()) return true;
    const int from_end = day.day() - DaysInMonth(CivilMonth(day)) - 1;
    return std::any_of(rule_.by_month_day.begin(), rule_.by_month_day.end(),
                       [&](int d) { return d == day.day() || d == from_end; });
  }
  /// `begin` and `end` of what ordinals count in.
  bool OnWeekdays(CivilDay day, CivilDay begin, CivilDay end) const {
    if (rule_.by_day.empty()) return true;
    return std::any_of(rule_.by_day.begin(), rule_.by_day.end(), [&](const auto& one) {
      if (one.second != IsoWeekday(day)) return false;
      if (one.first == 0) return true;
      return one.first > 0 ? (day - begin) / 7 + 1 == one.first
                           : (end - day - 1) / 7 + 1 == -one.first;
    });
  }

  /// The days of a period that the rule takes, ascending.
  std::vector<CivilDay> DaysOf(int period) const {
    const CivilDay begin = BeginOf(period);
    std::vector<CivilDay> days;
    switch (rule_.frequency) {
      case Frequency::kDaily: Take(begin, begin + 1, false, &days); break;
      case Frequency::kWeekly: Take(begin, begin + 7, rule_.by_day.empty(), &days); break;
      case Frequency::kMonthly:
        Take(begin, CivilDay(CivilMonth(begin) + 1),
             rule_.by_day.empty() && rule_.by_month_day.empty(), &days);
        break;
      case Frequency::kYearly: TakeYear(begin, &days); break;
    }
    return days;
  }

  void TakeYear(CivilDay begin, std::vector<CivilDay>* days) const {
    const CivilDay end(CivilYear(begin) + 1);
    const bool plain = rule_.by_day.empty() && rule_.by_month_day.empty();
    // Ordinals count in the months once months are given, else in the year.
    const bool by_months = !rule_.by_month.empty() || !rule_.by_month_day.empty() || plain;
    if (!by_months) return Take(begin, end, false, days);
    for (CivilMonth month(begin); CivilDay(month) < end; ++month) {
      if (plain && rule_.by_month.empty() && month.month() != day_.month()) continue;
      Take(CivilDay(month), CivilDay(month + 1), plain, days);
    }
  }

  /// `same_day`: only that of the first occurrence, by its weekday in weeks, else its number.
  void Take(CivilDay begin, CivilDay end, bool same_day, std::vector<CivilDay>* days) const {
    const bool weekly = rule_.frequency == Frequency::kWeekly;
    for (CivilDay day = begin; day < end; ++day) {
      if (same_day && (weekly ? IsoWeekday(day) != IsoWeekday(day_) : day.day() != day_.day())) {
        continue;
      }
      if (InMonths(day) && OnMonthDays(day) && OnWeekdays(day, begin, end)) days->push_back(day);
    }
  }

  const RecurrenceRule& rule_;
  const Time first_;
  absl::TimeZone zone_;
  CivilSecond local_;
  CivilDay day_;
  int64_t millis_ = 0;
};

}  // namespace

StatusOr<RecurrenceRule> ParseRecurrence(std::string_view text) {
  if (text.starts_with("RRULE:")) text.remove_prefix(6);
  if (text.size() > kRuleBytesMax) {
    return InvalidArgument("a rule of at most {} bytes", kRuleBytesMax);
  }
  RecurrenceRule rule;
  std::set<std::string_view> keys;
  for (const std::string_view part : Split(text, ';')) {
    const size_t equal = part.find('=');
    if (equal == std::string_view::npos) {
      return InvalidArgument("'{}': parts as FREQ=WEEKLY;BYDAY=SU, joined by ;", part);
    }
    const std::string_view key = part.substr(0, equal);
    if (!keys.insert(key).second) return InvalidArgument("{}: once", key);
    KZ_RETURN_IF_ERROR(ParsePart(key, part.substr(equal + 1), &rule));
  }
  if (!keys.contains("FREQ")) return InvalidArgument("FREQ: DAILY, WEEKLY, MONTHLY or YEARLY");
  if (rule.count && rule.until) return InvalidArgument("COUNT or UNTIL, not both");
  const bool ordinals = std::any_of(rule.by_day.begin(), rule.by_day.end(),
                                    [](const auto& one) { return one.first != 0; });
  if (ordinals && rule.frequency != Frequency::kMonthly && rule.frequency != Frequency::kYearly) {
    return InvalidArgument("BYDAY: ordinals in MONTHLY and YEARLY alone");
  }
  if (!rule.by_month_day.empty() && rule.frequency == Frequency::kWeekly) {
    return InvalidArgument("BYMONTHDAY: not in WEEKLY");
  }
  return rule;
}

std::vector<Time> Occurrences(const RecurrenceRule& rule, Time first, std::string_view time_zone,
                              Time from, Time to) {
  return Expansion(rule, first, time_zone).Run(from, to);
}

std::vector<Time> Occurrences(std::string_view rule, Time first, std::string_view time_zone,
                              Time from, Time to) {
  const auto parsed = ParseRecurrence(rule);
  if (!parsed.ok()) return {};
  return Occurrences(*parsed, first, time_zone, from, to);
}

}  // namespace kizashi
