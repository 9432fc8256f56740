// Where a group of alerts stands: since when it fires, who takes care of it, how far it escalated.
//
// Kept with the alerts. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"

namespace kizashi::alerts {

/// Whom on-call told of a group beside its route's receiver.
struct Called {
  std::string receiver;
  std::string key;     // of the page: the same key told twice is told once
  std::string reason;  // in the receiver's language
  Time at{};
  bool operator==(const Called&) const = default;
};

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
  int level = 0;  // steps of the route's, or of on-call's, escalation that were taken
  Time level_at{};
  Time updated_at{};
  std::vector<Called> called;  // in their order; a receiver stands here once for each page
  std::string next_called;     // who is told at `next_called_at` unless somebody acknowledges
  Time next_called_at{};
  Time asked_at{};  // when `asked_by` wanted the next step of on-call's, until it is told
  std::string asked_by;

  uint64_t id() const { return Hash64(key); }
  bool is_open() const { return episode > 0 && closed_at == Time{}; }
  bool is_acknowledged() const { return is_open() && acknowledged_at != Time{}; }
};

void WriteGroupState(const GroupState& state, ByteWriter* out);
/// Total: false at bytes that are none. What on-call never heard of ends earlier.
bool ReadGroupState(ByteReader* in, GroupState* state);

}  // namespace kizashi::alerts
