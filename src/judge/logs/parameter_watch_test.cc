#include "judge/logs/parameter_watch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "base/archive.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Finding = ParameterWatch::Finding;

class ParameterWatchTest : public testing::Test {
 protected:
  std::optional<Finding> Say(const std::string& line) {
    now_ += seconds(2);
    return Say(&watch_, line);
  }
  std::optional<Finding> Say(ParameterWatch* watch, const std::string& line) const {
    std::vector<Slot> slots;
    const uint64_t skeleton = SplitLine(line, &slots);
    return watch->Add(skeleton, line, slots, now_);
  }
  // What `line`(i) tells, for `lines` lines.
  int Count(int lines, const std::function<std::string(int)>& line) {
    int found = 0;
    for (int i = 0; i < lines; ++i) found += Say(line(i)).has_value();
    return found;
  }

  ParameterWatch watch_;
  Time now_ = TimeFromMs(1'767'571'200'000);
  std::mt19937_64 random_{7};
};

TEST_F(ParameterWatchTest, ReadsNumbersWithTheirUnit) {
  const auto read = [](std::string_view text) {
    const auto number = ParseLogNumber(text);
    return number ? fmt::format("{} {}", number->value, number->unit) : "none";
  };
  EXPECT_EQ(read("12"), "12 ");
  EXPECT_EQ(read("-0.5"), "-0.5 ");
  EXPECT_EQ(read("+31ms"), "31 ms");
  EXPECT_EQ(read("99%"), "99 %");
  EXPECT_EQ(read("1e3"), "1000 ");
  for (const char* text : {"", "ms", "1.2.3", "12:30", "0x1f", "123456789012345678", "nan", "inf",
                           "12 ms", "7d5c9f-abc"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

TEST_F(ParameterWatchTest, HistogramGivesQuantilesToOneStep) {
  NumberHistogram numbers;
  for (int i = 1; i <= 1000; ++i) numbers.Add(i);
  EXPECT_NEAR(NumberHistogram::ValueAt(numbers.Quantile(0.99)), 990, 190);
  EXPECT_NEAR(NumberHistogram::ValueAt(numbers.Quantile(0.01)), 10, 2.2);
  EXPECT_DOUBLE_EQ(NumberHistogram::ValueAt(NumberHistogram::ScaleOf(-7)), -7);
  numbers.Add(1e300);
  numbers.Add(-1e300);
  EXPECT_EQ(numbers.count(), 1002u);
}

TEST_F(ParameterWatchTest, TellsAValueThatAClosedSetNeverHad) {
  const auto usual = [](int i) {
    return fmt::format("GET /x status={} took {} ms", i % 20 == 0 ? 404 : 200, 10 + i % 7);
  };
  EXPECT_EQ(Count(3000, usual), 0);
  const auto finding = Say("GET /x status=507 took 11 ms");
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->what, Finding::What::kValue);
  EXPECT_EQ(finding->value, "507");
  EXPECT_EQ(finding->known, (std::vector<std::string>{"200", "404"}));
  EXPECT_EQ(finding->lines, 3000u - ParameterWatch::kAdmitLines + 1);
  EXPECT_FALSE(Say("GET /x status=507 took 11 ms").has_value()) << "once";
}

TEST_F(ParameterWatchTest, AnOpenSetAndCountsAreNoClosedSets) {
  std::geometric_distribution<int> tries(0.5);
  EXPECT_EQ(Count(20'000, [&](int) { return fmt::format("done, tries={}", tries(random_)); }), 0);
  EXPECT_EQ(Count(20'000, [&](int i) { return fmt::format("user={} in", i % 5 ? i : 7); }), 0);
}

TEST_F(ParameterWatchTest, TellsANumberThatLeavesItsRangeTwice) {
  std::lognormal_distribution<double> took(3, 0.5);
  EXPECT_EQ(Count(5000, [&](int) { return fmt::format("paid, took {:.0f} ms", took(random_)); }),
            0);
  EXPECT_FALSE(Say("paid, took 30000 ms").has_value()) << "one may be chance";
  const auto finding = Say("paid, took 31000 ms");
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->what, Finding::What::kRange);
  EXPECT_EQ(finding->value, "31000");
  EXPECT_LT(finding->high, 400);
  EXPECT_GT(finding->high, 50);
  EXPECT_FALSE(Say("paid, took 30500 ms").has_value()) << "it is known now";
}

TEST_F(ParameterWatchTest, ALoneOneIsNeitherToldNorLearnt) {
  EXPECT_EQ(Count(5000, [](int i) { return fmt::format("queue holds {} jobs", 100 + i % 50); }), 0);
  EXPECT_FALSE(Say("queue holds 900000 jobs").has_value());
  now_ += minutes(30);
  EXPECT_FALSE(Say("queue holds 900000 jobs").has_value()) << "too long after the first";
  EXPECT_TRUE(Say("queue holds 900000 jobs").has_value());
}

TEST_F(ParameterWatchTest, HeavyTailsCountersAndMixedUnitsAreQuiet) {
  std::uniform_real_distribution<double> uniform(1e-9, 1);
  EXPECT_EQ(
      Count(50'000, [&](int) { return fmt::format("sent {:.0f} bytes", 100 / uniform(random_)); }),
      0)
      << "Pareto's distribution of exponent 1";
  EXPECT_EQ(Count(20'000, [](int i) { return fmt::format("offset {} committed", i * 37); }), 0);
  EXPECT_EQ(Count(5'000, [](int i) { return fmt::format("took {}", i % 9 ? "120ms" : "1.5s"); }),
            0);
}

TEST_F(ParameterWatchTest, IsQuietUntilItKnowsEnough) {
  EXPECT_EQ(Count(1500, [](int) { return std::string("state=ok of db1x"); }), 0);
  EXPECT_FALSE(Say("state=bad of db1x").has_value()) << "too few lines";
  ParameterWatch young;
  for (int i = 0; i < 5000; ++i) Say(&young, "state=ok of db1x");
  EXPECT_FALSE(Say(&young, "state=bad of db1x").has_value()) << "all of one moment";
}

TEST_F(ParameterWatchTest, AFloodOfFormsIsBounded) {
  for (int i = 0; i < 30'000; ++i)
    Say(std::string(size_t(i % 300) + 1, '!') + fmt::format("{} x", i));
  EXPECT_LE(watch_.columns(), ParameterWatch::kColumnsMax);
}

TEST_F(ParameterWatchTest, GoesOnFromASavedState) {
  for (int i = 0; i < 3000; ++i) Say(fmt::format("status={} of {}", i % 2 ? 200 : 404, i));
  StateWriter out;
  out(watch_);
  const std::string state = out.Take();
  ParameterWatch again;
  StateReader in(state);
  in(again);
  ASSERT_TRUE(in.ok());
  const auto one = Say("status=500 of 7");
  const auto other = Say(&again, "status=500 of 7");
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->known, other->known);
  StateWriter more;
  more(again);
  StateWriter mine;
  mine(watch_);
  EXPECT_EQ(more.Take(), mine.Take());
}

}  // namespace
}  // namespace kizashi
