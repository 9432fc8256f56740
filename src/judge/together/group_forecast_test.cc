#include "judge/together/group_forecast.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kizashi {
namespace {

constexpr Duration kMonth = std::chrono::hours(24 * 30);
constexpr Duration kDayLong = std::chrono::hours(24);
constexpr Time kStart = TimeFromMs(1'767'225'600'000);

// A year of a group of five: so many events of one member, and of three at once.
GroupHistory::Counts YearOf(double single, double triple) {
  GroupHistory::Counts counts;
  counts.group_minutes = 365.0 * 24 * 60;
  counts.down_minutes = (single + 3 * triple) * 60;
  counts.up_minutes = 5 * counts.group_minutes - counts.down_minutes;
  counts.repairs = single + 3 * triple;
  counts.events[0] = single;
  counts.events[2] = triple;
  return counts;
}

TEST(GroupHistoryTest, MembersThatGoWithinTwoMinutesWentTogether) {
  GroupHistory history;
  history.Down(kStart);
  history.Down(kStart + std::chrono::seconds(30));
  history.Down(kStart + std::chrono::seconds(119));
  history.Down(kStart + std::chrono::minutes(10));
  const GroupHistory::Counts counts = history.counts();
  EXPECT_EQ(counts.events[2], 1);
  EXPECT_EQ(counts.events[0], 1);
  EXPECT_EQ(counts.failures(), 4);
}

TEST(GroupHistoryTest, ExposureIsForgottenByHalf) {
  GroupHistory history;
  history.Advance(kStart, 5, 0);
  history.Advance(kStart + std::chrono::minutes(1), 4, 1);
  EXPECT_EQ(history.counts().up_minutes, 4);
  EXPECT_EQ(history.counts().down_minutes, 1);
  history.Advance(kStart + std::chrono::hours(2), 4, 1);  // a pause counts a minute
  EXPECT_EQ(history.counts().up_minutes, 8);
  history.Advance(kStart + GroupHistory::kForgetHalf, 0, 0);
  EXPECT_NEAR(history.counts().up_minutes, 4, 1e-9);
}

TEST(GroupForecastTest, WithoutCommonCauseItIsTheBirthAndDeathChain) {
  // One of two: the mean time to both down is (3 l + m) / (2 l^2) by hand.
  GroupHistory::Counts counts;
  counts.up_minutes = 1e9;
  counts.events[0] = 1e6;  // l = 1e-3, known exactly
  counts.repairs = 1e7;
  counts.down_minutes = 1e8;  // m = 0.1
  const GroupForecast forecast(counts);
  const double mean_time = (3e-3 + 0.1) / (2e-6);
  const double expected = -std::expm1(-kMonth / std::chrono::minutes(1) / mean_time);
  EXPECT_NEAR(forecast.TooFewIndependent({1, 2, 0, 0}, kMonth).mean, expected, 0.01 * expected);
}

TEST(GroupForecastTest, OneServerDiesSometimesCanThreeDieAtOnce) {
  const GroupForecast alone(YearOf(24, 0));
  const GroupForecast common(YearOf(20, 4));
  const GroupState state{3, 5, 0, 0};
  const Range few = alone.TooFew(state, kMonth);
  const Range often = common.TooFew(state, kMonth);
  EXPECT_GT(often.mean, 5 * few.mean);
  EXPECT_LT(few.low, few.mean);
  EXPECT_GT(few.high, few.mean);
  // Independence promises far too much when members were seen to go together.
  EXPECT_GT(often.mean, 100 * common.TooFewIndependent(state, kMonth).mean);
  // Four times a year three at once: about once in three months.
  EXPECT_NEAR(common.AtOnce(5, 3, kMonth).mean, 1 - std::exp(-4.0 / 12), 0.12);
  EXPECT_LE(common.AtOnce(5, 3, kMonth).mean, often.mean * 1.01);
}

TEST(GroupForecastTest, TheMoreAreDownTheDearerTheNext) {
  const GroupForecast forecast(YearOf(24, 1));
  const PriceBook::Cost cost{10, 5};
  const Price first = forecast.PriceOf({3, 5, 1, 0}, kDayLong, cost);
  const Price second = forecast.PriceOf({3, 5, 2, 0}, kDayLong, cost);
  const Price third = forecast.PriceOf({3, 5, 3, 0}, kDayLong, cost);
  EXPECT_GT(first.mean_minutes, 0);
  EXPECT_GT(second.mean_minutes, 3 * first.mean_minutes);
  EXPECT_EQ(third.mean_minutes, 0);
  EXPECT_EQ(FieldNumber(third.fields, "failed"), 1);
  // The rises sum to the chance that both bring.
  const double rises = FieldNumber(first.fields, "failure_chance_rise") +
                       FieldNumber(second.fields, "failure_chance_rise");
  EXPECT_NEAR(
      rises,
      forecast.TooFew({3, 5, 2, 0}, kDayLong).mean - forecast.TooFew({3, 5, 0, 0}, kDayLong).mean,
      1e-6);
  // Down for long is likely to stay down.
  EXPECT_GT(forecast.TooFew({3, 5, 2, 3000}, kDayLong).mean,
            forecast.TooFew({3, 5, 2, 0}, kDayLong).mean);
}

TEST(GroupForecastTest, WhatIf) {
  const GroupForecast forecast(YearOf(60, 1));
  const GroupState state{3, 5, 0, 0};
  const double now = forecast.TooFew(state, kMonth).mean;
  EXPECT_LT(forecast.TooFew(state, kMonth, {.more_members = 1}).mean, now);
  EXPECT_LT(forecast.TooFew(state, kMonth, {.repair_speed = 2}).mean, now);
  const double half = forecast.TooFew(state, kMonth, {.common_cause = 0.5}).mean;
  EXPECT_LT(half, now);
  EXPECT_GT(half, now / 3);
}

TEST(GroupForecastTest, ThinDataShrinkToThePriorAndSayLittle) {
  EXPECT_FALSE(GroupForecast::HasHistory({}));
  const GroupForecast thin({});
  const Range range = thin.TooFew({3, 5, 0, 0}, kMonth);
  EXPECT_GT(range.mean, 0);
  EXPECT_GT(range.high, 10 * range.low);
}

TEST(GroupForecastTest, APriceIsComputedAgainFromItsFields) {
  const GroupForecast forecast(YearOf(24, 1));
  const Price price = forecast.PriceOf({3, 5, 2, 12.5}, kDayLong, {7.5, 4});
  const auto again = TogetherPriceAgain(price);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->mean_minutes, price.mean_minutes);
  EXPECT_EQ(again->fields, price.fields);
  EXPECT_FALSE(TogetherPriceAgain({1, 1, 1, "prior_redundancy", {}}));
}

TEST(GroupForecastTest, LargeGroupsStayWithinTheLimit) {
  GroupHistory::Counts counts = YearOf(24, 1);
  const Range range = GroupForecast(counts).TooFew({50, 100, 3, 10}, kDayLong);
  EXPECT_GE(range.mean, 0);
  EXPECT_LE(range.high, 1);
}

}  // namespace
}  // namespace kizashi
