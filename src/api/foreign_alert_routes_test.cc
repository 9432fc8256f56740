#include "api/foreign_alert_routes.h"

#include <gtest/gtest.h>

#include "api/api_test_support.h"
#include "api/openapi_check.h"
#include "wire/signature.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

class ForeignAlertRoutesTest : public ApiTest {
 protected:
  HttpResponse Send(const std::string& method, const std::string& source, const std::string& body,
                    HttpHeaders headers = {}) {
    HttpRequest request;
    request.headers = std::move(headers);
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

TEST_F(ForeignAlertRoutesTest, SentryShowsWhoItIsByASignature) {
  const std::string body = R"({"action":"triggered","data":{}})";
  api_->SetTokens({"0123456789abcdef"}, {"old secret of 16 characters", "the newer client secret"});
  const auto status = [&](const std::string& source, HttpHeaders headers) {
    const HttpResponse answer = Send("POST", source, body, std::move(headers));
    if (answer.status == 401) {
      EXPECT_EQ(openapi_.Problems("post /alerts/in/{source}", 401, answer.body), Strings{});
    }
    return answer.status;
  };
  const auto signed_by = [&](std::string_view secret) {
    return HttpHeaders{{"Sentry-Hook-Signature", HmacSha256Hex(secret, body)}};
  };
  const HttpHeaders token = {{"Authorization", "Bearer 0123456789abcdef"}};
  EXPECT_NE(status("sentry", signed_by("the newer client secret")), 401);
  EXPECT_NE(status("sentry", signed_by("old secret of 16 characters")), 401);
  EXPECT_EQ(status("sentry", signed_by("another secret")), 401);
  EXPECT_EQ(status("sentry", {}), 401);
  EXPECT_EQ(status("sentry", token), 401) << "a token is no signature";
  EXPECT_EQ(status("generic", signed_by("the newer client secret")), 401) << "of Sentry alone";
  EXPECT_NE(status("generic", token), 401);
  api_->SetTokens({"0123456789abcdef"}, {});
  EXPECT_NE(status("sentry", token), 401) << "no secret: a token as of any other";
}

// SNS sends user and password once it was asked for them.
TEST_F(ForeignAlertRoutesTest, APasswordWillDoForAToken) {
  api_->SetTokens({"0123456789abcdef"}, {});
  const HttpResponse asked = Send("POST", "cloudwatch", "{}");
  EXPECT_EQ(asked.status, 401);
  EXPECT_EQ(FindHeader(asked.headers, "WWW-Authenticate"), "Basic realm=\"kizashi\"");
  // sns:0123456789abcdef
  EXPECT_NE(
      Send("POST", "cloudwatch", "{}", {{"Authorization", "Basic c25zOjAxMjM0NTY3ODlhYmNkZWY="}})
          .status,
      401);
}

}  // namespace
}  // namespace kizashi
