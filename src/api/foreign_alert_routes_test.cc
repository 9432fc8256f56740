#include "api/foreign_alert_routes.h"

#include <gtest/gtest.h>

#include "api/api_test_support.h"
#include "api/openapi_check.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

class ForeignAlertRoutesTest : public ApiTest {
 protected:
  HttpResponse Send(const std::string& method, const std::string& source, const std::string& body) {
    HttpRequest request;
    request.method = method;
    request.path = "/kizashi/v1/alerts/in/" + source;
    request.body = body;
    std::optional<HttpResponse> answer;
    api_->Handle(std::move(request), [&](HttpResponse got) { answer = std::move(got); });
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(HttpResponse{});
  }

  const OpenApi openapi_;
};

TEST_F(ForeignAlertRoutesTest, GoodItemsAreKeptAndOthersAreNamed) {
  const HttpResponse answer = Send("POST", "generic",
                                   R"([{"name":"backup late","service":"shop"},{"text":"no name"},)"
                                   R"({"name":"whose","service":"nobody"}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(openapi_.Problems("post /alerts/in/{source}", 200, answer.body), Strings{});
  EXPECT_EQ(answer.body, R"({"kept":1,"left_out":[{"item":"[1].name","reason":"expected a name"},)"
                         R"({"item":"whose","reason":"no service claims {service=\"nobody\"}"}]})");
  ASSERT_EQ(telemetry_.alert_batches.size(), 1u);
  EXPECT_EQ(telemetry_.alert_batches[0].source, AlertSource::kGeneric);
  ASSERT_EQ(telemetry_.alert_batches[0].alerts.size(), 1u);
  EXPECT_EQ(telemetry_.alert_batches[0].alerts[0].name, "backup late");
}

TEST_F(ForeignAlertRoutesTest, WhatIsWrongIsRefusedAndNothingKept) {
  EXPECT_EQ(Send("POST", "generic", "no json").status, 400);
  EXPECT_EQ(Send("POST", "nagios", "{}").status, 404);
  EXPECT_EQ(Send("GET", "generic", "").status, 405);
  EXPECT_EQ(Send("POST", "sentry", R"({"action":"assigned","data":{"issue":{"id":"1"}}})").status,
            200)
      << "understood, and of no interest";
  EXPECT_TRUE(telemetry_.alert_batches.empty());
  telemetry_.edits_answer = ResourceExhausted("the queue is full");
  const HttpResponse full = Send("POST", "generic", R"({"name":"a","service":"shop"})");
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(openapi_.ProblemsOf("Error", full.body), Strings{});
}

}  // namespace
}  // namespace kizashi
