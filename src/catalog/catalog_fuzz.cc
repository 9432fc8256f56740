// Any bytes are a catalog or a list of errors, never both, and a good one claims without harm.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "catalog/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A byte 0 parts two files.
  const size_t part = text.find('\0');
  std::vector<CatalogSource> sources = {{"a.yaml", std::string(text.substr(0, part))}};
  if (part != std::string_view::npos) {
    sources.push_back({"team/b.yaml", std::string(text.substr(part + 1))});
  }
  const CatalogLoad load = LoadCatalog(sources);
  KZ_CHECK((load.catalog != nullptr) == load.errors.empty());
  for (const CatalogError& error : load.errors) KZ_CHECK(!error.ToString().empty());
  if (load.catalog == nullptr) return 0;
  const Labels labels(std::vector<Label>{{"job", "shop"}, {"__name__", "up"}});
  load.catalog->Claim(labels);
  for (const Service& service : load.catalog->services()) {
    for (const Selector& selector : service.match) {
      const auto again = ParseSelector(FormatSelector(selector));
      KZ_CHECK(again.ok() && *again == selector, "{}", FormatSelector(selector));
    }
  }
  return 0;
}
