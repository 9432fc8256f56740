// The signals of one service: values of its series turned into numbers by the shipped rules.
//
// Counters are followed as increases in steps of 15 s; a rate is over the last four steps, so that
// a target scraped once a minute still reads evenly. Gauges are read at the step's end. Owned by
// the judge, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "catalog/catalog.h"
#include "judge/signal/rules.h"
#include "store/telemetry_store.h"

namespace kizashi {

/// What the rules want from a series with given labels: found once per series, then kept.
struct SignalFeed {
  uint16_t rule = 0;
  bool denominator = false;
  double upper_bound = 0;  // of a histogram's bucket
};

/// The rules with their selectors compiled. Immutable; shared by every service.
class SignalMatcher {
 public:
  SignalMatcher();
  std::vector<SignalFeed> Match(const Labels& labels) const;

 private:
  struct Compiled {
    std::string name;  // an exact metric name that must hold, "" for none
    CompiledSelector selector;
    uint16_t rule;
    bool denominator;
  };
  std::vector<Compiled> selectors_;
  // Places in selectors_, ascending, for each name, with those that want none; and those alone.
  std::unordered_map<std::string, std::vector<size_t>, StringHash, std::equal_to<>> by_name_;
  std::vector<size_t> nameless_;
};

struct SignalValue {
  const SignalRule* rule = nullptr;
  std::optional<double> value;  // nothing: no data in the last minute
};

class SignalBoard {
 public:
  static constexpr Duration kStep = std::chrono::seconds(15);
  static constexpr int kStepsKept = 4;

  /// A counter of the service grew.
  void AddIncrease(const SignalFeed& feed, double increase);
  /// A gauge of the service reads `value` now; nothing: the series ended.
  void SetGauge(const SignalFeed& feed, SeriesId series, std::optional<double> value);

  /// Ends a step: the value of every rule that has ever had data, in the order of the table.
  std::vector<SignalValue> EndStep();

  template <typename A>
  void Fields(A& a) {
    a(accumulators_);
  }

 private:
  struct Side {
    std::vector<double> steps;          // increases, newest last; at most kStepsKept
    std::map<SeriesId, double> gauges;  // latest values
    template <typename A>
    void Fields(A& a) {
      a(steps, gauges);
    }
    void Add(double increase);
    void EndStep();
    double Increase() const;
  };
  struct Accumulator {
    Side numerator;
    Side denominator;
    std::map<double, Side> buckets;  // by upper bound
    bool fed = false;                // a counter was seen in the last step
    int idle_steps = 0;
    template <typename A>
    void Fields(A& a) {
      a(numerator, denominator, buckets, fed, idle_steps);
    }
  };
  std::optional<double> Value(const SignalRule& rule, Accumulator& accumulator) const;

  std::map<uint16_t, Accumulator> accumulators_;  // by rule
};

/// True when the rule follows increases (counters) and not latest values.
bool IsCounterKind(SignalKind kind);

}  // namespace kizashi
