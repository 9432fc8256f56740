#include <gtest/gtest.h>

#include "base/archive.h"
#include "judge/slo/burn.h"
#include "judge/slo/slices.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart = TimeFromMs(1'700'000'100'000);  // a multiple of five minutes

SloSpec Slo(double target, Duration window) {
  SloSpec slo;
  slo.target = target;
  slo.window = BudgetWindow::Rolling(window);
  return slo;
}

// Every ten seconds `total` events of which a share is bad, from `begin` until `end`.
void Feed(Slices* slices, Time begin, Time end, double total, double bad_share) {
  for (Time t = begin; t < end; t += seconds(10)) {
    slices->Cover(t, t);
    slices->Add(t, total * (1 - bad_share), total);
  }
}

TEST(SlicesTest, SumsAreExactToASlice) {
  Slices slices(days(30));
  Feed(&slices, kStart, kStart + minutes(10), 100, 0.25);
  const Time now = kStart + minutes(10) - seconds(10);
  EXPECT_EQ(slices.Sum(now, minutes(1)).total, 600);
  EXPECT_EQ(slices.Sum(now, minutes(1)).good, 450);
  EXPECT_EQ(slices.Sum(now, days(30)).total, 6000);
  EXPECT_EQ(slices.Sum(now, days(30)).covered_seconds, 600);
  EXPECT_EQ(slices.FineSlice(kStart).total, 100);
}

TEST(SlicesTest, WhatIsOlderThanASpanDropsOut) {
  Slices slices(days(1));
  Feed(&slices, kStart, kStart + minutes(5), 10, 1);
  Feed(&slices, kStart + days(1) + minutes(5), kStart + days(1) + minutes(10), 10, 0);
  const SliceSum sum = slices.Sum(kStart + days(1) + minutes(10) - seconds(10), days(1));
  EXPECT_EQ(sum.total, 300);
  EXPECT_EQ(sum.bad(), 0);
}

TEST(SlicesTest, UncoveredIsNotTheSameAsEmpty) {
  Slices slices(days(30));
  slices.Cover(kStart, kStart);
  EXPECT_EQ(slices.Sum(kStart, minutes(1)).covered_seconds, 10);
  EXPECT_EQ(slices.Sum(kStart, minutes(1)).total, 0);
}

TEST(SlicesTest, ASampleTellsOfTheTimeSinceTheOneBefore) {
  Slices slices(days(30));
  slices.Cover(kStart, kStart);
  slices.Cover(kStart, kStart + minutes(1));
  slices.Cover(kStart, kStart + minutes(1));  // said again, by another series
  EXPECT_EQ(slices.Sum(kStart + minutes(1), minutes(10)).covered_seconds, 70);
  EXPECT_EQ(slices.Sum(kStart + minutes(1), days(30)).covered_seconds, 70);
  slices.Cover(kStart + minutes(10), kStart + minutes(10));
  EXPECT_EQ(slices.Sum(kStart + minutes(10), days(30)).covered_seconds, 80);
  slices.Cover(kStart, kStart + days(2));  // longer than what is kept fine
  EXPECT_EQ(slices.Sum(kStart + days(2), hours(6)).covered_seconds, 6 * 3600);
}

TEST(SlicesTest, StateRoundTrips) {
  Slices slices(days(30));
  Feed(&slices, kStart, kStart + hours(7), 3, 0.1);
  StateWriter out;
  out(slices);
  const std::string bytes = out.Take();
  Slices restored;
  StateReader in(bytes);
  in(restored);
  ASSERT_TRUE(in.ok());
  for (const Duration span : {Duration(minutes(1)), Duration(hours(6)), Duration(days(30))}) {
    EXPECT_EQ(restored.Sum(kStart + hours(7), span).total,
              slices.Sum(kStart + hours(7), span).total);
  }
}

TEST(BurnTest, PairsAreTheWorkbooksAndScaleWithTheWindow) {
  const auto month = WorkbookPairs(days(30));
  ASSERT_EQ(month.size(), 3u);
  EXPECT_EQ(month[0].long_window, hours(1));
  EXPECT_EQ(month[0].short_window, minutes(5));
  EXPECT_EQ(month[0].factor, 14.4);
  EXPECT_EQ(month[2].severity, Severity::kTicket);
  const auto day = WorkbookPairs(days(1));
  EXPECT_EQ(day[0].long_window, minutes(2));
  EXPECT_EQ(day[0].short_window, minutes(1));
  EXPECT_EQ(day[1].long_window, minutes(12));
}

TEST(BurnTest, BothWindowsMustBurn) {
  Slices slices(days(30));
  Feed(&slices, kStart, kStart + hours(1), 100, 0);
  const BurnPair pair = WorkbookPairs(days(30))[0];
  // 1.44 % of an hour's events is the threshold at 99.9 %: 52 seconds of full outage.
  Feed(&slices, kStart + hours(1), kStart + hours(1) + seconds(40), 100, 1);
  EXPECT_FALSE(EvaluatePair(pair, 0.999, slices, kStart + hours(1) + seconds(30)).firing);
  Feed(&slices, kStart + hours(1) + seconds(40), kStart + hours(1) + seconds(60), 100, 1);
  EXPECT_TRUE(EvaluatePair(pair, 0.999, slices, kStart + hours(1) + seconds(50)).firing);
  // Five clean minutes later the short window is clean, though the long one still burns.
  Feed(&slices, kStart + hours(1) + seconds(60), kStart + hours(1) + seconds(370), 100, 0);
  const BurnState after = EvaluatePair(pair, 0.999, slices, kStart + hours(1) + seconds(360));
  EXPECT_GE(after.long_burn, 14.4);
  EXPECT_EQ(after.short_burn, 0);
  EXPECT_FALSE(after.firing);
}

TEST(BurnTest, NoTrafficIsNotAnError) {
  Slices slices(days(30));
  slices.Cover(kStart, kStart);
  const BurnState state = EvaluatePair(WorkbookPairs(days(30))[0], 0.999, slices, kStart);
  EXPECT_EQ(state.long_burn, 0);
  EXPECT_FALSE(state.firing);
  EXPECT_FALSE(state.known);
}

TEST(BudgetTest, MinutesAndOverspend) {
  Slices slices(days(1));
  Feed(&slices, kStart, kStart + hours(1), 60, 0);
  Feed(&slices, kStart + hours(1), kStart + hours(1) + minutes(30), 60, 1);
  const ErrorBudget budget =
      ComputeErrorBudget(Slo(0.99, days(1)), slices, kStart + hours(1) + minutes(30) - seconds(10));
  EXPECT_NEAR(budget.allowance_minutes, 14.4, 1e-9);
  EXPECT_NEAR(budget.spent_minutes, 30, 1e-9);
  EXPECT_NEAR(budget.remaining_share, 1 - 30 / 14.4, 1e-9);
  EXPECT_NEAR(budget.covered_share, 1.5 / 24, 1e-9);
}

}  // namespace
}  // namespace kizashi
