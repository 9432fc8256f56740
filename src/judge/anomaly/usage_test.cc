#include "judge/anomaly/usage.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

TEST(UsageWatchTest, TellsOnceThatTrafficIsHighAndOnceThatItIsOver) {
  UsageWatch watch;
  Reading high;
  high.masked = false;
  high.moves_log10_weeks = 1;
  high.direction = 1;
  Reading usual;
  usual.masked = false;
  int begins = 0;
  int ends = 0;
  for (int minute = 0; minute < 90; ++minute) {
    const Time at = TimeFromMs(minute * 60'000LL);
    const bool unusual = minute >= 10 && minute < 40;
    const auto news = watch.Observe(at, unusual ? high : usual);
    begins += news == UsageWatch::News::kBeginHigh ? 1 : 0;
    ends += news == UsageWatch::News::kEnd ? 1 : 0;
    EXPECT_NE(news, UsageWatch::News::kBeginLow);
    if (minute == 15) {
      EXPECT_FALSE(watch.open());
    }
    if (minute == 30) {
      EXPECT_TRUE(watch.open());
    }
  }
  EXPECT_EQ(begins, 1);
  EXPECT_EQ(ends, 1);
}

}  // namespace
}  // namespace kizashi
