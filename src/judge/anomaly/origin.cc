#include "judge/anomaly/origin.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kizashi {
namespace {

// The frozen configuration; docs/internals/origin.md says how it was chosen.

// Means of what is shown, in nats: of noise before anything was seen and at least; of an effect and
// of an origin, which are also this many times the noise of the place.
constexpr double kNoisePrior = 1.5;
constexpr double kNoiseMin = 1.5;
constexpr double kEffectMean = 4;
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

// The chance that a fault shows at the service itself, if its own doings are watched; at each of
// its callers, with every step again; at each service that it calls.
constexpr double kShowsItself = 0.98;
constexpr double kShowsAtCaller = 0.3;
constexpr double kShowsAtCallee = 0.05;
// Where it shows, the chance that it does so in a source; as an effect in those that tell of what a
// service does itself; on each of its edges.
constexpr double kShowsInSource = 0.3;
constexpr double kEffectIsOwn = 0.05;
constexpr double kShowsOnEdge = 0.05;

/// Of a service at which a fault shows: the chance that it shows in this source. Most faults show
/// in one or two.
double ChanceIn(OriginSource source, bool is_own) {
  switch (source) {
    case OriginSource::kLog:
    case OriginSource::kLogLess:
    case OriginSource::kFailed:
    case OriginSource::kSlow: return kShowsInSource;
    case OriginSource::kSignal:
    case OriginSource::kOwnFailed:
    case OriginSource::kOwnSlow: return is_own ? kShowsInSource : kEffectIsOwn;
    case OriginSource::kNetworkSlow: return is_own ? kShowsOnEdge : 0;
  }
  return 0;
}

/// What others cause shows in these as well: they prove nothing of the service itself.
bool IsOfOthersToo(OriginSource source) {
  return source == OriginSource::kFailed || source == OriginSource::kSlow;
}

double LogSumExp(double a, double b) {
  const double most = std::max(a, b);
  return most + std::log(std::exp(a - most) + std::exp(b - most));
}

/// ln(exp(a) - exp(b)) for a >= b.
double LogDifference(double a, double b) { return a + std::log(-std::expm1(std::min(b - a, 0.0))); }

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

double OriginRanker::NatsOfRarity(double weeks_between) {
  const double windows = weeks_between * (std::chrono::hours(7 * 24) / kWindow);
  // The chance of at least one, for a Poisson process.
  return windows > 0 ? -std::log(-std::expm1(-1 / windows)) : 0;
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
  const double usual = (source.sum + kPriorWindows * kNoisePrior) / (source.weight + kPriorWindows);
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

OriginRanker::Group OriginRanker::GroupOf(const std::string& at, const std::string& origin,
                                          const Reach& reach) {
  using Relation = OriginReason::Relation;
  if (at == origin) return {kShowsItself, Relation::kItself, 0};
  if (const auto caller = reach.callers.find(at); caller != reach.callers.end()) {
    return {std::pow(kShowsAtCaller, caller->second), Relation::kCaller, caller->second};
  }
  if (const auto callee = reach.callees.find(at); callee != reach.callees.end()) {
    return {std::pow(kShowsAtCallee, callee->second), Relation::kCallee, callee->second};
  }
  return {};
}

double OriginRanker::Ratio(const Piece& piece, bool is_own) {
  const double mean = is_own ? std::max(kOwnMean, kOwnTimesNoise * piece.noise)
                             : std::max(kEffectMean, kEffectTimesNoise * piece.noise);
  // ln f(x) / f0(x) of two exponential densities.
  return std::log(piece.noise / mean) + piece.nats * (1 / piece.noise - 1 / mean);
}

// With chance `shows` at least one of the pieces is of the fault, each with its own chance.
void OriginRanker::Weigh(const Group& group, const std::vector<Piece>& pieces, Origin* origin) {
  double any = 0;   // ln of the odds, whichever of them are of the fault
  double none = 0;  // ln of the chance that none is
  for (const Piece& piece : pieces) {
    const OriginSource source = piece.place->source;
    const bool is_itself = group.relation == OriginReason::Relation::kItself;
    const bool is_own = is_itself && !IsOfOthersToo(source);
    const double chance = ChanceIn(source, is_own);
    if (chance <= 0) continue;
    const double gain = LogSumExp(std::log1p(-chance), std::log(chance) + Ratio(piece, is_own));
    any += gain;
    none += std::log1p(-chance);
    const Place& place = *piece.place;
    const bool is_edge = source == OriginSource::kNetworkSlow;
    origin->reasons.push_back({is_edge ? OriginReason::Relation::kEdge : group.relation,
                               group.steps,
                               {source, place.service, place.peer, piece.nats, *piece.what},
                               gain});
  }
  if (none == 0) return;
  const double shown = LogDifference(any, none) - LogDifference(0, none);
  origin->log_odds += LogSumExp(std::log1p(-group.shows), std::log(group.shows) + shown);
}

std::vector<Origin> OriginRanker::Rank(const DependencyGraph& graph, Time now) const {
  std::map<std::string, std::vector<Piece>> pieces;  // by service; an edge's at both ends
  for (const Place& place : places_) {
    // The first sight may have left the window since: the next one is the most surprising then.
    const auto sight = std::find_if(place.sights.begin(), place.sights.end(),
                                    [&](const Sight& one) { return now - one.time < kWindow; });
    if (sight == place.sights.end()) continue;
    const Piece piece{&place, sight->nats, NoiseOf(place), &sight->what};
    pieces[place.service].push_back(piece);
    if (!place.peer.empty()) pieces[place.peer].push_back(piece);
  }
  std::vector<Origin> origins;
  double most = 0;  // noise has log-odds 0
  for (const auto& [service, own] : pieces) {
    const Reach reach{graph.CallersOf(service, kStepsMax), graph.CalleesOf(service, kStepsMax)};
    Origin& origin = origins.emplace_back();
    origin.service = service;
    for (const auto& [at, shown] : pieces) {
      const Group group = GroupOf(at, service, reach);
      if (group.shows > 0) Weigh(group, shown, &origin);
    }
    std::stable_sort(origin.reasons.begin(), origin.reasons.end(),
                     [](const auto& a, const auto& b) { return a.gain > b.gain; });
    if (origin.reasons.size() > kReasonsMax) origin.reasons.resize(kReasonsMax);
    most = std::max(most, origin.log_odds);
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
