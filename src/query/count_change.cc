#include "query/count_change.h"

#include <algorithm>
#include <cmath>

namespace kizashi {

// 2 sum O ln(O/E) of the table (this one, others) x (before, after).
CountChange CompareCounts(uint64_t before, uint64_t after, uint64_t total_before,
                          uint64_t total_after) {
  const auto a = static_cast<double>(before);
  const auto b = static_cast<double>(after);
  const auto total_a = static_cast<double>(total_before);
  const auto total_b = static_cast<double>(total_after);
  const double all = total_a + total_b;
  const auto term = [](double observed, double expected) {
    return observed > 0 ? observed * std::log(observed / expected) : 0;
  };
  const double of_this = a + b;
  const double of_others = all - of_this;
  CountChange change;
  change.g = 2 * (term(a, of_this * total_a / all) + term(b, of_this * total_b / all) +
                  term(total_a - a, of_others * total_a / all) +
                  term(total_b - b, of_others * total_b / all));
  // The tail of chi squared with one degree of freedom.
  change.p = std::erfc(std::sqrt(std::max(change.g, 0.0) / 2));
  return change;
}

size_t CountFindings(const std::vector<double>& p) {
  size_t keep = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double bar = kDiffFalseShare * static_cast<double>(i + 1) / static_cast<double>(p.size());
    if (p[i] <= bar) keep = i + 1;
  }
  return keep;
}

}  // namespace kizashi
