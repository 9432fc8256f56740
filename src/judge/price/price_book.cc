#include "judge/price/price_book.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "judge/price/price.h"

namespace kizashi {
namespace {

// Pools are made anew after so many situations.
constexpr uint64_t kPoolEvery = 16;
// The level above is worth so many kinds beside those of a pool.
constexpr double kFleetWeight = 10;
constexpr double kServiceWeight = 5;
constexpr double kSourceWeight = 5;
// Before anything is known, a service fails once in thirty days.
constexpr double kPriorControlMinutes = 30.0 * 24 * 60;
// How far the calibration is believed to be off, as standard deviations.
constexpr double kOffsetSpread = 0.5;
constexpr double kSlopeSpread = 0.25;
constexpr double kLogitMax = 8;
// An average of burned minutes is worth so many failures beside those of the level below it.
constexpr double kCostWeight = 2;

}  // namespace

void PriceBook::Follow(const std::map<std::string, std::vector<std::string>>& affects) {
  std::erase_if(services_, [&](const auto& one) { return affects.count(one.first) == 0; });
  credits_.clear();
  for (const auto& [service, dependents] : affects) {
    if (services_.count(service) == 0) services_[service].others = fleet_;
    credits_[service].push_back(service);
    for (const std::string& dependent : dependents) {
      if (dependent != service) credits_[dependent].push_back(service);
    }
  }
}

const PriceBook::Followed* PriceBook::FindFollowed(std::string_view service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? nullptr : &found->second;
}

const ServiceEvidence* PriceBook::Find(std::string_view service) const {
  const Followed* const followed = FindFollowed(service);
  return followed == nullptr ? nullptr : &followed->evidence;
}

uint64_t PriceBook::version(std::string_view service) const {
  const Followed* const followed = FindFollowed(service);
  return followed == nullptr ? 0 : followed->version;
}

const KindPool& PriceBook::PoolOf(const Followed* followed, std::string_view source) const {
  if (followed == nullptr) return fleet_;
  const auto found = followed->by_source.find(std::string(source));
  return found == followed->by_source.end() ? followed->others : found->second;
}

PriceBook::Cost PriceBook::CostOf(std::string_view service) const {
  ServiceEvidence::Failures fleet;
  for (const auto& [name, one] : services_) {
    const ServiceEvidence::Failures failures = one.evidence.failures();
    fleet.count += failures.count;
    fleet.minutes += failures.minutes;
  }
  const Cost pooled{
      (fleet.minutes + kCostWeight * kPriorFailureMinutes) / (fleet.count + kCostWeight),
      fleet.count + kCostWeight};
  const ServiceEvidence* const evidence = Find(service);
  if (evidence == nullptr) return pooled;
  const ServiceEvidence::Failures own = evidence->failures();
  return {(own.minutes + kCostWeight * pooled.minutes) / (own.count + kCostWeight),
          own.count + kCostWeight};
}

PriceInputs PriceBook::Inputs(std::string_view service, std::string_view source,
                              std::string_view kind, double others) const {
  const Cost cost = CostOf(service);
  const Followed* const followed = FindFollowed(service);
  PriceInputs inputs;
  inputs.pool = PoolOf(followed, source);
  inputs.others = others;
  inputs.calibration = calibration_;
  inputs.failure_minutes = cost.minutes;
  inputs.failure_weight = cost.weight;
  const ServiceEvidence::Kind* const found =
      followed == nullptr ? nullptr : followed->evidence.Find(kind);
  if (found == nullptr) return inputs;
  inputs.episodes = found->episodes;
  inputs.followed = found->followed;
  inputs.expected = found->expected;
  inputs.credited = found->credited;
  const double failures = std::min(found->credited, found->followed);
  if (found->episodes < kFewEpisodes || failures <= 0 || found->minutes <= 0) return inputs;
  // What its failures burned, beside what the service's did.
  inputs.failure_minutes = (found->minutes + kCostWeight * cost.minutes) / (failures + kCostWeight);
  inputs.failure_weight = failures + kCostWeight;
  return inputs;
}

PriceInputs PriceBook::InputsOf(std::string_view service, std::string_view source,
                                std::string_view kind, Time now) const {
  const ServiceEvidence* const evidence = Find(service);
  return Inputs(service, source, kind, evidence == nullptr ? 0 : evidence->Others(now, kind));
}

Price PriceBook::Make(std::string_view service, std::string_view source, std::string_view kind,
                      double others) const {
  const PriceInputs inputs = Inputs(service, source, kind, others);
  return EvidencePrice(inputs, inputs.episodes < kFewEpisodes ? kBasisPooled : kBasisEvidence);
}

Price PriceBook::PriceOf(std::string_view service, std::string_view source, std::string_view kind,
                         Time at, const Price& prior) const {
  if (!has_evidence()) return prior;
  const ServiceEvidence* const evidence = Find(service);
  return Make(service, source, kind, evidence == nullptr ? 0 : evidence->Others(at, ""));
}

Price PriceBook::PriceAgain(std::string_view service, std::string_view source,
                            std::string_view kind, const Price& last) const {
  if (!has_evidence()) return last;
  const auto before = kizashi::InputsOf(last);
  return Make(service, source, kind, before ? before->others : 0);
}

bool PriceBook::IsMaterial(const Price& told, const Price& now) {
  const double moved = std::abs(now.mean_minutes - told.mean_minutes);
  return moved > kMaterialMinutes && moved > kMaterialShare * told.mean_minutes;
}

void PriceBook::Begin(std::string_view service, std::string_view source, std::string_view kind,
                      Time at) {
  const auto found = services_.find(service);
  if (found == services_.end()) return;
  found->second.evidence.Begin(source, kind, PoolOf(&found->second, source), at);
}

void PriceBook::FailureBegan(const std::string& service, Time begin) {
  const auto credited = credits_.find(service);
  if (credited == credits_.end()) return;
  double all = 0;
  for (const std::string& name : credited->second) {
    const ServiceEvidence& evidence = services_.at(name).evidence;
    if (!evidence.IsSameFailure(begin)) all += evidence.HazardAt(begin);
  }
  std::vector<ServiceEvidence::Outcome> outcomes;
  for (const std::string& name : credited->second) {
    ServiceEvidence& evidence = services_.at(name).evidence;
    const double own = evidence.HazardAt(begin);
    evidence.FailureBegan(begin, all > 0 ? own / all : 0, &outcomes);
  }
  Learn(outcomes);
}

void PriceBook::FailureEnded(const std::string& service, Time end, double minutes) {
  const auto credited = credits_.find(service);
  if (credited == credits_.end()) return;
  for (const std::string& name : credited->second) {
    services_.at(name).evidence.FailureEnded(end, minutes);
  }
}

void PriceBook::Advance(Time now, const std::set<std::string>& measuring) {
  std::set<std::string_view> measured;
  for (const std::string& name : measuring) {
    const auto credited = credits_.find(name);
    if (credited == credits_.end()) continue;
    measured.insert(credited->second.begin(), credited->second.end());
  }
  std::vector<ServiceEvidence::Outcome> outcomes;
  for (auto& [name, one] : services_) {
    one.evidence.Advance(now, measured.count(name) > 0, &outcomes);
  }
  Learn(outcomes);
  EstimateChanged();
}

void PriceBook::Learn(const std::vector<ServiceEvidence::Outcome>& outcomes) {
  for (const ServiceEvidence::Outcome& outcome : outcomes) {
    forecasts_.push_back({outcome.hazard, outcome.failed});
    if (forecasts_.size() > kForecastsMax) forecasts_.pop_front();
    ++situations_;
    ++unpooled_;
  }
}

void PriceBook::EstimateChanged() {
  const bool first = control_rate_ == 0 && situations_ > 0;
  if (unpooled_ >= kPoolEvery || first) {
    unpooled_ = 0;
    PoolAll();
    FitCalibration();
    for (auto& [name, one] : services_) ++one.version;
  }
  for (auto& [name, one] : services_) {
    if (!one.evidence.changed()) continue;
    one.evidence.Estimate(one.by_source, one.others,
                          control_rate_ > 0 ? control_rate_ : 1 / kPriorControlMinutes);
    ++one.version;
  }
}

void PriceBook::PoolAll() {
  std::vector<KindCount> fleet;
  double minutes = kPriorControlMinutes;
  double failures = 1;
  for (const auto& [name, one] : services_) {
    for (const ServiceEvidence::Kind& kind : one.evidence.kinds()) fleet.push_back(kind.count());
    minutes += one.evidence.control_minutes();
    failures += one.evidence.control_failures();
  }
  control_rate_ = failures / minutes;
  fleet_ = Pool(kStatedPool, kFleetWeight, fleet);
  for (auto& [name, one] : services_) {
    std::map<std::string, std::vector<KindCount>> sources;
    std::vector<KindCount> service;
    for (const ServiceEvidence::Kind& kind : one.evidence.kinds()) {
      if (kind.name.empty()) continue;
      sources[kind.source].push_back(kind.count());
      service.push_back(kind.count());
    }
    one.others = Pool(fleet_, kServiceWeight, service);
    one.by_source.clear();
    for (const auto& [source, kinds] : sources) {
      one.by_source[source] = Pool(one.others, kSourceWeight, kinds);
    }
  }
}

// Newton's method for offset and slope of a logistic regression of outcomes on forecasts, each with
// a normal prior around "the forecasts are right".
void PriceBook::FitCalibration() {
  constexpr int kSteps = 12;
  Calibration fit;
  for (int step = 0; step < kSteps; ++step) {
    double g0 = -fit.offset / (kOffsetSpread * kOffsetSpread);
    double g1 = -(fit.slope - 1) / (kSlopeSpread * kSlopeSpread);
    double h00 = 1 / (kOffsetSpread * kOffsetSpread);
    double h11 = 1 / (kSlopeSpread * kSlopeSpread);
    double h01 = 0;
    for (const Forecast& forecast : forecasts_) {
      const double hazard = std::max(forecast.hazard, 1e-6);
      const double logit =
          std::clamp(std::log(-std::expm1(-hazard)) + hazard, -kLogitMax, kLogitMax);
      const double chance = 1 / (1 + std::exp(-(fit.offset + fit.slope * logit)));
      const double weight = chance * (1 - chance);
      g0 += forecast.failed - chance;
      g1 += (forecast.failed - chance) * logit;
      h00 += weight;
      h01 += weight * logit;
      h11 += weight * logit * logit;
    }
    const double determinant = h00 * h11 - h01 * h01;
    fit.offset += std::clamp((h11 * g0 - h01 * g1) / determinant, -1.0, 1.0);
    fit.slope += std::clamp((h00 * g1 - h01 * g0) / determinant, -0.5, 0.5);
  }
  fit.slope = std::max(fit.slope, 0.1);
  calibration_ = fit;
}

double PriceBook::ChanceAt(std::string_view service, Time at) const {
  const ServiceEvidence* const evidence = Find(service);
  return evidence == nullptr ? 0 : calibration_.Chance(evidence->HazardAt(at));
}

}  // namespace kizashi
