#include "act/report/report_loop.h"

#include <gtest/gtest.h>

#include <fstream>

#include "act/format.h"
#include "act/test_support.h"
#include "act/test_text.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// Tokyo's morning at 08:30 is 23:30 UTC of the day before.
constexpr const char* kCatalog = R"yaml(
service: {name: shop, title: Shop, owner: shop-team}
---
team:
  name: shop-team
  title: Shop team
  time_zone: Asia/Tokyo
  language: ja
  notify: [{slack: "https://hooks.slack.com/services/T000/secret"}, {webhook: "http://127.0.0.1:1/"}]
  report: {at: "08:30", email: team@example.com, lines: 5}
---
service: {name: quiet, owner: quiet-team}
---
team: {name: quiet-team, report: off}
---
team: {name: idle-team}
)yaml";

const Time kFirst = *ParseTime("2026-11-24T10:00:00Z");    // 19:00 in Tokyo
const Time kMorning = *ParseTime("2026-11-24T23:30:00Z");  // 08:30 on the 25th

class ReportLoopTest : public testing::Test {
 protected:
  ReportLoopTest() {
    store_ = folder_.OpenRecords();
    const CatalogLoad load = LoadCatalog({{"shop.yaml", kCatalog}});
    for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
    catalog_ = load.catalog;
    Begin();
  }
  /// As after a restart.
  void Begin() {
    ReportLoop::Options options;
    options.catalog = [this] { return catalog_; };
    options.page_url = "http://kizashi.example/";
    options.directory = folder_.path() + "/reports";
    options.send_mail = [this](const Mail& mail) {
      mails_.push_back(mail);
      return mail_answer_;
    };
    options.fetch = [this](FetchRequest request) {
      posts_.push_back(std::move(request));
      FetchResult result;
      result.code = slack_answer_;
      return result;
    };
    loop_ = std::make_unique<ReportLoop>(*store_, clock_, &registry_, std::move(options));
  }
  void Look(Time now) {
    const Status looked = loop_->Look(now);
    EXPECT_TRUE(looked.ok()) << Message(looked);
  }
  void PutAnomaly(const std::string& id, Time begin) {
    AnomalyRecord anomaly;
    anomaly.id = id;
    anomaly.service = "shop";
    anomaly.owner = "shop-team";
    anomaly.kind = "shop/redundancy/member_down";
    anomaly.code = "member_down";
    anomaly.fields = {{"member", id}, {"up", 2.0}, {"of", 3.0}, {"need", 2.0}};
    anomaly.begin = begin;
    anomaly.end = begin + minutes(1);
    VerdictBatch batch;
    batch.anomalies = {anomaly};
    ASSERT_TRUE(store_->Apply(batch).ok());
  }
  std::vector<ReportRecord> Reports() { return *store_->ListReports("shop-team", 10); }

  TempFolder folder_;
  std::unique_ptr<RecordStore> store_;
  std::shared_ptr<const Catalog> catalog_;
  ManualClock clock_{kFirst};
  Registry registry_;
  std::vector<Mail> mails_;
  std::vector<FetchRequest> posts_;
  Status mail_answer_;
  int slack_answer_ = 200;
  std::unique_ptr<ReportLoop> loop_;
};

TEST_F(ReportLoopTest, ATeamThatIsNewWaitsForItsNextMorning) {
  Look(kFirst);
  Look(kMorning - Duration(1));
  EXPECT_TRUE(posts_.empty() && mails_.empty());
  Look(kMorning);
  ASSERT_EQ(posts_.size(), 1u) << "Slack, and no generic webhook";
  ASSERT_EQ(mails_.size(), 1u);
  const auto reports = Reports();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].day, "2026-11-25");
  EXPECT_EQ(reports[0].since, kFirst);
  EXPECT_EQ(reports[0].until, kMorning);
  EXPECT_TRUE(Has(reports[0].markdown, "# 日次レポート: Shop team"));
  EXPECT_TRUE(Has(reports[0].markdown, "特に確認が必要なことはありません。"));
  std::ifstream file(folder_.path() + "/reports/shop-team/2026-11-25.md");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), reports[0].markdown);
  EXPECT_TRUE(store_->ListReports("quiet-team", 10)->empty()) << "its reports are off";
  EXPECT_TRUE(store_->ListReports("idle-team", 10)->empty()) << "it owns nothing";
}

TEST_F(ReportLoopTest, IsDeliveredOnceAlsoOverARestart) {
  Look(kFirst);
  Look(kMorning);
  Look(kMorning + minutes(1));
  Begin();
  Look(kMorning + hours(2));
  EXPECT_EQ(posts_.size(), 1u);
  EXPECT_EQ(mails_.size(), 1u);
  Look(kMorning + days(1));
  EXPECT_EQ(posts_.size(), 2u) << "and again the next morning";
  EXPECT_EQ(Reports()[0].since, kMorning);
}

TEST_F(ReportLoopTest, ComesLateAndReachesBackWhenTheServerWasDownInTheMorning) {
  Look(kFirst);
  PutAnomaly("b", kFirst + hours(1));
  Begin();
  Look(kMorning + days(2) + hours(5));
  ASSERT_EQ(posts_.size(), 1u);
  EXPECT_EQ(Reports()[0].day, "2026-11-27");
  EXPECT_EQ(Reports()[0].since, kFirst);
  EXPECT_TRUE(Has(Reports()[0].markdown, "instance b"));
  Begin();
  Look(kMorning + days(30));
  EXPECT_EQ(Reports()[0].since, Reports()[0].until - ReportLoop::kBackMax);
}

TEST_F(ReportLoopTest, WhatWasNotTakenIsTriedAgainAlsoAfterARestart) {
  Look(kFirst);
  slack_answer_ = 503;
  mail_answer_ = Unavailable("the mail server did not take it: no route");
  Look(kMorning);
  auto deliveries = *store_->ListReportDeliveries("shop-team", "2026-11-25");
  ASSERT_EQ(deliveries.size(), 3u);
  EXPECT_EQ(deliveries[0].message.state, DeliveryRecord::State::kWaiting);
  EXPECT_FALSE(Has(deliveries[0].message.last_error, "secret"));
  EXPECT_EQ(deliveries[2].message.kind, "file");
  EXPECT_EQ(deliveries[2].message.state, DeliveryRecord::State::kDelivered);
  Begin();
  slack_answer_ = 200;
  mail_answer_ = OkStatus();
  Look(kMorning + minutes(10));
  EXPECT_EQ(posts_.size(), 2u);
  ASSERT_EQ(mails_.size(), 2u);
  EXPECT_EQ(mails_[0].message_id, mails_[1].message_id) << "every copy is the same message";
  deliveries = *store_->ListReportDeliveries("shop-team", "2026-11-25");
  for (const ReportDelivery& one : deliveries) {
    EXPECT_EQ(one.message.state, DeliveryRecord::State::kDelivered) << one.message.kind;
  }
  slack_answer_ = 404;
  mail_answer_ = InvalidArgument("the mail server answers 550: no such address");
  Look(kMorning + days(1));
  deliveries = *store_->ListReportDeliveries("shop-team", "2026-11-26");
  EXPECT_EQ(deliveries[0].message.state, DeliveryRecord::State::kGivenUp);
  EXPECT_EQ(deliveries[1].message.state, DeliveryRecord::State::kGivenUp);
}

TEST_F(ReportLoopTest, MessagesSayWhatTheReportSays) {
  Look(kFirst);
  PutAnomaly("b", kFirst + hours(1));
  Look(kMorning);
  ASSERT_EQ(posts_.size(), 1u);
  const std::string& slack = posts_[0].body;
  for (const char* part : {"*日次レポート: Shop team*", "• 0.00 (0.00–0.00) · Shop · instance b",
                           "<http://kizashi.example/report?team=shop-team|"}) {
    EXPECT_TRUE(Has(slack, part)) << part << " in " << slack;
  }
  EXPECT_FALSE(Has(slack, "|---")) << "Slack has no tables";
  ASSERT_EQ(mails_.size(), 1u);
  EXPECT_EQ(mails_[0].to, "team@example.com");
  EXPECT_EQ(mails_[0].subject, "日次レポート: Shop team (2026-11-25)");
  EXPECT_TRUE(Has(mails_[0].text, "http://kizashi.example/report?team=shop-team"));
}

TEST(SlackReport, IsCutWhereSlackWouldRefuseIt) {
  std::string markdown = "# Title\n";
  for (int i = 0; i < 2000; ++i) markdown += fmt::format("| row {} | <b> & c |\n", i);
  const std::string body = SlackReport(markdown, "", Language::kEnglish);
  EXPECT_TRUE(Has(body, "• row 0 · &lt;b&gt; &amp; c"));
  EXPECT_TRUE(Has(body, "…"));
  EXPECT_FALSE(Has(body, "row 1999"));
  EXPECT_LT(body.size(), 20u * 3100);
}

TEST(AtTimeOfDay, FollowsTheClocksOfTheZone) {
  // Summer time ended in Berlin on 25 October 2026 at 03:00.
  const Time before = *ParseTime("2026-10-24T12:00:00Z");
  const Time after = *ParseTime("2026-10-26T12:00:00Z");
  EXPECT_EQ(AtTimeOfDay(before, hours(8), "Europe/Berlin"), *ParseTime("2026-10-24T06:00:00Z"));
  EXPECT_EQ(AtTimeOfDay(after, hours(8), "Europe/Berlin"), *ParseTime("2026-10-26T07:00:00Z"));
  EXPECT_EQ(AtTimeOfDay(before, hours(8), "no/zone"), *ParseTime("2026-10-24T08:00:00Z"));
}

}  // namespace
}  // namespace kizashi
