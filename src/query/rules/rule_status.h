// How groups of rules do, as values that any thread may read while the rules go on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/rules/rule_group.h"

namespace kizashi::rules {

struct RuleStatus {
  bool is_alert = false;
  std::string name;
  std::string query;
  Duration hold{0};
  Duration keep_firing_for{0};
  TextMap labels;  // as written
  TextMap annotations;
  RuleHealth health;
  std::vector<ActiveAlert> alerts;  // pending and firing ones
  AlertState state() const;         // the worst of its alerts
};

struct RuleGroupStatus {
  std::string name;
  std::string file;
  Duration interval{0};
  uint64_t limit = 0;
  std::optional<Time> last_evaluation;
  double evaluation_seconds = 0;
  std::vector<RuleStatus> rules;
};

RuleGroupStatus StatusOf(const RuleGroup& group);

/// Sorted by file and name. Immutable.
struct RuleSnapshot {
  std::vector<std::shared_ptr<const RuleGroupStatus>> groups;
  std::vector<std::string> errors;  // of the newest reading of the files; the last good one stays
};

}  // namespace kizashi::rules
