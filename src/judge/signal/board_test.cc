#include "judge/signal/board.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "wire/exposition.h"

namespace kizashi {
namespace {

// The board of one service that is told values of series by their text.
class BoardTest : public testing::Test {
 protected:
  void Grow(const std::string& series, double by) {
    for (const SignalFeed& feed : matcher_.Match(*ParseSeriesText(series))) {
      ASSERT_TRUE(IsCounterKind(SignalRules()[feed.rule].kind)) << series;
      board_.AddIncrease(feed, by);
    }
  }
  void Set(const std::string& series, std::optional<double> value) {
    const auto id = ids_.emplace(series, static_cast<SeriesId>(ids_.size())).first->second;
    for (const SignalFeed& feed : matcher_.Match(*ParseSeriesText(series))) {
      ASSERT_FALSE(IsCounterKind(SignalRules()[feed.rule].kind)) << series;
      board_.SetGauge(feed, id, value);
    }
  }
  // The signals that have a value at the step's end.
  std::map<std::string, double> EndStep() {
    std::map<std::string, double> values;
    for (const SignalValue& signal : board_.EndStep()) {
      if (signal.value) values[std::string(signal.rule->id)] = *signal.value;
    }
    return values;
  }

  const SignalMatcher matcher_;
  SignalBoard board_;
  std::map<std::string, SeriesId> ids_;
};

using Values = std::map<std::string, double>;

TEST(SignalRulesTest, TheTableHoldsWhatTheBoardRestsOn) {
  std::set<std::string_view> finished;
  std::set<SignalClass> classes;
  const SignalRule* before = nullptr;
  for (const SignalRule& rule : SignalRules()) {
    classes.insert(rule.signal);
    const bool two_sided = rule.kind == SignalKind::kIncreaseRatio ||
                           rule.kind == SignalKind::kIncreaseRest ||
                           rule.kind == SignalKind::kRatio || rule.kind == SignalKind::kRest;
    EXPECT_EQ(two_sided, !rule.denominator.empty()) << rule.id;
    if (before != nullptr && before->id == rule.id) {
      EXPECT_EQ(before->signal, rule.signal) << rule.id;
      EXPECT_EQ(before->unit, rule.unit) << rule.id;
    } else {
      EXPECT_TRUE(finished.insert(rule.id).second) << rule.id << ": alternatives stand together";
    }
    before = &rule;
  }
  EXPECT_EQ(classes.size(), 8u) << "every signal of Work and Resource has a rule";
}

TEST_F(BoardTest, RequestsBecomeThroughputSuccessAndErrors) {
  Grow(R"(http_requests_total{code="200"})", 270);
  Grow(R"(http_requests_total{code="404"})", 27);
  Grow(R"(http_requests_total{code="503"})", 3);
  const Values values = EndStep();
  EXPECT_EQ(values, (Values{{"http_requests", 20}, {"http_success", 0.99}, {"http_errors", 0.2}}));
}

TEST_F(BoardTest, RatesAreOverTheLastFourStepsAndEndWhenNothingIsScraped) {
  Grow("http_requests_total", 60);
  EXPECT_EQ(EndStep().at("http_requests"), 4);
  for (int step = 0; step < 3; ++step) EndStep();
  Grow("http_requests_total", 120);
  EXPECT_EQ(EndStep().at("http_requests"), 2) << "120 in a minute";
  for (int step = 0; step < 3; ++step) EXPECT_EQ(EndStep().count("http_requests"), 1u) << step;
  EXPECT_EQ(EndStep().count("http_requests"), 0u);
  // Scraped, and nothing was asked for: zero is a value, and a share of nothing is none.
  Grow("http_requests_total", 0);
  const Values values = EndStep();
  EXPECT_EQ(values.at("http_requests"), 0);
  EXPECT_EQ(values.count("http_success"), 0u);
}

TEST_F(BoardTest, TheFirstAlternativeWithDataSpeaks) {
  Grow("http_server_requests_seconds_count", 15);
  EXPECT_EQ(EndStep().at("http_requests"), 1);
  Grow("http_requests_total", 30);
  EXPECT_EQ(EndStep().at("http_requests"), 2);
  EXPECT_EQ(board_.EndStep().front().rule->id, "http_requests");
}

TEST_F(BoardTest, TheNinetyNinthPercentileIsReadFromBuckets) {
  const auto bucket = [&](const char* le, double count) {
    Grow(fmt::format(R"(http_request_duration_seconds_bucket{{le="{}"}})", le), count);
  };
  bucket("0.1", 900);
  bucket("0.5", 980);
  bucket("1", 1000);
  bucket("+Inf", 1000);
  // Rank 990 lies in the middle of the bucket from 0.5 to 1.
  EXPECT_NEAR(EndStep().at("http_latency_p99"), 0.75, 1e-12);
}

TEST_F(BoardTest, APercentileBeyondTheLastBucketIsItsBound) {
  Grow(R"(http_request_duration_seconds_bucket{le="2.5"})", 10);
  Grow(R"(http_request_duration_seconds_bucket{le="+Inf"})", 1000);
  Grow(R"(http_request_duration_seconds_bucket{le="broken"})", 1000);
  EXPECT_EQ(EndStep().at("http_latency_p99"), 2.5);
}

TEST_F(BoardTest, BucketsWithoutInfinityHaveNoPercentile) {
  Grow(R"(http_request_duration_seconds_bucket{le="1"})", 10);
  EXPECT_EQ(EndStep().count("http_latency_p99"), 0u);
}

TEST_F(BoardTest, AHostIsFiledUnderResource) {
  for (const char* mode : {"user", "system"}) {
    Grow(fmt::format(R"(node_cpu_seconds_total{{cpu="0",mode="{}"}})", mode), 1.5);
  }
  Grow(R"(node_cpu_seconds_total{cpu="0",mode="idle"})", 12);
  Set("node_memory_MemAvailable_bytes", 3e9);
  Set("node_memory_MemTotal_bytes", 4e9);
  Set(R"(node_filesystem_avail_bytes{fstype="ext4",mountpoint="/"})", 10);
  Set(R"(node_filesystem_size_bytes{fstype="ext4",mountpoint="/"})", 100);
  Set(R"(node_filesystem_avail_bytes{fstype="tmpfs",mountpoint="/run"})", 5000);
  Set(R"(node_filesystem_size_bytes{fstype="tmpfs",mountpoint="/run"})", 5000);
  Set("node_load1", 2.5);
  Grow(R"(node_network_receive_bytes_total{device="lo"})", 1e9);
  Grow(R"(node_network_receive_bytes_total{device="eth0"})", 1500);
  Grow(R"(node_network_receive_errs_total{device="eth0"})", 15);
  const Values values = EndStep();
  EXPECT_NEAR(values.at("node_cpu"), 0.2, 1e-12);
  EXPECT_EQ(values.at("node_memory"), 0.25);
  EXPECT_EQ(values.at("node_filesystem"), 0.9);
  EXPECT_EQ(values.at("node_load"), 2.5);
  EXPECT_EQ(values.at("node_network_receive"), 100);
  EXPECT_EQ(values.at("node_network_errors"), 1);
  for (const SignalValue& signal : board_.EndStep()) EXPECT_FALSE(IsWork(signal.rule->signal));
}

TEST_F(BoardTest, ASeriesThatEndedCountsNoMore) {
  Set(R"(up{instance="a"})", 1);
  Set(R"(up{instance="b"})", 0);
  EXPECT_EQ(EndStep().at("targets_up"), 0.5);
  Set(R"(up{instance="b"})", std::nullopt);
  EXPECT_EQ(EndStep().at("targets_up"), 1);
  Set(R"(up{instance="a"})", std::nullopt);
  EXPECT_EQ(EndStep().count("targets_up"), 0u);
}

}  // namespace
}  // namespace kizashi
