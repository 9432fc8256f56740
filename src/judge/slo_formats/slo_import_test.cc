#include "judge/slo_formats/slo_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/openslo.h"
#include "judge/slo_formats/pyrra.h"
#include "judge/slo_formats/sloth.h"
#include "judge/slo_formats/test_support.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Counters(std::string_view expression, const CounterReading& reading = {}) {
  const auto found = FindCounters(expression, reading);
  if (!found) return "none";
  std::string out;
  for (const Selector& one : found->count.counters) out += "+" + FormatSelector(one);
  for (const Selector& one : found->count.less) out += "-" + FormatSelector(one);
  return out + (found->grouped ? " grouped" : "");
}

TEST(Expression, FindsCountersInSumsAndDifferences) {
  EXPECT_EQ(Counters("sum(rate(a{x=\"1\"}[$window]))"), "+a{x=\"1\"}");
  EXPECT_EQ(Counters("(sum(increase(a[$window])) + sum(rate(b[$window]))) - sum(rate(c[$window]))"),
            "+a+b-c");
  EXPECT_EQ(Counters("sum(rate(a[$window])) - (sum(rate(b[$window])) - sum(rate(c[$window])))"),
            "+a+c-b");
  EXPECT_EQ(Counters("sum by (job) (rate(a[$window]))"), "+a grouped");
  EXPECT_EQ(Counters("rate(a[$window])"), "+a grouped");
  EXPECT_EQ(Counters("sum(rate(a[$window])) or vector(0)"), "+a");
  EXPECT_EQ(Counters("sum(rate({__name__=\"a\",b=~\"c.*\"}[$window])) OR on() vector(0)"),
            "+a{b=~\"c.*\"}");
}

TEST(Expression, LeavesWhatIsNoCounter) {
  for (const std::string_view text :
       {"sum(rate(a[5m]))", "avg(rate(a[$window]))", "sum(irate(a[$window]))",
        "sum(rate(a[$window] offset 1h))", "sum(rate(a[$window])) * 2", "sum(a)", "vector(1)",
        "sum(rate(a[$window])) or vector(1)", "sum(rate(a[$window]) + rate(b[$window]))",
        "-sum(rate(a[$window]))", "0 - sum(rate(a[$window]))", "sum("}) {
    EXPECT_EQ(Counters(text), "none") << text;
  }
  EXPECT_EQ(Counters("sum(a) - sum(b)", {.bare = true}), "+a-b");
  EXPECT_EQ(Counters("sum(rate(a[5m]))", {.any_range = true}), "+a");
}

TEST(Expression, ChecksWithTheWindow) {
  EXPECT_EQ(CheckSloExpression("sum(rate(a[$window]))"), std::nullopt);
  EXPECT_EQ(CheckSloExpression("max_over_time(a[$window:1m])"), std::nullopt);
  const auto error = CheckSloExpression("sum(rate(a[$window])");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->column, 0) << "behind $window columns are not those of the text";
  EXPECT_EQ(CheckSloExpression("sum(\"a\")")->column, 5);
  EXPECT_THAT(CheckSloExpression("a[$window]")->message, HasSubstr("it gives a range vector"));
  EXPECT_EQ(FromTemplateWindow("a[{{.window}}] b[{{ .window }}] {{x}}"),
            "a[$window] b[$window] {{x}}");
}

TEST(SlothImport, WindowsOfAPeriod) {
  const auto pairs = SlothPairs(days(30), SlothWindows());
  ASSERT_EQ(pairs.size(), 4u);
  EXPECT_EQ(pairs[0].factor, 14.4);
  EXPECT_EQ(pairs[1].factor, 6);
  EXPECT_EQ(pairs[2].factor, 3);
  EXPECT_EQ(pairs[3].factor, 1);
  EXPECT_EQ(pairs[3].long_window, days(3));
  EXPECT_EQ(pairs[2].severity, Severity::kTicket);
}

constexpr std::string_view kSloth =
    "version: prometheus/v1\nservice: s\nslos:\n- name: a\n  objective: 99.9\n  sli:\n"
    "    events:\n      error_query: sum(rate(b[{{.window}}]))\n"
    "      total_query: sum(rate(t[{{.window}}]))\n";

TEST(SlothImport, OwnAlertWindowsGiveThePeriod) {
  const SloImport import =
      ImportFine(std::string(kSloth) +
                 "---\napiVersion: sloth.slok.dev/v1\nkind: AlertWindows\nspec:\n  sloPeriod: 7d\n"
                 "  page:\n    quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}\n"
                 "    slow: {errorBudgetPercent: 12.5, shortWindow: 30m, longWindow: 6h}\n"
                 "  ticket:\n    quick: {errorBudgetPercent: 20, shortWindow: 2h, longWindow: 1d}\n"
                 "    slow: {errorBudgetPercent: 42, shortWindow: 6h, longWindow: 3d}\n");
  ASSERT_EQ(import.slos.size(), 1u);
  const SloSpec& slo = import.slos[0].slo;
  EXPECT_EQ(slo.window.length, days(7));
  ASSERT_EQ(slo.alerting.pairs.size(), 4u);
  EXPECT_NEAR(slo.alerting.pairs[0].factor, 13.44, 1e-12);
  EXPECT_NEAR(slo.alerting.pairs[3].factor, 0.98, 1e-12);
}

TEST(SlothImport, ErrorsHaveTheirPlaces) {
  EXPECT_THAT(ErrorsOf("version: prometheus/v1\nservice: s\nslos:\n- name: a\n  objective: 100\n"
                       "  sli:\n    events:\n      error_query: sum(\n"),
              ElementsAre(HasSubstr("a.yaml:5:14: slos[0].objective: found '100'"),
                          HasSubstr("a.yaml:8:7: slos[0].sli.events.total_query: found nothing"),
                          HasSubstr("a.yaml:8:20: slos[0].sli.events.error_query: found 'sum('")));
}

TEST(SlothImport, SaysWhatItsBudgetIs) {
  EXPECT_THAT(WarningsOf(std::string(kSloth)),
              ElementsAre(HasSubstr("a.yaml:4:1: slos: warning: Sloth's budget of the period is "
                                    "the mean of the ratios of 5 minutes")));
}

TEST(PyrraImport, WindowsScaleFrom28Days) {
  const auto pairs = PyrraPairs(days(28));
  ASSERT_EQ(pairs.size(), 4u);
  EXPECT_EQ(pairs[0],
            (BurnPair{"fast-burn", Severity::kPage, hours(1), minutes(5), 14, minutes(2)}));
  EXPECT_EQ(pairs[1],
            (BurnPair{"medium-burn", Severity::kPage, hours(6), minutes(30), 7, minutes(15)}));
  EXPECT_EQ(pairs[2], (BurnPair{"slow-burn", Severity::kTicket, days(1), hours(2), 2, hours(1)}));
  EXPECT_EQ(pairs[3],
            (BurnPair{"long-term-burn", Severity::kTicket, days(4), hours(6), 1, hours(3)}));
  EXPECT_EQ(PyrraPairs(days(7))[0].long_window, minutes(15));
  for (const BurnPair& pair : PyrraPairs(hours(1))) EXPECT_LT(pair.short_window, pair.long_window);
}

std::string OpenSlo(std::string_view window, std::string_view more = "") {
  return fmt::format(
      "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: a}}\nspec:\n  service: s\n"
      "  indicator:\n    metadata: {{name: i}}\n    spec:\n      ratioMetric:\n"
      "        counter: true\n"
      "        good: {{metricSource: {{type: Prometheus, spec: {{query: sum(g)}}}}}}\n"
      "        total: {{metricSource: {{type: Prometheus, spec: {{query: sum(t)}}}}}}\n"
      "  budgetingMethod: Occurrences\n  objectives: [{{target: 0.99}}]\n  timeWindow:\n  - {}\n{}",
      window, more);
}

TEST(OpenSloImport, AMinuteThatMeansAMonth) {
  const std::string calendar = "{startTime: \"2024-01-01 00:00:00\", timeZone: UTC}";
  const SloImport import =
      ImportFine(OpenSlo("{duration: 1m, isRolling: false, calendar: " + calendar + "}"));
  ASSERT_EQ(import.slos.size(), 1u);
  EXPECT_EQ(import.slos[0].slo.window.unit, BudgetWindow::Unit::kMonth);
  ASSERT_FALSE(import.warnings.empty());
  EXPECT_EQ(import.warnings.back().ToString(),
            "a.yaml:16:16: spec.timeWindow[0].duration: warning: 1m is 1 minute in OpenSLO; no "
            "budget has so short a window, so it is read as 1M, months");
  EXPECT_EQ(ImportFine(OpenSlo("{duration: 1M, isRolling: true}")).slos[0].slo.window.length,
            days(30));
}

TEST(OpenSloImport, ConditionsOfTheWrongDirectionAndUnreachable) {
  const std::string policy =
      "  alertPolicies:\n  - kind: AlertPolicy\n    metadata: {name: p}\n    spec:\n"
      "      alertWhenBreaching: true\n      conditions:\n      - kind: AlertCondition\n"
      "        metadata: {name: fast}\n        spec:\n          severity: page\n"
      "          condition: {kind: burnrate, op: lte, threshold: 14.4, lookbackWindow: 1h, "
      "alertAfter: 2m}\n";
  const std::string text = OpenSlo("{duration: 30d, isRolling: true}", policy);
  const SloImport import = ImportFine(text);
  ASSERT_EQ(import.slos[0].slo.alerting.pairs.size(), 1u);
  EXPECT_EQ(import.slos[0].slo.alerting.pairs[0],
            (BurnPair{"fast", Severity::kPage, hours(1), minutes(5), 14.4, minutes(2)}));
  EXPECT_THAT(WarningsOf(text), Contains(HasSubstr("op: warning: lte would alert while the budget "
                                                   "burns slowly: it is read as gte")));
  std::string loose = text;
  loose.replace(loose.find("14.4"), 4, "101");
  EXPECT_THAT(WarningsOf(loose),
              Contains(HasSubstr("the alert fast is left out: a full outage burns at 1 / (1 - "
                                 "0.99) = 100, never above 101")));
}

TEST(OpenSloImport, ReferencesAreResolvedAmongTheFiles) {
  const std::string slo =
      "apiVersion: openslo.com/v2alpha\nkind: SLO\nmetadata: {name: a}\nspec:\n  serviceRef: s\n"
      "  sliRef: i\n  budgetingMethod: RatioTimeslices\n"
      "  objectives: [{target: 0.99, timeSliceWindow: 5m}]\n"
      "  timeWindow: [{duration: 4w, isRolling: true}]\n  alertPolicies: [{alertPolicyRef: p}]\n";
  EXPECT_THAT(ErrorsOf(slo), Contains(HasSubstr("found 'i', expected the name of an SLI")));
  EXPECT_THAT(ErrorsOf(slo), Contains(HasSubstr("found 'p', expected the name of an AlertPolicy")));
  const SloImport import = ImportFine(
      slo +
      "---\napiVersion: openslo.com/v2alpha\nkind: SLI\nmetadata: {name: i}\nspec:\n"
      "  ratioMetric: {counter: true, bad: {dataSourceRef: d, spec: {query: b}}, "
      "total: {dataSourceRef: d, spec: {query: t}}}\n"
      "---\napiVersion: openslo.com/v2alpha\nkind: DataSource\nmetadata: {name: d}\n"
      "spec: {type: Prometheus}\n"
      "---\napiVersion: openslo.com/v2alpha\nkind: AlertPolicy\nmetadata: {name: p}\nspec:\n"
      "  conditions: [{conditionRef: c}]\n"
      "---\napiVersion: openslo.com/v2alpha\nkind: AlertCondition\nmetadata: {name: c}\nspec:\n"
      "  severity: ticket\n"
      "  condition: {kind: burnrate, op: gt, threshold: 1, lookbackWindow: 3d}\n");
  ASSERT_EQ(import.slos.size(), 1u);
  EXPECT_EQ(import.slos[0].slo.budgeting.method, Budgeting::Method::kRatioTimeslices);
  EXPECT_EQ(PairName(import.slos[0].slo.alerting.pairs.at(0)), "c");
}

TEST(SloImport, NothingElseIsTaken) {
  EXPECT_THAT(ErrorsOf(""), Contains(HasSubstr("expected SLOs of OpenSLO, Sloth, Pyrra")));
  EXPECT_THAT(ErrorsOf("groups: []"), Contains(HasSubstr("expected SLOs of OpenSLO")));
  EXPECT_THAT(ErrorsOf("- 1"), Contains(HasSubstr("a.yaml:1:3: [0]: found '1'")));
  EXPECT_THAT(ErrorsOf(std::string(kSloth) + "---\n" + std::string(kSloth)),
              ElementsAre(HasSubstr("found a second SLO 'a' of 's'")));
}

}  // namespace
}  // namespace kizashi
