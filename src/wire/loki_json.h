// Reads Loki's push request in JSON:
//   {"streams": [{"stream": {"app": "shop"}, "values": [["1700000000000000000", "line"], ...]}]}
//
// Reading is total. A body that is not JSON of that form gives no lines; beyond that each stream
// and each entry answers for itself: the good ones are kept, the others are named. An entry's third
// member (structured metadata) becomes LogLine::metadata. Any thread. Source: Grafana Loki's HTTP
// API.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kLokiBodyBytesMax = 32 << 20;
inline constexpr size_t kStreamLabelsMax = 64;
inline constexpr size_t kStreamLabelBytesMax = 4 << 10;  // a name or a value
inline constexpr size_t kMetadataBytesMax = 64 << 10;    // a value of structured metadata
inline constexpr size_t kLokiErrorsMax = 20;             // told; the others are only counted

struct LokiError {
  std::string item;    // "streams[2].values[5]"; empty: the whole body
  std::string reason;  // what was found and what is expected
};

struct LokiStream {
  Labels labels;  // at least one
  std::vector<LogLine> lines;
};

struct LokiPush {
  std::vector<LokiStream> streams;
  std::vector<LokiError> errors;  // the first kLokiErrorsMax
  size_t error_count = 0;
};

LokiPush ParseLokiJson(std::string_view body);

}  // namespace kizashi
