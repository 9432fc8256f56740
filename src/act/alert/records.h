// What happened to alerts, as the records that the alert log keeps.
//
// docs/internals/alerts.md describes the bytes. Reading is total. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "act/alert/alert.h"
#include "act/alert/group_state.h"
#include "act/alert/notification.h"
#include "act/alert/silences.h"

namespace kizashi::alerts {

enum class EndReason : uint8_t {
  kDelivered = 0,
  kGivenUp = 1,      // its deadline passed, or the receiver will never take it
  kSuperseded = 2,   // a peer told it
  kUnreachable = 3,  // its destination is no longer in the configuration
};
std::string_view EndReasonName(EndReason reason);

/// A notification as it is kept: of its alerts the fingerprints, as the alerts are kept themselves.
struct QueuedRecord {
  Notification notification;                      // without alerts
  std::vector<std::pair<uint64_t, bool>> alerts;  // fingerprint, firing
};
struct EndedRecord {
  uint64_t number = 0;
  EndReason reason = EndReason::kDelivered;
  Time at{};
};
/// What a destination gave for what it was told of a group: the address of its message there.
struct ReceiptRecord {
  std::string group_key;
  std::string destination;
  std::string text;
};
/// A person ended an alert: what began by then is over, whatever its source still sends.
struct ClosedRecord {
  uint64_t fingerprint = 0;
  Time at{};
};
using Record = std::variant<Alert, Silence, QueuedRecord, EndedRecord, Told, GroupState,
                            ReceiptRecord, ClosedRecord>;

std::string EncodeRecord(const Alert& alert);
std::string EncodeRecord(const Silence& silence);
std::string EncodeRecord(const Notification& queued);
std::string EncodeRecord(const EndedRecord& ended);
std::string EncodeRecord(const Told& told);
std::string EncodeRecord(const GroupState& state);
std::string EncodeRecord(const ReceiptRecord& receipt);
std::string EncodeRecord(const ClosedRecord& closed);

/// False at bytes that are no record.
bool DecodeRecord(std::string_view bytes, Record* record);

/// What the engine decided: to be written, then acted on.
struct Event {
  enum class Kind { kQueued, kEnded, kTold, kGroup, kKept };  // kKept: written, no more
  Kind kind = Kind::kQueued;
  uint64_t number = 0;  // of a notification
  bool is_new = true;   // of a queued one: it was not waiting before
  std::string destination;
  std::string record;
};

}  // namespace kizashi::alerts
