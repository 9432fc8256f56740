#include "query/rules/rule_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "query/promql/go_text.h"
#include "query/promql/parser.h"
#include "query/rules/yaml_fields.h"

namespace kizashi::rules {
namespace {

bool IsName(std::string_view name, bool colons) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [colons](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colons && c == ':');
  });
}

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name), fields_(name) {}

  RuleFile Read(std::string_view text) {
    RuleFile file;
    const auto root = fields_.Read(text);
    if (root && fields_.Mapping(*root, "the file", {"groups"})) {
      std::set<std::string> names;
      for (const YamlNode& node : fields_.List(root->Find("groups"), "groups")) {
        Group(node, &names, &file.groups.emplace_back());
      }
    }
    file.errors = fields_.TakeErrors();
    if (file.errors.empty()) FindDuplicates(&file);
    return file;
  }

 private:
  void Group(const YamlNode& node, std::set<std::string>* names, RuleGroupSpec* group) {
    if (!fields_.Mapping(node, "the group", {"name", "interval", "limit", "rules"})) return;
    group->file = name_;
    const YamlNode* name = node.Find("name");
    group->name = fields_.Text(name, "name");
    group->interval = fields_.Time(node.Find("interval"), "interval");
    if (const auto limit = fields_.Number(node.Find("limit"), "limit")) {
      if (*limit != std::floor(*limit) || std::fabs(*limit) > 1e15) {
        fields_.Error(*node.Find("limit"), "limit is not a whole number");
      } else if (*limit > 0) {
        group->limit = static_cast<uint64_t>(*limit);
      }
    }
    if (group->name.empty()) {
      fields_.Error(name != nullptr ? *name : node, "Groupname must not be empty");
    } else if (!names->insert(group->name).second) {
      fields_.Error(*name, fmt::format("groupname: {} is repeated in the same file",
                                       promql::QuoteGo(group->name)));
    }
    const std::vector<YamlNode>& rules = fields_.List(node.Find("rules"), "rules");
    for (size_t i = 0; i < rules.size(); ++i) {
      where_ = fmt::format("group {}, rule {}", promql::QuoteGo(group->name), i + 1);
      Rule(rules[i], &group->rules.emplace_back());
    }
  }

  // An error of the rule that is being read.
  void Wrong(const YamlNode& node, std::string_view message) {
    fields_.Error(node, fmt::format("{}: {}", where_, message));
  }

  void Rule(const YamlNode& node, RuleSpec* rule) {
    if (!fields_.Mapping(
            node, "the rule",
            {"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})) {
      return;
    }
    const YamlNode* record = node.Find("record");
    const YamlNode* alert = node.Find("alert");
    const std::string record_name = fields_.Text(record, "record");
    rule->name = fields_.Text(alert, "alert");
    rule->is_alert = !rule->name.empty();
    if (!rule->is_alert) rule->name = record_name;
    if (!rule->name.empty()) where_ += ", " + promql::QuoteGo(rule->name);
    if (rule->is_alert && !record_name.empty()) {
      Wrong(*record, "only one of 'record' and 'alert' must be set");
    } else if (rule->name.empty()) {
      Wrong(node, "one of 'record' or 'alert' must be set");
    }
    Expression(node, rule);
    rule->hold = fields_.Time(node.Find("for"), "for");
    rule->keep_firing_for = fields_.Time(node.Find("keep_firing_for"), "keep_firing_for");
    if (!record_name.empty()) CheckRecording(node, record_name, *rule);
    Texts(node.Find("labels"), "label", rule->is_alert, &rule->labels);
    Texts(node.Find("annotations"), "annotation", rule->is_alert, &rule->annotations);
  }

  void Expression(const YamlNode& node, RuleSpec* rule) {
    const YamlNode* expr = node.Find("expr");
    rule->expr = fields_.Text(expr, "expr");
    if (rule->expr.empty()) {
      Wrong(expr != nullptr ? *expr : node, "field 'expr' must be set in rule");
      return;
    }
    const auto parsed = promql::ParseExpr(rule->expr);
    if (parsed.ok()) {
      rule->query = promql::Print(**parsed);
    } else {
      Wrong(*expr, fmt::format("could not parse expression: {}", Message(parsed.status())));
    }
  }

  void CheckRecording(const YamlNode& node, const std::string& name, const RuleSpec& rule) {
    const YamlNode* annotations = node.Find("annotations");
    if (annotations != nullptr && !annotations->children.empty()) {
      Wrong(*annotations, "invalid field 'annotations' in recording rule");
    }
    if (rule.hold.count() != 0) {
      Wrong(*node.Find("for"), "invalid field 'for' in recording rule");
    }
    if (rule.keep_firing_for.count() != 0) {
      Wrong(*node.Find("keep_firing_for"), "invalid field 'keep_firing_for' in recording rule");
    }
    if (!IsName(name, true)) {
      Wrong(*node.Find("record"), fmt::format("invalid recording rule name: {}", name));
    }
  }

  void Texts(const YamlNode* node, std::string_view kind, bool templated,
             std::map<std::string, TemplatedText>* texts) {
    const bool is_label = kind == "label";
    for (const auto& [name, text] : fields_.Texts(node, is_label ? "labels" : "annotations")) {
      const YamlNode& at = *node->Find(name);
      if (!IsName(name, false) || (is_label && name == kMetricName)) {
        Wrong(at, fmt::format("invalid {} name: {}", kind, name));
      }
      TemplatedText& entry = (*texts)[name];
      entry.source = text;
      if (!templated) continue;
      auto parsed = Template::Parse(text);
      if (parsed.ok()) {
        entry.parsed = *std::move(parsed);
      } else {
        Wrong(at, fmt::format("{} {}: template: {}", kind, promql::QuoteGo(name),
                              Message(parsed.status())));
      }
    }
  }

  static void FindDuplicates(RuleFile* file) {
    std::set<std::string> seen;
    for (const RuleGroupSpec& group : file->groups) {
      for (const RuleSpec& rule : group.rules) {
        std::vector<Label> labels = {{std::string(kMetricName), rule.name}};
        for (const auto& [name, text] : rule.labels) labels.push_back({name, text.source});
        std::string series = Labels(std::move(labels)).ToString();
        if (!seen.insert(series).second) file->duplicates.push_back(std::move(series));
      }
    }
  }

  const std::string name_;
  YamlFields fields_;
  std::string where_;
};

bool SameTexts(const std::map<std::string, TemplatedText>& a,
               const std::map<std::string, TemplatedText>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.source == y.second.source;
  });
}

}  // namespace

size_t RuleFile::RuleCount() const {
  size_t count = 0;
  for (const RuleGroupSpec& group : groups) count += group.rules.size();
  return count;
}

RuleFile ParseRuleFile(const std::string& name, std::string_view text) {
  return Reader(name).Read(text);
}

bool SameRule(const RuleSpec& a, const RuleSpec& b) {
  return a.is_alert == b.is_alert && a.name == b.name && a.query == b.query && a.hold == b.hold &&
         a.keep_firing_for == b.keep_firing_for && SameTexts(a.labels, b.labels) &&
         SameTexts(a.annotations, b.annotations);
}

bool SameGroup(const RuleGroupSpec& a, const RuleGroupSpec& b) {
  return a.file == b.file && a.name == b.name && a.interval == b.interval && a.limit == b.limit &&
         std::equal(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(), SameRule);
}

}  // namespace kizashi::rules
