// What an anomaly puts at risk, in error-budget minutes.
//
// There is no history to learn from yet, so every price rests on a stated prior, and says so in its
// basis and fields: the chance of a failure (a beta distribution with its 90 % interval) times the
// minutes of full outage that a failure is taken to burn.
#pragma once

#include "judge/price/beta.h"
#include "store/records.h"

namespace kizashi {

/// Minutes of full outage that a failure is taken to burn before it is mended.
inline constexpr double kPriorFailureMinutes = 10;

/// The chance that a given other member goes away before this one is back: mean 2 %.
inline constexpr BetaPrior kPriorMemberLoss{0.5, 24.5};

/// The chance that a log pattern never seen before comes before a failure: mean 1 %.
inline constexpr BetaPrior kPriorNovelty{0.5, 49.5};

/// The chance that unusual signals of a service come before a failure: mean 2 %.
inline constexpr BetaPrior kPriorSignals{0.5, 24.5};

/// The price of the `down`-th member (from 1) of a group of `of` that needs `need` being away: the
/// rise, by this one member, in the chance that fewer than `need` are left before repair. Once
/// fewer than `need` are left the failure itself is paid from the error budget, and the price is
/// zero. Requires 1 <= need <= of and 1 <= down <= of.
Price PriceMemberDown(int need, int of, int down);

/// The price of a log pattern that was never seen before.
Price PriceNovelty();

/// The chance that an alert of another program comes before a failure: mean 4 %. Somebody set it up
/// because it once did.
inline constexpr BetaPrior kPriorForeignAlert{0.5, 12};

/// The price of an alert of another program.
Price PriceForeignAlert();

/// The price of signals that do what they normally do not do.
Price PriceSignals();

}  // namespace kizashi
