#include "act/report/slo_report.h"

#include <gtest/gtest.h>

#include "act/report/slo_review.h"
#include "act/report/test_golden.h"
#include "act/test_support.h"
#include "act/test_text.h"
#include "base/bytes.h"
#include "store/test_points.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kUntil = *ParseTime("2026-11-24T00:00:00Z");

constexpr std::string_view kYaml = R"yaml(
service:
  name: shop
  title: Shop | front
  owner: shop-team
  slo:
    - name: availability
      target: 99
      window: 30d
      good: good
      total: total
      policy:
        - {spent: 50%, do: tell, text: Talk about it}
        - {spent: 100%, do: hold, text: "Only <b>fixes</b>"}
      overrides: [{until: "2026-11-25T00:00:00Z", reason: The fix itself, author: aiko}]
      exclude:
        - {from: "2026-11-20T01:00:00Z", for: 1h, reason: Moved the rack, author: aiko}
        - {from: "2020-01-01T00:00:00Z", for: 1h, reason: Long ago, author: aiko}
      adjust: [{at: "2026-11-19T00:00:00Z", minutes: 3, reason: Probe was wrong, author: aiko}]
      agreement: {approver: aiko, approved: "2026-01-01", review: "2026-06-30"}
    - {name: slices, target: 95, window: 7d, good: good, total: total, budgeting: {timeslices: 99%, every: 1h}}
---
service: {name: quiet, owner: quiet-team, slo: {target: 99.9, good: good, total: total}}
---
team: {name: shop-team, title: Shop team, time_zone: Asia/Tokyo, members: [aiko]}
---
team: {name: quiet-team}
---
person: {name: aiko}
)yaml";

/// A week of 100 events every ten seconds of each hour's first minute: all good but for an hour
/// that is excluded, one in which half fail and one in which one in fifty does.
class SloReportTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = folder_.OpenRecords();
    const CatalogLoad load = LoadCatalog({{"catalog.yaml", std::string(kYaml)}});
    for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
    snapshot_.catalog = load.catalog;
    snapshot_.now = kUntil;
    for (const Service& service : load.catalog->services()) {
      ServiceSnapshot one;
      one.name = service.name;
      one.title = service.title;
      one.owner = service.owner;
      for (const SloSpec& spec : service.slos) one.slos.push_back(Slo(service, spec));
      snapshot_.services.push_back(std::move(one));
    }
    for (const char* name : {"shop/availability", "shop/slices"}) PutWeek(name);
    AlertRecord page = ShopAlert();
    page.end = page.begin + minutes(65);
    page.fields.emplace_back("burned_by", "version=1.4 (92 %)");
    page.fields.emplace_back("dependency", "bank");
    AlertRecord silent = ShopAlert();
    silent.id = "silent";
    silent.severity = Severity::kTicket;
    silent.fields = {{"code", "no_data"}};
    AlertRecord other = ShopAlert();
    other.id = "other";
    other.slo = "another";
    ASSERT_TRUE(store_->Apply({{}, {page, silent, other}, {}}).ok());
  }

  SloSnapshot Slo(const Service& service, const SloSpec& spec) {
    SloSnapshot slo;
    slo.spec = &spec;
    if (service.name == "quiet") return slo;
    slo.state = SloState::kOk;
    slo.first = kUntil - hours(24 * 40);
    slo.budget.remaining_share = 0.25;
    for (const PolicyStep& step : spec.policy) {
      slo.policy.push_back({step, kUntil - hours(5), nullptr});
    }
    if (!slo.policy.empty()) slo.policy.back().overridden = &spec.overrides.front();
    auto curve = std::make_shared<SloCurve>();
    curve->points = {{kUntil - hours(72), 0.75, 0, {}}, {kUntil - hours(48), 0.5, 0, {}}};
    slo.curve = std::move(curve);
    return slo;
  }

  void PutWeek(const std::string& name) {
    std::vector<DerivedPoint> points;
    for (Time hour = kUntil - hours(24 * 7); hour < kUntil; hour += hours(1)) {
      const bool excluded = hour == *ParseTime("2026-11-20T01:00:00Z");
      const bool half = hour == *ParseTime("2026-11-22T16:00:00Z");  // the 23rd in Tokyo
      const bool some = hour == *ParseTime("2026-11-21T03:00:00Z");
      for (Time at = hour; at < hour + hours(1); at += minutes(10)) {
        ByteWriter value;
        value.Double(excluded ? 0 : half ? 50 : some ? 98 : 100);
        value.Double(100);
        value.Double(600);
        points.push_back({'s', name, at, value.Take()});
      }
    }
    ASSERT_TRUE(points_.PutPoints(points).ok());
  }

  std::string Report(const std::string& team, const std::string& language, Time until = kUntil,
                     bool quarter = false, bool html = false) {
    SloReportOptions options{team, language, quarter, until, kUntil, {}};
    const auto report = MakeSloReport(snapshot_, *store_, points_, options);
    EXPECT_TRUE(report.ok()) << Message(report.status());
    if (!report.ok()) return "";
    return html ? report->document.Html(language) : report->document.Markdown();
  }

  TempFolder folder_;
  std::unique_ptr<RecordStore> store_;
  PointsOnly points_;
  Snapshot snapshot_;
};

TEST_F(SloReportTest, AWeekInEnglish) {
  ExpectGolden("slo_week.en.md", Report("shop-team", "en"));
  ExpectGolden("slo_week.en.html", Report("shop-team", "en", kUntil, false, true));
}

TEST_F(SloReportTest, AWeekInJapanese) {
  ExpectGolden("slo_week.ja.md", Report("shop-team", "ja"));
  ExpectGolden("slo_week.ja.html", Report("shop-team", "ja", kUntil, false, true));
}

TEST_F(SloReportTest, AQuarterOfAllTeams) {
  const std::string report = Report("", "en", kUntil, true);
  ExpectGolden("slo_quarter.en.md", report);
  EXPECT_TRUE(Has(report, "24 Aug 2026 00:00 to 24 Nov 2026 00:00 (UTC)"));
  EXPECT_TRUE(Has(report, "## quiet-team"));
  ExpectGolden("slo_quarter.ja.md", Report("", "ja", kUntil, true));
}

TEST_F(SloReportTest, AQuarterEndsOnADayThatItsFirstMonthHas) {
  EXPECT_TRUE(Has(Report("quiet-team", "en", *ParseTime("2026-05-31T00:00:00Z"), true),
                  "28 Feb 2026 00:00 to 31 May 2026 00:00 (UTC)"));
}

TEST_F(SloReportTest, ThePastSaysWhatWasLeftThen) {
  EXPECT_TRUE(Has(Report("shop-team", "en", kUntil - hours(40)), "| 50.0% (30d) |"));
  EXPECT_TRUE(Has(Report("shop-team", "en", kUntil - hours(60)), "| 75.0% (30d) |"));
  EXPECT_TRUE(Has(Report("shop-team", "en", kUntil - hours(90)), "| – |"));
}

TEST_F(SloReportTest, ATeamWithoutSlosIsToldSo) {
  EXPECT_EQ(Report("nobody", "en"),
            "# SLO review of 7 days: nobody\n\n"
            "17 Nov 2026 00:00 to 24 Nov 2026 00:00 (UTC)\n\nNo SLO yet.\n");
  EXPECT_TRUE(OwnsSlos(snapshot_, "shop-team"));
  EXPECT_FALSE(OwnsSlos(snapshot_, "nobody"));
}

TEST_F(SloReportTest, EndsWhenItTakesTooLong) {
  std::vector<DerivedPoint> points;
  for (int i = 0; i < 10'000; ++i)
    points.push_back({'s', "shop/availability", kUntil - seconds(10 * i + 10), ""});
  ASSERT_TRUE(points_.PutPoints(points).ok());
  SloReportOptions options{"", "en", false, kUntil, kUntil, [] { return false; }};
  const auto report = MakeSloReport(snapshot_, *store_, points_, options);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(SloReportTest, SlicesOfTheBudgetingMethodCountWhole) {
  const SloPeriod period{kUntil - hours(24 * 7), kUntil, kUntil, "UTC"};
  const auto review =
      ReviewSlo(snapshot_.services[1], snapshot_.services[1].slos[1], points_, period, {});
  ASSERT_TRUE(review.ok());
  EXPECT_EQ(review->all.total, 24 * 7);
  // The excluded hour is not excluded here: it, the half and the one in fifty are bad.
  EXPECT_EQ(review->all.good, 24 * 7 - 3);
}

}  // namespace
}  // namespace kizashi
