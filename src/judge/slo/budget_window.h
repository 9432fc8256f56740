// Where windows of a calendar begin and end, and which days have a deadline.
//
// Pure functions over the IANA time zones; any thread. Days are those of the zone, so one in spring
// has 23 hours and one in autumn 25.
#pragma once

#include <optional>
#include <utility>

#include "base/clock.h"
#include "catalog/slo.h"

namespace kizashi {

/// The window that holds `now`: (begin, end]. Of a rolling one the last `length` up to `now`.
struct WindowBounds {
  Time begin{};
  Time end{};
};
WindowBounds WindowAt(const BudgetWindow& window, Time now);

/// The first deadline of a kDeadline indicator after `after`; nothing when no day has one.
std::optional<Time> NextDeadline(const Indicator& indicator, Time after);

}  // namespace kizashi
