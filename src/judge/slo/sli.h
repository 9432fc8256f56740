// Which series an indicator is measured by, and the part each plays.
//
// An immutable value; any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/slo.h"
#include "wire/telemetry.h"

namespace kizashi {

/// The part that one series plays in one SLO. A series may play several.
struct SliRole {
  enum class Kind : uint8_t {
    kGood,    // its increase is good events
    kBad,     // bad events
    kTotal,   // events
    kBucket,  // of a histogram: its increase is events no slower than `le`
    kGauge,   // its samples are held against the bound
    kTime,    // its samples are times, in seconds since 1970
    // Its samples are what an expression of the SLO gave for a slice:
    kMeasuredGood,
    kMeasuredBad,
    kMeasuredTotal,
    kMeasuredValue,
  };
  Kind kind = Kind::kTotal;
  double sign = 1;     // kGood, kBad, kTotal: -1 takes the events off
  double le = 0;       // kBucket
  uint64_t group = 0;  // kBucket: a hash of the labels without `le`
  bool burns = false;  // its events are bad: it is asked who burned the budget

  bool counts_increase() const { return kind <= Kind::kBucket; }
};

/// The names of the series that hold what the expressions of SLOs give: a gauge for each slice,
/// told apart by the labels `service`, `slo` and `part` ("good", "bad", "total", "value").
inline constexpr std::string_view kSloMeasureName = "kizashi_slo_measure";

/// An expression that has to be measured for an SLO, once for each slice.
struct SliExpression {
  std::string part;    // "good", "bad", "total", "value"
  std::string promql;  // $window put in
  bool rate = false;   // gives events a second, to be made events of the slice
};

class SliMatcher {
 public:
  static StatusOr<SliMatcher> Compile(const std::string& service, const SloSpec& slo);

  /// The parts that a series with these labels plays.
  std::vector<SliRole> Match(const Labels& labels) const;
  /// The series that can play a part, but for those of expressions.
  const std::vector<Selector>& selectors() const { return selectors_; }
  /// What is measured by an expression, not by series of its own.
  const std::vector<SliExpression>& expressions() const { return expressions_; }

 private:
  struct Rule {
    CompiledSelector selector;
    SliRole role;
  };
  Status Add(const std::vector<Selector>& selectors, SliRole role);
  Status Add(const EventCount& count, SliRole::Kind kind, const char* part, const SloSpec& slo);

  std::string service_;
  std::string slo_;
  std::vector<Rule> rules_;
  std::vector<Selector> selectors_;
  std::vector<SliExpression> expressions_;
};

}  // namespace kizashi
