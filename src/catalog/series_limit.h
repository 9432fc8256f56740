// How many series an owner may have: what its service says, else what its tier stands for.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "catalog/catalog.h"

namespace kizashi {

/// The most that `series_limit` of a service may say.
inline constexpr int kSeriesLimitMax = 10'000'000;
/// Of a service whose tier is 1, critical, high or gold.
inline constexpr size_t kSeriesOfHighTier = 1'000'000;
/// Of a service with another tier, or none.
inline constexpr size_t kSeriesOfOtherTier = 300'000;
/// Of a service whose tier is 3, experimental, low or bronze.
inline constexpr size_t kSeriesOfLowTier = 100'000;
/// Of all series together that no service claims, when there are services.
inline constexpr size_t kSeriesUnclaimed = 1'000'000;

/// The limit of a service by name; of what nobody claims when `owner` is empty or not in the
/// catalog. 0: no limit, in an empty catalog.
size_t SeriesLimitOf(const Catalog& catalog, std::string_view owner);

}  // namespace kizashi
