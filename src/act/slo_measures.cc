#include "act/slo_measures.h"

#include <map>

#include "judge/slo/sli.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

constexpr const char* kFile = "SLOs";

YamlNode RuleOf(const Service& service, const SloSpec& slo, const SliExpression& sli) {
  YamlMapping labels;
  labels.Add("service", service.name).Add("slo", slo.name).Add("part", sli.part);
  YamlMapping rule;
  rule.Add("record", kSloMeasureName).Add("expr", sli.promql).Add("labels", labels.Take());
  return rule.Take();
}

/// Reads one group as a file would give it; nothing when an expression is wrong.
std::vector<rules::RuleGroupSpec> GroupOf(Duration interval, std::vector<YamlNode> rules) {
  YamlMapping group;
  group.Add("name", fmt::format("every {}", FormatDuration(interval)));
  group.Add("interval", FormatDuration(interval));
  group.Add("rules", YamlList(std::move(rules)));
  YamlMapping file;
  file.Add("groups", YamlList({group.Take()}));
  rules::RuleFile read = rules::ParseRuleFile(kFile, WriteYaml(file.Take()));
  return read.errors.empty() ? std::move(read.groups) : std::vector<rules::RuleGroupSpec>{};
}

}  // namespace

std::vector<rules::RuleGroupSpec> SloMeasureGroups(const Catalog& catalog) {
  std::map<Duration, std::vector<YamlNode>> by_interval;
  for (const Service& service : catalog.services()) {
    for (const SloSpec& slo : service.slos) {
      const auto matcher = SliMatcher::Compile(service.name, slo);
      if (!matcher.ok()) continue;
      for (const SliExpression& sli : matcher->expressions()) {
        YamlNode rule = RuleOf(service, slo, sli);
        if (!GroupOf(slo.interval, {rule}).empty()) {
          by_interval[slo.interval].push_back(std::move(rule));
        }
      }
    }
  }
  std::vector<rules::RuleGroupSpec> groups;
  for (auto& [interval, rules] : by_interval) {
    for (auto& group : GroupOf(interval, std::move(rules))) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace kizashi
