// Prices in the judge: failures come from slices, episodes from members, both meet in the book.
#include <gtest/gtest.h>

#include "judge/judge.h"
#include "judge/test_journal.h"

namespace kizashi {
namespace {

constexpr std::string_view kYaml = R"(service:
  name: shop
  owner: team
  redundancy: {need: 2, of: 3, by: server}
  slo: {target: 99, window: 1d, good: 'req_total{code="200"}', total: req_total}
---
service: {name: web, owner: team, depends_on: [shop]}
---
team: {name: team, members: [aiko]}
)";

// Three servers; every three hours one goes away for half an hour, and five minutes later all
// requests fail for ten minutes.
class PricesTest : public testing::Test {
 protected:
  void Play(int rounds) {
    if (journal_.entries().empty()) {
      journal_.Catalog(now_, kYaml);
    }
    for (int round = 0; round < rounds; ++round) {
      Scrape(std::chrono::hours(1), 1, true);
      Scrape(std::chrono::minutes(5), 0, true);
      Scrape(std::chrono::minutes(10), 0, false);
      Scrape(std::chrono::minutes(15), 0, true);
      Scrape(std::chrono::minutes(90), 1, true);
    }
  }
  void Scrape(Duration duration, double third_up, bool works) {
    for (const Time end = now_ + duration; now_ < end; now_ += std::chrono::seconds(15)) {
      (works ? good_ : bad_) += 15;
      journal_.Scrape(now_, "srv",
                      {{"up{service=\"shop\",server=\"a\"}", 1},
                       {"up{service=\"shop\",server=\"b\"}", 1},
                       {"up{service=\"shop\",server=\"c\"}", third_up},
                       {"req_total{service=\"shop\",code=\"200\"}", good_},
                       {"req_total{service=\"shop\",code=\"500\"}", bad_}});
    }
  }
  static const KindPrice* KindOf(const Snapshot& snapshot) {
    const ServiceSnapshot* const shop = snapshot.Find("shop");
    if (shop->kind_prices == nullptr) return nullptr;
    for (const KindPrice& kind : *shop->kind_prices) {
      if (kind.kind == "shop/redundancy/member_down") return &kind;
    }
    return nullptr;
  }

  TestJournal journal_;
  Time now_ = kMidnight;
  double good_ = 0;
  double bad_ = 0;
};

TEST_F(PricesTest, WhatComesBeforeFailuresIsSeenInTheSnapshot) {
  Play(6);
  Judge judge(journal_);
  const Told told = JudgeRest(journal_, &judge);
  const Snapshot snapshot = judge.MakeSnapshot(1);
  const KindPrice* const kind = KindOf(snapshot);
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->inputs.episodes, 6);
  EXPECT_EQ(kind->inputs.followed, 6);
  EXPECT_NEAR(kind->inputs.failure_minutes, 10, 0.5);
  const auto& group = snapshot.Find("shop")->group;
  ASSERT_TRUE(group);
  EXPECT_EQ(group->counts.events[0], 6);
  EXPECT_EQ(group->counts.repairs, 6);
  EXPECT_NEAR(group->counts.down_minutes, 180, 5);
  EXPECT_FALSE(snapshot.Find("web")->group);
  // The first rest on the prior; with three behind it the group's own history speaks.
  std::vector<std::string> bases;
  for (const AnomalyRecord& anomaly : told.anomalies) {
    if (anomaly.source == "redundancy" && !anomaly.end) bases.push_back(anomaly.price.basis);
  }
  ASSERT_EQ(bases.size(), 6);
  EXPECT_EQ(bases.front(), "prior_redundancy");
  EXPECT_EQ(bases.back(), "together");
}

// An alert of another program stays open while failures follow: its price is told again.
TEST_F(PricesTest, EveryPriceOfAnEpisodeIsToldWithItsTime) {
  journal_.Catalog(now_, kYaml);
  Scrape(std::chrono::minutes(50), 1, true);
  AlertBatch batch{AlertSource::kDatadog, {}};
  batch.alerts.push_back({"7", "disk fills", "at 80 %", "https://d/1", "p4", false, now_,
                          Labels(std::vector<Label>{{"service", "shop"}})});
  journal_.Alerts(now_, std::move(batch));
  Scrape(std::chrono::minutes(5), 1, true);
  Scrape(std::chrono::minutes(10), 1, false);
  Scrape(std::chrono::hours(3), 1, true);
  Play(3);
  Judge judge(journal_);
  const Told told = JudgeRest(journal_, &judge);
  std::map<std::string, std::vector<PriceTold>> by_anomaly;
  for (const PriceTold& price : told.prices) by_anomaly[price.anomaly].push_back(price);
  std::map<std::string, Price> standing;
  size_t begun = 0;
  for (const AnomalyRecord& anomaly : told.anomalies) {
    begun += standing.count(anomaly.id) == 0 ? 1 : 0;
    standing[anomaly.id] = anomaly.price;
  }
  EXPECT_EQ(by_anomaly.size(), begun);
  size_t most = 0;
  for (const auto& [id, prices] : by_anomaly) {
    most = std::max(most, prices.size());
    EXPECT_EQ(prices.back().price.fields, standing[id].fields) << id;
    for (size_t i = 1; i < prices.size(); ++i) {
      EXPECT_LT(prices[i - 1].time, prices[i].time);
      EXPECT_TRUE(PriceBook::IsMaterial(prices[i - 1].price, prices[i].price));
    }
  }
  EXPECT_GE(most, 2u) << "the alert's price moved with the evidence";
}

// What groups of the fleet are like is pooled every hour, and goes with the state.
TEST_F(PricesTest, AGroupsForecastRestsOnTheFleet) {
  Play(6);
  Judge judge(journal_);
  JudgeRest(journal_, &judge);
  const auto group = judge.MakeSnapshot(1).Find("shop")->group;
  ASSERT_TRUE(group);
  // None went together in a day: a little less is believed than is stated.
  EXPECT_LT(group->pool.several.mean(), GroupPool().several.mean());
  EXPECT_GT(group->pool.several.mean(), GroupPool().several.mean() / 2);
  Judge again(journal_);
  ASSERT_TRUE(again.Restore(judge.Save()).ok());
  EXPECT_EQ(GroupPoolText(again.MakeSnapshot(1).Find("shop")->group->pool),
            GroupPoolText(group->pool));
}

TEST_F(PricesTest, ARestoredJudgePricesTheSame) {
  Play(3);
  Judge first(journal_);
  JudgeRest(journal_, &first);
  const std::string state = first.Save();
  Play(3);
  const Told straight = JudgeRest(journal_, &first);
  Judge second(journal_);
  ASSERT_TRUE(second.Restore(state).ok());
  const Told restored = JudgeRest(journal_, &second);
  EXPECT_EQ(straight.verdicts, restored.verdicts);
  EXPECT_EQ(first.Save(), second.Save());
}

}  // namespace
}  // namespace kizashi
