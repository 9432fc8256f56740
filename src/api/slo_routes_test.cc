#include "api/slo_routes.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "api/openapi_check.h"
#include "base/bytes.h"
#include "catalog/load.h"
#include "catalog/test_folder.h"
#include "judge/test_journal.h"
#include "store/test_points.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

constexpr std::string_view kYaml = R"yaml(
service:
  name: shop
  title: Shop
  owner: shop-team
  slo:
    - name: availability
      title: Requests are answered
      target: 99
      window: 1d
      good: 'req_total{code!="500"}'
      total: req_total
      dependency: bank
      policy:
        - {spent: 50%, do: tell, text: Talk about it}
        - {spent: 100%, do: hold, text: Fixes only}
        - {burn: 2, over: 6h, do: ticket}
      exclude:
        - {from: "2025-12-31T22:00:00Z", for: 10m, reason: Moved the rack, author: aiko}
      adjust:
        - {at: "2026-01-01T00:05:00Z", minutes: 1, reason: Probe was wrong, author: aiko}
      agreement: {approver: aiko, approved: "2025-06-01", review: "2026-01-01"}
    - name: fast
      target: 95
      window: {calendar: month, time_zone: Asia/Tokyo}
      latency: {histogram: lat_seconds, below: 250ms}
---
service:
  name: quiet
  owner: quiet-team
  depends_on: [shop]
  slo:
    - {name: availability, target: 99.9, good: quiet_good, total: quiet_total}
    - {name: checkout, target: 99, journey: {}}
---
team: {name: shop-team, title: Shop team, time_zone: Asia/Tokyo, members: [aiko]}
---
team: {name: quiet-team}
---
person: {name: aiko}
)yaml";

/// Judges half an hour in which half of the requests fail at the end.
class SloRoutesTest : public testing::Test {
 protected:
  static constexpr Time kNow = kMidnight + std::chrono::minutes(30);

  SloRoutesTest() {
    records_ = *RecordStore::Open(folder_.name() + "/records.sqlite");
    TestJournal journal;
    const CatalogLoad load = LoadCatalog({{"catalog.yaml", std::string(kYaml)}});
    for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
    journal.Catalog(kMidnight, kYaml);
    double good = 0;
    double bad = 0;
    for (Time now = kMidnight; now <= kNow; now += std::chrono::seconds(15)) {
      good += 300;
      bad += now >= kMidnight + std::chrono::minutes(20) ? 300 : 0;
      journal.Scrape(now, "a",
                     {{R"(req_total{service="shop",code="200"})", good},
                      {R"(req_total{service="shop",code="500"})", bad},
                      {R"(lat_seconds_bucket{service="shop",le="0.2"})", good},
                      {R"(lat_seconds_bucket{service="shop",le="0.5"})", good + bad},
                      {R"(lat_seconds_bucket{service="shop",le="+Inf"})", good + bad}});
    }
    Judge judge(journal);
    const Told told = JudgeRest(journal, &judge);
    snapshot_ = std::make_shared<Snapshot>(judge.MakeSnapshot(7));
    EXPECT_TRUE(records_->Apply({told.anomalies, told.alerts, told.verdicts}).ok());
    EXPECT_TRUE(telemetry_.PutPoints(told.points).ok());
    routes_ = std::make_unique<SloRoutes>(
        SloRoutes::Parts{records_.get(), &telemetry_, &clock_, [this] { return snapshot_; }});
  }

  HttpResponse Get(const std::string& target) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/kizashi/v1" + target.substr(0, target.find('?'));
    if (const size_t at = target.find('?'); at != target.npos)
      request.query = target.substr(at + 1);
    EXPECT_TRUE(SloRoutes::IsMine(request.path)) << request.path;
    std::optional<HttpResponse> answer;
    routes_->Handle(request, [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(HttpResponse{});
  }
  /// The answer, which must have the shape of `operation`.
  std::string Good(const std::string& operation, const std::string& target) {
    const HttpResponse response = Get(target);
    EXPECT_EQ(response.status, 200) << target << response.body;
    EXPECT_EQ(openapi_.Problems(operation, 200, response.body), Strings{}) << response.body;
    return response.body;
  }

  const OpenApi openapi_;
  TestFolder folder_;
  ManualClock clock_{kNow};
  PointsOnly telemetry_;
  std::unique_ptr<RecordStore> records_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<SloRoutes> routes_;
};

TEST_F(SloRoutesTest, TheBoardHasEverySloTheWorstFirst) {
  const std::string body = Good("get /slos", "/slos");
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(body);
  Strings order;
  for (const auto slo : json["slos"]) {
    order.push_back(std::string(slo["service"]) + "/" + std::string(slo["name"]));
  }
  ASSERT_EQ(order.size(), 4u);
  EXPECT_EQ(order[0], "shop/availability");
  const simdjson::dom::element worst = json["slos"].at(0);
  EXPECT_EQ(std::string_view(worst["state"]), "paging");
  EXPECT_LT(double(worst["budget"]["remaining_share"]), 0);
  EXPECT_EQ(std::string_view(worst["team_title"]), "Shop team");
  EXPECT_EQ(std::string_view(worst["title"]), "Requests are answered");
  EXPECT_EQ(std::string_view(worst["window"]["text"]), "1d");
  EXPECT_EQ(std::string_view(worst["worst_burn"]["severity"]), "page");
  EXPECT_GT(double(worst["worst_burn"]["burn"]), double(worst["worst_burn"]["factor"]));
  EXPECT_GT(worst["firing"].get_array().size(), 0u);
  EXPECT_EQ(worst["policy"].get_array().size(), 3u);
  EXPECT_TRUE(bool(worst["hold"]));
  EXPECT_GT(worst["sparkline"].get_array().size(), 0u);
  for (size_t i = 1; i < order.size(); ++i) {
    const simdjson::dom::element slo = json["slos"].at(i);
    EXPECT_GE(double(slo["budget"]["remaining_share"]),
              double(json["slos"].at(i - 1)["budget"]["remaining_share"]));
    EXPECT_EQ(std::string_view(slo["agreement"]["state"]), "unapproved") << order[i];
    if (order[i] == "quiet/availability") {
      EXPECT_EQ(std::string_view(slo["state"]), "new");
    }
    if (order[i] != "shop/fast") continue;
    EXPECT_EQ(std::string_view(slo["window"]["text"]), "month");
    EXPECT_EQ(std::string_view(slo["window"]["time_zone"]), "Asia/Tokyo");
  }
}

TEST_F(SloRoutesTest, TheBoardIsFilteredAndItsTeamsAreNot) {
  EXPECT_FALSE(Has(Good("get /slos", "/slos?team=quiet-team"), R"("name":"fast")"));
  EXPECT_FALSE(Has(Good("get /slos", "/slos?state=new"), R"("name":"fast")"));
  EXPECT_TRUE(Has(Good("get /slos", "/slos?service=shop&state=paging"), "Requests are answered"));
  const std::string none = Good("get /slos", "/slos?team=nobody");
  EXPECT_TRUE(Has(none, R"("slos":[])")) << none;
  EXPECT_TRUE(Has(none, R"({"name":"shop-team","title":"Shop team","slos":2})")) << none;
}

TEST_F(SloRoutesTest, ANewSnapshotIsShownAtOnce) {
  EXPECT_TRUE(Has(Get("/slos").body, R"("version":7)"));
  auto next = std::make_shared<Snapshot>(*snapshot_);
  next->version = 8;
  snapshot_ = next;
  EXPECT_TRUE(Has(Get("/slos").body, R"("version":8)"));
  for (size_t i = 0; i <= SloRoutes::kBoardsKept; ++i) {
    EXPECT_TRUE(Has(Get("/slos?team=team-" + std::to_string(i)).body, R"("slos":[])"));
  }
  EXPECT_TRUE(Has(Get("/slos").body, R"("name":"fast")"));
}

TEST_F(SloRoutesTest, AReviewIsOverdueByTheOwnersDay) {
  // 2026-01-01 00:30 UTC is the same day in Tokyo, and 15:00 UTC the next one.
  EXPECT_TRUE(Has(Get("/slos?service=shop").body, R"("state":"approved")"));
  clock_.Set(kMidnight + std::chrono::hours(14));
  EXPECT_FALSE(Has(Get("/slos?service=shop").body, R"("state":"overdue")"));
  clock_.Set(kMidnight + std::chrono::hours(15));
  EXPECT_TRUE(Has(Get("/slos?service=shop").body, R"("state":"overdue")"));
}

TEST_F(SloRoutesTest, OneSloSaysEverything) {
  const std::string body = Good("get /slos/{service}/{slo}", "/slos/shop/availability");
  for (const char* part :
       {R"("counters":["req_total{code!=\"500\"}"])", R"("dependency":"bank")", R"("kind":"alert")",
        R"("code":"burn","severity":"page")", R"("kind":"exclusion")", R"("kind":"adjustment")",
        R"("reason":"Moved the rack")", R"("adjusted_minutes":1)",
        R"("label":"code","value":"500")", R"("action":"hold","condition":"100 % spent")",
        R"("known":true,"firing":true)"}) {
    EXPECT_TRUE(Has(body, part)) << part << " in " << body;
  }
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(body);
  EXPECT_GT(double(json["pairs"].at(0)["needed"]), 0);
  EXPECT_GT(json["curve"]["points"].get_array().size(), 0u);
  // Given back: with the minute more is left than without.
  EXPECT_GT(double(json["summary"]["budget"]["remaining_share"]),
            double(json["unchanged_remaining_share"]));
}

TEST_F(SloRoutesTest, ALatencySaysBetweenWhichBucketsItsBoundLies) {
  const std::string body = Good("get /slos/{service}/{slo}", "/slos/shop/fast");
  EXPECT_TRUE(Has(body, R"("bounds":{"at_most":0.2,"above":0.5})")) << body;
  EXPECT_TRUE(Has(body, R"("histogram":"lat_seconds")")) << body;
}

TEST_F(SloRoutesTest, AnEditIsToldWithWhatWasLeft) {
  const Verdict edit = {kNow, "slo_changed", "e1", "shop",
                        "availability remaining_share=0.25 good=1 total=2 was [a 0.9] is [b 0.99]"};
  const Verdict other = {kNow, "slo_changed", "e2", "shop", "fast remaining_share=1 was [] is []"};
  ASSERT_TRUE(records_->Apply({{}, {}, {edit, other}}).ok());
  const std::string body = Good("get /slos/{service}/{slo}", "/slos/shop/availability");
  EXPECT_TRUE(Has(body, R"("fields":{"was":"a 0.9","is":"b 0.99","remaining_share":0.25})"))
      << body;
  EXPECT_FALSE(Has(body, R"("id":"e2")"));
}

TEST_F(SloRoutesTest, AJourneyNamesItsSteps) {
  const std::string body = Good("get /slos/{service}/{slo}", "/slos/quiet/checkout");
  EXPECT_TRUE(Has(body, R"("members":[{"service":"quiet","slo":"availability","weight":1},)"
                        R"({"service":"shop","slo":"availability","weight":1}])"))
      << body;
}

TEST_F(SloRoutesTest, AnSloThatWasNeverMeasuredHasTheShapeToo) {
  const std::string body = Good("get /slos/{service}/{slo}", "/slos/quiet/availability");
  EXPECT_TRUE(Has(body, R"("first":null,"measured":null)")) << body;
  EXPECT_FALSE(Has(body, "NaN"));
}

TEST_F(SloRoutesTest, SlicesAddUpWhateverTheStep) {
  const auto sums = [&](const std::string& query) {
    const std::string body =
        Good("get /slos/{service}/{slo}/slices", "/slos/shop/availability/slices?" + query);
    simdjson::dom::parser parser;
    std::vector<double> sum(3);
    for (const auto slice : parser.parse(body)["slices"]) {
      for (size_t i = 0; i < 3; ++i) sum[i] += double(slice.at(i + 1));
    }
    return sum;
  };
  const std::string all = "start=2026-01-01T00:00:00Z&end=2026-01-01T00:30:00Z&step=";
  const auto fine = sums(all + "10");
  EXPECT_GT(fine[1], 0);
  EXPECT_LT(fine[0], fine[1]);
  EXPECT_EQ(sums(all + "60"), fine);
  EXPECT_EQ(sums(all + "1800"), fine);
  EXPECT_EQ(sums(""), fine) << "the last six hours";
  // A part of it: nothing failed in the first ten minutes.
  const auto part = sums("start=1767225600000&end=1767226200000&step=60");
  EXPECT_EQ(part[0], part[1]);
}

TEST_F(SloRoutesTest, HoldsAreForGates) {
  const std::string shop = Good("get /holds", "/holds?service=shop");
  EXPECT_TRUE(shop.starts_with(R"({"hold":true,"reasons":[{"service":"shop",)")) << shop;
  EXPECT_TRUE(Has(shop, R"("text":"Fixes only","overridden":null)")) << shop;
  EXPECT_EQ(Good("get /holds", "/holds?service=quiet"), R"({"hold":false,"reasons":[]})");
  EXPECT_EQ(Good("get /holds", "/holds"), shop);
  EXPECT_EQ(Get("/holds?service=shpo").status, 404);
}

TEST_F(SloRoutesTest, AHoldThatIsOverriddenIsSaidAndDoesNotHold) {
  auto snapshot = std::make_shared<Snapshot>(*snapshot_);
  const PolicyOverride override{kNow + std::chrono::hours(1), "The fix itself", "aiko"};
  for (ServiceSnapshot& service : snapshot->services) {
    for (SloSnapshot& slo : service.slos) {
      for (PolicyStatus& status : slo.policy) status.overridden = &override;
    }
  }
  snapshot_ = snapshot;
  const std::string body = Good("get /holds", "/holds?service=shop");
  EXPECT_TRUE(body.starts_with(R"({"hold":false,"reasons":[{)")) << body;
  EXPECT_TRUE(Has(body, R"("reason":"The fix itself","author":"aiko")")) << body;
  EXPECT_TRUE(Has(Good("get /slos", "/slos?service=shop"), R"("hold":false)"));
}

TEST_F(SloRoutesTest, TheReportIsOfATeamOrOfAll) {
  const std::string one = Good("get /slos/report", "/slos/report?team=shop-team");
  EXPECT_TRUE(Has(one, "# SLO review of 7 days: Shop team")) << one;
  EXPECT_TRUE(Has(one, R"(<html lang=\"en\">)")) << one;
  EXPECT_FALSE(Has(one, "quiet")) << one;
  const std::string all = Good(
      "get /slos/report", "/slos/report?period=quarter&language=ja&until=2026-01-01T00:30:00Z");
  EXPECT_TRUE(Has(all, "3 か月の SLO レビュー")) << all;
  EXPECT_TRUE(Has(all, "## quiet-team")) << all;
  EXPECT_EQ(Get("/slos/report?team=nobody").status, 404);
  for (const char* query : {"period=day", "language=de", "until=now"}) {
    EXPECT_EQ(Get(std::string("/slos/report?") + query).status, 400) << query;
  }
}

TEST_F(SloRoutesTest, WhatIsNotThereIs404AndWhatIsWrong400) {
  for (const char* path : {"/slos/", "/slos/shop", "/slos/shop/none", "/slos/none/availability",
                           "/slos/shop/", "/slos/slices", "/slos/shop/none/slices"}) {
    const HttpResponse response = Get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(openapi_.ProblemsOf("Error", response.body), Strings{}) << path;
  }
  for (const char* query :
       {"step=15", "step=5", "step=x", "start=now", "start=10&end=10", "end=0&start=1",
        "start=2026-01-01T00:00:00Z&end=2026-01-08T00:00:00Z&step=10",
        "start=2024-01-01T00:00:00Z&end=2026-01-08T00:00:00Z", "start=-9007199254740992"}) {
    const HttpResponse response = Get(std::string("/slos/shop/availability/slices?") + query);
    EXPECT_EQ(response.status, 400) << query << response.body;
    EXPECT_TRUE(Has(response.body, "expected")) << response.body;
  }
  EXPECT_EQ(Get("/slos?state=fine").status, 400);
}

}  // namespace
}  // namespace kizashi
