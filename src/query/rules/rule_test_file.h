// promtool's unit-test files of rules, as data.
//
// Reading is total and gives all errors at once. The form is that of Prometheus 2.42
// (documentation "Unit testing for rules").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "query/promql/parser.h"
#include "query/rules/template_value.h"

namespace kizashi::rules {

struct ExpectedAlert {
  TextMap labels;
  TextMap annotations;
};

struct AlertTest {
  Duration at{0};
  std::string name;
  std::vector<ExpectedAlert> expected;
};

struct ExpectedSample {
  std::string labels;  // `name{label="value"}`
  double value = 0;
};

struct ExprTest {
  Duration at{0};
  std::string expr;
  std::vector<ExpectedSample> expected;
};

struct RuleTestGroup {
  std::string name;
  Duration interval{0};  // between two values of a series
  std::vector<promql::SeriesDescription> series;
  std::vector<AlertTest> alerts;
  std::vector<ExprTest> exprs;
  TextMap external_labels;
  std::string external_url;
};

struct RuleTestFile {
  std::vector<std::string> rule_files;  // as written: globs, relative to the file
  Duration evaluation_interval{0};
  std::vector<std::string> group_order;
  std::vector<RuleTestGroup> tests;
  std::vector<std::string> errors;  // "FILE:LINE:COLUMN: MESSAGE"
};

RuleTestFile ParseRuleTestFile(const std::string& name, std::string_view text);

}  // namespace kizashi::rules
