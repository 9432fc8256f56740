#include "act/rule_alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/message.h"
#include "act/test_support.h"
#include "query/promql/memory_source.h"

namespace kizashi {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr Time Minute(int64_t minute) { return TimeFromMs(minute * 60'000); }

class RuleAlertsTest : public testing::Test {
 protected:
  RuleAlertsTest() : records_(folder_.OpenRecords()) { Restart(); }

  // As after a restart: what was known in memory is gone.
  void Restart() {
    alerts_ = std::make_unique<RuleAlerts>(*records_, [this](const std::vector<AlertRecord>& told) {
      told_.insert(told_.end(), told.begin(), told.end());
    });
    ASSERT_TRUE(alerts_->Load().ok());
    rules::RuleFile file = rules::ParseRuleFile("a.yml", R"(groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    labels: {severity: page}
    annotations: {summary: "{{ $labels.job }} is down"}
)");
    ASSERT_TRUE(file.errors.empty());
    group_ = std::make_unique<rules::RuleGroup>(std::move(file.groups[0]));
  }

  void At(int64_t minute, double up, const std::string& job) {
    source_.Add(Labels({{"__name__", "up"}, {"job", job}}), ToMs(Minute(minute)), up);
    rules::RuleIo io;
    io.source = &source_;
    io.write = [](const std::vector<rules::RuleSample>&, Time) { return OkStatus(); };
    group_->Evaluate(Minute(minute), io);
    ASSERT_TRUE(alerts_->Update(*group_, Minute(minute), *ShopCatalog()).ok());
  }

  std::vector<AlertRecord> Records() { return *records_->ListAlerts({}); }

  TempFolder folder_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<RuleAlerts> alerts_;
  std::unique_ptr<rules::RuleGroup> group_;
  promql::MemorySource source_;
  std::vector<AlertRecord> told_;
};

TEST_F(RuleAlertsTest, FiresOnceAndResolvesOnceAlsoOverARestart) {
  group_->SetRestored();
  At(0, 1, "cart");
  EXPECT_THAT(Records(), SizeIs(0));
  At(1, 0, "cart");
  At(2, 0, "cart");
  ASSERT_THAT(Records(), SizeIs(1));
  const AlertRecord fired = Records()[0];
  EXPECT_EQ(fired.service, "cart");
  EXPECT_EQ(fired.owner, "cart-team");
  EXPECT_EQ(fired.slo, "Down");
  EXPECT_EQ(fired.severity, Severity::kPage);
  EXPECT_EQ(fired.begin, Minute(1));
  EXPECT_FALSE(fired.end);
  ASSERT_THAT(told_, SizeIs(1));
  EXPECT_EQ(told_[0].id, fired.id);

  Restart();
  At(3, 0, "cart");
  group_->SetRestored();
  At(4, 0, "cart");
  EXPECT_THAT(Records(), SizeIs(1));
  EXPECT_THAT(told_, SizeIs(1));

  At(5, 1, "cart");
  At(6, 1, "cart");
  ASSERT_THAT(Records(), SizeIs(1));
  EXPECT_EQ(Records()[0].end, Minute(5));
  ASSERT_THAT(told_, SizeIs(2));
  EXPECT_EQ(told_[1].end, Minute(5));
  At(7, 0, "cart");
  EXPECT_THAT(Records(), SizeIs(2));  // another time is another alert
}

TEST_F(RuleAlertsTest, WhatEndedWhileNobodyLookedEndsOnceItIsCertain) {
  group_->SetRestored();
  At(0, 0, "cart");
  Restart();
  At(10, 1, "cart");
  EXPECT_FALSE(Records()[0].end);  // not yet restored: perhaps nothing was scraped so far
  group_->SetRestored();
  At(11, 1, "cart");
  EXPECT_EQ(Records()[0].end, Minute(11));
}

TEST_F(RuleAlertsTest, AnAlertOfNobodyIsRecorded) {
  At(0, 0, "stranger");
  ASSERT_THAT(Records(), SizeIs(1));
  EXPECT_EQ(Records()[0].service, "");
}

TEST_F(RuleAlertsTest, AlertsOfRemovedGroupsEnd) {
  At(0, 0, "cart");
  ASSERT_TRUE(alerts_->EndOthers({group_.get()}, Minute(1)).ok());
  EXPECT_FALSE(Records()[0].end);
  ASSERT_TRUE(alerts_->EndOthers({}, Minute(2)).ok());
  EXPECT_EQ(Records()[0].end, Minute(2));
}

TEST_F(RuleAlertsTest, MessagesSayWhatTheRuleSays) {
  At(0, 0, "cart");
  const AlertRecord alert = Records()[0];
  const MessageContext context = MakeMessageContext(alert, *ShopCatalog(), "http://page");
  AlertTexts texts = TextsOfAlert(alert, "firing", context);
  EXPECT_THAT(texts.title, HasSubstr("Down is firing: cart"));
  EXPECT_THAT(texts.details, HasSubstr("cart is down"));
  EXPECT_THAT(texts.details, HasSubstr("up == 0"));
  texts = TextsOfAlert(alert, "resolved", context);
  EXPECT_THAT(texts.summary, HasSubstr("Resolved (Page): Down of cart"));
}

}  // namespace
}  // namespace kizashi
