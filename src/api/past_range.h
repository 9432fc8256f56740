// Ranges of the past as people type them, for commands that ask a server.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

struct PastRange {
  Time from{};  // included
  Time to{};    // not included
};

/// START/LENGTH, START/END, or START alone, which lasts until `now`. START is a time such as
/// 2026-01-31T09:00:00Z, or how long before `now` it was; END is a time, LENGTH a duration. So
/// "2h/1h" began two hours ago and lasted an hour. In whole minutes: the ends are rounded down,
/// that of a range up to `now` up. InvalidArgument when it is none, is empty or begins after `now`.
StatusOr<PastRange> ParsePastRange(std::string_view text, Time now);

}  // namespace kizashi
