#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace kizashi {
namespace {

TEST(ClockTest, TimesRoundTrip) {
  for (const char* text :
       {"1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "2026-11-23T08:15:21.001Z"}) {
    const auto time = ParseTime(text);
    ASSERT_TRUE(time.ok()) << text;
    EXPECT_EQ(FormatTime(*time), text);
  }
}

TEST(ClockTest, OffsetsAreSubtracted) {
  EXPECT_EQ(FormatTime(*ParseTime("2026-01-01T09:00:00+09:00")), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(*ParseTime("2026-01-01T00:00:00.5-00:30")), "2026-01-01T00:30:00.500Z");
}

TEST(ClockTest, AStopwatchMeasuresAtLeastWhatPassed) {
  const Stopwatch outer;
  const Stopwatch inner;
  while (inner.Elapsed() < Duration(2)) std::this_thread::yield();
  EXPECT_GE(outer.Elapsed(), Duration(2));
}

TEST(ClockTest, WrongTimesAreRefused) {
  for (const char* text :
       {"", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00", "2026-01-01 00:00:00+9"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
  }
}

TEST(ClockTest, DurationsAreReadAndWritten) {
  EXPECT_EQ(*ParseDuration("30d"), std::chrono::days(30));
  EXPECT_EQ(*ParseDuration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(*ParseDuration("500ms"), Duration(500));
  EXPECT_EQ(FormatDuration(std::chrono::minutes(90)), "1h30m");
  EXPECT_EQ(FormatDuration(std::chrono::days(8)), "8d");
  EXPECT_EQ(FormatDuration(Duration(0)), "0s");
  for (const char* text : {"", "d", "5", "1m1h", "1x", "99999999999999d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(ClockTest, FloorToCountsFromTheEpoch) {
  EXPECT_EQ(FloorTo(TimeFromMs(14'999), Duration(5'000)), TimeFromMs(10'000));
  EXPECT_EQ(FloorTo(TimeFromMs(-1), Duration(5'000)), TimeFromMs(-5'000));
}

}  // namespace
}  // namespace kizashi
