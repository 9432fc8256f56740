#include "query/rules/rule_commands.h"

#include <fmt/core.h>
#include <glob.h>

#include "query/promql/file_source.h"
#include "query/rules/rule_file.h"
#include "query/rules/rule_test_runner.h"

namespace kizashi::rules {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFindings = 1;
constexpr int kExitCouldNotRun = 3;

int Exit(bool failed, std::FILE* out) {
  if (std::fflush(out) != 0 || std::ferror(out) != 0) return kExitCouldNotRun;
  return failed ? kExitFindings : kExitOk;
}

RuleFile ReadRuleFile(const std::string& file) {
  const auto text = promql::ReadText(file);
  if (text.ok()) return ParseRuleFile(file, *text);
  RuleFile unread;
  unread.errors.emplace_back(Message(text.status()));
  return unread;
}

// The rules that a test file names; what is wrong goes to `report`.
std::vector<RuleGroupSpec> ReadGroups(const std::string& file, const RuleTestFile& tests,
                                      RuleTestReport* report, std::FILE* out) {
  const size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : file.substr(0, slash + 1);
  std::vector<RuleGroupSpec> groups;
  for (const std::string& pattern : tests.rule_files) {
    const std::string path = pattern.starts_with('/') ? pattern : folder + pattern;
    const std::vector<std::string> files = GlobFiles(path);
    if (files.empty()) fmt::print(out, "  WARNING: no file match pattern {}\n", path);
    for (const std::string& name : files) {
      RuleFile rules = ReadRuleFile(name);
      report->failures.insert(report->failures.end(), rules.errors.begin(), rules.errors.end());
      for (RuleGroupSpec& group : rules.groups) groups.push_back(std::move(group));
    }
  }
  return groups;
}

void RunFile(const std::string& file, RuleTestReport* report, std::FILE* out) {
  const auto text = promql::ReadText(file);
  if (!text.ok()) {
    report->failures.emplace_back(Message(text.status()));
    return;
  }
  const RuleTestFile tests = ParseRuleTestFile(file, *text);
  report->failures = tests.errors;
  if (!report->failures.empty()) return;
  const std::vector<RuleGroupSpec> groups = ReadGroups(file, tests, report, out);
  if (!report->failures.empty()) return;
  for (const RuleTestGroup& test : tests.tests) RunRuleTest(test, tests, groups, report);
}

}  // namespace

std::vector<std::string> GlobFiles(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
  }
  globfree(&found);
  return files;
}

int CheckRulesCommand(const std::vector<std::string>& files, std::FILE* out) {
  bool failed = false;
  for (const std::string& file : files) {
    fmt::print(out, "Checking {}\n", file);
    const RuleFile rules = ReadRuleFile(file);
    if (!rules.errors.empty()) {
      failed = true;
      fmt::print(out, "  FAILED:\n");
      for (const std::string& error : rules.errors) fmt::print(out, "{}\n", error);
    } else {
      for (const std::string& series : rules.duplicates) {
        fmt::print(out, "  WARNING: duplicate rule: {}\n", series);
      }
      fmt::print(out, "  SUCCESS: {} rules found\n", rules.RuleCount());
    }
    fmt::print(out, "\n");
  }
  return Exit(failed, out);
}

int TestRulesCommand(const std::vector<std::string>& files, std::FILE* out) {
  size_t passed = 0;
  size_t failed = 0;
  for (const std::string& file : files) {
    fmt::print(out, "Unit Testing:  {}\n", file);
    RuleTestReport report;
    RunFile(file, &report, out);
    if (report.failures.empty()) {
      fmt::print(out, "  SUCCESS\n\n");
    } else {
      fmt::print(out, "  FAILED:\n");
      for (const std::string& failure : report.failures) fmt::print(out, "{}\n", failure);
      fmt::print(out, "\n");
      report.failed = std::max<size_t>(report.failed, 1);
    }
    passed += report.passed;
    failed += report.failed;
  }
  fmt::print(out, "{} passed, {} failed\n", passed, failed);
  return Exit(failed > 0, out);
}

}  // namespace kizashi::rules
