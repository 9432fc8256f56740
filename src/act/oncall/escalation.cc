#include "act/oncall/escalation.h"

#include <algorithm>
#include <utility>

#include "act/oncall/escalation_records.h"
#include "act/oncall/zone.h"
#include "base/check.h"
#include "catalog/local_time.h"

namespace kizashi::oncall {
namespace {

using Type = EscalationRecord::Type;

const EscalationStep& StepAt(const Escalation& one, uint32_t position) {
  return one.policy.steps[position % one.policy.steps.size()];
}

/// When what follows a step, or the last resort behind the last one, is due. One that is told so
/// late that the next would be due already is given its whole wait.
Time DueBehind(const Escalation& one, const DoneStep& step) {
  if (step.tells.empty() && !step.last_resort) return step.due;
  const Duration wait =
      step.last_resort ? one.policy.steps.back().wait : StepAt(one, step.position).wait;
  return step.due + wait > step.at ? step.due + wait : step.at + wait;
}

bool IsForNow(const EscalationStep& step, const std::string& severity, Time now) {
  const auto& severities = step.severities;
  if (!severities.empty() &&
      std::find(severities.begin(), severities.end(), severity) == severities.end()) {
    return false;
  }
  if (step.only.empty()) return true;
  const auto ahead = std::chrono::seconds(UtcOffsetSeconds(step.time_zone, now));
  const int minute = MinuteOfWeek(LocalTime(now.time_since_epoch() + ahead));
  return std::any_of(step.only.begin(), step.only.end(), [minute](const WeekRange& range) {
    return (range.begin <= minute && minute < range.end) || minute + kWeekMinutes < range.end;
  });
}

void AddOnce(Target to, Reason reason, std::vector<Tell>* tells) {
  const bool has =
      std::any_of(tells->begin(), tells->end(), [&](const Tell& tell) { return tell.to == to; });
  if (!has) tells->push_back({std::move(to), std::move(reason), false});
}

std::vector<Tell> Reached(const EscalationStep& step, Time now, const Lookup& lookup) {
  std::vector<Tell> tells;
  for (const Target& target : step.targets) {
    switch (target.kind) {
      case Target::Kind::kSchedule:
        if (auto person = lookup.on_call(target.name, now)) {
          AddOnce({Target::Kind::kPerson, *std::move(person)}, {Reason::Kind::kOnCall, target.name},
                  &tells);
        }
        break;
      case Target::Kind::kPerson:
        if (!lookup.is_away(target.name, now)) AddOnce(target, {Reason::Kind::kNamed, ""}, &tells);
        break;
      case Target::Kind::kChannel: AddOnce(target, {Reason::Kind::kChannel, ""}, &tells); break;
    }
  }
  return tells;
}

}  // namespace

std::string Page::Key() const {
  return fmt::format("oncall/{}/{}/{}", escalation, done_step, tell);
}

bool Escalation::NeedsLastResort() const {
  const auto steps = static_cast<uint32_t>(policy.steps.size());
  if (steps == 0 || next == 0 || next % steps != 0) return false;
  for (auto step = done.rbegin(); step != done.rend(); ++step) {
    if (step->last_resort) return step->position != next;
    if (step->position + steps < next) return true;
    if (!step->tells.empty()) return false;
  }
  return true;
}

bool EscalationEngine::Restore(std::string_view bytes) {
  EscalationRecord record;
  return DecodeEscalationRecord(bytes, &record) && Apply(record);
}

bool EscalationEngine::Apply(const EscalationRecord& record) {
  if (record.type == Type::kNextId) {
    next_id_ = std::max(next_id_, record.id);
    return true;
  }
  if (record.type == Type::kState) {
    const Escalation& state = record.state;
    if (open_.contains(state.id) || by_group_.contains(state.group)) return false;
    by_group_.emplace(state.group, state.id);
    open_.emplace(state.id, state);
    next_id_ = std::max(next_id_, state.id + 1);
    return true;
  }
  const auto found = open_.find(record.id);
  if (found == open_.end()) return false;
  Escalation& one = found->second;
  const auto steps = static_cast<uint32_t>(one.policy.steps.size());
  switch (record.type) {
    case Type::kAcknowledged:
      one.acknowledged = record.at;
      one.acknowledged_by = record.by;
      one.hurried.reset();
      one.hurried_by.clear();
      return true;
    case Type::kEscalated:
      one.acknowledged.reset();
      one.acknowledged_by.clear();
      one.hurried = record.at;
      one.hurried_by = record.by;
      one.due = record.at;
      if (one.next == one.total && one.total + steps <= kPositionsMax) one.total += steps;
      return true;
    case Type::kStep: {
      const DoneStep& step = record.step;
      const bool fits = step.last_resort ? one.NeedsLastResort()
                                         : one.next < one.total && step.position == one.next;
      if (!fits) return false;
      one.done.push_back(step);
      if (!step.last_resort) ++one.next;
      one.due = DueBehind(one, step);
      if (!step.tells.empty() || step.last_resort) {
        one.hurried.reset();
        one.hurried_by.clear();
      }
      return true;
    }
    case Type::kHandedOver:
      if (record.done_step >= one.done.size() ||
          record.tell >= one.done[record.done_step].tells.size()) {
        return false;
      }
      one.done[record.done_step].tells[record.tell].handed_over = true;
      return true;
    case Type::kResolved:
      by_group_.erase(one.group);
      open_.erase(found);
      return true;
    case Type::kState:
    case Type::kNextId: break;
  }
  return false;
}

void EscalationEngine::Do(const EscalationRecord& record, Records* records) {
  KZ_CHECK(Apply(record), "a record of type {} fits no state", static_cast<int>(record.type));
  records->push_back(EncodeEscalationRecord(record));
}

EscalationEngine::Records EscalationEngine::State() const {
  Records records;
  EscalationRecord next;
  next.type = Type::kNextId;
  next.id = next_id_;
  records.push_back(EncodeEscalationRecord(next));
  for (const auto& [id, one] : open_) {
    EscalationRecord record;
    record.state = one;
    records.push_back(EncodeEscalationRecord(record));
  }
  return records;
}

Escalation* EscalationEngine::FindOpen(std::string_view group) {
  const auto id = by_group_.find(group);
  return id == by_group_.end() ? nullptr : &open_.at(id->second);
}

const Escalation* EscalationEngine::Find(std::string_view group) const {
  const auto id = by_group_.find(group);
  return id == by_group_.end() ? nullptr : &open_.at(id->second);
}

StatusOr<EscalationEngine::Records> EscalationEngine::Open(std::string group, std::string service,
                                                           std::string severity,
                                                           EscalationPolicy policy, Time now) {
  Records records;
  if (by_group_.contains(group)) return records;
  if (open_.size() >= kOpenMax) {
    return ResourceExhausted("{} escalations are open already, as many as there may be", kOpenMax);
  }
  EscalationRecord record;
  Escalation& one = record.state;
  one.id = next_id_;
  one.group = std::move(group);
  one.service = std::move(service);
  one.severity = std::move(severity);
  one.policy = std::move(policy);
  one.opened = now;
  one.due = now;
  one.total =
      static_cast<uint32_t>(one.policy.steps.size()) * static_cast<uint32_t>(one.policy.repeat + 1);
  Do(record, &records);
  return records;
}

StatusOr<EscalationEngine::Records> EscalationEngine::Acknowledge(std::string_view group,
                                                                  std::string by, Time now) {
  const Escalation* one = Find(group);
  if (one == nullptr) return NotFound("nothing is open for the group {}", group);
  Records records;
  if (one->acknowledged) return records;
  EscalationRecord record;
  record.type = Type::kAcknowledged;
  record.id = one->id;
  record.by = std::move(by);
  record.at = now;
  Do(record, &records);
  return records;
}

StatusOr<EscalationEngine::Records> EscalationEngine::Escalate(std::string_view group,
                                                               std::string by, Time now) {
  const Escalation* one = Find(group);
  if (one == nullptr) return NotFound("nothing is open for the group {}", group);
  if (one->policy.steps.empty()) {
    return InvalidArgument("the escalation {} of the group {} has no steps", one->policy.name,
                           group);
  }
  EscalationRecord record;
  record.type = Type::kEscalated;
  record.id = one->id;
  record.by = std::move(by);
  record.at = now;
  Records records;
  Do(record, &records);
  return records;
}

StatusOr<EscalationEngine::Records> EscalationEngine::Resolve(std::string_view group, Time now) {
  const Escalation* one = Find(group);
  if (one == nullptr) return NotFound("nothing is open for the group {}", group);
  EscalationRecord record;
  record.type = Type::kResolved;
  record.id = one->id;
  record.at = now;
  Records records;
  Do(record, &records);
  return records;
}

void EscalationEngine::TickOne(const Escalation& one, Time now, const Lookup& lookup,
                               Records* records) {
  while (one.waits() && one.due <= now) {
    EscalationRecord record;
    record.type = Type::kStep;
    record.id = one.id;
    DoneStep& done = record.step;
    done.position = one.next;
    done.due = one.due;
    done.at = now;
    done.by = one.hurried_by;
    if (one.NeedsLastResort()) {
      done.last_resort = true;
      for (const Target& target : one.policy.last_resort) {
        AddOnce(target, {Reason::Kind::kLastResort, ""}, &done.tells);
      }
    } else if (const EscalationStep& step = StepAt(one, one.next);
               IsForNow(step, one.severity, now)) {
      done.tells = Reached(step, now, lookup);
    }
    Do(record, records);
  }
}

EscalationEngine::Records EscalationEngine::Tick(Time now, const Lookup& lookup) {
  Records records;
  for (const auto& [id, one] : open_) TickOne(one, now, lookup, &records);
  return records;
}

std::vector<Page> EscalationEngine::Pages() const {
  std::vector<Page> pages;
  for (const auto& [id, one] : open_) {
    for (size_t step = 0; step < one.done.size(); ++step) {
      const std::vector<Tell>& tells = one.done[step].tells;
      for (size_t tell = 0; tell < tells.size(); ++tell) {
        if (tells[tell].handed_over) continue;
        pages.push_back({id, static_cast<uint32_t>(step), static_cast<uint32_t>(tell)});
      }
    }
  }
  std::stable_sort(pages.begin(), pages.end(), [this](const Page& a, const Page& b) {
    return open_.at(a.escalation).done[a.done_step].at <
           open_.at(b.escalation).done[b.done_step].at;
  });
  return pages;
}

EscalationEngine::Records EscalationEngine::HandedOver(const Page& page) {
  Records records;
  const auto found = open_.find(page.escalation);
  if (found == open_.end() || page.done_step >= found->second.done.size()) return records;
  const std::vector<Tell>& tells = found->second.done[page.done_step].tells;
  if (page.tell >= tells.size() || tells[page.tell].handed_over) return records;
  EscalationRecord record;
  record.type = Type::kHandedOver;
  record.id = page.escalation;
  record.done_step = page.done_step;
  record.tell = page.tell;
  Do(record, &records);
  return records;
}

std::optional<Time> EscalationEngine::NextDue() const {
  std::optional<Time> next;
  for (const auto& [id, one] : open_) {
    if (one.waits() && (!next || one.due < *next)) next = one.due;
  }
  return next;
}

std::string MissedStep(const Escalation& one, Time now) {
  if (one.acknowledged || one.policy.steps.empty()) return "";
  Time due = one.opened;
  uint32_t position = 0;
  bool told = false;  // anybody, in the round
  const auto steps = static_cast<uint32_t>(one.policy.steps.size());
  for (const DoneStep& step : one.done) {
    if (step.position != position) {
      return fmt::format("step {} follows step {}", step.position, position);
    }
    if (!step.last_resort) {
      told = (position % steps != 0 && told) || !step.tells.empty();
      ++position;
    } else {
      told = true;
    }
    due = DueBehind(one, step);
  }
  if (one.hurried) due = *one.hurried;
  const bool round_told_nobody = position > 0 && position % steps == 0 && !told;
  if (position >= one.total && !round_told_nobody) return "";
  if (due > now) return "";
  return fmt::format("step {} of {} was due at {} and is not done", position + 1, one.total,
                     FormatTime(due));
}

}  // namespace kizashi::oncall
