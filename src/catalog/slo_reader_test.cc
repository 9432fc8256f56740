#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "catalog/load_test_support.h"
#include "catalog/slo_alerts.h"
#include "catalog/slo_writer.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A service `shop` of Tokyo's team whose one SLO has these lines.
std::string Shop(std::string_view slo) {
  std::string out =
      "team: {name: shop-team, time_zone: Asia/Tokyo}\n---\nservice:\n  name: shop\n"
      "  owner: shop-team\n  slo:\n    target: 99.9%\n";
  while (!slo.empty()) {
    const size_t end = std::min(slo.find('\n'), slo.size());
    out += "    " + std::string(slo.substr(0, end)) + "\n";
    slo.remove_prefix(std::min(end + 1, slo.size()));
  }
  return out;
}

constexpr std::string_view kCounts = "good: ok{job=\"shop\"}\ntotal: all{job=\"shop\"}\n";

SloSpec Read(std::string_view lines) {
  const CatalogLoad load = LoadCatalog({{"a.yaml", Shop(lines)}});
  for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
  if (load.catalog == nullptr) return {};
  return load.catalog->FindService("shop")->slos.at(0);
}

std::string ErrorOf(std::string_view lines) { return Error(Shop(lines)); }
std::string WithCounts(std::string_view lines) { return std::string(kCounts) + std::string(lines); }

/// Reading what is written gives the same.
void ExpectRoundTrip(const SloSpec& slo) {
  const std::string text = WriteYaml(ServiceTree("shop", {slo}));
  const std::string team = "---\nteam: {name: shop-team, time_zone: Asia/Tokyo}\n";
  const CatalogLoad load = LoadCatalog({{"a.yaml", text + team}});
  ASSERT_THAT(load.errors, IsEmpty()) << text << load.errors[0].ToString();
  EXPECT_EQ(load.catalog->FindService("shop")->slos.at(0), slo)
      << text << FormatSlo(load.catalog->FindService("shop")->slos.at(0));
}

std::vector<std::string> Texts(const std::vector<Selector>& selectors) {
  std::vector<std::string> out;
  out.reserve(selectors.size());
  for (const Selector& selector : selectors) out.push_back(FormatSelector(selector));
  return out;
}

TEST(SloReader, EventsAreAnyTwo) {
  SloSpec slo =
      Read("bad: ['bad{a=\"1\"}', 'bad{a=\"2\"}']\ntotal: {of: all, less: [health, probe]}\n");
  EXPECT_EQ(slo.indicator.kind, Indicator::Kind::kEvents);
  EXPECT_THAT(Texts(slo.indicator.bad.counters), ElementsAre("bad{a=\"1\"}", "bad{a=\"2\"}"));
  EXPECT_THAT(Texts(slo.indicator.total.less), ElementsAre("health", "probe"));
  ExpectRoundTrip(slo);
  slo = Read("good: {promql: 'sum(rate(x[$window]))'}\nbad: b\n");
  EXPECT_EQ(slo.indicator.good.promql, "sum(rate(x[$window]))");
  ExpectRoundTrip(slo);
}

TEST(SloReader, EveryIndicatorRoundTrips) {
  for (const std::string_view lines :
       {"latency: {histogram: 'h{job=\"shop\"}', below: 300ms}",
        "latency: {histogram: h, below: 0.0005}", "samples: {of: up, is: \">= 1\"}",
        "samples: {of: [a, b], is: \"!= -1.5e3\"}", "slice: {of: lag, is: \"< 0.5\"}",
        "slice: {promql: max(lag), is: \"<= 5\"}", "ratio: {bad: '1 - x'}", "ratio: {good: x}",
        "freshness: {of: last, within: 1h}", "deadline: {of: done, by: \"06:00\"}",
        ("deadline: {of: done, by: \"23:59\", started_within: 8h, days: [mon, sun], "
         "time_zone: Europe/Berlin}"),
        "journey: {missing: bad}", "good: a\ntotal: b\ndependency: bank"}) {
    ExpectRoundTrip(Read(lines));
  }
  const Indicator deadline =
      Read("deadline: {of: done, by: \"06:30\", days: [fri, tue]}").indicator;
  EXPECT_EQ(deadline.by, std::chrono::minutes(390));
  EXPECT_THAT(deadline.days, ElementsAre(2, 5));
  EXPECT_EQ(deadline.time_zone, "Asia/Tokyo") << "the owner's";
  EXPECT_EQ(Read("latency: {histogram: h, below: 300ms}").indicator.bound, 0.3);
}

TEST(SloReader, Windows) {
  EXPECT_EQ(Read(kCounts).window, BudgetWindow::Rolling(std::chrono::days(30)));
  SloSpec slo = Read(WithCounts("window: month"));
  EXPECT_EQ(slo.window.unit, BudgetWindow::Unit::kMonth);
  EXPECT_EQ(slo.window.time_zone, "Asia/Tokyo");
  ExpectRoundTrip(slo);
  slo =
      Read(WithCounts("window: {calendar: week, count: 2, time_zone: UTC, "
                      "start: 2026-01-05T00:00:00Z}"));
  EXPECT_EQ(slo.window.count, 2);
  EXPECT_EQ(slo.window.time_zone, "UTC");
  ExpectRoundTrip(slo);
}

TEST(SloReader, BudgetingAndAlerts) {
  SloSpec slo = Read(WithCounts(
      "budgeting: {timeslices: 95%, every: 5m}\ninterval: 30s\nevidence: false\nalerts:\n"
      "  - {severity: page, long: 1h, short: 5m, burn: 14.4, for: 2m, name: fast}\n"
      "  - {severity: ticket, long: 3d, short: 6h, burn: 1}\n"));
  EXPECT_EQ(slo.budgeting.target, 0.95);
  ASSERT_EQ(slo.alerting.pairs.size(), 2u);
  EXPECT_EQ(slo.alerting.pairs[0].hold, std::chrono::minutes(2));
  EXPECT_EQ(PairName(slo.alerting.pairs[1]), "ticket 3d/6h");
  ExpectRoundTrip(slo);
  ExpectRoundTrip(Read(WithCounts("budgeting: {ratio_timeslices: 10m}\nalerts: none")));
  EXPECT_EQ(Read(WithCounts("budgeting: occurrences\nalerts: workbook")), Read(kCounts));
}

TEST(SloReader, PolicyChangesAndAgreement) {
  const SloSpec slo = Read(WithCounts(
      "title: Shop is there\ndescription: |\n  Two\n  lines\npolicy:\n"
      "  - {spent: 50%, do: tell}\n  - {spent: 100%, do: hold, text: No releases}\n"
      "  - {burn: 3, over: 7d, do: ticket}\n"
      "overrides: [{until: 2026-02-01T00:00:00+09:00, reason: fair, author: hanako}]\n"
      "exclude:\n"
      "  - {from: 2026-01-01T00:00:00Z, to: 2026-01-01T02:00:00Z, reason: move, author: jiro}\n"
      "  - {from: 2026-01-04T17:00:00Z, for: 2h, repeat: FREQ=WEEKLY;BYDAY=MO, reason: r, "
      "author: a}\n"
      "adjust: [{at: 2026-01-02T00:00:00Z, minutes: -2.5, reason: r, author: a}]\n"
      "agreement: {owner: shop-team, approver: hanako, approved: 2026-01-31, review: 2026-07-31}\n"
      "labels: {env: prod, \"n\": \"1\"}\nannotations: {x/y: ''}\n"));
  EXPECT_EQ(slo.description, "Two\nlines");
  ASSERT_EQ(slo.policy.size(), 3u);
  EXPECT_EQ(slo.policy[1].action, PolicyStep::Action::kHold);
  EXPECT_EQ(slo.policy[2].over, std::chrono::days(7));
  ASSERT_EQ(slo.changes.size(), 3u);
  EXPECT_EQ(slo.changes[1].time_zone, "Asia/Tokyo");
  EXPECT_EQ(slo.changes[1].end - slo.changes[1].begin, std::chrono::hours(2));
  EXPECT_EQ(slo.changes[2].minutes, -2.5);
  EXPECT_EQ(slo.agreement.approver, "hanako");
  ExpectRoundTrip(slo);
}

TEST(SloReader, EachIndicatorAloneAndWhole) {
  EXPECT_EQ(ErrorOf("good: a"),
            "a.yaml:7:5: slo.total: found nothing, expected a selector such as "
            "http_requests_total{code!~\"5..\"}");
  EXPECT_THAT(ErrorOf("good: a\nbad: b\ntotal: c"), HasSubstr("expected two of the three"));
  EXPECT_THAT(ErrorOf("good: a\ntotal: b\nlatency: {histogram: h, below: 1s}"),
              HasSubstr("found latency beside good, expected one indicator"));
  EXPECT_THAT(ErrorOf("latency: {histogram: h_bucket, below: 1s}"),
              HasSubstr("the histogram's name without _bucket"));
  EXPECT_THAT(ErrorOf("samples: {of: up, is: 1}"), HasSubstr("a comparison with a number"));
  EXPECT_THAT(ErrorOf("deadline: {of: up, by: \"25:00\"}"), HasSubstr("a time of day"));
  EXPECT_THAT(ErrorOf("deadline: {of: up, by: \"05:00\", days: [mon, mon]}"),
              HasSubstr("each day once"));
  EXPECT_THAT(ErrorOf("good: {promql: a, of: b}\ntotal: c"), HasSubstr("either promql, or of"));
  EXPECT_THAT(ErrorOf("ratio: {}"), HasSubstr("either good or bad"));
}

TEST(SloReader, WindowsAndAlertsThatCannotBe) {
  EXPECT_THAT(ErrorOf(WithCounts("window: 30m")), HasSubstr("from 1h to 366d"));
  EXPECT_THAT(ErrorOf(WithCounts("window: {calendar: quarter, count: 5}")),
              HasSubstr("at most a year"));
  EXPECT_THAT(ErrorOf(WithCounts("interval: 7m")), HasSubstr("divides an hour"));
  EXPECT_THAT(ErrorOf(WithCounts("budgeting: {timeslices: 95%, every: 90s}")),
              HasSubstr("a multiple of the interval, 1m"));
  EXPECT_THAT(ErrorOf(WithCounts("alerts: [{severity: page, long: 5m, short: 5m, burn: 2}]")),
              HasSubstr("less than the long window, 5m"));
  EXPECT_EQ(ErrorOf(WithCounts("alerts:\n  - {severity: page, long: 1h, short: 5m, burn: 1001}")),
            "a.yaml:11:53: slo.alerts[0].burn: found '1001', expected below 1000: a full "
            "outage burns at 1 / (1 - 0.999) = 1000, never above 1001");
  EXPECT_THAT(ErrorOf(WithCounts("alerts: [{severity: page, long: 1h, short: 5m, burn: 2}, "
                                 "{severity: page, long: 1h, short: 5m, burn: 3}]")),
              HasSubstr("a second pair named 'page 1h/5m'"));
}

TEST(SloReader, WorkbookPairsOfLooseTargetsAreLeftOutWithAWarning) {
  std::string text = Shop(kCounts);
  text.replace(text.find("99.9%"), 5, "90%");
  const CatalogLoad load = LoadCatalog({{"a.yaml", text}});
  ASSERT_NE(load.catalog, nullptr);
  ASSERT_EQ(load.warnings.size(), 1u);
  EXPECT_EQ(load.warnings[0].ToString(),
            "a.yaml:7:5: slo.alerts: warning: the workbook's pair page 1h/5m is left out: "
            "a full outage burns at 1 / (1 - 0.9) = 10, never above 14.4");
  EXPECT_EQ(ReachablePairs(load.catalog->services()[0].slos[0]).size(), 2u);
}

TEST(SloReader, GovernanceErrorsAllAtOnce) {
  const auto errors = Errors(Shop(
      WithCounts("policy: [{do: tell}, {spent: 0%, do: panic}, {burn: 1, do: tell}]\n"
                 "exclude: [{from: yesterday, for: 1h, repeat: FREQ=HOURLY, reason: r, author: a}, "
                 "{from: 2026-01-01T00:00:00Z, reason: r, author: a}]\n"
                 "agreement: {owner: nobody, approved: 2026-02-01, review: 2026-02-30}\n")));
  EXPECT_EQ(errors.size(), 10u) << testing::PrintToString(errors);
}

TEST(SloReader, MembersAreResolved) {
  const std::string pay = "---\nservice: {name: pay, slo: {target: 99, good: a, total: b}}\n";
  const CatalogLoad load =
      LoadCatalog({{"a.yaml", Shop("composite: {members: [{service: Pay, weight: 2}]}") + pay}});
  ASSERT_NE(load.catalog, nullptr) << load.errors[0].ToString();
  const SloSpec slo = load.catalog->FindService("shop")->slos.at(0);
  EXPECT_EQ(slo.indicator.members.at(0), (SloMember{"pay", "", 2}));
  EXPECT_THAT(
      Error(Shop("composite: {members: [{service: pay, slo: availabilty}]}") + pay),
      HasSubstr(
          "found 'availabilty', expected the name of an SLO of pay; did you mean 'availability'?"));
  EXPECT_THAT(ErrorOf("composite: {members: [{service: gone}]}"),
              HasSubstr("found 'gone', expected the name of a service of this catalog"));
  EXPECT_THAT(ErrorOf("composite: {members: [{service: shop}]}"),
              HasSubstr("SLOs in a circle (availability -> availability)"));
}

TEST(SloReader, ExpressionsAreCheckedByTheCheck) {
  const ExpressionCheck check = [](std::string_view text) {
    return text == "good" ? std::nullopt : std::optional(ExpressionError{3, "3: unexpected end"});
  };
  EXPECT_NE(LoadCatalog({{"a.yaml", Shop("ratio: {good: good}")}}, check).catalog, nullptr);
  const CatalogLoad load = LoadCatalog({{"a.yaml", Shop("ratio: {good: sum(}")}}, check);
  ASSERT_EQ(load.errors.size(), 1u);
  EXPECT_EQ(load.errors[0].ToString(),
            "a.yaml:8:21: slo.ratio.good: found 'sum(', expected PromQL that can be read: "
            "3: unexpected end");
}

TEST(SloReader, EveryFieldIsPartOfTheVersion) {
  const auto version = [](std::string_view lines) {
    const CatalogLoad load = LoadCatalog({{"a.yaml", Shop(WithCounts(lines))}});
    return load.catalog == nullptr ? 0 : load.catalog->version();
  };
  const uint64_t plain = version("");
  EXPECT_EQ(version(""), plain);
  for (const std::string_view lines :
       {"title: x", "description: x", "evidence: false", "alerts: none",
        "policy: [{spent: 50%, do: tell}]", "labels: {a: b}", "annotations: {a: b}",
        "agreement: {approver: x}", "interval: 30s", "window: month",
        "adjust: [{at: 2026-01-02T00:00:00Z, minutes: 1, reason: r, author: a}]",
        "overrides: [{until: 2026-01-02T00:00:00Z, reason: r, author: a}]"}) {
    EXPECT_NE(version(lines), plain) << lines;
  }
}

TEST(SloAlerts, PercentsAreExact) {
  EXPECT_EQ(ExactPercent(0.999), "99.9");
  EXPECT_EQ(ExactPercent(0.99999), "99.999");
  EXPECT_EQ(ExactPercent(0.5), "50");
  EXPECT_EQ(ExactPercent(0.07), "7");
  EXPECT_EQ(ExactPercent(0.001), "0.1");
  EXPECT_EQ(ExactPercent(0.9999999999999999), "99.99999999999999");
  EXPECT_EQ(ExactPercent(1.25e-09), "0.000000125");
  EXPECT_EQ(ExactPercent(1), "100");
  EXPECT_EQ(ExactPercent(1.5), "150");
}

TEST(SloAlerts, SharesOfTheWorkbook) {
  const auto pairs = WorkbookPairsOf(std::chrono::days(30));
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_NEAR(SpentByPair(pairs[0], std::chrono::days(30)), 0.02, 1e-12);
  EXPECT_NEAR(SpentByPair(pairs[1], std::chrono::days(30)), 0.05, 1e-12);
  EXPECT_NEAR(SpentByPair(pairs[2], std::chrono::days(30)), 0.10, 1e-12);
}

}  // namespace
}  // namespace kizashi
