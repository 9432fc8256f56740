// What views, messages and reports say about an SLO alike: who owns it, what its window is called.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "act/texts.h"
#include "catalog/catalog.h"

namespace kizashi {

/// The team that the agreement names, else the service's owner.
const std::string& SloOwner(const std::string& service_owner, const SloSpec& slo);

/// "30d", "month", "2 weeks".
std::string SloWindowText(const BudgetWindow& window);

/// The name when there is no title, or no such team.
std::string TeamTitle(const Catalog& catalog, std::string_view team);

/// What PolicyConditionText (judge/slo/policy.h) says, for people.
std::string SloConditionText(std::string_view condition, Language language);

}  // namespace kizashi
