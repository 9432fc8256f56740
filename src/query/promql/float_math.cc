#include "query/promql/float_math.h"

#include <algorithm>
#include <limits>
#include <numbers>

namespace kizashi::promql {

double Quantile(double q, std::span<double> values) {
  if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<double>(values.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const auto at_lower = values.begin() + static_cast<ptrdiff_t>(lower);
  std::nth_element(values.begin(), at_lower, values.end(), NanFirstLess);
  const double low = *at_lower;
  // The next in order is the least of what nth_element left behind it.
  const double high =
      upper > lower ? *std::min_element(at_lower + 1, values.end(), NanFirstLess) : low;
  const double weight = rank - std::floor(rank);
  return low * (1 - weight) + high * weight;
}

Line LinearRegression(std::span<const int64_t> times_ms, std::span<const double> values,
                      int64_t origin_ms) {
  KahanSum x_sum;
  KahanSum y_sum;
  KahanSum xy_sum;
  KahanSum x2_sum;
  double n = 0;
  bool constant = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const double y = values[i];
    if (constant && i > 0 && y != values[0]) constant = false;
    n += 1.0;
    const double x = static_cast<double>(times_ms[i] - origin_ms) / 1e3;
    x_sum.Add(x);
    y_sum.Add(y);
    xy_sum.Add(x * y);
    x2_sum.Add(x * x);
  }
  if (constant) {
    if (std::isinf(values[0])) {
      const double nan = std::numeric_limits<double>::quiet_NaN();
      return {nan, nan};
    }
    return {0, values[0]};
  }
  const double sum_x = x_sum.sum + x_sum.c;
  const double sum_y = y_sum.sum + y_sum.c;
  const double sum_xy = xy_sum.sum + xy_sum.c;
  const double sum_x2 = x2_sum.sum + x2_sum.c;
  const double covariance = sum_xy - sum_x * sum_y / n;
  const double variance = sum_x2 - sum_x * sum_x / n;
  const double slope = covariance / variance;
  return {slope, sum_y / n - slope * sum_x / n};
}

double GoMax(double a, double b) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (a == kInf || b == kInf) return kInf;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double GoMin(double a, double b) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (a == -kInf || b == -kInf) return -kInf;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

double GoLog2(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  // What frexp says about the exponent of these is unspecified.
  if (!std::isfinite(value) || value == 0) return std::log2(value);
  // Exact for powers of two.
  if (fraction == 0.5) return exponent - 1;
  return std::log(fraction) * (1 / std::numbers::ln2) + exponent;
}

double GoLog10(double value) { return GoLog2(value) * (std::numbers::ln2 / std::numbers::ln10); }

double ApplyOperator(TokenType op, double left, double right, bool* keep) {
  *keep = true;
  switch (op) {
    case TokenType::kAdd: return left + right;
    case TokenType::kSub: return left - right;
    case TokenType::kMul: return left * right;
    case TokenType::kDiv: return left / right;
    case TokenType::kPow: return std::pow(left, right);
    case TokenType::kMod: return std::fmod(left, right);
    case TokenType::kAtan2: return std::atan2(left, right);
    case TokenType::kEqlC: *keep = left == right; return left;
    case TokenType::kNeq: *keep = left != right; return left;
    case TokenType::kGtr: *keep = left > right; return left;
    case TokenType::kLss: *keep = left < right; return left;
    case TokenType::kGte: *keep = left >= right; return left;
    case TokenType::kLte: *keep = left <= right; return left;
    default: return left;
  }
}

}  // namespace kizashi::promql
