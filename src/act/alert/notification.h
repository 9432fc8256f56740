// What one destination is told of one group of alerts, and what it was told last.
//
// Plain values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "act/alert/alert.h"
#include "act/alert/group_state.h"
#include "base/bytes.h"
#include "base/clock.h"

namespace kizashi::alerts {

/// Where a notification goes: `receiver/kind/index`, the same over restarts and reloads.
std::string DestinationKey(std::string_view receiver, std::string_view kind, size_t index);

/// An alert as it is told: a firing one has no end (kNever), whatever its timeout.
struct ToldAlert {
  AlertPtr alert;
  bool firing = false;
  Time ends_at() const { return firing ? kNever : alert->ends_at; }
};

/// A commitment to tell: it waits in the queue of its destination until it is delivered or given
/// up.
struct Notification {
  uint64_t number = 0;  // in the order of their making, over restarts
  std::string destination;
  std::string receiver;
  std::string group_key;
  Labels group_labels;
  std::vector<ToldAlert> alerts;  // by start and labels, as Alertmanager sorts them
  Time created_at{};
  Duration repeat_interval{};
  /// Grows when a member that matters joins a group that was told already, and when a group that
  /// was over fires anew: who pages by a key of deduplication makes it of the group and this.
  uint64_t page = 1;
  int rank = 0;  // of its gravest firing alert; SeverityRank

  // As of the moment at which it is sent; not kept with it.
  GroupState state;           // of its group
  std::string receipt;        // what the destination gave for the last one (SendResult::receipt)
  std::string reason;         // why this receiver is told, when on-call called it
  std::string next_receiver;  // told at `next_at` unless somebody acknowledges; "": nobody
  Time next_at{};

  bool firing() const;
  std::vector<uint64_t> Fingerprints(bool firing) const;  // sorted
};

/// What a destination was told last of a group: an entry of the notification log.
struct Told {
  std::string group_key;
  std::string destination;
  std::vector<uint64_t> firing;    // sorted
  std::vector<uint64_t> resolved;  // sorted
  Time at{};
  Time expires_at{};
  uint64_t page = 1;
  int rank = 0;
};

/// What all have alike of their labels, or of their annotations.
Labels CommonOf(std::span<const ToldAlert> alerts, Labels Alert::*labels);

/// Of the label `severity`: critical, page, emergency 4; error, high, major 3; warning, medium,
/// ticket 2; info, low, none 1; anything else 0.
int SeverityRank(const Labels& labels);

/// Whether a destination that was told `told` (null: nothing) must be told of these alerts:
/// Alertmanager's DedupStage.
bool NeedsTelling(const Told* told, const std::vector<uint64_t>& firing,
                  const std::vector<uint64_t>& resolved, bool send_resolved,
                  Duration repeat_interval, Time now);

void WriteTold(const Told& told, ByteWriter* out);
bool ReadTold(ByteReader* in, Told* told);

}  // namespace kizashi::alerts
