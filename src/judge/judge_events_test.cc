// Signals of several services that move at once: one anomaly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kCatalog = R"yaml(
service: {name: shop, owner: t}
---
service: {name: customers, owner: t, depends_on: [shop]}
---
service: {name: far, owner: t}
---
service: {name: kizashi, owner: t}
---
team: {name: t}
)yaml";

class JudgeEventsTest : public testing::Test {
 protected:
  void SetUp() override { journal_.Catalog(kMidnight, kCatalog); }
  // Until `until`, every 15 s: each counter grows by its rate, times what is said of it.
  void Play(Duration until, const std::map<std::string, double>& times) {
    for (; now_ < kMidnight + until; now_ += seconds(15)) {
      TestJournal::Samples samples;
      for (auto& [series, rate] : rates_) {
        const auto found = times.find(series);
        const double factor = found == times.end() ? 1 : found->second;
        values_[series] += 15 * rate * factor * (1 + 0.02 * normal_(random_));
        samples.emplace_back(series, values_[series]);
      }
      journal_.Scrape(now_, "all", samples);
    }
  }
  // Of all services, in the order in which they began.
  std::vector<AnomalyRecord> Begun() {
    const Told told = JudgeRest(journal_, &judge_);
    std::vector<AnomalyRecord> begun;
    for (const AnomalyRecord& record : told.anomalies) {
      const bool known = std::any_of(begun.begin(), begun.end(),
                                     [&](const auto& one) { return one.id == record.id; });
      if (!known) begun.push_back(record);
    }
    return begun;
  }
  static std::vector<std::string> PartsOf(const AnomalyRecord& record) {
    std::vector<std::string> parts;
    for (const Evidence& evidence : record.evidence) {
      if (evidence.code == "part") parts.push_back(FieldText(evidence.fields, "service"));
    }
    return parts;
  }

  static constexpr const char* kShop = R"(http_requests_total{service="shop"})";
  static constexpr const char* kCustomers = R"(process_cpu_seconds_total{service="customers"})";
  static constexpr const char* kFar = R"(process_cpu_seconds_total{service="far"})";
  static constexpr const char* kLines = R"(kizashi_ingest_lines_total{service="kizashi"})";

  TestJournal journal_;
  Judge judge_{journal_};
  std::map<std::string, double> rates_ = {
      {kShop, 60}, {kCustomers, 0.2}, {kFar, 0.2}, {kLines, 70}};
  std::map<std::string, double> values_;
  Time now_ = kMidnight + seconds(1);
  std::mt19937 random_{11};
  std::normal_distribution<double> normal_;
};

TEST_F(JudgeEventsTest, WhatMovesInACallerIsAPart) {
  Play(minutes(30), {});
  Play(minutes(34), {{kShop, 3}, {kCustomers, 3}});
  Play(minutes(60), {});
  const auto begun = Begun();
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].service, "shop");
  EXPECT_EQ(begun[0].code, "traffic_up");
  EXPECT_GE(begun[0].begin, kMidnight + minutes(30));
}

// The customers' program shows it two looks before the shop's traffic is sure.
TEST_F(JudgeEventsTest, WhatIsNextToRisingTrafficWaitsForIt) {
  Play(minutes(30), {});
  Play(minutes(31), {{kShop, 1.4}, {kCustomers, 4}});
  Play(minutes(35), {{kShop, 3}, {kCustomers, 4}});
  Play(minutes(60), {});
  const auto begun = Begun();
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].service, "shop");
  EXPECT_EQ(begun[0].code, "traffic_up");
}

TEST_F(JudgeEventsTest, WhatKizashiTakesInFollowsWhatTheServicesDo) {
  Play(minutes(30), {});
  Play(minutes(34), {{kShop, 3}, {kCustomers, 3}, {kLines, 3}});
  Play(minutes(60), {});
  std::map<std::string, AnomalyRecord> last;
  for (const AnomalyRecord& record : JudgeRest(journal_, &judge_).anomalies) {
    last[record.id] = record;
  }
  ASSERT_EQ(last.size(), 1u);
  const AnomalyRecord& one = last.begin()->second;
  EXPECT_EQ(one.service, "shop");
  EXPECT_THAT(PartsOf(one), testing::UnorderedElementsAre("customers", "kizashi"));
  EXPECT_TRUE(one.end.has_value());
}

TEST_F(JudgeEventsTest, MoreLinesAndNothingElseAreKizashisOwn) {
  Play(minutes(30), {});
  Play(minutes(38), {{kLines, 3}});
  const auto begun = Begun();
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].service, "kizashi");
  EXPECT_GE(begun[0].begin, kMidnight + minutes(30));
}

TEST_F(JudgeEventsTest, WhatIsNotNextToEachOtherAreTwo) {
  Play(minutes(30), {});
  Play(minutes(34), {{kShop, 3}, {kFar, 3}});
  const auto begun = Begun();
  ASSERT_EQ(begun.size(), 2u);
  EXPECT_NE(begun[0].service, begun[1].service);
}

TEST_F(JudgeEventsTest, ANewStretchIsItsOwnAnomalyAgain) {
  Play(minutes(30), {});
  Play(minutes(34), {{kShop, 3}, {kCustomers, 3}});
  Play(minutes(60), {});
  Play(minutes(64), {{kCustomers, 5}});
  const auto begun = Begun();
  ASSERT_EQ(begun.size(), 2u);
  EXPECT_EQ(begun[1].service, "customers");
  EXPECT_GE(begun[1].begin, kMidnight + minutes(60));
}

}  // namespace
}  // namespace kizashi
