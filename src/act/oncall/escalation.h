// Whom an open group of alerts tells, and when: a state machine over what happened.
//
// A deterministic fold: the state is what the records, in order, make of nothing; every method that
// changes something gives the records that it added, and Restore applies those of before. It has no
// clock, disk or network. One thread; escalation_log.h keeps it on disk.
//
// A step is due when the wait of the step before it is over, the first one at once; behind one that
// was told a whole wait late, its wait counts from when it was told. A step whose
// hour or severity it is not, and one that reaches nobody, is passed over without a wait. When a
// whole round tells nobody the policy's last resort is told. Acknowledging stops the steps; a
// person who escalates has the next one told at once, after the last one the first of one more
// round. Resolving ends it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/schedule.h"
#include "base/clock.h"
#include "base/status.h"

namespace kizashi::oncall {

/// Why somebody is told; reason.h puts it into words.
struct Reason {
  enum class Kind : uint8_t { kOnCall = 0, kNamed = 1, kChannel = 2, kLastResort = 3 };
  Kind kind = Kind::kNamed;
  std::string schedule;  // of kOnCall
  bool operator==(const Reason&) const = default;
};

/// One person or channel of one step.
struct Tell {
  Target to;  // a person or a channel
  Reason reason;
  bool handed_over = false;
  bool operator==(const Tell&) const = default;
};

/// What became of one step, or of the last resort behind the last step of a round.
struct DoneStep {
  uint32_t position = 0;  // counted over all rounds, from 0; of the last resort that behind it
  bool last_resort = false;
  Time due{};
  Time at{};
  std::string by;           // the person who escalated; empty: its time had come
  std::vector<Tell> tells;  // none: passed over
  bool operator==(const DoneStep&) const = default;
};

struct Escalation {
  uint64_t id = 0;
  std::string group;
  std::string service;
  std::string severity;
  EscalationPolicy policy;  // as it was when this was opened
  Time opened{};
  std::optional<Time> acknowledged;  // when, of one that holds
  std::string acknowledged_by;
  std::vector<DoneStep> done;
  uint32_t next = 0;            // the position of the step that follows
  uint32_t total = 0;           // how many there are, rounds that people added included
  Time due{};                   // of the step that follows
  std::optional<Time> hurried;  // when a person wanted the next step at once, until it is told
  std::string hurried_by;

  /// All steps of the round that has just ended told nobody, and nor did the last resort.
  bool NeedsLastResort() const;
  /// Something is to be done at `due`.
  bool waits() const { return !acknowledged && (next < total || NeedsLastResort()); }
  bool operator==(const Escalation&) const = default;
};

/// A tell with what it is about: what a sender needs.
struct Page {
  uint64_t escalation = 0;
  uint32_t done_step = 0;  // in Escalation::done
  uint32_t tell = 0;       // in DoneStep::tells
  /// The same for each copy of one page: "oncall/7/2/0".
  std::string Key() const;
  bool operator==(const Page&) const = default;
};

/// Who is on call of a schedule; nothing: nobody.
struct Lookup {
  std::function<std::optional<std::string>(std::string_view schedule, Time at)> on_call;
  std::function<bool(std::string_view person, Time at)> is_away;
};

struct EscalationRecord;  // escalation_records.h

class EscalationEngine {
 public:
  static constexpr size_t kOpenMax = 200'000;
  /// Rounds that people add have an end too.
  static constexpr uint32_t kPositionsMax = 100'000;

  /// The records that a call added, in order.
  using Records = std::vector<std::string>;

  /// Applies a record of before. False at bytes that are none, or that fit no state.
  bool Restore(std::string_view record);
  /// Records that make this state.
  Records State() const;

  /// A group that is open already stays as it is: no records. ResourceExhausted at kOpenMax.
  StatusOr<Records> Open(std::string group, std::string service, std::string severity,
                         EscalationPolicy policy, Time now);
  /// NotFound when the group is not open.
  StatusOr<Records> Acknowledge(std::string_view group, std::string by, Time now);
  StatusOr<Records> Escalate(std::string_view group, std::string by, Time now);
  StatusOr<Records> Resolve(std::string_view group, Time now);
  /// Does every step that is due. Who is told is decided by `lookup` at `now`.
  Records Tick(Time now, const Lookup& lookup);

  /// What is to be told and was not handed over yet, in the order in which it came up.
  std::vector<Page> Pages() const;
  /// The sender has it for good. No records when it is not open or was handed over before.
  Records HandedOver(const Page& page);

  /// Open ones, by id.
  const std::map<uint64_t, Escalation>& open() const { return open_; }
  const Escalation* Find(std::string_view group) const;
  /// When the next step is due; nothing when none is.
  std::optional<Time> NextDue() const;

 private:
  Escalation* FindOpen(std::string_view group);
  /// Puts a record into force; false when it fits no state.
  bool Apply(const EscalationRecord& record);
  /// Applies a record of our own and adds its bytes.
  void Do(const EscalationRecord& record, Records* records);
  void TickOne(const Escalation& one, Time now, const Lookup& lookup, Records* records);

  std::map<uint64_t, Escalation> open_;
  std::map<std::string, uint64_t, std::less<>> by_group_;
  uint64_t next_id_ = 1;
};

/// What the history of an escalation says is not done although it was due at or before `now`: the
/// check that is made behind every tick. It counts anew from the times of the history, not from
/// `next` and `due`. Empty when all is well; else what is wrong, in words.
std::string MissedStep(const Escalation& escalation, Time now);

}  // namespace kizashi::oncall
