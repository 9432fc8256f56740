// Numbers, spans and moments as people of a language write them; cutting texts to length.
//
// Plain functions; any thread. Time zones are IANA names from the system's tzdata; one that is not
// known counts as UTC.
#pragma once

#include <string>
#include <string_view>

#include "act/texts.h"
#include "base/clock.h"

namespace kizashi {

/// "1,234.50": thousands apart, exactly `decimals` of them; "–" for what is not finite.
std::string FormatNumber(double value, int decimals);
/// As few decimals as three digits need: "0.42", "4.20", "42.0", "420", "4,200".
std::string FormatAmount(double value);
/// A share as "12.3%".
std::string FormatPercent(double share);
/// A target such as 0.9995 as "99.95%": no digit lost, none added.
std::string FormatTarget(double target);

/// The two largest units: "1 d 2 h", "5 min 3 s", "450 ms"; "1 日 2 時間".
std::string FormatSpan(Duration span, Language language);

/// "23 Nov 2026 08:15"; "2026年11月23日 08:15".
std::string FormatMoment(Time time, std::string_view time_zone, Language language);
/// The day that it is then: "2026-11-23".
std::string FormatDay(Time time, std::string_view time_zone);
/// The moment on the day that it is then at which clocks there show `of_day` (an hour that a change
/// to summer time leaves out counts as the one after it).
Time AtTimeOfDay(Time time, Duration of_day, std::string_view time_zone);
/// `time_zone`, or "UTC" when the system does not know it.
std::string KnownTimeZone(std::string_view time_zone);

/// The bytes of the UTF-8 character that begins at `at`; 1 for a byte that begins none.
size_t CharacterSize(std::string_view text, size_t at);
/// At most `chars_max` UTF-8 characters, the last one "…" when something was cut off.
std::string CutText(std::string_view text, size_t chars_max);
/// As it stands in XML or HTML, in an element and within double quotes.
std::string EscapeXml(std::string_view text);
/// Line breaks and other control characters become spaces.
std::string OneLine(std::string_view text);

}  // namespace kizashi
