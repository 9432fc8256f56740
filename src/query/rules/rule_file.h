// Rule files of Prometheus: groups of recording and alerting rules.
//
// Reading is total and gives all errors of a file at once. The form is that of Prometheus 2.42
// (documentation "Defining recording rules", "Alerting rules"); beyond it, aliases of YAML are
// refused.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "query/rules/template.h"

namespace kizashi::rules {

/// A text with templates in it. What does not stand in braces is the text itself.
struct TemplatedText {
  std::string source;
  Template parsed;  // of alerting rules
};

struct RuleSpec {
  bool is_alert = false;
  std::string name;  // of the alert or of the series that is recorded
  std::string expr;
  std::string query;  // `expr` in its canonical form
  Duration hold{0};   // `for`
  Duration keep_firing_for{0};
  std::map<std::string, TemplatedText> labels;
  std::map<std::string, TemplatedText> annotations;
};

struct RuleGroupSpec {
  std::string file;
  std::string name;
  Duration interval{0};  // 0: the default
  uint64_t limit = 0;    // of series or alerts of one rule; 0: none
  std::vector<RuleSpec> rules;
};

struct RuleFile {
  std::vector<RuleGroupSpec> groups;
  std::vector<std::string> errors;      // "FILE:LINE:COLUMN: MESSAGE"
  std::vector<std::string> duplicates;  // rules that write the same series; no error to Prometheus
  size_t RuleCount() const;
};

RuleFile ParseRuleFile(const std::string& name, std::string_view text);

/// Whether two rules of a group's old and new form are the same.
bool SameRule(const RuleSpec& a, const RuleSpec& b);
bool SameGroup(const RuleGroupSpec& a, const RuleGroupSpec& b);

}  // namespace kizashi::rules
