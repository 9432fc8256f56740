// Where a group of alerts stands: since when it fires, who takes care of it, how far it escalated.
//
// Kept with the alerts. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"

namespace kizashi::alerts {

/// One episode of a group at a time: from its first firing alert to its last. Times that are zero
/// are those of what did not happen.
struct GroupState {
  std::string key;
  uint64_t episode = 0;  // counts from 1
  Time opened_at{};
  Time closed_at{};
  Time acknowledged_at{};
  std::string acknowledged_by;
  std::string acknowledged_via;
  int rank = 0;   // of the gravest alert of the episode so far
  int level = 0;  // steps of the route's escalation that were taken
  Time level_at{};
  Time updated_at{};

  uint64_t id() const { return Hash64(key); }
  bool is_open() const { return episode > 0 && closed_at == Time{}; }
  bool is_acknowledged() const { return is_open() && acknowledged_at != Time{}; }
};

void WriteGroupState(const GroupState& state, ByteWriter* out);
/// Total: false at bytes that are none.
bool ReadGroupState(ByteReader* in, GroupState* state);

}  // namespace kizashi::alerts
