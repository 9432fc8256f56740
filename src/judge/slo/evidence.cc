#include "judge/slo/evidence.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

/// Of the budget, what a healthy service spends.
constexpr double kHealthyShare = 0.5;
/// Beyond so many expected failures the distribution is as good as normal.
constexpr double kExactMax = 400;

/// How many standard deviations a normal variable exceeds with probability `p` at most: bisection
/// of the complementary error function.
double NormalQuantile(double p) {
  double low = 0;
  double high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) / 2 > p ? low : high) = middle;
  }
  return high;
}

}  // namespace

double FalseAlarm(Severity severity) { return severity == Severity::kPage ? 1e-5 : 1e-3; }

int64_t FailuresNeeded(double expected, double false_alarm, double cluster) {
  if (expected > kExactMax) {
    // The variance of the compound is its mean times (2 * cluster - 1).
    const double deviation = std::sqrt(expected * (2 * cluster - 1));
    return static_cast<int64_t>(std::ceil(expected + NormalQuantile(false_alarm) * deviation));
  }
  // k P(k) = (2 q (k-1) + rate (1-q)) P(k-1) - q^2 (k-2) P(k-2), with q = 1 - 1 / cluster.
  const double rate = std::max(expected, 0.0) / cluster;
  const double q = 1 - 1 / cluster;
  double before = 0;
  double now = std::exp(-rate);
  double below = now;  // P(K <= k)
  int64_t k = 0;
  while (1 - below > false_alarm && k < 100'000) {
    ++k;
    const auto n = static_cast<double>(k);
    const double next = ((2 * q * (n - 1) + rate * (1 - q)) * now - q * q * (n - 2) * before) / n;
    before = now;
    now = next;
    below += now;
  }
  return k + 1;
}

EvidenceNeed NeededEvidence(double events, double target, Severity severity) {
  const double expected = std::max(events, 0.0) * (1 - target) * kHealthyShare;
  const double false_alarm = FalseAlarm(severity);
  return {FailuresNeeded(expected, false_alarm, kClusterMean),
          FailuresNeeded(expected, false_alarm, 1)};
}

}  // namespace kizashi
