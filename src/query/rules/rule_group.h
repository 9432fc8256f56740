// One group of rules: evaluates them in their order, each on what those before it wrote.
//
// Deterministic given the samples and the times: no clock is read but for how long it took. One
// thread at a time; who shares a group with readers locks. The rules are those of Prometheus 2.42.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "query/rules/alert_rule.h"
#include "query/rules/rule_file.h"

namespace kizashi::rules {

struct RuleSample {
  Labels labels;
  double value = 0;  // a stale marker ends the series
};

/// Where a group reads and writes.
struct RuleIo {
  const SeriesSource* source = nullptr;
  promql::QueryOptions options;
  RuleEnvironment environment;
  /// Keeps the samples of one rule at one time, so that the next rule sees them. An error is the
  /// rule's.
  std::function<Status(const std::vector<RuleSample>& samples, Time at)> write;
};

/// How a rule does, for who asks.
struct RuleHealth {
  std::string last_error;  // "" when the last evaluation went well
  std::optional<Time> last_evaluation;
  double evaluation_seconds = 0;
  /// "unknown", "ok", "err".
  std::string_view Name() const;
};

class RuleGroup {
 public:
  static constexpr Duration kDefaultInterval = std::chrono::minutes(1);
  /// A rule with a shorter `for` is not restored, it simply waits again.
  static constexpr Duration kForGracePeriod = std::chrono::minutes(10);
  /// The longest time without a server after which `for` is restored.
  static constexpr Duration kOutageTolerance = std::chrono::hours(1);

  struct Rule {
    RuleSpec spec;
    std::unique_ptr<AlertRule> alert;  // of an alerting rule
    RuleHealth health;
    std::set<Labels> series;  // that the last evaluation wrote
  };

  explicit RuleGroup(RuleGroupSpec spec, Duration default_interval = kDefaultInterval);

  /// Evaluates all rules at `at`. True when no rule failed.
  bool Evaluate(Time at, const RuleIo& io);

  /// Gives pending alerts the time since which they wait, from ALERTS_FOR_STATE as it was before a
  /// restart; rules write their series from now on. Call after the second evaluation.
  Status Restore(Time at, const RuleIo& io);
  void SetRestored();
  bool restored() const;

  /// Takes alerts, health and written series of an earlier form of this group; the series of
  /// rules that are gone end at the next evaluation.
  void TakeState(RuleGroup* before);
  /// Ends all series of this group.
  Status WriteEnd(Time at, const RuleIo& io);

  /// The times of evaluation: multiples of the interval plus a part of it that the group's name
  /// and file decide, so that groups spread.
  Time AlignedAt(Time now) const;

  const std::string& name() const { return spec_.name; }
  const std::string& file() const { return spec_.file; }
  Duration interval() const { return interval_; }
  const RuleGroupSpec& spec() const { return spec_; }
  const std::vector<Rule>& rules() const { return rules_; }
  std::optional<Time> last_evaluation() const { return last_evaluation_; }
  double evaluation_seconds() const { return evaluation_seconds_; }

 private:
  StatusOr<std::vector<RuleSample>> Compute(Rule* rule, Time at, const RuleIo& io);
  Status Write(Rule* rule, std::vector<RuleSample> samples, Time at, const RuleIo& io);
  Status RestoreRule(Rule* rule, Time at, const RuleIo& io) const;

  RuleGroupSpec spec_;
  Duration interval_;
  std::vector<Rule> rules_;
  std::set<Labels> ended_;  // of rules that are gone
  std::optional<Time> last_evaluation_;
  double evaluation_seconds_ = 0;
};

}  // namespace kizashi::rules
