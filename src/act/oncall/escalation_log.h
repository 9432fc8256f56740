// Escalations that outlive their process: the engine, with its records in an append log.
//
// What is to be told is written before it is given to the sender, and marked when the sender has it
// for good: a crash in between gives it to the sender once more, with the same key. It has no
// thread and no clock: whoever owns it calls Tick, by NextDue and at least every few seconds.
// Any thread. The registry outlives it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/escalation.h"
#include "base/metrics.h"
#include "base/status.h"
#include "store/append_log.h"

namespace kizashi::oncall {

/// A page with all that a sender needs.
struct PageView {
  Page page;
  std::string key;  // the same for each copy
  std::string group;
  std::string service;
  std::string severity;
  Target to;  // a person or a channel
  Time at{};
  std::string reason_en;
  std::string reason_ja;
};

class EscalationLog {
 public:
  /// A step that is done later than this after it was due counts as late.
  static constexpr Duration kLate = std::chrono::minutes(1);

  static StatusOr<std::unique_ptr<EscalationLog>> Open(AppendLogOptions options,
                                                       Registry* registry);

  // As of EscalationEngine. When the log cannot be written the state has changed all the same, as
  // people have to be told: the error says that the next start will not know of it.
  Status OpenGroup(std::string group, std::string service, std::string severity,
                   EscalationPolicy policy, Time now);
  Status Acknowledge(std::string_view group, std::string by, Time now);
  Status Escalate(std::string_view group, std::string by, Time now);
  Status Resolve(std::string_view group, Time now);

  /// Does what is due, then checks that no step was missed: one that was is counted
  /// (kizashi_oncall_steps_missed_total) and logged.
  void Tick(Time now, const Lookup& lookup);

  /// What the sender has not got for good yet.
  std::vector<PageView> Pages() const;
  void HandedOver(const Page& page);
  /// Waits until all that was done is on disk.
  Status Sync();

  std::optional<Time> NextDue() const;
  /// Open ones, by id.
  std::vector<Escalation> List() const;
  std::optional<Escalation> Find(std::string_view group) const;

 private:
  EscalationLog() = default;
  void AddMetrics(Registry* registry);
  /// Under the lock.
  Status Write(const EscalationEngine::Records& records);
  void Audit(Time now);
  void CountSteps(const Escalation& one, size_t from);

  mutable std::mutex mutex_;
  EscalationEngine engine_;
  std::unique_ptr<AppendLog> log_;
  Counter* steps_ = nullptr;
  Counter* missed_ = nullptr;
  Counter* late_ = nullptr;
  Counter* unreached_ = nullptr;
};

}  // namespace kizashi::oncall
