// Any bytes beside a small catalog are a plan or errors with places; what could be read answers.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "act/oncall/check.h"
#include "act/oncall/reader.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  using namespace kizashi::oncall;
  const std::vector<CatalogSource> base = {
      {"base.yaml",
       "team: {name: dev, members: [ann, bob], notify: [{webhook: 'http://127.0.0.1:1/'}]}\n---\n"
       "service: {name: shop, owner: dev}\n"}};
  static const std::shared_ptr<const Catalog> catalog = LoadCatalog(base).catalog;
  KZ_CHECK(catalog != nullptr);
  std::vector<CatalogSource> sources = base;
  sources.push_back({"a.yaml", std::string(reinterpret_cast<const char*>(data), size)});
  PlanLoad load = ReadPlan(sources, *catalog);
  for (const CatalogError& error : load.errors) KZ_CHECK(!error.ToString().empty());
  for (const EscalationPolicy& policy : load.plan.policies) {
    KZ_CHECK(!load.errors.empty() || !policy.steps.empty());
  }
  const OnCall oncall(std::move(load.plan), {});
  const Time from = TimeFromMs(1'790'000'000'000);
  const Time to = from + std::chrono::days(2);
  for (const Schedule& schedule : oncall.schedules()) {
    Time at = from;
    for (const Span& span : oncall.Spans(schedule.name, from, to)) {
      KZ_CHECK(span.begin == at && span.end > at);
      KZ_CHECK(!span.duty || !oncall.IsAway(span.duty->person, span.begin));
      at = span.end;
    }
    KZ_CHECK(at == to);
  }
  FindFindings(oncall, from, to);
  return 0;
}
