#include <gtest/gtest.h>

#include "catalog/slo_alerts.h"
#include "judge/slo/budget.h"
#include "judge/slo/burn.h"
#include "judge/slo/evidence.h"
#include "judge/slo/slo_alerts.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart = TimeFromMs(1'700'006'400'000);  // a whole day

SloSpec Slo(double target, Duration window) {
  SloSpec slo;
  slo.target = target;
  slo.window = BudgetWindow::Rolling(window);
  slo.indicator.good.counters = {{}};
  slo.indicator.total.counters = {{}};
  return slo;
}

// Every ten seconds in (begin, end] `total` events of which a share is bad.
void Feed(SloTracker* tracker, Time begin, Time end, double total, double bad_share) {
  for (Time t = begin + seconds(10); t <= end; t += seconds(10)) {
    tracker->Count({SliRole::Kind::kGood}, t, total * (1 - bad_share));
    tracker->Count({SliRole::Kind::kTotal}, t, total);
  }
}

TEST(BurnTest, BothWindowsMustBurn) {
  const SloSpec slo = Slo(0.999, days(30));
  SloTracker tracker(slo);
  Feed(&tracker, kStart, kStart + hours(1), 100, 0);
  const BurnPair pair = WorkbookPairsOf(days(30))[0];
  // 1.44 % of an hour's events is the threshold at 99.9 %: 52 seconds of full outage.
  Feed(&tracker, kStart + hours(1), kStart + hours(1) + seconds(40), 100, 1);
  EXPECT_FALSE(EvaluatePair(pair, slo, tracker, kStart + hours(1) + seconds(40)).firing());
  Feed(&tracker, kStart + hours(1) + seconds(40), kStart + hours(1) + seconds(60), 100, 1);
  EXPECT_TRUE(EvaluatePair(pair, slo, tracker, kStart + hours(1) + seconds(60)).firing());
  // Five clean minutes later the short window is clean, though the long one still burns.
  Feed(&tracker, kStart + hours(1) + seconds(60), kStart + hours(1) + seconds(370), 100, 0);
  const BurnState after = EvaluatePair(pair, slo, tracker, kStart + hours(1) + seconds(360));
  EXPECT_GT(after.long_burn, 14.4);
  EXPECT_EQ(after.short_burn, 0);
  EXPECT_FALSE(after.firing());
}

TEST(BurnTest, NoTrafficIsNotAnError) {
  const SloSpec slo = Slo(0.999, days(30));
  SloTracker tracker(slo);
  Feed(&tracker, kStart, kStart + hours(1), 0, 0);
  const BurnState state =
      EvaluatePair(WorkbookPairsOf(days(30))[0], slo, tracker, kStart + hours(1));
  EXPECT_EQ(state.long_burn, 0);
  EXPECT_FALSE(state.firing());
  EXPECT_TRUE(state.known);
  EXPECT_EQ(ComputeErrorBudget(slo, tracker, kStart + hours(1)).remaining_share, 1);
}

TEST(BurnTest, WithoutDataNothingIsKnownAndAlertsFreeze) {
  const SloSpec slo = Slo(0.999, days(30));
  SloTracker tracker(slo);
  SloAlerts alerts;
  Feed(&tracker, kStart, kStart + hours(1), 100, 0.5);
  alerts.Evaluate(slo, tracker, kStart + hours(1));
  ASSERT_NE(alerts.Firing(Severity::kPage), nullptr);
  // An hour of silence: the windows are empty, and the alert stays.
  alerts.Evaluate(slo, tracker, kStart + hours(8));
  EXPECT_TRUE(alerts.Frozen(Severity::kPage));
  EXPECT_NE(alerts.Firing(Severity::kPage), nullptr);
  Feed(&tracker, kStart + hours(8), kStart + hours(8) + minutes(30), 100, 0);
  alerts.Evaluate(slo, tracker, kStart + hours(8) + minutes(30));
  EXPECT_EQ(alerts.Firing(Severity::kPage), nullptr);
}

TEST(BurnTest, APairMayHaveToBurnForAWhile) {
  SloSpec slo = Slo(0.999, days(30));
  slo.alerting.kind = SloAlerting::Pairs::kOwn;
  slo.alerting.pairs = {{"fast", Severity::kPage, hours(1), minutes(5), 14.4, minutes(2)}};
  SloTracker tracker(slo);
  SloAlerts alerts;
  Feed(&tracker, kStart, kStart + hours(1), 100, 1);
  EXPECT_TRUE(FiringNames(alerts.Evaluate(slo, tracker, kStart + hours(1))).empty());
  Feed(&tracker, kStart + hours(1), kStart + hours(1) + minutes(2), 100, 1);
  EXPECT_EQ(FiringNames(alerts.Evaluate(slo, tracker, kStart + hours(1) + minutes(2))),
            std::vector<std::string>{"fast"});
}

// The figures: Polya-Aeppli with mean cluster 1 is Poisson, P(K >= 3 | 0.03) = 4.4e-6.
TEST(EvidenceTest, FailuresThatAreNoChance) {
  EXPECT_EQ(FailuresNeeded(0.03, 1e-5, 1), 3);
  EXPECT_EQ(FailuresNeeded(0.18, 1e-5, 1), 5);
  EXPECT_EQ(FailuresNeeded(0, 1e-5, 1), 1);
  // Clusters of four ask for more.
  EXPECT_GT(FailuresNeeded(0.03, 1e-5, 4), 15);
  // The exact sum and the normal approximation meet.
  const double below = static_cast<double>(FailuresNeeded(399, 1e-5, 4));
  const double above = static_cast<double>(FailuresNeeded(401, 1e-5, 4));
  EXPECT_NEAR(below, above, 0.08 * below);
}

TEST(EvidenceTest, OneFailureOfAQuietServiceIsNoPageAndAnOutageIs) {
  const SloSpec slo = Slo(0.999, days(30));
  SloTracker tracker(slo);
  const BurnPair pair = WorkbookPairsOf(days(30))[0];
  Time now = kStart;
  const auto minute = [&](double good, double bad) {
    now += minutes(1);
    tracker.Count({SliRole::Kind::kGood}, now, good);
    tracker.Count({SliRole::Kind::kTotal}, now, good + bad);
  };
  for (int i = 0; i < 60; ++i) minute(1, 0);
  minute(0, 1);
  BurnState state = EvaluatePair(pair, slo, tracker, now);
  EXPECT_TRUE(state.burning) << "by the ratio alone it would page";
  EXPECT_FALSE(state.firing());
  EXPECT_EQ(state.needed, 3);
  minute(0, 1);
  EXPECT_FALSE(EvaluatePair(pair, slo, tracker, now).firing());
  minute(0, 1);
  EXPECT_TRUE(EvaluatePair(pair, slo, tracker, now).firing());
}

TEST(BudgetTest, SharesAreOfEventsAndMinutesOfTheWindow) {
  const SloSpec slo = Slo(0.99, days(1));
  SloTracker tracker(slo);
  Feed(&tracker, kStart, kStart + hours(18), 60, 0);
  Feed(&tracker, kStart + hours(18), kStart + hours(24), 60, 0.02);
  const ErrorBudget budget = ComputeErrorBudget(slo, tracker, kStart + hours(24));
  EXPECT_NEAR(budget.allowance_minutes, 14.4, 1e-9);
  EXPECT_NEAR(budget.spent_share, 0.5, 1e-9);
  EXPECT_NEAR(budget.spent_minutes, 7.2, 1e-9);
  EXPECT_NEAR(budget.covered_share, 1, 1e-9);
  Feed(&tracker, kStart + hours(24), kStart + hours(30), 60, 0.1);
  EXPECT_NEAR(ComputeErrorBudget(slo, tracker, kStart + hours(30)).remaining_share, -2, 1e-9);
}

TEST(BudgetTest, WhatIsExcludedOrGivenBackIsShownBothWays) {
  SloSpec slo = Slo(0.99, days(1));
  BudgetChange move;
  move.begin = kStart + hours(2);
  move.end = kStart + hours(3);
  BudgetChange gift;
  gift.kind = BudgetChange::Kind::kAdjust;
  gift.begin = kStart + hours(4);
  gift.minutes = 1.44;
  slo.changes = {move, gift};
  SloTracker tracker(slo);
  Feed(&tracker, kStart, kStart + hours(2), 60, 0);
  Feed(&tracker, kStart + hours(2), kStart + hours(3), 60, 1);
  Feed(&tracker, kStart + hours(3), kStart + hours(5), 60, 0.01);
  const ErrorBudget budget = ComputeErrorBudget(slo, tracker, kStart + hours(5));
  EXPECT_NEAR(budget.spent_share, 0.5 - 0.1, 1e-9);
  EXPECT_NEAR(budget.unchanged_remaining_share, 1 - (1.02 / 5 / 0.01), 1e-9);
  EXPECT_EQ(budget.adjusted_minutes, 1.44);
}

// OpenSLO's example of budgeting methods: two weeks at 95 % allow 16 hours 48 minutes.
TEST(BudgetTest, TimeslicesCountSlicesAndRatiosTheirMean) {
  SloSpec slo = Slo(0.95, days(14));
  slo.budgeting = {Budgeting::Method::kTimeslices, 0.9, minutes(5)};
  SloTracker slices(slo);
  SloSpec ratio = slo;
  ratio.budgeting.method = Budgeting::Method::kRatioTimeslices;
  SloTracker ratios(ratio);
  for (SloTracker* tracker : {&slices, &ratios}) {
    Feed(tracker, kStart, kStart + hours(10), 1000, 0);
    Feed(tracker, kStart + hours(10), kStart + hours(11), 1, 0.5);      // quiet, half bad
    Feed(tracker, kStart + hours(11), kStart + hours(12), 5000, 0.05);  // busy, a little bad
    tracker->Advance(kStart + hours(12) + Duration(1));
  }
  const Time now = kStart + hours(12);
  const ErrorBudget whole = ComputeErrorBudget(slo, slices, now);
  EXPECT_NEAR(whole.allowance_minutes, 16 * 60 + 48, 1e-9);
  EXPECT_EQ(whole.sum.total, 144);
  EXPECT_EQ(whole.sum.bad(), 12);
  EXPECT_NEAR(ComputeErrorBudget(ratio, ratios, now).sum.bad(), 6 + 0.6, 1e-9);
}

}  // namespace
}  // namespace kizashi
