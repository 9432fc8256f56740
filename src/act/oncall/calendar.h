// On-call as a calendar that others subscribe to (RFC 5545).
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/oncall.h"

namespace kizashi::oncall {

/// The text of a calendar with one event for each turn of a schedule in [from, to). `now` is the
/// time it is made at. Empty when there is no such schedule.
std::string ScheduleCalendar(const OnCall& oncall, std::string_view schedule, Time from, Time to,
                             Time now);

/// The same of the turns of one person in all schedules.
std::string PersonCalendar(const OnCall& oncall, std::string_view person, Time from, Time to,
                           Time now);

}  // namespace kizashi::oncall
