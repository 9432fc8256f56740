#include "store/record_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/record_store_test_support.h"

namespace kizashi {
namespace {

DeliveryRecord Delivery(const std::string& alert, const std::string& event, const std::string& url,
                        int64_t next_ms = 1'000) {
  DeliveryRecord delivery;
  delivery.alert_id = alert;
  delivery.event = event;
  delivery.kind = "webhook";
  delivery.url = url;
  delivery.created = TimeFromMs(1'000);
  delivery.next_attempt = TimeFromMs(next_ms);
  return delivery;
}

std::vector<std::string> Ids(const StatusOr<std::vector<AnomalyRecord>>& records) {
  std::vector<std::string> ids;
  EXPECT_TRUE(records.ok()) << Message(records.status());
  if (!records.ok()) return ids;
  for (const AnomalyRecord& record : *records) ids.push_back(record.id);
  return ids;
}

/// "alert event url" of each.
std::vector<std::string> Names(const StatusOr<std::vector<DeliveryRecord>>& records) {
  std::vector<std::string> names;
  EXPECT_TRUE(records.ok()) << Message(records.status());
  if (!records.ok()) return names;
  for (const DeliveryRecord& r : *records) {
    names.push_back(r.alert_id + " " + r.event + " " + r.url);
  }
  return names;
}

using Strings = std::vector<std::string>;

TEST_F(RecordStoreTest, EveryFieldRoundTripsThroughTheFile) {
  AnomalyRecord anomaly = Anomaly("n1", 5'000);
  anomaly.end = TimeFromMs(9'000);
  AlertRecord alert = Alert("a1", 6'000);
  alert.severity = Severity::kTicket;
  alert.end = TimeFromMs(8'000);
  const Verdict verdict = {TimeFromMs(6'000), "alert_firing", "a1", "shop", "availability 14.4"};
  DeliveryRecord delivery = Delivery("a1", "firing", "http://x/secret");
  delivery.attempts = 3;
  delivery.last_error = "answered 503";
  delivery.last_attempt = TimeFromMs(777);
  ASSERT_TRUE(Open()->Apply({{anomaly}, {alert}, {verdict}}, {delivery}).ok());

  const auto store = Open();  // once more, from the file
  const auto a = store->GetAnomaly("n1");
  ASSERT_TRUE(a.ok() && a->has_value());
  EXPECT_EQ((*a)->service, "shop");
  EXPECT_EQ((*a)->owner, "shop-team");
  EXPECT_EQ((*a)->kind, anomaly.kind);
  EXPECT_EQ((*a)->source, "redundancy");
  EXPECT_EQ((*a)->code, "member_down");
  EXPECT_EQ((*a)->fields, anomaly.fields);
  EXPECT_EQ((*a)->begin, anomaly.begin);
  EXPECT_EQ((*a)->end, anomaly.end);
  EXPECT_EQ((*a)->price.mean_minutes, 1.5);
  EXPECT_EQ((*a)->price.low_minutes, 0.25);
  EXPECT_EQ((*a)->price.high_minutes, 7.75);
  EXPECT_EQ((*a)->price.basis, "prior_redundancy");
  EXPECT_EQ((*a)->price.fields, anomaly.price.fields);
  ASSERT_EQ((*a)->evidence.size(), 1u);
  EXPECT_EQ((*a)->evidence[0].fields, anomaly.evidence[0].fields);

  const auto b = store->GetAlert("a1");
  ASSERT_TRUE(b.ok() && b->has_value());
  EXPECT_EQ((*b)->slo, "availability");
  EXPECT_EQ((*b)->severity, Severity::kTicket);
  EXPECT_EQ((*b)->begin, alert.begin);
  EXPECT_EQ((*b)->end, alert.end);
  EXPECT_EQ((*b)->fields, alert.fields);
  EXPECT_EQ(*store->ListVerdicts(), std::vector<Verdict>{verdict});

  const auto d = store->ListDeliveries("a1");
  ASSERT_TRUE(d.ok());
  ASSERT_EQ(d->size(), 1u);
  EXPECT_GT((*d)[0].id, 0);
  EXPECT_EQ((*d)[0].kind, "webhook");
  EXPECT_EQ((*d)[0].url, "http://x/secret");
  EXPECT_EQ((*d)[0].state, DeliveryRecord::State::kWaiting);
  EXPECT_EQ((*d)[0].attempts, 3);
  EXPECT_EQ((*d)[0].last_error, "answered 503");
  EXPECT_EQ((*d)[0].created, delivery.created);
  EXPECT_EQ((*d)[0].next_attempt, delivery.next_attempt);
  EXPECT_EQ((*d)[0].last_attempt, delivery.last_attempt);

  EXPECT_FALSE(store->GetAnomaly("none")->has_value());
  EXPECT_FALSE(store->GetAlert("none")->has_value());
}

TEST_F(RecordStoreTest, ApplyingTwiceIsApplyingOnce) {
  const auto store = Open();
  AnomalyRecord anomaly = Anomaly("n1", 5'000);
  const AlertRecord alert = Alert("a1", 5'000);
  const Verdict begin = {TimeFromMs(5'000), "anomaly_begin", "n1", "shop", "first text"};
  const Verdict firing = {TimeFromMs(5'000), "alert_firing", "a1", "shop", ""};
  const VerdictBatch batch = {{anomaly}, {alert}, {begin, firing}};
  ASSERT_TRUE(store->Apply(batch, {Delivery("a1", "firing", "http://x/")}).ok());

  auto sent = store->ListDeliveries("a1")->front();
  sent.state = DeliveryRecord::State::kDelivered;
  sent.attempts = 1;
  ASSERT_TRUE(store->UpdateDelivery(sent).ok());

  anomaly.end = TimeFromMs(6'000);
  anomaly.owner = "other-team";
  Verdict again = begin;
  again.text = "second text";
  const Verdict end = {TimeFromMs(6'000), "anomaly_end", "n1", "shop", ""};
  ASSERT_TRUE(store->Apply(batch, {Delivery("a1", "firing", "http://x/")}).ok());
  ASSERT_TRUE(store->Apply({{anomaly}, {}, {again, end}}, {}).ok());

  EXPECT_EQ(*store->ListVerdicts(), (std::vector<Verdict>{begin, firing, end}));
  ASSERT_EQ(store->ListDeliveries("a1")->size(), 1u);
  EXPECT_EQ(store->ListDeliveries("a1")->front().state, DeliveryRecord::State::kDelivered);
  EXPECT_EQ((*store->GetAnomaly("n1"))->owner, "other-team");
  EXPECT_EQ((*store->GetAnomaly("n1"))->end, TimeFromMs(6'000));
  EXPECT_EQ(Sql("SELECT time_ms, actor, what, subject FROM audit ORDER BY number"),
            "5000|judge|anomaly_begin|n1\n5000|judge|alert_firing|a1\n6000|judge|anomaly_end|n1\n");
}

TEST_F(RecordStoreTest, ListsAreNewestFirstAndFiltered) {
  const auto store = Open();
  std::vector<AnomalyRecord> all = {Anomaly("old", 1'000), Anomaly("open", 2'000),
                                    Anomaly("b", 3'000), Anomaly("a", 3'000)};
  all[0].end = TimeFromMs(1'500);
  all[2].end = TimeFromMs(4'000);
  all[2].service = "cart";
  all[3].owner = "";
  ASSERT_TRUE(store->Apply({all, {}, {}}, {}).ok());

  const auto list = [&](const RecordFilter& filter) { return Ids(store->ListAnomalies(filter)); };
  EXPECT_EQ(list({}), (Strings{"a", "b", "open", "old"}));
  EXPECT_EQ(list({.service = "cart"}), (Strings{"b"}));
  EXPECT_EQ(list({.owner = "shop-team"}), (Strings{"b", "open", "old"}));
  EXPECT_EQ(list({.open = RecordFilter::Open::kOpen}), (Strings{"a", "open"}));
  EXPECT_EQ(list({.open = RecordFilter::Open::kEnded}), (Strings{"b", "old"}));
  EXPECT_EQ(list({.overlapping_since = TimeFromMs(1'501)}), (Strings{"a", "b", "open"}));
  EXPECT_EQ(list({.overlapping_since = TimeFromMs(1'500)}), (Strings{"a", "b", "open", "old"}));
  EXPECT_EQ(list({.overlapping_until = TimeFromMs(2'000)}), (Strings{"old"}));
  EXPECT_EQ(list({.overlapping_until = TimeFromMs(2'001)}), (Strings{"open", "old"}));
  EXPECT_EQ(list({.limit = 2}), (Strings{"a", "b"}));
  EXPECT_EQ(list({.limit = 0}), Strings{});
  EXPECT_EQ(list({.limit = -1}), Strings{});

  AlertRecord ended = Alert("x", 1'000);
  ended.end = TimeFromMs(1'100);
  ASSERT_TRUE(store->Apply({{}, {ended, Alert("y", 2'000)}, {}}, {}).ok());
  const auto open = store->ListAlerts({.service = "shop", .open = RecordFilter::Open::kOpen});
  ASSERT_TRUE(open.ok());
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ(open->front().id, "y");
}

TEST_F(RecordStoreTest, DueDeliveriesKeepTheOrderOfAnAlertAndTakeTurns) {
  const auto store = Open();
  const VerdictBatch alerts = {{}, {Alert("a", 1), Alert("b", 1), Alert("c", 1)}, {}};
  ASSERT_TRUE(store
                  ->Apply(alerts, {Delivery("a", "firing", "http://x/"),
                                   Delivery("a", "resolved", "http://x/"),
                                   Delivery("b", "firing", "http://x/"),
                                   Delivery("c", "firing", "http://x/", 5'000),
                                   Delivery("a", "firing", "http://y/")})
                  .ok());
  EXPECT_EQ(*store->CountWaitingDeliveries(), 5);
  EXPECT_EQ(Names(store->DueDeliveries(TimeFromMs(999), 10)), Strings{});
  EXPECT_EQ(Names(store->DueDeliveries(TimeFromMs(1'000), 10)),
            (Strings{"a firing http://x/", "a firing http://y/", "b firing http://x/"}));
  EXPECT_EQ(Names(store->DueDeliveries(TimeFromMs(1'000), 2)),
            (Strings{"a firing http://x/", "a firing http://y/"}));
  EXPECT_EQ(Names(store->DueDeliveries(TimeFromMs(5'000), 10)).size(), 4u);

  // The firing waits for a later attempt: what resolves it waits behind it.
  auto firing = store->ListDeliveries("a")->front();
  firing.next_attempt = TimeFromMs(9'000);
  ASSERT_TRUE(store->UpdateDelivery(firing).ok());
  EXPECT_EQ(Names(store->DueDeliveries(TimeFromMs(1'000), 10)),
            (Strings{"b firing http://x/", "a firing http://y/"}));

  firing.state = DeliveryRecord::State::kGivenUp;
  ASSERT_TRUE(store->UpdateDelivery(firing).ok());
  EXPECT_EQ(Names(store->DueDeliveries(TimeFromMs(1'000), 10)),
            (Strings{"a resolved http://x/", "a firing http://y/", "b firing http://x/"}));
  EXPECT_EQ(*store->CountWaitingDeliveries(), 4);

  firing.id = 4711;
  EXPECT_EQ(store->UpdateDelivery(firing).code(), absl::StatusCode::kNotFound);
}

TEST_F(RecordStoreTest, ABatchThatFailsLeavesNothing) {
  const auto store = Open();
  // A delivery without its alert breaks a foreign key.
  const auto status =
      store->Apply({{Anomaly("n1", 1)}, {}, {{TimeFromMs(1), "anomaly_begin", "n1", "shop", ""}}},
                   {Delivery("missing", "firing", "http://x/")});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << Message(status);
  EXPECT_FALSE(store->GetAnomaly("n1")->has_value());
  EXPECT_TRUE(store->ListVerdicts()->empty());
  EXPECT_EQ(Sql("SELECT count(*) FROM audit"), "0\n");
  EXPECT_TRUE(store->Apply({{Anomaly("n1", 1)}, {}, {}}, {}).ok());
}

TEST_F(RecordStoreTest, TextsMayHoldAnyCharacters) {
  const auto store = Open();
  AnomalyRecord anomaly = Anomaly("n'1\"; DROP TABLE anomalies; --", 1);
  anomaly.service = std::string("a\0b", 3);
  ASSERT_TRUE(store->Apply({{anomaly}, {}, {}}, {}).ok());
  const auto read = store->GetAnomaly(anomaly.id);
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_EQ((*read)->service, anomaly.service);
}

TEST_F(RecordStoreTest, ThreadsMayCallAtOnce) {
  const auto store = Open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        EXPECT_TRUE(store->Apply({{Anomaly(id, i)}, {}, {}}, {}).ok());
        EXPECT_TRUE(store->GetAnomaly(id)->has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->ListAnomalies({.limit = 1'000})->size(), 80u);
}

}  // namespace
}  // namespace kizashi
