#include "api/rule_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using testing::HasSubstr;
using testing::Not;

rules::RuleSnapshot Snapshot() {
  auto group = std::make_shared<rules::RuleGroupStatus>();
  group->name = "g";
  group->file = "a.yml";
  group->interval = std::chrono::seconds(30);
  group->last_evaluation = TimeFromMs(1'700'000'000'000);
  rules::RuleStatus alert;
  alert.is_alert = true;
  alert.name = "Down";
  alert.query = "up == 0";
  alert.hold = std::chrono::minutes(5);
  alert.labels = {{"severity", "page"}};
  rules::ActiveAlert active;
  active.state = rules::AlertState::kFiring;
  active.labels = Labels({{"alertname", "Down"}, {"job", "x"}});
  active.value = 0;
  active.active_at = TimeFromMs(1'699'999'000'000);
  alert.alerts = {active};
  alert.health.last_evaluation = group->last_evaluation;
  rules::RuleStatus record;
  record.name = "x:y";
  record.query = "sum by (a) (up) ";
  record.health.last_evaluation = group->last_evaluation;
  record.health.last_error = "no";
  group->rules = {alert, record};
  return {{group}, {}};
}

std::string Ask(const std::string& query) {
  HttpRequest request;
  request.method = "GET";
  request.query = query;
  const auto json = RulesJson(Snapshot(), PrometheusParams(request));
  return json.ok() ? *json : std::string(Message(json.status()));
}

TEST(RuleViews, WritesRulesAsPrometheusDoes) {
  EXPECT_EQ(
      Ask(""),
      R"({"groups":[{"name":"g","file":"a.yml","rules":[{"state":"firing","name":"Down",)"
      R"("query":"up == 0","duration":300,"keepFiringFor":0,"labels":{"severity":"page"},)"
      R"("annotations":{},"alerts":[{"labels":{"alertname":"Down","job":"x"},"annotations":{},)"
      R"("state":"firing","activeAt":"2023-11-14T21:56:40.000Z","value":"0e+00"}],"health":"ok",)"
      R"("evaluationTime":0,"lastEvaluation":"2023-11-14T22:13:20.000Z","type":"alerting"},)"
      R"({"name":"x:y","query":"sum by (a) (up) ","health":"err","lastError":"no","evaluationTime":0,)"
      R"("lastEvaluation":"2023-11-14T22:13:20.000Z","type":"recording"}],"interval":30,)"
      R"("limit":0,"evaluationTime":0,"lastEvaluation":"2023-11-14T22:13:20.000Z"}]})");
}

TEST(RuleViews, ChoosesRules) {
  EXPECT_THAT(Ask("type=record"), Not(HasSubstr("alerting")));
  EXPECT_THAT(Ask("type=alert"), Not(HasSubstr("recording")));
  EXPECT_EQ(Ask("type=none"), "invalid parameter \"type\": not supported value \"none\"");
  EXPECT_THAT(Ask("rule_name[]=x:y"), Not(HasSubstr("Down")));
  EXPECT_EQ(Ask("rule_name[]=z"), R"({"groups":[]})");
  EXPECT_EQ(Ask("rule_group[]=h"), R"({"groups":[]})");
  EXPECT_EQ(Ask("file[]=b.yml"), R"({"groups":[]})");
}

TEST(RuleViews, WritesAlerts) {
  EXPECT_EQ(RuleAlertsJson(Snapshot()),
            R"({"alerts":[{"labels":{"alertname":"Down","job":"x"},"annotations":{},)"
            R"("state":"firing","activeAt":"2023-11-14T21:56:40.000Z","value":"0e+00"}]})");
}

}  // namespace
}  // namespace kizashi
