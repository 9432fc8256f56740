#include "api/foreign_alert_routes.h"

#include <gtest/gtest.h>

#include <future>

#include "api/api_test_support.h"
#include "api/openapi_check.h"
#include "wire/signature.h"
#include "wire/sns_message.h"
#include "wire/sns_test_message.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

class ForeignAlertRoutesTest : public ApiTest {
 protected:
  // The catalog of the judged hour is not the same, as its file has another name.
  ForeignAlertRoutesTest() { clock_.Set(kNow + ForeignAlertRoutes::kCatalogSettles); }

  HttpResponse Send(const std::string& method, const std::string& source, const std::string& body,
                    HttpHeaders headers = {}) {
    HttpRequest request;
    request.headers = std::move(headers);
    request.method = method;
    request.path = "/kizashi/v1/alerts/in/" + source;
    request.body = body;
    std::promise<HttpResponse> answer;
    api_->Handle(std::move(request), [&](HttpResponse got) { answer.set_value(std::move(got)); });
    return answer.get_future().get();
  }
  HttpResponse Post(const std::string& source, const std::string& body, HttpHeaders headers = {}) {
    return Send("POST", source, body, std::move(headers));
  }
  void UseSources(const std::string& yaml) {
    folder_.Write("sources.yml", yaml);
    ForeignSourcesResult read = LoadForeignSources(folder_.name() + "/sources.yml", "");
    EXPECT_EQ(read.errors, Strings{});
    foreign_alerts_->SetSources(read.sources);
  }
  /// "alertname service" of each alert of the engine that fires.
  Strings Firing() const {
    Strings firing;
    for (const alerts::AlertPtr& one : alerts_->Where(
             [this](const alerts::Alert& alert) { return !alert.Resolved(clock_.Now()); })) {
      firing.push_back(std::string(one->labels.Get("alertname")) + " " +
                       std::string(one->labels.Get("service")));
    }
    std::sort(firing.begin(), firing.end());
    return firing;
  }

  const OpenApi openapi_;
};

TEST_F(ForeignAlertRoutesTest, GoodItemsAreKeptAndOthersAreNamed) {
  const HttpResponse answer =
      Post("generic", R"([{"name":"backup late","service":"shop"},{"text":"no name"},)"
                      R"({"name":"whose","service":"nobody"}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(openapi_.Problems("post /alerts/in/{source}", 200, answer.body), Strings{});
  EXPECT_EQ(answer.body, R"({"kept":1,"alerts":0,"anomalies":1,"by_default_route":[],)"
                         R"("left_out":[{"item":"[1].name","reason":"expected a name"},)"
                         R"({"item":"whose","reason":"no service claims {service=\"nobody\"}"}]})");
  ASSERT_EQ(telemetry_.alert_batches.size(), 1u);
  EXPECT_EQ(telemetry_.alert_batches[0].source, AlertSource::kGeneric);
  ASSERT_EQ(telemetry_.alert_batches[0].alerts.size(), 1u);
  EXPECT_EQ(telemetry_.alert_batches[0].alerts[0].name, "backup late");
  EXPECT_EQ(Firing(), Strings{});
}

TEST_F(ForeignAlertRoutesTest, UrgentOnesAreAlertsAlsoWhenNoServiceClaimsThem) {
  const HttpResponse answer =
      Post("generic", R"([{"name":"disk full","service":"shop","severity":"critical"},)"
                      R"({"name":"whose","service":"nobody","severity":"P1"}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(openapi_.Problems("post /alerts/in/{source}", 200, answer.body), Strings{});
  EXPECT_EQ(answer.body,
            R"({"kept":2,"alerts":2,"anomalies":0,"by_default_route":[{"item":"whose",)"
            R"("reason":"no service claims {service=\"nobody\"}"}],"left_out":[]})");
  EXPECT_EQ(Firing(), (Strings{"disk full shop", "whose nobody"}));
  EXPECT_EQ(Post("generic", R"([{"name":"disk full","service":"shop","status":"resolved"},)"
                            R"({"name":"whose","service":"nobody","status":"resolved"}])")
                .status,
            200);
  EXPECT_EQ(Firing(), Strings{});
}

TEST_F(ForeignAlertRoutesTest, WhatIsWrongIsRefusedAndNothingKept) {
  EXPECT_EQ(Post("generic", "no json").status, 400);
  const HttpResponse unknown = Post("nagios", "{}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_NE(unknown.body.find("alertmanager, cloudwatch, datadog, generic, sentry"),
            std::string::npos);
  EXPECT_EQ(Send("GET", "generic", "").status, 405);
  EXPECT_EQ(Post("sentry", R"({"action":"assigned","data":{"issue":{"id":"1"}}})").status, 200)
      << "understood, and of no interest";
  EXPECT_TRUE(telemetry_.alert_batches.empty());
  telemetry_.edits_answer = ResourceExhausted("the queue is full");
  const HttpResponse full = Post("generic", R"({"name":"a","service":"shop"})");
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(openapi_.ProblemsOf("Error", full.body), Strings{});
  ready_ = false;
  EXPECT_EQ(Post("generic", R"({"name":"a","service":"shop"})").status, 503);
}

TEST_F(ForeignAlertRoutesTest, LowOnesWaitForTheJudgeToHaveTheCatalog) {
  clock_.Set(kNow);
  const std::string low = R"({"name":"a","service":"shop"})";
  const HttpResponse later = Post("generic", low);
  EXPECT_EQ(later.status, 503);
  EXPECT_EQ(FindHeader(later.headers, "Retry-After"), "1");
  EXPECT_EQ(Post("generic", R"({"name":"b","service":"shop","severity":"page"})").status, 200);
  EXPECT_EQ(Firing(), Strings{"b shop"});
  clock_.Set(kNow + ForeignAlertRoutes::kCatalogSettles);
  EXPECT_EQ(Post("generic", low).status, 200);
}

TEST_F(ForeignAlertRoutesTest, SentryShowsWhoItIsByASignature) {
  const std::string body = R"({"action":"triggered","data":{}})";
  api_->SetTokens({"0123456789abcdef"});
  folder_.Write("sentry", "old secret of 16 characters\nthe newer client secret\n");
  foreign_alerts_->SetSources(LoadForeignSources("", folder_.name() + "/sentry").sources);
  const auto status = [&](const std::string& source, HttpHeaders headers) {
    const HttpResponse answer = Post(source, body, std::move(headers));
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
  foreign_alerts_->SetSources(LoadForeignSources("", "").sources);
  EXPECT_NE(status("sentry", token), 401) << "no secret: a token as of any other";
}

// SNS sends user and password once it was asked for them.
TEST_F(ForeignAlertRoutesTest, APasswordWillDoForAToken) {
  api_->SetTokens({"0123456789abcdef"});
  const HttpResponse asked = Post("cloudwatch", "{}");
  EXPECT_EQ(asked.status, 401);
  EXPECT_EQ(FindHeader(asked.headers, "WWW-Authenticate"), "Basic realm=\"kizashi\"");
  // sns:0123456789abcdef
  EXPECT_NE(
      Post("cloudwatch", "{}", {{"Authorization", "Basic c25zOjAxMjM0NTY3ODlhYmNkZWY="}}).status,
      401);
}

TEST_F(ForeignAlertRoutesTest, EachSourceAsksForItsOwnSecret) {
  folder_.Write("one", "the secret of one source\n");
  UseSources(R"(
alertmanager: {secret_file: one}
datadog: {secret_file: one, header: X-Kizashi-Secret}
backup: {secret_file: one, hmac: X-Signature, map: {name: /job}}
)");
  api_->SetTokens({"0123456789abcdef"});
  const std::string secret = "the secret of one source";
  const std::string body = R"({"job":"nightly"})";
  const auto status = [&](const std::string& source, std::string name, std::string value) {
    return Post(source, body, {{std::move(name), std::move(value)}}).status;
  };
  EXPECT_EQ(status("alertmanager", "Authorization", "Bearer " + secret), 400) << "read, and wrong";
  EXPECT_EQ(status("alertmanager", "Authorization", "Bearer 0123456789abcdef"), 401);
  EXPECT_EQ(status("datadog", "X-Kizashi-Secret", secret), 400);
  EXPECT_EQ(status("datadog", "Authorization", "Bearer " + secret), 401);
  EXPECT_EQ(status("backup", "X-Signature", "sha256=" + HmacSha256Hex(secret, body)), 200);
  EXPECT_EQ(status("backup", "X-Signature", HmacSha256Hex(secret, body + " ")), 401);
  EXPECT_EQ(status("backup", "X-Signature", ""), 401);
  const HttpResponse refused = Post("datadog", body);
  EXPECT_EQ(refused.body, R"({"error":"X-Kizashi-Secret is missing or no secret of datadog"})");
}

TEST_F(ForeignAlertRoutesTest, ASourceOfOnesOwnIsReadByItsMapping) {
  UseSources(R"(
backup:
  map:
    list: /jobs
    name: /title
    id: /key
    severity: /level
    status: /state
    resolved: [Done]
    label: {service: /app}
)");
  const HttpResponse answer = Post(
      "backup", R"({"jobs":[{"title":"late","key":1,"level":"error","state":"x","app":"shop"},)"
                R"({"title":"slow","key":2,"level":"low","state":"x","app":"shop"},)"
                R"({"title":"lost","state":null}]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.body,
      R"({"kept":2,"alerts":1,"anomalies":1,"by_default_route":[],"left_out":[)"
      R"({"item":"/jobs/2/state","reason":"found '', expected one that the mapping names"}]})");
  EXPECT_EQ(Firing(), Strings{"late shop"});
  ASSERT_EQ(telemetry_.alert_batches.size(), 1u);
  EXPECT_EQ(telemetry_.alert_batches[0].alerts.back().id, "backup/2");
  EXPECT_EQ(Post("backup", R"({"jobs":{"title":"late","key":1,"state":"DONE"}})").status, 200);
  EXPECT_EQ(Firing(), Strings{});
}

TEST_F(ForeignAlertRoutesTest, WhatSaysNeverIsAnAnomaly) {
  UseSources("generic: {urgent: never}\n");
  EXPECT_EQ(Post("generic", R"({"name":"a","service":"shop","severity":"critical"})").status, 200);
  EXPECT_EQ(Firing(), Strings{});
  EXPECT_EQ(telemetry_.alert_batches.size(), 1u);
}

TEST_F(ForeignAlertRoutesTest, ATopicsMessagesMustBeSigned) {
  UseSources("cloudwatch: {topics: ['arn:aws:sns:eu-west-1:1:alarms']}\n");
  api_->SetTokens({"0123456789abcdef"});
  const std::string good(kSnsTestMessage);
  const std::string certificate_url =
      "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
  const auto with = [&good](std::string_view from, std::string_view to) {
    std::string altered = good;
    EXPECT_NE(altered.find(from), altered.npos) << from;
    return altered.replace(altered.find(from), from.size(), to);
  };
  fetch_answer_.code = 503;
  EXPECT_EQ(Post("cloudwatch", good).status, 503) << "SNS sends it again";
  fetch_answer_.code = 404;
  EXPECT_EQ(Post("cloudwatch", good).status, 401);
  EXPECT_EQ(Firing(), Strings{});
  fetch_answer_.code = 200;
  fetch_answer_.body = kSnsTestCertificate;
  EXPECT_EQ(Post("cloudwatch", good).status, 200);
  EXPECT_EQ(Firing(), Strings{"cpu "});
  ASSERT_EQ(fetched_.size(), 3u);
  EXPECT_EQ(fetched_[2].url, certificate_url);
  EXPECT_FALSE(fetched_[2].follow_redirects);
  EXPECT_EQ(Post("cloudwatch", good).status, 200);
  EXPECT_EQ(Post("cloudwatch", with("cpu", "disk")).status, 401);
  for (const char* url : {"https://evil.example/a.pem", "http://sns.eu-west-1.amazonaws.com/a.pem",
                          "https://sns.us-east-1.amazonaws.com/a.pem",
                          "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem"}) {
    EXPECT_EQ(Post("cloudwatch", with(certificate_url, url)).status, 401) << url;
  }
  EXPECT_EQ(Post("cloudwatch", with("1:alarms", "1:others")).status, 401);
  EXPECT_EQ(Post("cloudwatch", "{}", {{"Authorization", "Bearer 0123456789abcdef"}}).status, 400);
  EXPECT_EQ(fetched_.size(), 3u) << "the certificate is kept, and strangers are not asked";
  clock_.Advance(kSnsAgeMax + Duration(1000));
  EXPECT_EQ(Post("cloudwatch", good).status, 401) << "too old";
}

TEST_F(ForeignAlertRoutesTest, ASubscriptionIsConfirmedAtSnsAlone) {
  const auto confirmation = [](const std::string& url) {
    return R"({"Type":"SubscriptionConfirmation","SubscribeURL":")" + url + R"("})";
  };
  const std::string good =
      "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=t&Token=k";
  EXPECT_EQ(Post("cloudwatch", confirmation(good)).status, 200);
  EXPECT_TRUE(fetched_.empty()) << "nobody said who sends";
  api_->SetTokens({"0123456789abcdef"});
  const HttpHeaders token = {{"Authorization", "Bearer 0123456789abcdef"}};
  for (const char* url :
       {"https://evil.example/?Action=ConfirmSubscription&Token=k", "http://169.254.169.254/",
        "https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn=t"}) {
    EXPECT_EQ(Post("cloudwatch", confirmation(url), token).status, 200);
  }
  EXPECT_TRUE(fetched_.empty());
  EXPECT_EQ(Post("cloudwatch", confirmation(good), token).status, 200);
  ASSERT_EQ(fetched_.size(), 1u);
  EXPECT_EQ(fetched_[0].url, good);
}

}  // namespace
}  // namespace kizashi
