#include "query/rules/rule_test_file.h"

#include <fmt/core.h>

#include <set>

#include "query/promql/go_text.h"
#include "query/rules/yaml_fields.h"

namespace kizashi::rules {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& name) : fields_(name) {}

  RuleTestFile Read(std::string_view text) {
    RuleTestFile file;
    file.evaluation_interval = std::chrono::minutes(1);
    const auto root = fields_.Read(text);
    if (root &&
        fields_.Mapping(*root, "the file",
                        {"rule_files", "evaluation_interval", "group_eval_order", "tests"})) {
      for (const YamlNode& node : fields_.List(root->Find("rule_files"), "rule_files")) {
        file.rule_files.push_back(fields_.Text(&node, "a rule file"));
      }
      const Duration interval =
          fields_.Time(root->Find("evaluation_interval"), "evaluation_interval");
      if (interval.count() > 0) file.evaluation_interval = interval;
      Order(*root, &file);
      for (const YamlNode& node : fields_.List(root->Find("tests"), "tests")) {
        Group(node, &file.tests.emplace_back());
      }
    }
    file.errors = fields_.TakeErrors();
    return file;
  }

 private:
  void Order(const YamlNode& root, RuleTestFile* file) {
    std::set<std::string> seen;
    for (const YamlNode& node : fields_.List(root.Find("group_eval_order"), "group_eval_order")) {
      std::string name = fields_.Text(&node, "a group's name");
      if (!seen.insert(name).second) {
        fields_.Error(node, "group name repeated in evaluation order: " + name);
      }
      file->group_order.push_back(std::move(name));
    }
  }

  void Group(const YamlNode& node, RuleTestGroup* group) {
    if (!fields_.Mapping(node, "the test",
                         {"name", "interval", "input_series", "alert_rule_test", "promql_expr_test",
                          "external_labels", "external_url"})) {
      return;
    }
    group->name = fields_.Text(node.Find("name"), "name");
    group->interval = fields_.Time(node.Find("interval"), "interval");
    group->external_labels = fields_.Texts(node.Find("external_labels"), "external_labels");
    group->external_url = fields_.Text(node.Find("external_url"), "external_url");
    for (const YamlNode& series : fields_.List(node.Find("input_series"), "input_series")) {
      Series(series, group);
    }
    for (const YamlNode& test : fields_.List(node.Find("alert_rule_test"), "alert_rule_test")) {
      Alert(test, group);
    }
    for (const YamlNode& test : fields_.List(node.Find("promql_expr_test"), "promql_expr_test")) {
      Expr(test, group);
    }
  }

  void Series(const YamlNode& node, RuleTestGroup* group) {
    if (!fields_.Mapping(node, "the series", {"series", "values"})) return;
    const std::string text = fields_.Text(node.Find("series"), "series") + " " +
                             fields_.Text(node.Find("values"), "values");
    auto description = promql::ParseSeriesDescription(text);
    if (description.ok()) {
      group->series.push_back(*std::move(description));
    } else {
      fields_.Error(
          node, fmt::format("series {}: {}", promql::QuoteGo(text), Message(description.status())));
    }
  }

  void Alert(const YamlNode& node, RuleTestGroup* group) {
    if (!fields_.Mapping(node, "the alert's test", {"eval_time", "alertname", "exp_alerts"})) {
      return;
    }
    AlertTest& test = group->alerts.emplace_back();
    test.at = fields_.Time(node.Find("eval_time"), "eval_time");
    test.name = fields_.Text(node.Find("alertname"), "alertname");
    if (test.name.empty()) {
      fields_.Error(node, "an item under alert_rule_test misses required attribute alertname");
    }
    for (const YamlNode& alert : fields_.List(node.Find("exp_alerts"), "exp_alerts")) {
      if (!fields_.Mapping(alert, "the alert", {"exp_labels", "exp_annotations"})) continue;
      test.expected.push_back({fields_.Texts(alert.Find("exp_labels"), "exp_labels"),
                               fields_.Texts(alert.Find("exp_annotations"), "exp_annotations")});
    }
  }

  void Expr(const YamlNode& node, RuleTestGroup* group) {
    if (!fields_.Mapping(node, "the expression's test", {"expr", "eval_time", "exp_samples"})) {
      return;
    }
    ExprTest& test = group->exprs.emplace_back();
    test.expr = fields_.Text(node.Find("expr"), "expr");
    test.at = fields_.Time(node.Find("eval_time"), "eval_time");
    for (const YamlNode& sample : fields_.List(node.Find("exp_samples"), "exp_samples")) {
      if (!fields_.Mapping(sample, "the sample", {"labels", "value"})) continue;
      test.expected.push_back({fields_.Text(sample.Find("labels"), "labels"),
                               fields_.Number(sample.Find("value"), "value").value_or(0)});
    }
  }

  YamlFields fields_;
};

}  // namespace

RuleTestFile ParseRuleTestFile(const std::string& name, std::string_view text) {
  return Reader(name).Read(text);
}

}  // namespace kizashi::rules
