// What a log line says of itself.
#pragma once

#include <string_view>

#include "base/clock.h"

namespace kizashi {

/// The time a line begins with (RFC 3339, with 'T' or a space), when it is within a day of
/// `received`; else `received`.
Time LineTime(std::string_view line, Time received);

}  // namespace kizashi
