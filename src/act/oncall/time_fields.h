// Times in on-call's files: a moment by a team's clock, and parts of the week.
//
// As in catalog/field.h: an absent field gives nothing and no error, a wrong one nothing and its
// error with its place.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "act/oncall/schedule.h"
#include "act/oncall/zone.h"
#include "catalog/field.h"

namespace kizashi::oncall {

/// Whether a day without a time is its beginning, or its end: the beginning of the next.
enum class DayIs { kBegin, kEnd };

/// "2026-11-02 09:00", "2026-11-02T09:00" or "2026-11-02"; years from 1971 to 2099.
std::optional<LocalTime> ParseLocalTime(std::string_view text, DayIs day);
std::optional<LocalTime> ReadLocalTime(const Field& field, DayIs day);

/// The same on the clock of `zone`, or RFC 3339 with an offset; whole minutes.
std::optional<Time> ReadMoment(const Field& field, const Zone& zone, DayIs day);

/// `from` and `to` of a mapping, both wanted; nothing when one is wrong or `to` is not behind
/// `from`.
struct Interval {
  Time begin{};
  Time end{};
};
std::optional<Interval> ReadInterval(const Field& mapping, const Zone& zone);

/// One mapping or a list of {days, from, to}: docs/use/oncall.md.
std::vector<WeekRange> ReadWeekRanges(const Field& field);

/// Whether ranges hold all week.
bool IsWholeWeek(const std::vector<WeekRange>& ranges);

}  // namespace kizashi::oncall
