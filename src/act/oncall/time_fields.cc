#include "act/oncall/time_fields.h"

#include <algorithm>
#include <array>

#include "catalog/suggest.h"

namespace kizashi::oncall {
namespace {

constexpr int kDayMinutes = 24 * 60;
constexpr size_t kRangesMax = 100;
constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::string_view kLocalExpected =
    "a day, or a day with a time of the wall's clock, such as 2026-11-02 09:00";
constexpr std::string_view kMomentExpected =
    "a time such as 2026-11-02 09:00 by the schedule's clock, or 2026-11-02T09:00:00+09:00";
constexpr std::string_view kRangeExpected =
    "a part of the week such as {days: mon-fri, from: 09:00, to: 17:00} or {from: fri 17:00, to: "
    "mon 09:00}";

/// A number of exactly `digits` digits that `text` begins with, cut off.
std::optional<int> TakeNumber(std::string_view* text, size_t digits) {
  if (text->size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text->substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text->remove_prefix(digits);
  return value;
}

bool Take(std::string_view* text, char c) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

/// "09:00" or "24:00" as minutes.
std::optional<int> ParseMinutes(std::string_view text) {
  const auto hour = TakeNumber(&text, 2);
  const bool colon = Take(&text, ':');
  const auto minute = TakeNumber(&text, 2);
  if (!hour || !colon || !minute || !text.empty() || *minute > 59) return std::nullopt;
  const int minutes = *hour * 60 + *minute;
  return minutes <= kDayMinutes ? std::optional<int>(minutes) : std::nullopt;
}

std::optional<int> ParseDay(std::string_view text) {
  const std::string lower = LowerCase(text);
  const auto* const day = std::find(kDays.begin(), kDays.end(), lower);
  return day == kDays.end() ? std::nullopt
                            : std::optional<int>(static_cast<int>(day - kDays.begin()));
}

std::string_view TextOf(const Field& field) {
  return field.present() && field.node().kind == YamlNode::Kind::kScalar ? field.node().scalar
                                                                         : std::string_view();
}

/// "mon", "mon-fri", "fri-mon"; the days are marked.
bool MarkDays(std::string_view text, std::array<bool, 7>* marked) {
  const size_t dash = text.find('-');
  const auto first = ParseDay(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : ParseDay(text.substr(dash + 1));
  if (!first || !last) return false;
  for (int day = *first;; day = (day + 1) % 7) {
    (*marked)[static_cast<size_t>(day)] = true;
    if (day == *last) return true;
  }
}

std::optional<std::array<bool, 7>> ReadDays(const Field& field) {
  std::array<bool, 7> marked{};
  if (!field.present()) {
    marked.fill(true);
    return marked;
  }
  for (const Field& item : OneOrMany(field)) {
    if (MarkDays(TextOf(item), &marked)) continue;
    item.Wrong("days such as mon-fri, or a list of mon, tue, wed, thu, fri, sat, sun");
    return std::nullopt;
  }
  if (std::find(marked.begin(), marked.end(), true) != marked.end()) return marked;
  field.Wrong("one day at least");
  return std::nullopt;
}

/// "fri 17:00" as minutes of the week.
std::optional<int> ParseMinuteOfWeek(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto day = ParseDay(text.substr(0, space));
  const auto minutes = ParseMinutes(text.substr(space + 1));
  if (!day || !minutes) return std::nullopt;
  return (*day * kDayMinutes + *minutes) % kWeekMinutes;
}

/// From one time of the week to another.
void ReadLongRange(const Field& field, std::vector<WeekRange>* ranges) {
  if (field.Key("days").present()) {
    return field.Key("days").Wrong("no days, as `from` and `to` name them");
  }
  const auto begin = ParseMinuteOfWeek(TextOf(field.Key("from")));
  const auto end = ParseMinuteOfWeek(TextOf(field.Key("to")));
  for (const auto& [key, value] : {std::pair("from", begin), std::pair("to", end)}) {
    if (!value) field.Key(key).Wrong("a day and a time, such as fri 17:00");
  }
  if (!begin || !end) return;
  if (*begin == *end) return field.Key("to").Wrong("another time than `from`");
  ranges->push_back({*begin, *end > *begin ? *end : *end + kWeekMinutes});
}

void ReadRange(const Field& field, std::vector<WeekRange>* ranges) {
  if (!CheckMapping(field, kRangeExpected)) return;
  CheckKeys(field, {"days", "from", "to"});
  const std::string_view from = TextOf(field.Key("from"));
  const std::string_view to = TextOf(field.Key("to"));
  if (from.find(' ') != std::string_view::npos || to.find(' ') != std::string_view::npos) {
    return ReadLongRange(field, ranges);
  }
  if (field.node().keys.empty()) return field.Wrong(std::string(kRangeExpected));
  const auto days = ReadDays(field.Key("days"));
  std::optional<int> begin = 0;
  std::optional<int> end = kDayMinutes;
  if (field.Key("from").present()) begin = ParseMinutes(from);
  if (field.Key("to").present()) end = ParseMinutes(to);
  if (begin == kDayMinutes) begin.reset();
  if (!begin) field.Key("from").Wrong("a time of day such as 09:00");
  if (!end) field.Key("to").Wrong("a time of day such as 17:00, up to 24:00");
  if (!days || !begin || !end) return;
  if (*begin == *end) {
    return field.Key("to").Wrong("another time than `from`; leave both out for whole days");
  }
  if (*end < *begin) *end += kDayMinutes;
  for (int day = 0; day < 7; ++day) {
    if (!(*days)[static_cast<size_t>(day)]) continue;
    ranges->push_back({day * kDayMinutes + *begin, day * kDayMinutes + *end});
  }
}

}  // namespace

std::optional<LocalTime> ParseLocalTime(std::string_view text, DayIs day) {
  const auto year = TakeNumber(&text, 4);
  const bool first = Take(&text, '-');
  const auto month = TakeNumber(&text, 2);
  const bool second = Take(&text, '-');
  const auto number = TakeNumber(&text, 2);
  if (!year || !first || !month || !second || !number) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*number))};
  if (!date.ok() || *year < 1971 || *year > 2099) return std::nullopt;
  const LocalTime midnight{std::chrono::local_days(date)};
  if (text.empty()) return midnight + std::chrono::days(day == DayIs::kEnd ? 1 : 0);
  if (!Take(&text, ' ') && !Take(&text, 'T')) return std::nullopt;
  const auto minutes = ParseMinutes(text);
  if (!minutes) return std::nullopt;
  return midnight + std::chrono::minutes(*minutes);
}

std::optional<LocalTime> ReadLocalTime(const Field& field, DayIs day) {
  if (!field.present()) return std::nullopt;
  const auto local = ParseLocalTime(TextOf(field), day);
  if (!local) field.Wrong(std::string(kLocalExpected));
  return local;
}

std::optional<Time> ReadMoment(const Field& field, const Zone& zone, DayIs day) {
  if (!field.present()) return std::nullopt;
  const std::string_view text = TextOf(field);
  if (const auto local = ParseLocalTime(text, day)) return zone.ToTime(*local);
  const auto time = ParseTime(text);
  if (!time.ok()) {
    field.Wrong(std::string(kMomentExpected));
    return std::nullopt;
  }
  if (*time < kZoneFrom + std::chrono::days(366) || *time >= kZoneTo) {
    field.Wrong("a year from 1971 to 2099");
    return std::nullopt;
  }
  if (*time != FloorTo(*time, std::chrono::minutes(1))) {
    field.Wrong("whole minutes");
    return std::nullopt;
  }
  return *time;
}

std::optional<Interval> ReadInterval(const Field& mapping, const Zone& zone) {
  for (const char* key : {"from", "to"}) {
    if (!mapping.Key(key).present()) mapping.Key(key).Wrong(std::string(kMomentExpected));
  }
  const auto begin = ReadMoment(mapping.Key("from"), zone, DayIs::kBegin);
  const auto end = ReadMoment(mapping.Key("to"), zone, DayIs::kEnd);
  if (!begin || !end) return std::nullopt;
  if (*end <= *begin) {
    mapping.Key("to").Wrong("a time behind `from`");
    return std::nullopt;
  }
  return Interval{*begin, *end};
}

std::vector<WeekRange> ReadWeekRanges(const Field& field) {
  std::vector<WeekRange> ranges;
  const std::vector<Field> items = OneOrMany(field);
  if (field.present() && items.empty()) field.Wrong("one part of the week at least");
  if (items.size() > kRangesMax) {
    field.Wrong(fmt::format("at most {} parts of the week", kRangesMax));
    return ranges;
  }
  for (const Field& item : items) ReadRange(item, &ranges);
  return ranges;
}

bool IsWholeWeek(const std::vector<WeekRange>& ranges) { return WeekSet(ranges).all(); }

}  // namespace kizashi::oncall
