#include "act/slo_text.h"

#include <fmt/format.h>

#include "act/format.h"

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

bool IsOfAnomalies(const AlertRecord& alert) {
  return FieldText(alert.fields, "budget") == "anomaly";
}

std::string PolicyConditionOf(const AlertRecord& alert, Language language) {
  return SloConditionText(FieldText(alert.fields, "condition"), language, IsOfAnomalies(alert));
}

std::string SloConditionText(std::string_view condition, Language language, bool anomalies) {
  constexpr std::string_view kSpent = " % spent";
  constexpr std::string_view kBurn = "burn ";
  constexpr std::string_view kOver = " over ";
  if (condition.ends_with(kSpent)) {
    condition.remove_suffix(kSpent.size());
    return FillText(anomalies ? TextId::kConditionAnomalySpent : TextId::kConditionSpent, language,
                    {{"percent", std::string(condition)}});
  }
  const size_t over = condition.find(kOver);
  if (!condition.starts_with(kBurn) || over == condition.npos) return std::string(condition);
  const auto span = ParseDuration(condition.substr(over + kOver.size()));
  return FillText(anomalies ? TextId::kConditionAnomalyBurn : TextId::kConditionBurn, language,
                  {{"burn", std::string(condition.substr(kBurn.size(), over - kBurn.size()))},
                   {"over", span.ok() ? FormatSpan(*span, language)
                                      : std::string(condition.substr(over + kOver.size()))}});
}

}  // namespace kizashi
