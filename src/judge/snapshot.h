// What the judge holds true at one moment, for readers: immutable, shared by pointer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "judge/price/price_book.h"
#include "judge/slo/slo_snapshot.h"
#include "judge/together/group_forecast.h"
#include "store/records.h"

namespace kizashi {

enum class ServiceState { kOk, kAnomaly, kFailure, kUnknown };
std::string_view ServiceStateName(ServiceState state);  // "ok", ...

/// What the anomalies of a service may put at risk: a share of its first SLO's error budget, over
/// that SLO's window.
struct AnomalyBudget {
  WindowBounds window;
  double allowance_minutes = 0;
  double spent_minutes = 0;      // the means of the prices, added
  double spent_low_minutes = 0;  // their lower bounds, added: what a hold asks for
  double remaining_share = 1;
  double burn = 0;  // times the rate that would just empty it, over a day (or a shorter window)
  std::vector<PolicyStatus> policy;
  std::vector<std::pair<std::string, double>> dearest;  // kinds that spent most, with minutes
  double spent_share() const {
    return allowance_minutes > 0 ? spent_minutes / allowance_minutes : 0;
  }
  double spent_low_share() const {
    return allowance_minutes > 0 ? spent_low_minutes / allowance_minutes : 0;
  }
};

struct SignalSnapshot {
  std::string id;  // the rule's
  std::string_view signal_class;
  bool work = false;
  std::string_view unit;
  std::optional<double> latest;
  Time time{};
};

struct MemberSnapshot {
  std::string name;
  bool up = true;
  Time since{};
};

/// A kind of anomaly that was seen, with what its price is computed from if it began now.
struct KindPrice {
  std::string kind;
  std::string source;
  Time last{};  // when an episode began last
  PriceInputs inputs;
};

/// A redundancy group: what its forecast is computed from.
struct GroupSnapshot {
  GroupState state;
  GroupHistory::Counts counts;
  PriceBook::Cost cost;
  GroupPool pool;
};

struct ServiceSnapshot {
  std::string name;
  std::string title;
  std::string owner;
  std::string tier;
  ServiceState state = ServiceState::kUnknown;
  std::vector<SloSnapshot> slos;
  AnomalyBudget anomaly_budget;
  int anomalies_open = 0;
  int pages_open = 0;
  std::vector<SignalSnapshot> signals;
  std::vector<MemberSnapshot> members;
  std::shared_ptr<const std::vector<KindPrice>> kind_prices;  // nullptr: nothing was priced yet
  std::optional<GroupSnapshot> group;
};

struct UnclaimedSnapshot {
  std::string name;
  uint64_t series = 0;
  double samples_per_second = 0;
  double lines_per_second = 0;
};

struct Snapshot {
  uint64_t version = 0;  // grows with every snapshot of one process
  Time now{};
  std::shared_ptr<const Catalog> catalog;
  std::vector<ServiceSnapshot> services;     // by name
  std::vector<UnclaimedSnapshot> unclaimed;  // by volume, largest first

  const ServiceSnapshot* Find(std::string_view service) const;
};

}  // namespace kizashi
