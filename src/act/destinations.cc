#include "act/destinations.h"

#include <algorithm>

namespace kizashi {
namespace {

/// Deeper than any organisation: ends the walk when parents form a ring.
constexpr int kParentsMax = 32;

}  // namespace

std::vector<Destination> DestinationsOf(std::string_view owner, const Catalog& catalog,
                                        const std::vector<Destination>& fallback) {
  const std::vector<Destination>* found = &fallback;
  const Team* team = catalog.FindTeam(owner);
  for (int step = 0; team != nullptr && step < kParentsMax; ++step) {
    if (!team->notify.empty()) {
      found = &team->notify;
      break;
    }
    team = team->parent.empty() ? nullptr : catalog.FindTeam(team->parent);
  }
  std::vector<Destination> destinations;
  for (const Destination& destination : *found) {
    const bool is_double =
        std::any_of(destinations.begin(), destinations.end(),
                    [&](const Destination& other) { return other.url == destination.url; });
    if (!is_double) destinations.push_back(destination);
  }
  return destinations;
}

}  // namespace kizashi
