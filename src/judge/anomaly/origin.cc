#include "judge/anomaly/origin.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace kizashi {
namespace {

// The frozen configuration; docs/internals/origin.md says how it was chosen.

// Means of what is shown, in nats: of noise before anything was seen and at least; of an effect and
// of an origin, which are also this many times the noise of the place.
constexpr double kNoisePrior = 1.5;
constexpr double kNoiseMin = 0.5;
constexpr double kEffectMean = 6;
constexpr double kEffectTimesNoise = 2;
constexpr double kOwnMean = 15;
constexpr double kOwnTimesNoise = 4;
// Nothing is more surprising than this: beyond, models of counts are not to be believed.
constexpr double kNatsMax = 40;
// Windows that the noise of a source weighs at a place that is new, and the most that are kept.
constexpr double kPriorWindows = 5;
constexpr double kWindowsMax = 1000;
// A window teaches at most so many times the noise, so that faults do not become noise.
constexpr double kTeachMax = 3;

/// The chances that an origin shows: in the source at its own place, and as an effect at its
/// callers (with each step again) and at those that it calls.
struct SourceChances {
  double itself;
  double caller;
  double callee;
};

SourceChances ChancesOf(OriginSource source) {
  switch (source) {
    case OriginSource::kLog: return {0.7, 0.4, 0};
    case OriginSource::kLogLess: return {0.5, 0.4, 0.4};
    case OriginSource::kSignal: return {0.5, 0.1, 0};
    case OriginSource::kFailed: return {0.5, 0.5, 0};
    case OriginSource::kSlow: return {0.5, 0.5, 0};
    case OriginSource::kOwnFailed: return {0.5, 0.05, 0};
    case OriginSource::kOwnSlow: return {0.5, 0.1, 0};
    case OriginSource::kNetworkSlow: return {0.5, 0, 0};
  }
  return {0, 0, 0};
}

double LogSumExp(double a, double b) {
  const double most = std::max(a, b);
  return most + std::log(std::exp(a - most) + std::exp(b - most));
}

}  // namespace

std::string_view OriginSourceName(OriginSource source) {
  switch (source) {
    case OriginSource::kLog: return "log";
    case OriginSource::kLogLess: return "log_less";
    case OriginSource::kSignal: return "signal";
    case OriginSource::kFailed: return "failed";
    case OriginSource::kSlow: return "slow";
    case OriginSource::kOwnFailed: return "own_failed";
    case OriginSource::kOwnSlow: return "own_slow";
    case OriginSource::kNetworkSlow: return "network_slow";
  }
  return "";
}

OriginSource OriginSourceOf(TrafficAspect aspect) {
  switch (aspect) {
    case TrafficAspect::kFailed: return OriginSource::kFailed;
    case TrafficAspect::kSlow: return OriginSource::kSlow;
    case TrafficAspect::kOwnFailed: return OriginSource::kOwnFailed;
    case TrafficAspect::kOwnSlow: return OriginSource::kOwnSlow;
    case TrafficAspect::kNetworkSlow: return OriginSource::kNetworkSlow;
  }
  return OriginSource::kFailed;
}

void OriginRanker::Mean::Add(double nats) {
  if (weight >= kWindowsMax) {
    sum /= 2;
    weight /= 2;
  }
  sum += nats;
  weight += 1;
}

double OriginRanker::NoiseOf(const Place& place) const {
  const Mean& source = sources_[static_cast<size_t>(place.source)];
  const double usual =
      (source.sum + kPriorWindows * kNoisePrior) / (source.weight + kPriorWindows);
  const double here =
      (place.noise.sum + kPriorWindows * usual) / (place.noise.weight + kPriorWindows);
  return std::max(kNoiseMin, here);
}

double OriginRanker::NoiseOf(OriginSource source, const std::string& service,
                             const std::string& peer) const {
  const auto found = by_key_.find(Key(source, service, peer));
  if (found != by_key_.end()) return NoiseOf(places_[found->second]);
  return NoiseOf(Place{source, service, peer, {}, {}, {}});
}

void OriginRanker::Learn(Place* place, Time now) {
  const double noise = NoiseOf(*place);
  const double seen = place->sights.empty() ? 0 : place->sights.front().nats;
  const double taught = std::min(seen, kTeachMax * noise);
  place->noise.Add(taught);
  sources_[static_cast<size_t>(place->source)].Add(taught);
  place->learnt = now;
}

void OriginRanker::Add(OriginEvidence evidence, Time now) {
  const Key key(evidence.source, evidence.service, evidence.peer);
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (places_.size() >= kPlacesMax) return;
    found = by_key_.emplace(key, places_.size()).first;
    places_.push_back({evidence.source, evidence.service, evidence.peer, {}, {}, now});
  }
  Place& place = places_[found->second];
  // A window is learnt when it is over, from what it showed.
  if (now - place.learnt >= kWindow) Learn(&place, now);
  while (!place.sights.empty() && now - place.sights.front().time >= kWindow) {
    place.sights.pop_front();
  }
  while (!place.sights.empty() && place.sights.back().nats <= evidence.nats) {
    place.sights.pop_back();
  }
  place.sights.push_back({now, std::clamp(evidence.nats, 0.0, kNatsMax), std::move(evidence.what)});
}

OriginRanker::Chance OriginRanker::ChanceAt(const Place& place, const std::string& origin,
                                            const Reach& reach) {
  using Relation = OriginReason::Relation;
  const SourceChances chances = ChancesOf(place.source);
  if (place.source == OriginSource::kNetworkSlow) {
    const bool is_end = place.service == origin || place.peer == origin;
    return {is_end ? chances.itself : 0, true, Relation::kEdge, 0};
  }
  if (place.service == origin) return {chances.itself, true, Relation::kItself, 0};
  if (const auto caller = reach.callers.find(place.service); caller != reach.callers.end()) {
    return {std::pow(chances.caller, caller->second), false, Relation::kCaller, caller->second};
  }
  if (const auto callee = reach.callees.find(place.service); callee != reach.callees.end()) {
    const double shows = chances.callee > 0 ? std::pow(chances.callee, callee->second) : 0;
    return {shows, false, Relation::kCallee, callee->second};
  }
  return {};
}

double OriginRanker::Gain(const Chance& chance, double nats, double noise) {
  if (chance.shows <= 0) return 0;
  const double mean = chance.is_own ? std::max(kOwnMean, kOwnTimesNoise * noise)
                                    : std::max(kEffectMean, kEffectTimesNoise * noise);
  // ln f(x) / f0(x) of two exponential densities.
  const double ratio = std::log(noise / mean) + nats * (1 / noise - 1 / mean);
  return LogSumExp(std::log1p(-chance.shows), std::log(chance.shows) + ratio);
}

Origin OriginRanker::Weigh(const std::string& service, const std::vector<Piece>& pieces,
                           const Reach& reach) {
  Origin origin;
  origin.service = service;
  for (const Piece& piece : pieces) {
    const Chance chance = ChanceAt(*piece.place, service, reach);
    const double gain = Gain(chance, piece.nats, piece.noise);
    if (gain == 0) continue;
    origin.log_odds += gain;
    const Place& place = *piece.place;
    origin.reasons.push_back({chance.relation, chance.steps,
                              {place.source, place.service, place.peer, piece.nats,
                               piece.what == nullptr ? "" : *piece.what},
                              gain});
  }
  std::stable_sort(origin.reasons.begin(), origin.reasons.end(),
                   [](const auto& a, const auto& b) { return a.gain > b.gain; });
  if (origin.reasons.size() > kReasonsMax) origin.reasons.resize(kReasonsMax);
  return origin;
}

std::vector<Origin> OriginRanker::Rank(const DependencyGraph& graph, Time now) const {
  std::vector<Piece> pieces;
  std::set<std::string> services;
  for (const Place& place : places_) {
    // The first sight may have left the window since: the next one is the most surprising then.
    const auto sight =
        std::find_if(place.sights.begin(), place.sights.end(),
                     [&](const Sight& one) { return now - one.time < kWindow; });
    if (sight == place.sights.end()) continue;
    pieces.push_back({&place, sight->nats, NoiseOf(place), &sight->what});
    services.insert(place.service);
    if (!place.peer.empty()) services.insert(place.peer);
  }
  std::vector<Origin> origins;
  double most = 0;  // noise has log-odds 0
  for (const std::string& service : services) {
    const Reach reach{graph.CallersOf(service, kStepsMax), graph.CalleesOf(service, kStepsMax)};
    origins.push_back(Weigh(service, pieces, reach));
    most = std::max(most, origins.back().log_odds);
  }
  double sum = std::exp(-most);
  for (const Origin& origin : origins) sum += std::exp(origin.log_odds - most);
  for (Origin& origin : origins) origin.probability = std::exp(origin.log_odds - most) / sum;
  std::stable_sort(origins.begin(), origins.end(),
                   [](const auto& a, const auto& b) { return a.log_odds > b.log_odds; });
  std::erase_if(origins, [](const Origin& origin) {
    return std::none_of(origin.reasons.begin(), origin.reasons.end(),
                        [](const OriginReason& reason) { return reason.gain > 0; });
  });
  return origins;
}

void OriginRanker::Mend() {
  by_key_.clear();
  sources_.resize(kOriginSources);
  std::erase_if(places_, [](const Place& place) {
    return static_cast<size_t>(place.source) >= kOriginSources;
  });
  for (size_t i = 0; i < places_.size(); ++i) {
    by_key_.emplace(Key(places_[i].source, places_[i].service, places_[i].peer), i);
  }
}

}  // namespace kizashi
