#include "api/ledger_routes.h"

#include <gtest/gtest.h>

#include "api/api_test_support.h"
#include "api/openapi_check.h"
#include "api/views.h"
#include "judge/together/group_forecast.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

class LedgerRoutesTest : public ApiTest {
 protected:
  HttpResponse Post(const std::string& json, HttpHeaders headers = {}) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/kizashi/v1/ledger";
    request.body = json;
    request.headers = std::move(headers);
    std::optional<HttpResponse> answer;
    api_->Handle(std::move(request), [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(HttpResponse{});
  }
  std::string Kind() const { return told_.anomalies.at(0).kind; }

  const OpenApi openapi_;
};

TEST_F(LedgerRoutesTest, AnEditIsJournaledWithWhoMadeIt) {
  const HttpResponse expected = Post(
      R"({"what":"expect","kind":"shop/redundancy/member_down","until":"2026-01-08T00:00:00Z",)"
      R"("reason":"the rack moves","via":"page"})");
  EXPECT_EQ(expected.status, 200) << expected.body;
  EXPECT_EQ(openapi_.Problems("post /ledger", 200, expected.body), Strings{});
  ASSERT_EQ(telemetry_.edits.size(), 1u);
  const LedgerEdit& edit = telemetry_.edits[0];
  EXPECT_EQ(edit.what, LedgerEdit::What::kExpect);
  EXPECT_EQ(edit.service, "shop");
  EXPECT_EQ(edit.kind, "shop/redundancy/member_down");
  EXPECT_EQ(edit.until, kMidnight + std::chrono::days(7));
  EXPECT_EQ(edit.actor, "page");
  EXPECT_EQ(edit.reason, "the rack moves");
  EXPECT_EQ(edit.id.size(), 16u);
}

TEST_F(LedgerRoutesTest, ASecondTryHasTheSameId) {
  const std::string json =
      R"({"what":"acknowledge","anomaly":")" + first_anomaly() + R"(","id":"click 1","via":"cli"})";
  EXPECT_EQ(Post(json).status, 200);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Post(json).status, 200);
  ASSERT_EQ(telemetry_.edits.size(), 2u);
  EXPECT_EQ(telemetry_.edits[0].id, telemetry_.edits[1].id);
  EXPECT_EQ(telemetry_.edits[0].kind, Kind());
  EXPECT_EQ(telemetry_.edits[0].actor, "cli");
  const std::string other = R"({"what":"reopen","kind":"shop/a","id":"click 1"})";
  EXPECT_EQ(Post(other).status, 200);
  EXPECT_NE(telemetry_.edits[2].id, telemetry_.edits[0].id) << "of another edit it is another";
}

TEST_F(LedgerRoutesTest, ATokensNameIsWhoMadeIt) {
  Api::Options options;
  options.tokens = {"hanako 0123456789abcdef0123", "fedcba98765432100123"};
  Start(options);
  const std::string json = R"({"what":"reopen","kind":"shop/a","via":"page"})";
  EXPECT_EQ(Post(json).status, 401);
  EXPECT_EQ(Post(json, {{"Authorization", "Bearer hanako"}}).status, 401);
  EXPECT_EQ(Post(json, {{"Authorization", "Bearer 0123456789abcdef0123"}}).status, 200);
  EXPECT_EQ(Post(json, {{"Authorization", "Bearer fedcba98765432100123"}}).status, 200);
  ASSERT_EQ(telemetry_.edits.size(), 2u);
  EXPECT_EQ(telemetry_.edits[0].actor, "hanako");
  EXPECT_EQ(telemetry_.edits[1].actor, "page") << "a token without a name";
}

TEST_F(LedgerRoutesTest, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> wrong[] = {
      {"nothing", "no JSON object"},
      {"{}", "expected acknowledge"},
      {R"({"what":"delete","kind":"shop/a"})", "found 'delete'"},
      {R"({"what":"acknowledge"})", R"("item":"anomaly")"},
      {R"({"what":"expect","reason":"x","until":"2026-01-08T00:00:00Z"})", R"("item":"kind")"},
      {R"({"what":"expect","kind":"shop/a","reason":"x"})", R"("item":"until")"},
      {R"({"what":"expect","kind":"shop/a","reason":"x","until":"2025-12-31T00:00:00Z"})",
       "not in the future"},
      {R"({"what":"expect","kind":"shop/a","reason":"x","until":"2027-02-01T00:00:00Z"})",
       "more than a year"},
      {R"({"what":"expect","kind":"shop/a","until":"2026-01-08T00:00:00Z","reason":" "})",
       "why it is expected"},
      {R"({"what":"fixed","kind":"shop/a"})", "what fixed it"},
      {R"({"what":"fixed","kind":7})", "expected a text"},
      {R"({"what":"reopen","kind":"shop/a","via":"hanako"})", "expected page, cli or api"}};
  for (const auto& [json, reason] : wrong) {
    const HttpResponse response = Post(json);
    EXPECT_EQ(response.status, 400) << json;
    EXPECT_EQ(openapi_.ProblemsOf("Error", response.body), Strings{}) << json;
    EXPECT_TRUE(Has(response.body, reason)) << response.body;
  }
  EXPECT_EQ(Post(R"({"what":"reopen","kind":")" + std::string(1025, 'x') + R"("})").status, 400);
  EXPECT_EQ(Post(R"({"what":"reopen","kind":"nobody/a"})").status, 404);
  EXPECT_EQ(Post(R"({"what":"acknowledge","anomaly":"0000"})").status, 404);
  EXPECT_TRUE(telemetry_.edits.empty());
}

TEST_F(LedgerRoutesTest, AStoreThatDoesNotTakeItIsTold) {
  telemetry_.edits_answer = ResourceExhausted("the queue is full");
  const std::string json = R"({"what":"reopen","kind":"shop/a"})";
  EXPECT_EQ(Post(json).status, 429);
  telemetry_.edits_answer = Unavailable("stopping");
  EXPECT_EQ(Post(json).status, 503);
  ready_ = false;
  EXPECT_EQ(Post(json).status, 503);
}

TEST_F(LedgerRoutesTest, TheLedgerOfAnAnomalyHasDecisionsOthersOfItsKindAndLinks) {
  AnomalyRecord earlier = told_.anomalies.at(0);
  earlier.id = "00000000000000aa";
  earlier.begin -= std::chrono::hours(5);
  earlier.end = earlier.begin + std::chrono::minutes(1);
  VerdictBatch batch;
  batch.anomalies = {earlier};
  LedgerEditRecord edit;
  edit.id = "e1";
  edit.time = kNow;
  edit.actor = "hanako";
  edit.what = "fixed";
  edit.service = "shop";
  edit.kind = Kind();
  edit.reason = "PR 12";
  edit.after = {{"fixed_by", "PR 12"}};
  LedgerEditRecord theirs = edit;
  theirs.id = "e2";
  theirs.what = "acknowledge";
  theirs.anomaly = earlier.id;
  theirs.after = {{"acknowledged_by", "hanako"}};
  batch.edits = {edit, theirs};
  ASSERT_TRUE(records_->Apply(batch).ok());
  const HttpResponse response = Get("/kizashi/v1/anomalies/" + first_anomaly() + "/ledger");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(openapi_.Problems("get /anomalies/{id}/ledger", 200, response.body), Strings{});
  for (const char* part :
       {R"("query":"up{instance=\"b\"}")", R"("decided":{"fixed_by":"PR 12"})",
        R"("id":"00000000000000aa")", R"("state":"fixed")", R"("what":"failure")",
        R"("path":"/kizashi/v1/prices/shop%2Fredundancy%2Fmember_down")",
        R"("path":"/explore?q=up%7Binstance%3D%22b%22%7D)"}) {
    EXPECT_TRUE(Has(response.body, part)) << part << " in " << response.body;
  }
  EXPECT_FALSE(Has(response.body, "\"e2\"")) << "an acknowledgement of another episode";
  EXPECT_EQ(Get("/kizashi/v1/anomalies/0000/ledger").status, 404);
  EXPECT_TRUE(Has(Get("/kizashi/v1/ledger?service=shop").body, "\"e2\""));
  EXPECT_EQ(Get("/kizashi/v1/ledger?service=pay.api").body, R"({"edits":[]})");
  EXPECT_TRUE(Has(Get("/kizashi/v1/anomalies?state=fixed").body, earlier.id));
  EXPECT_TRUE(Has(Get("/kizashi/v1/anomalies?kind=" + Kind()).body, first_anomaly()));
  EXPECT_EQ(Get("/kizashi/v1/anomalies?kind=shop/other").body, R"({"anomalies":[]})");
  EXPECT_EQ(Get("/kizashi/v1/anomalies?since=2026-01-02T00:00:00Z&state=ended").body,
            R"({"anomalies":[]})");
}

TEST_F(LedgerRoutesTest, DeliveredReportsShowNoSecret) {
  const std::string place = "/kizashi/v1/reports/delivered?team=shop-team";
  EXPECT_EQ(Get(place).body, R"({"reports":[]})");
  ReportDelivery slack;
  slack.team = "shop-team";
  slack.day = "2026-01-01";
  slack.message.kind = "slack";
  slack.message.url = "https://hooks.slack.com/services/T0/B0/secret";
  ASSERT_TRUE(
      *records_->AddReport({"shop-team", slack.day, kNow, kNow, kNow, "en", "# R"}, {slack}));
  ASSERT_TRUE(*records_->AddReport({"shop-team", "2025-12-31", kNow, kNow, kNow, "en", ""}, {}));
  const HttpResponse response = Get(place);
  EXPECT_EQ(openapi_.Problems("get /reports/delivered", 200, response.body), Strings{});
  EXPECT_TRUE(Has(response.body, R"("destination":"slack hooks.slack.com")"));
  EXPECT_FALSE(Has(response.body, "secret"));
  EXPECT_FALSE(Has(response.body, "2025-12-31")) << "a day without a report";
  EXPECT_EQ(Get("/kizashi/v1/reports/delivered?team=nobody").status, 404);
}

// The first price rests on a prior; the second can be computed again.
TEST_F(LedgerRoutesTest, EveryPriceThatWasToldIsShownAndComputedAgain) {
  const std::string before = Get("/kizashi/v1/anomalies/" + first_anomaly() + "/ledger").body;
  EXPECT_TRUE(Has(before, R"("basis":"prior_redundancy")"));
  EXPECT_TRUE(Has(before, R"("computed_again":null)"));
  AnomalyRecord anomaly = *records_->GetAnomaly(first_anomaly()).value();
  anomaly.price = GroupForecast({}).PriceOf({2, 3, 1, 5}, std::chrono::hours(24), {10, 4});
  VerdictBatch batch;
  batch.anomalies = {anomaly};
  batch.prices = {{anomaly.id, kNow, anomaly.price}};
  ASSERT_TRUE(records_->Apply(batch).ok());
  const HttpResponse ledger = Get("/kizashi/v1/anomalies/" + anomaly.id + "/ledger");
  EXPECT_EQ(openapi_.Problems("get /anomalies/{id}/ledger", 200, ledger.body), Strings{});
  const HttpResponse kind = Get("/kizashi/v1/prices/" + Kind());
  EXPECT_EQ(openapi_.Problems("get /prices/{kind}", 200, kind.body), Strings{});
  JsonWriter again;
  WritePrice(anomaly.price, &again);
  for (const std::string& body : {ledger.body, kind.body}) {
    const size_t prior = body.find(R"("computed_again":null)");
    const size_t together = body.find(fmt::format(R"({{"time":{},"price":{},"computed_again":{}}})",
                                                  ToMs(kNow), again.text(), again.text()));
    ASSERT_NE(together, body.npos) << body;
    EXPECT_LT(prior, together) << "the oldest first";
  }
  const size_t first = kind.body.find("Told on ");
  EXPECT_NE(kind.body.find("Told on ", first + 1), kind.body.npos) << kind.body;
}

}  // namespace
}  // namespace kizashi
