// Local time of teams.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace kizashi {

/// What local time in `zone` (a name of the tz database; an unknown one is UTC) is ahead of UTC at
/// `at`, in seconds.
int32_t UtcOffsetSeconds(std::string_view zone, Time at);

}  // namespace kizashi
