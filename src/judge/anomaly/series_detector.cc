#include "judge/anomaly/series_detector.h"

#include <algorithm>
#include <vector>

namespace kizashi {
namespace {

constexpr float kWeekS = 604'800;
constexpr int64_t kDayS = 86'400;
constexpr int16_t kUnseen = INT16_MIN;
constexpr float kLog10Looks = 0.6f;    // four looks share the budget
constexpr float kLog10Records = 0.4f;  // three that mostly come together

// Time constants, in seconds; each is at least some samples.
constexpr float kQuickS = 1'200;
constexpr float kSlowS = 21'600;
constexpr float kUsualS = 129'600;
constexpr float kErrorS = 43'200;
constexpr float kScaleS = 14'400;
constexpr float kScaleSlowS = 259'200;
constexpr float kWindowS = 900;
constexpr float kLevelS = 10'800;
constexpr float kRecordS[] = {3'600, 14'400};  // of whose means there are records
constexpr float kRecordSamples[] = {12, 48};   // and at least so many
constexpr float kMovesQuickS = 5'400;
constexpr float kToldS = 86'400;       // in which what was told counts ten times less
constexpr float kToldMargin = 0.3f;    // by which it must be exceeded to be told again
constexpr float kUntold = 3;           // what is no news ranks this much lower
constexpr float kYoungPenalty = 0.7f;  // before its day is known all is less sure
constexpr float kYoungPenaltyS = 259'200;
constexpr float kBlocksOfSlowLooks = 12;
constexpr float kNotable = -0.7f;   // from here on an episode is remembered
constexpr float kAgeFactor = 2.5f;  // log10 of how many times its own age a series can speak for
constexpr float kYoungS = 600;
constexpr uint32_t kYoungSamples = 8;
constexpr uint32_t kRisesOfCounter = 40;
constexpr uint16_t kRepeatsOfStuck = 5;
constexpr uint32_t kSamplesOfMoving = 200;
constexpr int64_t kStandsBehindMaskS = 3'600;  // in which what stands still is measured
constexpr float kOver = 1.5f;  // what follows is less than half: 0.5 more in log2 is allowed
constexpr uint32_t kBorrowedSamples = 30;  // what a borrowed scale counts for

// The share of a new value in a mean over `memory_s`, which began `samples` ago.
float Share(float dt_s, float memory_s, float samples) {
  const float steady = dt_s / (dt_s + memory_s);
  return std::max(steady, 1 / (samples + 1));
}

float Median(float a, float b, float c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

}  // namespace

std::string_view PredictorName(Predictor predictor) {
  constexpr std::string_view kNames[] = {"none", "last", "level", "slow_level", "daily", "weekly"};
  return kNames[static_cast<size_t>(predictor)];
}

std::string_view LookName(Look look) {
  constexpr std::string_view kNames[] = {"point",  "window",      "level",      "spread",
                                         "record", "hour_record", "long_record"};
  return kNames[static_cast<size_t>(look)];
}

struct SeriesDetector::Statistics {
  float of[kLooks] = {};
  float residual = 0;  // against the mixed prediction
  float away = 0;      // the level against the usual one
  float off = 0;       // the value against it
  float scale = 1;
};

struct SeriesDetector::Prediction {
  float value = 0;
  float of[kPredictors] = {};
  bool has[kPredictors] = {};
  float day = 0;  // without today's offset
  float week = 0;
  int best = 0;
};

void SeriesDetector::Restart() {
  constexpr float kPriors[kLooks][2] = {{1.3f, 0.6f}, {0.0f, 0.8f}, {0.0f, 0.8f}, {0.5f, 0.6f}};
  for (int i = 0; i < kLooks; ++i) {
    tails_[size_t(i)].up.SetPrior(kPriors[i][0], kPriors[i][1]);
    tails_[size_t(i)].down.SetPrior(kPriors[i][0], kPriors[i][1]);
  }
  day_.fill(kUnseen);
  week_.fill(kUnseen);
  profile_step_ = 0;
}

void SeriesDetector::Begin(Time time, double value) {
  last_ms_ = block_ms_ = ToMs(time);
  masked_until_ms_ = last_ms_ + int64_t(kYoungS) * 1000;
  base_ = value;
  raw_ = value;
  samples_ = 1;
}

float SeriesDetector::ProfileAt(const int16_t* buckets, int count, int bucket, float share) const {
  // Between the middles of two buckets, along the line.
  const float at = share - 0.5f;
  const int other =
      at < 0 ? (bucket == 0 ? count - 1 : bucket - 1) : (bucket + 1 == count ? 0 : bucket + 1);
  const float own = static_cast<float>(buckets[bucket]);
  const float next = buckets[other] == kUnseen ? own : static_cast<float>(buckets[other]);
  return profile_origin_ + profile_step_ * (own + std::abs(at) * (next - own));
}

void SeriesDetector::Predict(float local_s, Prediction* prediction) const {
  Prediction& p = *prediction;
  p.of[0] = Median(before_[0], before_[1], before_[2]);
  p.of[1] = quick_;
  p.of[2] = slow_;
  p.has[0] = p.has[1] = p.has[2] = true;
  if (profile_step_ > 0) {
    const float of_day = std::fmod(local_s, float(kDayS)) / (float(kDayS) / kDayBuckets);
    const int day = std::min(int(of_day), kDayBuckets - 1);
    if (day_[size_t(day)] != kUnseen) {
      p.day = ProfileAt(day_.data(), kDayBuckets, day, of_day - float(day));
      p.of[3] = p.day + day_offset_;
      p.has[3] = true;
    }
    const float of_week = local_s / (kWeekS / kWeekBuckets);
    const int week = std::min(int(of_week), kWeekBuckets - 1);
    if (week_[size_t(week)] != kUnseen) {
      p.week = ProfileAt(week_.data(), kWeekBuckets, week, of_week - float(week));
      p.of[4] = p.week + week_offset_;
      p.has[4] = true;
    }
  }
  float sum = 0;
  float weights = 0;
  float least = 3e38f;
  for (int i = 0; i < kPredictors; ++i) {
    if (!p.has[i]) continue;
    const float e = error_[i] + 1e-3f * quantum_ + 1e-20f;
    float w = 1 / (e * e);
    w *= w;
    if (e < least) {
      least = e;
      p.best = i;
    }
    if (!(w < 1e30f)) w = 1e30f;
    sum += w * p.of[i];
    weights += w;
  }
  p.value = sum / weights;
}

void SeriesDetector::FillBucket(bool weekly, int bucket, float mean) {
  if (profile_step_ == 0) {
    profile_origin_ = mean;
    profile_step_ = std::max(Scale() / 16, 1e-30f);
  }
  Requantize(mean);
  int16_t& held = weekly ? week_[size_t(bucket)] : day_[size_t(bucket)];
  const float number = std::clamp((mean - profile_origin_) / profile_step_, -32'000.0f, 32'000.0f);
  if (std::isnan(number)) return;
  if (held == kUnseen) {
    held = static_cast<int16_t>(std::lround(number));
    return;
  }
  const float periods = weekly ? float(weeks_) / kWeekBuckets : float(days_) / kDayBuckets;
  const float share = std::max(1 / (periods + 1.5f), weekly ? 0.35f : 0.25f);
  const float limit = 6 * Scale() / profile_step_ + 1;
  const float off = std::clamp(number - float(held), -limit, limit);
  held = static_cast<int16_t>(std::lround(float(held) + share * off));
}

// Makes room for `value` in 16 bits: halves what is held as often as needed.
void SeriesDetector::Requantize(float value) {
  while (std::abs(value - profile_origin_) / profile_step_ > 32'000 && profile_step_ < 1e37f) {
    profile_step_ *= 2;
    for (int16_t& held : day_) held = held == kUnseen ? kUnseen : int16_t(held / 2);
    for (int16_t& held : week_) held = held == kUnseen ? kUnseen : int16_t(held / 2);
  }
}

void SeriesDetector::LearnProfiles(float y, int64_t local_s) {
  const int64_t of_week = (local_s + 3 * kDayS) % int64_t(kWeekS);  // 1970 began on a Thursday
  const int at[2] = {int(of_week % kDayS / (kDayS / kDayBuckets)), int(of_week / 3600)};
  for (int i = 0; i < 2; ++i) {
    if (bucket_[i] != at[i]) {
      if (bucket_count_[i] > 0) {
        FillBucket(i == 1, bucket_[i], bucket_sum_[i] / float(bucket_count_[i]));
        uint16_t& filled = i == 1 ? weeks_ : days_;
        if (filled < UINT16_MAX) ++filled;
      }
      bucket_[i] = int16_t(at[i]);
      bucket_sum_[i] = 0;
      bucket_count_[i] = 0;
    }
    if (bucket_count_[i] == UINT16_MAX) continue;  // that many make a mean
    bucket_sum_[i] += y;
    ++bucket_count_[i];
  }
}

void SeriesDetector::Learn(float y, float dt_s, const Prediction& p) {
  const auto n = static_cast<float>(std::min(samples_ + learnt_, 1'000'000u));
  const float scale = Scale();
  const float residual = y - p.value;
  const float limit = 5 * scale;
  const float clipped = std::min(std::abs(residual), limit);
  const float error_share = Share(dt_s, kErrorS, n);
  for (int i = 0; i < kPredictors; ++i) {
    if (!p.has[i]) {
      error_[i] = 1.2f * scale_;
      continue;
    }
    const float e = std::min(std::abs(y - p.of[i]), limit);
    error_[i] += error_share * (e - error_[i]);
  }
  const float step = std::abs(y - before_[0]);
  if (step > 1e-6f * std::abs(y)) {
    steps_ = std::min(steps_ + 1, 100'000'000u);
    const float share = std::max(1 / float(steps_), 1.0f / 512);
    const float held = quantum_ == 0 ? step : std::min(step, 8 * quantum_);
    quantum_ += share * (held - quantum_);
  }
  scale_ += Share(dt_s, std::max(kScaleS, 24 * interval_s_), n) * (1.25f * clipped - scale_);
  scale_slow_ += Share(dt_s, kScaleSlowS, n) * (1.25f * clipped - scale_slow_);
  const float m = Median(y, before_[0], before_[1]);
  quick_ += Share(dt_s, std::max(kQuickS, 4 * interval_s_), n) * (m - quick_);
  slow_ += Share(dt_s, std::max(kSlowS, 16 * interval_s_), n) * (m - slow_);
  usual_ += Share(dt_s, kUsualS, n) * (m - usual_);
  const float offset_share = Share(dt_s, std::max(7'200.0f, 6 * interval_s_), 1e6f);
  if (p.has[3]) day_offset_ += offset_share * (m - p.day - day_offset_);
  if (p.has[4]) week_offset_ += offset_share * (m - p.week - week_offset_);
  before_[2] = before_[1];
  before_[1] = before_[0];
  before_[0] = y;
}

void SeriesDetector::EndBlock() {
  const float weight = blocks_;
  for (Sides& sides : tails_) {
    sides.up.EndBlock(weight);
    sides.down.EndBlock(weight);
  }
  blocks_ += 1;
  ended_ = std::min(ended_ + 1, 1'000'000'000u);
  // Of means of hours smaller steps mean something.
  const float least = std::max(quantum_, scale_slow_);
  for (int i = 0; i < kRecords; ++i) {
    const float share = i == 0 ? 1.0f : 0.5f;
    records_[size_t(i)].up.EndBlock(uint16_t(ended_), usual_, share * least);
    records_[size_t(i)].down.EndBlock(uint16_t(ended_), -usual_, share * least);
  }
}

SeriesDetector::Statistics SeriesDetector::Measure(float y, float dt_s, const Prediction& p) {
  Statistics out;
  const auto n = static_cast<float>(std::min(samples_ + learnt_, 1'000'000u));
  out.residual = y - p.value;
  // Of a series that never moved nothing says what is much: its first step is eight times usual.
  out.scale = quantum_ == 0 ? std::max(std::abs(out.residual) / 8, Scale()) : Scale();
  const float z = out.residual / out.scale;
  window_ += Share(dt_s, std::max(kWindowS, 3 * interval_s_), 1e6f) *
             (std::clamp(z, -8.0f, 8.0f) - window_);
  // The level against what is usual here, by the better of the level of days and the profiles.
  const float m = Median(y, before_[0], before_[1]);
  const float references[3] = {usual_, p.day, p.week};
  int reference = 0;
  for (int i = 1; i < 3; ++i) {
    if (p.has[2 + i] && usual_error_[i] < usual_error_[reference]) reference = i;
  }
  const float usual_scale = std::max({usual_error_[reference], scale_slow_, quantum_, 1e-30f});
  out.away = m - references[reference];
  out.off = y - references[reference];
  level_ += Share(dt_s, std::max(kLevelS, 6 * interval_s_), 1e6f) *
            (std::clamp(out.away / usual_scale, -20.0f, 20.0f) - level_);
  for (int i = 0; i < 3; ++i) {
    if (i > 0 && !p.has[2 + i]) {
      usual_error_[i] = 1.2f * usual_error_[0];
      continue;
    }
    const float e = std::min(std::abs(m - references[i]), 5 * usual_scale);
    usual_error_[i] += Share(dt_s, kUsualS, n) * (e - usual_error_[i]);
  }
  for (int i = 0; i < kRecords - 1; ++i) {
    const float memory_s = std::max(kRecordS[i], kRecordSamples[i] * interval_s_);
    levels_[i] += Share(dt_s, memory_s, n) * (m - levels_[i]);
  }
  const float moves = std::min(std::abs(out.residual), 6 * out.scale);
  moves_quick_ += Share(dt_s, std::max(kMovesQuickS, 12 * interval_s_), n) * (moves - moves_quick_);
  moves_slow_ += Share(dt_s, kScaleSlowS, n) * (moves - moves_slow_);
  const float least = 0.1f * quantum_ + 1e-30f;
  const float ratio = (moves_quick_ + least) / (moves_slow_ + least);
  out.of[size_t(Look::kPoint)] = z;
  out.of[size_t(Look::kWindow)] = window_;
  out.of[size_t(Look::kLevel)] = level_;
  out.of[size_t(Look::kSpread)] = ratio > 1 ? ratio - 1 : 1 - 1 / ratio;
  return out;
}

// The look that finds it the most unusual; the tails learn from all of them.
void SeriesDetector::LookAtAll(const Statistics& statistics, float log10_block_weeks,
                               uint32_t minute, Reading* reading) {
  const bool expected = InJob(minute);
  const int looks = blocks_ >= kBlocksOfSlowLooks ? kLooks : 2;
  for (int i = 0; i < looks; ++i) {
    const int direction = statistics.of[i] > 0 ? 1 : -1;
    const float statistic = std::abs(statistics.of[i]);
    Sides& sides = tails_[size_t(i)];
    TailRate& tail = direction > 0 ? sides.up : sides.down;
    const float log10_weeks = tail.Log10Blocks(statistic) + log10_block_weeks;
    if (!reading->masked && !expected) tail.Add(statistic);
    if (log10_weeks > reading->log10_weeks) {
      reading->log10_weeks = log10_weeks;
      reading->look = Look(i);
      reading->direction = int8_t(direction);
    }
    if (Look(i) == Look::kLevel) shifted_ = log10_weeks > (shifted_ ? -1.5f : 0.0f);
  }
  reading->shifted = shifted_;
}

// Whether this sample, or the level of some hours, is beyond all that was reached.
void SeriesDetector::LookAtRecords(float y, float log10_block_weeks, uint32_t minute,
                                   Reading* reading) {
  const bool learns = !reading->masked && !InJob(minute);
  const auto blocks = static_cast<int>(ended_);
  for (int i = 0; i < kRecords; ++i) {
    const float value = RecordValue(i, y);
    Highs& highs = records_[size_t(i)];
    const float up = highs.up.Log10Blocks(value, usual_, blocks);
    const float down = highs.down.Log10Blocks(-value, -usual_, blocks);
    if (learns) {
      highs.up.Add(value);
      highs.down.Add(-value);
    }
    const float log10_weeks = std::max(up, down) + log10_block_weeks;
    if (log10_weeks <= reading->log10_weeks) continue;
    reading->log10_weeks = log10_weeks;
    reading->look = Look(kLooks + i);
    reading->direction = up > down ? int8_t(1) : int8_t(-1);
  }
}

// A record so far from all that was reached that nothing seen before is like it.
bool SeriesDetector::Unlike(const Reading& reading, float y) const {
  if (reading.look != Look::kRecord) return false;
  const Highs& highs = records_[0];
  return reading.direction > 0 ? highs.up.Unlike(y, usual_) : highs.down.Unlike(-y, -usual_);
}

// A young series speaks with less weight, and not of more than it can know.
void SeriesDetector::Age(Reading* reading) const {
  const float log10_age = 0.30103f * FastLog2(std::max(age_s_, 60.0f) / kWeekS);
  const float young = kYoungPenalty * std::max(0.0f, 1 - age_s_ / kYoungPenaltyS);
  reading->unbounded = reading->moves_log10_weeks - young;
  reading->moves_log10_weeks = std::min(reading->unbounded, log10_age + kAgeFactor);
  reading->log10_weeks = std::min(reading->log10_weeks - young, log10_age + kAgeFactor);
}

// What is news: neither told lately nor seen twice before.
void SeriesDetector::Weigh(const Statistics& statistics, const Prediction& p, float y,
                           uint32_t minute, Reading* reading) {
  if (reading->log10_weeks > kNotable) {
    const float far = reading->look == Look::kLevel ? statistics.away : statistics.residual;
    const float size = FastLog2(std::abs(far) + 1e-30f);
    RememberEpisode(*reading, y, size, minute);
    float off = std::abs(statistics.off);  // from the nearest of what is usual here
    if (p.has[3]) off = std::min(off, std::abs(y - p.day));
    if (p.has[4]) off = std::min(off, std::abs(y - p.week));
    reading->job = OnTime(reading->direction, size);
    const bool seen = SeenTwice(*reading, y, size, minute);
    reading->recurring = reading->job || seen || Awaited(reading->direction, size, minute) ||
                         Returns(reading->direction, size, off < 0.5f * std::abs(far), minute);
    // What comes on time has further looks, and an end: they are no news either. Of what comes at
    // any time only what follows once it is over.
    if (reading->job) {
      Know(size, minute);
    } else if (minute - known_minute_ <= 60 && size <= float(known_size_) / 256 + 0.5f) {
      reading->recurring = true;
      known_minute_ = minute;
    } else if (seen) {
      Know(size - kOver, minute);
    }
  }
  if (Unlike(*reading, y)) reading->recurring = reading->job = false;
  const bool news = !reading->recurring && reading->log10_weeks > told_ + kToldMargin;
  reading->news = news ? reading->log10_weeks : std::min(reading->log10_weeks, 0.0f) - kUntold;
  reading->alert = reading->news >= kAlertLog10Weeks;
  if (!reading->recurring) told_ = std::max(told_, reading->log10_weeks);
}

Reading SeriesDetector::Observe(Time time, double value, int32_t zone_s) {
  Reading reading;
  reading.masked = true;
  if (!std::isfinite(value)) return reading;
  const int64_t ms = ToMs(time);
  if (samples_ == 0) {
    Begin(time, value);
    return reading;
  }
  if (ms <= last_ms_) {
    ++late_;
    return reading;
  }
  const float dt_s = float(ms - last_ms_) / 1000;
  if (samples_ == 1) interval_s_ = dt_s;
  if (dt_s > 1.1f * interval_s_) interval_s_ *= 1.05f;
  if (dt_s < 0.9f * interval_s_) interval_s_ *= 0.95f;
  bool reset = false;
  const double x = CounterRate(value, dt_s, &reset);
  raw_ = value;
  last_ms_ = ms;
  if (reset) return reading;
  if (samples_ == 1) base_ = counter_ ? x : base_;
  const auto y = static_cast<float>(std::clamp(x - base_, -1e30, 1e30));
  const auto minute = static_cast<uint32_t>(ms / 60'000);
  const bool repeats = y == before_[0];
  if (repeats) repeats_ = uint16_t(std::min(repeats_ + 1, 65'000));
  // Standing still it is not being measured; unless where it stands is unusual (it fell to nothing,
  // or reached a limit), or what it did was masked a moment ago.
  const bool stands = StandsStill();
  const bool measured =
      stands && (EpisodeRuns(minute) || masked_until_ms_ > ms - 1000 * kStandsBehindMaskS);
  if (stands && repeats && !measured) return reading;
  const bool resumes = repeats_ >= kRepeatsOfStuck && !measured;
  if (!repeats) repeats_ = 0;
  if (samples_ > 3 && (resumes || dt_s > std::max(4 * interval_s_, 3'600.0f))) {
    // Behind a long gap, or a stretch that was not measured, the level is asked for anew.
    before_[0] = before_[1] = before_[2] = quick_ = y;
    window_ = 0;
    masked_until_ms_ = std::max(masked_until_ms_, ms + 1);
  }
  const float block_s = std::max(3'600.0f, 8 * interval_s_);
  if (float(ms - block_ms_) >= 1000 * block_s) {
    EndBlock();
    block_ms_ = ms;
  }
  const int64_t local_s = ms / 1000 + zone_s;
  Prediction p;
  Predict(float((local_s + 3 * kDayS) % int64_t(kWeekS)), &p);
  const Statistics statistics = Measure(y, dt_s, p);
  reading.masked = ms < masked_until_ms_ || samples_ < kYoungSamples;
  reading.predictor = Predictor(p.best + 1);
  const float log10_block_weeks = 0.30103f * FastLog2(block_s / kWeekS);
  LookAtAll(statistics, log10_block_weeks - kLog10Looks, minute, &reading);
  reading.moves_log10_weeks = reading.log10_weeks;
  LookAtRecords(y, log10_block_weeks - kLog10Records, minute, &reading);
  if (!reading.masked) Age(&reading);
  told_ -= dt_s / kToldS;
  if (!reading.masked) Weigh(statistics, p, y, minute, &reading);
  band_middle_ = p.value;
  band_scale_ = statistics.scale;
  age_s_ += std::min(dt_s, 4 * interval_s_);
  Learn(y, dt_s, p);
  LearnProfiles(y, local_s);
  samples_ = std::min(samples_ + 1, 1'000'000'000u);
  return reading;
}

// A series that always moves and now repeats itself exactly.
bool SeriesDetector::StandsStill() const {
  return repeats_ >= kRepeatsOfStuck && samples_ > kSamplesOfMoving &&
         double(steps_) > 0.9 * double(std::min(samples_, 100'000'000u));
}

// What is judged of `value`: itself, or of a running total its rate a second.
double SeriesDetector::CounterRate(double value, float dt_s, bool* reset) {
  if (!counter_) {
    if (value < raw_) rises_ = 0;
    if (value > raw_ && value >= 0 && ++rises_ >= kRisesOfCounter) {
      // Never fell in so many steps: from here on it is a counter, and young again.
      BecomeCounter(true);
      *reset = true;
    }
    return value;
  }
  if (value >= raw_) return (value - raw_) / double(dt_s);
  *reset = true;
  if (value > 0.5 * raw_) BecomeCounter(false);  // it fell a little: never was a counter
  return value;
}

void SeriesDetector::BecomeCounter(bool counter) {
  const int64_t last_ms = last_ms_;
  const uint32_t late = late_;
  const float interval_s = interval_s_;
  *this = SeriesDetector();
  counter_ = counter;
  interval_s_ = interval_s;
  late_ = late;
  samples_ = 1;
  last_ms_ = block_ms_ = last_ms;
  masked_until_ms_ = last_ms + int64_t(kYoungS) * 1000;
}

void SeriesDetector::Mark(Change change, Time time) {
  const int64_t mask_s = change == Change::kScale ? 2 * int64_t(kMaskS) : int64_t(kMaskS);
  masked_until_ms_ = std::max(masked_until_ms_, ToMs(time) + mask_s * 1000);
}

bool SeriesDetector::Borrows() const {
  return samples_ >= kYoungSamples && age_s_ < float(kDayS) && blocks_ < kBlocksOfSlowLooks;
}

void SeriesDetector::Borrow(std::span<const SeriesDetector* const> others) {
  if (!Borrows()) return;
  std::vector<const SeriesDetector*> lenders;
  for (const SeriesDetector* other : others) {
    if (other->Lends() && other->counter_ == counter_) lenders.push_back(other);
  }
  if (lenders.empty()) return;
  std::vector<const TailRate*> tails(lenders.size());
  for (size_t look = 0; look < kLooks; ++look) {
    for (TailRate Sides::*side : {&Sides::up, &Sides::down}) {
      for (size_t i = 0; i < lenders.size(); ++i) tails[i] = &(lenders[i]->tails_[look].*side);
      (tails_[look].*side).LeanOn(TailRate::Pooled(tails), blocks_);
    }
  }
  BorrowScale(lenders);
  age_s_ = std::max(age_s_, float(kDayS));
}

// By how large a share of its level each moves; the middle one of them.
void SeriesDetector::BorrowScale(std::span<const SeriesDetector* const> lenders) {
  std::vector<float> shares;
  for (const SeriesDetector* other : lenders) {
    const double level = std::abs(other->base_ + double{other->usual_});
    const float scale = other->Scale();
    if (level > double{scale}) shares.push_back(static_cast<float>(double{scale} / level));
  }
  if (shares.empty()) return;
  const auto middle = shares.begin() + static_cast<ptrdiff_t>(shares.size() / 2);
  std::nth_element(shares.begin(), middle, shares.end());
  const auto level = static_cast<float>(std::abs(base_ + double{quick_}));
  learnt_ = kBorrowedSamples;
  const float weight =
      float(kBorrowedSamples) / float(kBorrowedSamples + std::min(samples_, 1'000'000u));
  const float borrowed = *middle * level;
  scale_ += weight * (borrowed - scale_);
  scale_slow_ += weight * (borrowed - scale_slow_);
  moves_quick_ += weight * (0.8f * borrowed - moves_quick_);
  moves_slow_ += weight * (0.8f * borrowed - moves_slow_);
}

SeriesDetector::Band SeriesDetector::Expected() const {
  const float width = band_scale_;
  const Sides& point = tails_[size_t(Look::kPoint)];
  // Once in ten weeks: 1680 blocks of an hour.
  return {base_ + double(band_middle_),
          base_ + double(band_middle_ - width * point.down.StatisticAt(3.2f)),
          base_ + double(band_middle_ + width * point.up.StatisticAt(3.2f))};
}

}  // namespace kizashi
