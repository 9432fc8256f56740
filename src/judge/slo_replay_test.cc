// Every kind of indicator, replayed: the same judge that a server runs.
#include "judge/slo_replay.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace kizashi {
namespace {

struct Result {
  std::vector<SloReplayRow> rows;
  Status status;
  /// The row of a minute of the SLO; the last one's for -1.
  const SloReplayRow& At(const std::string& slo, int minute) const {
    const SloReplayRow* found = nullptr;
    for (const SloReplayRow& row : rows) {
      if (row.slo == slo && (minute < 0 || row.since == std::chrono::minutes(minute))) found = &row;
    }
    static const SloReplayRow kNone;
    EXPECT_NE(found, nullptr) << slo << " at " << minute;
    return found == nullptr ? kNone : *found;
  }
};

Result Replay(const std::string& slos,
              const std::vector<std::pair<std::string, std::string>>& series, Time start = {},
              const std::string& more = "") {
  std::string text = "interval: 1m\ninput_series:\n";
  for (const auto& [name, values] : series) {
    text += "- series: '" + name + "'\n  values: '" + values + "'\n";
  }
  const SeriesFile file = ParseSeriesFile("series.yaml", text);
  EXPECT_TRUE(file.errors.empty()) << file.errors.front();
  Result result;
  SloReplayOptions options;
  options.start = start;
  result.status =
      ReplaySlos({{"shop.yaml", "service:\n  name: shop\n  slo:\n" + slos + more}}, file, options,
                 [&](const SloReplayRow& row) { result.rows.push_back(row); });
  EXPECT_TRUE(result.status.ok()) << Message(result.status);
  return result;
}

TEST(SloReplayTest, SamplesAreEvents) {
  const Result result = Replay("    - {name: up, target: 90, samples: {of: up, is: '== 1'}}\n",
                               {{"up{instance=\"a\"}", "1x19"}, {"up{instance=\"b\"}", "1x9 0x9"}});
  const ErrorBudget& budget = result.At("up", 19).budget;
  EXPECT_EQ(budget.sum.total, 40);
  EXPECT_EQ(budget.sum.bad(), 10);
}

TEST(SloReplayTest, ASliceIsBadAsSoonAsOneSampleIs) {
  const Result result =
      Replay("    - {name: load, target: 90, slice: {of: load, is: '< 0.8'}}\n",
             {{"load{cpu=\"0\"}", "0.1x19"}, {"load{cpu=\"1\"}", "0.1x9 0.9x1 0.1x7"}});
  // The slice of minute 19 is not over yet.
  EXPECT_EQ(result.At("load", 19).budget.sum.total, 19);
  EXPECT_EQ(result.At("load", 19).budget.sum.bad(), 2);
}

TEST(SloReplayTest, ExpressionsAreMeasuredEachSlice) {
  const Result result = Replay(
      "    - {name: ratio, target: 90, ratio: {bad: 'sum(rate(err[$window])) / "
      "sum(rate(req[$window]))'}}\n"
      "    - {name: events, target: 90, bad: {promql: 'sum(rate(err[2m]))'}, total: {promql: "
      "'sum(rate(req[2m]))'}}\n",
      {{"req", "0+60x30"}, {"err", "0+6x30"}});
  EXPECT_NEAR(result.At("events", 30).budget.sum.bad() / result.At("events", 30).budget.sum.total,
              0.1, 1e-9);
  EXPECT_NEAR(result.At("events", 30).budget.remaining_share, 0, 1e-9);
}

TEST(SloReplayTest, AnExpressionCoversItsSliceHoweverLongThatIs) {
  const Result result =
      Replay("    - {name: slow, target: 90, interval: 15m, ratio: {good: 'vector(1)'}}\n",
             {{"req", "0 _x14 0 _x14 0 _x14 0 _x14 0"}});
  EXPECT_EQ(result.At("slow", 60).budget.covered_share, 1);
}

TEST(SloReplayTest, FreshnessIsTheAgeOfTheOldest) {
  // A backup that ran at minute 1 and 11 may be ten minutes old.
  const Result result =
      Replay("    - {name: backup, target: 50, freshness: {of: done, within: 5m}}\n",
             {{"done{db=\"a\"}", "60x10 660x19"}, {"done{db=\"b\"}", "60x10 660x19"}});
  const ErrorBudget& budget = result.At("backup", 30).budget;
  EXPECT_EQ(budget.sum.total, 29);
  // Bad from minute 7 to 10 and again from 17 on, to the slice that ended at 29.
  EXPECT_EQ(budget.sum.bad(), 4 + 13);
}

TEST(SloReplayTest, ADeadlineIsOneEventADay) {
  // In UTC: the run of the first night ends at 05:50, the second at 06:10.
  std::string values;
  const auto at = [](int day, int minute) { return (day * 24 * 60 + minute) * 60; };
  for (int minute = 0; minute < 3 * 24 * 60; ++minute) {
    int done = 0;
    if (minute >= 5 * 60 + 50) done = at(0, 350);
    if (minute >= 24 * 60 + 6 * 60 + 10) done = at(1, 370);
    values += std::to_string(done) + " ";
  }
  const Result result = Replay(
      "    - {name: night, target: 50, alerts: none, deadline: {of: done, by: '06:00', "
      "started_within: 8h, time_zone: UTC}}\n",
      {{"done", values}});
  const ErrorBudget& budget = result.At("night", -1).budget;
  EXPECT_EQ(budget.sum.total, 3);
  EXPECT_EQ(budget.sum.good, 1) << "the second was late, the third never came";
}

TEST(SloReplayTest, CompositesAreMeansAndJourneysProducts) {
  const Result result = Replay(
      "    - {name: a, target: 90, good: good_a, total: all_a}\n"
      "    - {name: b, target: 90, good: good_b, total: all_b}\n"
      "    - {name: both, target: 90, composite: {members: [{slo: a, weight: 3}, {slo: b}]}}\n"
      "    - {name: way, target: 90, journey: {members: [{slo: a}, {slo: b}]}}\n",
      {{"good_a", "0+8x60"}, {"all_a", "0+10x60"}, {"good_b", "0+50x60"}, {"all_b", "0+100x60"}});
  const SliceSum both = result.At("both", 60).budget.sum;
  EXPECT_NEAR(both.good / both.total, (3 * 0.8 + 0.5) / 4, 1e-9);
  const SliceSum way = result.At("way", 60).budget.sum;
  EXPECT_NEAR(way.good / way.total, 0.4, 1e-9);
}

// Buckets come in ascending order, and all of them are born at once under a source that is known.
TEST(SloReplayTest, ABornHistogramCountsItsBucketOnce) {
  const Result result =
      Replay("    - {name: fast, target: 90, latency: {histogram: h, below: 300ms}}\n",
             {{"up", "1x9"},
              {"h_bucket{le=\"0.1\"}", "_x4 50 60 70"},
              {"h_bucket{le=\"0.25\"}", "_x4 80 96 112"},
              {"h_bucket{le=\"0.5\"}", "_x4 95 114 133"},
              {"h_bucket{le=\"+Inf\"}", "_x4 100 120 140"}});
  EXPECT_EQ(result.At("fast", 4).budget.sum.good, 80);
  EXPECT_EQ(result.At("fast", 4).budget.sum.total, 100);
  EXPECT_EQ(result.At("fast", 6).budget.sum.good, 112);
  EXPECT_EQ(result.At("fast", 6).budget.sum.total, 140);
}

TEST(SloReplayTest, ExclusionsRecur) {
  // Every day from 00:10 to 00:20 does not count.
  const Result result = Replay(
      "    - name: a\n      target: 90\n      window: 7d\n      good: good\n      total: all\n"
      "      exclude: [{from: '2026-01-01T00:10:00Z', for: 10m, repeat: FREQ=DAILY, time_zone: "
      "UTC, "
      "reason: backup, author: hanako}]\n",
      {{"good", "0+10x9 90x10 100+10x9"}, {"all", "0+10x30"}}, *ParseTime("2026-01-03T00:00:00Z"));
  const ErrorBudget& budget = result.At("a", 29).budget;
  EXPECT_LT(budget.unchanged_remaining_share, 0);
  EXPECT_GT(budget.remaining_share, 0);
}

TEST(SloReplayTest, WhatIsWrongIsSaid) {
  const SeriesFile file = ParseSeriesFile("s.yaml", "interval: x\ninput_series:\n- series: 'a{'\n");
  EXPECT_EQ(file.errors.size(), 3u) << "the interval, the series and its missing values";
  EXPECT_EQ(ParseSeriesFile("s.yaml", "interval: 1m\n").errors.size(), 1u);
  EXPECT_EQ(ParseSeriesFile("s.yaml", "").errors.size(), 1u);
}

}  // namespace
}  // namespace kizashi
