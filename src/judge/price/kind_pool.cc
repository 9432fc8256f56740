#include "judge/price/kind_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

namespace kizashi {
namespace {

constexpr int kRounds = 30;

double RateOf(size_t part) { return kPoolShape / kPoolMeans[part]; }

// Logarithm of the chance of the count under a component, but for what all of them share.
double LogChance(size_t part, const KindCount& count) {
  const double rate = RateOf(part);
  return kPoolShape * std::log(rate / (rate + count.episodes)) -
         count.credited * std::log(rate + count.episodes);
}

std::array<double, kPoolParts> LogChances(const KindCount& count) {
  std::array<double, kPoolParts> logs{};
  for (size_t part = 0; part < kPoolParts; ++part) logs[part] = LogChance(part, count);
  return logs;
}

KindPool Weigh(const KindPool& pool, const std::array<double, kPoolParts>& logs) {
  const double most = *std::max_element(logs.begin(), logs.end());
  KindPool posterior;
  double sum = 0;
  for (size_t part = 0; part < kPoolParts; ++part) {
    posterior.weights[part] = pool.weights[part] * std::exp(logs[part] - most);
    sum += posterior.weights[part];
  }
  if (!(sum > 0)) return pool;
  for (double& weight : posterior.weights) weight /= sum;
  return posterior;
}

}  // namespace

const KindPool kStatedPool{{0.4, 0.3, 0.2, 0.07, 0.023, 0.006, 0.0009, 0.0001}};

std::string PoolText(const KindPool& pool) {
  std::string text;
  for (const double weight : pool.weights)
    text += fmt::format("{}{}", text.empty() ? "" : " ", weight);
  return text;
}

std::optional<KindPool> ReadPool(const std::string& text) {
  KindPool pool;
  std::istringstream in(text);
  double sum = 0;
  for (double& weight : pool.weights) {
    if (!(in >> weight) || !(weight >= 0)) return std::nullopt;
    sum += weight;
  }
  return std::abs(sum - 1) < 1e-6 ? std::optional(pool) : std::nullopt;
}

double KindPool::mean() const {
  double sum = 0;
  for (size_t part = 0; part < kPoolParts; ++part) sum += weights[part] * kPoolMeans[part];
  return sum;
}

KindPool PosteriorOf(const KindPool& pool, const KindCount& count) {
  return Weigh(pool, LogChances(count));
}

double HazardOf(const KindPool& pool, const KindCount& count) {
  const KindPool posterior = PosteriorOf(pool, count);
  double sum = 0;
  for (size_t part = 0; part < kPoolParts; ++part) {
    sum +=
        posterior.weights[part] * (kPoolShape + count.credited) / (RateOf(part) + count.episodes);
  }
  return sum;
}

GammaBelief BeliefOf(const KindPool& pool, const KindCount& count) {
  const KindPool posterior = PosteriorOf(pool, count);
  double mean = 0;
  double square = 0;
  for (size_t part = 0; part < kPoolParts; ++part) {
    const double shape = kPoolShape + count.credited;
    const double rate = RateOf(part) + count.episodes;
    mean += posterior.weights[part] * shape / rate;
    square += posterior.weights[part] * shape * (shape + 1) / (rate * rate);
  }
  const double variance = square - mean * mean;
  return {mean * mean / variance, mean / variance};
}

KindPool Pool(const KindPool& above, double weight, std::span<const KindCount> kinds) {
  std::vector<std::array<double, kPoolParts>> logs;
  for (const KindCount& count : kinds) {
    if (count.episodes > 0) logs.push_back(LogChances(count));
  }
  KindPool pool = above;
  for (int round = 0; round < kRounds && !logs.empty(); ++round) {
    KindPool next;
    for (size_t part = 0; part < kPoolParts; ++part) {
      next.weights[part] = weight * above.weights[part];
    }
    for (const auto& kind : logs) {
      const KindPool posterior = Weigh(pool, kind);
      for (size_t part = 0; part < kPoolParts; ++part) {
        next.weights[part] += posterior.weights[part];
      }
    }
    for (double& one : next.weights) one /= weight + static_cast<double>(logs.size());
    pool = next;
  }
  return pool;
}

}  // namespace kizashi
