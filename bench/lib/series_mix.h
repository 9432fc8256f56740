// The samples that the metrics store is measured with: what the series of a server's exporter do,
// in fixed shares. The same for every program that measures, so that figures can be compared.
//
// Of 100 series 35 are counters that rarely move, 25 busy integer counters, 10 counters of seconds
// (half of them with three decimals, half sums made in floating point), 10 constants, 10 gauges in
// steps of 4 KiB, 10 noisy floats of 12 to 15 digits.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace kizashi {

/// splitmix64 (Steele, Lea, Flood 2014).
class MixRandom {
 public:
  explicit MixRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t end) { return Next() % end; }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

enum class MixClass { kRare, kBusy, kSeconds, kConstant, kStep, kNoisy };
inline constexpr std::array<std::string_view, 6> kMixNames = {"rare",     "busy", "seconds",
                                                              "constant", "step", "noisy"};

/// One series of the mix.
class MixSeries {
 public:
  MixSeries(uint64_t number, uint64_t seed)
      : random_(seed ^ (number * 0x9e3779b97f4a7c15ULL)), is_sum_(number % 2 == 1) {
    const uint64_t share = random_.Below(100);
    class_ = share < 35   ? MixClass::kRare
             : share < 60 ? MixClass::kBusy
             : share < 70 ? MixClass::kSeconds
             : share < 80 ? MixClass::kConstant
             : share < 90 ? MixClass::kStep
                          : MixClass::kNoisy;
    switch (class_) {
      case MixClass::kRare: value_ = static_cast<double>(random_.Below(5'000)); break;
      case MixClass::kBusy:
        rate_ = static_cast<double>(5 + random_.Below(3'000));
        value_ = static_cast<double>(random_.Below(50'000'000));
        break;
      case MixClass::kSeconds:
        rate_ = 0.05 + 4 * random_.Unit();
        value_ = static_cast<double>(random_.Below(1'000'000)) / 1000;
        break;
      case MixClass::kConstant: value_ = static_cast<double>(random_.Below(10'000)); break;
      case MixClass::kStep:
        value_ = 4096.0 * static_cast<double>(1'000 + random_.Below(100'000));
        break;
      case MixClass::kNoisy:
        scale_ = std::pow(10.0, static_cast<double>(10 + random_.Below(4)));
        rate_ = 1 + 98 * random_.Unit();
        Step();
        break;
    }
  }

  MixClass kind() const { return class_; }
  double value() const { return value_; }

  /// The value at the next scrape.
  void Step() {
    switch (class_) {
      case MixClass::kRare:
        if (random_.Below(100) == 0) value_ += static_cast<double>(1 + random_.Below(3));
        break;
      case MixClass::kBusy: {
        const double noise = random_.Unit() + random_.Unit() + random_.Unit() - 1.5;
        value_ += std::floor(std::max(0.0, rate_ + noise * 2.5 * std::sqrt(rate_)));
        break;
      }
      case MixClass::kSeconds: StepSeconds(); break;
      case MixClass::kConstant: break;
      case MixClass::kStep:
        if (random_.Below(100) < 60) {
          value_ += 4096.0 * (static_cast<double>(random_.Below(65)) - 32);
        }
        break;
      case MixClass::kNoisy:
        value_ = std::nearbyint((rate_ + random_.Unit()) * scale_) / scale_;
        break;
    }
  }

 private:
  void StepSeconds() {
    if (!is_sum_) {
      const auto ms = std::nearbyint(value_ * 1000) + std::floor(rate_ * 1000 * random_.Unit());
      value_ = ms / 1000;
      return;
    }
    for (int i = 0; i < 16; ++i) {
      value_ += std::floor(rate_ * random_.Unit() / 16 * 1e9) / 1e9;
    }
  }

  MixRandom random_;
  MixClass class_{};
  bool is_sum_;
  double value_ = 0;
  double rate_ = 0;
  double scale_ = 1;
};

}  // namespace kizashi
