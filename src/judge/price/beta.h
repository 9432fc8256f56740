// The beta distribution and the beta-binomial: what priors over chances need.
#pragma once

namespace kizashi {

/// A belief about a chance: mean a / (a + b). Requires a > 0 and b > 0.
struct BetaPrior {
  double a = 1;
  double b = 1;
  double mean() const { return a / (a + b); }
};

/// The regularised incomplete beta function I_x(a, b), by its continued fraction
/// (Abramowitz and Stegun 26.5.8). x in [0, 1].
double BetaCdf(const BetaPrior& prior, double x);

/// The x with BetaCdf(x) = p, to 1e-12, by bisection. p in [0, 1].
double BetaQuantile(const BetaPrior& prior, double p);

/// P(X >= k) for X ~ Binomial(n, q).
double BinomialTail(int n, int k, double q);

/// P(X >= k) for X ~ BetaBinomial(n, prior): the binomial tail averaged over the belief.
double BetaBinomialTail(int n, int k, const BetaPrior& prior);

}  // namespace kizashi
