#include <gtest/gtest.h>

#include "judge/judge.h"
#include "judge/test_journal.h"

namespace kizashi {
namespace {

constexpr std::string_view kShop = R"(
service: {name: shop, owner: t}
---
team: {name: t}
)";

class ForeignAlertsTest : public testing::Test {
 protected:
  void SetUp() override { journal_.Catalog(at_, std::string(kShop)); }
  void Send(Duration after, std::string id, bool resolved, std::string service = "shop") {
    AlertBatch batch{AlertSource::kDatadog, {}};
    batch.alerts.push_back({std::move(id), "disk fills", "at 80 %", "https://d/1", "p4", resolved,
                            at_ + after, Labels({{"service", std::move(service)}})});
    journal_.Alerts(at_ + after, std::move(batch));
  }
  const Time at_ = TimeFromMs(1'767'312'000'000);
  TestJournal journal_;
};

TEST_F(ForeignAlertsTest, OneIsOneEpisodeFromFiringToResolved) {
  Send(std::chrono::minutes(1), "7", false);
  Send(std::chrono::minutes(2), "7", false);
  Send(std::chrono::minutes(5), "7", true);
  Send(std::chrono::minutes(6), "8", true);  // was never told to fire
  Send(std::chrono::minutes(7), "9", false, "nobody");
  Judge judge(journal_);
  const Told told = JudgeRest(journal_, &judge);
  ASSERT_EQ(told.anomalies.size(), 2u);
  EXPECT_EQ(told.anomalies[0].kind, "shop/alerts/datadog disk fills");
  EXPECT_EQ(told.anomalies[0].code, "foreign_alert");
  EXPECT_EQ(told.anomalies[0].price.basis, "prior_alert");
  EXPECT_GT(told.anomalies[0].price.mean_minutes, 0);
  EXPECT_EQ(told.anomalies[1].end, at_ + std::chrono::minutes(5));
  EXPECT_TRUE(told.alerts.empty());
}

TEST_F(ForeignAlertsTest, WhatIsNotHeardOfAgainIsOverAfterADay) {
  Send(std::chrono::minutes(1), "7", false);
  journal_.Tick(at_ + std::chrono::hours(24));
  journal_.Tick(at_ + std::chrono::hours(24) + std::chrono::minutes(2));
  Judge judge(journal_);
  const Told told = JudgeRest(journal_, &judge);
  ASSERT_EQ(told.anomalies.size(), 2u);
  EXPECT_TRUE(told.anomalies[1].end.has_value());
}

}  // namespace
}  // namespace kizashi
