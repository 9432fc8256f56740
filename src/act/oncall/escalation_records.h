// What happened to escalations, as the records that the escalation log keeps.
//
// docs/internals/oncall.md describes the bytes. Reading is total. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "act/oncall/escalation.h"

namespace kizashi::oncall {

struct EscalationRecord {
  // The first byte of a record. Never reused.
  enum class Type : uint8_t {
    kState = 1,  // all of one escalation: it was opened, or the file was replaced
    kAcknowledged = 2,
    kEscalated = 3,
    kResolved = 4,
    kStep = 5,
    kHandedOver = 6,
    kNextId = 7,
  };
  Type type = Type::kState;
  uint64_t id = 0;         // of the escalation; of kNextId the next one
  Escalation state;        // of kState
  DoneStep step;           // of kStep
  uint32_t done_step = 0;  // of kHandedOver
  uint32_t tell = 0;
  std::string by;  // of kAcknowledged and kEscalated
  Time at{};       // of kAcknowledged, kEscalated and kResolved
};

std::string EncodeEscalationRecord(const EscalationRecord& record);
/// False at bytes that are no record, or one with values that none has.
bool DecodeEscalationRecord(std::string_view bytes, EscalationRecord* record);

}  // namespace kizashi::oncall
