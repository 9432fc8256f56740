// The pairs of windows that an SLO pages on, and those of them that can never fire.
//
// The workbook's pairs are those of the Site Reliability Workbook, chapter 5, table 5-8: page 1 h /
// 5 min at 14.4 and 6 h / 30 min at 6, ticket 3 d / 6 h at 1, for a window of 30 days. Other
// windows scale them in proportion. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "catalog/slo.h"

namespace kizashi {

/// What shares of a budget are told by: its length; a month is 30 days, a quarter 90, a year 365.
Duration NominalLength(const BudgetWindow& window);

/// The workbook's three pairs for a window; no short window is under a minute, no long one under
/// two.
std::vector<BurnPair> WorkbookPairsOf(Duration window);

/// The pairs that an SLO asks for, also those that cannot be reached.
std::vector<BurnPair> AskedPairs(const SloSpec& slo);

/// The fastest that a budget can burn: everything fails.
double FullOutageBurn(const SloSpec& slo);  // 1 / (1 - target)

struct UnreachablePair {
  BurnPair pair;
  /// The arithmetic: "a full outage burns at 1 / (1 - 0.9) = 10, never above 14.4".
  std::string why;
};
/// The pairs of AskedPairs that no outage reaches: factor x (1 - target) >= 1, as a burn
/// rate has to be above the factor.
std::vector<UnreachablePair> UnreachablePairs(const SloSpec& slo);

/// AskedPairs without the UnreachablePairs: those to evaluate.
std::vector<BurnPair> ReachablePairs(const SloSpec& slo);

/// Its name, or "page 1h/5m".
std::string PairName(const BurnPair& pair);

/// The share of the budget that is gone when the pair has burned at its factor over its long
/// window.
double SpentByPair(const BurnPair& pair, Duration window);

/// A share as percent, exactly: 0.999 is "99.9".
std::string ExactPercent(double share);

}  // namespace kizashi
