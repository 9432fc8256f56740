// Detectors to be better than: each says how unusual a sample is, one at a time, in order.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"

namespace kizashi::bench {

using SampleScore = std::function<float(Time, double)>;
struct Floor {
  std::string name;
  std::function<SampleScore()> make;  // for one series
};

inline SampleScore RandomFloor() {
  auto random = std::make_shared<std::mt19937_64>(4711);
  return [random](Time, double) { return std::uniform_real_distribution<float>(0, 1)(*random); };
}

inline SampleScore ConstantFloor() {
  return [](Time, double) { return 0.5f; };
}

// The step against the median absolute step of the last 256.
inline SampleScore DifferenceFloor() {
  struct State {
    std::deque<double> steps;
    double last = NAN;
  };
  auto state = std::make_shared<State>();
  return [state](Time, double value) {
    float score = 0;
    const double step = std::abs(value - state->last);
    state->last = value;
    if (std::isnan(step)) return score;
    if (state->steps.size() >= 16) {
      std::vector<double> sorted(state->steps.begin(), state->steps.end());
      std::nth_element(sorted.begin(), sorted.begin() + long(sorted.size() / 2), sorted.end());
      score = float(step / (sorted[sorted.size() / 2] + 1e-9 * std::abs(value) + 1e-12));
    }
    state->steps.push_back(step);
    if (state->steps.size() > 256) state->steps.pop_front();
    return score;
  };
}

// Exponentially weighted mean and deviation, as a z-score.
inline SampleScore EwmaFloor() {
  struct State {
    double mean = NAN;
    double variance = 0;
    int64_t n = 0;
  };
  auto state = std::make_shared<State>();
  return [state](Time, double value) {
    if (std::isnan(state->mean)) state->mean = value;
    const double off = value - state->mean;
    const float score =
        state->n < 32
            ? 0.0f
            : float(std::abs(off) / (std::sqrt(state->variance) + 1e-9 * std::abs(value) + 1e-12));
    ++state->n;
    const double share = std::max(0.01, 1.0 / double(state->n));
    state->mean += share * off;
    state->variance += share * (off * off - state->variance);
    return score;
  };
}

// The rules of grafana/promql-anomaly-detection, "adaptive", rebuilt: the mean of an hour, give or
// take twice its deviation smoothed over 26 hours and half of the mean; and the same hour of
// yesterday and of last week. How many half-bands the value is outside.
inline SampleScore BandFloor() {
  struct State {
    std::deque<std::pair<int64_t, double>> hour;
    std::vector<double> at = std::vector<double>(7 * 288, NAN);  // smoothed, by 5 minutes of a week
    double sum = 0;
    double squares = 0;
    double deviation = NAN;
    int64_t last_ms = 0;
    int64_t first_ms = 0;
  };
  auto state = std::make_shared<State>();
  return [state](Time time, double value) {
    State& s = *state;
    const int64_t ms = ToMs(time);
    if (s.first_ms == 0) s.first_ms = ms;
    float score = 0;
    const int64_t slot = ms / 300'000 % (7 * 288);
    if (!s.hour.empty() && !std::isnan(s.deviation) && ms - s.first_ms > 3'600'000) {
      const double mean = s.sum / double(s.hour.size());
      double high = mean + 2 * s.deviation;
      double low = mean - 2 * s.deviation;
      for (const int64_t back : {int64_t(288), int64_t(0)}) {  // yesterday, last week
        const double then = s.at[size_t((slot + 7 * 288 - back) % (7 * 288))];
        if (std::isnan(then) || (back == 0 && ms - s.first_ms < 7 * 86'400'000LL)) continue;
        high = std::max(high, then + 2 * s.deviation);
        low = std::min(low, then - 2 * s.deviation);
      }
      high = std::max(high, mean + 0.5 * std::abs(mean));
      low = std::min(low, mean - 0.5 * std::abs(mean));
      const double half = (high - low) / 2 + 1e-9 * std::abs(value) + 1e-12;
      score = float(std::max(value - high, low - value) / half + 1);
    }
    s.hour.emplace_back(ms, value);
    s.sum += value;
    s.squares += value * value;
    while (s.hour.front().first < ms - 3'600'000) {
      s.sum -= s.hour.front().second;
      s.squares -= s.hour.front().second * s.hour.front().second;
      s.hour.pop_front();
    }
    const double n = double(s.hour.size());
    const double mean = s.sum / n;
    const double now = std::sqrt(std::max(0.0, s.squares / n - mean * mean));
    const double dt = s.last_ms == 0 ? 0 : double(ms - s.last_ms) / 1000;
    s.last_ms = ms;
    if (std::isnan(s.deviation)) s.deviation = now;
    s.deviation += dt / (dt + 26 * 3600) * (now - s.deviation);
    s.at[size_t(slot)] = mean;
    return score;
  };
}

// NAB's windowed Gaussian by its definition: how certain it is that a value is not of a normal
// distribution, fitted to the last 6,400 values and moved on by 100 at a time once there are so
// many; kept with 12 digits, as NAB keeps its results. Its scores of files are published.
inline SampleScore WindowedGaussian() {
  constexpr size_t kWindow = 6'400;
  constexpr size_t kStep = 100;
  struct State {
    std::deque<double> window;
    std::vector<double> next;
    double mean = 0;
    double deviation = 1;
    void Fit() {
      const double n = double(window.size());
      mean = 0;
      for (const double v : window) mean += v / n;
      double squares = 0;
      for (const double v : window) squares += (v - mean) * (v - mean) / n;
      deviation = squares > 0 ? std::sqrt(squares) : 1e-6;
    }
  };
  auto state = std::make_shared<State>();
  return [state](Time, double value) {
    State& s = *state;
    const double z = std::abs(value - s.mean) / s.deviation;
    const double certain = s.window.empty() ? 0 : 1 - 0.5 * std::erfc(z / std::sqrt(2.0));
    if (s.window.size() < kWindow) {
      s.window.push_back(value);
      s.Fit();
    } else if (s.next.push_back(value); s.next.size() == kStep) {
      s.window.erase(s.window.begin(), s.window.begin() + kStep);
      s.window.insert(s.window.end(), s.next.begin(), s.next.end());
      s.next.clear();
      s.Fit();
    }
    const bool sure = 1 - certain < 5e-13;  // 1 with 12 digits; a float has only seven
    return sure ? 1.0f : std::min(float(certain), 0.999999f);
  };
}

inline std::vector<Floor> Floors() {
  return {{"random", RandomFloor},
          {"constant", ConstantFloor},
          {"|difference|/MAD", DifferenceFloor},
          {"EWMA z", EwmaFloor},
          {"Grafana bands", BandFloor}};
}

}  // namespace kizashi::bench
