// OpenSLO's times: `1h`, `30d`, `1M`; and local times as "2024-01-01 00:00:00". Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/slo.h"

namespace kizashi {

/// A duration-shorthand of OpenSLO v1: a number and one of m, h, d, w, M, Q, Y.
struct OpenSloDuration {
  int count = 0;
  char unit = 'd';
};
std::optional<OpenSloDuration> ParseOpenSloDuration(std::string_view text);
/// Its length; months, quarters and years are 30, 90 and 365 days.
Duration LengthOf(const OpenSloDuration& duration);
/// The shortest shorthand of a whole number of minutes.
std::string FormatOpenSloDuration(Duration duration);

/// "2024-01-01 00:00:00" in a time zone, also with a T between.
std::optional<Time> ParseLocalTime(std::string_view text, std::string_view time_zone);
std::string FormatLocalTime(Time time, std::string_view time_zone);

/// The short window that is added where OpenSLO has one: a twelfth, at least a minute.
Duration ShortWindowFor(Duration long_window);

inline constexpr std::string_view kOpenSloAlertName = "openslo/alert";

}  // namespace kizashi
