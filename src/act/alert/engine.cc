#include "act/alert/engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace kizashi::alerts {
namespace {

constexpr Duration kKeepOver{3'600'000};  // what was told of a group that is over

}  // namespace

AlertEngine::AlertEngine(EngineOptions options) : options_(std::move(options)) {}
AlertEngine::~AlertEngine() = default;

bool AlertEngine::Restore(std::string_view bytes) {
  Record record;
  if (!DecodeRecord(bytes, &record)) return false;
  if (auto* alert = std::get_if<Alert>(&record)) {
    const uint64_t fingerprint = alert->fingerprint;
    alerts_[fingerprint].alert = std::make_shared<const Alert>(std::move(*alert));
  } else if (auto* silence = std::get_if<Silence>(&record)) {
    silences_.Merge(std::move(*silence));
  } else if (auto* told = std::get_if<Told>(&record)) {
    SetTold(std::move(*told));
  } else if (const auto* ended = std::get_if<EndedRecord>(&record)) {
    last_number_ = std::max(last_number_, ended->number);
    End(ended->number, ended->reason, ended->at);
  } else if (auto* queued = std::get_if<QueuedRecord>(&record)) {
    Notification& notification = queued->notification;
    for (const auto& [fingerprint, firing] : queued->alerts) {
      const auto found = alerts_.find(fingerprint);
      if (found != alerts_.end()) notification.alerts.push_back({found->second.alert, firing});
    }
    last_number_ = std::max(last_number_, notification.number);
    waiting_of_[notification.group_key].insert(notification.number);
    waiting_[notification.number] = std::move(notification);
  } else if (auto* state = std::get_if<GroupState>(&record)) {
    state_keys_[state->id()] = state->key;
    states_[state->key] = std::move(*state);
  } else if (auto* receipt = std::get_if<ReceiptRecord>(&record)) {
    receipts_[receipt->group_key][receipt->destination] = std::move(receipt->text);
  } else if (const auto* closed = std::get_if<ClosedRecord>(&record)) {
    closed_[closed->fingerprint] = closed->at;
  }
  events_.clear();
  return true;
}

void AlertEngine::Save(const std::function<void(std::string_view record)>& write) const {
  for (const auto& [fingerprint, stored] : alerts_) write(EncodeRecord(*stored.alert));
  SaveShared(write);
  for (const auto& [key, by_destination] : receipts_) {
    for (const auto& [destination, text] : by_destination) {
      write(EncodeRecord(ReceiptRecord{key, destination, text}));
    }
  }
  for (const auto& [fingerprint, at] : closed_) write(EncodeRecord(ClosedRecord{fingerprint, at}));
  for (const auto& [number, notification] : waiting_) write(EncodeRecord(notification));
  // The number goes on from here, also when nothing waits.
  write(EncodeRecord(EndedRecord{last_number_, EndReason::kSuperseded, Time{}}));
}

void AlertEngine::SaveShared(const std::function<void(std::string_view record)>& write) const {
  for (const auto& [id, silence] : silences_.all()) write(EncodeRecord(silence));
  for (const auto& [key, by_destination] : told_) {
    for (const auto& [destination, told] : by_destination) write(EncodeRecord(told));
  }
  for (const auto& [key, state] : states_) write(EncodeRecord(state));
}

void AlertEngine::Configure(AlertConfigPtr config, Time now) {
  groups_.clear();
  group_ids_.clear();
  ids_of_key_.clear();
  timers_.clear();
  config_ = std::move(config);
  inhibitor_ = std::make_unique<Inhibitor>(config_->inhibit_rules);
  // In one order, whatever the map's.
  std::vector<uint64_t> fingerprints;
  for (const auto& [fingerprint, stored] : alerts_) fingerprints.push_back(fingerprint);
  std::sort(fingerprints.begin(), fingerprints.end());
  for (const uint64_t fingerprint : fingerprints) {
    Stored& stored = alerts_[fingerprint];
    stored.routes = MatchRoutes(config_->root, stored.alert->labels);
    inhibitor_->Add(*stored.alert);
    Join(stored, now);
  }
  std::set<std::string> destinations;
  for (const ReceiverConfig& receiver : config_->receivers) {
    for (const Integration& to : receiver.integrations) {
      if (IsSent(to)) destinations.insert(DestinationKey(receiver.name, to.kind, to.index));
    }
  }
  for (const uint64_t number : Waiting()) {
    if (destinations.count(waiting_[number].destination) != 0) continue;
    End(number, EndReason::kUnreachable, now);
  }
  CloseLost(now);
}

Alert AlertEngine::Merged(Alert received, Time now) const {
  received.fingerprint = FingerprintOf(received.labels);
  const auto closed = closed_.find(received.fingerprint);
  if (closed != closed_.end() && received.starts_at <= closed->second &&
      received.ends_at > closed->second) {
    received.ends_at = closed->second;
    received.timeout = false;
  }
  return MergeAlert(Find(received.fingerprint), std::move(received), now);
}

void AlertEngine::Put(Alert merged, Time now) {
  const uint64_t fingerprint = merged.fingerprint;
  Stored& stored = alerts_[fingerprint];
  const bool is_new = stored.alert == nullptr;
  if (!merged.Resolved(now)) closed_.erase(fingerprint);
  stored.alert = std::make_shared<const Alert>(std::move(merged));
  if (is_new) {
    stored.routes = MatchRoutes(config_->root, stored.alert->labels);
    inhibitor_->Add(*stored.alert);
  }
  Join(stored, now);
}

void AlertEngine::SetSilence(Silence silence) { silences_.Merge(std::move(silence)); }

bool AlertEngine::MergeTold(Told told) {
  const Told* here = FindTold(told.group_key, told.destination);
  if (here != nullptr && here->at >= told.at) return false;
  const auto waiting = waiting_of_.find(told.group_key);
  std::vector<uint64_t> over;
  if (waiting != waiting_of_.end()) {
    for (const uint64_t number : waiting->second) {
      const Notification& one = waiting_[number];
      if (one.destination != told.destination || sending_.count(number) != 0) continue;
      if (!NeedsTelling(&told, one.Fingerprints(true), one.Fingerprints(false), true,
                        Duration::max() / 2, told.at)) {
        over.push_back(number);
      }
    }
  }
  const Time at = told.at;
  SetTold(std::move(told));
  for (const uint64_t number : over) End(number, EndReason::kSuperseded, at);
  return true;
}

void AlertEngine::End(uint64_t number, EndReason reason, Time now) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  const Notification& ended = found->second;
  events_.push_back({Event::Kind::kEnded, number, false, ended.destination,
                     EncodeRecord(EndedRecord{number, reason, now})});
  if (reason == EndReason::kDelivered) {
    Told told;
    told.group_key = ended.group_key;
    told.destination = ended.destination;
    told.firing = ended.Fingerprints(true);
    told.resolved = ended.Fingerprints(false);
    told.at = now;
    told.expires_at = now + std::max(2 * ended.repeat_interval, options_.retention);
    told.page = ended.page;
    told.rank = ended.rank;
    SetTold(std::move(told));
  }
  const std::string key = ended.group_key;
  RemoveWaiting(number);
  const auto ids = ids_of_key_.find(key);
  if (ids == ids_of_key_.end()) return;
  for (const uint64_t id : ids->second) {
    Group& group = groups_.at(id);
    const Time before = group.due();
    Settle(group, now);
    Reschedule(id, group, before);
  }
}

std::vector<Event> AlertEngine::Take() { return std::exchange(events_, {}); }

const Notification* AlertEngine::FindWaiting(uint64_t number) const {
  const auto found = waiting_.find(number);
  return found == waiting_.end() ? nullptr : &found->second;
}

std::vector<uint64_t> AlertEngine::Waiting() const {
  std::vector<uint64_t> numbers;
  for (const auto& [number, notification] : waiting_) numbers.push_back(number);
  return numbers;
}

const Told* AlertEngine::FindTold(const std::string& group_key,
                                  const std::string& destination) const {
  const auto group = told_.find(group_key);
  if (group == told_.end()) return nullptr;
  const auto found = group->second.find(destination);
  return found == group->second.end() ? nullptr : &found->second;
}

Notification* AlertEngine::LastWaiting(const std::string& group_key,
                                       const std::string& destination) {
  const auto numbers = waiting_of_.find(group_key);
  if (numbers == waiting_of_.end()) return nullptr;
  for (auto number = numbers->second.rbegin(); number != numbers->second.rend(); ++number) {
    Notification& waiting = waiting_[*number];
    if (waiting.destination == destination) return &waiting;
  }
  return nullptr;
}

void AlertEngine::SetTold(Told told) {
  Told& here = told_[told.group_key][told.destination];
  here = std::move(told);
}

void AlertEngine::RemoveWaiting(uint64_t number) {
  sending_.erase(number);
  const auto found = waiting_.find(number);
  const auto of_group = waiting_of_.find(found->second.group_key);
  of_group->second.erase(number);
  if (of_group->second.empty()) waiting_of_.erase(of_group);
  waiting_.erase(found);
}

const Alert* AlertEngine::Find(uint64_t fingerprint) const {
  const auto found = alerts_.find(fingerprint);
  return found == alerts_.end() ? nullptr : found->second.alert.get();
}

std::optional<uint64_t> AlertEngine::InhibitedBy(const Alert& alert, Time now) const {
  return inhibitor_->InhibitedBy(alert, now,
                                 [this](uint64_t fingerprint) { return Find(fingerprint); });
}

std::vector<ListedAlert> AlertEngine::List(Time now) const {
  std::vector<const Stored*> sorted;
  sorted.reserve(alerts_.size());
  for (const auto& [fingerprint, stored] : alerts_) {
    if (stored.alert->ends_at >= now) sorted.push_back(&stored);
  }
  std::sort(sorted.begin(), sorted.end(), [](const Stored* a, const Stored* b) {
    return a->alert->fingerprint < b->alert->fingerprint;
  });
  std::vector<ListedAlert> listed(sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) {
    ListedAlert& one = listed[i];
    one.alert = sorted[i]->alert;
    for (const Route* route : sorted[i]->routes) one.receivers.push_back(route->receiver);
    one.silenced_by = silences_.Silencing(one.alert->labels, now);
    if (const auto by = InhibitedBy(*one.alert, now)) one.inhibited_by.push_back(HexId(*by));
  }
  return listed;
}

std::vector<AlertPtr> AlertEngine::Where(const std::function<bool(const Alert&)>& wanted) const {
  std::vector<AlertPtr> found;
  for (const auto& [fingerprint, stored] : alerts_) {
    if (wanted(*stored.alert)) found.push_back(stored.alert);
  }
  return found;
}

void AlertEngine::Forget(Time now) {
  silences_.Forget(now - options_.retention);
  std::set<std::string> live;
  std::set<uint64_t> needed;
  for (const auto& [id, group] : groups_) {
    live.insert(group.key);
    needed.insert(group.members.begin(), group.members.end());
  }
  for (const auto& [number, notification] : waiting_) {
    live.insert(notification.group_key);
    for (const ToldAlert& told : notification.alerts) needed.insert(told.alert->fingerprint);
  }
  for (auto& [key, by_destination] : told_) {
    if (live.count(key) != 0) continue;
    // What was told as over means the same as nothing told.
    std::erase_if(by_destination, [now](const auto& entry) {
      const Told& told = entry.second;
      return told.expires_at < now || (told.firing.empty() && told.at + kKeepOver < now);
    });
  }
  std::erase_if(told_, [](const auto& entry) { return entry.second.empty(); });
  ForgetStates(live, now);
  std::erase_if(alerts_, [&](const auto& entry) {
    const Alert& alert = *entry.second.alert;
    if (needed.count(entry.first) != 0 || alert.ends_at + options_.keep_resolved > now) {
      return false;
    }
    inhibitor_->Remove(alert);
    return true;
  });
  std::erase_if(closed_, [this](const auto& entry) { return Find(entry.first) == nullptr; });
}

}  // namespace kizashi::alerts
