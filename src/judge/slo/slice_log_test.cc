#include "judge/slo/slice_log.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/archive.h"
#include "judge/slo/slices.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart = TimeFromMs(1'700'000'100'000);  // a multiple of five minutes

TEST(SliceLogTest, ASliceHoldsWhatComesAtItsEndAndNotAtItsBegin) {
  SliceLog log(minutes(1), days(1));
  log.Add(kStart, 1, 1);
  log.Add(kStart + seconds(1), 2, 2);
  log.Add(kStart + minutes(1), 4, 4);
  EXPECT_EQ(log.Sum(kStart, kStart + minutes(1)).total, 6);
  EXPECT_EQ(log.Sum(kStart - minutes(1), kStart).total, 1);
  EXPECT_EQ(log.Sum(kStart + minutes(1), kStart + minutes(9)).total, 0);
}

TEST(SliceLogTest, CoveredIsWhatWasMeasuredOnce) {
  SliceLog log(minutes(1), days(1));
  log.Cover(kStart, kStart + seconds(90));
  log.Cover(kStart + seconds(30), kStart + seconds(90));
  EXPECT_EQ(log.Sum(kStart, kStart + minutes(1)).covered_seconds, 60);
  EXPECT_EQ(log.Sum(kStart, kStart + minutes(2)).covered_seconds, 90);
  log.Cover(kStart + seconds(100), kStart + seconds(120));
  EXPECT_EQ(log.Sum(kStart, kStart + minutes(2)).covered_seconds, 110);
}

// Against a map of slices: any sums, after chunks were sealed, saved and restored.
TEST(SliceLogTest, EverySumIsThatOfItsSlices) {
  std::mt19937_64 random(20261127);
  for (const Duration interval :
       {Duration(seconds(10)), Duration(minutes(1)), Duration(hours(1))}) {
    SliceLog log(interval, interval * 100'000);
    std::map<int64_t, SliceSum> truth;  // by the slice's end
    Time now = kStart;
    for (int i = 0; i < 3000; ++i) {
      now += Duration(static_cast<int64_t>(random() % static_cast<uint64_t>(3 * interval.count())));
      if (random() % 50 == 0) now += interval * 200;
      const double total = random() % 3 == 0 ? 0.25 * static_cast<double>(random() % 9)
                                             : static_cast<double>(random() % 100'000);
      const double good = random() % 4 == 0 ? total / 2 : total;
      log.Add(now, good, total);
      SliceSum& slice = truth[ToMs(FloorTo(now - Duration(1), interval) + interval)];
      slice.good += good;
      slice.total += total;
    }
    StateWriter out;
    out(log);
    SliceLog restored(interval, interval * 100'000);
    const std::string bytes = out.Take();
    StateReader in(bytes);
    in(restored);
    ASSERT_TRUE(in.ok() && in.AtEnd());
    for (int i = 0; i < 500; ++i) {
      const int64_t span = ToMs(now) - ToMs(kStart);
      const Time a =
          kStart + Duration(static_cast<int64_t>(random() % static_cast<uint64_t>(span)));
      const Time from = FloorTo(a, interval);
      const Time until = FloorTo(
          from + Duration(static_cast<int64_t>(random() % static_cast<uint64_t>(span))), interval);
      SliceSum expected;
      for (auto it = truth.upper_bound(ToMs(from)); it != truth.end() && it->first <= ToMs(until);
           ++it) {
        expected += it->second;
      }
      EXPECT_EQ(log.Sum(from, until).total, expected.total);
      EXPECT_EQ(log.Sum(from, until).good, expected.good);
      EXPECT_EQ(restored.Sum(from, until).total, expected.total);
    }
    size_t seen = 0;
    log.ForEach(kStart - interval, now, [&](Time end, const SliceSum& slice) {
      EXPECT_EQ(slice.total, truth[ToMs(end)].total);
      seen += slice.total > 0;
    });
    size_t with_events = 0;
    for (const auto& [end, slice] : truth) with_events += slice.total > 0;
    EXPECT_EQ(seen, with_events);
  }
}

TEST(SliceLogTest, ThePastCanBePutIn) {
  SliceLog log(minutes(1), days(30));
  for (int i = 0; i < 2000; ++i) log.Add(kStart + minutes(i), 1, 1);
  const double before = log.Sum(kStart - days(2), kStart + days(2)).total;
  log.Set(kStart - minutes(500), {5, 7, 60});
  log.Set(kStart - minutes(501), {1, 1, 60});
  log.Set(kStart + minutes(100), {2, 3, 60});
  log.Set(kStart + minutes(1990), {2, 3, 60});
  EXPECT_EQ(log.Sum(kStart - days(2), kStart + days(2)).total, before + 7 + 1 + 2 + 2);
  EXPECT_EQ(log.Sum(kStart - minutes(501), kStart - minutes(500)).total, 7);
  EXPECT_EQ(log.Sum(kStart - minutes(510), kStart - minutes(400)).covered_seconds, 120);
  EXPECT_EQ(log.Sum(kStart + minutes(99), kStart + minutes(100)).total, 3);
  EXPECT_EQ(log.first(), kStart - minutes(502));
}

// Against a map of slices: batches of the past in any order, beside what is added live.
TEST(SliceLogTest, BatchesOfThePastAreInEverySum) {
  std::mt19937_64 random(20261128);
  for (int round = 0; round < 20; ++round) {
    SliceLog log(minutes(1), days(40));
    std::map<Time, SliceSum> truth;
    const auto pick = [&](int64_t below) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(below));
    };
    if (round % 4 != 0) {
      for (int i = 0; i < 300; i += round % 3 == 0 ? 150 : 1) {
        log.Add(kStart + minutes(i), 2, 3);
        truth[kStart + minutes(i)] = {2, 3, 0};
      }
    }
    for (int batch = 0; batch < 30; ++batch) {
      std::vector<SliceLog::Slice> slices;
      Time end = kStart - days(20) + minutes(pick(20 * 1440));
      for (int64_t left = pick(500); left > 0; --left) {
        end += minutes(1 + (pick(20) == 0 ? pick(200) : 0));
        const auto total = static_cast<double>(pick(1000));
        slices.push_back({end, {total - static_cast<double>(pick(2)), total, 60}});
        truth[end] = slices.back().second;
      }
      log.SetAll(slices);
    }
    for (int i = 0; i < 200; ++i) {
      const Time from = kStart - days(21) + minutes(pick(22 * 1440));
      const Time until = from + minutes(pick(22 * 1440));
      SliceSum expected;
      for (auto it = truth.upper_bound(from); it != truth.end() && it->first <= until; ++it) {
        expected += it->second;
      }
      ASSERT_EQ(log.Sum(from, until), expected) << round << " " << FormatTime(from);
    }
  }
}

TEST(SliceLogTest, WhatIsOlderThanWhatIsKeptIsLeftOut) {
  SliceLog log(minutes(1), hours(10));
  log.Add(kStart, 1, 1);
  std::vector<SliceLog::Slice> slices;
  for (int i = 3000; i > 0; --i) slices.push_back({kStart - minutes(i), {1, 1, 60}});
  log.SetAll(slices);
  EXPECT_EQ(log.Sum(kStart - hours(10), kStart).total, 600);
  EXPECT_LE(log.Sum(kStart - days(9), kStart).total, 600 + 2 * SliceLog::kChunkSlices);
}

TEST(SliceLogTest, AYearOfMinutesIsSmallAndOldOnesGo) {
  SliceLog log(minutes(1), days(30));
  for (int i = 0; i < 60 * 24 * 60; ++i) {
    log.Cover(kStart + minutes(i - 1), kStart + minutes(i));
    log.Add(kStart + minutes(i), 997, 1000);
  }
  EXPECT_LT(log.bytes(), 30u * 24 * 60 * 8);
  const Time now = kStart + days(60) - minutes(1);
  EXPECT_EQ(log.Sum(now - days(30), now).total, 30.0 * 24 * 60 * 1000);
  EXPECT_EQ(log.Sum(now - days(30), now).bad(), 30.0 * 24 * 60 * 3);
  EXPECT_GT(*log.first(), kStart + days(29));
}

TEST(SlicesTest, UncoveredIsNotTheSameAsEmpty) {
  Slices slices(minutes(1), days(30));
  slices.Cover(kStart, kStart + minutes(1));
  EXPECT_EQ(slices.Sum(kStart + minutes(1), minutes(1)).covered_seconds, 60);
  EXPECT_EQ(slices.Sum(kStart + minutes(1), days(30)).covered_seconds, 60);
  EXPECT_EQ(slices.Sum(kStart + minutes(1), minutes(1)).total, 0);
}

TEST(SlicesTest, MinutesInWhichAnythingWasBad) {
  Slices slices(minutes(1), days(30));
  for (int i = 1; i <= 6 * 60; ++i) {
    slices.Add(kStart + seconds(10 * i), 10, 10);
    if (i % 60 == 30) slices.Add(kStart + seconds(10 * i), 0, 3);  // every ten minutes
  }
  const Time now = kStart + hours(1);
  EXPECT_EQ(slices.BadMinutes(now, hours(1)), 6);
  EXPECT_EQ(slices.BadMinutes(now, minutes(10)), 1);
  EXPECT_EQ(slices.BadMinutes(now, minutes(1)), 0);
  slices.Add(now + seconds(5), 0, 1);
  slices.Add(now + seconds(6), 0, 1);
  EXPECT_EQ(slices.BadMinutes(now + seconds(6), minutes(1)), 1) << "the minute in the making";
  slices.Add(now + days(4), 1, 1);
  EXPECT_EQ(slices.BadMinutes(now + days(4), days(3)), 0);
}

}  // namespace
}  // namespace kizashi
