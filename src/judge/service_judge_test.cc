#include "judge/service_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "judge/price/price.h"
#include "judge/test_journal.h"

namespace kizashi {
namespace {

using Stories = std::vector<std::string>;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kGroup = R"yaml(
service: {name: shop, owner: t, redundancy: {need: 3, of: 5}}
---
team: {name: t}
)yaml";
constexpr std::string_view kSlo = R"yaml(
service:
  name: shop
  owner: t
  slo: {target: 99, window: 1d, good: 'req_total{code!="500"}', total: req_total}
---
team: {name: t}
)yaml";

// A judge and the journal that it is told, entry by entry.
class ServiceJudgeTest : public testing::Test {
 protected:
  void Members(Time time, const std::map<std::string, double>& up) {
    for (const auto& [name, value] : up) {
      journal_.Scrape(time, "shop/" + name,
                      {{fmt::format(R"(up{{service="shop",instance="{}"}})", name), value}});
    }
  }
  // Every 15 s from `begin` until `end` so many requests, of which `bad` fail.
  void Requests(Time begin, Time end, double total, double bad) {
    for (Time now = begin; now < end; now += seconds(15)) {
      good_ += total - bad;
      bad_ += bad;
      journal_.Scrape(now, "shop/lb",
                      {{R"(req_total{service="shop",code="200"})", good_},
                       {R"(req_total{service="shop",code="500"})", bad_}});
    }
  }
  void Ticks(Time begin, Time end) {
    for (Time now = begin; now < end; now += Judge::kTick) journal_.Tick(now);
  }
  void Line(Time time, const std::string& text) {
    journal_.Lines(time, R"({service="shop",instance="web-1"})", {text});
  }
  void LearnLog(Time time) {
    for (int i = 0; i < 300; ++i) Line(time, fmt::format("order {} paid", i));
  }
  Told Judged() { return JudgeRest(journal_, &judge_); }
  ServiceSnapshot Shop() { return *judge_.MakeSnapshot(1).Find("shop"); }

  TestJournal journal_;
  Judge judge_{journal_};
  double good_ = 0;
  double bad_ = 0;
};

TEST_F(ServiceJudgeTest, EachFurtherMemberDownCostsMoreAndExplainsItself) {
  journal_.Catalog(kMidnight, kGroup);
  Members(kMidnight, {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}});
  for (int i = 1; i <= 2; ++i) Members(kMidnight + seconds(15 * i), {{"c", 0}});
  for (int i = 3; i <= 4; ++i) Members(kMidnight + seconds(15 * i), {{"d", 0}});
  const Told told = Judged();
  ASSERT_EQ(told.anomalies.size(), 2u);
  const AnomalyRecord& first = told.anomalies[0];
  EXPECT_EQ(first.kind, "shop/redundancy/member_down");
  EXPECT_EQ(first.owner, "t");
  EXPECT_EQ(first.begin, kMidnight + seconds(15)) << "the first scrape that failed";
  EXPECT_EQ(FieldText(first.fields, "member"), "c");
  EXPECT_EQ(FieldNumber(first.fields, "up"), 4);
  EXPECT_EQ(FieldNumber(told.anomalies[1].fields, "up"), 3);
  EXPECT_EQ(first.price.mean_minutes, PriceMemberDown(3, 5, 1).mean_minutes);
  EXPECT_GT(told.anomalies[1].price.mean_minutes, first.price.mean_minutes);
  ASSERT_EQ(first.evidence.size(), 3u);
  EXPECT_EQ(FieldText(first.evidence[0].fields, "metric"), "up");
  EXPECT_EQ(first.evidence[1].time, kMidnight + seconds(30));
  EXPECT_EQ(FieldNumber(first.evidence[2].fields, "failed_scrapes"), 2);
  EXPECT_EQ(Shop().state, ServiceState::kAnomaly);
  EXPECT_EQ(Shop().anomalies_open, 2);
}

TEST_F(ServiceJudgeTest, ATargetTakenAwayIsNoAnomalyAndEndsOne) {
  journal_.Catalog(kMidnight, kGroup);
  Members(kMidnight, {{"a", 1}, {"b", 1}});
  Members(kMidnight + seconds(15), {{"a", StaleNan()}, {"b", 0}});
  Members(kMidnight + seconds(30), {{"b", 0}});
  EXPECT_EQ(Judged().Stories("shop"), Stories{"anomaly_begin member_down"});
  EXPECT_EQ(Shop().members.size(), 1u);
  Members(kMidnight + seconds(45), {{"b", StaleNan()}});
  EXPECT_EQ(Judged().Stories("shop"), Stories{"anomaly_end member_down"});
  EXPECT_TRUE(Shop().members.empty());
}

TEST_F(ServiceJudgeTest, AGroupThatIsNoneAnyMoreEndsItsEpisodes) {
  for (const std::string_view changed :
       {"service: {name: shop, owner: t}\n---\nteam: {name: t}\n",
        "service: {name: shop, owner: t, redundancy: {need: 3, of: 5, by: pod}}\n---\n"
        "team: {name: t}\n"}) {
    TestJournal journal;
    journal.Catalog(kMidnight, kGroup);
    for (const double up : {1.0, 0.0, 0.0}) {
      journal.Scrape(kMidnight, "shop/a", {{R"(up{service="shop",instance="a"})", up}});
    }
    Judge judge(journal);
    JudgeRest(journal, &judge);
    ASSERT_EQ(judge.MakeSnapshot(1).Find("shop")->anomalies_open, 1);
    // Its members are no longer followed: nothing else could end it.
    journal.Catalog(kMidnight + seconds(1), changed);
    EXPECT_EQ(JudgeRest(journal, &judge).Stories("shop"), Stories{"anomaly_end member_down"});
    EXPECT_TRUE(judge.MakeSnapshot(1).Find("shop")->members.empty());
  }
}

TEST_F(ServiceJudgeTest, AGroupOfAnotherSizeKeepsItsMembers) {
  journal_.Catalog(kMidnight, kGroup);
  for (const double up : {1.0, 0.0, 0.0}) Members(kMidnight, {{"a", up}});
  Judged();
  journal_.Catalog(kMidnight,
                   "service: {name: shop, owner: t, redundancy: {need: 1, of: 2}}\n---\n"
                   "team: {name: t}\n");
  EXPECT_TRUE(Judged().verdicts.empty());
  EXPECT_EQ(Shop().members.size(), 1u);
  for (int i = 0; i < 2; ++i) Members(kMidnight, {{"a", 1}});
  EXPECT_EQ(Judged().Stories("shop"), Stories{"anomaly_end member_down"});
}

TEST_F(ServiceJudgeTest, ANewPatternIsOneEpisodeWithItsLineAndItsCount) {
  journal_.Catalog(kMidnight - minutes(2), kGroup);
  LearnLog(kMidnight - minutes(2));
  Line(kMidnight + seconds(10), "2026-01-01 ERROR ledger mismatch for account 7");
  EXPECT_TRUE(Judged().anomalies.empty()) << "a line of a new form is held until the step ends";
  Ticks(kMidnight + seconds(10), kMidnight + seconds(20));
  const Told begun = Judged();
  ASSERT_EQ(begun.anomalies.size(), 1u);
  const AnomalyRecord& anomaly = begun.anomalies[0];
  EXPECT_EQ(anomaly.code, "pattern_new");
  EXPECT_EQ(FieldText(anomaly.fields, "pattern"), "<*> ERROR ledger mismatch for account <*>");
  EXPECT_EQ(FieldText(anomaly.fields, "example"), "2026-01-01 ERROR ledger mismatch for account 7");
  EXPECT_EQ(FieldText(anomaly.fields, "level"), "error");
  EXPECT_EQ(FieldText(anomaly.fields, "first_seen_on"), "web-1");
  EXPECT_EQ(FieldNumber(anomaly.evidence.at(0).fields, "lines"), 300);
  EXPECT_GT(anomaly.price.mean_minutes, 0);
  EXPECT_EQ(anomaly.kind, "shop/logs/" + FieldText(anomaly.fields, "pattern_id"));

  // A flood of it is told once a minute, not with every line.
  for (int i = 0; i < 600; ++i) {
    Line(kMidnight + seconds(20) + Duration(90 * i),
         fmt::format("1 ERROR ledger mismatch for account {}", i));
  }
  Ticks(kMidnight + seconds(75), kMidnight + minutes(5));
  const Told going = Judged();
  EXPECT_TRUE(going.verdicts.empty());
  ASSERT_EQ(going.anomalies.size(), 1u);
  EXPECT_EQ(going.anomalies[0].id, anomaly.id);
  EXPECT_EQ(FieldNumber(going.anomalies[0].fields, "count"), 601);

  // Ten quiet minutes end it; the same pattern later is old news.
  Ticks(kMidnight + minutes(5), kMidnight + minutes(12));
  EXPECT_EQ(Judged().Stories("shop"), Stories{"anomaly_end pattern_new"});
  Line(kMidnight + minutes(20), "1 ERROR ledger mismatch for account 7");
  EXPECT_TRUE(Judged().verdicts.empty());
}

TEST_F(ServiceJudgeTest, APatternThatGoesOnIsLearntAfterAnHour) {
  journal_.Catalog(kMidnight, kGroup);
  LearnLog(kMidnight);
  for (int minute = 1; minute < 90; ++minute) Line(kMidnight + minutes(minute), "cache is cold");
  const Told told = Judged();
  EXPECT_EQ(told.Stories("shop"),
            (Stories{"anomaly_begin pattern_new", "anomaly_end pattern_new"}));
  EXPECT_NEAR(ToMinutes(told.verdicts[1].time - told.verdicts[0].time), 60, 1.5);
}

TEST_F(ServiceJudgeTest, AnHourWithManyNewPatternsMakesOneEpisodeOfTheRest) {
  journal_.Catalog(kMidnight, kGroup);
  for (int i = 0; i < 10; ++i) LearnLog(kMidnight);
  const auto word = [](int i) { return std::string(static_cast<size_t>(i) + 1, '!'); };  // shapes
  for (int i = 0; i < 25; ++i) Line(kMidnight + hours(1) + seconds(i), "release says " + word(i));
  Ticks(kMidnight + hours(1) + seconds(25), kMidnight + hours(1) + seconds(35));
  const Told told = Judged();
  ASSERT_EQ(told.verdicts.size(), size_t{ServiceJudge::kNewPatternsPerHourMax} + 1);
  EXPECT_EQ(told.anomalies.back().code, "patterns_new_many");
  Ticks(kMidnight + minutes(62), kMidnight + minutes(63));
  EXPECT_EQ(FieldNumber(Judged().anomalies.back().fields, "count"),
            25 - ServiceJudge::kNewPatternsPerHourMax);
  // A later hour has its own share.
  Line(kMidnight + hours(30), "release says good bye");
  Ticks(kMidnight + hours(30), kMidnight + hours(30) + seconds(10));
  EXPECT_EQ(Judged().Stories("shop").back(), "anomaly_begin pattern_new");
}

TEST_F(ServiceJudgeTest, WhatAnomaliesSpendComesOutOfTheAnomalyBudgetForAWindow) {
  journal_.Catalog(kMidnight, R"yaml(
service:
  name: shop
  owner: t
  redundancy: {need: 2, of: 2}
  slo: {target: 99, window: 1d, good: 'req_total{code!="500"}', total: req_total}
  anomaly_budget: 50
---
team: {name: t}
)yaml");
  for (const double up : {1.0, 0.0, 0.0, 1.0, 1.0}) Members(kMidnight, {{"a", up}});
  Judged();
  const AnomalyBudget budget = Shop().anomaly_budget;
  EXPECT_NEAR(budget.allowance_minutes, 24 * 60 * 0.01 * 0.5, 1e-9);
  EXPECT_EQ(budget.spent_minutes, PriceMemberDown(2, 2, 1).mean_minutes);
  EXPECT_NEAR(budget.remaining_share, 1 - budget.spent_minutes / budget.allowance_minutes, 1e-12);
  Ticks(kMidnight + hours(23), kMidnight + hours(23) + minutes(1));
  Judged();
  EXPECT_EQ(Shop().anomaly_budget.spent_minutes, budget.spent_minutes);
  Ticks(kMidnight + hours(24), kMidnight + hours(24) + minutes(1));
  Judged();
  EXPECT_EQ(Shop().anomaly_budget.spent_minutes, 0);
  EXPECT_EQ(Shop().anomaly_budget.remaining_share, 1);
}

TEST_F(ServiceJudgeTest, AnAlertCarriesTheNumbersItRestsOn) {
  journal_.Catalog(kMidnight, kSlo);
  Requests(kMidnight, kMidnight + hours(3), 300, 0);
  Requests(kMidnight + hours(3), kMidnight + hours(3) + minutes(2), 300, 150);
  const Told told = Judged();
  ASSERT_EQ(told.Stories("shop"), Stories{"alert_firing page"});
  const AlertRecord& page = told.alerts.at(0);
  EXPECT_EQ(page.slo, "availability");
  EXPECT_EQ(page.owner, "t");
  EXPECT_FALSE(page.end.has_value());
  EXPECT_EQ(page.id, told.verdicts[0].subject);
  EXPECT_EQ(FieldNumber(page.fields, "factor"), 14.4);
  EXPECT_GE(FieldNumber(page.fields, "long_burn"), 14.4);
  EXPECT_GE(FieldNumber(page.fields, "short_burn"), 14.4);
  EXPECT_EQ(FieldNumber(page.fields, "target"), 0.99);
  const double spent = FieldNumber(page.fields, "spent_share");
  EXPECT_GT(spent, 0);
  EXPECT_NEAR(FieldNumber(page.fields, "hours_to_empty"),
              (1 - spent) * 24 / FieldNumber(page.fields, "short_burn"), 1e-9);
  EXPECT_EQ(Shop().state, ServiceState::kFailure);
  EXPECT_EQ(Shop().pages_open, 1);
}

TEST_F(ServiceJudgeTest, AnAlertIsResolvedOnlyAfterItWasFalseForAWhile) {
  journal_.Catalog(kMidnight, kSlo);
  Time now = kMidnight + hours(3);
  Requests(kMidnight, now, 300, 0);
  Requests(now, now + minutes(3), 300, 150);
  ASSERT_EQ(Judged().Stories("shop"), Stories{"alert_firing page"});
  now += minutes(3);
  // A pause shorter than the short window and the hold: it is one failure, told once.
  Requests(now, now + seconds(60), 300, 0);
  Requests(now + seconds(60), now + minutes(3), 300, 150);
  EXPECT_TRUE(Judged().alerts.empty());
  now += minutes(3);
  Requests(now, now + minutes(5), 300, 0);
  const Told told = Judged();
  ASSERT_EQ(told.Stories("shop"), Stories{"alert_resolved page"});
  const Time end = told.alerts.at(0).end.value();
  EXPECT_GE(end - now, SloJudge::kResolveHold);
  EXPECT_LE(end - now, minutes(3));
}

TEST_F(ServiceJudgeTest, WithoutDataAPageNeitherFiresNorIsResolved) {
  journal_.Catalog(kMidnight, kSlo);
  Requests(kMidnight, kMidnight + hours(3), 300, 0);
  Requests(kMidnight + hours(3), kMidnight + hours(3) + minutes(2), 300, 150);
  ASSERT_EQ(Judged().Stories("shop"), Stories{"alert_firing page"});
  Ticks(kMidnight + hours(3) + minutes(2), kMidnight + hours(4));
  EXPECT_EQ(Judged().Stories("shop"), Stories{"alert_firing ticket"}) << "that nothing is measured";
  EXPECT_EQ(Shop().state, ServiceState::kFailure);
  EXPECT_TRUE(Shop().slos.at(0).alerts_frozen);
}

TEST_F(ServiceJudgeTest, OnlyAnSloThatMeansSomethingElseBeginsAnew) {
  journal_.Catalog(kMidnight, kSlo);
  Requests(kMidnight, kMidnight + hours(3), 300, 0);
  Requests(kMidnight + hours(3), kMidnight + hours(3) + minutes(2), 300, 150);
  ASSERT_EQ(Judged().Stories("shop"), Stories{"alert_firing page"});
  const double total = Shop().slos.at(0).budget.sum.total;
  std::string catalog(kSlo);
  catalog.replace(catalog.find("owner: t"), 8, "owner: t\n  title: Shop");
  journal_.Catalog(kMidnight + hours(4), catalog);
  EXPECT_TRUE(Judged().verdicts.empty());
  EXPECT_EQ(Shop().slos.at(0).budget.sum.total, total);
  EXPECT_EQ(Shop().pages_open, 1);
  std::string excluded = catalog;
  excluded.replace(excluded.find("total: req_total"), 16,
                   "total: req_total, exclude: [{from: 2026-01-01T00:00:00Z, to: "
                   "2026-01-01T01:00:00Z, reason: moved house, author: hanako}]");
  journal_.Catalog(kMidnight + hours(4), excluded);
  const Told edit = Judged();
  ASSERT_EQ(edit.Stories("shop"), Stories{"slo_changed availability"});
  EXPECT_THAT(edit.verdicts[0].text, testing::HasSubstr("by hanako: moved house"));
  EXPECT_EQ(Shop().pages_open, 1);
  catalog.replace(catalog.find("target: 99,"), 11, "target: 90,");
  journal_.Catalog(kMidnight + hours(4), catalog);
  EXPECT_EQ(Judged().Stories("shop"), (Stories{"slo_changed availability", "alert_resolved page"}))
      << "the old version is told with what was left of it";
  EXPECT_EQ(Shop().slos.at(0).budget.sum.total, 0);
  EXPECT_EQ(Shop().slos.at(0).budget.remaining_share, 1);
}

TEST_F(ServiceJudgeTest, WhatATeamTakesBackIsResolved) {
  std::string catalog(kSlo);
  catalog.replace(catalog.find("total: req_total"), 16,
                  "total: req_total, policy: [{spent: 50%, do: tell}, {spent: 50%, do: hold}]");
  journal_.Catalog(kMidnight, catalog);
  Requests(kMidnight, kMidnight + hours(3), 300, 0);
  Requests(kMidnight + hours(3), kMidnight + hours(3) + minutes(3), 300, 150);
  const Told told = Judged();
  // A page, and both steps of the policy under ids of their own.
  ASSERT_EQ(told.alerts.size(), 3u);
  std::set<std::string> ids;
  for (const AlertRecord& alert : told.alerts) ids.insert(alert.id);
  EXPECT_EQ(ids.size(), 3u);
  // The failure goes on; the policy is taken back, and nobody is to be paged any more.
  catalog.replace(catalog.find(", policy:"), catalog.find("hold}]") + 6 - catalog.find(", policy:"),
                  ", alerts: none");
  journal_.Catalog(kMidnight + hours(3) + minutes(3), catalog);
  Requests(kMidnight + hours(3) + minutes(3), kMidnight + hours(3) + minutes(6), 300, 150);
  size_t resolved = 0;
  for (const AlertRecord& alert : Judged().alerts) resolved += alert.end.has_value();
  EXPECT_EQ(resolved, 3u);
  EXPECT_EQ(Shop().pages_open, 0);
}

TEST_F(ServiceJudgeTest, WhoBurnsIsCountedOnce) {
  journal_.Catalog(kMidnight, kSlo);
  Requests(kMidnight, kMidnight + hours(3), 300, 0);
  Requests(kMidnight + hours(3), kMidnight + hours(3) + minutes(2), 300, 150);
  ASSERT_EQ(Judged().Stories("shop"), Stories{"alert_firing page"});
  const std::vector<Contributor> top = Shop().slos.at(0).contributors;
  ASSERT_FALSE(top.empty());
  EXPECT_EQ(top[0].label + "=" + top[0].value, "code=500");
  EXPECT_EQ(top[0].share, 1);
  // Two minutes of halves after a long clean time, of which half the weight is kept each hour.
  EXPECT_LT(top[0].of_all, 0.02);
  EXPECT_GT(top[0].of_all, 0.005);
}

TEST_F(ServiceJudgeTest, APushedSeriesThatIsBornLateCountsFromZero) {
  journal_.Catalog(kMidnight, kSlo);
  const auto at = [](int minute) { return kMidnight + minutes(minute); };
  const std::string good = "req_total{job=\"a\",instance=\"1\",code=\"200\"}";
  const std::string born = "req_total{job=\"a\",instance=\"1\",code=\"500\"}";
  const std::string other = "req_total{job=\"a\",instance=\"2\",code=\"200\"}";
  journal_.Push(at(1), {{good, at(1), 1000}});
  // Fifty errors at once, and a process that nobody saw before; a sample that comes late.
  journal_.Push(at(2), {{good, at(2), 1100}, {born, at(2), 50}});
  journal_.Push(at(2), {{other, at(2), 7000}, {good, at(1), 1000}});
  EXPECT_TRUE(Judged().alerts.empty());
  EXPECT_EQ(Shop().slos.at(0).budget.sum.total, 150);
  EXPECT_EQ(Shop().slos.at(0).budget.sum.good, 100);
}

TEST_F(ServiceJudgeTest, SlicesBecomePointsOnceTheyAreOver) {
  journal_.Catalog(kMidnight, kSlo);
  Requests(kMidnight, kMidnight + minutes(1), 300, 3);
  journal_.Tick(kMidnight + minutes(1));
  std::map<double, std::string> slices;  // a point that is put again replaces the one before
  for (const DerivedPoint& point : Judged().points) {
    if (point.kind != 's') continue;
    EXPECT_EQ(point.name, "shop/availability");
    ByteReader value(point.value);
    const double good = value.Double();
    const double total = value.Double();
    slices[ToSeconds(point.time - kMidnight)] =
        fmt::format("{}/{} {}", good, total, value.Double());
  }
  // Samples at 0, 15, 30 and 45 seconds; a slice holds what comes at its end.
  EXPECT_EQ(slices, (std::map<double, std::string>{{0, "0/0 10"},
                                                   {10, "297/300 10"},
                                                   {20, "297/300 10"},
                                                   {30, "0/0 10"},
                                                   {40, "297/300 5"}}));
}

}  // namespace
}  // namespace kizashi
