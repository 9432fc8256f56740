// Which service did it begin in? Ranks the services of a fleet as the likely origin of what several
// of them show within some minutes.
//
// Evidence is how surprising something is at a service (or on an edge), in nats, from any source:
// the log, signals, what requests do. Each hypothesis "it began in s" says of every piece of
// evidence whether it is the origin's own (at s), an effect of it (at the callers of s, less often
// the farther; what became less, at what s calls as well), or noise. A piece of `x` nats is taken
// as exponential, of a mean that depends on which of the three it is: noise has the mean that the
// source showed so far at this service, effects more, the origin most. Then
//   log-odds(s) = sum over evidence of ln(1 - p + p f(x) / f0(x)),
// with p the chance that the origin s shows at that place at all, is evidence for s against "all of
// it is noise", and the posterior over the services (each as likely before) and noise follows by
// Bayes. What is looked at and shows nothing (0 nats) counts against; a source that is absent says
// nothing. An effect at a caller supports whoever it calls, and a failing callee explains its
// callers: a caller ranks first only when what it shows is more than an effect.
// docs/internals/origin.md derives it and says where the numbers come from.
//
// Part of the judge's state, as far as it learns what is noise; one thread, no clock. Bounded:
// kPlacesMax places are remembered; a fleet of n services and m pieces costs n * m steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "judge/graph/dependency_graph.h"
#include "judge/graph/traffic_watch.h"

namespace kizashi {

/// Where evidence comes from, as far as it matters to whom it speaks of.
enum class OriginSource : uint8_t {
  kLog,          // patterns that are new or more frequent
  kLogLess,      // patterns that are logged less, or not any more
  kSignal,       // Resource signals: CPU, memory, saturation
  kFailed,       // requests that fail, for whatever reason
  kSlow,         // requests that take long, for whatever reason
  kOwnFailed,    // requests that fail while no call of theirs does
  kOwnSlow,      // requests that take long in the service itself
  kNetworkSlow,  // an edge that takes long between its ends
};
inline constexpr size_t kOriginSources = 8;
/// "log", "log_less", "signal", "failed", ...
std::string_view OriginSourceName(OriginSource source);
OriginSource OriginSourceOf(TrafficAspect aspect);

struct OriginEvidence {
  OriginSource source = OriginSource::kLog;
  std::string service;
  std::string peer;  // of kNetworkSlow: the other end
  double nats = 0;   // how surprising; 0: looked at, and as ever
  std::string what;  // what was found, for people
};

/// One reason for or against an origin, with what it adds to the log-odds.
struct OriginReason {
  enum class Relation : uint8_t { kItself, kCaller, kCallee, kEdge } relation = Relation::kItself;
  int steps = 0;  // away from the origin
  OriginEvidence evidence;
  double gain = 0;  // nats
};

struct Origin {
  std::string service;
  double log_odds = 0;                // in nats, against "all of it is noise"
  double probability = 0;             // among all services and noise
  std::vector<OriginReason> reasons;  // by gain, the largest first; at most kReasonsMax
};

class OriginRanker {
 public:
  /// Evidence of so long is taken together, the most surprising of each source at each place. What
  /// is looked at covers some minutes itself.
  static constexpr Duration kWindow = std::chrono::seconds(20);
  static constexpr size_t kPlacesMax = 50'000;
  static constexpr size_t kReasonsMax = 8;
  static constexpr int kStepsMax = 3;  // how far effects are followed

  /// Something was looked at, at `now`, which does not go back. Tell of 0 nats as well.
  void Add(OriginEvidence evidence, Time now);
  /// The services from the most to the least likely one; those that nothing speaks for are left
  /// out. Ties are in the order of names.
  std::vector<Origin> Rank(const DependencyGraph& graph, Time now) const;

  /// Of what comes once in so many weeks: the surprise that it comes within kWindow.
  static double NatsOfRarity(double weeks_between);

  /// What a source shows at a place when nothing happens, in nats.
  double NoiseOf(OriginSource source, const std::string& service, const std::string& peer) const;

  template <typename A>
  void Fields(A& a) {
    a(places_, sources_);
    if constexpr (A::kReading) Mend();
  }

 private:
  using Key = std::tuple<OriginSource, std::string, std::string>;  // with service and peer
  /// A mean that is learnt, with how much it weighs.
  struct Mean {
    double sum = 0;
    double weight = 0;
    void Add(double nats);
    template <typename A>
    void Fields(A& a) {
      a(sum, weight);
    }
  };
  struct Sight {
    Time time{};
    double nats = 0;
    std::string what;
    template <typename A>
    void Fields(A& a) {
      a(time, nats, what);
    }
  };
  struct Place {
    OriginSource source = OriginSource::kLog;
    std::string service;
    std::string peer;
    std::deque<Sight> sights;  // falling in nats: the first is the most surprising of the window
    Mean noise;
    Time learnt{};  // when `noise` was told of a window last
    template <typename A>
    void Fields(A& a) {
      a(source, service, peer, sights, noise, learnt);
    }
  };
  struct Reach {
    DependencyGraph::Steps callers;
    DependencyGraph::Steps callees;
  };
  struct Piece {
    const Place* place = nullptr;
    double nats = 0;
    double noise = 1;
    const std::string* what = nullptr;
  };
  /// What is shown at one service, as an origin sees it.
  struct Group {
    double shows = 0;  // the chance that the origin shows there
    OriginReason::Relation relation = OriginReason::Relation::kItself;
    int steps = 0;
  };
  static Group GroupOf(const std::string& at, const std::string& origin, const Reach& reach);
  static double Ratio(const Piece& piece, bool is_own);
  static void Weigh(const Group& group, const std::vector<Piece>& pieces, Origin* origin);
  double NoiseOf(const Place& place) const;
  void Learn(Place* place, Time now);
  void Mend();

  std::deque<Place> places_;
  std::vector<Mean> sources_ = std::vector<Mean>(kOriginSources);  // by number
  // Follows from places_.
  std::map<Key, size_t> by_key_;
};

}  // namespace kizashi
