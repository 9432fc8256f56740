#include "catalog/series_limit.h"

#include <algorithm>
#include <array>

namespace kizashi {
namespace {

constexpr std::array<std::string_view, 4> kHighTiers = {"1", "critical", "high", "gold"};
constexpr std::array<std::string_view, 4> kLowTiers = {"3", "experimental", "low", "bronze"};

bool Has(const std::array<std::string_view, 4>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

size_t SeriesLimitOf(const Catalog& catalog, std::string_view owner) {
  if (catalog.services().empty()) return 0;
  const Service* service = owner.empty() ? nullptr : catalog.FindService(owner);
  if (service == nullptr) return kSeriesUnclaimed;
  if (service->series_limit) return static_cast<size_t>(*service->series_limit);
  if (Has(kHighTiers, service->tier)) return kSeriesOfHighTier;
  return Has(kLowTiers, service->tier) ? kSeriesOfLowTier : kSeriesOfOtherTier;
}

}  // namespace kizashi
