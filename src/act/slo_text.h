// What views, messages and reports say about an SLO alike: who owns it, what its window is called.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "act/texts.h"
#include "catalog/catalog.h"
#include "store/records.h"

namespace kizashi {

/// The team that the agreement names, else the service's owner.
const std::string& SloOwner(const std::string& service_owner, const SloSpec& slo);

/// "30d", "month", "2 weeks".
std::string SloWindowText(const BudgetWindow& window);

/// The name when there is no title, or no such team.
std::string TeamTitle(const Catalog& catalog, std::string_view team);

/// What PolicyConditionText (judge/slo/policy.h) says, for people; of the budget of anomalies, or
/// of an SLO.
std::string SloConditionText(std::string_view condition, Language language, bool anomalies = false);
/// The same of the budget that the alert is about.
std::string PolicyConditionOf(const AlertRecord& alert, Language language);

/// Whether it is about the budget of anomalies, and of no SLO.
bool IsOfAnomalies(const AlertRecord& alert);

}  // namespace kizashi
