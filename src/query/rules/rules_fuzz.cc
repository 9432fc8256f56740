// Any text: as a template it is parsed and expanded within limits or told wrong; as a rule file and
// as a test file it gives groups or errors; what a good file holds is evaluated.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "query/promql/memory_source.h"
#include "query/rules/rule_group.h"
#include "query/rules/rule_test_file.h"

namespace {

using namespace kizashi;
using namespace kizashi::rules;

constexpr int kEvaluations = 3;

void TryTemplate(std::string_view text) {
  const auto parsed = Template::Parse(text);
  if (!parsed.ok()) return;
  TemplateData data;
  data.labels = {{"instance", "a:80"}, {"job", "x"}};
  data.value = 1.5;
  const auto expanded =
      parsed->Expand(data, [](const std::string& query) -> StatusOr<std::vector<TemplateSample>> {
        if (query.empty()) return InvalidArgument("no query");
        return std::vector<TemplateSample>{{{{"job", query}}, 1}, {{{"job", "y"}}, 2}};
      });
  if (expanded.ok()) KZ_CHECK(expanded->size() <= kExpandedBytesMax);
}

// As a file of notifications' templates, and as a text that calls what it defines.
void TryNotification(std::string_view text) {
  TemplateSet set;
  if (!set.Add(text).ok()) return;
  auto alerts = std::make_shared<ValueList>();
  alerts->items.push_back({std::string("a")});
  alerts->members["Firing"] = {std::make_shared<const ValueList>()};
  const ValueMap root = {
      {"Alerts", {ValueListPtr(alerts)}},
      {"GroupLabels", {std::make_shared<const TextMap>(TextMap{{"alertname", "x"}, {"b", "y"}})}},
      {"Status", {std::string("firing")}}};
  const auto expanded = set.Expand(text, {std::make_shared<const ValueMap>(root)});
  if (expanded.ok()) KZ_CHECK(expanded->size() <= kExpandedBytesMax);
}

void TryRules(std::string_view text) {
  RuleFile file = ParseRuleFile("fuzz.yml", text);
  if (!file.errors.empty()) return;
  promql::MemorySource source;
  for (int i = 0; i < kEvaluations; ++i) {
    source.Add(Labels({{"__name__", "up"}, {"job", "x"}}), i * 60'000, i % 2);
  }
  RuleIo io;
  io.source = &source;
  io.options.limits.samples_max = 10'000;
  io.options.limits.bytes_max = 4 << 20;
  io.options.limits.timeout = std::chrono::milliseconds(200);
  io.write = [&](const std::vector<RuleSample>& samples, Time at) {
    for (const RuleSample& sample : samples) source.Add(sample.labels, ToMs(at), sample.value);
    return OkStatus();
  };
  for (RuleGroupSpec& spec : file.groups) {
    RuleGroup group(std::move(spec));
    for (int i = 0; i < kEvaluations; ++i) group.Evaluate(TimeFromMs(i * 60'000), io);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  TryTemplate(text);
  TryNotification(text);
  TryRules(text);
  ParseRuleTestFile("fuzz.yml", text);
  return 0;
}
