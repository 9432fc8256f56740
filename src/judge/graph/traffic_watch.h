// Requests between services, as their counters tell: who calls whom, and whether a service fails
// more, or takes longer, than it did.
//
// Fed with the increases of series that a span counter makes: ours (ingest/span_counts.h), or
// OpenTelemetry's span metrics and service graph connectors and Tempo, whose names are the same.
//
// What is asked of every service: of the requests it takes, how many fail, how many are slow; how
// many fail while no call of theirs did, how many are slow in what the service does itself; and of
// every edge how many are slow between its ends. Each is a share of requests that lie beyond a
// bound, compared operation by operation with the share in the past, so that a changed mix of
// requests is no news; and with the share in the minutes just before, so that what went on for long
// is none either: the lesser of the two surprises counts. The count is taken as negative binomial
// around the sum of what is expected of each operation (count_model.h), with a size from how well
// the shares are known; its nats are divided by an over-dispersion learnt from how wrong earlier
// windows were (quasi- likelihood: McCullagh and Nelder 1989, "Generalized Linear Models",
// section 9.2). For durations three bounds are tried, passed by at most a half, a tenth and a
// fiftieth of the past; the newest minute and the newest two are looked at; the number of tests is
// taken off (Bonferroni).
//
// Part of the judge's state; one thread; time comes in as steps of kStep. What is surprising is not
// learnt for kHoldSteps. Memory: kWatchesMax watches of kMetersMax operations, some 300 bytes each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "judge/graph/dependency_graph.h"
#include "wire/telemetry.h"

namespace kizashi {

/// What is watched. kFailed and kSlow are told of what others caused as well.
enum class TrafficAspect : uint8_t { kFailed, kSlow, kOwnFailed, kOwnSlow, kNetworkSlow };
/// "failed", "slow", "own_failed", "own_slow", "network_slow"
std::string_view TrafficAspectName(TrafficAspect aspect);

class TrafficWatch {
 public:
  static constexpr Duration kStep = std::chrono::seconds(15);
  static constexpr size_t kWindowSteps = 12;  // three minutes
  static constexpr size_t kShortSteps = 4;    // what is looked at, the rest being what was before
  static constexpr size_t kLongSteps = 8;
  static constexpr size_t kWatchesMax = 20'000;
  static constexpr size_t kMetersMax =
      128;  // operations of one watch; further ones are passed over
  static constexpr size_t kBoundsMax = 40;
  static constexpr double kRequestsMin = 20;  // of the past of an operation, before it is judged
  static constexpr double kHoldNats = 8;
  static constexpr uint32_t kHoldSteps = 240;  // an hour
  static constexpr uint32_t kNone = UINT32_MAX;

  /// What a service that telemetry names is called here.
  using NameOf = std::function<std::string(std::string_view)>;
  /// A number to feed the series by; kNone when it is none of ours. Numbers are not saved: after
  /// Restore and when series come, ask again. Services are called by what `name_of` says.
  uint32_t Plan(const Labels& labels, const NameOf& name_of);
  /// The series grew by so much since its last sample.
  void Add(uint32_t feed, double increase, Time now);
  /// Ends the step that is going on.
  void EndStep();
  /// Nothing was measured for longer than the window: it is learnt, and the next begins empty.
  void SkipWindow();

  DependencyGraph& graph() { return graph_; }
  const DependencyGraph& graph() const { return graph_; }

  struct Finding {
    TrafficAspect aspect = TrafficAspect::kFailed;
    std::string service;  // of an edge the caller
    std::string callee;   // of an edge
    double nats = 0;      // 0: looked at, and as ever
    double observed = 0;  // requests beyond the bound
    double expected = 0;
    double requests = 0;
    double bound_seconds = 0;  // of durations: the bound of the operation with the most of them
    std::string operation;     // that operation
  };
  /// One for each watch that took requests in the window and knows what is usual, by aspect,
  /// service and callee.
  std::vector<Finding> Look() const;

  template <typename A>
  void Fields(A& a) {
    a(graph_, watches_, recent_, steps_to_errors_);
    if constexpr (A::kReading) Mend();
  }

 private:
  static constexpr size_t kLevels = 3;
  /// One operation: requests by duration, or those that went well and those that failed.
  struct Meter {
    std::string operation;
    std::vector<double> bounds;   // upper ones, in seconds; the last may be +Inf
    std::vector<double> history;  // requests of each bucket, as learnt
    std::vector<double> step;     // up to each bound, in the step that is going on
    template <typename A>
    void Fields(A& a) {
      a(operation, bounds, history, step);
    }
  };
  struct Watch {
    TrafficAspect aspect = TrafficAspect::kFailed;
    std::string service;
    std::string callee;
    std::vector<Meter> meters;
    std::array<double, kLevels> error{};  // sums of squared Pearson residuals
    double weight = 0;                    // windows in them
    uint32_t held_steps = 0;
    template <typename A>
    void Fields(A& a) {
      a(aspect, service, callee, meters, error[0], error[1], error[2], weight, held_steps);
    }
  };
  using Key = std::tuple<TrafficAspect, std::string, std::string>;
  struct Count {
    uint32_t watch = 0;
    uint32_t meter = 0;
    uint32_t bucket = 0;
    double requests = 0;
    template <typename A>
    void Fields(A& a) {
      a(watch, meter, bucket, requests);
    }
  };
  /// What a series adds to: up to two buckets of a meter, and an edge that is seen by it.
  struct Feed {
    uint32_t watch = kNone;
    uint32_t meter = 0;
    std::vector<std::pair<uint32_t, double>> buckets;  // with the sign of the increase
    std::string caller;
    std::string callee;
  };
  /// Requests of the window, by meter and bucket.
  using Window = std::vector<std::vector<double>>;
  struct Test {
    double observed = 0;  // requests beyond the bound
    double expected = 0;
    double variance = 0;  // of what is expected
    double requests = 0;
    double most = 0;  // beyond the bound, of the operation with the most
    uint32_t meter = 0;
    size_t bucket = 0;
  };

  /// What a series counts of the requests of a pair of good and failed ones.
  enum class Counts { kAll, kGood, kFailed, kFailedOfAll };
  Feed PlanSpanMetric(std::string_view what, const Labels& labels, const NameOf& name_of);
  Feed PlanEdge(std::string_view what, const Labels& labels, const NameOf& name_of);
  Feed TimesFeed(const Key& key, std::string_view operation, const Labels& labels);
  Feed PairFeed(const Key& key, std::string_view operation, Counts counts);
  /// Nullptr beyond a limit.
  Meter* MeterOf(const Key& key, std::string_view operation, Feed* feed);
  static bool IsHeld(const Watch& watch);
  static size_t LevelsOf(TrafficAspect aspect);
  /// `before` is nullptr to compare with the past only.
  static Test Compare(const Watch& watch, const Window& window, const Window* before, size_t level);
  /// The requests of the ended steps from `from` to `to`, by watch.
  std::vector<Window> WindowsOf(size_t from, size_t to) const;
  /// A look: the newest steps and those before them.
  struct Split {
    std::vector<Window> now;
    std::vector<Window> before;
  };
  std::vector<Split> Splits() const;
  Finding Judge(uint32_t watch, const std::vector<Split>& splits) const;
  static double NatsOf(const Watch& watch, const Test& test, size_t level);
  void LearnOldestStep();
  void LearnErrors();
  void Mend();

  DependencyGraph graph_;
  std::vector<Watch> watches_;
  std::deque<std::vector<Count>> recent_;  // ended steps
  uint32_t steps_to_errors_ = 0;

  // Follows from the above, or is planned anew.
  std::map<Key, uint32_t> by_key_;
  std::vector<Feed> feeds_;
  std::vector<std::pair<uint32_t, uint32_t>> touched_;  // watch and meter, in this step
};

}  // namespace kizashi
