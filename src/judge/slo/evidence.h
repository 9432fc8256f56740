// When so many failures are no chance of a healthy service.
//
// At low traffic the workbook's ratio alone pages on one failed request. Here a pair fires only
// when, besides, a healthy service (one that fails at half the rate its budget allows) would show
// as many failures in the long window with a probability of at most `false_alarm`. Failures of a
// healthy service come in clusters (one client that retries, one bad minute), so they are taken as
// a compound Poisson process with clusters of geometric size (Polya-Aeppli; Johnson, Kemp, Kotz,
// "Univariate Discrete Distributions", 9.7) of mean kClusterMean; or, which needs fewer failures
// when they keep on, minutes with a failure are counted as a plain Poisson process, since a
// cluster lies within a minute. Either is enough. With enough traffic both hold wherever the ratio
// does, so nothing is delayed.
//
// Pure functions, any thread.
#pragma once

#include <cstdint>

#include "catalog/slo.h"

namespace kizashi {

/// How many failures the mean cluster of a healthy service has.
inline constexpr double kClusterMean = 4;

/// How likely a single look may take a healthy service for a failing one.
double FalseAlarm(Severity severity);

/// The least k with P(K >= k) <= `false_alarm`, of failures of which `expected` come in clusters
/// of the mean size `cluster` >= 1.
int64_t FailuresNeeded(double expected, double false_alarm, double cluster);

struct EvidenceNeed {
  int64_t failures = 0;
  int64_t minutes = 0;  // with a failure
};

/// For a window that had `events` events, of an SLO with this target.
EvidenceNeed NeededEvidence(double events, double target, Severity severity);

}  // namespace kizashi
