// On call in a running server: groups of alerts that page become escalations, and whom those tell,
// the alert engine tells.
//
// The engine says what happens to groups (OnAlertEvent); the escalations of escalation_log.h say
// whose turn it is; each of their pages is given back to the engine as one more receiver of the
// group (GroupAction::Kind::kCall), which delivers it durably like all it sends, and is marked as
// handed over behind that. What a crash left between the two logs is put right at the start. One
// thread of its own does it; any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "act/alert/alert_events.h"
#include "act/alert/alert_service.h"
#include "act/oncall/escalation_log.h"
#include "act/oncall/holder.h"
#include "act/oncall/policies.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "catalog/catalog.h"

namespace kizashi::oncall {

struct PagerOptions {
  std::string sre_team{kSreTeam};
  /// The waits of the policy that holds when no file says anything; 0: it tells the first ones
  /// alone.
  Duration escalate_after{10 * 60'000};
  /// Of the server: told after the owners when the catalog has no SRE team.
  std::vector<Destination> default_destinations;
};

/// PolicyFor, and of the default one: with the options' waits, and without telling by another name
/// those who are told already. A channel "" is that of default_destinations. Pure.
EscalationPolicy PolicyOf(std::string_view service, const OnCallHolder::State& state,
                          const PagerOptions& options);

/// The alert engine's receiver of a person or a channel (act/catalog_routes.h).
std::string ReceiverOf(const Target& target);

class Pager : public alerts::AlertListener {
 public:
  /// All outlive this.
  struct Parts {
    EscalationLog* log = nullptr;
    OnCallHolder* holder = nullptr;
    const Clock* clock = nullptr;
    Registry* registry = nullptr;
  };
  Pager(Parts parts, PagerOptions options);
  ~Pager() override { Stop(); }
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

  /// Events that come earlier wait. `service` outlives Stop.
  void Start(alerts::AlertService* service);
  /// Without a thread, for tests: what of `service` is put right, and what Look does.
  void Attach(alerts::AlertService* service);
  /// What came in and what is due by now.
  void Look();
  void Stop();

  void OnAlertEvent(const alerts::AlertEvent& event) override;

 private:
  void Run();
  /// Escalations against the groups that are there: what only one of the two logs has.
  void Reconcile(Time now);
  void Apply(const alerts::AlertEvent& event, Time now);
  void OpenFor(const alerts::AlertEvent& event, Time now);
  void Tell(const PageView& page, Time now);
  void SayNext();
  /// Whether the catalog has a way to the person.
  bool IsReached(const Target& target) const;

  const Parts parts_;
  const PagerOptions options_;
  Counter* unreachable_ = nullptr;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<alerts::AlertEvent> events_;
  bool stopping_ = false;

  // Of the thread.
  alerts::AlertService* service_ = nullptr;
  std::map<std::string, std::string> said_next_;  // by group
  std::thread thread_;
};

}  // namespace kizashi::oncall
