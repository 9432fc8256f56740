// What came before a service's failures: situations, and how many failures each kind is credited.
//
// A situation begins with an episode while none is live, and takes the episodes that begin while
// one is (an episode is live for kHorizon), for at most kSituationMax. It ends with the failure of
// the service or of one that depends on it, or without one. Episodes that begin during a failure
// are its symptoms and count for nothing.
//
// Hazards add: a situation with episodes of kinds c leads to a failure with the chance
// 1 - exp(-(base + sum of m_c h_c)). The h are found by expectation maximisation: a failure is
// shared among base and kinds in proportion to what they led one to expect, and h_c is the mean of
// what is then believed of the kind (KindPool). So a failure is credited once, and a kind that only
// goes along with another is credited little.
//
// The base is the service's rate of failures while nothing is live, by four hours of the day and
// weekend or not (UTC): the matched control times.
//
// Situations older than kForget are forgotten, and so is what is beyond the limits, oldest first;
// control times are forgotten by half in kForget / 2.
//
// Part of the judge's state. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "judge/price/evidence_price.h"
#include "judge/price/kind_pool.h"

namespace kizashi {

class ServiceEvidence {
 public:
  static constexpr Duration kHorizon = std::chrono::hours(1);
  static constexpr Duration kSituationMax = std::chrono::hours(6);
  /// A failure is told of late, when it has burned enough; a situation waits so long for it.
  static constexpr Duration kSettle = std::chrono::minutes(15);
  /// A failure that begins so soon after the end of another is the same.
  static constexpr Duration kMerge = std::chrono::minutes(10);
  static constexpr Duration kForget = std::chrono::hours(24 * 180);
  static constexpr size_t kSituationsMax = 1000;
  static constexpr size_t kKindsMax = 500;
  static constexpr size_t kKindsInSituationMax = 64;
  static constexpr size_t kFailuresMax = 200;

  /// A kind's numbers, as of the last estimate.
  struct Kind {
    std::string name;
    std::string source;
    Time last{};          // when an episode began last
    double episodes = 0;  // in situations that are over
    double followed = 0;  // situations with it that ended in a failure
    double expected = 0;  // failures in those situations without it
    double credited = 0;  // failures
    double minutes = 0;   // that these burned, in proportion
    double hazard = 0;    // failures an episode: the mean belief
    KindPool pool = kStatedPool;
    KindCount count() const { return {credited, episodes}; }
    template <typename A>
    void Fields(A& a) {
      a(name, source, last, episodes, followed, expected, credited, minutes, hazard, pool);
    }
  };

  /// What a situation came to that is over: for the calibration.
  struct Outcome {
    double hazard = 0;  // expected failures, as believed before it was known
    double failed = 0;  // 1, 0, or its share of a failure
  };

  /// An episode began. Its kind is followed from then on.
  void Begin(std::string_view source, std::string_view kind, const KindPool& pool, Time at);
  /// Time passed, in which failures would have been seen (`measured`) or not.
  void Advance(Time now, bool measured, std::vector<Outcome>* outcomes);

  /// Whether a failure that begins then is part of the one before.
  bool IsSameFailure(Time begin) const;
  /// How many failures were to be expected by `at` of what is live then; 0: nothing is.
  double HazardAt(Time at) const;
  /// A failure began. Its credit is `share` of one: less when situations of other services share
  /// it.
  void FailureBegan(Time begin, double share, std::vector<Outcome>* outcomes);
  void FailureEnded(Time end, double minutes);

  /// Situations are over that Estimate has not seen.
  bool changed() const { return changed_; }
  /// Estimates all hazards anew: from the pools of its sources, and the fleet's failures a minute.
  void Estimate(const std::map<std::string, KindPool>& pools, const KindPool& pool_of_others,
                double fleet_rate);

  const Kind* Find(std::string_view kind) const;
  const std::vector<Kind>& kinds() const { return kinds_; }  // slots without a name are free
  /// Expected failures in an hour from `at` of what is live and of the base; but for one episode of
  /// `without`, the newest, if it is there.
  double Others(Time at, std::string_view without) const;

  double control_minutes() const;  // and failures in them
  double control_failures() const;
  bool measured() const { return measured_minutes_ > 0; }
  struct Failures {
    double count = 0;
    double minutes = 0;
  };
  Failures failures() const;
  size_t situations() const { return past_.size(); }

  template <typename A>
  void Fields(A& a) {
    a(kinds_, past_, open_, settling_, control_, rate_by_bin_, failures_, outage_, last_,
      control_day_, measured_minutes_, changed_);
    if constexpr (A::kReading) Validate(a);
  }

 private:
  static constexpr int kBins = 12;
  struct Part {
    uint32_t slot = 0;
    uint32_t count = 0;
    template <typename A>
    void Fields(A& a) {
      a(slot, count);
    }
  };
  struct Situation {
    Time begin{};
    Time end{};
    std::vector<Part> parts;
    double share = 0;  // of a failure; 0: none followed
    Time failure{};
    double minutes = 0;
    template <typename A>
    void Fields(A& a) {
      a(begin, end, parts, share, failure, minutes);
    }
  };
  struct Live {
    Time begin{};
    Time end{};
    std::vector<std::pair<uint32_t, Time>> episodes;
    double measured_minutes = 0;
    template <typename A>
    void Fields(A& a) {
      a(begin, end, episodes, measured_minutes);
    }
  };
  struct Control {
    double minutes = 0;
    double failures = 0;
    template <typename A>
    void Fields(A& a) {
      a(minutes, failures);
    }
  };
  struct Failure {
    Time begin{};
    double minutes = 0;
    template <typename A>
    void Fields(A& a) {
      a(begin, minutes);
    }
  };
  struct Outage {
    Time begin{};
    std::optional<Time> end;
    int active = 0;  // services that fail
    template <typename A>
    void Fields(A& a) {
      a(begin, end, active);
    }
  };

  // What was read is no state of ours when a situation names a kind that is not there.
  template <typename A>
  void Validate(A& a) {
    bool whole =
        kinds_.size() <= kKindsMax && control_.size() == kBins && rate_by_bin_.size() == kBins;
    for (const Situation& situation : past_) {
      for (const Part& part : situation.parts) whole = whole && part.slot < kinds_.size();
    }
    const auto check = [&](const Live& live) {
      for (const auto& episode : live.episodes) whole = whole && episode.first < kinds_.size();
    };
    if (open_) check(*open_);
    for (const Live& live : settling_) check(live);
    if (!whole) a.Fail();
  }
  static size_t BinOf(Time time);
  std::optional<uint32_t> SlotOf(std::string_view source, std::string_view kind,
                                 const KindPool& pool, Time at);
  void FreeOldestKind();
  void Close(const Live& live, std::optional<Time> failure, double share,
             std::vector<Outcome>* outcomes);
  double HazardOf(const Live& live, Time at) const;
  double BaseOf(Time begin, Time end) const;
  void Forget(Time now);
  void EstimateBase(double fleet_rate);
  void Credit();

  std::vector<Kind> kinds_;
  std::deque<Situation> past_;
  std::optional<Live> open_;
  std::deque<Live> settling_;
  std::vector<Control> control_ = std::vector<Control>(kBins);
  std::vector<double> rate_by_bin_ = std::vector<double>(kBins);  // failures a minute
  std::deque<Failure> failures_;
  std::optional<Outage> outage_;
  std::optional<Time> last_;
  int64_t control_day_ = 0;
  double measured_minutes_ = 0;
  bool changed_ = false;
};

}  // namespace kizashi
