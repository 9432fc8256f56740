#include "act/slo_text.h"

#include <fmt/format.h>

namespace kizashi {

const std::string& SloOwner(const std::string& service_owner, const SloSpec& slo) {
  return slo.agreement.owner.empty() ? service_owner : slo.agreement.owner;
}

std::string SloWindowText(const BudgetWindow& window) {
  if (window.unit == BudgetWindow::Unit::kRolling) return FormatDuration(window.length);
  if (window.count == 1) return std::string(WindowUnitName(window.unit));
  return fmt::format("{} {}s", window.count, WindowUnitName(window.unit));
}

std::string TeamTitle(const Catalog& catalog, std::string_view team) {
  const Team* found = catalog.FindTeam(team);
  return found == nullptr || found->title.empty() ? std::string(team) : found->title;
}

}  // namespace kizashi
