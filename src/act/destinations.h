// To whom what a team owns is told.
//
// Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace kizashi {

/// Where messages about what `owner` owns go: the team's `notify`, else that of the nearest parent
/// that has one, else `fallback`. Without doubles.
std::vector<Destination> DestinationsOf(std::string_view owner, const Catalog& catalog,
                                        const std::vector<Destination>& fallback);

}  // namespace kizashi
