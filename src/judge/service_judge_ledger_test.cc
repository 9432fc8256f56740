// What people decide about anomalies as the judge takes it in, and the budget that these spend.
#include <gtest/gtest.h>

#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kKind = "shop/redundancy/member_down";
// Of 1 % of a day a quarter: 3.6 minutes.
constexpr const char* kShop = R"yaml(
service:
  name: shop
  owner: shop-team
  redundancy: {need: 2, of: 3}
  slo: {target: 99, window: 1d, good: 'req_total{code!="500"}', total: req_total}
---
team: {name: shop-team}
)yaml";
constexpr const char* kShopWithPolicy = R"yaml(
service:
  name: shop
  owner: shop-team
  redundancy: {need: 2, of: 3}
  slo: {target: 99, window: 1d, good: 'req_total{code!="500"}', total: req_total}
  anomaly_budget:
    share: 1%
    policy:
      - {spent: 50%, do: ticket, text: Look at the servers}
      - {spent: 50%, do: hold}
      - {burn: 1, over: 1h, do: tell}
---
team: {name: shop-team}
)yaml";

LedgerEdit Edit(const std::string& id, LedgerEdit::What what, Time until = {}) {
  LedgerEdit edit{id, what, "shop", kKind};
  edit.actor = "hanako";
  edit.reason = "the rack moves";
  edit.until = until;
  return edit;
}

class LedgerJudgeTest : public testing::Test {
 protected:
  LedgerJudgeTest() : judge_(journal_) {}

  void Catalog(const char* yaml) { journal_.Catalog(now_, yaml); }
  /// Scrapes for so long; server b is as it is told.
  void Run(Duration length, bool b_is_up) {
    for (const Time end = now_ + length; now_ < end; now_ += seconds(15)) {
      journal_.Scrape(now_, "a", {{R"(up{service="shop",instance="a"})", 1}});
      journal_.Scrape(now_, "b", {{R"(up{service="shop",instance="b"})", b_is_up ? 1.0 : 0.0}});
    }
  }
  Told Judge() {
    Told told;
    for (size_t i = judge_.last_seq(); i < journal_.entries().size(); ++i) {
      const JudgeOutput& output = judge_.Apply(journal_.entries()[i]);
      told.Add(output);
      edits_.insert(edits_.end(), output.verdicts.edits.begin(), output.verdicts.edits.end());
    }
    return told;
  }
  AnomalyBudget Budget() { return judge_.MakeSnapshot(1).Find("shop")->anomaly_budget; }

  TestJournal journal_;
  kizashi::Judge judge_;
  Time now_ = kMidnight;
  std::vector<LedgerEditRecord> edits_;
};

TEST_F(LedgerJudgeTest, WhatIsExpectedSpendsNothingAndStaysVisible) {
  Catalog(kShop);
  Run(minutes(5), true);
  journal_.Edit(now_, Edit("1", LedgerEdit::What::kExpect, now_ + hours(2)));
  Run(minutes(5), false);
  const Told told = Judge();
  ASSERT_EQ(told.anomalies.size(), 1u);
  EXPECT_EQ(EpisodeState(told.anomalies[0]), "expected");
  EXPECT_EQ(told.anomalies[0].ledger.expected_because, "the rack moves");
  EXPECT_GT(told.anomalies[0].price.mean_minutes, 0) << "its price is told all the same";
  EXPECT_EQ(Budget().spent_minutes, 0);
  const Snapshot snapshot = judge_.MakeSnapshot(1);
  EXPECT_EQ(snapshot.Find("shop")->anomalies_open, 1);
  EXPECT_EQ(snapshot.Find("shop")->state, ServiceState::kOk) << "it is no news";
  ASSERT_EQ(edits_.size(), 1u);
  EXPECT_EQ(edits_[0].actor, "hanako");
}

TEST_F(LedgerJudgeTest, AnOpenEpisodeIsForgivenAndSpendsAgainWhenTheTimeIsOver) {
  Catalog(kShop);
  Run(minutes(5), true);
  Run(minutes(5), false);
  Judge();
  const double price = Budget().spent_minutes;
  EXPECT_GT(price, 0);
  const Time until = now_ + minutes(30);
  journal_.Edit(now_, Edit("1", LedgerEdit::What::kExpect, until));
  const Told expected = Judge();
  ASSERT_EQ(expected.anomalies.size(), 1u);
  EXPECT_EQ(expected.anomalies[0].ledger.expected_until, until);
  EXPECT_EQ(Budget().spent_minutes, 0);
  Run(minutes(29), false);
  Judge();
  EXPECT_EQ(Budget().spent_minutes, 0);
  Run(minutes(3), false);
  const Told over = Judge();
  ASSERT_EQ(over.anomalies.size(), 1u);
  EXPECT_FALSE(over.anomalies[0].ledger.expected_until.has_value());
  EXPECT_EQ(Budget().spent_minutes, price);
  journal_.Edit(now_, Edit("2", LedgerEdit::What::kExpect, now_ + hours(1)));
  journal_.Edit(now_, Edit("3", LedgerEdit::What::kUnexpect));
  Judge();
  EXPECT_EQ(Budget().spent_minutes, price) << "taking it back takes the spend back";
}

TEST_F(LedgerJudgeTest, AcknowledgedAndFixedAreSaidOfTheEpisode) {
  Catalog(kShop);
  Run(minutes(5), true);
  Run(minutes(5), false);
  const Told begun = Judge();
  LedgerEdit acknowledge = Edit("1", LedgerEdit::What::kAcknowledge);
  acknowledge.anomaly = begun.anomalies.at(0).id;
  journal_.Edit(now_, acknowledge);
  journal_.Edit(now_, Edit("2", LedgerEdit::What::kFixed));
  const Told told = Judge();
  ASSERT_EQ(told.anomalies.size(), 2u);
  EXPECT_EQ(EpisodeState(told.anomalies[0]), "acknowledged");
  EXPECT_EQ(told.anomalies[0].ledger.acknowledged_by, "hanako");
  EXPECT_EQ(EpisodeState(told.anomalies[1]), "fixed");
  ASSERT_EQ(edits_.size(), 2u);
  EXPECT_EQ(edits_[0].anomaly, acknowledge.anomaly);
  // It comes once more: it came back.
  Run(minutes(5), true);
  Run(minutes(5), false);
  const Told again = Judge();
  EXPECT_EQ(again.anomalies.back().ledger.came_back, "fixed");
  EXPECT_EQ(EpisodeState(again.anomalies.back()), "came_back");
}

TEST_F(LedgerJudgeTest, AnEditOfTheSameIdIsTakenOnce) {
  Catalog(kShop);
  Run(minutes(5), true);
  const LedgerEdit edit = Edit("1", LedgerEdit::What::kExpect, now_ + hours(2));
  journal_.Edit(now_, edit);
  journal_.Edit(now_, edit);
  Judge();
  EXPECT_EQ(edits_.size(), 1u);
}

TEST_F(LedgerJudgeTest, WhatWasDecidedOutlivesTheServicesTimeInTheCatalog) {
  Catalog(kShop);
  Run(minutes(5), true);
  journal_.Edit(now_, Edit("1", LedgerEdit::What::kExpect, now_ + hours(5)));
  Catalog("service: {name: other}");
  Run(minutes(1), true);
  journal_.Edit(now_, Edit("2", LedgerEdit::What::kFixed));
  Catalog(kShop);
  Run(minutes(5), true);
  Run(minutes(5), false);
  const Told told = Judge();
  EXPECT_EQ(edits_.size(), 2u);
  ASSERT_FALSE(told.anomalies.empty());
  EXPECT_TRUE(told.anomalies.back().ledger.expected_until.has_value());
  EXPECT_EQ(told.anomalies.back().ledger.came_back, "fixed");
}

TEST_F(LedgerJudgeTest, ThePolicyOfTheBudgetTellsAndHoldsByTheLowerBoundOnly) {
  Catalog(kShopWithPolicy);
  Run(minutes(5), true);
  Run(minutes(5), false);
  const Told told = Judge();
  const AnomalyBudget budget = Budget();
  EXPECT_NEAR(budget.allowance_minutes, 0.144, 1e-9);
  EXPECT_GT(budget.spent_share(), 0.5);
  EXPECT_LT(budget.spent_low_share(), 0.5) << "so the hold of the same share is not in force";
  std::vector<std::string> in_force;
  for (const PolicyStatus& status : budget.policy) {
    if (status.since) in_force.push_back(PolicyStepText(status.step));
  }
  EXPECT_EQ(in_force, (std::vector<std::string>{"ticket 50 % spent", "tell burn 1 over 1h"}));
  ASSERT_EQ(told.alerts.size(), 2u);
  const AlertRecord& ticket = told.alerts[0];
  EXPECT_EQ(ticket.severity, Severity::kTicket) << "anomalies never page";
  EXPECT_EQ(ticket.slo, "anomalies");
  EXPECT_EQ(FieldText(ticket.fields, "budget"), "anomaly");
  EXPECT_EQ(FieldText(ticket.fields, "text"), "Look at the servers");
  EXPECT_TRUE(FieldText(ticket.fields, "spent_by").starts_with(kKind));
  ASSERT_EQ(budget.dearest.size(), 1u);
  EXPECT_EQ(budget.dearest[0].first, kKind);
  // Nobody is told once it is expected.
  journal_.Edit(now_, Edit("1", LedgerEdit::What::kExpect, now_ + hours(5)));
  Run(minutes(12), false);
  const Told later = Judge();
  ASSERT_EQ(later.alerts.size(), 2u);
  EXPECT_TRUE(later.alerts[0].end.has_value() && later.alerts[1].end.has_value());
}

TEST_F(LedgerJudgeTest, GoesOnTheSameAfterSaveAndRestore) {
  Catalog(kShopWithPolicy);
  Run(minutes(5), true);
  Run(minutes(5), false);
  journal_.Edit(now_, Edit("1", LedgerEdit::What::kExpect, now_ + minutes(5)));
  Run(minutes(1), false);
  Judge();
  kizashi::Judge other(journal_);
  ASSERT_TRUE(other.Restore(judge_.Save()).ok());
  Run(minutes(20), false);
  Run(minutes(5), true);
  const Told one = JudgeRest(journal_, &judge_);
  const Told two = JudgeRest(journal_, &other);
  EXPECT_EQ(one.verdicts, two.verdicts);
  ASSERT_EQ(one.anomalies.size(), two.anomalies.size());
  for (size_t i = 0; i < one.anomalies.size(); ++i) {
    EXPECT_EQ(one.anomalies[i].ledger, two.anomalies[i].ledger);
  }
  EXPECT_EQ(judge_.Save(), other.Save());
}

}  // namespace
}  // namespace kizashi
