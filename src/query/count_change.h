// How surprising it is that something's share of all lines changed from one log to another.
//
// The G-test of a table of two by two (Dunning 1993, "Accurate methods for the statistics of
// surprise and coincidence"), and the bar that holds the share of false findings (Benjamini and
// Hochberg 1995). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kizashi {

/// Of the changes that are shown, so large a share may be chance.
inline constexpr double kDiffFalseShare = 0.05;

struct CountChange {
  double g = 0;  // the G statistic, one degree of freedom
  double p = 1;  // how likely a G as large is by chance
};

/// `before` of `total_before` lines against `after` of `total_after`.
CountChange CompareCounts(uint64_t before, uint64_t after, uint64_t total_before,
                          uint64_t total_after);

/// How many of the smallest p values stand for findings. `p` ascending.
size_t CountFindings(const std::vector<double>& p);

}  // namespace kizashi
