#include "act/alert/alert_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi::alerts {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

AlertConfigResult Read(std::string_view text) {
  return ReadAlertConfig(text, "am.yml", {"webhook"});
}

constexpr std::string_view kWhole = R"(
global:
  resolve_timeout: 7m
  slack_api_url: https://hooks.slack.com/services/T/B/abc
  http_config: {basic_auth: {username: u, password: hunter2}}
route:
  receiver: all
  group_by: [job, alertname]
  routes:
  - match: {team: a}
    match_re: {severity: page|ticket}
    matchers: ['env!=dev']
    group_by: ['...']
    group_wait: 0s
    receiver: team
    continue: true
    routes:
    - matchers: [host="1"]
      mute_time_intervals: [weekend]
  - receiver: other
    matchers: ['{team=~"a|b", }']
receivers:
- name: all
- name: team
  webhook_configs:
  - url: http://user:pw@hook.example:81/secret?x=1
    max_alerts: 3
  slack_configs: [{channel: '#x', api_url: https://hooks.slack.com/s}]
- name: other
time_intervals:
- name: weekend
  time_intervals: [{weekdays: ['saturday', 'sunday'], location: Asia/Tokyo}]
templates: [t/*.tmpl]
)";

TEST(AlertConfigTest, ReadsTheTree) {
  const AlertConfigResult read = Read(kWhole);
  ASSERT_THAT(read.errors, testing::IsEmpty());
  const AlertConfig& config = *read.config;
  EXPECT_EQ(config.resolve_timeout, std::chrono::minutes(7));
  const Route& team = config.root.routes[0];
  EXPECT_EQ(team.key, "{}/{env!=\"dev\",severity=~\"page|ticket\",team=\"a\"}");
  EXPECT_TRUE(team.group_by_all);
  EXPECT_EQ(team.group_wait, Duration(0));
  EXPECT_EQ(team.group_interval, std::chrono::minutes(5));
  const auto receivers = [&](std::vector<Label> labels) {
    std::string names;
    for (const Route* route : MatchRoutes(config.root, Labels(std::move(labels)))) {
      names += route->receiver + " " + std::to_string(route->number) + ";";
    }
    return names;
  };
  EXPECT_EQ(receivers({{"team", "c"}}), "all 0;");
  EXPECT_EQ(receivers({{"team", "a"}, {"severity", "page"}}), "team 1;other 3;");
  EXPECT_EQ(receivers({{"team", "a"}, {"severity", "page"}, {"host", "1"}}), "team 2;other 3;");
  EXPECT_EQ(receivers({{"team", "b"}}), "other 3;");
  EXPECT_FALSE(config.Speaks(team.routes[0], *ParseTime("2026-11-28T10:00:00Z")));
  EXPECT_TRUE(config.Speaks(team.routes[0], *ParseTime("2026-11-27T10:00:00Z")));
  EXPECT_EQ(config.receivers[1].integrations[0].webhook->http.username, "u") << "global's";
}

TEST(AlertConfigTest, ShowsNoSecretAndSaysWhatIsNotSent) {
  const AlertConfigResult read = Read(kWhole);
  ASSERT_TRUE(read.config);
  for (const char* secret : {"hunter2", "pw", "secret?x", "T/B/abc", "com/s\n"}) {
    EXPECT_THAT(read.config->shown, testing::Not(HasSubstr(secret)));
  }
  EXPECT_THAT(read.config->shown, HasSubstr("http://hook.example:81/<secret>"));
  EXPECT_THAT(read.config->notes,
              ElementsAre(testing::AllOf(HasSubstr("am.yml:28:19"),
                                         HasSubstr("slack_configs cannot be sent yet"))));
  const AlertConfigResult again = Read(read.config->shown);
  EXPECT_THAT(again.errors, testing::IsEmpty()) << "what is shown can be read";
}

TEST(AlertConfigTest, TellsAllErrorsAtOnceWithTheirPlaces) {
  const AlertConfigResult read = Read(R"(route:
  receiver: nobody
  group_interval: 0s
  matchers: [a=b]
  routs: []
  routes:
  - match_re: {a: '('}
    group_by: [a, a]
    active_time_intervals: [none]
  - matchers: [foo]
receivers:
- name: x
  webhook_configs:
  - url: ftp://x
  - {}
- name: x
inhibit_rules:
- equal: text
mute_time_intervals:
- name: m
  time_intervals: [{weekdays: [fryday], times: [{start_time: '10:00', end_time: '09:00'}]}]
)");
  EXPECT_FALSE(read.config);
  const auto at = [&](const char* place, const char* what) {
    EXPECT_THAT(read.errors, testing::Contains(testing::AllOf(HasSubstr(place), HasSubstr(what))));
  };
  at("am.yml:2:13", "undefined receiver \"nobody\"");
  at("am.yml:3:19", "a duration above 0");
  at("am.yml:5:3", "route.routs: unknown field");
  at("am.yml:7:19", "error parsing regexp");
  at("am.yml:8:15", "duplicated label \"a\"");
  at("am.yml:9:29", "undefined time interval \"none\"");
  at("am.yml:10:16", "bad matcher format: foo");
  at("am.yml:14:10", "unsupported scheme");
  at("am.yml:15:5", "one of url and url_file");
  at("am.yml:16:3", "\"x\" is not unique");
  at("am.yml:18:10", "expected a list");
  at("am.yml:21:32", "'fryday' is not a valid weekday");
  at("am.yml:21:49", "start time cannot be equal or greater");
  at("am.yml:2:3", "root route must not have any matchers");
  EXPECT_THAT(Read("").errors, ElementsAre("am.yml:1:1: no route provided in config"));
  EXPECT_FALSE(Read("a: [").errors.empty());
}

// One receiver, after the route and with `global`.
AlertConfigResult ReadReceiver(const std::string& receiver, const std::string& global = "{}") {
  return ReadAlertConfig(
      "global: " + global + "\nroute: {receiver: r}\nreceivers:\n- name: r\n" + receiver, "am.yml",
      {"email", "pagerduty", "slack", "webhook"});
}

TEST(AlertConfigTest, ReadsReceiversWithTheirDefaults) {
  const AlertConfigResult read = ReadReceiver(
      "  slack_configs: [{channel: '#a'}, {api_url: 'http://h/x', language: ja}]\n"
      "  pagerduty_configs: [{routing_key_file: key, details: {more: x}}]\n"
      "  email_configs: [{to: 'A <a@x.org>', require_tls: false}]\n",
      "{slack_app_token: t, smtp_from: k@x.org, smtp_smarthost: 'm:25', "
      "http_config: {basic_auth: {username: u, password: p}}}");
  ASSERT_THAT(read.errors, testing::IsEmpty());
  const std::vector<Integration>& all = read.config->receivers[0].integrations;
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[3].email->to, "a@x.org");
  EXPECT_EQ(all[3].email->smarthost, "m:25");
  EXPECT_FALSE(all[3].email->require_tls);
  EXPECT_FALSE(all[3].send_resolved);
  EXPECT_EQ(all[2].pagerduty->url, "https://events.pagerduty.com/v2/enqueue");
  EXPECT_EQ(all[2].pagerduty->details.size(), 5U);
  EXPECT_EQ(all[2].pagerduty->http.username, "u");
  EXPECT_EQ(all[0].slack->app_token.text, "t");
  EXPECT_TRUE(all[0].slack->updates);
  EXPECT_EQ(all[1].slack->api_url.text, "http://h/x");
  EXPECT_TRUE(all[1].slack->app_token.empty()) << "an address of its own";
  EXPECT_EQ(read.config->shown.find(": t\n"), std::string::npos) << read.config->shown;
}

TEST(AlertConfigTest, SaysWhatIsWrongWithReceivers) {
  const auto error = [](const std::string& receiver) {
    const AlertConfigResult read = ReadReceiver(receiver);
    return read.errors.empty() ? std::string("none") : read.errors[0];
  };
  EXPECT_THAT(
      error("  slack_configs: [{channel: a}]\n"),
      HasSubstr("am.yml:5:19: receivers[0].slack_configs[0]: no Slack API URL nor app token"));
  EXPECT_THAT(error("  slack_configs: [{app_token: t}]\n"), HasSubstr("a channel must be set"));
  EXPECT_THAT(error("  slack_configs: [{api_url: x, chanel: a}]\n"),
              HasSubstr("chanel: unknown field"));
  EXPECT_THAT(error("  slack_configs: [{api_url: x, actions: [{type: button, text: a}]}]\n"),
              HasSubstr("an action without url"));
  EXPECT_THAT(error("  pagerduty_configs: [{service_key: k}]\n"), HasSubstr("Events API v1"));
  EXPECT_THAT(error("  pagerduty_configs: [{}]\n"), HasSubstr("missing service or routing key"));
  EXPECT_THAT(error("  pagerduty_configs: [{routing_key: k, url: 'http://h/'}]\n"),
              HasSubstr("must end with /v2/enqueue"));
  EXPECT_THAT(error("  email_configs: [{from: k@x.org, smarthost: 'm:25'}]\n"),
              HasSubstr("missing to address"));
  EXPECT_THAT(error("  email_configs: [{to: 'a b', from: k@x.org, smarthost: 'm:25'}]\n"),
              HasSubstr("\"a b\" is no address"));
  EXPECT_THAT(error("  email_configs: [{to: a@x.org}]\n"), HasSubstr("no global SMTP smarthost"));
}

TEST(AlertConfigTest, ReadsEscalation) {
  const auto read = [](const std::string& steps) {
    return Read("route: {receiver: a, escalation: " + steps +
                ", routes: [{matchers: [x=y]}]}\n"
                "receivers: [{name: a}, {name: b}]\n");
  };
  const AlertConfigResult good = read("[{receiver: b, after: 5m}]");
  ASSERT_TRUE(good.config);
  ASSERT_EQ(good.config->root.routes[0].escalation.size(), 1U) << "inherited";
  EXPECT_EQ(good.config->root.routes[0].escalation[0].after, std::chrono::minutes(5));
  EXPECT_THAT(read("[{receiver: c, after: 5m}]").errors[0], HasSubstr("undefined receiver \"c\""));
  EXPECT_THAT(read("[{receiver: b, after: 5m}, {receiver: a, after: 5m}]").errors[0],
              HasSubstr("later than the step before"));
  EXPECT_THAT(read("[{receiver: b}]").errors[0], HasSubstr("expected a receiver, and after"));
}

}  // namespace
}  // namespace kizashi::alerts
