// The prices of all kinds of anomalies: evidence of every service, pooled over the fleet.
//
// What is believed of a kind comes from its own count and a pool (KindPool): from the kinds of its
// source in its service, to the service, to the fleet, to the stated prior. A failure of a service
// counts for it and for all that it depends on; when several of them have something live, they
// share it.
//
// Part of the judge's state. One thread. Limits: those of ServiceEvidence; kForecastsMax.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judge/price/service_evidence.h"
#include "judge/together/group_pool.h"

namespace kizashi {

class PriceBook {
 public:
  /// With fewer episodes that are over a kind is priced at the pool.
  static constexpr int kFewEpisodes = 5;
  static constexpr size_t kForecastsMax = 1000;
  static constexpr Duration kGroupsEvery = std::chrono::hours(1);
  /// An open anomaly's price is told again when it moved by a quarter and by 0.05 minutes.
  static constexpr double kMaterialShare = 0.25;
  static constexpr double kMaterialMinutes = 0.05;

  /// These are the services, each with those of which a failure counts for it too: all that depend
  /// on it. What is known of others is forgotten.
  void Follow(const std::map<std::string, std::vector<std::string>>& affects);

  /// The price of an episode that begins now; `prior` when no situation of any service is over.
  Price PriceOf(std::string_view service, std::string_view source, std::string_view kind, Time at,
                const Price& prior) const;
  /// The price again of one that began, with what else was expected then.
  Price PriceAgain(std::string_view service, std::string_view source, std::string_view kind,
                   const Price& last) const;
  static bool IsMaterial(const Price& told, const Price& now);
  /// An episode began: to be said after it was priced.
  void Begin(std::string_view service, std::string_view source, std::string_view kind, Time at);

  void FailureBegan(const std::string& service, Time begin);
  void FailureEnded(const std::string& service, Time end, double minutes);
  /// Time passed. Failures of the services in `measuring` would have been seen.
  void Advance(Time now, const std::set<std::string>& measuring);

  /// The minutes that a failure of the service is taken to burn, and of how many failures that is
  /// worth.
  struct Cost {
    double minutes = 0;
    double weight = 0;
  };
  Cost CostOf(std::string_view service) const;
  /// The chance that what is live leads to a failure, calibrated.
  double ChanceAt(std::string_view service, Time at) const;
  /// What redundancy groups of the fleet are like: made anew from all of them every kGroupsEvery.
  const GroupPool& groups() const { return groups_; }
  bool WantsGroups(Time now) const { return now - groups_time_ >= kGroupsEvery; }
  void TakeGroups(Time now, std::span<const GroupSeen> groups) {
    groups_time_ = now;
    groups_ = PoolGroups(groups);
  }
  /// Grows when prices of the service may have changed.
  uint64_t version(std::string_view service) const;

  const KindPool& fleet() const { return fleet_; }
  Calibration calibration() const { return calibration_; }
  bool has_evidence() const { return situations_ > 0; }
  /// Everything that a price of the kind is computed from, if it began now.
  PriceInputs InputsOf(std::string_view service, std::string_view source, std::string_view kind,
                       Time now) const;
  const ServiceEvidence* Find(std::string_view service) const;

  template <typename A>
  void Fields(A& a) {
    a(services_, fleet_, calibration_, forecasts_, situations_, unpooled_, control_rate_, groups_,
      groups_time_);
  }

 private:
  struct Forecast {
    double hazard = 0;
    double failed = 0;
    template <typename A>
    void Fields(A& a) {
      a(hazard, failed);
    }
  };
  struct Followed {
    ServiceEvidence evidence;
    std::map<std::string, KindPool> by_source;
    KindPool others = kStatedPool;  // of sources that it has no kinds of
    uint64_t version = 0;
    template <typename A>
    void Fields(A& a) {
      a(evidence, by_source, others, version);
    }
  };

  const KindPool& PoolOf(const Followed* followed, std::string_view source) const;
  PriceInputs Inputs(std::string_view service, std::string_view source, std::string_view kind,
                     double others) const;
  Price Make(std::string_view service, std::string_view source, std::string_view kind,
             double others) const;
  const Followed* FindFollowed(std::string_view service) const;
  void Learn(const std::vector<ServiceEvidence::Outcome>& outcomes);
  void EstimateChanged();
  void PoolAll();
  void FitCalibration();

  std::map<std::string, Followed, std::less<>> services_;
  KindPool fleet_ = kStatedPool;
  Calibration calibration_;
  std::deque<Forecast> forecasts_;
  uint64_t situations_ = 0;
  uint64_t unpooled_ = 0;  // situations since the pools were made
  GroupPool groups_;
  Time groups_time_{};
  double control_rate_ = 0;  // failures a minute while nothing is live, of the fleet

  // From the catalog.
  std::map<std::string, std::vector<std::string>> credits_;  // whom a service's failure counts for
};

}  // namespace kizashi
