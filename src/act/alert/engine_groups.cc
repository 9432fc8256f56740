// Groups of the alert engine: what joins them, when they are flushed, and whom that tells.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "act/alert/engine.h"

namespace kizashi::alerts {
namespace {

// As long as Alertmanager keeps a group without members: one that comes back within waits for the
// group's interval and not for its wait.
constexpr Duration kEmptyKept{30'000};

bool Before(const AlertPtr& a, const AlertPtr& b) {
  return std::tie(a->starts_at, a->labels) < std::tie(b->starts_at, b->labels);
}

bool IsSubset(const std::vector<uint64_t>& part, const std::vector<uint64_t>& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

Told AsTold(const Notification& waiting) {
  Told told;
  told.firing = waiting.Fingerprints(true);
  told.resolved = waiting.Fingerprints(false);
  told.at = waiting.created_at;
  told.page = waiting.page;
  told.rank = waiting.rank;
  return told;
}

}  // namespace

bool ListedGroup::operator<(const ListedGroup& other) const {
  return std::tie(labels, receiver) < std::tie(other.labels, other.receiver);
}

Time AlertEngine::Group::due() const {
  Time at = next_flush;
  if (decide_at) at = std::min(at, *decide_at);
  if (empty_until) at = std::min(at, *empty_until);
  if (escalate_at) at = std::min(at, *escalate_at);
  return at;
}

void AlertEngine::Join(const Stored& stored, Time now) {
  for (const Route* route : stored.routes) {
    Labels labels = route->GroupLabels(stored.alert->labels);
    std::string text = LabelSetText(labels);
    auto [at, is_new] = group_ids_.try_emplace(fmt::format("{}:{}", route->number, text), 0);
    if (is_new) {
      at->second = ++last_group_;
      Group& group = groups_[at->second];
      group.route = route;
      group.labels = std::move(labels);
      group.key = route->key + ":" + text;
      // After a restart or a reload the wait goes on from when the alert came.
      group.next_flush = std::max(now, stored.alert->received_at + route->group_wait);
      timers_.emplace(group.due(), at->second);
      ids_of_key_[group.key].insert(at->second);
      const Time before = group.due();
      ScheduleEscalation(group);
      Reschedule(at->second, group, before);
    }
    Insert(groups_[at->second], at->second, *stored.alert, now);
  }
}

void AlertEngine::Insert(Group& group, uint64_t id, const Alert& alert, Time now) {
  const Time before = group.due();
  group.empty_until.reset();
  const bool joins = group.members.insert(alert.fingerprint).second;
  if (!group.has_flushed && alert.starts_at + group.route->group_wait < now) {
    group.next_flush = std::min(group.next_flush, now);
  }
  if (joins && !alert.Resolved(now)) {
    const int rank = SeverityRank(alert.labels);
    // A graver member does not wait for the interval.
    if (group.has_flushed && group.gravest > 0 && rank > group.gravest) {
      group.next_flush = std::min(group.next_flush, now + group.route->group_wait);
    }
    group.gravest = std::max(group.gravest, rank);
  }
  Reschedule(id, group, before);
}

void AlertEngine::Reschedule(uint64_t id, Group& group, Time before) {
  if (group.due() == before) return;
  timers_.erase({before, id});
  timers_.emplace(group.due(), id);
}

void AlertEngine::DropGroup(Groups_::iterator group) {
  GroupState* state = FindState(group->second.key);
  if (state != nullptr && state->is_open() && GroupsOf(state->key).size() == 1) {
    Close(*state, &group->second, last_now_);
  }
  timers_.erase({group->second.due(), group->first});
  group_ids_.erase(
      fmt::format("{}:{}", group->second.route->number, LabelSetText(group->second.labels)));
  const auto ids = ids_of_key_.find(group->second.key);
  ids->second.erase(group->first);
  if (ids->second.empty()) ids_of_key_.erase(ids);
  groups_.erase(group);
}

std::optional<Time> AlertEngine::NextDue() const {
  if (paused_ || timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

void AlertEngine::ClockWentBack(Time now) {
  for (auto& [id, group] : groups_) {
    const Time before = group.due();
    const Duration most = group.has_flushed ? group.route->group_interval : group.route->group_wait;
    group.next_flush = std::min(group.next_flush, now + most);
    if (group.decide_at) group.decide_at = std::min(*group.decide_at, now + wait_);
    if (group.empty_until) group.empty_until = std::min(*group.empty_until, now + kEmptyKept);
    if (group.escalate_at) {
      const Duration longest = group.route->escalation.back().after;
      group.escalate_at = std::min(*group.escalate_at, now + longest);
    }
    Reschedule(id, group, before);
  }
}

void AlertEngine::Advance(Time now) {
  if (now < last_now_) ClockWentBack(now);
  last_now_ = now;
  while (!paused_ && !timers_.empty() && timers_.begin()->first <= now) {
    const uint64_t id = timers_.begin()->second;
    const auto found = groups_.find(id);
    Group& group = found->second;
    if (group.members.empty() && group.empty_until && *group.empty_until <= now) {
      DropGroup(found);
      continue;
    }
    const Time before = group.due();
    if (group.decide_at && *group.decide_at <= now) {
      group.decide_at.reset();
      Decide(group, now);
    }
    if (group.next_flush <= now) Flush(group, now);
    if (group.escalate_at && *group.escalate_at <= now) Escalate(group, now);
    Reschedule(id, group, before);
  }
}

void AlertEngine::Flush(Group& group, Time now) {
  group.next_flush = now + group.route->group_interval;
  group.has_flushed = true;
  if (wait_ <= Duration(0)) return Decide(group, now);
  if (!group.decide_at) group.decide_at = now + wait_;
}

bool AlertEngine::Holds(const Alert& alert, Time now) const {
  if (options_.flap_firings == 0 || !alert.Resolved(now)) return false;
  if (closed_.count(alert.fingerprint) != 0) return false;  // somebody said that it is over
  if (now >= alert.ends_at + options_.flap_hold) return false;
  const auto recent = std::count_if(alert.firings.begin(), alert.firings.end(), [&](Time began) {
    return began > alert.ends_at - options_.flap_window;
  });
  return static_cast<size_t>(recent) >= options_.flap_firings;
}

bool AlertEngine::IsSent(const Integration& integration) const {
  return std::find(options_.sent_kinds.begin(), options_.sent_kinds.end(), integration.kind) !=
         options_.sent_kinds.end();
}

std::vector<ToldAlert> AlertEngine::Speaking(const Group& group, Time now) const {
  std::vector<ToldAlert> alerts;
  for (const uint64_t member : group.members) {
    const auto found = alerts_.find(member);
    if (found == alerts_.end()) continue;
    const AlertPtr& alert = found->second.alert;
    if (InhibitedBy(*alert, now) || !silences_.Silencing(alert->labels, now).empty()) continue;
    alerts.push_back({alert, !alert->Resolved(now) || Holds(*alert, now)});
  }
  std::sort(alerts.begin(), alerts.end(),
            [](const ToldAlert& a, const ToldAlert& b) { return Before(a.alert, b.alert); });
  return alerts;
}

void AlertEngine::Decide(Group& group, Time now) {
  std::vector<ToldAlert> alerts;
  if (config_->Speaks(*group.route, now)) alerts = Speaking(group, now);
  Track(group, alerts, now);
  if (!alerts.empty()) {
    for (const Recipient& recipient : Recipients(group)) {
      DecideFor(group, recipient, alerts, Why::kAlerts, now);
    }
  }
  Settle(group, now);
}

std::vector<const std::string*> AlertEngine::ReceiversOf(const Group& group) const {
  std::vector<const std::string*> names = {&group.route->receiver};
  const auto add = [&names](const std::string& wanted) {
    const bool is_double =
        std::any_of(names.begin(), names.end(), [&](const auto* name) { return *name == wanted; });
    if (!is_double) names.push_back(&wanted);
  };
  const GroupState* state = FindState(group.key);
  const auto& steps = group.route->escalation;
  const size_t taken =
      state == nullptr ? 0 : std::min(static_cast<size_t>(state->level), steps.size());
  for (size_t i = 0; i < taken; ++i) add(steps[i].receiver);
  if (state == nullptr) return names;
  for (const Called& one : state->called) {
    // One that the catalog no longer has is told nothing more.
    if (config_->FindReceiver(one.receiver) != nullptr) add(one.receiver);
  }
  return names;
}

std::vector<AlertEngine::Recipient> AlertEngine::Recipients(const Group& group) const {
  std::vector<Recipient> recipients;
  for (const std::string* name : ReceiversOf(group)) {
    for (const Integration& to : config_->FindReceiver(*name)->integrations) {
      if (IsSent(to)) recipients.push_back({name, &to, DestinationKey(*name, to.kind, to.index)});
    }
  }
  return recipients;
}

void AlertEngine::DecideFor(const Group& group, const Recipient& recipient,
                            const std::vector<ToldAlert>& alerts, Why why, Time now) {
  const Integration& to = *recipient.to;
  Notification made;
  made.destination = recipient.destination;
  made.receiver = *recipient.receiver;
  made.group_key = group.key;
  made.group_labels = group.labels;
  made.alerts = alerts;
  made.created_at = now;
  made.repeat_interval = group.route->repeat_interval;
  Notification* waiting = LastWaiting(group.key, made.destination);
  const Told waiting_told = waiting != nullptr ? AsTold(*waiting) : Told();
  const Told* told = waiting != nullptr ? &waiting_told : FindTold(group.key, made.destination);
  const std::vector<uint64_t> firing = made.Fingerprints(true);
  // What waits to be told is not repeated, nor what somebody takes care of.
  const GroupState* state = FindState(group.key);
  const bool is_known = waiting != nullptr || (state != nullptr && state->is_acknowledged());
  const Duration repeat = is_known ? Duration::max() / 2 : made.repeat_interval;
  // What waits is given the state when it is sent.
  const bool is_waiting = waiting != nullptr && sending_.count(waiting->number) == 0;
  const bool by_state = why != Why::kAlerts && !is_waiting && told != nullptr &&
                        !told->firing.empty() && !firing.empty();
  if (!by_state &&
      !NeedsTelling(told, firing, made.Fingerprints(false), to.send_resolved, repeat, now)) {
    return;
  }
  for (const ToldAlert& one : alerts) {
    if (one.firing) made.rank = std::max(made.rank, SeverityRank(one.alert->labels));
  }
  const bool begins = told == nullptr || told->firing.empty();
  if (told != nullptr) {
    const bool is_page = begins || made.rank > told->rank || why == Why::kAgain;
    made.page = told->page + (!firing.empty() && is_page ? 1 : 0);
    if (!begins) made.rank = std::max(made.rank, told->rank);
  }
  if (firing.empty() && !to.send_resolved) {
    // Nobody wants to hear of it, but from here on nothing fires.
    Told over{group.key, made.destination,
              {},        made.Fingerprints(false),
              now,       now + std::max(2 * made.repeat_interval, options_.retention),
              made.page, 0};
    events_.push_back({Event::Kind::kTold, 0, false, over.destination, EncodeRecord(over)});
    return SetTold(std::move(over));
  }
  if (!to.send_resolved)
    std::erase_if(made.alerts, [](const ToldAlert& one) { return !one.firing; });
  const auto waits = waiting_of_.find(group.key);
  const bool is_full = waits != waiting_of_.end() && waits->second.size() >= options_.waiting_max;
  // One that waits is brought up to date unless it tells of a firing that is over by now.
  const bool updates = waiting != nullptr && sending_.count(waiting->number) == 0 &&
                       (is_full || IsSubset(waiting_told.firing, firing));
  made.number = updates ? waiting->number : ++last_number_;
  if (updates) made.created_at = waiting->created_at;
  events_.push_back(
      {Event::Kind::kQueued, made.number, !updates, made.destination, EncodeRecord(made)});
  waiting_of_[made.group_key].insert(made.number);
  waiting_[made.number] = std::move(made);
}

// Those that somebody was, or will be, told of, and not yet that they are over; sorted.
std::vector<uint64_t> AlertEngine::Needed(const Group& group) const {
  std::vector<uint64_t> needed;
  const auto waits = waiting_of_.find(group.key);
  if (waits != waiting_of_.end()) {
    for (const uint64_t number : waits->second) {
      for (const ToldAlert& told : waiting_.at(number).alerts) {
        needed.push_back(told.alert->fingerprint);
      }
    }
  }
  for (const Recipient& recipient : Recipients(group)) {
    const Told* told = FindTold(group.key, recipient.destination);
    if (told != nullptr) needed.insert(needed.end(), told->firing.begin(), told->firing.end());
  }
  std::sort(needed.begin(), needed.end());
  return needed;
}

void AlertEngine::Settle(Group& group, Time now) {
  // A group that was not flushed has told nobody of anything.
  if (!group.has_flushed) return;
  const std::vector<uint64_t> needed = Needed(group);
  group.gravest = 0;
  std::erase_if(group.members, [&](uint64_t member) {
    const Alert* alert = Find(member);
    if (alert == nullptr) return true;
    const bool is_over = alert->Resolved(now) && !Holds(*alert, now);
    if (!is_over) group.gravest = std::max(group.gravest, SeverityRank(alert->labels));
    return is_over && !std::binary_search(needed.begin(), needed.end(), member);
  });
  if (group.members.empty() && !group.empty_until) group.empty_until = now + kEmptyKept;
}

std::vector<ListedGroup> AlertEngine::Groups(Time now) const {
  std::vector<ListedGroup> listed;
  for (const auto& [id, group] : groups_) {
    ListedGroup one;
    one.receiver = group.route->receiver;
    one.labels = group.labels;
    for (const uint64_t member : group.members) {
      const auto found = alerts_.find(member);
      if (found == alerts_.end() || found->second.alert->ends_at < now) continue;
      one.alerts.push_back(found->second.alert);
    }
    if (one.alerts.empty()) continue;
    std::sort(one.alerts.begin(), one.alerts.end(), Before);
    listed.push_back(std::move(one));
  }
  std::sort(listed.begin(), listed.end());
  return listed;
}

StatusOr<ToldOf> AlertEngine::WhoWasTold(uint64_t fingerprint, Time now) const {
  ToldOf answer;
  if (const auto found = alerts_.find(fingerprint); found != alerts_.end()) {
    answer.alert = found->second.alert;
  }
  const auto has = [fingerprint](const std::vector<uint64_t>& sorted) {
    return std::binary_search(sorted.begin(), sorted.end(), fingerprint);
  };
  for (const auto& [key, by_destination] : told_) {
    for (const auto& [destination, told] : by_destination) {
      if (has(told.firing) || has(told.resolved)) answer.told.push_back(told);
    }
  }
  for (const auto& [number, waiting] : waiting_) {
    const bool is_in = std::any_of(
        waiting.alerts.begin(), waiting.alerts.end(),
        [fingerprint](const ToldAlert& one) { return one.alert->fingerprint == fingerprint; });
    if (is_in) answer.waiting.push_back(waiting);
  }
  for (const auto& [id, group] : groups_) {
    if (group.members.count(fingerprint) == 0) continue;
    ToldOf::Next next;
    next.receiver = group.route->receiver;
    next.group_key = group.key;
    next.at = group.decide_at ? std::min(*group.decide_at, group.next_flush) : group.next_flush;
    next.muted = !config_->Speaks(*group.route, now);
    for (const std::string* name : ReceiversOf(group)) {
      for (const Integration& to : config_->FindReceiver(*name)->integrations) {
        auto& into = IsSent(to) ? next.destinations : next.not_sent;
        into.push_back(DestinationKey(*name, to.kind, to.index));
      }
    }
    answer.next.push_back(std::move(next));
    const GroupState* state = FindState(group.key);
    if (state != nullptr && state->is_open()) {
      answer.groups.push_back(Describe(group, *state, now));
    }
  }
  if (Find(fingerprint) == nullptr && answer.told.empty() && answer.waiting.empty()) {
    return NotFound("no alert {} is known here", fmt::format("{:016x}", fingerprint));
  }
  return answer;
}

}  // namespace kizashi::alerts
