// Any bytes as the file of --alert-sources: sources or errors, and no source of one's own that
// takes what its mapping does not describe.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/foreign_sources.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ForeignSourcesResult read = ReadForeignSources(text, "f.yml");
  KZ_CHECK((read.sources == nullptr) != read.errors.empty());
  if (read.sources == nullptr) return 0;
  KZ_CHECK(read.sources->size() <= kForeignSourcesMax + 5);
  const HttpRequest request;
  for (const auto& [name, source] : *read.sources) {
    KZ_CHECK(source.name == name && source.mapping.has_value() == !AlertSourceOf(name));
    KZ_CHECK(source.secret_file.empty() == HoldsSecret(source, request));
    KZ_CHECK(SecretRefusal(source).status == 401);
    if (!source.mapping) continue;
    KZ_CHECK(!source.mapping->name.empty());
    const ForeignAlerts alerts = ReadMappedAlerts(*source.mapping, R"({"a":[{"b":"c"}]})", Time());
    KZ_CHECK(!alerts.alerts.empty() || alerts.error_count > 0 || alerts.nothing);
  }
  return 0;
}
