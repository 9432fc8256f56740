#include "catalog/slo_alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace kizashi {
namespace {

constexpr Duration kWorkbookWindow = std::chrono::days(30);
constexpr Duration kShortMin = std::chrono::minutes(1);
constexpr Duration kLongMin = std::chrono::minutes(2);
// A factor that is written to be just reachable may be so by the last bit only.
constexpr double kRounding = 1e-12;

Duration Scaled(Duration span, Duration window) {
  const Duration exact(span.count() * window.count() / kWorkbookWindow.count());
  return std::chrono::floor<std::chrono::minutes>(exact);
}

bool Reachable(const BurnPair& pair, const SloSpec& slo) {
  return pair.factor * (1 - slo.target) < 1 - kRounding;
}

}  // namespace

Duration NominalLength(const BudgetWindow& window) {
  using std::chrono::days;
  switch (window.unit) {
    case BudgetWindow::Unit::kRolling: return window.length;
    case BudgetWindow::Unit::kDay: return days(1) * window.count;
    case BudgetWindow::Unit::kWeek: return days(7) * window.count;
    case BudgetWindow::Unit::kMonth: return days(30) * window.count;
    case BudgetWindow::Unit::kQuarter: return days(90) * window.count;
    case BudgetWindow::Unit::kYear: return days(365) * window.count;
  }
  return window.length;
}

std::vector<BurnPair> WorkbookPairsOf(Duration window) {
  using std::chrono::hours;
  using std::chrono::minutes;
  std::vector<BurnPair> pairs = {{"", Severity::kPage, hours(1), minutes(5), 14.4, {}},
                                 {"", Severity::kPage, hours(6), minutes(30), 6, {}},
                                 {"", Severity::kTicket, hours(72), hours(6), 1, {}}};
  for (BurnPair& pair : pairs) {
    pair.long_window = std::max(Scaled(pair.long_window, window), kLongMin);
    pair.short_window = std::max(Scaled(pair.short_window, window), kShortMin);
  }
  return pairs;
}

std::vector<BurnPair> AskedPairs(const SloSpec& slo) {
  switch (slo.alerting.kind) {
    case SloAlerting::Pairs::kWorkbook: return WorkbookPairsOf(NominalLength(slo.window));
    case SloAlerting::Pairs::kOwn: return slo.alerting.pairs;
    case SloAlerting::Pairs::kNone: return {};
  }
  return {};
}

double FullOutageBurn(const SloSpec& slo) { return 1 / (1 - slo.target); }

std::vector<UnreachablePair> UnreachablePairs(const SloSpec& slo) {
  std::vector<UnreachablePair> out;
  for (const BurnPair& pair : AskedPairs(slo)) {
    if (Reachable(pair, slo)) continue;
    out.push_back({pair, fmt::format("a full outage burns at 1 / (1 - {}) = {:.4g}, never above {}",
                                     slo.target, FullOutageBurn(slo), pair.factor)});
  }
  return out;
}

std::vector<BurnPair> ReachablePairs(const SloSpec& slo) {
  std::vector<BurnPair> pairs = AskedPairs(slo);
  std::erase_if(pairs, [&](const BurnPair& pair) { return !Reachable(pair, slo); });
  return pairs;
}

std::string PairName(const BurnPair& pair) {
  if (!pair.name.empty()) return pair.name;
  return fmt::format("{} {}/{}", SeverityName(pair.severity), FormatDuration(pair.long_window),
                     FormatDuration(pair.short_window));
}

double SpentByPair(const BurnPair& pair, Duration window) {
  return pair.factor * ToSeconds(pair.long_window) / ToSeconds(window);
}

std::string ExactPercent(double share) {
  // The shortest digits that give the share, with the point two places further right: no arithmetic
  // that rounds.
  const std::string text = fmt::format("{:.17e}", share);  // for the exponent
  std::string digits;
  int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  const std::string shortest = fmt::format("{}", share);
  for (const char c : shortest.substr(0, shortest.find('e'))) {
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  exponent += 3;  // digits before the point of the percentage
  if (exponent <= 0) return "0." + std::string(static_cast<size_t>(-exponent), '0') + digits;
  const auto whole = static_cast<size_t>(exponent);
  if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0');
  return digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace kizashi
