#include <gtest/gtest.h>

#include "judge/slo/budget.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart = TimeFromMs(1'700'006'400'000);  // a whole day

SloSpec Slo(Budgeting::Method method) {
  SloSpec slo;
  slo.window = BudgetWindow::Rolling(days(30));
  slo.indicator.good.counters = {{}};
  slo.indicator.total.counters = {{}};
  slo.budgeting.method = method;
  slo.budgeting.target = 0.95;
  return slo;
}

// Every ten seconds in (begin, end].
void Feed(SloTracker* tracker, Time begin, Time end, double good, double total) {
  for (Time t = begin + seconds(10); t <= end; t += seconds(10)) {
    tracker->Advance(t);
    tracker->Count({SliRole::Kind::kGood}, t, good);
    tracker->Count({SliRole::Kind::kTotal}, t, total);
  }
}

std::vector<SliceLog::Slice> Past(Time begin, Time end, double good, double total) {
  std::vector<SliceLog::Slice> slices;
  for (Time t = begin + minutes(1); t <= end; t += minutes(1)) {
    slices.push_back({t, {good, total, 60}});
  }
  return slices;
}

TEST(SloFillTest, WhatWasMeasuredStays) {
  const SloSpec slo = Slo(Budgeting::Method::kOccurrences);
  SloTracker tracker(slo);
  Feed(&tracker, kStart, kStart + hours(1), 1, 1);
  const Time now = kStart + hours(1);
  EXPECT_EQ(tracker.first(), kStart + seconds(10));
  EXPECT_EQ(tracker.Fill(Past(kStart - days(2), now, 5, 10), now), 2u * 1440);
  EXPECT_EQ(tracker.first(), kStart - days(2));
  EXPECT_EQ(tracker.Between(kStart, now).total, 360);
  EXPECT_EQ(tracker.Between(kStart, now).bad(), 0);
  EXPECT_EQ(tracker.Between(kStart - days(2), kStart), (SliceSum{5.0 * 2880, 10.0 * 2880, 172800}));
  // Short spans that reach into the past see it too.
  EXPECT_EQ(tracker.Between(kStart - hours(1), now).total, 600 + 360);
  EXPECT_EQ(tracker.Between(now - minutes(5), now).total, 30);
  // Filled in again it is the same, or what is right by now.
  tracker.Fill(Past(kStart - hours(1), kStart, 10, 10), now);
  EXPECT_EQ(tracker.Between(kStart - days(2), kStart).bad(), 5.0 * (2880 - 60));
}

TEST(SloFillTest, BeforeAnythingIsMeasuredAllOfThePastIsTaken) {
  const SloSpec slo = Slo(Budgeting::Method::kOccurrences);
  SloTracker tracker(slo);
  EXPECT_EQ(tracker.Fill(Past(kStart - hours(2), kStart, 9, 10), kStart - minutes(1)), 119u);
  EXPECT_EQ(tracker.Between(kStart - hours(2), kStart), (SliceSum{9 * 119, 10 * 119, 7140}));
  EXPECT_EQ(ComputeErrorBudget(slo, tracker, kStart).covered_share, 119.0 / 120);
  EXPECT_FALSE(tracker.measured().has_value());
}

TEST(SloFillTest, AnIncreaseOverAGapIsNotCountedTwice) {
  const SloSpec slo = Slo(Budgeting::Method::kOccurrences);
  SloTracker tracker(slo);
  Feed(&tracker, kStart, kStart + hours(1), 1, 1);
  tracker.Count({SliRole::Kind::kTotal}, kStart + hours(3), 720);  // over two hours
  EXPECT_EQ(tracker.Fill(Past(kStart + hours(1), kStart + hours(3), 6, 6), kStart + hours(3)), 0u);
}

TEST(SloFillTest, GapsOfGaugesAreFilled) {
  SloSpec slo = Slo(Budgeting::Method::kOccurrences);
  slo.indicator = {};
  slo.indicator.kind = Indicator::Kind::kSamples;
  slo.indicator.gauges = {{}};
  SloTracker tracker(slo);
  const auto measure = [&](Time begin, Time end) {
    for (Time t = begin; t <= end; t += seconds(10)) {
      tracker.Measure({SliRole::Kind::kGauge}, 1, t, 1);
    }
  };
  measure(kStart, kStart + hours(1));
  measure(kStart + hours(2), kStart + hours(3));
  EXPECT_EQ(tracker.Fill(Past(kStart, kStart + hours(3), 0, 6), kStart + hours(3)), 59u);
  const SliceSum gap = tracker.Between(kStart + hours(1), kStart + hours(2) - minutes(1));
  EXPECT_EQ(gap, (SliceSum{0, 6 * 59, 59 * 60}));
  EXPECT_EQ(tracker.Between(kStart, kStart + hours(1)).bad(), 0);
}

// Filled in day by day or measured: the same slices of the budget.
TEST(SloFillTest, BudgetsOfSlicesAreTheSameAsMeasured) {
  for (const auto method : {Budgeting::Method::kTimeslices, Budgeting::Method::kRatioTimeslices}) {
    const SloSpec slo = Slo(method);
    SloTracker measured(slo);
    SloTracker filled(slo);
    const Time live = kStart + hours(30) + minutes(2);
    std::vector<SliceLog::Slice> past;
    measured.Count({SliRole::Kind::kTotal}, kStart, 0);
    for (Time t = kStart; t < live; t += minutes(1)) {
      const double good = ToMs(t) / 60'000 % 37 < 7 ? 0 : 1;
      Feed(&measured, t, t + minutes(1), good, 1);
      past.push_back({t + minutes(1), {6 * good, 6, 60}});
    }
    const auto middle = past.begin() + 1441;
    filled.Fill({past.begin(), middle}, live);
    filled.Count({SliRole::Kind::kTotal}, live, 0);
    filled.Fill({middle, past.end()}, live);
    for (SloTracker* tracker : {&measured, &filled}) {
      Feed(tracker, live, live + hours(2), 1, 1);
      tracker->Advance(live + hours(3));
    }
    const Time end = live + hours(3);
    EXPECT_EQ(filled.Between(kStart, end), measured.Between(kStart, end));
    EXPECT_GT(filled.Between(kStart, end).bad(), 10);
    EXPECT_EQ(filled.Between(live - hours(1), end), measured.Between(live - hours(1), end));
  }
}

}  // namespace
}  // namespace kizashi
