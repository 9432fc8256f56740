// MessagePack as JSON text, and the time type that Fluentd added to it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "wire/msgpack.h"

namespace kizashi {

/// The first value of `raw` as JSON. Of one that is longer than `bytes_max`, the beginning, a few
/// bytes longer than that. Keys that are no
/// strings become the text of their JSON; binaries are strings; EventTime (ext type 0, eight bytes)
/// is an RFC 3339 string, other exts are their bytes in hexadecimal. InvalidArgument for bytes that
/// are no value, and for values nested deeper than kMsgpackDepthMax.
StatusOr<std::string> MsgpackToJson(std::string_view raw, size_t bytes_max);

/// EventTime: the ext type 0 of eight bytes, seconds and nanoseconds, big endian. False for others.
bool ReadEventTime(const MsgpackValue& value, Time* time);

}  // namespace kizashi
