#include "judge/price/beta.h"

#include <cmath>

namespace kizashi {
namespace {

double LogBeta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

double LogChoose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

// Lentz's method for the continued fraction of I_x(a, b).
double ContinuedFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double result = d;
  for (int m = 1; m <= 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = std::abs(c) < kTiny ? kTiny : c;
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = std::abs(c) < kTiny ? kTiny : c;
    result *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

}  // namespace

double BetaCdf(const BetaPrior& prior, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const auto [a, b] = prior;
  const double front = std::exp(a * std::log(x) + b * std::log1p(-x) - LogBeta(a, b));
  // The fraction converges fast below the mean; above it the other tail is taken.
  if (x < (a + 1) / (a + b + 2)) return front * ContinuedFraction(a, b, x) / a;
  return 1 - front * ContinuedFraction(b, a, 1 - x) / b;
}

double BetaQuantile(const BetaPrior& prior, double p) {
  double low = 0;
  double high = 1;
  while (high - low > 1e-12) {
    const double middle = (low + high) / 2;
    (BetaCdf(prior, middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double BinomialTail(int n, int k, double q) {
  if (k <= 0) return 1;
  if (k > n || q <= 0) return 0;
  if (q >= 1) return 1;
  double sum = 0;
  for (int j = k; j <= n; ++j) {
    sum += std::exp(LogChoose(n, j) + j * std::log(q) + (n - j) * std::log1p(-q));
  }
  return std::fmin(sum, 1);
}

double BetaBinomialTail(int n, int k, const BetaPrior& prior) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  double sum = 0;
  for (int j = k; j <= n; ++j) {
    sum += std::exp(LogChoose(n, j) + LogBeta(prior.a + j, prior.b + n - j) -
                    LogBeta(prior.a, prior.b));
  }
  return std::fmin(sum, 1);
}

}  // namespace kizashi
