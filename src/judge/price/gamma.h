// The gamma distribution: what beliefs about rates, and means of positive numbers, need.
#pragma once

#include <vector>

namespace kizashi {

/// A belief about a rate: mean shape / rate. Requires shape > 0 and rate > 0.
struct GammaBelief {
  double shape = 1;
  double rate = 1;
  double mean() const { return shape / rate; }
};

/// The regularised lower incomplete gamma function P(shape, rate x): its series below the mean, its
/// continued fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31).
double GammaCdf(const GammaBelief& belief, double x);

/// The x with GammaCdf(x) = p, to a relative 1e-9; 0 when it is below 1e-40 / rate. p in (0, 1).
double GammaQuantile(const GammaBelief& belief, double p);

/// The mean of each of so many parts of equal probability, from the lowest on.
std::vector<double> GammaParts(const GammaBelief& belief, int parts);

}  // namespace kizashi
