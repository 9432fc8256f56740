// Finds what normally does not happen on one series: streaming, causal, one frozen configuration.
//
// Each sample is compared with what five predictors said before it came: the last value, a quick
// and a slow level, and the usual day and week at this local time, corrected for today's level.
// They are mixed by their recent errors. Four looks judge what remains: this sample, a short
// window, the level over hours, and how much the series moves about. Each look learns from the
// series how often it comes as high (tail_rate.h), so what is told is a rate, "as unusual as
// what happens once in N weeks", and a threshold is a budget of false alerts. Three more look for
// records, whatever was predicted: of a sample, of an hour's level and of four hours' level
// (record_rate.h). What one series tells is the rarer of both; what signals of a service have in
// common is how they move, as their records come together when traffic grows.
//
// A running total (a counter) is recognised and judged by its rate; its resets are no news.
// What happened at least twice before, or at its own time of the day or week, is expected; unless
// it lasts longer than it ever did. A young one borrows from the same signal of other services.
// A value of at most 1.5 KiB, without heap; one thread. No clock: times are the samples'. Samples
// that are not later than the last one (a backfill) are counted and have no effect.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "judge/anomaly/record_rate.h"
#include "judge/anomaly/tail_rate.h"

namespace kizashi {

enum class Predictor : uint8_t { kNone, kLast, kLevel, kSlowLevel, kDaily, kWeekly };
/// "last", "level", ...
std::string_view PredictorName(Predictor predictor);

enum class Look : uint8_t { kPoint, kWindow, kLevel, kSpread, kRecord, kHourRecord, kLongRecord };
std::string_view LookName(Look look);

/// What changed the series from outside; what follows it within kMaskS is masked.
enum class Change : uint8_t { kRelease, kRestart, kScale };

/// One sample, judged.
struct Reading {
  float log10_weeks = -9;  // of the weeks between two as unusual as this one; below 0: more often
  float moves_log10_weeks = -9;  // the same without records: by how it moves
  float unbounded = -9;  // and were that not limited by how long the series was seen
  float news = -9;       // log10_weeks, less what was told lately or is expected: what may alert
  Predictor predictor = Predictor::kNone;  // whose recent error was the smallest
  Look look = Look::kPoint;                // that found it the most unusual
  int8_t direction = 0;                    // +1 above, -1 below what was expected; 0: neither
  bool alert = false;                      // news reached the budget
  bool shifted = false;                    // the level left its usual range and has not come back
  bool masked = false;                     // young, behind a gap, or behind a change from outside
  bool recurring = false;                  // unusual, but seen before like this
  bool job = false;                        // and it comes at this time of the day
  /// `news` on a scale from 0 to 1: 0.5 is once a week, each 1/12 ten times rarer.
  float Score() const { return std::clamp(0.5f + news / 12, 0.0f, 1.0f); }
};

class SeriesDetector {
 public:
  /// An alert is what is rarer than this, in log10 of weeks.
  static constexpr float kAlertLog10Weeks = -0.6f;
  static constexpr float kMaskS = 900;
  static constexpr int kLooks = 4;  // that have tails; the others are records
  static constexpr int kRecords = 3;
  static constexpr int kPredictors = 5;
  static constexpr int kDayBuckets = 96;    // of 15 minutes
  static constexpr int kWeekBuckets = 168;  // of an hour
  static constexpr int kEpisodes = 9;       // remembered

  SeriesDetector() { Restart(); }

  /// Judges `value`, then learns it. NaN and infinities are no samples. `zone_s` is what local time
  /// is ahead of UTC then, in seconds: the day and the week are those of people.
  Reading Observe(Time time, double value, int32_t zone_s = 0);
  /// Something changed the series from outside at `time`.
  void Mark(Change change, Time time);
  /// Takes over from the same signal of other services how rare what is and how much it moves,
  /// relative to its level; not the level. For one that Borrows, from those that Lend; each of
  /// the others has no effect. The order of `others` matters.
  void Borrow(std::span<const SeriesDetector* const> others);
  /// It is young, but was seen often enough to know its level.
  bool Borrows() const;
  /// It was watched for a day at least, itself.
  bool Lends() const { return blocks_ >= 24; }

  /// What the last sample was expected to be (of a counter: its rate a second), and the band that
  /// a sample leaves once in ten weeks.
  struct Band {
    double expected = 0;
    double low = 0;
    double high = 0;
  };
  Band Expected() const;

  /// Asks for the memory that Observe will read, when many series are gone through in turn.
  void Prefetch() const {
    for (size_t i = 0; i < 12; ++i) {
      __builtin_prefetch(reinterpret_cast<const char*>(this) + i * 64, 1);
    }
  }

  Time last() const { return TimeFromMs(last_ms_); }
  uint32_t samples() const { return samples_; }
  uint32_t late_samples() const { return late_; }
  bool counter() const { return counter_; }

  template <typename A>
  void Fields(A& a);

 private:
  // What was unusual before: when, how much, how often.
  struct Episode {
    uint32_t minute = 0;  // since 1970: the last in which one was as unusual
    float value = 0;      // what was reached
    int16_t size = 0;     // log2 of how far that was from what was expected, times 256
    uint16_t at = 0;      // the minute of the day in which the last one began
    uint8_t count = 0;    // 0: empty
    uint8_t on_time = 0;  // how many came at the time of the day of the one before
    int8_t direction = 0;
    uint8_t lasted = 0;  // how long the longest of those before was, in minutes; 255: or longer
  };
  struct Sides {
    TailRate up;
    TailRate down;
  };
  struct Highs {
    RecordRate up;
    RecordRate down;  // of the negated value
  };
  struct Prediction;
  struct Statistics;
  void BecomeCounter(bool counter);

  void Begin(Time time, double value);
  double CounterRate(double value, float dt_s, bool* reset);
  void Predict(float local_s, Prediction* prediction) const;
  void Learn(float y, float dt_s, const Prediction& prediction);
  void LearnProfiles(float y, int64_t local_s);
  void FillBucket(bool weekly, int bucket, float mean);
  float ProfileAt(const int16_t* buckets, int count, int bucket, float share) const;
  void EndBlock();
  Statistics Measure(float y, float dt_s, const Prediction& prediction);
  void LookAtAll(const Statistics& statistics, float log10_block_weeks, uint32_t minute,
                 Reading* reading);
  void LookAtRecords(float y, float log10_block_weeks, uint32_t minute, Reading* reading);
  float RecordValue(int record, float y) const { return record == 0 ? y : levels_[record - 1]; }
  bool Unlike(const Reading& reading, float y) const;
  void Age(Reading* reading) const;
  void Weigh(const Statistics& statistics, const Prediction& prediction, float y, uint32_t minute,
             Reading* reading);
  void RememberEpisode(const Reading& reading, float value, float size, uint32_t minute);
  bool OnTime(int direction, float size) const;
  bool Returns(int direction, float size, bool usual, uint32_t minute) const;
  bool InJob(uint32_t minute) const;
  bool Awaited(int direction, float size, uint32_t minute) const;
  bool SeenTwice(const Reading& reading, float value, float size, uint32_t minute) const;
  bool IsLike(const Episode& episode, float size_then, float value, float size) const;
  float ShareLeft(float value, float size) const;
  void EndRunning(int side);
  void Know(float size, uint32_t minute);
  bool StandsStill() const;
  bool EpisodeRuns(uint32_t minute) const;
  float Scale() const { return std::max({scale_, 0.5f * scale_slow_, quantum_, 1e-30f}); }
  void Requantize(float value);
  void BorrowScale(std::span<const SeriesDetector* const> lenders);
  void Restart();

  // Hot: what each sample reads and writes.
  int64_t last_ms_ = 0;
  int64_t block_ms_ = 0;  // when the block of the tails began
  int64_t masked_until_ms_ = 0;
  double base_ = 0;  // values are kept as floats relative to it
  double raw_ = 0;   // the last one, as it came
  uint32_t samples_ = 0;
  float interval_s_ = 0;
  float before_[3] = {};  // the last values
  float quick_ = 0;       // levels
  float slow_ = 0;
  float usual_ = 0;       // of days
  float day_offset_ = 0;  // today's level against the profiles
  float week_offset_ = 0;
  float error_[kPredictors] = {};
  float usual_error_[3] = {};  // of the usual level, and of the profiles without correction
  float scale_ = 0;            // of what remains: recent, and of days
  float scale_slow_ = 0;
  float quantum_ = 0;  // mean of the steps that were none of zero
  float window_ = 0;
  float level_ = 0;
  float levels_[kRecords - 1] = {};  // of an hour and of four, for their records
  float moves_quick_ = 0;
  float moves_slow_ = 0;
  float told_ = -9;  // the strongest of late, decaying
  float blocks_ = 0;
  float age_s_ = 0;       // how long it has been watched, gaps left out, or borrowed
  uint32_t steps_ = 0;    // that were not zero
  uint16_t rises_ = 0;    // in a row
  uint16_t repeats_ = 0;  // of exactly the same value
  uint32_t late_ = 0;
  uint32_t learnt_ = 0;  // what its borrowed scale counts for, in samples
  uint32_t ended_ = 0;   // blocks of its own
  float band_middle_ = 0;
  float band_scale_ = 0;
  bool counter_ = false;
  bool shifted_ = false;
  // The episodes that go on, above and below: how often each had come on time before, how large.
  int8_t running_[2] = {-1, -1};
  uint8_t running_before_[2] = {};
  int16_t running_size_[2] = {};
  uint16_t running_began_[2] = {};  // in which minute, of which the lower bits are kept
  int16_t known_size_ = 0;          // the last of something that was seen before: what may follow
  uint32_t known_minute_ = 0;
  std::array<Sides, kLooks> tails_;
  std::array<Highs, kRecords> records_;
  std::array<Episode, kEpisodes> episodes_;

  // The usual day and week: value = origin + quantum * number.
  float profile_origin_ = 0;
  float profile_step_ = 0;  // 0: nothing yet
  float bucket_sum_[2] = {};
  uint16_t bucket_count_[2] = {};
  int16_t bucket_[2] = {-1, -1};
  uint16_t days_ = 0;  // buckets filled so far, of each
  uint16_t weeks_ = 0;
  std::array<int16_t, kDayBuckets> day_;
  std::array<int16_t, kWeekBuckets> week_;
};

template <typename A>
void SeriesDetector::Fields(A& a) {
  const auto floats = [&](float* values, size_t count) {
    for (size_t i = 0; i < count; ++i) TailRate::FloatField(a, values[i]);
  };
  a(last_ms_, block_ms_, masked_until_ms_, base_, raw_, samples_, learnt_, steps_, rises_, repeats_,
    late_, counter_, shifted_, days_, weeks_, known_minute_, known_size_, ended_);
  for (int i = 0; i < 2; ++i) {
    a(running_[i], running_before_[i], running_size_[i], running_began_[i]);
    if (running_[i] < -1 || running_[i] >= kEpisodes) running_[i] = -1;  // of damaged bytes
  }
  for (float* value :
       {&interval_s_,  &quick_,       &slow_,       &usual_,          &day_offset_,
        &week_offset_, &scale_,       &scale_slow_, &quantum_,        &window_,
        &level_,       &moves_quick_, &moves_slow_, &told_,           &blocks_,
        &age_s_,       &band_middle_, &band_scale_, &profile_origin_, &profile_step_}) {
    TailRate::FloatField(a, *value);
  }
  floats(before_, 3);
  floats(error_, kPredictors);
  floats(usual_error_, 3);
  floats(bucket_sum_, 2);
  floats(levels_, kRecords - 1);
  for (int i = 0; i < 2; ++i) a(bucket_count_[i], bucket_[i]);
  for (Sides& sides : tails_) a(sides.up, sides.down);
  for (Highs& highs : records_) a(highs.up, highs.down);
  for (Episode& e : episodes_) {
    TailRate::FloatField(a, e.value);
    a(e.minute, e.size, e.at, e.count, e.on_time, e.direction, e.lasted);
  }
  for (int16_t& held : day_) a(held);
  for (int16_t& held : week_) a(held);
  bucket_[0] = std::clamp<int16_t>(bucket_[0], -1, kDayBuckets - 1);
  bucket_[1] = std::clamp<int16_t>(bucket_[1], -1, kWeekBuckets - 1);
}

}  // namespace kizashi
