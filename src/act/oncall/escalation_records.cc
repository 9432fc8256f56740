#include "act/oncall/escalation_records.h"

#include <algorithm>

#include "base/archive.h"

namespace kizashi::oncall {

// One function for both directions each (base/archive.h).

template <typename A>
void ArchiveFields(A& a, WeekRange& range) {
  a(range.begin, range.end);
}
template <typename A>
void ArchiveFields(A& a, Target& target) {
  a(target.kind, target.name);
}
template <typename A>
void ArchiveFields(A& a, EscalationStep& step) {
  int64_t wait_ms = step.wait.count();
  a(step.targets, wait_ms, step.only, step.time_zone, step.severities);
  step.wait = Duration(wait_ms);
}
template <typename A>
void ArchiveFields(A& a, EscalationPolicy& policy) {
  a(policy.name, policy.team, policy.services, policy.steps, policy.repeat, policy.last_resort,
    policy.is_default);
}
template <typename A>
void ArchiveFields(A& a, Tell& tell) {
  a(tell.to, tell.reason.kind, tell.reason.schedule, tell.handed_over);
}
template <typename A>
void ArchiveFields(A& a, DoneStep& step) {
  a(step.position, step.last_resort, step.due, step.at, step.by, step.tells);
}
template <typename A>
void ArchiveFields(A& a, Escalation& one) {
  a(one.id, one.group, one.service, one.severity, one.policy, one.opened, one.acknowledged,
    one.acknowledged_by, one.done, one.next, one.total, one.due, one.hurried, one.hurried_by);
}
template <typename A>
void ArchiveFields(A& a, EscalationRecord& record) {
  using Type = EscalationRecord::Type;
  a(record.type);
  switch (record.type) {
    case Type::kState: return a(record.state);
    case Type::kAcknowledged:
    case Type::kEscalated: return a(record.id, record.by, record.at);
    case Type::kResolved: return a(record.id, record.at);
    case Type::kStep: return a(record.id, record.step);
    case Type::kHandedOver: return a(record.id, record.done_step, record.tell);
    case Type::kNextId: return a(record.id);
  }
  if constexpr (A::kReading) a.Fail();
}

namespace {

bool IsGood(const EscalationStep& step);
bool IsGood(const DoneStep& step);
bool IsGood(const Tell& tell);

bool IsGood(const Target& target) { return target.kind <= Target::Kind::kChannel; }

bool IsGood(const WeekRange& range) {
  return 0 <= range.begin && range.begin < kWeekMinutes && range.begin < range.end &&
         range.end <= range.begin + kWeekMinutes;
}

template <typename T>
bool AllGood(const std::vector<T>& values) {
  return std::all_of(values.begin(), values.end(), [](const T& value) { return IsGood(value); });
}

bool IsGood(const EscalationStep& step) {
  return AllGood(step.targets) && AllGood(step.only) && step.wait > Duration(0);
}

bool IsGood(const Tell& tell) {
  return IsGood(tell.to) && tell.reason.kind <= Reason::Kind::kLastResort;
}

bool IsGood(const DoneStep& step) { return AllGood(step.tells); }

bool IsGood(const Escalation& one) {
  return one.id > 0 && AllGood(one.policy.steps) && AllGood(one.policy.last_resort) &&
         AllGood(one.done) && one.next <= one.total &&
         one.total <= EscalationEngine::kPositionsMax &&
         (!one.policy.steps.empty() || one.total == 0);
}

}  // namespace

std::string EncodeEscalationRecord(const EscalationRecord& record) {
  StateWriter out;
  EscalationRecord copy = record;
  out(copy);
  return out.Take();
}

bool DecodeEscalationRecord(std::string_view bytes, EscalationRecord* record) {
  StateReader in(bytes);
  in(*record);
  if (!in.ok() || !in.AtEnd()) return false;
  return record->type == EscalationRecord::Type::kState ? IsGood(record->state)
                                                        : IsGood(record->step);
}

}  // namespace kizashi::oncall
