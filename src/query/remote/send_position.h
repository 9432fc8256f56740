// How far a receiver has the journal, in a file: docs/internals/remote-write.md.
//
// A value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

/// A place in the journal: before it are all entries below `seq`, and the first `samples` of it.
struct JournalPlace {
  uint64_t seq = 1;
  uint64_t samples = 0;
  auto operator<=>(const JournalPlace&) const = default;
};

struct SendPosition {
  JournalPlace done;  // all before it was answered
  /// Where the request ends that was begun and not answered; `done` when there is none. After a
  /// crash the same samples are sent again in one request: who has them already then refuses
  /// nothing else.
  JournalPlace under_way;
  bool operator==(const SendPosition&) const = default;
};

std::string EncodePosition(const SendPosition& position);
/// DataLoss when the text is not what EncodePosition wrote.
StatusOr<SendPosition> DecodePosition(std::string_view text);

/// Nothing when there is no such file.
StatusOr<std::optional<SendPosition>> ReadPosition(const std::string& file);

}  // namespace kizashi
