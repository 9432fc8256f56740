#include "judge/graph/traffic_watch.h"

#include <gtest/gtest.h>

#include "base/archive.h"

namespace kizashi {
namespace {

std::string AsTold(std::string_view name) { return std::string(name); }

constexpr Time kStart = TimeFromMs(1'767'225'600'000);

/// A service's counters as a scrape gives them, and what the watch says of them.
class Fleet {
 public:
  /// A step with `requests` of which `slow` take over 0.1 s and `failed` fail by themselves.
  void Step(double requests, double slow, double failed = 0) {
    const std::string own = "service_name=\"cart\",span_name=\"POST\"";
    Add("traces_span_metrics_exclusive_seconds_bucket", own, "0.1", requests - slow);
    Add("traces_span_metrics_exclusive_seconds_bucket", own, "1", requests);
    Add("traces_span_metrics_exclusive_seconds_bucket", own, "+Inf", requests);
    Add("traces_span_metrics_exclusive_seconds_count", own, "", requests);
    Add("traces_span_metrics_exclusive_failed_total", own, "", failed);
    Add("traces_service_graph_request_total", "client=\"shop\",server=\"cart\"", "", requests);
    watch.EndStep();
    now_ += TrafficWatch::kStep;
  }
  double Nats(TrafficAspect aspect) const {
    for (const TrafficWatch::Finding& finding : watch.Look()) {
      if (finding.aspect == aspect) return finding.nats;
    }
    return -1;
  }
  void Reload() {
    StateWriter writer;
    writer(watch);
    const std::string bytes = writer.Take();
    TrafficWatch again;
    StateReader reader(bytes);
    reader(again);
    ASSERT_TRUE(reader.ok() && reader.AtEnd());
    watch = std::move(again);
    feeds_.clear();
  }

  TrafficWatch watch;

 private:
  void Add(const std::string& name, const std::string& labels, const std::string& bound,
           double increase) {
    const std::string key = name + bound;
    if (!feeds_.contains(key)) {
      std::vector<Label> list{{std::string(kMetricName), name}};
      if (!bound.empty()) list.push_back({"le", bound});
      for (size_t at = 0; at < labels.size();) {
        const size_t equals = labels.find('=', at);
        const size_t end = labels.find('"', equals + 2);
        list.push_back(
            {labels.substr(at, equals - at), labels.substr(equals + 2, end - equals - 2)});
        at = end + 2;
      }
      feeds_[key] = watch.Plan(Labels(std::move(list)), AsTold);
    }
    watch.Add(feeds_[key], increase, now_);
  }

  std::map<std::string, uint32_t> feeds_;
  Time now_ = kStart;
};

TEST(TrafficWatchTest, SteadyTrafficIsNoNews) {
  Fleet fleet;
  double most = 0;
  for (int i = 0; i < 600; ++i) {
    fleet.Step(20 + i % 7, i % 5 == 0 ? 1 : 0);
    if (i > 60) most = std::max(most, fleet.Nats(TrafficAspect::kOwnSlow));
  }
  EXPECT_LT(most, 3);
  EXPECT_EQ(fleet.Nats(TrafficAspect::kOwnFailed), 0);
}

TEST(TrafficWatchTest, ASlowServiceIsFoundWithinAMinute) {
  Fleet fleet;
  for (int i = 0; i < 100; ++i) fleet.Step(20, i % 5 == 0 ? 1 : 0);
  for (int i = 0; i < 3; ++i) fleet.Step(20, 15);
  EXPECT_GT(fleet.Nats(TrafficAspect::kOwnSlow), 15);
  EXPECT_EQ(fleet.Nats(TrafficAspect::kOwnFailed), 0);
}

TEST(TrafficWatchTest, MoreTrafficOfTheSameIsNoNews) {
  Fleet fleet;
  for (int i = 0; i < 100; ++i) fleet.Step(20, 1);
  for (int i = 0; i < 4; ++i) fleet.Step(200, 10);
  EXPECT_LT(fleet.Nats(TrafficAspect::kOwnSlow), 2);
}

TEST(TrafficWatchTest, FailuresOfItsOwnAreFound) {
  Fleet fleet;
  for (int i = 0; i < 100; ++i) fleet.Step(20, 0);
  for (int i = 0; i < 2; ++i) fleet.Step(20, 0, 5);
  EXPECT_GT(fleet.Nats(TrafficAspect::kOwnFailed), 15);
}

TEST(TrafficWatchTest, WhatGoesOnIsNoNewsAndBecomesNormal) {
  Fleet fleet;
  for (int i = 0; i < 100; ++i) fleet.Step(20, 0);
  for (int i = 0; i < 12; ++i) fleet.Step(20, 10);
  EXPECT_LT(fleet.Nats(TrafficAspect::kOwnSlow), 2);
}

TEST(TrafficWatchTest, EdgesAreSeenAndAServiceIsNotJudgedBeforeItIsKnown) {
  Fleet fleet;
  fleet.Step(5, 5);
  EXPECT_EQ(fleet.watch.graph().CallersOf("cart", 1).count("shop"), 1u);
  EXPECT_LE(fleet.Nats(TrafficAspect::kOwnSlow), 0);
  EXPECT_EQ(fleet.watch.Plan(Labels({{std::string(kMetricName), "up"}}), AsTold),
            TrafficWatch::kNone);
}

TEST(TrafficWatchTest, SavedInMidStreamItSaysTheSame) {
  Fleet straight;
  Fleet broken;
  for (int i = 0; i < 150; ++i) {
    const double slow = i > 140 ? 8 : i % 4 == 0 ? 1 : 0;
    straight.Step(20, slow, i % 3);
    if (i % 13 == 0) broken.Reload();
    broken.Step(20, slow, i % 3);
    ASSERT_EQ(straight.Nats(TrafficAspect::kOwnSlow), broken.Nats(TrafficAspect::kOwnSlow)) << i;
    ASSERT_EQ(straight.Nats(TrafficAspect::kOwnFailed), broken.Nats(TrafficAspect::kOwnFailed))
        << i;
  }
}

}  // namespace
}  // namespace kizashi
