#include "rule_commands.h"

#include <memory>
#include <string>
#include <vector>

#include "query/rules/rule_commands.h"

namespace kizashi {

void AddRuleCommands(Command root) {
  Command all = root.Add("rules", "Recording and alerting rules: checks and their unit tests");
  all.RequireCommand();
  auto files = std::make_shared<std::vector<std::string>>();
  Command check = all.Add("check", "Check rule files; all errors at once");
  check.Option("file", files.get(), "Prometheus' rule files", {.required = true});
  check.Footer("Exit code: 0 fine, 1 a file has errors.");
  check.Action([=] { return rules::CheckRulesCommand(*files, stdout); });
  Command test = all.Add("test", "Run unit tests of rules, in promtool's form");
  test.Option("file", files.get(), "Test files", {.required = true});
  test.Footer("Exit code: 0 all passed, 1 a test failed or a file has errors.");
  test.Action([=] { return rules::TestRulesCommand(*files, stdout); });
}

}  // namespace kizashi
