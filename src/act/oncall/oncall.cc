#include "act/oncall/oncall.h"

#include <algorithm>
#include <utility>

#include "act/oncall/compiled_schedule.h"

namespace kizashi::oncall {
namespace {

using Answer = CompiledSchedule::Answer;

template <typename T>
void SortByName(std::vector<T>* things) {
  std::stable_sort(things->begin(), things->end(),
                   [](const T& a, const T& b) { return a.name < b.name; });
}

void Apply(const Edit& edit, Plan* plan) {
  if (!edit.removed_by.empty()) return;
  if (edit.kind == Edit::Kind::kLeave) {
    plan->leave.push_back({edit.person, edit.begin, edit.end, edit.id, edit.author});
    return;
  }
  const auto schedule =
      std::find_if(plan->schedules.begin(), plan->schedules.end(),
                   [&](const Schedule& one) { return one.name == edit.schedule; });
  if (schedule == plan->schedules.end()) return;
  if (edit.kind == Edit::Kind::kOverride) {
    schedule->overrides.push_back({edit.person, edit.begin, edit.end, edit.id, edit.author});
    return;
  }
  schedule->takeovers.push_back(
      {edit.person, edit.taker, edit.begin, edit.end, edit.id, edit.author});
  if (edit.back_begin < edit.back_end) {
    schedule->takeovers.push_back(
        {edit.taker, edit.person, edit.back_begin, edit.back_end, edit.id, edit.author});
  }
}

/// Walks over [from, to) and tells each part with its answer, until `tell` gives false. `ask` is
/// CompiledSchedule::At or what answers like it.
template <typename A, typename F>
void Walk(const CompiledSchedule& schedule, Time from, Time to, A ask, F tell) {
  CompiledSchedule::Turns turns = schedule.NoTurns();
  for (Time at = from; at < to;) {
    Time until = kNever;
    const Answer answer = ask(at, &turns, &until);
    until = std::min(until, to);
    if (!tell(at, until, answer)) return;
    at = until;
  }
}

auto Asking(const CompiledSchedule& schedule) {
  return [&schedule](Time at, CompiledSchedule::Turns* turns, Time* until) {
    return schedule.At(at, turns, until);
  };
}

template <typename A, typename F>
std::vector<Span> Joined(const CompiledSchedule& schedule, Time from, Time to, A ask, F same) {
  std::vector<Span> spans;
  Answer last;
  to = std::min(to, from + OnCall::kIntervalMax);
  Walk(schedule, from, to, ask, [&](Time begin, Time end, const Answer& answer) {
    if (!spans.empty() && same(last, answer)) {
      spans.back().end = end;
      return true;
    }
    if (spans.size() >= OnCall::kSpansMax) return false;
    spans.push_back({begin, end, schedule.DutyOf(answer)});
    last = answer;
    return true;
  });
  return spans;
}

bool AreEqual(const Answer& a, const Answer& b) { return a == b; }

}  // namespace

OnCall::OnCall(Plan plan, const std::vector<Edit>& edits) : plan_(std::move(plan)) {
  for (const Edit& edit : edits) Apply(edit, &plan_);
  SortByName(&plan_.schedules);
  SortByName(&plan_.policies);
  for (const Schedule& schedule : plan_.schedules) {
    compiled_.push_back(std::make_unique<const CompiledSchedule>(schedule, plan_.leave));
  }
}

OnCall::~OnCall() = default;

const CompiledSchedule* OnCall::Compiled(std::string_view schedule) const {
  const Schedule* found = Find(schedule);
  if (found == nullptr) return nullptr;
  return compiled_[static_cast<size_t>(found - plan_.schedules.data())].get();
}

const Schedule* OnCall::Find(std::string_view schedule) const {
  const auto& all = plan_.schedules;
  const auto found =
      std::lower_bound(all.begin(), all.end(), schedule,
                       [](const Schedule& one, std::string_view name) { return one.name < name; });
  return found != all.end() && found->name == schedule ? &*found : nullptr;
}

std::optional<Duty> OnCall::At(std::string_view schedule, Time at) const {
  const CompiledSchedule* compiled = Compiled(schedule);
  if (compiled == nullptr) return std::nullopt;
  CompiledSchedule::Turns turns = compiled->NoTurns();
  Time until = kNever;
  return compiled->DutyOf(compiled->At(at, &turns, &until));
}

std::optional<Span> OnCall::Next(std::string_view schedule, Time at, Duration within) const {
  const CompiledSchedule* compiled = Compiled(schedule);
  if (compiled == nullptr) return std::nullopt;
  std::optional<int> now;
  std::optional<Span> next;
  std::optional<int> person;
  // One step further than the change: it lasts until the person changes again.
  Walk(*compiled, at, at + within, Asking(*compiled),
       [&](Time begin, Time end, const Answer& answer) {
         if (!now) now = answer.person;
         if (!next && answer.person == *now) return true;
         if (!next) {
           next = Span{begin, end, compiled->DutyOf(answer)};
           person = answer.person;
           return true;
         }
         if (answer.person != *person) return false;
         next->end = end;
         return true;
       });
  return next;
}

std::vector<Span> OnCall::Spans(std::string_view schedule, Time from, Time to) const {
  const CompiledSchedule* compiled = Compiled(schedule);
  if (compiled == nullptr) return {};
  return Joined(*compiled, from, to, Asking(*compiled), AreEqual);
}

std::vector<Span> OnCall::LayerSpans(std::string_view schedule, size_t layer, Time from,
                                     Time to) const {
  const CompiledSchedule* compiled = Compiled(schedule);
  if (compiled == nullptr || layer >= Find(schedule)->layers.size()) return {};
  const auto ask = [&](Time at, CompiledSchedule::Turns* turns, Time* until) {
    return compiled->OfLayer(layer, at, turns, until);
  };
  return Joined(*compiled, from, to, ask, AreEqual);
}

std::vector<Span> OnCall::PersonSpans(std::string_view schedule, Time from, Time to) const {
  const CompiledSchedule* compiled = Compiled(schedule);
  if (compiled == nullptr) return {};
  return Joined(*compiled, from, to, Asking(*compiled),
                [](const Answer& a, const Answer& b) { return a.person == b.person; });
}

std::vector<Gap> OnCall::Gaps(std::string_view schedule, Time from, Time to) const {
  std::vector<Gap> gaps;
  const CompiledSchedule* compiled = Compiled(schedule);
  for (const Span& span : PersonSpans(schedule, from, to)) {
    if (span.duty) continue;
    for (Time at = span.begin; at < span.end;) {
      Time until = kNever;
      const bool is_covered = compiled->IsCovered(at, &until);
      until = std::min(until, span.end);
      if (is_covered && !gaps.empty() && gaps.back().end == at) {
        gaps.back().end = until;
      } else if (is_covered) {
        gaps.push_back({std::string(schedule), at, until});
      }
      at = until;
    }
  }
  return gaps;
}

bool OnCall::IsAway(std::string_view person, Time at) const {
  return std::any_of(plan_.leave.begin(), plan_.leave.end(), [&](const Leave& one) {
    return one.person == person && one.begin <= at && at < one.end;
  });
}

}  // namespace kizashi::oncall
