#include "judge/snapshot.h"

#include <algorithm>

#include "judge/judge.h"

namespace kizashi {
namespace {

constexpr size_t kDearestKindsMax = 5;

}  // namespace

std::string_view ServiceStateName(ServiceState state) {
  switch (state) {
    case ServiceState::kOk: return "ok";
    case ServiceState::kAnomaly: return "anomaly";
    case ServiceState::kFailure: return "failure";
    case ServiceState::kUnknown: return "unknown";
  }
  return "";
}

const ServiceSnapshot* Snapshot::Find(std::string_view service) const {
  for (const ServiceSnapshot& snapshot : services) {
    if (snapshot.name == service) return &snapshot;
  }
  return nullptr;
}

ServiceSnapshot ServiceJudge::MakeSnapshot(Time now) const {
  ServiceSnapshot snapshot;
  snapshot.name = service_->name;
  snapshot.title = service_->title;
  snapshot.owner = service_->owner;
  snapshot.tier = service_->tier;
  for (const SloJudge* slo : slo_order_) {
    snapshot.slos.push_back(slo->MakeSnapshot(now));
    if (slo->pages()) ++snapshot.pages_open;
  }
  AnomalyBudget& budget = snapshot.anomaly_budget;
  budget = ComputeAnomalyBudget(now);
  budget.policy =
      anomaly_policy_.Status(service_->anomaly_policy, service_->anomaly_overrides, now);
  budget.dearest = spends_.Dearest(budget.window.begin, now, kDearestKindsMax);
  snapshot.anomalies_open = static_cast<int>(open_.size());
  for (const SignalValue& signal : latest_signals_) {
    snapshot.signals.push_back({std::string(signal.rule->id), SignalClassName(signal.rule->signal),
                                IsWork(signal.rule->signal), signal.rule->unit, signal.value,
                                latest_signals_time_});
  }
  for (const auto& [name, member] : members_.members()) {
    if (member.was_up) snapshot.members.push_back({name, member.up, member.since});
  }
  AddPrices(now, &snapshot);
  if (snapshot.pages_open > 0) {
    snapshot.state = ServiceState::kFailure;
  } else if (now - last_telemetry_ > std::chrono::minutes(5)) {
    snapshot.state = ServiceState::kUnknown;
  } else {
    // What is expected is no news.
    const bool news = std::any_of(open_.begin(), open_.end(), [](const auto& entry) {
      return !entry.second.record.ledger.expected_until;
    });
    snapshot.state = news ? ServiceState::kAnomaly : ServiceState::kOk;
  }
  return snapshot;
}

Snapshot Judge::MakeSnapshot(uint64_t version) const {
  Snapshot snapshot;
  snapshot.version = version;
  snapshot.now = now_;
  snapshot.catalog = catalog_;
  for (const auto& [name, service] : services_) {
    snapshot.services.push_back(service.MakeSnapshot(now_));
  }
  for (const auto& [name, volume] : volumes_) {
    snapshot.unclaimed.push_back(
        {name, volume.series, volume.samples_per_second, volume.lines_per_second});
  }
  std::stable_sort(snapshot.unclaimed.begin(), snapshot.unclaimed.end(),
                   [](const UnclaimedSnapshot& a, const UnclaimedSnapshot& b) {
                     return a.samples_per_second + a.lines_per_second >
                            b.samples_per_second + b.lines_per_second;
                   });
  return snapshot;
}

}  // namespace kizashi
