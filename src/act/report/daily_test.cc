#include "act/report/daily.h"

#include <gtest/gtest.h>

#include <fstream>

#include "act/report/test_golden.h"
#include "act/test_support.h"
#include "act/test_text.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kUntil = *ParseTime("2026-11-24T00:00:00Z");
const Time kSince = kUntil - hours(24);

AnomalyRecord Anomaly(const std::string& id, const std::string& code, Time begin, double minutes_in,
                      Fields fields) {
  AnomalyRecord anomaly;
  anomaly.id = id;
  anomaly.service = "shop";
  anomaly.owner = "shop-team";
  anomaly.code = code;
  anomaly.begin = begin;
  anomaly.end = begin + minutes(7) + seconds(30);
  anomaly.price.mean_minutes = minutes_in;
  anomaly.price.low_minutes = minutes_in / 10;
  anomaly.price.high_minutes = minutes_in * 3;
  anomaly.fields = std::move(fields);
  return anomaly;
}

VerdictBatch BusyDay() {
  VerdictBatch batch;
  AlertRecord page = ShopAlert();
  page.end = page.begin + hours(1) + minutes(5);
  AlertRecord ticket = ShopAlert();
  ticket.id = "ticket";
  ticket.severity = Severity::kTicket;
  ticket.begin = kSince - hours(3);  // still there from the day before
  ticket.fields.clear();
  AlertRecord earlier = ShopAlert();
  earlier.id = "earlier";
  earlier.begin = kSince - hours(9);
  earlier.end = kSince - hours(8);
  AlertRecord theirs = ShopAlert();
  theirs.id = "theirs";
  theirs.service = "cart";
  theirs.owner = "cart-team";
  batch.alerts = {page, ticket, earlier, theirs};

  batch.anomalies.push_back(Anomaly("m1", "member_down", kSince + hours(8), 12.345,
                                    {{"member", "c|1"},
                                     {"by", "instance"},
                                     {"up", 4.0},
                                     {"of", 5.0},
                                     {"need", 3.0},
                                     {"job", "shop"}}));
  batch.anomalies.push_back(Anomaly("m0", "member_down", kSince - hours(2), 1'500,
                                    {{"member", "e"}, {"up", 4.0}, {"of", 5.0}, {"need", 3.0}}));
  batch.anomalies.back().end.reset();
  batch.anomalies.push_back(Anomaly("p1", "pattern_new", kSince + hours(9), 0.5,
                                    {{"pattern", "cannot reach `db` | <*>"},
                                     {"pattern_id", "1f"},
                                     {"example", "cannot reach `db` | 10.0.0.1\nretry"},
                                     {"count", 1234.0},
                                     {"level", "error"},
                                     {"first_seen_on", "c"}}));
  batch.anomalies.push_back(
      Anomaly("p2", "pattern_new", kSince + hours(10), 0.25,
              {{"pattern", "cache cold"}, {"example", std::string(300, 'x')}, {"count", 3.0}}));
  batch.anomalies.push_back(Anomaly("p3", "patterns_new_many", kSince + hours(11), 3,
                                    {{"count", 120.0}, {"hour", "2026-11-23T11:00:00Z"}}));
  for (int i = 0; i < 9; ++i) {
    batch.anomalies.push_back(Anomaly(
        fmt::format("q{}", i), "member_down", kSince + minutes(i), 0.01 * i,
        {{"member", std::to_string(i)}, {"by", "pod"}, {"up", 9.0}, {"of", 10.0}, {"need", 2.0}}));
    batch.anomalies.back().service = "lonely";
  }
  return batch;
}

class DailyReportTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = folder_.OpenRecords();
    catalog_ = ShopCatalog();
  }
  std::string Report(const std::string& team, const std::string& language) {
    const auto report = DailyReport(*store_, *catalog_, {team, language, kSince, kUntil});
    EXPECT_TRUE(report.ok()) << Message(report.status());
    return report.ok() ? *report : "";
  }

  TempFolder folder_;
  std::unique_ptr<RecordStore> store_;
  std::shared_ptr<const Catalog> catalog_;
};

TEST_F(DailyReportTest, ABusyDayInEnglish) {
  ASSERT_TRUE(store_->Apply(BusyDay()).ok());
  ExpectGolden("daily.en.md", Report("shop-team", "en"));
}

TEST_F(DailyReportTest, ABusyDayInJapanese) {
  ASSERT_TRUE(store_->Apply(BusyDay()).ok());
  ExpectGolden("daily.ja.md", Report("shop-team", "ja"));
}

TEST_F(DailyReportTest, AQuietDaySaysSo) {
  EXPECT_EQ(Report("", "en"),
            "# Daily report: all teams\n\n23 Nov 2026 00:00 to 24 Nov 2026 00:00 (UTC)\n\n"
            "Nothing worth your time.\n");
  EXPECT_EQ(Report("shop-team", ""),
            "# 日次レポート: Shop team\n\n"
            "2026年11月23日 09:00 から 2026年11月24日 09:00 まで（Asia/Tokyo）\n\n"
            "特に確認が必要なことはありません。\n");
}

TEST_F(DailyReportTest, ATeamSeesItsOwnAndAllTeamsSeeAll) {
  ASSERT_TRUE(store_->Apply(BusyDay()).ok());
  EXPECT_FALSE(Has(Report("shop-team", "en"), "cart"));
  EXPECT_TRUE(Has(Report("cart-team", "en"), "| Page | cart |"));
  EXPECT_TRUE(Has(Report("cart-team", "en"), "No anomalies."));
  EXPECT_TRUE(Has(Report("cart-team", "en"), "No new log patterns."));
  EXPECT_TRUE(Has(Report("", "en"), "| Page | cart |"));
  EXPECT_TRUE(Has(Report("", "en"), "| Page | Shop \\| front |"));
}

TEST_F(DailyReportTest, WhatIsNoBurnIsSaid) {
  VerdictBatch batch;
  AlertRecord silent = ShopAlert();
  silent.severity = Severity::kTicket;
  silent.fields = {{"code", "no_data"}, {"silent_seconds", 600.0}};
  AlertRecord policy = silent;
  policy.id = "policy";
  policy.fields = {{"code", "policy"}, {"condition", "50 % spent"}, {"spent_share", 0.5}};
  batch.alerts = {silent, policy};
  ASSERT_TRUE(store_->Apply(batch).ok());
  EXPECT_TRUE(Has(Report("", "en"), "| availability (no data) |"));
  EXPECT_TRUE(Has(Report("", "en"), "| availability (policy: 50% of the error budget spent) |"));
  EXPECT_TRUE(Has(Report("", "ja"), "| availability（データなし） |"));
}

TEST_F(DailyReportTest, AnomaliesWithoutFailures) {
  VerdictBatch batch = BusyDay();
  batch.alerts.clear();
  ASSERT_TRUE(store_->Apply(batch).ok());
  EXPECT_TRUE(Has(Report("", "en"), "No alert on an SLO."));
}

TEST_F(DailyReportTest, WhatCameBackAndWhatWasExpected) {
  const std::string kind = "shop/redundancy/member_down";
  VerdictBatch batch;
  const Fields fields = {{"member", "c"}, {"up", 4.0}, {"of", 5.0}, {"need", 3.0}};
  for (int i = 0; i < 3; ++i) {
    batch.anomalies.push_back(
        Anomaly(fmt::format("k{}", i), "member_down", kSince + hours(i), 1.0 + i, fields));
    batch.anomalies.back().kind = kind;
  }
  batch.anomalies[0].ledger.came_back = "fixed";
  batch.anomalies[0].ledger.last_seen = kSince - hours(30);
  batch.anomalies.push_back(Anomaly("e1", "member_down", kSince + hours(5), 50, fields));
  batch.anomalies.back().kind = "shop/expected";
  batch.anomalies.back().ledger.expected_until = kUntil + hours(1);
  batch.anomalies.push_back(
      Anomaly("rare", "pattern_new", kSince + hours(6), 0.5,
              {{"pattern", "seldom"}, {"example", "seldom"}, {"count", 2.0}}));
  const auto expect = [&](const std::string& id, const std::string& of, const std::string& reason) {
    LedgerEditRecord edit;
    edit.id = id;
    edit.time = kSince - hours(50);
    edit.what = reason.empty() ? "unexpect" : "expect";
    edit.service = "shop";
    edit.kind = of;
    edit.reason = reason;
    edit.until = kUntil + hours(1);
    batch.edits.push_back(edit);
  };
  expect("1", "shop/expected", "the rack moves");
  expect("2", "shop/away", "a | known job");
  expect("3", "shop/taken-back", "no more");
  expect("4", "shop/taken-back", "");
  ASSERT_TRUE(store_->Apply(batch).ok());
  const std::string report = Report("shop-team", "en");
  EXPECT_TRUE(Has(report,
                  "| 3.00 (0.30–9.00) | Shop \\| front | instance c went down: 4 of 5 up, 3 "
                  "needed | 3 | 23 Nov 2026 11:00 |"))
      << "one row a kind, the dearest of it: " << report;
  EXPECT_FALSE(Has(report, "50.0")) << "what is expected is not ranked";
  EXPECT_TRUE(Has(report, "## What came back"));
  EXPECT_TRUE(Has(report, "(Came back after it was marked fixed; last seen 22 Nov 2026 03:00)"));
  EXPECT_TRUE(Has(report, "- shop/expected came, times: 1, and spent nothing: the rack moves"));
  EXPECT_TRUE(
      Has(report, "- shop/away stayed away, expected until 24 Nov 2026 10:00: a \\| known job"));
  EXPECT_FALSE(Has(report, "taken-back"));
  EXPECT_TRUE(Has(report, "No new log patterns.")) << "two lines are too few";
  const std::string japanese = Report("shop-team", "ja");
  EXPECT_TRUE(Has(japanese, "## 再発したもの"));
  EXPECT_TRUE(Has(japanese, "shop/away は発生せず"));
  EXPECT_FALSE(Has(Report("cart-team", "en"), "shop/away"));
}

TEST_F(DailyReportTest, WhatWasExpectedAloneIsNothingWorthTheTime) {
  VerdictBatch batch;
  batch.anomalies = {Anomaly("e1", "member_down", kSince + hours(5), 50, {{"member", "c"}})};
  batch.anomalies[0].ledger.expected_until = kUntil;
  ASSERT_TRUE(store_->Apply(batch).ok());
  EXPECT_TRUE(Has(Report("shop-team", "en"), "Nothing worth your time."));
}

class DailyReportCommandTest : public DailyReportTest {
 protected:
  int Run(const std::string& records, const std::string& catalog, const std::string& team,
          const std::string& language, Duration since) {
    std::FILE* file = std::tmpfile();
    testing::internal::CaptureStderr();
    const int code =
        DailyReportCommand(records, catalog, team, language, since, ManualClock(kUntil), file);
    error_ = testing::internal::GetCapturedStderr();
    std::rewind(file);
    std::string text(100'000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    output_ = text;
    std::fclose(file);
    return code;
  }

  std::string output_;
  std::string error_;
};

TEST_F(DailyReportCommandTest, PrintsTheReport) {
  ASSERT_TRUE(store_->Apply(BusyDay()).ok());
  std::ofstream(folder_.path() + "/shop.yaml") << kShopCatalog;
  EXPECT_EQ(Run(folder_.RecordsPath(), folder_.path(), "shop-team", "ja", hours(24)), 0) << error_;
  EXPECT_EQ(output_, Report("shop-team", "ja"));
  EXPECT_EQ(Run(folder_.RecordsPath(), "", "", "", hours(24)), 0) << error_;
  EXPECT_TRUE(Has(output_, "# Daily report: all teams"));
  EXPECT_EQ(error_, "");
}

TEST_F(DailyReportCommandTest, SaysWhatIsWrong) {
  EXPECT_EQ(Run(folder_.RecordsPath(), "", "", "fr", hours(24)), 2);
  EXPECT_TRUE(Has(error_, "--language fr: expected en or ja"));
  EXPECT_EQ(Run(folder_.RecordsPath(), "", "", "", hours(0)), 2);
  EXPECT_EQ(Run(folder_.path() + "/none.sqlite", "", "", "", hours(1)), 3);
  EXPECT_TRUE(Has(error_, "none.sqlite"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/none.sqlite"));
  EXPECT_EQ(Run(folder_.RecordsPath(), folder_.path() + "/none", "", "", hours(1)), 3);
  std::ofstream(folder_.path() + "/shop.yaml") << kShopCatalog;
  EXPECT_EQ(Run(folder_.RecordsPath(), folder_.path(), "nobody", "", hours(1)), 2);
  EXPECT_TRUE(Has(error_, "--team nobody"));
  std::ofstream(folder_.path() + "/bad.yaml") << "service: {nom: x}\n";
  EXPECT_EQ(Run(folder_.RecordsPath(), folder_.path(), "", "", hours(1)), 3);
  EXPECT_TRUE(Has(error_, "bad.yaml:1"));
}

}  // namespace
}  // namespace kizashi
