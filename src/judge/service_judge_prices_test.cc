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
