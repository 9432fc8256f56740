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

TEST(ForeignAlerts, EachSourceSaysInItsOwnWayWhatIsUrgent) {
  const auto is_urgent = [](AlertSource source, const std::string& body,
                            std::string_view resource = "") {
    const ForeignAlerts read = Read(source, body, resource);
    EXPECT_EQ(read.alerts.size(), 1u) << body;
    return read.alerts.size() == 1 && read.alerts[0].urgent;
  };
  const auto manager = [&](const std::string& severity, const std::string& status) {
    return is_urgent(AlertSource::kAlertmanager, R"({"alerts":[{"status":")" + status +
                                                     R"(","labels":{"alertname":"a","severity":")" +
                                                     severity + R"("}}]})");
  };
  for (const char* grave : {"critical", "Page", "high", "error", "P1", "p2", "emergency"}) {
    EXPECT_TRUE(manager(grave, "firing")) << grave;
    EXPECT_FALSE(manager(grave, "resolved")) << grave;
  }
  for (const char* low : {"", "warning", "info", "P3", "none"}) {
    EXPECT_FALSE(manager(low, "firing")) << low;
  }
  const auto datadog = [&](const std::string& transition, const std::string& priority) {
    return is_urgent(AlertSource::kDatadog, R"({"title":"t","transition":")" + transition +
                                                R"(","priority":")" + priority + R"("})");
  };
  EXPECT_TRUE(datadog("Triggered", "P1"));
  EXPECT_TRUE(datadog("Re-Triggered", ""));
  EXPECT_TRUE(datadog("No Data", "P2"));
  EXPECT_FALSE(datadog("Triggered", "P3"));
  EXPECT_FALSE(datadog("Warn", "P1"));
  EXPECT_FALSE(datadog("No Data", ""));
  EXPECT_FALSE(datadog("Recovered", "P1"));
  const auto sentry = [&](const std::string& level) {
    return is_urgent(AlertSource::kSentry,
                     R"({"action":"created","data":{"issue":{"id":"1","title":"t","level":")" +
                         level + R"("}}})");
  };
  EXPECT_TRUE(sentry("fatal"));
  EXPECT_FALSE(sentry("error"));
  EXPECT_TRUE(is_urgent(AlertSource::kSentry, R"({"action":"triggered","data":{"event":{
    "issue_id":"1","title":"t","level":"error"}}})",
                        "event_alert"));
  EXPECT_TRUE(is_urgent(AlertSource::kCloudWatch, R"({"AlarmName":"a","NewStateValue":"ALARM"})"));
  EXPECT_FALSE(is_urgent(AlertSource::kCloudWatch, R"({"AlarmName":"a","NewStateValue":"OK"})"));
}

TEST(ForeignAlerts, AMappingFindsWhatIsElsewhere) {
  AlertMapping mapping;
  mapping.list = "/a~1b/items";
  mapping.name = "/what/0";
  mapping.id = "/key";
  mapping.text = "/note";
  mapping.severity = "/level";
  mapping.time = "/at";
  mapping.labels = "/tags";
  mapping.label = {{"service", "/app"}};
  mapping.status = "/state";
  mapping.resolved = {"ok"};
  mapping.firing = {"bad"};
  const auto read = ReadMappedAlerts(mapping, R"({"a/b":{"items":[
    {"what":["late"],"key":7,"note":"n","level":"HIGH","at":"2026-01-02T15:00:00Z",
     "tags":{"env":"prod"},"app":"shop","state":"BAD"},
    {"what":["late"],"key":7,"state":"ok"}, {"what":["x"],"state":"odd"}, {"state":"bad"}, 5]}})",
                                     kNow);
  ASSERT_EQ(read.alerts.size(), 2u);
  EXPECT_EQ(read.alerts[0].id, "7");
  EXPECT_EQ(read.alerts[0].name, "late");
  EXPECT_EQ(read.alerts[0].text, "n");
  EXPECT_TRUE(read.alerts[0].urgent);
  EXPECT_EQ(FormatTime(read.alerts[0].time), "2026-01-02T15:00:00.000Z");
  EXPECT_EQ(read.alerts[0].labels.ToString(), R"({env="prod", service="shop"})");
  EXPECT_TRUE(read.alerts[1].resolved);
  ASSERT_EQ(read.errors.size(), 3u);
  EXPECT_EQ(read.errors[0].item, "/a~1b/items/2/state");
  EXPECT_EQ(read.errors[0].reason, "found 'odd', expected one that the mapping names");
  EXPECT_EQ(read.errors[1].item, "/a~1b/items/3/what/0");
  EXPECT_EQ(read.errors[2].item, "/a~1b/items/4");
  const auto none = ReadMappedAlerts(mapping, R"({"items":[]})", kNow);
  ASSERT_EQ(none.errors.size(), 1u);
  EXPECT_EQ(none.errors[0].item, "/a~1b/items");
  mapping = AlertMapping();
  mapping.name = "/n";
  EXPECT_EQ(ReadMappedAlerts(mapping, R"([{"n":"a"},{"n":"b"}])", kNow).alerts.size(), 2u);
  EXPECT_EQ(ReadMappedAlerts(mapping, R"({"n":"a"})", kNow).alerts.size(), 1u);
  EXPECT_TRUE(ReadMappedAlerts(mapping, "[]", kNow).nothing);
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
