// The ledger's edits and the daily reports in the record store.
#include <gtest/gtest.h>

#include "store/record_store_test_support.h"

namespace kizashi {
namespace {

using RecordStoreLedgerTest = RecordStoreTest;

LedgerEditRecord Edit(const std::string& id, int64_t time_ms, const std::string& what) {
  LedgerEditRecord edit;
  edit.id = id;
  edit.time = TimeFromMs(time_ms);
  edit.actor = "hanako";
  edit.what = what;
  edit.service = "shop";
  edit.kind = Anomaly("x", 0).kind;
  edit.reason = "PR 12";
  edit.after = {{"fixed_by", "PR 12"}};
  return edit;
}

VerdictBatch EditBatch(const LedgerEditRecord& edit) {
  VerdictBatch batch;
  batch.edits = {edit};
  return batch;
}

TEST_F(RecordStoreLedgerTest, AnEditIsKeptOnceAndAudited) {
  const auto store = Open();
  LedgerEditRecord edit = Edit("e1", 5, "expect");
  edit.until = TimeFromMs(1'000);
  edit.before = {{"fixed_by", "PR 11"}};
  ASSERT_TRUE(store->Apply(EditBatch(edit)).ok());
  ASSERT_TRUE(store->Apply(EditBatch(edit)).ok());
  const auto edits = store->ListEdits("", "shop", 10);
  ASSERT_TRUE(edits.ok());
  ASSERT_EQ(edits->size(), 1u);
  EXPECT_EQ(edits->front().until, TimeFromMs(1'000));
  EXPECT_EQ(FieldText(edits->front().before, "fixed_by"), "PR 11");
  EXPECT_EQ(FieldText(edits->front().after, "fixed_by"), "PR 12");
  EXPECT_EQ(Sql("SELECT actor || ' ' || what || ' ' || subject FROM audit"),
            "hanako ledger_expect " + edit.kind + "\n");
  EXPECT_TRUE(store->ListEdits("shop/other", "", 10)->empty());
  EXPECT_TRUE(store->ListEdits("", "other", 10)->empty());
}

VerdictBatch PriceBatch(const std::string& id, int64_t time_ms, double minutes) {
  VerdictBatch batch;
  batch.anomalies = {Anomaly(id, 1)};
  batch.anomalies[0].price = {minutes, 0, 2 * minutes, "evidence", {{"episodes", 5.0}}};
  batch.prices = {{id, TimeFromMs(time_ms), batch.anomalies[0].price}};
  return batch;
}

TEST_F(RecordStoreLedgerTest, EveryPriceThatWasToldIsKeptOnce) {
  const auto store = Open();
  for (const double minutes : {1.0, 2.0, 3.0}) {
    ASSERT_TRUE(store->Apply(PriceBatch("a", int64_t(minutes) * 1'000, minutes)).ok());
  }
  ASSERT_TRUE(store->Apply(PriceBatch("b", 5, 9)).ok());
  // Judging the journal again tells them again.
  ASSERT_TRUE(store->Apply(PriceBatch("a", 2'000, 2)).ok());
  const auto prices = store->ListPrices("a");
  ASSERT_TRUE(prices.ok());
  ASSERT_EQ(prices->size(), 3u);
  EXPECT_EQ(prices->at(1).anomaly, "a");
  EXPECT_EQ(prices->at(1).time, TimeFromMs(2'000));
  EXPECT_EQ(prices->at(1).price.mean_minutes, 2);
  EXPECT_EQ(prices->at(1).price.high_minutes, 4);
  EXPECT_EQ(prices->at(1).price.basis, "evidence");
  EXPECT_EQ(FieldNumber(prices->at(1).price.fields, "episodes"), 5);
  EXPECT_TRUE(store->ListPrices("c")->empty());
}

TEST_F(RecordStoreLedgerTest, PricesOfOneEpisodeAreBounded) {
  const auto store = Open();
  for (int i = 0; i < RecordStore::kPricesMax + 3; ++i) {
    ASSERT_TRUE(store->Apply(PriceBatch("a", i, i)).ok());
  }
  const auto prices = store->ListPrices("a");
  ASSERT_TRUE(prices.ok());
  EXPECT_EQ(prices->size(), size_t{RecordStore::kPricesMax});
  EXPECT_EQ(prices->front().time, TimeFromMs(0));
  EXPECT_EQ((*store->GetAnomaly("a"))->price.mean_minutes, RecordStore::kPricesMax + 2);
}

TEST_F(RecordStoreLedgerTest, EditsReachEpisodesThatHaveEndedAndLeaveOpenOnesToTheJudge) {
  const auto store = Open();
  AnomalyRecord ended = Anomaly("ended", 1);
  ended.end = TimeFromMs(2);
  AnomalyRecord open = Anomaly("open", 1);
  VerdictBatch batch;
  batch.anomalies = {ended, open};
  ASSERT_TRUE(store->Apply(batch).ok());
  LedgerEditRecord acknowledge = Edit("a", 5, "acknowledge");
  acknowledge.anomaly = "ended";
  ASSERT_TRUE(store->Apply(EditBatch(acknowledge)).ok());
  ASSERT_TRUE(store->Apply(EditBatch(Edit("f", 6, "fixed"))).ok());
  const auto one = *store->GetAnomaly("ended");
  EXPECT_EQ(one->ledger.acknowledged_by, "hanako");
  EXPECT_EQ(one->ledger.fixed_by, "PR 12");
  EXPECT_EQ(EpisodeState(*one), "fixed");
  EXPECT_EQ((*store->GetAnomaly("open"))->ledger, EpisodeLedger());
  RecordFilter filter;
  filter.state = "fixed";
  EXPECT_EQ(store->ListAnomalies(filter)->size(), 1u);
  // Judging again puts it as it was when it ended, then decides anew: it ends the same.
  ASSERT_TRUE(store->Apply(batch).ok());
  ASSERT_TRUE(store->Apply(EditBatch(acknowledge)).ok());
  ASSERT_TRUE(store->Apply(EditBatch(Edit("f", 6, "fixed"))).ok());
  EXPECT_EQ((*store->GetAnomaly("ended"))->ledger, one->ledger);
  ASSERT_TRUE(store->Apply(EditBatch(Edit("r", 7, "reopen"))).ok());
  EXPECT_EQ(EpisodeState(**store->GetAnomaly("ended")), "acknowledged");
  EXPECT_EQ(store->ListEdits("", "", 10)->size(), 3u);
}

TEST_F(RecordStoreLedgerTest, WhatTheJudgeSaysOfAnEpisodeComesBack) {
  const auto store = Open();
  AnomalyRecord anomaly = Anomaly("x", 1);
  anomaly.ledger = {TimeFromMs(1), "aiko",        TimeFromMs(2), "why",
                    TimeFromMs(3), "a new cable", "absent",      TimeFromMs(4)};
  VerdictBatch batch;
  batch.anomalies = {anomaly};
  ASSERT_TRUE(store->Apply(batch).ok());
  EXPECT_EQ((*store->GetAnomaly("x"))->ledger, anomaly.ledger);
  RecordFilter filter;
  for (const char* state : {"acknowledged", "expected", "fixed", "came_back"}) {
    filter.state = state;
    EXPECT_EQ(store->ListAnomalies(filter)->size(), 1u) << state;
  }
  filter.kind = "shop/other";
  EXPECT_TRUE(store->ListAnomalies(filter)->empty());
}

TEST_F(RecordStoreLedgerTest, ATeamHasOneReportADay) {
  const auto store = Open();
  ReportRecord report{"shop-team",   "2026-11-27", TimeFromMs(9), TimeFromMs(1),
                      TimeFromMs(9), "en",         "# Report"};
  ReportDelivery mail;
  mail.team = report.team;
  mail.day = report.day;
  mail.message.kind = "email";
  mail.message.url = "team@example.com";
  mail.message.created = mail.message.next_attempt = TimeFromMs(9);
  EXPECT_TRUE(*store->AddReport(report, {mail}));
  report.markdown = "# Another";
  EXPECT_FALSE(*store->AddReport(report, {mail}));
  const auto reports = store->ListReports("shop-team", 5);
  ASSERT_EQ(reports->size(), 1u);
  EXPECT_EQ(reports->front().markdown, "# Report");
  EXPECT_TRUE(store->DueReportDeliveries(TimeFromMs(8), 5)->empty());
  auto due = store->DueReportDeliveries(TimeFromMs(9), 5);
  ASSERT_EQ(due->size(), 1u);
  due->front().message.state = DeliveryRecord::State::kDelivered;
  due->front().message.attempts = 1;
  ASSERT_TRUE(store->UpdateReportDelivery(due->front()).ok());
  EXPECT_TRUE(store->DueReportDeliveries(TimeFromMs(99), 5)->empty());
  EXPECT_EQ(store->ListReportDeliveries("shop-team", "2026-11-27")->front().message.attempts, 1);
  due->front().message.id = 77;
  EXPECT_EQ(store->UpdateReportDelivery(due->front()).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace kizashi
