// Incidents of before that are like one, and why.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "act/incident/incident_view.h"

namespace kizashi::incidents {

struct Likeness {
  std::string code;  // "service", "alert", "anomaly", "pattern", "trigger", "cause"
  std::string value;
};

struct SimilarIncident {
  std::shared_ptr<const IncidentView> view;
  int score = 0;
  std::vector<Likeness> reasons;  // the weightiest first
};

inline constexpr size_t kSimilarMax = 5;

/// The likest first, at most kSimilarMax; those that began later, were merged, or share no more
/// than a service's trigger class are none.
std::vector<SimilarIncident> FindSimilar(
    const IncidentView& one, const std::vector<std::shared_ptr<const IncidentView>>& all);

/// Why, for people.
std::string LikenessText(const Likeness& likeness, Language language);

}  // namespace kizashi::incidents
