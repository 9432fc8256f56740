#include "judge/anomaly/service_detector.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

constexpr float kWeekS = 604'800;
constexpr float kUnusual = -1;      // a signal counts from what comes ten times a week on
constexpr float kMostOfOne = 2.5f;  // in log10 of weeks above it: no more of one signal counts
constexpr float kAgeFactor = 2;     // log10 of how many times its own age a service can speak for
constexpr float kDayS = 86'400;
constexpr float kYoungPenalty = 1.5f;  // until each day of the week was seen three times
constexpr float kYoungPenaltyBlocks = 504;
constexpr float kFirstDayPenalty = 1;  // and more while the day is not known
constexpr float kFirstDayBlocks = 24;
constexpr float kBorrowS = 480;  // from when on and until which hour it borrows
constexpr float kBorrowBlocks = 12;
constexpr float kToldMargin = 0.3f;
constexpr float kUntold = 3;

// What a signal adds to the sum: more than in proportion, so that three that are rare say more than
// six that are nearly so.
float Weight(float log10_weeks) {
  const float above = std::clamp(log10_weeks - kUnusual, 0.0f, kMostOfOne);
  return above * std::sqrt(above);
}

}  // namespace

float ServiceDetector::Finding::Score() const { return std::clamp(0.5f + news / 12, 0.0f, 1.0f); }

ServiceDetector::ServiceDetector(size_t signals) : signals_(signals) {
  tail_.SetPrior(0.5f, 1.0f, 0.02f);
}

Reading ServiceDetector::Observe(uint32_t signal, Time time, double value, int32_t zone_s) {
  if (signal >= kSignalsMax) return {};
  if (signal >= signals_.size()) signals_.resize(signal + 1);
  const Reading reading = signals_[signal].Observe(time, value, zone_s);
  if (reading.masked || reading.job || reading.moves_log10_weeks < kUnusual) return reading;
  Moved now;
  now.signal = signal;
  now.first = now.last = time;
  now.log10_weeks = reading.moves_log10_weeks;
  now.direction = reading.direction;
  now.look = reading.look;
  now.predictor = reading.predictor;
  now.value = value;
  now.expected = signals_[signal].Expected().expected;
  for (Moved& moved : moving_) {
    if (moved.signal != signal) continue;
    now.first = moved.first;
    const float strength = std::max(now.log10_weeks, moved.log10_weeks);
    moved = now;
    moved.log10_weeks = strength;
    return reading;
  }
  moving_.push_back(now);
  return reading;
}

ServiceDetector::Finding ServiceDetector::Judge(Time now) {
  Finding finding;
  std::erase_if(moving_, [&](const Moved& m) { return ToSeconds(now - m.last) > kWindowS; });
  if (last_ == Time{}) last_ = block_ = now;
  const auto dt_s = float(ToSeconds(now - last_));
  last_ = now;
  age_s_ += std::min(dt_s, 3600.0f);
  float sum = 0;
  for (const Moved& m : moving_) sum += Weight(m.log10_weeks);
  const size_t needed = signals_.size() >= 6 ? size_t(3) : signals_.size() >= 3 ? 2 : 1;
  const bool enough = moving_.size() >= needed;
  if (!enough) sum = 0;
  if (ToSeconds(now - block_) >= 3600) {
    tail_.EndBlock(blocks_);
    blocks_ += 1;
    block_ = now;
  }
  tail_.Add(sum);
  if (sum > 0) {
    const float log10_weeks = tail_.Log10Blocks(sum) + std::log10(3600 / kWeekS);
    // By the hours that it was watched itself: what it borrowed makes it no older.
    const float young = kYoungPenalty * std::max(0.0f, 1 - blocks_ / kYoungPenaltyBlocks) +
                        kFirstDayPenalty * std::max(0.0f, 1 - blocks_ / kFirstDayBlocks);
    const float log10_age = std::log10(std::max(age_s_, 60.0f) / kWeekS);
    finding.log10_weeks = std::min(log10_weeks - young, log10_age + kAgeFactor);
  }
  told_ -= dt_s / kDayS;
  finding.news = finding.log10_weeks > told_ + kToldMargin
                     ? finding.log10_weeks
                     : std::min(finding.log10_weeks, 0.0f) - kUntold;
  told_ = std::max(told_, finding.log10_weeks);
  finding.alert = finding.news >= kAlertLog10Weeks && !open_;
  Follow(now, enough, &finding);
  return finding;
}

// The anomaly: begins with the alert, takes in what else moves, ends when too little does.
void ServiceDetector::Follow(Time now, bool enough, Finding* finding) {
  if (finding->alert) {
    open_ = true;
    moved_.clear();
    strength_ = finding->log10_weeks;
    begin_ = now;
  }
  if (!open_) return;
  if (!enough) {
    open_ = false;
    finding->ended = true;
    return;
  }
  end_ = now;
  strength_ = std::max(strength_, finding->log10_weeks);
  for (const Moved& m : moving_) {
    begin_ = std::min(begin_, m.first);
    const auto same = std::find_if(moved_.begin(), moved_.end(),
                                   [&](const Moved& other) { return other.signal == m.signal; });
    if (same == moved_.end()) {
      moved_.push_back(m);
    } else if (m.log10_weeks > same->log10_weeks) {
      const Time first = same->first;
      *same = m;
      same->first = first;
    }
  }
  std::stable_sort(moved_.begin(), moved_.end(),
                   [](const Moved& a, const Moved& b) { return a.first < b.first; });
}

bool ServiceDetector::Borrows() const {
  return age_s_ >= kBorrowS && age_s_ < kDayS && blocks_ < kBorrowBlocks;
}

void ServiceDetector::Borrow(std::span<const ServiceDetector* const> others) {
  if (!Borrows()) return;
  std::vector<const TailRate*> tails;
  for (const ServiceDetector* other : others) {
    if (other->Lends()) tails.push_back(&other->tail_);
  }
  if (tails.empty()) return;
  tail_.LeanOn(TailRate::Pooled(tails), blocks_);
  age_s_ = kDayS;
}

void ServiceDetector::Mark(Change change, Time time) {
  for (SeriesDetector& signal : signals_) signal.Mark(change, time);
}

}  // namespace kizashi
