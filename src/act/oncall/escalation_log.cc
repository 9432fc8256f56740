#include "act/oncall/escalation_log.h"

#include <future>
#include <map>
#include <utility>

#include "act/oncall/reason.h"
#include "base/log.h"

namespace kizashi::oncall {

StatusOr<std::unique_ptr<EscalationLog>> EscalationLog::Open(AppendLogOptions options,
                                                             Registry* registry) {
  std::unique_ptr<EscalationLog> log(new EscalationLog);
  log->AddMetrics(registry);
  size_t unreadable = 0;
  KZ_ASSIGN_OR_RETURN(log->log_,
                      AppendLog::Open(std::move(options), registry, [&](std::string_view record) {
                        if (!log->engine_.Restore(record)) ++unreadable;
                      }));
  if (unreadable > 0) {
    Log(LogLevel::kError, "records of escalations are of no known kind and are passed over",
        {{"records", unreadable}});
  }
  return log;
}

void EscalationLog::AddMetrics(Registry* registry) {
  steps_ = &registry->GetCounter("kizashi_oncall_steps_total", "Steps of escalations done.");
  missed_ = &registry->GetCounter(
      "kizashi_oncall_steps_missed_total",
      "Steps that were due and not done at the check behind a tick. Anything but 0 is a fault.");
  late_ = &registry->GetCounter("kizashi_oncall_steps_late_total",
                                "Steps done more than a minute after they were due.");
  unreached_ = &registry->GetCounter("kizashi_oncall_steps_unreached_total",
                                     "Steps that told nobody: nobody was on call, or all are "
                                     "away, or it was not their hour or severity.");
  registry->AddCallback("kizashi_oncall_escalations_open", "Escalations that are open.", [this] {
    const std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<double>(engine_.open().size());
  });
}

Status EscalationLog::Write(const EscalationEngine::Records& records) {
  if (records.empty()) return OkStatus();
  const Status status = log_->Append(records);
  if (!status.ok()) {
    Log(LogLevel::kError, "escalations could not be written", {{"reason", Message(status)}});
  }
  if (log_->WantsCompaction()) log_->Compact(engine_.State());
  return status;
}

Status EscalationLog::OpenGroup(std::string group, std::string service, std::string severity,
                                EscalationPolicy policy, Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (policy.steps.empty()) {
    Log(LogLevel::kError, "an escalation without steps tells nobody",
        {{"service", service}, {"policy", policy.name}});
  }
  KZ_ASSIGN_OR_RETURN(const auto records,
                      engine_.Open(std::move(group), std::move(service), std::move(severity),
                                   std::move(policy), now));
  return Write(records);
}

Status EscalationLog::Acknowledge(std::string_view group, std::string by, Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  KZ_ASSIGN_OR_RETURN(const auto records, engine_.Acknowledge(group, std::move(by), now));
  return Write(records);
}

Status EscalationLog::Escalate(std::string_view group, std::string by, Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  KZ_ASSIGN_OR_RETURN(const auto records, engine_.Escalate(group, std::move(by), now));
  return Write(records);
}

Status EscalationLog::Resolve(std::string_view group, Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  KZ_ASSIGN_OR_RETURN(const auto records, engine_.Resolve(group, now));
  return Write(records);
}

void EscalationLog::CountSteps(const Escalation& one, size_t from) {
  for (size_t i = from; i < one.done.size(); ++i) {
    const DoneStep& step = one.done[i];
    steps_->Add();
    if (step.at - step.due > kLate) late_->Add();
    if (!step.tells.empty()) continue;
    unreached_->Add();
    if (step.last_resort) {
      Log(LogLevel::kError, "an escalation reached nobody, and its last resort is empty",
          {{"group", one.group}, {"service", one.service}, {"policy", one.policy.name}});
    }
  }
}

void EscalationLog::Tick(Time now, const Lookup& lookup) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::optional<Time> next = engine_.NextDue();
  if (next && *next <= now) {
    std::map<uint64_t, size_t> before;
    for (const auto& [id, one] : engine_.open()) before[id] = one.done.size();
    Write(engine_.Tick(now, lookup)).IgnoreError();  // it was logged; they are told all the same
    for (const auto& [id, one] : engine_.open()) CountSteps(one, before[id]);
  }
  Audit(now);
}

void EscalationLog::Audit(Time now) {
  for (const auto& [id, one] : engine_.open()) {
    const std::string missed = MissedStep(one, now);
    if (missed.empty()) continue;
    missed_->Add();
    Log(LogLevel::kError, "A STEP OF AN ESCALATION WAS MISSED",
        {{"group", one.group}, {"service", one.service}, {"what", missed}});
  }
}

std::vector<PageView> EscalationLog::Pages() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<PageView> views;
  for (const Page& page : engine_.Pages()) {
    const Escalation& one = engine_.open().at(page.escalation);
    const DoneStep& step = one.done[page.done_step];
    views.push_back({page, page.Key(), one.group, one.service, one.severity,
                     step.tells[page.tell].to, step.at, ReasonText(one, page, Language::kEnglish),
                     ReasonText(one, page, Language::kJapanese)});
  }
  return views;
}

void EscalationLog::HandedOver(const Page& page) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // An error was logged: the page is given once more after the next start.
  Write(engine_.HandedOver(page)).IgnoreError();
}

Status EscalationLog::Sync() {
  std::promise<Status> done;
  log_->Sync([&done](const Status& status) { done.set_value(status); });
  return done.get_future().get();
}

std::optional<Time> EscalationLog::NextDue() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return engine_.NextDue();
}

std::vector<Escalation> EscalationLog::List() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Escalation> all;
  for (const auto& [id, one] : engine_.open()) all.push_back(one);
  return all;
}

std::optional<Escalation> EscalationLog::Find(std::string_view group) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Escalation* one = engine_.Find(group);
  return one == nullptr ? std::nullopt : std::optional<Escalation>(*one);
}

}  // namespace kizashi::oncall
