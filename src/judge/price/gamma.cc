#include "judge/price/gamma.h"

#include <cmath>

namespace kizashi {
namespace {

// Near the mean both take a few times the standard deviation's worth of terms.
int TermsMax(double shape) { return 1000 + static_cast<int>(20 * std::sqrt(shape)); }

// Sum of the series; converges fast for x < shape + 1.
double LowerBySeries(double shape, double x) {
  double term = 1 / shape;
  double sum = term;
  for (int n = 1; n < TermsMax(shape) && term > sum * 1e-16; ++n) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum * std::exp(shape * std::log(x) - x - std::lgamma(shape));
}

// Lentz's method; converges fast for x > shape + 1.
double UpperByFraction(double shape, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - shape;
  double c = 1 / kTiny;
  double d = 1 / b;
  double result = d;
  for (int n = 1; n < TermsMax(shape); ++n) {
    const double a = -n * (n - shape);
    b += 2;
    d = a * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + a / c;
    c = std::abs(c) < kTiny ? kTiny : c;
    result *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return result * std::exp(shape * std::log(x) - x - std::lgamma(shape));
}

}  // namespace

double GammaCdf(const GammaBelief& belief, double x) {
  if (x <= 0) return 0;
  const double scaled = x * belief.rate;
  return scaled < belief.shape + 1 ? LowerBySeries(belief.shape, scaled)
                                   : 1 - UpperByFraction(belief.shape, scaled);
}

double GammaQuantile(const GammaBelief& belief, double p) {
  const GammaBelief unit{belief.shape, 1};
  double low = std::log(1e-40);
  double high = std::log(belief.shape + 10 * std::sqrt(belief.shape) + 50);
  if (GammaCdf(unit, std::exp(low)) >= p) return 0;
  // Newton's method on the logarithm, kept within what bisection knows. Near zero the distribution
  // is x^shape / Gamma(shape + 1), which is where it starts.
  double at = (std::log(p) + std::lgamma(belief.shape + 1)) / belief.shape;
  for (int i = 0; i < 200; ++i) {
    if (!(at > low && at < high)) at = (low + high) / 2;
    const double off = GammaCdf(unit, std::exp(at)) - p;
    (off < 0 ? low : high) = at;
    const double slope = std::exp(belief.shape * at - std::exp(at) - std::lgamma(belief.shape));
    if (high - low < 1e-12) break;
    if (slope < 1e-200) {
      at = high;  // too far out for Newton: bisect
      continue;
    }
    const double step = off / slope;
    at -= step;
    if (std::abs(step) < 1e-10) break;
  }
  return std::exp(at) / belief.rate;
}

std::vector<double> GammaParts(const GammaBelief& belief, int parts) {
  std::vector<double> means;
  double below = 0;
  for (int i = 1; i <= parts; ++i) {
    // The mean over a part of the distribution is one of its size biased form, of shape + 1.
    const double upto = i == parts
                            ? 1
                            : GammaCdf({belief.shape + 1, belief.rate},
                                       GammaQuantile(belief, static_cast<double>(i) / parts));
    means.push_back(belief.mean() * (upto - below) * parts);
    below = upto;
  }
  return means;
}

}  // namespace kizashi
