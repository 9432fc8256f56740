#include "judge/anomaly/growth.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'571'200'000);
constexpr int64_t kDayS = 86'400;

Growth Grown(double per_day, int64_t days) {
  Growth growth;
  for (int64_t s = 0; s < days * kDayS; s += 600) {
    const double wobble = std::sin(double(s) / 5000.0) + 2 * std::sin(double(s / kDayS) * 2.4);
    growth.Observe(kBegin + std::chrono::seconds(s),
                   1000 + per_day * double(s) / double(kDayS) + wobble);
  }
  return growth;
}

TEST(GrowthTest, SaysWhenALimitIsReachedWithAnInterval) {
  const Growth growth = Grown(5, 21);
  const auto trend = growth.Now();
  ASSERT_TRUE(trend);
  EXPECT_TRUE(trend->sustained);
  EXPECT_NEAR(trend->per_day, 5, 0.3);
  const auto reach = growth.Reaches(1500);  // 1000 + 5 a day: day 100
  ASSERT_TRUE(reach && reach->latest);
  const double day = ToSeconds(reach->expected - kBegin) / double(kDayS);
  EXPECT_NEAR(day, 100, 5);
  EXPECT_LE(reach->earliest, reach->expected);
  EXPECT_GE(*reach->latest, reach->expected);
}

TEST(GrowthTest, NoTrendReachesNoLimit) {
  EXPECT_FALSE(Grown(0, 21).Reaches(1500));
  EXPECT_FALSE(Grown(5, 21).Reaches(500));  // behind it
  EXPECT_FALSE(Grown(5, 5).Now());          // too young
}

}  // namespace
}  // namespace kizashi
