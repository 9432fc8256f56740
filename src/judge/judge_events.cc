// The part of Judge that is about events: what moves the signals of several services at once is one
// anomaly, of the service that it is seen at first.
#include <algorithm>
#include <tuple>
#include <vector>

#include "judge/judge.h"

namespace kizashi {
namespace {

// What begins within so long of an open anomaly, next to it, is part of it.
constexpr Duration kTogether = std::chrono::minutes(15);
// What reads the telemetry of others, and what is next to a service whose traffic rises, waits so
// long for them to show why it moved.
constexpr Duration kWaitForOthers = std::chrono::minutes(3);

// Kizashi's own: what it takes in is what the services send. When one of them moves, so does this.
bool FollowsTelemetry(const SignalWatch& watch) {
  return std::any_of(watch.moved().begin(), watch.moved().end(), [](const auto& moved) {
    return moved.rule->id == "log_lines" || moved.rule->id == "scraped_samples";
  });
}

// More users than usual: what moves all else.
bool HasMoreTraffic(const SignalWatch& watch, Time now) {
  return std::any_of(watch.moved().begin(), watch.moved().end(), [&](const auto& moved) {
    return moved.rule->signal == SignalClass::kThroughput && moved.direction > 0 &&
           now - moved.last <= SignalWatch::kStillMoves;
  });
}

// What is named first among those that begin at one look: traffic, then what moved first.
auto RankOf(const SignalWatch& watch, Time now) {
  return std::tuple(FollowsTelemetry(watch), !HasMoreTraffic(watch, now), watch.begin());
}

}  // namespace

// Once all services have looked.
void Judge::BeginSignals(Time now) {
  std::vector<std::pair<const std::string*, ServiceJudge*>> begun;
  for (auto& [name, service] : services_) {
    const bool moved = !service.signal_watch().moved().empty();
    if (service.signals_pending() && moved) begun.emplace_back(&name, &service);
  }
  std::stable_sort(begun.begin(), begun.end(), [now](const auto& a, const auto& b) {
    return RankOf(a.second->signal_watch(), now) < RankOf(b.second->signal_watch(), now);
  });
  for (const auto& [name, service] : begun) {
    if (const std::string* const host = HostOf(*name, now)) {
      services_.at(*host).AddPart(*service, now);
      service->JoinSignals(*host);
      continue;
    }
    const SignalWatch& watch = service->signal_watch();
    const bool follows = FollowsTelemetry(watch) || IsNextToMoreTraffic(*name, now);
    if (follows && now - watch.begin() < kWaitForOthers) continue;
    service->BeginSignals(now, &output_);
  }
}

// The service whose open anomaly tells what begins at `name`, which may be a part itself.
const std::string* Judge::HostOf(const std::string& name, Time now) const {
  for (const auto& [other, service] : services_) {
    if (other == name || service.signals_host().empty() || !AreTogether(name, other)) continue;
    const auto host = services_.find(service.signals_host());
    if (host == services_.end() || host->second.signals_host() != host->first) continue;
    if (now - host->second.signal_watch().begin() <= kTogether) return &host->first;
  }
  // A log that changed is more lines to take in, or fewer.
  if (!FollowsTelemetry(services_.at(name).signal_watch())) return nullptr;
  for (const auto& [other, service] : services_) {
    if (other != name && !service.LogEpisodeSince(now - kTogether).empty()) return &other;
  }
  return nullptr;
}

// Its own traffic is as usual, that of a caller or callee is not, which may be about to begin.
bool Judge::IsNextToMoreTraffic(const std::string& name, Time now) const {
  if (HasMoreTraffic(services_.at(name).signal_watch(), now)) return false;
  return std::any_of(services_.begin(), services_.end(), [&](const auto& entry) {
    return entry.first != name && HasMoreTraffic(entry.second.signal_watch(), now) &&
           AreTogether(name, entry.first);
  });
}

bool Judge::AreTogether(const std::string& a, const std::string& b) const {
  if (FollowsTelemetry(services_.at(a).signal_watch())) return true;
  return traffic_.graph().CallersOf(a, 1).count(b) > 0 ||
         traffic_.graph().CalleesOf(a, 1).count(b) > 0;
}

}  // namespace kizashi
