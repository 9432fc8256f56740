#include "act/oncall/pager.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "act/catalog_routes.h"
#include "act/destinations.h"
#include "act/oncall/policies.h"
#include "act/oncall/views.h"
#include "base/hash.h"
#include "base/log.h"

namespace kizashi::oncall {
namespace {

using alerts::AlertEvent;
using alerts::GroupAction;

constexpr int kPageRank = 4;  // alerts::SeverityRank
constexpr Duration kLookEvery = std::chrono::seconds(5);
constexpr std::string_view kSchedule = "schedule";  // by whom, and via what

int RankOf(const std::string& severity) {
  return alerts::SeverityRank(Labels({{"severity", severity}}));
}

uint64_t GroupId(std::string_view group) {
  uint64_t id = 0;
  std::from_chars(group.data(), group.data() + group.size(), id, 16);
  return id;
}

bool Names(const EscalationPolicy& policy, const std::string& severity) {
  return std::any_of(policy.steps.begin(), policy.steps.end(), [&](const EscalationStep& step) {
    return std::find(step.severities.begin(), step.severities.end(), severity) !=
           step.severities.end();
  });
}

// Whether all that `team` is told by are among `told`.
bool IsCovered(const std::vector<Destination>& theirs, const std::vector<Destination>& told) {
  return std::all_of(theirs.begin(), theirs.end(), [&](const Destination& one) {
    return std::any_of(told.begin(), told.end(),
                       [&](const Destination& other) { return other.url == one.url; });
  });
}

bool IsNotOpen(const Status& status) { return status.code() == absl::StatusCode::kNotFound; }

}  // namespace

std::string ReceiverOf(const Target& target) {
  if (target.kind == Target::Kind::kPerson) return PersonReceiver(target.name);
  return target.name.empty() ? std::string(kDefaultReceiver) : TeamReceiver(target.name);
}

bool IsReached(const alerts::AlertConfig& config, const Target& target) {
  const alerts::ReceiverConfig* receiver = config.FindReceiver(ReceiverOf(target));
  return receiver != nullptr && !receiver->integrations.empty();
}

EscalationPolicy PolicyOf(std::string_view service, const OnCallHolder::State& state,
                          const PagerOptions& options) {
  const Catalog& catalog = *state.catalog;
  EscalationPolicy policy = PolicyFor(service, catalog, state.oncall->schedules(),
                                      state.oncall->policies(), options.sre_team);
  if (!policy.is_default) return policy;
  const std::vector<Destination>& fallback = options.default_destinations;
  const auto told = DestinationsOf(policy.team, catalog, fallback);
  if (catalog.FindTeam(options.sre_team) == nullptr && !IsCovered(fallback, told)) {
    EscalationStep step;
    step.targets = {{Target::Kind::kChannel, ""}};
    policy.steps.push_back(std::move(step));
  }
  for (EscalationStep& step : policy.steps) {
    std::erase_if(step.targets, [&](const Target& target) {
      return target.kind == Target::Kind::kChannel && target.name != policy.team &&
             IsCovered(DestinationsOf(target.name, catalog, fallback), told);
    });
    if (options.escalate_after > Duration(0)) step.wait = options.escalate_after;
  }
  std::erase_if(policy.steps, [](const EscalationStep& step) { return step.targets.empty(); });
  if (options.escalate_after <= Duration(0)) {
    if (policy.steps.size() > 1) policy.steps.resize(1);
    policy.repeat = 0;
  }
  return policy;
}

Pager::Pager(Parts parts, PagerOptions options) : parts_(parts), options_(std::move(options)) {
  unreachable_ = &parts_.registry->GetCounter(
      "kizashi_oncall_unreachable_total",
      "People whom an escalation named and the catalog has no way to.");
}

void Pager::Attach(alerts::AlertService* service) {
  service_ = service;
  Reconcile(parts_.clock->Now());
}

void Pager::Start(alerts::AlertService* service) {
  Attach(service);
  thread_ = std::thread([this] { Run(); });
}

void Pager::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Pager::OnAlertEvent(const AlertEvent& event) {
  using Kind = AlertEvent::Kind;
  const bool matters = event.kind == Kind::kOpened || event.kind == Kind::kChanged ||
                       event.kind == Kind::kSilenced || event.kind == Kind::kAcknowledged ||
                       event.kind == Kind::kEscalated || event.kind == Kind::kResolved;
  if (!matters || (event.kind == Kind::kEscalated && event.via == kSchedule)) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  events_.push_back(event);
  changed_.notify_all();
}

void Pager::Run() {
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      const auto due = parts_.log->NextDue();
      const Time now = parts_.clock->Now();
      const Duration wait = due ? std::clamp(*due - now, Duration(0), kLookEvery) : kLookEvery;
      changed_.wait_for(lock, wait, [this] { return stopping_ || !events_.empty(); });
      if (stopping_) return;
    }
    Look();
  }
}

void Pager::Look() {
  std::deque<AlertEvent> events;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    events = std::exchange(events_, {});
  }
  const Time now = parts_.clock->Now();
  for (const AlertEvent& event : events) Apply(event, now);
  parts_.log->Tick(now, parts_.holder->Asking());
  for (const PageView& page : parts_.log->Pages()) Tell(page, now);
  SayNext();
}

void Pager::Reconcile(Time now) {
  std::map<std::string, alerts::GroupState> open;
  for (const alerts::OpenGroup& group : service_->OpenGroups()) {
    open.emplace(HexId(group.state.id()), group.state);
  }
  for (const Escalation& one : parts_.log->List()) {
    const auto found = open.find(one.group);
    if (found == open.end()) {
      parts_.log->Resolve(one.group, now).IgnoreError();
      continue;
    }
    const alerts::GroupState& state = found->second;
    if (state.is_acknowledged() && !one.acknowledged) {
      parts_.log->Acknowledge(one.group, state.acknowledged_by, now).IgnoreError();
    }
    const bool is_done =
        one.hurried || std::any_of(one.done.begin(), one.done.end(), [&](const DoneStep& step) {
          return step.by == state.asked_by && step.at >= state.asked_at;
        });
    if (state.asked_at != Time{} && !is_done) {
      parts_.log->Escalate(one.group, state.asked_by, now).IgnoreError();
    }
  }
}

void Pager::Apply(const AlertEvent& event, Time now) {
  const std::string group = HexId(event.group_id);
  Status status;
  switch (event.kind) {
    case AlertEvent::Kind::kOpened:
    case AlertEvent::Kind::kChanged: return OpenFor(event, now);
    case AlertEvent::Kind::kAcknowledged:
      status = parts_.log->Acknowledge(group, event.by, now);
      break;
    case AlertEvent::Kind::kEscalated: status = parts_.log->Escalate(group, event.by, now); break;
    // What fires on when the silence is over is opened anew.
    case AlertEvent::Kind::kSilenced:
    case AlertEvent::Kind::kResolved:
      said_next_.erase(group);
      status = parts_.log->Resolve(group, now);
      break;
    default: break;
  }
  if (!status.ok() && !IsNotOpen(status)) {
    Log(LogLevel::kError, "on call", {{"group", group}, {"reason", Message(status)}});
  }
}

void Pager::OpenFor(const AlertEvent& event, Time now) {
  const std::string group = HexId(event.group_id);
  const std::string severity(event.labels.Get("severity"));
  const auto known = parts_.log->Find(group);
  if (known && RankOf(known->severity) >= event.rank) return;
  const OnCallHolder::State state = parts_.holder->Current();
  EscalationPolicy policy = PolicyOf(event.service, state, options_);
  if (policy.steps.empty()) return;
  if (event.rank < kPageRank && !Names(policy, severity)) return;
  // It is graver than before: whoever took care of it did not know of this one.
  if (known) parts_.log->Resolve(group, now).IgnoreError();
  const Status status =
      parts_.log->OpenGroup(group, event.service, severity, std::move(policy), now);
  if (!status.ok()) {
    Log(LogLevel::kError, "an escalation is not kept",
        {{"group", group}, {"service", event.service}, {"reason", Message(status)}});
  }
}

void Pager::Tell(const PageView& page, Time now) {
  const auto one = parts_.log->Find(page.group);
  if (!one) return;
  GroupAction action;
  action.kind = GroupAction::Kind::kCall;
  action.via = kSchedule;
  action.receiver = ReceiverOf(page.to);
  action.key = page.key;
  action.again = page.to.kind == Target::Kind::kPerson;
  const DoneStep& step = one->done[page.page.done_step];
  action.by = step.by;
  action.at = step.at;
  action.level = static_cast<int>(step.position);
  const std::shared_ptr<const Catalog> catalog = parts_.holder->Current().catalog;
  const Person* person = catalog->FindPerson(page.to.name);
  const Team* team = catalog->FindTeam(page.to.name);
  const bool is_japanese = page.to.kind == Target::Kind::kPerson
                               ? person != nullptr && person->language == "ja"
                               : team != nullptr && team->language == "ja";
  action.detail = is_japanese ? page.reason_ja : page.reason_en;
  if (!IsReached(*service_->config(), page.to)) {
    // The default names all developers, many of whom are told by their channel alone.
    if (!one->policy.is_default && page.to.kind == Target::Kind::kPerson) {
      unreachable_->Add();
      Log(LogLevel::kWarn, "on call names somebody whom nothing reaches",
          {{"person", page.to.name}, {"service", page.service}});
    }
    return parts_.log->HandedOver(page.page);
  }
  const Status status = service_->Act(GroupId(page.group), action);
  if (IsNotOpen(status)) {
    parts_.log->Resolve(page.group, now).IgnoreError();
    return;
  }
  if (status.code() == absl::StatusCode::kFailedPrecondition) {
    parts_.log->Acknowledge(page.group, "", now).IgnoreError();
  } else if (!status.ok()) {
    // Told all the same; a restart may tell it once more.
    Log(LogLevel::kError, "on call", {{"page", page.key}, {"reason", Message(status)}});
  }
  parts_.log->HandedOver(page.page);
}

void Pager::SayNext() {
  const alerts::AlertConfigPtr config = service_->config();
  const auto reaches = [&config](const Target& target) { return IsReached(*config, target); };
  const auto oncall = parts_.holder->Current().oncall;
  for (const Escalation& one : parts_.log->List()) {
    GroupAction action;
    action.kind = GroupAction::Kind::kNext;
    action.receiver = fmt::format("{}", fmt::join(NextTold(one, *oncall, reaches), ", "));
    if (!action.receiver.empty()) action.at = one.due;
    const std::string said = fmt::format("{} {}", action.receiver, ToMs(action.at));
    if (std::exchange(said_next_[one.group], said) == said) continue;
    // A group that is over meanwhile says so by an event.
    service_->Act(GroupId(one.group), action).IgnoreError();
  }
}

}  // namespace kizashi::oncall
