// What kinds of anomalies are like before one is known: a mixture of gamma beliefs about how many
// failures an episode leads to, from one in a thousand to three.
//
// This is the gamma-Poisson shrinker (DuMouchel 1999, The American Statistician 53) with a fixed
// grid of components in place of two fitted ones, so that many harmless kinds and a few dangerous
// ones live in one pool without pulling at each other. What is learnt are the components' weights:
// by expectation maximisation over the kinds of the fleet, then of a service, then of a source in
// it, each beside a prior that is the level above and worth a stated number of kinds.
//
// Plain values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "judge/price/gamma.h"

namespace kizashi {

inline constexpr size_t kPoolParts = 8;
inline constexpr std::array<double, kPoolParts> kPoolMeans = {0.001, 0.003, 0.01, 0.03,
                                                              0.1,   0.3,   1,    3};
inline constexpr double kPoolShape = 2;

struct KindPool {
  std::array<double, kPoolParts> weights{};  // sum to 1
  double mean() const;
  template <typename A>
  void Fields(A& a) {
    for (double& weight : weights) a(weight);
  }
};

/// The weights as shortest decimals with spaces between, and back; nothing when they are no pool.
std::string PoolText(const KindPool& pool);
std::optional<KindPool> ReadPool(const std::string& text);

/// Before anything was observed: one episode in a hundred, and nine kinds of ten below that.
extern const KindPool kStatedPool;

/// What is known of a kind: failures credited to it, and episodes.
struct KindCount {
  double credited = 0;
  double episodes = 0;
};

/// The weights after this kind was seen: each component's times the chance (negative binomial) that
/// it gives to the count.
KindPool PosteriorOf(const KindPool& pool, const KindCount& count);
/// Failures an episode: the mean of the posterior.
double HazardOf(const KindPool& pool, const KindCount& count);
/// The posterior as one gamma distribution with its mean and variance.
GammaBelief BeliefOf(const KindPool& pool, const KindCount& count);

/// The pool of these kinds, beside `above`, which is worth `weight` kinds.
KindPool Pool(const KindPool& above, double weight, std::span<const KindCount> kinds);

}  // namespace kizashi
