#include "api/alert_action_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "api/openapi_check.h"
#include "api/slack_test_support.h"
#include "wire/slack_action.h"

namespace kizashi {
namespace {

using testing::HasSubstr;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);
constexpr std::string_view kKey = "{}:{alertname=\"Disk\"}";

// Answers 200 at once, and remembers what it was told.
class Willing final : public alerts::Receiver {
 public:
  explicit Willing(std::vector<alerts::Notification>* told) : told_(told) {}
  void Send(const alerts::Notification& notification, Done done) override {
    told_->push_back(notification);
    done({});
  }

 private:
  std::vector<alerts::Notification>* const told_;
};

class Listener final : public alerts::AlertListener {
 public:
  void OnAlertEvent(const alerts::AlertEvent& event) override {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::string(alerts::AlertEventName(event.kind)) +
                     (event.by.empty() ? "" : " by " + event.by + " via " + event.via));
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heard_;
};

class AlertActionRoutesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "actions_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::ofstream(folder_ / "am.yml")
        << "route: {receiver: all, group_by: [alertname], group_wait: 0s, "
           "escalation: [{receiver: sre, after: 10m}]}\n"
           "receivers: [{name: all, slack_configs: [{app_token: x, channel: c}]}, "
           "{name: sre, slack_configs: [{app_token: x, channel: s}]}]\n";
    alerts::AlertServiceOptions options;
    options.config_file = (folder_ / "am.yml").string();
    options.log = {(folder_ / "alerts").string(), "alerts"};
    options.engine.sent_kinds = {"slack"};
    options.receivers.kinds = {"slack"};
    options.receivers.make = [this](const auto&, const auto&, const auto&) {
      return std::make_shared<Willing>(&told_);
    };
    options.listeners = {&listener_};
    auto service = alerts::AlertService::Open(std::move(options), clock_, registry_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    AlertActionRoutes::Parts parts;
    parts.service = service_.get();
    parts.slack_secrets = {"old", "new"};
    parts.pagerduty_secrets = {"pd"};
    parts.fetch = [this](FetchRequest request, const HttpClient::Callback&) {
      told_back_.push_back(std::move(request));
    };
    routes_ = std::make_unique<AlertActionRoutes>(std::move(parts));
    Fire();
  }
  void TearDown() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Fire() {
    alerts::Alert alert;
    alert.labels.Set("alertname", "Disk");
    std::promise<void> done;
    service_->Post({alert}, [&](const auto&) { done.set_value(); });
    done.get_future().wait();
  }
  HttpResponse Ask(const std::string& method, const std::string& path, const std::string& body = "",
                   HttpHeaders headers = {}, std::string_view actor = "") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = std::move(headers);
    EXPECT_TRUE(AlertActionRoutes::IsMine(path));
    return routes_->Handle(request, actor);
  }
  static std::string Group() { return HexId(Hash64(kKey)); }
  std::string GroupPath(const std::string& action) {
    return "/kizashi/v1/alerts/groups/" + Group() + "/" + action;
  }
  // As Slack sends it.
  HttpResponse Press(const std::string& action, const std::string& secret, Time at,
                     const std::string& value = Group()) {
    const std::string json =
        R"({"type":"block_actions","user":{"id":"U1","username":"alice"},)"
        R"("response_url":"https://hooks.slack.com/actions/1","actions":[{"action_id":")" +
        action + R"(","value":")" + value + R"("}]})";
    const std::string body = "payload=" + PercentEncode(json);
    return Ask("POST", "/kizashi/v1/slack/actions", body, SlackHeaders(secret, body, at));
  }
  HttpResponse PagerDuty(const std::string& id, const std::string& type, const std::string& key,
                         const std::string& by, const std::string& secret = "pd", Time at = kNow) {
    const std::string agent =
        by.empty() ? "null" : R"({"type":"user_reference","summary":")" + by + R"("})";
    const std::string body = R"({"event":{"id":")" + id + R"(","event_type":")" + type +
                             R"(","occurred_at":")" + FormatTime(at) + R"(","agent":)" + agent +
                             R"(,"data":{"incident_key":")" + key + R"("}}})";
    return Ask("POST", "/kizashi/v1/pagerduty/webhook", body,
               {{"X-PagerDuty-Signature", "v1=" + HmacSha256Hex(secret, body)}});
  }

  std::filesystem::path folder_;
  ManualClock clock_{kNow};
  Registry registry_;
  std::vector<alerts::Notification> told_;
  std::vector<FetchRequest> told_back_;
  Listener listener_;
  std::unique_ptr<alerts::AlertService> service_;
  std::unique_ptr<AlertActionRoutes> routes_;
};

TEST_F(AlertActionRoutesTest, SaysWhoWasToldAndWhoIsNext) {
  const HttpResponse answer = Ask("GET", "/kizashi/v1/alerts/groups");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(OpenApi().Problems("get /alerts/groups", 200, answer.body), testing::IsEmpty());
  EXPECT_THAT(answer.body,
              HasSubstr(R"("group":")" + Group() + R"(","key":"{}:{alertname=\"Disk\"}")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("destinations":["all/slack/0"])"));
  EXPECT_THAT(answer.body,
              HasSubstr(R"("next":[{"receiver":"sre","at":"2023-11-14T22:23:20.000Z"}])"));
}

TEST_F(AlertActionRoutesTest, ActsOverTheApi) {
  EXPECT_EQ(Ask("GET", GroupPath("acknowledge")).status, 405);
  EXPECT_EQ(Ask("POST", GroupPath("kizashi_resolve")).status, 404);
  EXPECT_EQ(Ask("POST", "/kizashi/v1/alerts/groups/12/acknowledge").status, 400);
  EXPECT_EQ(Ask("POST", GroupPath("acknowledge"), "[]").status, 400);
  EXPECT_EQ(Ask("POST", GroupPath("acknowledge"), R"({"by":1})").status, 400);
  EXPECT_EQ(Ask("POST", "/kizashi/v1/alerts/groups/00000000000000ff/acknowledge").status, 404);
  HttpResponse answer = Ask("POST", GroupPath("escalate"), R"({"by":"eve"})", {}, "bob");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("level":1)"));
  answer = Ask("POST", GroupPath("acknowledge"), R"({"by":"eve","comment":"mine"})", {}, "bob");
  EXPECT_THAT(answer.body, HasSubstr(R"("acknowledged":{"by":"bob","via":"api")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("next":[])"));
  EXPECT_THAT(OpenApi().ProblemsOf("AlertGroup", answer.body), testing::IsEmpty());
  EXPECT_EQ(Ask("POST", GroupPath("resolve")).status, 200);
  EXPECT_EQ(Ask("GET", "/kizashi/v1/alerts/groups").body, R"({"groups":[]})");
  service_->Stop(Duration(0));
  const std::vector<std::string> heard = listener_.heard();
  EXPECT_EQ(heard.front(), "opened");
  for (const char* one :
       {"attempted", "delivered", "escalated by bob via api", "acknowledged by bob via api",
        "resolved_by by api via api", "resolved"}) {
    EXPECT_THAT(heard, testing::Contains(one));
  }
}

TEST_F(AlertActionRoutesTest, TakesSlacksButtonsOnce) {
  EXPECT_EQ(Press("kizashi_acknowledge", "other", kNow).status, 401);
  EXPECT_EQ(Press("kizashi_acknowledge", "new", kNow - kSlackWindow - Duration(1000)).status, 401);
  EXPECT_EQ(Press("kizashi_acknowledge", "new", kNow).status, 200);
  EXPECT_EQ(service_->OpenGroups()[0].state.acknowledged_by, "alice");
  EXPECT_EQ(told_.back().state.acknowledged_by, "alice") << "the message is updated";
  EXPECT_EQ(Press("kizashi_acknowledge", "new", kNow).status, 409) << "a replay";
  EXPECT_EQ(Press("kizashi_link_0", "old", kNow).status, 200);
  EXPECT_EQ(Press("kizashi_escalate", "old", kNow, "x").status, 400);
  EXPECT_EQ(Press("kizashi_resolve", "old", kNow).status, 200);
  EXPECT_TRUE(service_->OpenGroups().empty());
  EXPECT_TRUE(told_back_.empty());
  EXPECT_EQ(Press("kizashi_escalate", "old", kNow).status, 200);
  ASSERT_EQ(told_back_.size(), 1U);
  EXPECT_EQ(told_back_[0].url, "https://hooks.slack.com/actions/1");
}

TEST_F(AlertActionRoutesTest, TakesPagerDutysWebhooksOnce) {
  const std::string key = Group() + "-1";
  EXPECT_EQ(PagerDuty("1", "incident.acknowledged", key, "Eve", "other").status, 401);
  EXPECT_EQ(PagerDuty("2", "pagey.ping", key, "").status, 200);
  EXPECT_EQ(PagerDuty("3", "incident.acknowledged", "another's", "Eve").status, 200);
  EXPECT_EQ(PagerDuty("4", "incident.acknowledged", key, "").status, 200) << "our own";
  EXPECT_EQ(PagerDuty("5", "incident.acknowledged", key, "Eve", "pd", kNow - Duration(1)).status,
            200)
      << "of an incident before";
  EXPECT_FALSE(service_->OpenGroups()[0].state.is_acknowledged());
  EXPECT_EQ(PagerDuty("6", "incident.acknowledged", key, "Eve").status, 200);
  EXPECT_EQ(service_->OpenGroups()[0].state.acknowledged_by, "Eve");
  EXPECT_EQ(PagerDuty("7", "incident.resolved", key, "Eve").status, 200);
  EXPECT_TRUE(service_->OpenGroups().empty());
}

TEST_F(AlertActionRoutesTest, WithoutSecretsNothingIsTaken) {
  AlertActionRoutes::Parts parts;
  parts.service = service_.get();
  routes_ = std::make_unique<AlertActionRoutes>(std::move(parts));
  const HttpResponse answer = Press("kizashi_acknowledge", "", kNow);
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(answer.body, HasSubstr("--slack-signing-secret-file"));
  EXPECT_EQ(PagerDuty("1", "incident.acknowledged", Group() + "-1", "Eve", "").status, 401);
}

}  // namespace
}  // namespace kizashi
