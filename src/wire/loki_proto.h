// Reads Loki's push request in protobuf (logproto.PushRequest), without its snappy coding:
//
//   PushRequest      { repeated Stream streams = 1; }
//   Stream           { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
//   Entry            { Timestamp timestamp = 1; string line = 2; repeated LabelPair metadata = 3; }
//   Timestamp        { int64 seconds = 1; int32 nanos = 2; }
//   LabelPair        { string name = 1; string value = 2; }
//
// Total: bytes that are no such message give no lines and one error; beyond that each stream and
// each entry answers for itself, as in JSON (wire/loki_json.h). Text is taken byte for byte. Any
// thread. Source: grafana/loki, pkg/push/push.proto.
#pragma once

#include <string_view>

#include "base/status.h"
#include "wire/loki_json.h"

namespace kizashi {

inline constexpr size_t kLokiEntriesMax = 500'000;  // of a push: an entry may be a few bytes

LokiPush ParseLokiProto(std::string_view body);

/// A stream's labels as Loki writes them: `{app="shop", pod="a\"b"}`.
StatusOr<Labels> ParseLokiLabels(std::string_view text);

}  // namespace kizashi
