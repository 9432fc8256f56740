#include "judge/anomaly/series_detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/archive.h"

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'571'200'000);  // a Monday, 00:00 UTC
constexpr int64_t kDayS = 86'400;

Time At(int64_t second) { return kBegin + std::chrono::seconds(second); }

class Series {
 public:
  explicit Series(uint64_t seed) : random_(seed) {}
  double Noise() { return normal_(random_); }
  double Daily(int64_t second) {
    return 100 + 50 * std::sin(2 * M_PI * double(second) / double(kDayS)) + 2 * Noise();
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

TEST(SeriesDetectorTest, ASeriesTakesAtMostOneAndAHalfKibibytes) {
  EXPECT_LE(sizeof(SeriesDetector), 1536u);
}

TEST(SeriesDetectorTest, AnUnusualValueIsToldOnceWithItsDirectionAndBand) {
  Series series(1);
  SeriesDetector detector;
  int alerts = 0;
  for (int64_t s = 0; s < 10 * kDayS; s += 60) {
    alerts += s > kDayS && detector.Observe(At(s), series.Daily(s)).alert ? 1 : 0;
    if (s <= kDayS) detector.Observe(At(s), series.Daily(s));
  }
  EXPECT_EQ(alerts, 0);
  int told = 0;
  for (int64_t s = 10 * kDayS; s < 10 * kDayS + 1800; s += 60) {
    const Reading reading = detector.Observe(At(s), series.Daily(s) + 120);
    if (!reading.alert) continue;
    ++told;
    EXPECT_EQ(reading.direction, 1);
    EXPECT_NE(reading.predictor, Predictor::kNone);
    EXPECT_LT(detector.Expected().high, series.Daily(s) + 120);
    EXPECT_LT(detector.Expected().low, detector.Expected().expected);
  }
  EXPECT_GE(told, 1);
  EXPECT_LE(told, 3);
}

TEST(SeriesDetectorTest, AJobThatComesDailyIsNoNewsFromTheThirdTimeOn) {
  Series series(2);
  SeriesDetector detector;
  int later = 0;
  for (int64_t s = 0; s < 12 * kDayS; s += 60) {
    const bool job = s % kDayS >= 7200 && s % kDayS < 7800;
    const Reading reading = detector.Observe(At(s), 20 + series.Noise() + (job ? 60 : 0));
    if (s / kDayS >= 2 && reading.alert) ++later;
  }
  EXPECT_EQ(later, 0);
}

TEST(SeriesDetectorTest, ACounterIsJudgedByItsRateAndItsResetsAreNoNews) {
  Series series(3);
  SeriesDetector detector;
  double total = 0;
  int alerts = 0;
  for (int64_t s = 0; s < 5 * kDayS; s += 60) {
    if (s % (kDayS + 7200) == 0) total = 0;
    total += 600 + 20 * series.Noise();
    const bool alert = detector.Observe(At(s), total).alert;
    alerts += alert && s % (kDayS + 7200) < 1800 ? 1 : 0;
  }
  EXPECT_TRUE(detector.counter());
  EXPECT_EQ(alerts, 0);
  EXPECT_NEAR(detector.Expected().expected, 10, 1);
  bool found = false;
  for (int64_t s = 5 * kDayS; s < 5 * kDayS + 1200; s += 60) {
    total += 3000;
    found = found || detector.Observe(At(s), total).alert;
  }
  EXPECT_TRUE(found);
}

TEST(SeriesDetectorTest, WhatIsNoSampleOrComesLateHasNoEffect) {
  Series series(4);
  SeriesDetector a;
  SeriesDetector b;
  for (int64_t s = 0; s < kDayS; s += 60) {
    const double value = series.Daily(s);
    const Reading first = a.Observe(At(s), value);
    b.Observe(At(s), std::nan(""));
    if (s > 0) b.Observe(At(s - 60), 1e12);
    const Reading second = b.Observe(At(s), value);
    EXPECT_EQ(first.log10_weeks, second.log10_weeks);
  }
  EXPECT_EQ(a.late_samples(), 0u);
  EXPECT_EQ(b.late_samples(), uint32_t(kDayS / 60 - 1));
}

TEST(SeriesDetectorTest, WhatFollowsAMarkIsMasked) {
  Series series(5);
  SeriesDetector detector;
  for (int64_t s = 0; s < 3 * kDayS; s += 60) detector.Observe(At(s), series.Daily(s));
  detector.Mark(Change::kRestart, At(3 * kDayS));
  for (int64_t s = 3 * kDayS; s < 3 * kDayS + 600; s += 60) {
    const Reading reading = detector.Observe(At(s), 0);
    EXPECT_TRUE(reading.masked);
    EXPECT_FALSE(reading.alert);
  }
}

// Which minute of `minutes` is told first, of a series that falls and stands still; -1: none.
int64_t ToldAfterFall(SeriesDetector* detector, int64_t from, double to, int64_t minutes) {
  for (int64_t minute = 0; minute < minutes; ++minute) {
    if (detector->Observe(At(from + 60 * minute), to).alert) return minute;
  }
  return -1;
}

TEST(SeriesDetectorTest, ARestartThatDoesNotComeBackIsTold) {
  Series series(11);
  SeriesDetector detector;
  const auto restarts = [](int64_t s) { return s >= 2 * kDayS && s % (kDayS + 18'000) < 180; };
  int known = 0;
  for (int64_t s = 0; s < 9 * kDayS; s += 60) {
    const double value = series.Daily(s);
    const bool alert = detector.Observe(At(s), restarts(s) ? 0 : value).alert;
    known += alert && s > 6 * kDayS ? 1 : 0;
  }
  EXPECT_EQ(known, 0);
  const int64_t told = ToldAfterFall(&detector, 9 * kDayS, 0, 60);
  EXPECT_GT(told, 3);  // as long as it lasts it may come back
  EXPECT_LT(told, 45);
}

TEST(SeriesDetectorTest, WhatDoesNotComeBackFromAReleaseIsTold) {
  Series series(12);
  SeriesDetector detector;
  for (int64_t s = 0; s < 9 * kDayS; s += 60) detector.Observe(At(s), series.Daily(s));
  detector.Mark(Change::kRelease, At(9 * kDayS));
  const int64_t told = ToldAfterFall(&detector, 9 * kDayS, 0, 120);
  EXPECT_GE(told, 15);
  EXPECT_LT(told, 90);
}

TEST(SeriesDetectorTest, WhatStandsStillWhereItWasIsNotMeasured) {
  Series series(13);
  SeriesDetector detector;
  for (int64_t s = 0; s < 9 * kDayS; s += 60) detector.Observe(At(s), series.Daily(s));
  const double last = series.Daily(9 * kDayS);
  EXPECT_EQ(ToldAfterFall(&detector, 9 * kDayS, last, 600), -1);
}

TEST(SeriesDetectorTest, AFallToNothingIsLikeOneToATenthWhateverTheFirstValueWas) {
  // Twice from the height of the day, then from its lowest: what they share is what they leave.
  constexpr int64_t kFalls[] = {3 * kDayS + 18'000, 4 * kDayS + 25'200, 6 * kDayS + 64'800};
  for (uint64_t seed = 100; seed < 120; ++seed) {  // for half of them nothing rounds to less
    Series series(seed);
    SeriesDetector detector;
    int told[3] = {};
    for (int64_t s = 0; s < 7 * kDayS; s += 60) {
      double value = series.Daily(s) - 30;
      size_t fall = 3;
      for (size_t i = 0; i < 3; ++i) fall = s >= kFalls[i] && s < kFalls[i] + 180 ? i : fall;
      if (fall < 3) value *= fall == 2 ? 0 : 0.1;
      const bool alert = detector.Observe(At(s), value).alert;
      if (fall < 3 && alert) ++told[fall];
    }
    EXPECT_EQ(told[0], 1) << seed;
    EXPECT_EQ(told[2], 0) << seed;
  }
}

TEST(SeriesDetectorTest, GoingOnFromASavedStateGivesTheSameReadings) {
  Series series(6);
  SeriesDetector straight;
  SeriesDetector resumed;
  for (int64_t s = 0; s < 9 * kDayS; s += 300) {
    if (s % 40'000 == 0) {
      StateWriter out;
      out(resumed);
      const std::string state = out.Take();
      StateReader in(state);
      SeriesDetector fresh;
      in(fresh);
      ASSERT_TRUE(in.ok() && in.AtEnd());
      resumed = fresh;
    }
    const double value = series.Daily(s) + (s % 100'000 == 0 ? 90 : 0);
    const Reading a = straight.Observe(At(s), value);
    const Reading b = resumed.Observe(At(s), value);
    ASSERT_EQ(a.log10_weeks, b.log10_weeks);
    ASSERT_EQ(a.news, b.news);
    ASSERT_EQ(a.alert, b.alert);
  }
}

// Of series alike but for their level, `times` as high.
SeriesDetector Watched(uint64_t seed, double times, int64_t seconds) {
  Series series(seed);
  SeriesDetector detector;
  for (int64_t s = 0; s < seconds; s += 60) detector.Observe(At(s), times * series.Daily(s));
  return detector;
}

TEST(SeriesDetectorTest, AYoungOneFindsWithinMinutesWhatItsSiblingsWouldCallUnusual) {
  const SeriesDetector siblings[] = {Watched(7, 1, 3 * kDayS), Watched(8, 40, 3 * kDayS)};
  const SeriesDetector* const lenders[] = {&siblings[0], &siblings[1]};
  Series series(9);
  SeriesDetector young;
  SeriesDetector alone;
  float usual = -9;
  int64_t s = 0;
  for (; s < 900; s += 60) {
    young.Borrow(lenders);
    const Reading reading = young.Observe(At(s), 7 * series.Daily(s));
    if (!reading.masked) usual = std::max(usual, reading.log10_weeks);
    alone.Observe(At(s), 7 * series.Daily(s));
  }
  EXPECT_LT(usual, SeriesDetector::kAlertLog10Weeks);
  EXPECT_FALSE(young.Borrows());
  EXPECT_FALSE(young.Lends());
  const Reading found = young.Observe(At(s), 7 * (series.Daily(s) + 40));
  EXPECT_TRUE(found.alert);
  EXPECT_GT(found.log10_weeks, alone.Observe(At(s), 7 * (series.Daily(s) + 40)).log10_weeks);
}

TEST(SeriesDetectorTest, OnlyAYoungOneBorrowsAndOnlyOfAKnownOne) {
  const SeriesDetector young = Watched(10, 1, 1800);
  const SeriesDetector* const lenders[] = {&young};
  SeriesDetector younger = Watched(11, 1, 900);
  SeriesDetector same = younger;
  younger.Borrow(lenders);
  Series series(12);
  for (int64_t s = 900; s < 3600; s += 60) {
    const double value = series.Daily(s);
    EXPECT_EQ(younger.Observe(At(s), value).log10_weeks, same.Observe(At(s), value).log10_weeks);
  }
  EXPECT_TRUE(younger.Borrows());
  SeriesDetector unseen;
  EXPECT_FALSE(unseen.Borrows());
  const SeriesDetector old = Watched(13, 1, 2 * kDayS);
  EXPECT_TRUE(old.Lends());
  EXPECT_FALSE(old.Borrows());
}

// Spikes of 40 to 50 at no time in particular, each with its way back.
double Spiky(Series* series, int64_t second) {
  const bool spike = second / 600 * 7919 % 67 == 0;
  return 20 + series->Noise() + (spike ? 25 + 2 * series->Noise() : 0);
}

TEST(SeriesDetectorTest, WhatIsBeyondAllThatWasReachedIsTold) {
  Series series(8);
  SeriesDetector detector;
  for (int64_t s = 0; s < 12 * kDayS; s += 300) detector.Observe(At(s), Spiky(&series, s));
  const Reading reading = detector.Observe(At(12 * kDayS), 80);
  EXPECT_TRUE(reading.alert);
  EXPECT_EQ(reading.look, Look::kRecord);
  EXPECT_EQ(reading.direction, 1);
  EXPECT_GT(reading.log10_weeks, reading.moves_log10_weeks);
}

TEST(SeriesDetectorTest, WhatWasReachedBeforeIsNoRecord) {
  Series series(9);
  SeriesDetector detector;
  int records = 0;
  for (int64_t s = 0; s < 12 * kDayS; s += 300) {
    const Reading reading = detector.Observe(At(s), Spiky(&series, s));
    records += s > 3 * kDayS && reading.alert && reading.look >= Look::kRecord ? 1 : 0;
  }
  EXPECT_LE(records, 1);
  EXPECT_LT(detector.Observe(At(12 * kDayS), 48).moves_log10_weeks, 0);
  EXPECT_NE(detector.Observe(At(12 * kDayS + 300), 48).look, Look::kRecord);
}

TEST(SeriesDetectorTest, ALevelThatWasNeverReachedForSoLongIsTold) {
  Series series(10);
  SeriesDetector detector;
  for (int64_t s = 0; s < 10 * kDayS; s += 300) detector.Observe(At(s), Spiky(&series, s));
  bool told = false;
  for (int64_t s = 10 * kDayS; s < 10 * kDayS + 14'400; s += 300) {
    const Reading reading = detector.Observe(At(s), 30 + series.Noise());
    const bool record = reading.look == Look::kHourRecord || reading.look == Look::kLongRecord;
    told = told || (reading.alert && record && reading.direction > 0);
  }
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace kizashi
