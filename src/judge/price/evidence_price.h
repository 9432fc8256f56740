// From what is known about a kind to its price, by one pure function: what a price's fields hold is
// all that it takes to compute it again.
//
// A kind's episodes are taken to lead to failures at a rate of `chance` each (a gamma belief, from
// its pool and its own count), beside
// what leads to failures anyway and what else is live (`others`, expected failures in the same
// hours). Hazards add, so that the chance of a failure is 1 - exp(-(others + chance)), and a kind's
// part of it is the rise that it adds to what was there before: parts of several kinds sum to the
// whole, and no failure is paid twice. The chance is calibrated in log-odds against what former
// forecasts came to (Platt 1999): logit p' = offset + slope logit p.
//
// The price is that rise times the minutes that such failures burn (another gamma belief). Mean and
// interval are over both beliefs, by the means of parts of equal probability. Any thread; plain
// values.
#pragma once

#include <optional>
#include <string_view>

#include "judge/price/kind_pool.h"
#include "store/records.h"

namespace kizashi {

/// The version of the rule, which a price names. Another number: prices of the old are explained
/// by their fields only.
inline constexpr int kPriceRule = 1;

/// What a price rests on: the kind's own count and the pool, or the pool alone.
inline constexpr std::string_view kBasisEvidence = "evidence";
inline constexpr std::string_view kBasisPooled = "evidence_pooled";

/// How the chance of a failure is corrected by what former forecasts came to.
struct Calibration {
  double offset = 0;
  double slope = 1;
  /// 1 - exp(-hazard), corrected.
  double Chance(double hazard) const;
  template <typename A>
  void Fields(A& a) {
    a(offset, slope);
  }
};

struct PriceInputs {
  KindPool pool = kStatedPool;  // what kinds like it lead to
  double episodes = 0;          // of the kind, in situations that are over
  double credited = 0;          // failures, after sharing them with other kinds and chance
  double others = 0;            // expected failures without it, in the same window
  Calibration calibration;
  double failure_minutes = 10;  // that such a failure burns on the average
  double failure_weight = 2;    // of how many failures that average is worth
  double followed = 0;          // episodes, by a failure; shown, not used again
  double expected = 0;          // failures in the same windows without it; shown
};

/// `basis` is "evidence" or, when the kind itself has shown too little and only the pool counts,
/// "evidence_pooled".
Price EvidencePrice(const PriceInputs& inputs, std::string_view basis);

/// What a price of one of these bases was computed from; nothing for others or another rule.
std::optional<PriceInputs> InputsOf(const Price& price);

/// The ratio of failures seen to expected, shrunk, with its 5 % and 95 % quantiles:
/// (followed + 1/2) / (expected + 1/2) with Gamma(followed + 1/2, expected + 1/2), after Norén,
/// Hopstadius and Bate 2013 (Statistical Methods in Medical Research 22).
struct ObservedRatio {
  double mean = 1;
  double low = 0;
  double high = 0;
};
ObservedRatio RatioOf(double followed, double expected);

}  // namespace kizashi
