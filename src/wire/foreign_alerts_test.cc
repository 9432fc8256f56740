#include "wire/foreign_alerts.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

const Time kNow = TimeFromMs(1'767'366'245'000);  // 2026-01-02T15:04:05Z

ForeignAlerts Read(AlertSource source, std::string_view body, std::string_view resource = "") {
  return ReadForeignAlerts(source, body, resource, kNow);
}

TEST(ForeignAlerts, AlertmanagersAlertsAreReadOneByOne) {
  const auto read = Read(AlertSource::kAlertmanager, R"({"version":"4","status":"firing","alerts":[
    {"status":"firing","labels":{"alertname":"QueueGrows","service":"shop","severity":"info"},
     "annotations":{"summary":"queue of shop grows"},"startsAt":"2026-01-02T15:00:00.5Z",
     "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus/graph","fingerprint":"abc"},
    {"status":"gone","labels":{"alertname":"X"}},
    {"status":"resolved","labels":{"alertname":"Y"},"endsAt":"2026-01-02T15:03:00Z"}]})");
  ASSERT_EQ(read.alerts.size(), 2u);
  EXPECT_EQ(read.alerts[0].id, "abc");
  EXPECT_EQ(read.alerts[0].name, "QueueGrows");
  EXPECT_EQ(read.alerts[0].text, "queue of shop grows");
  EXPECT_EQ(read.alerts[0].severity, "info");
  EXPECT_FALSE(read.alerts[0].resolved);
  EXPECT_EQ(FormatTime(read.alerts[0].time), "2026-01-02T15:00:00.500Z");
  EXPECT_EQ(read.alerts[0].labels.Get("service"), "shop");
  EXPECT_TRUE(read.alerts[1].resolved);
  ASSERT_EQ(read.errors.size(), 1u);
  EXPECT_EQ(read.errors[0].item, "alerts[1].status");
}

TEST(ForeignAlerts, DatadogsDefaultPayloadIsUnderstoodByItsTitle) {
  const auto fired = Read(AlertSource::kDatadog, R"({"id":"7","last_updated":"1767366000000",
    "event_type":"query_alert_monitor","title":"[Triggered on {host:web-1}] CPU is high",
    "date":"1767366000000","org":{"id":"1","name":"o"},"body":"CPU over 90 %"})");
  ASSERT_EQ(fired.alerts.size(), 1u);
  EXPECT_EQ(fired.alerts[0].name, "CPU is high");
  EXPECT_FALSE(fired.alerts[0].resolved);
  EXPECT_EQ(ToMs(fired.alerts[0].time), 1'767'366'000'000);
  const auto back =
      Read(AlertSource::kDatadog,
           R"({"title":"[Recovered on {host:web-1}] CPU is high","date":1767366100000})");
  ASSERT_EQ(back.alerts.size(), 1u);
  EXPECT_TRUE(back.alerts[0].resolved);
  EXPECT_EQ(back.alerts[0].id, fired.alerts[0].id);
  EXPECT_EQ(Read(AlertSource::kDatadog, R"({"title":"deployed"})").errors.size(), 1u);
}

TEST(ForeignAlerts, DatadogsTagsSayWhoseItIs) {
  const auto read = Read(AlertSource::kDatadog, R"({"alert_id":"12","cycle":"99",
    "title":"[Warn] disk fills","transition":"Warn","priority":"P4","text":"disk at 80 %",
    "link":"https://app.datadoghq.com/monitors/12","tags":"env:prod, service:shop,urgent"})");
  ASSERT_EQ(read.alerts.size(), 1u);
  EXPECT_EQ(read.alerts[0].id, "99");
  EXPECT_EQ(read.alerts[0].severity, "p4");
  EXPECT_EQ(read.alerts[0].url, "https://app.datadoghq.com/monitors/12");
  EXPECT_EQ(read.alerts[0].labels.ToString(), R"({env="prod", service="shop"})");
}

TEST(ForeignAlerts, SentrysThreeResourcesAreRead) {
  const auto event = Read(AlertSource::kSentry, R"({"action":"triggered","data":{"event":{
    "issue_id":"117","title":"KeyError: 'a'","culprit":"shop.cart","level":"error",
    "url":"https://sentry.io/api/0/projects/acme/shop/events/e4/",
    "web_url":"https://sentry.io/organizations/acme/issues/117/events/e4/",
    "datetime":"2026-01-02T15:00:00Z","tags":[["browser","Chrome"],["service","cart"]]},
    "triggered_rule":"many errors"}})",
                          "event_alert");
  ASSERT_EQ(event.alerts.size(), 1u);
  EXPECT_EQ(event.alerts[0].id, "117");
  EXPECT_EQ(event.alerts[0].labels.Get("service"), "cart");
  const auto issue = Read(AlertSource::kSentry, R"({"action":"resolved","data":{"issue":{
    "id":"117","title":"KeyError: 'a'","level":"error","project":{"slug":"shop"},
    "permalink":"https://sentry.io/organizations/acme/issues/117/"}}})",
                          "issue");
  ASSERT_EQ(issue.alerts.size(), 1u);
  EXPECT_TRUE(issue.alerts[0].resolved);
  EXPECT_EQ(issue.alerts[0].id, "117");
  EXPECT_EQ(issue.alerts[0].labels.Get("service"), "shop");
  const auto metric = Read(AlertSource::kSentry, R"({"action":"critical","data":{"metric_alert":{
    "id":"5","identifier":"3","title":"Many","alert_rule":{"name":"Too many errors"},
    "projects":["shop"],"date_started":"2026-01-02T15:00:00Z"},
    "description_text":"1000 events","web_url":"https://sentry.io/x"}})",
                           "metric_alert");
  ASSERT_EQ(metric.alerts.size(), 1u);
  EXPECT_EQ(metric.alerts[0].name, "Too many errors");
  EXPECT_TRUE(IsUrgent(metric.alerts[0].severity));
  const auto other =
      Read(AlertSource::kSentry, R"({"action":"created","data":{"x":1}})", "comment");
  EXPECT_TRUE(other.nothing && other.errors.empty() && other.alerts.empty());
}

TEST(ForeignAlerts, CloudWatchComesInsideAnEnvelope) {
  const auto read = Read(AlertSource::kCloudWatch, R"({"Type":"Notification","MessageId":"m",
    "TopicArn":"arn:aws:sns:eu-west-1:1:t","Message":"{\"AlarmName\":\"cpu\",\"AWSAccountId\":\"1\",
\"NewStateValue\":\"ALARM\",\"NewStateReason\":\"Threshold Crossed\",
\"StateChangeTime\":\"2026-01-02T15:00:00.000+0000\",\"Region\":\"EU (Ireland)\",
\"AlarmArn\":\"arn:aws:cloudwatch:eu-west-1:1:alarm:cpu\",\"Trigger\":{\"MetricName\":\"CPU\",
\"Namespace\":\"AWS/ECS\",\"Dimensions\":[{\"name\":\"ServiceName\",\"value\":\"shop\"}]}}"})");
  // A line feed inside a string is not JSON: the inner text is read only when it is.
  ASSERT_EQ(read.errors.size(), 1u);
  const auto good = Read(AlertSource::kCloudWatch,
                         R"({"Type":"Notification","Message":"{\"AlarmName\":\"cpu\",)"
                         R"(\"NewStateValue\":\"ALARM\",\"NewStateReason\":\"Crossed\",)"
                         R"(\"StateChangeTime\":\"2026-01-02T15:00:00.000+0000\",)"
                         R"(\"Trigger\":{\"Dimensions\":[{\"name\":\"ServiceName\",)"
                         R"(\"value\":\"shop\"}]}}"})");
  ASSERT_EQ(good.alerts.size(), 1u);
  EXPECT_EQ(good.alerts[0].labels.Get("service"), "shop");
  EXPECT_EQ(FormatTime(good.alerts[0].time), "2026-01-02T15:00:00.000Z");
  const auto confirm =
      Read(AlertSource::kCloudWatch,
           R"({"Type":"SubscriptionConfirmation","SubscribeURL":"https://sns/x"})");
  EXPECT_TRUE(confirm.nothing);
  EXPECT_EQ(confirm.confirm_url, "https://sns/x");
}

TEST(ForeignAlerts, OurOwnFormIsOneOrAList) {
  const auto one =
      Read(AlertSource::kGeneric, R"({"name":"backup late","service":"shop","severity":"LOW"})");
  ASSERT_EQ(one.alerts.size(), 1u);
  EXPECT_EQ(one.alerts[0].severity, "low");
  EXPECT_EQ(one.alerts[0].time, kNow);
  const auto list =
      Read(AlertSource::kGeneric, R"([{"name":"a","status":"resolved"},{"text":"b"}, 3])");
  ASSERT_EQ(list.alerts.size(), 1u);
  EXPECT_TRUE(list.alerts[0].resolved);
  ASSERT_EQ(list.errors.size(), 2u);
  EXPECT_EQ(list.errors[0].item, "[1].name");
  EXPECT_EQ(list.errors[1].item, "[2]");
}

TEST(ForeignAlerts, WhatIsTooMuchIsRefusedOrCut) {
  std::string many = R"({"alerts":[)";
  for (size_t i = 0; i <= kForeignAlertsMax; ++i) {
    many += R"({"status":"firing","labels":{"alertname":"a"}},)";
  }
  many.back() = ']';
  const auto read = Read(AlertSource::kAlertmanager, many + "}");
  EXPECT_EQ(read.alerts.size(), kForeignAlertsMax);
  EXPECT_EQ(read.error_count, 1u);
  const auto big = Read(AlertSource::kGeneric, std::string(kForeignBodyBytesMax + 1, ' '));
  EXPECT_EQ(big.error_count, 1u);
  const auto cut = Read(AlertSource::kGeneric,
                        R"({"name":")" + std::string(5000, 'n') + R"(","url":"ftp://x"})");
  ASSERT_EQ(cut.alerts.size(), 1u);
  EXPECT_EQ(cut.alerts[0].name.size(), kForeignNameBytesMax);
  EXPECT_EQ(cut.alerts[0].url, "");
  EXPECT_EQ(Read(AlertSource::kSentry, "no json").error_count, 1u);
}

}  // namespace
}  // namespace kizashi
