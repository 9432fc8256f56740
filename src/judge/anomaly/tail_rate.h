// How often a statistic of one series comes as high as it is now: learnt from the series itself.
//
// The highest value of each block of time (an hour) is kept as mean and variance of its square
// root, and roots of maxima are taken to follow a Gumbel distribution (Fisher and Tippett 1928), so
// the tail beyond what was ever seen is a stretched exponential, heavier than that of normal noise.
// Of powers between the logarithm and the value itself the root kept nearest to what it promises on
// series of servers: once a week was 0.7 times, once in three weeks 1.2 times. Blocks in which
// nothing moved are counted apart: of a sparse series the tail is that of the blocks in which it
// moved. A value, not synchronised. 16 bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace kizashi {

/// log2 with an error below 0.0001, without a table: the mantissa by a rational function.
/// Requires a positive, normal x.
inline float FastLog2(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const auto exponent = static_cast<float>(static_cast<int32_t>(bits >> 23) - 127);
  const float mantissa = std::bit_cast<float>((bits & 0x7fffffu) | 0x3f800000u);
  const float u = (mantissa - 1.4142135f) / (mantissa + 1.4142135f);
  const float u2 = u * u;
  return exponent + 0.5f + u * (2.8853901f + u2 * (0.96179670f + u2 * 0.5970f));
}

class TailRate {
 public:
  static constexpr float kLowest = 0.05f;      // of the statistic; below it nothing moved
  static constexpr float kSpreadMin = 0.17f;   // of a maximum's root: no tail is lighter than this
  static constexpr float kPriorBlocks = 16;    // what the prior counts for
  static constexpr float kMemoryBlocks = 336;  // two weeks of hours

  /// What is believed before the first block: mean and standard deviation of the maxima's roots,
  /// and the share of blocks in which it moves.
  void SetPrior(float mean, float deviation, float active = 1) {
    active_ = active;
    mean_ = mean;
    variance_ = deviation * deviation;
  }
  void Add(float statistic) { highest_ = std::max(highest_, statistic); }
  /// The block ends; `blocks` have ended before.
  void EndBlock(float blocks) {
    const float share = std::max(1 / (kPriorBlocks + blocks + 1), 1 / kMemoryBlocks);
    const float moved = highest_ > kLowest ? 1.0f : 0.0f;
    active_ += share * (moved - active_);
    if (moved > 0) {
      const float deviation = std::sqrt(variance_);
      const float off = std::clamp(Root(highest_) - mean_, -4 * deviation - 1, 5 * deviation + 1);
      // The share of the active blocks: a series that seldom moves learns from each move.
      const float weight = std::min(share / std::max(active_, share), 1 / (kPriorBlocks / 2));
      mean_ += weight * off;
      variance_ += weight * (off * off * (1 - weight) - variance_);
    }
    highest_ = 0;
  }
  void SkipBlock() { highest_ = 0; }
  /// log10 of how many blocks pass between two that come as high as `statistic`; below 0: more
  /// than once a block.
  float Log10Blocks(float statistic) const {
    constexpr float kSqrt6OverPi = 0.7796968f;
    const float spread = std::max(kSqrt6OverPi * std::sqrt(variance_), kSpreadMin);
    const float location = mean_ - 0.5772157f * spread;
    return (Root(std::max(statistic, kLowest)) - location) / spread * 0.4342945f -
           0.30103f * FastLog2(active_);
  }
  /// The statistic at which Log10Blocks gives `log10_blocks`.
  float StatisticAt(float log10_blocks) const {
    constexpr float kSqrt6OverPi = 0.7796968f;
    const float spread = std::max(kSqrt6OverPi * std::sqrt(variance_), kSpreadMin);
    const float of_active = log10_blocks + 0.30103f * FastLog2(active_);
    const float root = (mean_ + spread * (of_active / 0.4342945f - 0.5772157f)) / 2.8853901f + 1;
    return root > 0 ? root * root : 0;
  }

  /// What is to be expected of a series of which only others like it are known: how they are on
  /// average, and wider by how they differ. Requires at least one.
  static TailRate Pooled(std::span<const TailRate* const> others) {
    TailRate pooled;
    pooled.mean_ = pooled.variance_ = pooled.active_ = 0;
    const float share = 1 / static_cast<float>(others.size());
    for (const TailRate* other : others) {
      pooled.mean_ += share * other->mean_;
      pooled.variance_ += share * other->variance_;
      pooled.active_ += share * other->active_;
    }
    for (const TailRate* other : others) {
      const float off = other->mean_ - pooled.mean_;
      pooled.variance_ += share * off * off;
    }
    return pooled;
  }
  /// Goes towards `prior` as if that had been believed before the first of the `blocks` that ended.
  void LeanOn(const TailRate& prior, float blocks) {
    const float share = kPriorBlocks / (kPriorBlocks + blocks);
    mean_ += share * (prior.mean_ - mean_);
    variance_ += share * (prior.variance_ - variance_);
    active_ += share * (prior.active_ - active_);
  }

  /// Both are floats and are kept as bits: what is read is what was written.
  template <typename A>
  void Fields(A& a) {
    FloatField(a, mean_);
    FloatField(a, variance_);
    FloatField(a, active_);
    FloatField(a, highest_);
  }
  template <typename A>
  static void FloatField(A& a, float& value) {
    auto bits = std::bit_cast<int32_t>(value);
    a(bits);
    value = std::bit_cast<float>(bits);
  }

 private:
  // Square roots, so measured that near 1 they are steps of log2.
  static float Root(float x) { return (std::sqrt(x) - 1) * 2.8853901f; }

  float mean_ = 0;
  float variance_ = 1;
  float active_ = 1;  // the share of blocks in which it moved
  float highest_ = 0;
};

}  // namespace kizashi
