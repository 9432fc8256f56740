// Runs the unit tests of rules, with promtool's meaning and messages (2.42).
#pragma once

#include <string>
#include <vector>

#include "query/rules/rule_file.h"
#include "query/rules/rule_test_file.h"

namespace kizashi::rules {

inline constexpr size_t kRuleTestStepsMax = 1'000'000;  // evaluations of one test

struct RuleTestReport {
  size_t passed = 0;  // items of alert_rule_test and promql_expr_test
  size_t failed = 0;
  std::vector<std::string> failures;
};

/// Runs one test on groups of its own, made from `groups`.
void RunRuleTest(const RuleTestGroup& test, const RuleTestFile& file,
                 const std::vector<RuleGroupSpec>& groups, RuleTestReport* report);

}  // namespace kizashi::rules
