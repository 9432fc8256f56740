// Arithmetic whose last bit is that of Prometheus 2.42.
//
// The order of operations is part of the result; nothing here may be reordered or fused.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "query/promql/token.h"

namespace kizashi::promql {

/// Kahan's sum with Neumaier's improvement.
struct KahanSum {
  double sum = 0;
  double c = 0;

  void Add(double value) {
    const double t = sum + value;
    if (std::fabs(sum) >= std::fabs(value)) {
      c += (sum - t) + value;
    } else {
      c += (value - t) + sum;
    }
    sum = t;
  }
  double Total() const { return std::isinf(sum) ? sum : sum + c; }
};

/// An infinite mean stays what it is when a finite number or the same infinity is added.
inline bool MeanStays(double mean, double value) {
  if (!std::isinf(mean)) return false;
  if (std::isinf(value)) return (mean > 0) == (value > 0);
  return !std::isnan(value);
}

/// The order of Prometheus' sorts: NaN comes first.
inline bool NanFirstLess(double a, double b) {
  if (std::isnan(a)) return !std::isnan(b);
  return a < b;
}

/// The `q` quantile of `values`, which are reordered: interpolated between the two nearest.
double Quantile(double q, std::span<double> values);

/// Slope and intercept of least squares over values at times, x in seconds after `origin_ms`.
struct Line {
  double slope = 0;
  double intercept = 0;
};
Line LinearRegression(std::span<const int64_t> times_ms, std::span<const double> values,
                      int64_t origin_ms);

/// Go's math.Max and math.Min.
double GoMax(double a, double b);
double GoMin(double a, double b);
/// Go computes these from the natural logarithm.
double GoLog2(double value);
double GoLog10(double value);

/// An arithmetic or comparison operator on two numbers. `*keep` is false when a comparison does not
/// hold; the value is the left one then.
double ApplyOperator(TokenType op, double left, double right, bool* keep);

}  // namespace kizashi::promql
