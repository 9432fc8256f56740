// Several signals of one service make one anomaly: streaming, causal, one frozen configuration.
//
// Each signal has its SeriesDetector. What they find unusual within 15 minutes is added up, each
// by how rare it is and at most so much, so that no signal alone and no two make an anomaly where
// there are many; how often that sum comes as high is learnt like a series' tail. An anomaly has a
// begin, an end, and the signals that moved, the first of them first.
//
// Owned by whoever watches the service; one thread; no clock. Memory: a SeriesDetector (1.5 KiB)
// and 16 bytes a signal. Signals are numbered from 0 by the caller, kSignalsMax at most.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "judge/anomaly/series_detector.h"

namespace kizashi {

class ServiceDetector {
 public:
  static constexpr size_t kSignalsMax = 512;
  /// An anomaly of a service is what is rarer than this, in log10 of weeks.
  static constexpr float kAlertLog10Weeks = -0.65f;
  static constexpr float kWindowS = 900;

  struct Moved {
    uint32_t signal = 0;
    Time first{};           // when it left what was expected
    Time last{};            // and was last away
    float log10_weeks = 0;  // the highest so far
    int8_t direction = 0;
    Look look = Look::kPoint;
    Predictor predictor = Predictor::kNone;
    double value = 0;  // at the highest
    double expected = 0;

    template <typename A>
    void Fields(A& a);
  };
  /// What is told after a moment's samples.
  struct Finding {
    float log10_weeks = -9;  // of the weeks between two sums as high, on this service
    float news = -9;         // the same, less what was told lately
    bool alert = false;      // an anomaly begins
    bool ended = false;      // the one that was open
    /// 0.5 is once a week, each 1/12 ten times rarer.
    float Score() const;
  };

  /// `signals` at once; more come with the first value of a higher number.
  explicit ServiceDetector(size_t signals = 0);

  /// One sample of one signal. Times of all signals together do not go back by more than a window.
  Reading Observe(uint32_t signal, Time time, double value, int32_t zone_s = 0);
  /// All samples up to `now` are there: judges the service. Call once a moment, in order.
  Finding Judge(Time now);
  void Mark(Change change, Time time);
  /// Takes over from other services how rarely their signals move together. For one that Borrows,
  /// from those that Lend; each of the others has no effect. The order of `others` matters.
  void Borrow(std::span<const ServiceDetector* const> others);
  bool Borrows() const;
  bool Lends() const { return blocks_ >= 24; }
  /// How long it has been watched, gaps left out, or a day when it borrowed.
  float age_s() const { return age_s_; }

  /// The anomaly that is open, or was the last one.
  bool open() const { return open_; }
  Time begin() const { return begin_; }
  Time end() const { return end_; }
  float strength() const { return strength_; }  // the highest log10_weeks
  /// What moved, the first first.
  const std::vector<Moved>& moved() const { return moved_; }
  /// The signals that are unusual now.
  const std::vector<Moved>& moving() const { return moving_; }
  SeriesDetector& signal(uint32_t signal) { return signals_[signal]; }
  const SeriesDetector& signal(uint32_t signal) const { return signals_[signal]; }
  size_t size() const { return signals_.size(); }

  template <typename A>
  void Fields(A& a);

 private:
  void Follow(Time now, bool enough, Finding* finding);

  std::vector<SeriesDetector> signals_;
  std::vector<Moved> moving_;
  std::vector<Moved> moved_;
  TailRate tail_;
  Time block_{};
  Time begin_{};
  Time end_{};
  Time last_{};
  float age_s_ = 0;
  float blocks_ = 0;
  float told_ = -9;
  float strength_ = 0;
  bool open_ = false;
};

template <typename A>
void ServiceDetector::Moved::Fields(A& a) {
  a(signal, first, last, direction, look, predictor, value, expected);
  TailRate::FloatField(a, log10_weeks);
}

template <typename A>
void ServiceDetector::Fields(A& a) {
  a(signals_, moving_, moved_, tail_, block_, begin_, end_, last_, open_);
  for (float* value : {&age_s_, &blocks_, &told_, &strength_}) TailRate::FloatField(a, *value);
}

}  // namespace kizashi
