// Groups of the alert engine as what people take care of: when they open and are over, who
// acknowledged, when they escalate, and what listeners are told of it.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "act/alert/engine.h"
#include "base/hash.h"

namespace kizashi::alerts {
namespace {

int RankOf(const std::vector<ToldAlert>& alerts) {
  int rank = 0;
  for (const ToldAlert& one : alerts) {
    if (one.firing) rank = std::max(rank, SeverityRank(one.alert->labels));
  }
  return rank;
}

}  // namespace

std::string_view AlertEventName(AlertEvent::Kind kind) {
  using Kind = AlertEvent::Kind;
  switch (kind) {
    case Kind::kOpened: return "opened";
    case Kind::kChanged: return "changed";
    case Kind::kSilenced: return "silenced";
    case Kind::kAttempted: return "attempted";
    case Kind::kDelivered: return "delivered";
    case Kind::kFailed: return "failed";
    case Kind::kGivenUp: return "given_up";
    case Kind::kAcknowledged: return "acknowledged";
    case Kind::kEscalated: return "escalated";
    case Kind::kResolvedBy: return "resolved_by";
    case Kind::kResolved: return "resolved";
  }
  return "";
}

const GroupState* AlertEngine::FindState(const std::string& key) const {
  const auto found = states_.find(key);
  return found == states_.end() ? nullptr : &found->second;
}

GroupState* AlertEngine::FindState(const std::string& key) {
  const auto found = states_.find(key);
  return found == states_.end() ? nullptr : &found->second;
}

std::vector<uint64_t> AlertEngine::GroupsOf(const std::string& key) const {
  const auto ids = ids_of_key_.find(key);
  if (ids == ids_of_key_.end()) return {};
  return {ids->second.begin(), ids->second.end()};
}

void AlertEngine::ForEachGroup(const std::string& key, const std::function<void(Group&)>& what) {
  for (const uint64_t id : GroupsOf(key)) {
    Group& group = groups_.at(id);
    const Time before = group.due();
    what(group);
    Reschedule(id, group, before);
  }
}

AlertEvent AlertEngine::MakeEvent(AlertEvent::Kind kind, const GroupState& state,
                                  const Group* group, std::vector<ToldAlert> alerts,
                                  Time now) const {
  AlertEvent event;
  event.kind = kind;
  event.at = now;
  event.group_key = state.key;
  event.group_id = state.id();
  event.episode = state.episode;
  event.opened_at = state.opened_at;
  event.level = state.level;
  // What happens once in an episode is known by it alone, so that it may be told again.
  const bool is_once = kind == AlertEvent::Kind::kOpened || kind == AlertEvent::Kind::kResolved;
  event.id = fmt::format("{}-{}-{}", HexId(event.group_id), state.episode, AlertEventName(kind));
  if (!is_once) event.id += fmt::format("-{}", ToMs(now));
  if (group != nullptr) {
    event.receiver = group->route->receiver;
    event.group_labels = group->labels;
  }
  event.labels = CommonOf(alerts, &Alert::labels);
  for (const ToldAlert& one : alerts) {
    const int rank = one.firing ? SeverityRank(one.alert->labels) : 0;
    if (rank <= event.rank) continue;
    event.rank = rank;
    event.labels.Set("severity", one.alert->labels.Get("severity"));
  }
  event.service = event.labels.Get("service");
  event.alerts = std::move(alerts);
  return event;
}

AlertEvent& AlertEngine::Emit(AlertEvent::Kind kind, const GroupState& state, const Group* group,
                              std::vector<ToldAlert> alerts, Time now) {
  return alert_events_.emplace_back(MakeEvent(kind, state, group, std::move(alerts), now));
}

AlertEvent& AlertEngine::EmitBy(const GroupAction& action, AlertEvent::Kind kind,
                                const GroupState& state, const Group* group,
                                std::vector<ToldAlert> alerts, Time now) {
  AlertEvent& event = Emit(kind, state, group, std::move(alerts), now);
  event.by = action.by;
  event.via = action.via;
  event.detail = action.detail;
  return event;
}

std::vector<AlertEvent> AlertEngine::TakeAlertEvents() { return std::exchange(alert_events_, {}); }

std::optional<AlertEvent> AlertEngine::EventOf(uint64_t number, AlertEvent::Kind kind,
                                               Time now) const {
  const Notification* waiting = FindWaiting(number);
  if (waiting == nullptr) return std::nullopt;
  const GroupState* state = FindState(waiting->group_key);
  GroupState none;
  none.key = waiting->group_key;
  AlertEvent event =
      MakeEvent(kind, state == nullptr ? none : *state, nullptr, waiting->alerts, now);
  event.id += fmt::format("-{}", number);
  event.receiver = waiting->receiver;
  event.group_labels = waiting->group_labels;
  event.number = number;
  event.firing = waiting->firing();
  event.destination = waiting->destination;
  return event;
}

void AlertEngine::KeepState(GroupState& state, Time now) {
  state.updated_at = now;
  state_keys_[state.id()] = state.key;
  events_.push_back({Event::Kind::kGroup, 0, false, "", EncodeRecord(state)});
}

void AlertEngine::Close(GroupState& state, const Group* group, Time now) {
  state.closed_at = std::max(now, state.opened_at + Duration(1));
  KeepState(state, now);
  announced_.erase(state.key);
  Emit(AlertEvent::Kind::kResolved, state, group,
       group == nullptr ? std::vector<ToldAlert>() : Members(*group, now), now);
}

// Groups that the configuration no longer has.
void AlertEngine::CloseLost(Time now) {
  for (auto& [key, state] : states_) {
    if (state.is_open() && ids_of_key_.count(key) == 0) Close(state, nullptr, now);
  }
}

std::vector<ToldAlert> AlertEngine::Members(const Group& group, Time now) const {
  std::vector<ToldAlert> members;
  for (const uint64_t member : group.members) {
    const auto found = alerts_.find(member);
    if (found == alerts_.end()) continue;
    const AlertPtr& alert = found->second.alert;
    members.push_back({alert, !alert->Resolved(now) || Holds(*alert, now)});
  }
  return members;
}

// `alerts` are those that may be told just now.
void AlertEngine::Track(Group& group, const std::vector<ToldAlert>& alerts, Time now) {
  std::vector<uint64_t> firing;
  for (const ToldAlert& one : alerts) {
    if (one.firing) firing.push_back(one.alert->fingerprint);
  }
  std::sort(firing.begin(), firing.end());
  if (!firing.empty()) {
    group.hidden = false;
    const bool changed = firing != group.firing;
    group.firing = std::move(firing);
    const GroupState* state = FindState(group.key);
    const bool was_known = state != nullptr && state->is_open() && announced_.count(group.key) != 0;
    TrackFiring(group, alerts, RankOf(alerts), now);
    if (changed && was_known) {
      Emit(AlertEvent::Kind::kChanged, *FindState(group.key), &group, alerts, now);
    }
    return ScheduleEscalation(group);
  }
  group.firing.clear();
  GroupState* state = FindState(group.key);
  if (state != nullptr && state->is_open()) {
    const std::vector<ToldAlert> members = Members(group, now);
    const bool fires = std::any_of(members.begin(), members.end(),
                                   [](const ToldAlert& one) { return one.firing; });
    if (!fires) {
      group.hidden = false;
      Close(*state, &group, now);
    } else if (!std::exchange(group.hidden, true)) {
      std::set<std::string> silences;
      for (const ToldAlert& one : members) {
        for (std::string& id : silences_.Silencing(one.alert->labels, now)) {
          silences.insert(std::move(id));
        }
      }
      Emit(AlertEvent::Kind::kSilenced, *state, &group, members, now).detail =
          fmt::format("{}", fmt::join(silences, " "));
    }
  }
  ScheduleEscalation(group);
}

void AlertEngine::TrackFiring(Group& group, const std::vector<ToldAlert>& alerts, int rank,
                              Time now) {
  GroupState& state = states_[group.key];
  if (!state.is_open()) {
    const uint64_t episode = state.episode + 1;
    state = GroupState();
    state.key = group.key;
    state.episode = episode;
    state.opened_at = now;
    state.rank = rank;
    KeepState(state, now);
    announced_.insert(group.key);
    Emit(AlertEvent::Kind::kOpened, state, &group, alerts, now);
    return;
  }
  if (announced_.insert(group.key).second) {
    Emit(AlertEvent::Kind::kOpened, state, &group, alerts, now).again = true;
  }
  if (rank <= state.rank) return;
  // Who took care of it did not know of this one.
  state.rank = rank;
  state.acknowledged_at = Time{};
  state.acknowledged_by.clear();
  KeepState(state, now);
}

std::optional<Time> AlertEngine::EscalationAt(const Group& group, const GroupState& state,
                                              size_t step) const {
  const auto& steps = group.route->escalation;
  if (step >= steps.size()) return std::nullopt;
  const auto level = static_cast<size_t>(state.level);
  if (level == 0) return state.opened_at + steps[step].after;
  // From the last step on the waits between steps count: it may have been asked for earlier.
  return state.level_at + (steps[step].after - steps[std::min(level, steps.size()) - 1].after);
}

void AlertEngine::ScheduleEscalation(Group& group) const {
  group.escalate_at.reset();
  const GroupState* state = FindState(group.key);
  if (state == nullptr || !state->is_open() || state->is_acknowledged()) return;
  group.escalate_at = EscalationAt(group, *state, static_cast<size_t>(state->level));
}

// It is time, unless it ended or is silenced meanwhile.
void AlertEngine::Escalate(Group& group, Time now) {
  Decide(group, now);
  GroupState* state = FindState(group.key);
  if (state != nullptr && state->is_open() && !group.firing.empty() && group.escalate_at &&
      *group.escalate_at <= now) {
    ++state->level;
    state->level_at = now;
    KeepState(*state, now);
    Emit(AlertEvent::Kind::kEscalated, *state, &group, Members(group, now), now).via = "schedule";
    TellState(group, options_.acknowledged_kinds, now);
    Decide(group, now);
  }
  if (group.escalate_at && *group.escalate_at <= now) {
    group.escalate_at = now + group.route->group_interval;
  }
}

// Those who show how a group stands.
void AlertEngine::TellState(Group& group, const std::vector<std::string>& kinds, Time now) {
  if (!config_->Speaks(*group.route, now)) return;
  const std::vector<ToldAlert> alerts = Speaking(group, now);
  if (alerts.empty()) return;
  for (const Recipient& recipient : Recipients(group)) {
    if (std::find(kinds.begin(), kinds.end(), recipient.to->kind) == kinds.end()) continue;
    DecideFor(group, recipient, alerts, Why::kState, now);
  }
}

Status AlertEngine::Act(uint64_t id, const GroupAction& action, Time now) {
  const auto key = state_keys_.find(id);
  GroupState* state = key == state_keys_.end() ? nullptr : FindState(key->second);
  if (state == nullptr || !state->is_open()) {
    return NotFound("no group {} of alerts is open", HexId(id));
  }
  switch (action.kind) {
    case GroupAction::Kind::kAcknowledge: Acknowledge(*state, action, now); break;
    case GroupAction::Kind::kEscalate: EscalateBy(*state, action, now); break;
    case GroupAction::Kind::kResolve: ResolveBy(*state, action, now); break;
    case GroupAction::Kind::kCall: return Call(*state, action, now);
    case GroupAction::Kind::kNext: SetNext(*state, action, now); break;
  }
  return OkStatus();
}

void AlertEngine::Acknowledge(GroupState& state, const GroupAction& action, Time now) {
  if (state.is_acknowledged()) return;
  state.acknowledged_at = now;
  state.acknowledged_by = action.by;
  state.acknowledged_via = action.via;
  state.asked_at = Time{};
  KeepState(state, now);
  bool is_told = false;
  ForEachGroup(state.key, [&](Group& group) {
    if (!std::exchange(is_told, true)) {
      EmitBy(action, AlertEvent::Kind::kAcknowledged, state, &group, Members(group, now), now);
    }
    ScheduleEscalation(group);
    TellState(group, options_.acknowledged_kinds, now);
  });
}

void AlertEngine::EscalateBy(GroupState& state, const GroupAction& action, Time now) {
  size_t steps = 0;
  for (const uint64_t id : GroupsOf(state.key)) {
    steps = std::max(steps, groups_.at(id).route->escalation.size());
  }
  if (static_cast<size_t>(state.level) < steps) ++state.level;
  state.level_at = now;
  // Who asks for others no longer takes care of it alone.
  state.acknowledged_at = Time{};
  state.acknowledged_by.clear();
  state.asked_at = now;
  state.asked_by = action.by;
  KeepState(state, now);
  bool is_told = false;
  ForEachGroup(state.key, [&](Group& group) {
    if (!std::exchange(is_told, true)) {
      EmitBy(action, AlertEvent::Kind::kEscalated, state, &group, Members(group, now), now);
    }
    TellState(group, options_.acknowledged_kinds, now);
    Decide(group, now);
  });
}

void AlertEngine::ResolveBy(GroupState& state, const GroupAction& action, Time now) {
  std::vector<ToldAlert> members;
  for (const uint64_t id : GroupsOf(state.key)) {
    const Group& group = groups_.at(id);
    for (ToldAlert& one : Members(group, now)) {
      if (one.firing) members.push_back(std::move(one));
    }
  }
  EmitBy(action, AlertEvent::Kind::kResolvedBy, state, nullptr, members, now);
  for (const ToldAlert& one : members) {
    Alert over = *one.alert;
    over.ends_at = now;
    over.updated_at = now;
    over.timeout = false;
    const uint64_t fingerprint = over.fingerprint;
    events_.push_back({Event::Kind::kKept, 0, false, "", EncodeRecord(over)});
    events_.push_back(
        {Event::Kind::kKept, 0, false, "", EncodeRecord(ClosedRecord{fingerprint, now})});
    Put(std::move(over), now);
    closed_[fingerprint] = now;
  }
  ForEachGroup(state.key, [&](Group& group) { group.next_flush = now; });
}

Status AlertEngine::Call(GroupState& state, const GroupAction& action, Time now) {
  if (state.is_acknowledged()) {
    return Errorf(absl::StatusCode::kFailedPrecondition, "{} takes care of it",
                  state.acknowledged_by);
  }
  const auto has = [&](auto field, const std::string& value) {
    return std::any_of(state.called.begin(), state.called.end(),
                       [&](const Called& one) { return one.*field == value; });
  };
  if (has(&Called::key, action.key)) return OkStatus();
  const bool was_called = has(&Called::receiver, action.receiver);
  state.called.push_back({action.receiver, action.key, action.detail, now});
  // The step that a person asked for, not one whose time had come.
  if (action.by == state.asked_by && action.at >= state.asked_at) state.asked_at = Time{};
  const bool is_higher = action.level > state.level;
  if (is_higher) {
    state.level = action.level;
    state.level_at = now;
  }
  KeepState(state, now);
  bool is_told = !is_higher;
  ForEachGroup(state.key, [&](Group& group) {
    if (!std::exchange(is_told, true)) {
      AlertEvent& event =
          EmitBy(action, AlertEvent::Kind::kEscalated, state, &group, Members(group, now), now);
      event.by.clear();  // its time had come
      event.destination = action.receiver;
    }
    const std::vector<ToldAlert> alerts = Speaking(group, now);
    if (was_called && action.again && !alerts.empty() && config_->Speaks(*group.route, now)) {
      for (const Recipient& recipient : Recipients(group)) {
        if (*recipient.receiver == action.receiver) {
          DecideFor(group, recipient, alerts, Why::kAgain, now);
        }
      }
    }
    if (is_higher) TellState(group, options_.acknowledged_kinds, now);
    Decide(group, now);
  });
  return OkStatus();
}

void AlertEngine::SetNext(GroupState& state, const GroupAction& action, Time now) {
  if (state.next_called == action.receiver && state.next_called_at == action.at) return;
  state.next_called = action.receiver;
  state.next_called_at = action.at;
  KeepState(state, now);
  ForEachGroup(state.key, [&](Group& group) { TellState(group, options_.next_kinds, now); });
}

bool AlertEngine::MergeState(GroupState state, Time now) {
  GroupState& here = states_[state.key];
  const bool is_news = here.episode < state.episode ||
                       (here.episode == state.episode && here.updated_at < state.updated_at);
  if (!is_news) return false;
  state_keys_[state.id()] = state.key;
  here = std::move(state);
  const std::string key = here.key;
  ForEachGroup(key, [&](Group& group) {
    ScheduleEscalation(group);
    if (here.is_open()) TellState(group, options_.acknowledged_kinds, now);
  });
  return true;
}

void AlertEngine::SetReceipt(uint64_t number, const std::string& receipt) {
  const Notification* waiting = FindWaiting(number);
  if (waiting == nullptr) return;
  std::string& here = receipts_[waiting->group_key][waiting->destination];
  if (here == receipt) return;
  here = receipt;
  events_.push_back(
      {Event::Kind::kKept, 0, false, "",
       EncodeRecord(ReceiptRecord{waiting->group_key, waiting->destination, receipt})});
}

void AlertEngine::Complete(Notification* notification) const {
  if (const GroupState* state = FindState(notification->group_key)) notification->state = *state;
  const auto receipts = receipts_.find(notification->group_key);
  if (receipts != receipts_.end()) {
    const auto receipt = receipts->second.find(notification->destination);
    if (receipt != receipts->second.end()) notification->receipt = receipt->second;
  }
  const GroupState& now = notification->state;
  for (const Called& one : now.called) {
    if (one.receiver == notification->receiver) notification->reason = one.reason;
  }
  if (!now.next_called.empty() && now.is_open() && !now.is_acknowledged()) {
    notification->next_receiver = now.next_called;
    notification->next_at = now.next_called_at;
    return;
  }
  for (const uint64_t id : GroupsOf(notification->group_key)) {
    const Group& group = groups_.at(id);
    if (!group.escalate_at || notification->state.is_acknowledged()) continue;
    const auto level = static_cast<size_t>(notification->state.level);
    if (level >= group.route->escalation.size()) continue;
    notification->next_receiver = group.route->escalation[level].receiver;
    notification->next_at = *group.escalate_at;
    return;
  }
}

OpenGroup AlertEngine::Describe(const Group& group, const GroupState& state, Time now) const {
  OpenGroup open;
  open.state = state;
  open.receiver = group.route->receiver;
  open.labels = group.labels;
  open.alerts = Members(group, now);
  for (const Recipient& recipient : Recipients(group)) {
    open.destinations.push_back(recipient.destination);
  }
  if (const auto found = receipts_.find(group.key); found != receipts_.end()) {
    open.receipts = found->second;
  }
  if (state.is_acknowledged()) return open;
  if (!state.next_called.empty()) open.next.push_back({state.next_called, state.next_called_at});
  const auto& steps = group.route->escalation;
  for (size_t i = static_cast<size_t>(state.level); i < steps.size(); ++i) {
    open.next.push_back({steps[i].receiver, *EscalationAt(group, state, i)});
  }
  return open;
}

std::vector<OpenGroup> AlertEngine::OpenGroups(Time now) const {
  std::vector<OpenGroup> open;
  for (const auto& [key, state] : states_) {
    if (!state.is_open()) continue;
    for (const uint64_t id : GroupsOf(key)) {
      open.push_back(Describe(groups_.at(id), state, now));
    }
  }
  std::sort(open.begin(), open.end(),
            [](const OpenGroup& a, const OpenGroup& b) { return a.state.id() < b.state.id(); });
  return open;
}

void AlertEngine::ForgetStates(const std::set<std::string>& live, Time now) {
  std::erase_if(states_, [&](const auto& entry) {
    const GroupState& state = entry.second;
    const bool is_over = !state.is_open() && state.updated_at + options_.retention < now;
    if (!is_over || live.count(entry.first) != 0) return false;
    state_keys_.erase(state.id());
    return true;
  });
  std::erase_if(receipts_, [this, &live](const auto& entry) {
    return live.count(entry.first) == 0 && told_.count(entry.first) == 0;
  });
}

}  // namespace kizashi::alerts
