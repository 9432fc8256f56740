#include "query/rules/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Errors(std::string_view text) {
  return ParseRuleFile("a.yml", text).errors;
}

TEST(RuleFile, ReadsGroups) {
  const RuleFile file = ParseRuleFile("a.yml", R"(groups:
- name: g
  interval: 30s
  limit: 5
  rules:
  - record: job:up:sum
    expr: sum(up)by(job)
    labels: {team: x}
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 1h
    labels: {severity: page}
    annotations: {summary: "{{ $labels.job }} is down"}
)");
  ASSERT_THAT(file.errors, IsEmpty());
  ASSERT_EQ(file.groups.size(), 1u);
  const RuleGroupSpec& group = file.groups[0];
  EXPECT_EQ(group.name, "g");
  EXPECT_EQ(group.file, "a.yml");
  EXPECT_EQ(group.interval, std::chrono::seconds(30));
  EXPECT_EQ(group.limit, 5u);
  ASSERT_EQ(group.rules.size(), 2u);
  EXPECT_EQ(file.RuleCount(), 2u);
  EXPECT_FALSE(group.rules[0].is_alert);
  EXPECT_EQ(group.rules[0].query, "sum by (job) (up)");
  EXPECT_TRUE(group.rules[1].is_alert);
  EXPECT_EQ(group.rules[1].hold, std::chrono::minutes(5));
  EXPECT_EQ(group.rules[1].keep_firing_for, std::chrono::hours(1));
  EXPECT_EQ(group.rules[1].annotations.at("summary").source, "{{ $labels.job }} is down");
}

TEST(RuleFile, AnEmptyFileIsFine) {
  EXPECT_THAT(Errors(""), IsEmpty());
  EXPECT_THAT(Errors("groups:\n"), IsEmpty());
}

TEST(RuleFile, TellsAllErrorsWithTheirPlaces) {
  EXPECT_THAT(
      Errors(R"(groups:
- name: g
  partial: 1
  rules:
  - record: a
    expr: sum(
  - alert: B
    expr: up
    for: soon
    annotations: {x: "{{ foo }}"}
- name: g
)"),
      ElementsAre("a.yml:3:3: unknown field \"partial\" in the group, expected one of name, "
                  "interval, limit, rules",
                  "a.yml:6:11: group \"g\", rule 1, \"a\": could not parse expression: 1:5: parse "
                  "error: unclosed left parenthesis",
                  "a.yml:9:10: for: not a valid duration string: \"soon\"",
                  "a.yml:10:22: group \"g\", rule 2, \"B\": annotation \"x\": template: 1: "
                  "function \"foo\" not defined",
                  "a.yml:11:9: groupname: \"g\" is repeated in the same file"));
}

TEST(RuleFile, TellsWhatARecordingRuleCannotHave) {
  EXPECT_THAT(
      Errors(R"(groups:
- name: g
  rules:
  - record: a-b
    expr: up
    for: 5m
    keep_firing_for: 5m
    labels: {__name__: x}
    annotations: {a: b}
  - expr: up
  - record: a
    alert: b
)"),
      ElementsAre("a.yml:9:18: group \"g\", rule 1, \"a-b\": invalid field 'annotations' in "
                  "recording rule",
                  "a.yml:6:10: group \"g\", rule 1, \"a-b\": invalid field 'for' in "
                  "recording rule",
                  "a.yml:7:22: group \"g\", rule 1, \"a-b\": invalid field "
                  "'keep_firing_for' in recording rule",
                  "a.yml:4:13: group \"g\", rule 1, \"a-b\": invalid recording rule name: "
                  "a-b",
                  "a.yml:8:24: group \"g\", rule 1, \"a-b\": invalid label name: __name__",
                  "a.yml:10:5: group \"g\", rule 2: one of 'record' or 'alert' must be set",
                  "a.yml:11:13: group \"g\", rule 3, \"b\": only one of 'record' and 'alert' "
                  "must be set",
                  "a.yml:11:5: group \"g\", rule 3, \"b\": field 'expr' must be set in rule"));
}

TEST(RuleFile, TellsDuplicates) {
  const RuleFile file = ParseRuleFile("a.yml", R"(groups:
- {name: g, rules: [{record: a, expr: b, labels: {x: y}}]}
- {name: h, rules: [{record: a, expr: c, labels: {x: y}}, {record: a, expr: c}]}
)");
  EXPECT_THAT(file.errors, IsEmpty());
  EXPECT_THAT(file.duplicates, ElementsAre("a{x=\"y\"}"));
}

}  // namespace
}  // namespace kizashi::rules
