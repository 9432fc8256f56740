// What the generated series of the benches of detection share: random numbers, the shape of a day,
// a service in which nothing is wrong, and the interval of a rate.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace kizashi::bench {

constexpr Time kBegin = TimeFromMs(1'767'571'200'000);  // 2026-01-05, a Monday, 00:00 UTC
constexpr int64_t kDayS = 86'400;

using Random = std::mt19937_64;

inline double Normal(Random* random) { return std::normal_distribution<double>()(*random); }
inline double Uniform(Random* random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(*random);
}

inline double DayShape(double second) {
  return 1 + 0.6 * std::sin(2 * M_PI * second / double(kDayS));
}

/// 95 in 100 of the intervals that are so made of a count hold its mean (Byar's approximation of
/// the exact one, in Breslow and Day 1987).
inline std::pair<double, double> IntervalOfCount(int count) {
  const auto part = [](double n, double z) {
    const double root = 1 - 1 / (9 * n) + z / (3 * std::sqrt(n));
    return n * root * root * root;
  };
  return {count == 0 ? 0 : part(count, -1.96), part(count + 1, 1.96)};
}

// A service's signals: they share traffic; each has a kind.
class SteadyService {
 public:
  explicit SteadyService(uint64_t seed, size_t signals) : random_(seed) {
    for (size_t i = 0; i < signals; ++i) {
      signals_.push_back({int(i % 6), std::exp(Uniform(&random_, 0, 8)),
                          Uniform(&random_, 0.02, 0.2), Uniform(&random_, 0, 0.8), 0});
    }
    phase_ = Uniform(&random_, 0, double(kDayS));
  }
  double Value(size_t signal, int64_t second) {
    Signal& s = signals_[signal];
    const double day = 1 + s.swing * std::sin(2 * M_PI * (double(second) + phase_) / double(kDayS));
    const double noise = 1 + s.noise * Normal(&random_);
    switch (s.kind) {
      case 0: return s.level * day * noise;
      case 1: return s.level * std::exp(2 * s.noise * Normal(&random_)) * day;  // latency
      case 2: return double(std::poisson_distribution<int>(5 * day)(random_));  // few requests
      case 3: return Uniform(&random_, 0, 1) < 0.02 ? double(1 + int(Uniform(&random_, 0, 3))) : 0;
      case 4: return std::min(100.0, 60 * day * noise);  // saturates
      default: s.walk = 0.99 * s.walk + s.noise * Normal(&random_); return s.level * (10 + s.walk);
    }
  }

 private:
  struct Signal {
    int kind;
    double level;
    double noise;
    double swing;
    double walk;
  };
  Random random_;
  std::vector<Signal> signals_;
  double phase_ = 0;
};

}  // namespace kizashi::bench
