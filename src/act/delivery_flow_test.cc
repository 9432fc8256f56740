// The sender's side by side: slow destinations, limits, stopping, a store that fails.
#include <gtest/gtest.h>

#include <atomic>

#include "act/delivery_test_support.h"

namespace kizashi {
namespace {

using DeliveryFlowTest = DeliveryTest;

/// A record store that can refuse to store what became of deliveries.
class StubbornStore final : public RecordStore {
 public:
  explicit StubbornStore(RecordStore& real) : real_(real) {}
  std::atomic<bool> refuse = false;
  std::atomic<int> refused = 0;

  Status Apply(const VerdictBatch& batch, const std::vector<DeliveryRecord>& d) override {
    return real_.Apply(batch, d);
  }
  StatusOr<std::vector<AnomalyRecord>> ListAnomalies(const RecordFilter& f) override {
    return real_.ListAnomalies(f);
  }
  StatusOr<std::optional<AnomalyRecord>> GetAnomaly(const std::string& id) override {
    return real_.GetAnomaly(id);
  }
  StatusOr<std::vector<PriceTold>> ListPrices(const std::string& anomaly) override {
    return real_.ListPrices(anomaly);
  }
  StatusOr<std::vector<AlertRecord>> ListAlerts(const RecordFilter& f) override {
    return real_.ListAlerts(f);
  }
  StatusOr<std::optional<AlertRecord>> GetAlert(const std::string& id) override {
    return real_.GetAlert(id);
  }
  StatusOr<std::vector<LedgerEditRecord>> ListEdits(const std::string& kind,
                                                    const std::string& service,
                                                    int limit) override {
    return real_.ListEdits(kind, service, limit);
  }
  StatusOr<bool> AddReport(const ReportRecord& report,
                           const std::vector<ReportDelivery>& deliveries) override {
    return real_.AddReport(report, deliveries);
  }
  StatusOr<std::vector<ReportRecord>> ListReports(const std::string& team, int limit) override {
    return real_.ListReports(team, limit);
  }
  StatusOr<std::vector<ReportDelivery>> ListReportDeliveries(const std::string& team,
                                                             const std::string& day) override {
    return real_.ListReportDeliveries(team, day);
  }
  StatusOr<std::vector<ReportDelivery>> DueReportDeliveries(Time now, int limit) override {
    return real_.DueReportDeliveries(now, limit);
  }
  Status UpdateReportDelivery(const ReportDelivery& delivery) override {
    return real_.UpdateReportDelivery(delivery);
  }
  StatusOr<std::vector<Verdict>> ListVerdicts() override { return real_.ListVerdicts(); }
  StatusOr<std::vector<Verdict>> ListVerdictsOf(const std::string& type, const std::string& service,
                                                Time since, int limit) override {
    return real_.ListVerdictsOf(type, service, since, limit);
  }
  StatusOr<std::vector<DeliveryRecord>> ListDeliveries(const std::string& id) override {
    return real_.ListDeliveries(id);
  }
  StatusOr<std::vector<DeliveryRecord>> DueDeliveries(Time now, int limit) override {
    return real_.DueDeliveries(now, limit);
  }
  StatusOr<int64_t> CountWaitingDeliveries() override { return real_.CountWaitingDeliveries(); }
  Status UpdateDelivery(const DeliveryRecord& delivery) override {
    if (!refuse) return real_.UpdateDelivery(delivery);
    ++refused;
    return ResourceExhausted("disk full");
  }

 private:
  RecordStore& real_;
};

TEST_F(DeliveryFlowTest, ASilentDestinationHoldsUpNobodyElseAndGetsOneAtATime) {
  Receiver silent;
  Receiver other;
  silent.Hold();
  for (const char* id : {"a", "b", "c"}) Add(id, "firing", silent.Url());
  for (const char* id : {"d", "e", "f"}) Add(id, "firing", other.Url());
  const auto sender = Start(Options());
  for (const char* id : {"d", "e", "f"}) ASSERT_TRUE(WaitForState(id, kDelivered)) << id;
  ASSERT_TRUE(WaitFor([&] { return silent.count() > 0; }));
  EXPECT_EQ(silent.count(), 1u);
  silent.Release();
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(WaitForState(id, kDelivered)) << id;
  EXPECT_EQ(silent.count(), 3u);
}

TEST_F(DeliveryFlowTest, AnAnswerThatNeverComesIsATimeout) {
  Receiver silent;
  silent.Hold();
  Add("a", "firing", silent.Url());
  DeliveryOptions options = Options();
  options.request_timeout = Duration(50);
  const auto sender = Start(options);
  ASSERT_TRUE(WaitForAttempts("a", 1));
  EXPECT_EQ(Stored("a").state, kWaiting);
  EXPECT_NE(Stored("a").last_error, "");
}

TEST_F(DeliveryFlowTest, NotMoreAtOnceThanAllowed) {
  Receiver silent;
  silent.Hold();
  for (int i = 0; i < 6; ++i) {
    Add(std::to_string(i), "firing", silent.Url(fmt::format("/{}", i)));
  }
  DeliveryOptions options = Options();
  options.parallel_max = 3;
  const auto sender = Start(options);
  ASSERT_TRUE(WaitFor([&] { return silent.count() == 3; }));
  sender->Wake();
  silent.Release();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(WaitForState(std::to_string(i), kDelivered));
  EXPECT_EQ(silent.count(), 6u);
}

TEST_F(DeliveryFlowTest, StopWaitsShortlyAndTheNextStartSendsAgain) {
  Receiver silent;
  silent.Hold();
  Add("a", "firing", silent.Url());
  DeliveryOptions options = Options();
  options.stop_wait = Duration(50);
  auto sender = Start(options);
  ASSERT_TRUE(WaitFor([&] { return silent.count() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  sender->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  sender->Stop();
  EXPECT_EQ(Stored("a").state, kWaiting);
  EXPECT_EQ(Stored("a").attempts, 0);

  silent.Release();
  sender = Start(options);
  ASSERT_TRUE(WaitForState("a", kDelivered));
  EXPECT_EQ(silent.Keys(), (Strings{"a-firing", "a-firing"}));  // the extra copy, recognisable
}

TEST_F(DeliveryFlowTest, StopFilesAnAnswerThatComesInTime) {
  Receiver slow;
  slow.Hold();
  Add("a", "firing", slow.Url());
  auto sender = Start(Options());
  ASSERT_TRUE(WaitFor([&] { return slow.count() == 1; }));
  std::thread releaser([&] { slow.Release(); });
  sender->Stop();
  releaser.join();
  EXPECT_EQ(Stored("a").state, kDelivered);
}

TEST_F(DeliveryFlowTest, WhatCannotBeStoredIsNotSentAgain) {
  StubbornStore stubborn(*store_);
  stubborn.refuse = true;
  Receiver receiver;
  Add("a", "firing", receiver.Url());
  DeliverySender sender(stubborn, client_, clock_, registry_, Options());
  ASSERT_TRUE(WaitFor([&] { return stubborn.refused >= 5; }));
  EXPECT_EQ(receiver.count(), 1u);
  EXPECT_EQ(Stored("a").state, kWaiting);
  stubborn.refuse = false;
  ASSERT_TRUE(WaitForState("a", kDelivered));
  EXPECT_EQ(receiver.count(), 1u);
}

}  // namespace
}  // namespace kizashi
