// Prometheus' functions that make numbers readable: humanize and its kin.
#pragma once

#include <string>

#include "base/status.h"

namespace kizashi::rules {

std::string Humanize(double value);            // 1.234k
std::string Humanize1024(double value);        // 1.205ki
std::string HumanizeDuration(double seconds);  // 1h 2m 3s
std::string HumanizePercentage(double value);  // 12.34%
/// Seconds since 1970 as Go prints a time: "2015-06-23 13:26:24.128 +0000 UTC".
StatusOr<std::string> HumanizeTimestamp(double seconds);

}  // namespace kizashi::rules
