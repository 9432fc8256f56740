#include "store/record_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <thread>

#include "store/record_store_test_support.h"

namespace kizashi {

std::string RecordStoreTest::Sql(const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
  std::string out;
  char* error = nullptr;
  const auto row = [](void* rows, int count, char** values, char**) {
    for (int i = 0; i < count; ++i) {
      *static_cast<std::string*>(rows) +=
          std::string(i == 0 ? "" : "|") + (values[i] == nullptr ? "NULL" : values[i]);
    }
    *static_cast<std::string*>(rows) += "\n";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), row, &out, &error), SQLITE_OK) << error;
  sqlite3_free(error);
  sqlite3_close(db);
  return out;
}

namespace {

TEST_F(RecordStoreTest, EveryFieldRoundTripsThroughTheFile) {
  AnomalyRecord anomaly = Anomaly("n1", 5'000);
  anomaly.end = TimeFromMs(9'000);
  AlertRecord alert = Alert("a1", 6'000);
  alert.severity = Severity::kTicket;
  alert.end = TimeFromMs(8'000);
  const Verdict verdict = {TimeFromMs(6'000), "alert_firing", "a1", "shop", "availability 14.4"};
  ASSERT_TRUE(Open()->Apply({{anomaly}, {alert}, {verdict}}).ok());

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
  ASSERT_TRUE(store->Apply(batch).ok());

  anomaly.end = TimeFromMs(6'000);
  anomaly.owner = "other-team";
  Verdict again = begin;
  again.text = "second text";
  const Verdict end = {TimeFromMs(6'000), "anomaly_end", "n1", "shop", ""};
  ASSERT_TRUE(store->Apply(batch).ok());
  ASSERT_TRUE(store->Apply({{anomaly}, {}, {again, end}}).ok());

  EXPECT_EQ(*store->ListVerdicts(), (std::vector<Verdict>{begin, firing, end}));
  EXPECT_EQ(*store->ListVerdictsOf("anomaly_end", "shop", TimeFromMs(6'000), 9),
            std::vector<Verdict>{end});
  EXPECT_TRUE(store->ListVerdictsOf("anomaly_end", "shop", TimeFromMs(6'001), 9)->empty());
  EXPECT_TRUE(store->ListVerdictsOf("anomaly_end", "cart", TimeFromMs(0), 9)->empty());
  EXPECT_TRUE(store->ListVerdictsOf("anomaly_end", "shop", TimeFromMs(0), 0)->empty());
  EXPECT_EQ((*store->GetAnomaly("n1"))->owner, "other-team");
  EXPECT_EQ((*store->GetAnomaly("n1"))->end, TimeFromMs(6'000));
  EXPECT_EQ(Sql("SELECT time_ms, actor, what, subject FROM audit ORDER BY number"),
            "5000|judge|anomaly_begin|n1\n5000|judge|alert_firing|a1\n6000|judge|anomaly_end|n1\n");
}

TEST_F(RecordStoreTest, ABatchThatFailsLeavesNothing) {
  const auto store = Open();
  AlertRecord wrong = Alert("a1", 1);
  wrong.severity = static_cast<Severity>(7);  // breaks a constraint of the table
  const auto status = store->Apply(
      {{Anomaly("n1", 1)}, {wrong}, {{TimeFromMs(1), "anomaly_begin", "n1", "shop", ""}}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << Message(status);
  EXPECT_FALSE(store->GetAnomaly("n1")->has_value());
  EXPECT_TRUE(store->ListVerdicts()->empty());
  EXPECT_EQ(Sql("SELECT count(*) FROM audit"), "0\n");
  EXPECT_TRUE(store->Apply({{Anomaly("n1", 1)}, {}, {}}).ok());
}

TEST_F(RecordStoreTest, TextsMayHoldAnyCharacters) {
  const auto store = Open();
  AnomalyRecord anomaly = Anomaly("n'1\"; DROP TABLE anomalies; --", 1);
  anomaly.service = std::string("a\0b", 3);
  ASSERT_TRUE(store->Apply({{anomaly}, {}, {}}).ok());
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
        EXPECT_TRUE(store->Apply({{Anomaly(id, i)}, {}, {}}).ok());
        EXPECT_TRUE(store->GetAnomaly(id)->has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->ListAnomalies({.limit = 1'000})->size(), 80u);
}

}  // namespace
}  // namespace kizashi
