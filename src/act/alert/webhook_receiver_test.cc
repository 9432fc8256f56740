#include "act/alert/webhook_receiver.h"

#include <gtest/gtest.h>

#include "act/alert/engine_test_support.h"

namespace kizashi::alerts {
namespace {

using Outcome = SendResult::Outcome;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

Notification Make() {
  Notification notification;
  notification.number = 7;
  notification.destination = "team.a/webhook/0";
  notification.receiver = "team.a";
  notification.group_key = "{}:{alertname=\"Disk\"}";
  notification.group_labels = LabelsOf("alertname=Disk");
  for (const char* host : {"a", "b"}) {
    Alert alert;
    alert.labels = LabelsOf(std::string("alertname=Disk,host=") + host);
    alert.annotations = LabelsOf(std::string("summary=full,at=") + host);
    alert.starts_at = kNow;
    alert.ends_at = kNow + Duration(1500);
    alert.fingerprint = FingerprintOf(alert.labels);
    const bool firing = std::string_view(host) == "a";
    notification.alerts.push_back({std::make_shared<const Alert>(alert), firing});
  }
  return notification;
}

TEST(WebhookReceiverTest, WritesAlertmanagersBody) {
  EXPECT_EQ(
      WebhookBody(Make(), 0, "http://me:9093"),
      R"({"receiver":"team\\.a","status":"firing","alerts":[)"
      R"({"status":"firing","labels":{"alertname":"Disk","host":"a"},)"
      R"("annotations":{"at":"a","summary":"full"},"startsAt":"2023-11-14T22:13:20.000Z",)"
      R"("endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"a8bf4a756d420bc6"},)"
      R"({"status":"resolved","labels":{"alertname":"Disk","host":"b"},)"
      R"("annotations":{"at":"b","summary":"full"},"startsAt":"2023-11-14T22:13:20.000Z",)"
      R"("endsAt":"2023-11-14T22:13:21.500Z","generatorURL":"","fingerprint":"a8b54a756d39b741"}],)"
      R"("groupLabels":{"alertname":"Disk"},"commonLabels":{"alertname":"Disk"},)"
      R"("commonAnnotations":{"summary":"full"},"externalURL":"http://me:9093","version":"4",)"
      R"("groupKey":"{}:{alertname=\"Disk\"}","truncatedAlerts":0})");
  const std::string cut = WebhookBody(Make(), 1, "");
  EXPECT_NE(cut.find("\"truncatedAlerts\":1"), std::string::npos);
  EXPECT_EQ(cut.find("\"host\":\"b\""), std::string::npos);
}

FetchResult Answered(int code, HttpHeaders headers = {}, std::string body = "") {
  FetchResult answer;
  answer.code = code;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return answer;
}

TEST(WebhookReceiverTest, ReadsAnswers) {
  const std::string url = "http://host/secret";
  EXPECT_EQ(ReadAnswer(Answered(204), url, kNow).outcome, Outcome::kDelivered);
  FetchResult broken = Answered(200);
  broken.status = Unavailable("broke off");
  EXPECT_EQ(ReadAnswer(broken, url, kNow).outcome, Outcome::kDelivered);
  for (const int code : {408, 429, 500, 503, 599}) {
    EXPECT_EQ(ReadAnswer(Answered(code), url, kNow).outcome, Outcome::kFailed) << code;
  }
  for (const int code : {301, 400, 404, 410, 422}) {
    EXPECT_EQ(ReadAnswer(Answered(code), url, kNow).outcome, Outcome::kRefused) << code;
  }
  FetchResult none;
  none.status = Unavailable("no answer");
  EXPECT_EQ(ReadAnswer(none, url, kNow).outcome, Outcome::kNoAnswer);
  const SendResult refused = ReadAnswer(Answered(400, {}, "bad /secret here"), url, kNow);
  EXPECT_EQ(refused.error.find("/secret"), std::string::npos) << refused.error;
}

TEST(WebhookReceiverTest, RetryAfterInBothForms) {
  const auto hold = [](int code, const char* value) {
    return ReadAnswer(Answered(code, {{"retry-after", value}}), "http://h/", kNow).hold_until;
  };
  EXPECT_EQ(hold(429, "3"), kNow + Duration(3000));
  EXPECT_EQ(hold(503, "Tue, 14 Nov 2023 22:13:50 GMT"), kNow + Duration(30'000));
  EXPECT_EQ(hold(429, "Tue, 14 Nov 2023 22:13:00 GMT"), std::nullopt) << "in the past";
  EXPECT_EQ(hold(429, "soon"), std::nullopt);
  EXPECT_EQ(hold(400, "3"), std::nullopt);
  EXPECT_EQ(hold(429, "99999999999"), kNow + Duration(24 * 3'600'000)) << "no longer than a day";
}

TEST(WebhookReceiverTest, SendsWithTheNumberAsKey) {
  auto webhook = std::make_shared<WebhookConfig>();
  webhook->url.text = "http://host/x";
  webhook->http.credentials.text = "token";
  webhook->timeout = Duration(1234);
  Integration to;
  to.kind = "webhook";
  to.webhook = webhook;
  FetchRequest sent;
  ManualClock clock(kNow);
  AlertConfig config;
  config.texts = std::make_shared<const rules::TemplateSet>();
  const auto make = [&] {
    return MakeWebhookReceiver(
        config, to, {"http://me", "abc", Duration(10'000), false},
        [&](FetchRequest request, const HttpClient::Callback& done) {
          sent = std::move(request);
          done(Answered(429, {{"Retry-After", "2"}}));
        },
        clock);
  };
  const auto receiver = make();
  SendResult result;
  receiver->Send(Make(), [&](SendResult got) { result = std::move(got); });
  EXPECT_EQ(FindHeader(sent.headers, "Idempotency-Key"), "abc-7");
  EXPECT_EQ(FindHeader(sent.headers, "Authorization"), "Bearer token");
  EXPECT_EQ(sent.timeout, Duration(1234));
  EXPECT_EQ(result.hold_until, kNow + Duration(2000));
  webhook->body =
      R"({"text": {{ printf "%q" .CommonAnnotations.summary }}, "n": {{ len .Alerts }}})";
  make()->Send(Make(), [&](SendResult got) { result = std::move(got); });
  EXPECT_EQ(sent.body, R"({"text": "full", "n": 2})");
  webhook->body = "{{ template \"none\" . }}";
  make()->Send(Make(), [&](SendResult got) { result = std::move(got); });
  EXPECT_EQ(sent.body, WebhookBody(Make(), 0, "http://me")) << "better another form than nothing";
}

}  // namespace
}  // namespace kizashi::alerts
