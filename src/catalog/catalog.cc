#include "catalog/catalog.h"

#include <algorithm>
#include <array>

namespace kizashi {
namespace {

constexpr std::array<std::string_view, 6> kDefaultLabels = {
    "service_name",           "service.name",           "service",
    "app_kubernetes_io_name", "app.kubernetes.io/name", "job"};

template <typename T>
const T* FindByName(const std::vector<T>& things, std::string_view name) {
  const auto at = std::lower_bound(things.begin(), things.end(), name,
                                   [](const T& a, std::string_view b) { return a.name < b; });
  return at != things.end() && at->name == name ? &*at : nullptr;
}

}  // namespace

const Service* Catalog::FindService(std::string_view name) const {
  return FindByName(services_, name);
}
const Team* Catalog::FindTeam(std::string_view name) const { return FindByName(teams_, name); }
const Person* Catalog::FindPerson(std::string_view name) const { return FindByName(people_, name); }

const Service* Catalog::Claim(const Labels& labels) const {
  // Claims stand in order of their services' names, so the smallest that holds decides.
  size_t first = claims_.size();
  const auto try_claims = [&](const std::vector<size_t>& claims) {
    for (const size_t claim : claims) {
      if (claim >= first) return;
      if (claims_[claim].selector.Matches(labels)) first = claim;
    }
  };
  for (const auto& [label, by_value] : indexed_claims_) {
    const std::string_view value = labels.Get(label);
    if (value.empty()) continue;
    if (const auto at = by_value.find(value); at != by_value.end()) try_claims(at->second);
  }
  try_claims(other_claims_);
  if (first < claims_.size()) return &services_[claims_[first].service];

  for (const std::string_view label : kDefaultLabels) {
    const std::string_view value = labels.Get(label);
    if (value.empty()) continue;
    const Service* service = FindService(value);
    return service != nullptr && service->match.empty() ? service : nullptr;
  }
  return nullptr;
}

std::string Catalog::NameOf(std::string_view name) const {
  const std::string value(name);
  const Service* const service = Claim(Labels({{"service_name", value}, {"service.name", value}}));
  return service == nullptr ? value : service->name;
}

}  // namespace kizashi
