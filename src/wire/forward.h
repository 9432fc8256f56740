// Reads messages of the Fluent Forward protocol v1
// (https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1): Message, Forward,
// PackedForward and CompressedPackedForward (gzip).
//
// Of an event's record are taken
//   the text:     the first string of log, message, msg; without one, the record as JSON
//   the service:  the first non-empty string of service, service_name, kubernetes.labels'
//                 app.kubernetes.io/name and app, container_name (also kubernetes'); else the tag
//   metadata:     all other members: strings as they are, others as JSON
// A message is read whole or refused: what is no event (a record that is no map, say) is a line all
// the same, its text the JSON of it. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr size_t kForwardMessageBytesMax = 16 << 20;
inline constexpr size_t kForwardUnpackedBytesMax = 64 << 20;  // of entries that were compressed
inline constexpr size_t kForwardMemoryBytesMax = 192 << 20;   // of a message's lines, about
inline constexpr size_t kForwardTextBytesMax = 256 << 10;     // a longer text is cut
inline constexpr size_t kForwardNameBytesMax = 256;           // of tag, service, a member's name
inline constexpr size_t kForwardMembersMax = 64;              // of a record, as metadata
inline constexpr size_t kForwardMemberBytesMax = 4 << 10;     // a longer value is cut
inline constexpr size_t kForwardChunkBytesMax = 1024;

struct ForwardEvent {
  std::string service;
  /// metadata_dropped, if there: how many members were too many.
  LogLine line;
};

struct ForwardMessage {
  bool heartbeat = false;  // nil: nothing but a sign of life
  std::string tag;
  std::vector<ForwardEvent> events;
  /// The id to acknowledge, as MessagePack; empty: the sender wants no answer.
  std::string chunk;
};

/// Reads one whole message. InvalidArgument says what was found and what is expected,
/// ResourceExhausted which limit it is beyond.
StatusOr<ForwardMessage> ReadForward(std::string_view message, Time received);

/// {"ack": chunk}
std::string ForwardAck(std::string_view chunk);

}  // namespace kizashi
