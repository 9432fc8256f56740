#include "judge/judge.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "base/archive.h"
#include "judge/test_journal.h"

namespace kizashi {
namespace {

using Stories = std::vector<std::string>;
using std::chrono::seconds;

constexpr std::string_view kShop = R"yaml(
service:
  name: shop
  owner: shop-team
  redundancy: {need: 2, of: 3}
  slo: {target: 99, window: 1d, good: 'req_total{code!="500"}', total: req_total}
---
team: {name: shop-team}
)yaml";
const std::string kShopAndCart =
    std::string(kShop) + "---\nservice: {name: cart, owner: shop-team}\n";

// Half an hour in which everything that the judge keeps is in use: members go and come, requests
// fail until a page fires, counters are reset, new patterns come, the catalog changes, a target
// leaves.
std::unique_ptr<TestJournal> WriteStory() {
  auto journal = std::make_unique<TestJournal>();
  journal->Catalog(kMidnight, kShop);
  double good = 1000;
  double bad = 0;
  for (int second = 0; second < 1800; second += 15) {
    const Time now = kMidnight + seconds(second) + Duration(second % 7);
    const bool outage = second >= 600 && second < 900;
    good = second == 1200 ? 40 : good + 300;
    if (outage) bad += 120;
    for (const char* member : {"a", "b", "c"}) {
      const bool up = !(*member == 'b' && second >= 300 && second < 1000);
      const double value = *member == 'c' && second >= 1500 ? StaleNan() : (up ? 1 : 0);
      journal->Scrape(now, std::string("shop/") + member,
                      {{fmt::format(R"(up{{service="shop",instance="{}"}})", member), value}});
    }
    journal->Scrape(now, "shop/lb",
                    {{R"(req_total{service="shop",code="200"})", good},
                     {R"(req_total{service="shop",code="500"})", bad},
                     {R"(http_requests_total{service="shop",code="200"})", good},
                     {R"(process_resident_memory_bytes{service="shop"})", 1e6 + second},
                     {R"(up{job="stranger"})", 1}});
    std::vector<std::string> lines;
    for (int i = 0; i < 10; ++i) lines.push_back(fmt::format("order {} paid", second + i));
    if (second == 750) lines.push_back("ledger mismatch for account 7");
    if (second == 765) lines.push_back("ledger mismatch for account 8");
    journal->Lines(now, R"({service="shop",instance="a"})", lines);
    if (second == 1050) journal->Catalog(now, kShopAndCart);
    if (second % 60 == 0) journal->Tick(now + seconds(7));
  }
  return journal;
}

std::string Text(const Told& told) {
  StateWriter out;
  Told copy = told;
  out(copy.anomalies, copy.alerts);
  for (Verdict& v : copy.verdicts) out(v.time, v.type, v.subject, v.service, v.text);
  for (DerivedPoint& p : copy.points) out(p.kind, p.name, p.time, p.value);
  return out.Take();
}

TEST(JudgeTest, TheStoryIsToldWhole) {
  const auto journal = WriteStory();
  Judge judge(*journal);
  const Told told = JudgeRest(*journal, &judge);
  // With ten minutes of history the ticket's slow windows hold no more than the page's.
  EXPECT_EQ(told.Stories("shop"),
            (Stories{"anomaly_begin member_down", "alert_firing ticket", "alert_firing page",
                     "anomaly_begin pattern_new", "alert_resolved page", "anomaly_end member_down",
                     "anomaly_end pattern_new", "alert_resolved ticket"}));
}

TEST(JudgeTest, GoingOnFromACheckpointGivesTheSameVerdicts) {
  const auto journal = WriteStory();
  Judge whole(*journal);
  const Told told = JudgeRest(*journal, &whole);
  const std::string end = whole.Save();
  const size_t entries = journal->entries().size();
  for (size_t cut = 1; cut < entries; cut += 17) {
    Judge first(*journal);
    Told parts;
    for (size_t i = 0; i < cut; ++i) parts.Add(first.Apply(journal->entries()[i]));
    const std::string state = first.Save();
    Judge second(*journal);
    ASSERT_TRUE(second.Restore(state).ok());
    ASSERT_EQ(second.last_seq(), cut);
    EXPECT_EQ(second.Save(), state) << "restored after entry " << cut;
    const Told rest = JudgeRest(*journal, &second);
    parts.anomalies.insert(parts.anomalies.end(), rest.anomalies.begin(), rest.anomalies.end());
    parts.alerts.insert(parts.alerts.end(), rest.alerts.begin(), rest.alerts.end());
    parts.verdicts.insert(parts.verdicts.end(), rest.verdicts.begin(), rest.verdicts.end());
    parts.points.insert(parts.points.end(), rest.points.begin(), rest.points.end());
    EXPECT_EQ(Text(parts), Text(told)) << "restored after entry " << cut;
    EXPECT_EQ(second.Save(), end) << "restored after entry " << cut;
  }
}

TEST(JudgeTest, ADamagedStateIsRefusedAndLeavesTheJudgeAsNew) {
  const auto journal = WriteStory();
  Judge judge(*journal);
  JudgeRest(*journal, &judge);
  const std::string state = judge.Save();
  const std::string fresh = Judge(*journal).Save();
  Judge other(*journal);
  for (size_t size = 0; size < state.size(); size += 1 + size / 50) {
    const Status cut = other.Restore(state.substr(0, size));
    ASSERT_EQ(cut.code(), absl::StatusCode::kDataLoss) << size;
    ASSERT_EQ(other.Save(), fresh) << size;
  }
  EXPECT_FALSE(other.Restore(state + "x").ok());
  std::string of_another_version = state;
  of_another_version[0] = static_cast<char>(of_another_version[0] ^ 1);
  EXPECT_FALSE(other.Restore(of_another_version).ok());
  EXPECT_EQ(other.Save(), fresh);
  // After a refusal everything is judged again from the first entry.
  JudgeRest(*journal, &other);
  EXPECT_EQ(other.Save(), state);
}

TEST(JudgeTest, OneWrongByteNeverCrashesRestore) {
  const auto journal = WriteStory();
  Judge judge(*journal);
  JudgeRest(*journal, &judge);
  const std::string state = judge.Save();
  std::mt19937 random(20260101);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = state;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    Judge other(*journal);
    if (other.Restore(damaged).ok()) continue;  // a number, not the shape
    EXPECT_EQ(other.last_seq(), 0u);
    EXPECT_TRUE(other.catalog().services().empty());
  }
}

TEST(JudgeTest, CountersAreReadAsIncreases) {
  TestJournal journal;
  journal.Catalog(kMidnight, kShop);
  const auto scrape = [&](int second, const TestJournal::Samples& samples) {
    journal.Scrape(kMidnight + seconds(second), "shop/lb", samples);
  };
  const std::string ok = R"(req_total{service="shop",code="200"})";
  const std::string bad = R"(req_total{service="shop",code="500"})";
  // At a source's first scrape nobody knows how old its counters are.
  scrape(5, {{ok, 5000}});
  scrape(20, {{ok, 5100}});
  // Born under a known source: it counted from zero.
  scrape(35, {{ok, 5200}, {bad, 7}});
  // Reset: what it shows now is what it grew by.
  scrape(50, {{ok, 30}, {bad, 7}});
  // A scrape that failed ends the series, it does not reset them.
  scrape(65, {{ok, StaleNan()}, {bad, StaleNan()}});
  scrape(80, {{ok, 40}, {bad, 8}});
  Judge judge(journal);
  JudgeRest(journal, &judge);
  const SloSnapshot slo = judge.MakeSnapshot(1).Find("shop")->slos.at(0);
  EXPECT_EQ(slo.budget.sum.total, 100 + 100 + 7 + 30 + 10 + 1);
  EXPECT_EQ(slo.budget.sum.bad(), 8);
}

TEST(JudgeTest, UnclaimedTelemetryIsShownWithItsVolume) {
  TestJournal journal;
  journal.Catalog(kMidnight, kShop);
  for (int second = 0; second <= 60; second += 5) {
    const Time now = kMidnight + seconds(second);
    journal.Scrape(now, "x", {{R"(up{job="small"})", 1}, {R"(up{node="n"})", 1}});
    journal.Scrape(now, "y",
                   {{R"(a{job="big"})", 1}, {R"(b{job="big"})", 1}, {"c{job=\"big\"}", 1}});
    journal.Lines(now, R"({job="chatty"})", std::vector<std::string>(50, "hello"));
  }
  journal.Scrape(kMidnight + seconds(61), "y", {{R"(a{job="big"})", StaleNan()}});
  Judge judge(journal);
  EXPECT_TRUE(JudgeRest(journal, &judge).verdicts.empty());
  const std::vector<UnclaimedSnapshot> unclaimed = judge.MakeSnapshot(1).unclaimed;
  ASSERT_EQ(unclaimed.size(), 4u);
  EXPECT_EQ(unclaimed[0].name, "chatty");
  EXPECT_NEAR(unclaimed[0].lines_per_second, 10, 1e-9);
  EXPECT_EQ(unclaimed[1].name, "big");
  EXPECT_EQ(unclaimed[1].series, 2u);
  EXPECT_NEAR(unclaimed[1].samples_per_second, 0.6, 1e-9);
  EXPECT_EQ(unclaimed[2].name, "(none)");
  EXPECT_EQ(unclaimed[3].name, "small");
}

TEST(JudgeTest, ACatalogThatDoesNotLoadKeepsTheLastGoodOne) {
  TestJournal journal;
  journal.Catalog(kMidnight, kShop);
  journal.Catalog(kMidnight + seconds(1), "service: {name: shop, slo: {target: 400}}");
  Judge judge(journal);
  JudgeRest(journal, &judge);
  EXPECT_EQ(judge.catalog().services().size(), 1u);
  EXPECT_NE(judge.MakeSnapshot(1).Find("shop"), nullptr);
}

TEST(JudgeTest, WhatANewCatalogClaimsIsJudgedFromThenOn) {
  TestJournal journal;
  journal.Catalog(kMidnight, kShop);
  const auto line = [&](int second) {
    journal.Lines(kMidnight + seconds(second), R"({service="cart"})", {"cart 1 opened"});
  };
  line(1);
  journal.Catalog(kMidnight + seconds(2), kShopAndCart);
  line(3);
  Judge judge(journal);
  JudgeRest(journal, &judge);
  const Snapshot snapshot = judge.MakeSnapshot(1);
  EXPECT_EQ(snapshot.Find("cart")->state, ServiceState::kOk);
  EXPECT_EQ(snapshot.Find("shop")->state, ServiceState::kUnknown);
  EXPECT_TRUE(snapshot.unclaimed.empty());
}

TEST(JudgeTest, AServiceThatLeavesTheCatalogTakesItsOpenEpisodesWithIt) {
  const auto journal = WriteStory();
  Judge judge(*journal);
  for (const JournalEntry& entry : journal->entries()) {
    if (entry.time >= kMidnight + seconds(860)) break;  // member b is down and a page fires
    judge.Apply(entry);
  }
  ASSERT_EQ(judge.MakeSnapshot(1).Find("shop")->state, ServiceState::kFailure);
  JournalEntry change{judge.last_seq() + 1, judge.now(), CatalogChange{}};
  Told told;
  told.Add(judge.Apply(change));
  EXPECT_EQ(told.Stories("shop"), (Stories{"alert_resolved page", "alert_resolved ticket",
                                           "anomaly_end member_down", "anomaly_end pattern_new"}));
  for (const AnomalyRecord& anomaly : told.anomalies) EXPECT_TRUE(anomaly.end.has_value());
  EXPECT_TRUE(judge.MakeSnapshot(1).services.empty());
}

SliceBatch ShopPast(Time until, int count, double good, double total) {
  SliceBatch batch{"shop", "availability", 0, {}};
  const CatalogLoad load = LoadCatalog({{"catalog.yaml", std::string(kShop)}});
  batch.meaning = SloMeaningHash(load.catalog->FindService("shop")->slos.front());
  for (int i = count - 1; i >= 0; --i) {
    batch.slices.push_back({until - std::chrono::minutes(i), good, total, 60});
  }
  return batch;
}

TEST(JudgeTest, SlicesOfThePastAreTakenWhereTheirMeaningIsTheSame) {
  const auto budget_after = [](SliceBatch batch) {
    TestJournal journal;
    journal.Catalog(kMidnight, kShop);
    journal.Slices(kMidnight + seconds(1), std::move(batch));
    Judge judge(journal);
    JudgeRest(journal, &judge);
    return judge.MakeSnapshot(1).Find("shop")->slos.at(0).budget;
  };
  EXPECT_EQ(budget_after(ShopPast(kMidnight, 60, 99, 100)).sum, (SliceSum{5940, 6000, 3600}));
  SliceBatch other = ShopPast(kMidnight, 60, 99, 100);
  ++other.meaning;
  EXPECT_EQ(budget_after(other).sum, SliceSum{});
  other = ShopPast(kMidnight, 60, 99, 100);
  other.slo = "latency";
  EXPECT_EQ(budget_after(other).sum, SliceSum{});
  other.service = "cart";
  EXPECT_EQ(budget_after(other).sum, SliceSum{});
  // What is not over yet is not taken.
  EXPECT_EQ(budget_after(ShopPast(kMidnight + std::chrono::minutes(2), 60, 99, 100)).sum,
            (SliceSum{5742, 5800, 3480}));
}

}  // namespace
}  // namespace kizashi
