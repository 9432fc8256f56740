// How rare it is that a series goes beyond all that it reached in three weeks: records.
//
// The highest value of each block of time (an hour) is a candidate; the highest six of them are
// kept, one for each occasion of half a day, in the series' own unit: so what was reached stays
// comparable when the scale of the noise changes, and spikes that come again and again do not make
// what is larger than each of them look usual. Beyond the lowest of the six the tail is taken as
// exponential with the mean of their excesses (Pickands 1975: peaks over a threshold; Hill 1975 for
// the share of the height that the slope is drawn towards). A value that does not clearly exceed
// the highest is no record. A value of 48 bytes, not synchronised; of lows the caller negates.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "judge/anomaly/tail_rate.h"

namespace kizashi {

class RecordRate {
 public:
  static constexpr int kKept = 6;
  static constexpr int kNeeded = 3;               // before that nothing is a record
  static constexpr int kBlocksNeeded = 48;        // two days of hours
  static constexpr uint16_t kMemoryBlocks = 504;  // three weeks of hours
  static constexpr uint16_t kSameBlocks = 12;     // what is so near is one occasion
  static constexpr float kClear = 0.07f;          // of the record's height, by which it is exceeded
  static constexpr float kUnlike = 0.15f;       // beyond that share nothing seen before is like it
  static constexpr float kHeightShare = 0.25f;  // of the height: the slope before it is learnt
  static constexpr float kSlopeWeight = 4;      // how many excesses that counts for

  void Add(float value) { highest_ = std::max(highest_, value); }
  void SkipBlock() { highest_ = kNone; }
  /// Block number `block` ends (numbers may wrap). `usual`: the level that heights are measured
  /// from. `least`: the smallest excess that means anything, 0 when that is not known.
  void EndBlock(uint16_t block, float usual, float least) {
    Forget(block);
    if (highest_ == kNone) return;
    Insert(block);
    highest_ = kNone;
    if (count_ >= kNeeded) LearnSlope(usual, least);
  }
  /// log10 of how many blocks pass between two that come as high; kNoRecord when it was as high
  /// before, or when too little is known. `blocks` have ended so far.
  float Log10Blocks(float value, float usual, int blocks) const {
    if (blocks < kBlocksNeeded || !Exceeds(value, usual, kClear) || !(slope_ > 0)) return kNoRecord;
    const auto seen = static_cast<float>(std::min(blocks, int{kMemoryBlocks}));
    return 0.30103f * FastLog2((seen + 1) / float(count_)) +
           (value - top_[size_t(count_) - 1]) / slope_ * 0.4342945f;
  }
  /// Far beyond all that was reached.
  bool Unlike(float value, float usual) const { return Exceeds(value, usual, kUnlike); }

  static constexpr float kNoRecord = -9;

  template <typename A>
  void Fields(A& a) {
    for (float& value : top_) TailRate::FloatField(a, value);
    for (uint16_t& block : at_) a(block);
    TailRate::FloatField(a, slope_);
    TailRate::FloatField(a, highest_);
    a(count_);
    count_ = std::min(count_, uint8_t{kKept});  // of damaged bytes
  }

 private:
  static constexpr float kNone = -3e38f;

  bool Exceeds(float value, float usual, float share) const {
    return count_ >= kNeeded && value > top_[0] && value - top_[0] >= share * (top_[0] - usual);
  }
  void Forget(uint16_t block) {
    int kept = 0;
    for (int i = 0; i < count_; ++i) {
      if (uint16_t(block - at_[size_t(i)]) > kMemoryBlocks) continue;
      top_[size_t(kept)] = top_[size_t(i)];
      at_[size_t(kept++)] = at_[size_t(i)];
    }
    count_ = uint8_t(kept);
  }
  // Highest first. Of one occasion the highest stays, at the block in which the occasion began.
  void Insert(uint16_t block) {
    size_t slot = count_;
    for (size_t i = 0; i < count_ && slot == count_; ++i) {
      if (uint16_t(block - at_[i]) <= kSameBlocks) slot = i;
    }
    const bool same = slot < count_;
    if (!same && count_ == kKept) slot = kKept - 1;
    if (slot < count_ && highest_ <= top_[slot]) return;
    if (!same) {
      at_[slot] = block;
      count_ = uint8_t(std::max(size_t{count_}, slot + 1));
    }
    top_[slot] = highest_;
    for (; slot > 0 && top_[slot] > top_[slot - 1]; --slot) {
      std::swap(top_[slot], top_[slot - 1]);
      std::swap(at_[slot], at_[slot - 1]);
    }
  }
  // The mean excess over the lowest; the highest counts at most three times the others' mean.
  void LearnSlope(float usual, float least) {
    const size_t last = size_t{count_} - 1;
    float sum = 0;
    for (size_t i = 1; i < last; ++i) sum += top_[i] - top_[last];
    const float before = std::max(least, kHeightShare * (top_[last] - usual));
    sum += std::min(top_[0] - top_[last], 3 * sum / float(last - 1) + before);
    slope_ = (sum + kSlopeWeight * before) / (float(last) + kSlopeWeight);
  }

  std::array<float, kKept> top_{};
  std::array<uint16_t, kKept> at_{};
  float slope_ = 0;
  float highest_ = kNone;
  uint8_t count_ = 0;
};

}  // namespace kizashi
