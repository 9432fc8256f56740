#include "api/api.h"

#include <gtest/gtest.h>

#include <future>

#include "api/api_test_support.h"
#include "api/openapi_check.h"
#include "ingest/metric_metadata.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_F(ApiTest, EveryAnswerHasTheShapeThatTheFilePromises) {
  const OpenApi openapi;
  const std::map<std::string, std::string> asked = {
      {"get /status", "/status"},
      {"get /changes", "/changes?since=3"},
      {"get /board", "/board"},
      {"get /services/{service}", "/services/shop"},
      {"get /services/{service}/signals", "/services/shop/signals?range=3600"},
      {"get /anomalies", "/anomalies"},
      {"get /anomalies/{id}", "/anomalies/" + first_anomaly()},
      {"get /anomalies/{id}/ledger", "/anomalies/" + first_anomaly() + "/ledger"},
      {"get /ledger", "/ledger"},
      {"get /reports/delivered", "/reports/delivered?team=shop-team"},
      {"get /alerts", "/alerts"},
      {"get /reports/daily", "/reports/daily?hours=48&language=ja"},
      {"get /series", "/series"},
      {"get /slos", "/slos"},
      {"get /slos/{service}/{slo}", "/slos/shop/availability"},
      {"get /slos/{service}/{slo}/slices", "/slos/shop/availability/slices"},
      {"get /holds", "/holds"},
      {"get /prices", "/prices"},
      {"get /prices/{kind}", "/prices/shop/redundancy/member_down"},
      {"get /together/{service}", "/together/shop?language=ja"},
      {"get /slos/report", "/slos/report"},
      {"get /oncall", "/oncall"},
      {"get /oncall/preview", "/oncall/preview?weeks=2&schedule=shop-primary&layers=true"},
      {"get /oncall/plan", "/oncall/plan"},
      {"get /oncall/findings", "/oncall/findings"},
      {"get /oncall/edits", "/oncall/edits"},
      {"get /escalations", "/escalations"},
      {"get /demo", "/demo"}};
  for (const std::string& operation : openapi.Operations()) {
    if (!operation.starts_with("get ") || operation.starts_with("get /logs/") ||
        operation.starts_with("get /api/") || operation.starts_with("get /incidents") ||
        operation.starts_with("get /alerts/") || operation == "get /oncall/calendar" ||
        operation.starts_with("get /tel/")) {
      continue;
    }
    ASSERT_EQ(asked.count(operation), 1u) << operation << " is not asked for here";
    const HttpResponse response = Get("/kizashi/v1" + asked.at(operation));
    EXPECT_EQ(response.status, 200) << operation;
    EXPECT_TRUE(FindHeader(response.headers, "Content-Type").starts_with("application/json"));
    EXPECT_EQ(openapi.Problems(operation, 200, response.body), Strings{}) << operation;
  }
  // What the shapes were checked on was not empty.
  const std::string service = Get("/kizashi/v1/services/shop").body;
  for (const char* part : {R"("state":"failure")", R"("code":"member_down")", R"("up":false)",
                           R"("severity":"page")", R"("destination":"team shop-team/slack/0")",
                           R"("title":"Shop \"front\"")", R"("id":"http_requests")"}) {
    EXPECT_TRUE(Has(service, part)) << part << " in " << service;
  }
  EXPECT_TRUE(Has(Get("/kizashi/v1/board").body, R"("name":"stranger")"));
  EXPECT_TRUE(Has(Get("/kizashi/v1/series").body, R"("labels":[{"name":"user","values":9}])"));
  EXPECT_FALSE(Has(Get("/kizashi/v1/series?top=0").body, "logins"));
  EXPECT_TRUE(Has(Get("/kizashi/v1/services/shop/signals").body, R"("points":[[)"));
}

TEST_F(ApiTest, WhatMetricsAreHasTheShapeToo) {
  const OpenApi openapi;
  MetricMetadata metadata(&registry_);
  metadata.Put("a", "up", {"gauge", "Whether it is.", ""});
  const HttpResponse response = metadata.Answer(HttpRequest());
  EXPECT_EQ(openapi.Problems("get /api/v1/metadata", 200, response.body), Strings{});
  EXPECT_TRUE(Has(response.body, "Whether it is."));
}

TEST_F(ApiTest, AServiceWithoutAnythingHasTheShapeToo) {
  const OpenApi openapi;
  const HttpResponse response = Get("/kizashi/v1/services/pay.api");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(openapi.Problems("get /services/{service}", 200, response.body), Strings{});
  EXPECT_TRUE(Has(response.body, R"("redundancy":null)"));
  EXPECT_TRUE(Has(response.body, R"("state":"unknown")"));
}

TEST_F(ApiTest, WhatIsNotThereIs404WithItsName) {
  const OpenApi openapi;
  for (const char* path :
       {"/services/nobody", "/services/nobody/signals", "/services/", "/anomalies/0000",
        "/reports/daily?team=nobody", "/nothing", "/board/more"}) {
    const HttpResponse response = Get(std::string("/kizashi/v1") + path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(openapi.ProblemsOf("Error", response.body), Strings{}) << path;
  }
  EXPECT_TRUE(Has(Get("/kizashi/v1/services/nobody").body, R"("item":"nobody")"));
}

TEST_F(ApiTest, BadParametersAre400AndSayWhatIsExpected) {
  const OpenApi openapi;
  for (const char* path :
       {"/services/shop/signals?range=59", "/services/shop/signals?range=604801",
        "/services/shop/signals?range=1h",
        "/services/shop/signals?range=", "/services/shop/signals?range=99999999999999999999",
        "/anomalies?state=firing", "/anomalies?limit=0", "/anomalies?limit=1001",
        "/anomalies?limit=+5", "/alerts?state=open", "/alerts?limit=-1", "/reports/daily?hours=745",
        "/reports/daily?hours=1.5", "/reports/daily?language=de", "/series?top=65",
        "/changes?since=now", "/changes?since=-2"}) {
    const HttpResponse response = Get(std::string("/kizashi/v1") + path);
    EXPECT_EQ(response.status, 400) << path;
    EXPECT_EQ(openapi.ProblemsOf("Error", response.body), Strings{}) << path;
    EXPECT_TRUE(Has(response.body, "expected")) << response.body;
  }
  // The ends of the ranges are in them.
  for (const char* path : {"/services/shop/signals?range=60", "/services/shop/signals?range=604800",
                           "/anomalies?limit=1000&state=ended", "/reports/daily?hours=744"}) {
    EXPECT_EQ(Get(std::string("/kizashi/v1") + path).status, 200) << path;
  }
}

TEST_F(ApiTest, ListsAreFilteredAndLimited) {
  EXPECT_TRUE(Has(Get("/kizashi/v1/anomalies?state=open").body, first_anomaly()));
  for (const char* query : {"state=ended", "service=pay.api", "team=other"}) {
    EXPECT_EQ(Get(std::string("/kizashi/v1/anomalies?") + query).body, R"({"anomalies":[]})");
  }
  EXPECT_TRUE(Has(Get("/kizashi/v1/anomalies?team=shop-team&service=shop").body, first_anomaly()));
  EXPECT_TRUE(Has(Get("/kizashi/v1/alerts?state=firing").body, R"("slo":"availability")"));
  EXPECT_EQ(Get("/kizashi/v1/alerts?state=resolved").body, R"({"alerts":[]})");
}

TEST_F(ApiTest, NoAnswerGivesADestinationsSecretAway) {
  for (const char* path : {"/services/shop", "/alerts", "/board", "/status", "/reports/daily"}) {
    EXPECT_FALSE(Has(Get(std::string("/kizashi/v1") + path).body, "secret")) << path;
  }
}

TEST_F(ApiTest, MethodsThatAPathDoesNotTakeAre405) {
  EXPECT_EQ(Ask("POST", "/kizashi/v1/board").status, 405);
  EXPECT_EQ(Ask("DELETE", "/").status, 405);
  EXPECT_EQ(Ask("HEAD", "/kizashi/v1/board").status, 200);
}

TEST_F(ApiTest, ABadCatalogIsShownWithItsPlacesWhileTheLastGoodOneStays) {
  const OpenApi openapi;
  folder_.Write("catalog/shop.yaml", "service: {name: shop, slo: {target: 400}}\n");
  ASSERT_TRUE(catalog_.Reload());
  for (const char* operation : {"get /board", "get /status"}) {
    const HttpResponse response = Get("/kizashi/v1" + std::string(operation).substr(4));
    EXPECT_EQ(openapi.Problems(operation, 200, response.body), Strings{});
    EXPECT_TRUE(Has(response.body, R"("ok":false)")) << response.body;
    EXPECT_TRUE(Has(response.body, R"("services":2)")) << response.body;
    EXPECT_TRUE(Has(response.body, R"("file":"shop.yaml","line":1,)")) << response.body;
  }
}

TEST_F(ApiTest, WithTokensOnlyHealthAndThePagesFilesAreFree) {
  api_->SetTokens({"right", "other"});
  for (const char* path : {"/kizashi/v1/board", "/metrics", "/kizashi/v1/openapi.yaml",
                           "/kizashi/v1/services/shop", "/kizashi/v1/nothing"}) {
    const HttpResponse refused = Get(path);
    EXPECT_EQ(refused.status, 401) << path;
    EXPECT_EQ(FindHeader(refused.headers, "WWW-Authenticate"), "Bearer");
    for (const char* wrong : {"Bearer wrong", "Bearer righ", "Bearer right2", "right", "Bearer "}) {
      EXPECT_EQ(Ask("GET", path, {{"Authorization", wrong}}).status, 401) << path << wrong;
    }
    EXPECT_NE(Ask("GET", path, {{"authorization", "Bearer right"}}).status, 401) << path;
    EXPECT_NE(Ask("GET", path, {{"Authorization", "Bearer other"}}).status, 401) << path;
  }
  EXPECT_EQ(Ask("POST", "/loki/api/v1/push").status, 401);
  EXPECT_EQ(Ask("POST", "/kizashi/v1/logs").status, 401);
  EXPECT_EQ(Ask("POST", "/v1/metrics").status, 401);
  EXPECT_EQ(Ask("POST", "/v1/traces").status, 401);
  EXPECT_EQ(Ask("POST", "/api/v1/write").status, 401);
  EXPECT_EQ(Get("/api/v1/metadata").status, 401);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_NE(Get("/").status, 401);
  api_->SetTokens({});
  EXPECT_EQ(Get("/kizashi/v1/board").status, 200);
  EXPECT_EQ(Ask("POST", "/v1/metrics").status, 204);
  EXPECT_EQ(Ask("POST", "/v1/traces").status, 204);
  EXPECT_EQ(Ask("POST", "/api/v1/write").status, 204);
  EXPECT_EQ(Get("/api/v1/metadata").status, 204);
}

TEST_F(ApiTest, ReadyIsNotHealthy) {
  ready_ = false;
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_TRUE(Has(Get("/kizashi/v1/status").body, R"("ready":false)"));
}

TEST_F(ApiTest, WhoWaitsForAChangeIsAnsweredByTheNextSnapshot) {
  std::vector<std::string> answers;
  const auto wait = [&](int since) {
    Send("GET", "/kizashi/v1/changes?since=" + std::to_string(since), {},
         [&](const HttpResponse& response) { answers.push_back(response.body); });
  };
  wait(6);
  wait(99);  // of a server that ran before
  EXPECT_EQ(answers, (Strings{R"({"version":7})", R"({"version":7})"}));
  answers.clear();
  wait(7);
  EXPECT_TRUE(answers.empty());
  // The same version again is no change; after the long poll's time it is an answer.
  api_->OnSnapshot(snapshot_);
  EXPECT_TRUE(answers.empty());
  auto next = std::make_shared<Snapshot>(*snapshot_);
  next->version = 8;
  snapshot_ = next;
  api_->OnSnapshot(snapshot_);
  EXPECT_EQ(answers, Strings{R"({"version":8})"});
  answers.clear();
  wait(8);
  clock_.Advance(std::chrono::seconds(25));
  api_->OnSnapshot(snapshot_);
  EXPECT_EQ(answers, Strings{R"({"version":8})"});
  answers.clear();
  wait(8);
  api_->ReleaseWaiting();
  EXPECT_EQ(answers.size(), 1u);
  wait(8);
  EXPECT_EQ(answers.size(), 2u) << "while the server drains nobody waits";
}

TEST_F(ApiTest, WithoutADemoItsFaultsAre404) {
  EXPECT_EQ(Get("/kizashi/v1/demo").body, R"({"running":false,"servers":[],"faults":[]})");
  EXPECT_EQ(Ask("POST", "/kizashi/v1/demo/faults").status, 404);
  EXPECT_EQ(Ask("DELETE", "/kizashi/v1/demo/faults").status, 404);
}

TEST_F(ApiTest, TheDemosAnswerIsPassedOnAsItIs) {
  const auto demo = HttpServer::Start(
      {},
      [](const HttpRequest& request, const Responder& respond) {
        respond(JsonResponse(request.method == "POST" ? 400 : 200,
                             fmt::format("\"{} {}\"", request.method, request.path)));
      },
      nullptr);
  ASSERT_TRUE(demo.ok());
  Api::Options options;
  options.demo_control = fmt::format("http://127.0.0.1:{}", (*demo)->port());
  Start(options);
  const auto ask = [&](const std::string& method, const std::string& path) {
    std::promise<HttpResponse> answer;
    Send(method, path, {}, [&](HttpResponse got) { answer.set_value(std::move(got)); });
    return answer.get_future().get();
  };
  EXPECT_EQ(ask("GET", "/kizashi/v1/demo").body, R"("GET /demo")");
  const HttpResponse refused = ask("POST", "/kizashi/v1/demo/faults");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"("POST /demo/faults")");
}

TEST_F(ApiTest, MetricsAreTheRegistrys) {
  registry_.GetCounter("kizashi_tests_total", "Tests.").Add(2);
  const HttpResponse response = Get("/metrics");
  EXPECT_EQ(FindHeader(response.headers, "Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_TRUE(Has(response.body, "\nkizashi_tests_total 2\n")) << response.body;
}

}  // namespace
}  // namespace kizashi
