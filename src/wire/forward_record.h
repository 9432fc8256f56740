// One record of Fluent Forward, for forward.cc alone.
#pragma once

#include <string_view>

#include "base/status.h"
#include "wire/forward.h"

namespace kizashi {

/// A record, or whatever stands in its place, as an event; its time is not set.
StatusOr<ForwardEvent> ReadForwardRecord(std::string_view raw, std::string_view tag);

/// EventTime: the ext type 0 of eight bytes, seconds and nanoseconds (big endian). Also whole
/// seconds and fractions. `received` when it is none of them.
Time ReadForwardTime(std::string_view raw, Time received);

/// About what an event takes in memory.
size_t ForwardEventBytes(const ForwardEvent& event);

}  // namespace kizashi
