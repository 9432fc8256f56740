#include "api/alertmanager_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "api/alertmanager_json.h"
#include "api/openapi_check.h"

namespace kizashi {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

// Answers at once.
class Willing final : public alerts::Receiver {
 public:
  explicit Willing(const alerts::SendResult* answer) : answer_(answer) {}
  void Send(const alerts::Notification&, Done done) override { done(*answer_); }
  alerts::RateLimit limit() const override { return {1, Duration(1000)}; }

 private:
  const alerts::SendResult* const answer_;
};

class AlertmanagerRoutesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "routes_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    WriteConfig(
        "route: {receiver: all, group_by: [alertname], group_wait: 0s}\n"
        "receivers: [{name: all, webhook_configs: [{url: 'http://h/s3cret'}]}]\n");
    Open();
  }
  void TearDown() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }
  void WriteConfig(std::string_view text) const { std::ofstream(folder_ / "am.yml") << text; }
  void Open() {
    routes_.reset();
    service_.reset();
    alerts::AlertServiceOptions options;
    options.config_file = (folder_ / "am.yml").string();
    options.log = {(folder_ / "alerts").string(), "alerts"};
    options.receivers.kinds = {"webhook"};
    options.receivers.make = [this](const auto&, const auto&, const auto&) {
      return std::make_shared<Willing>(&answer_);
    };
    auto service = alerts::AlertService::Open(std::move(options), clock_, registry_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    AlertmanagerRoutes::Parts parts;
    parts.service = service_.get();
    parts.registry = &registry_;
    parts.version = "1";
    routes_ = std::make_unique<AlertmanagerRoutes>(std::move(parts));
  }
  HttpResponse Ask(const std::string& method, const std::string& path,
                   const std::string& query = "", const std::string& body = "") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.body = body;
    std::promise<HttpResponse> answer;
    routes_->HandleServer(request,
                          [&](HttpResponse response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }

  std::filesystem::path folder_;
  ManualClock clock_{kNow};
  alerts::SendResult answer_;
  Registry registry_;
  std::unique_ptr<alerts::AlertService> service_;
  std::unique_ptr<AlertmanagerRoutes> routes_;
};

TEST_F(AlertmanagerRoutesTest, TakesAlertsAndListsThemAlsoAfterARestart) {
  const std::string body =
      R"([{"labels":{"alertname":"Disk","host":"a","empty":""},"annotations":{"s":"\"q\""},)"
      R"("startsAt":"0001-01-01T00:00:00.000Z","generatorURL":"http://p"}])";
  EXPECT_EQ(Ask("POST", "/api/v2/alerts", "", body).status, 200);
  const std::string expected =
      R"([{"annotations":{"s":"\"q\""},"endsAt":"2023-11-14T22:18:20.000Z",)"
      R"("fingerprint":"a8bf4a756d420bc6","startsAt":"2023-11-14T22:13:20.000Z",)"
      R"("updatedAt":"2023-11-14T22:13:20.000Z","generatorURL":"http://p",)"
      R"("labels":{"alertname":"Disk","host":"a"},"receivers":[{"name":"all"}],)"
      R"("status":{"inhibitedBy":[],"silencedBy":[],"state":"active"}}])";
  EXPECT_EQ(Ask("GET", "/api/v2/alerts").body, expected);
  Open();
  EXPECT_EQ(Ask("GET", "/api/v2/alerts").body, expected);
  EXPECT_THAT(Ask("GET", "/api/v2/alerts/groups").body,
              HasSubstr(R"("labels":{"alertname":"Disk"},"receiver":{"name":"all"}})"));
  EXPECT_THAT(Ask("GET", "/kizashi/v1/alerts/a8bf4a756d420bc6/told").body,
              HasSubstr(R"("told":[{"destination":"all/webhook/0")"));
  EXPECT_EQ(Ask("GET", "/kizashi/v1/alerts/zz/told").status, 400);
  EXPECT_EQ(Ask("GET", "/kizashi/v1/alerts/00000000000000aa/told").status, 404);
}

TEST_F(AlertmanagerRoutesTest, TellsOfEachDestinationWhereItIsAndHowItGoes) {
  const auto queues = [this] {
    std::string body = Ask("GET", "/kizashi/v1/alerts/queues").body;
    EXPECT_THAT(OpenApi().Problems("get /alerts/queues", 200, body), testing::IsEmpty());
    EXPECT_THAT(body, Not(HasSubstr("s3cret")));
    return body;
  };
  WriteConfig(
      "route: {receiver: a/b, group_by: [alertname], group_wait: 0s}\n"
      "receivers: [{name: a/b, webhook_configs: [{url: 'http://u:s3cret@h:81/s3cret'}]}]\n");
  EXPECT_EQ(Ask("POST", "/-/reload").status, 200);
  EXPECT_THAT(queues(), HasSubstr(R"({"destination":"a/b/webhook/0","receiver":"a/b",)"
                                  R"("kind":"webhook","host":"h:81","waiting":0,"sending":false)"));
  answer_ = {alerts::SendResult::Outcome::kFailed, kNow + Duration(90'000), "answered 503"};
  Ask("POST", "/api/v2/alerts", "", R"([{"labels":{"alertname":"A"}}])");
  const std::string failed = queues();
  for (const char* part :
       {R"("waiting":1,"oldest":"2023-11-14T22:13:20.000Z")", R"("failed":1)",
        R"("last_error":"answered 503","last_error_at":"2023-11-14T22:13:20.000Z")",
        R"("held_until":"2023-11-14T22:14:50.000Z","next_attempt":"2023-11-14T22:14:50.000Z")",
        R"("limit":{"messages":1,"window_ms":1000})"}) {
    EXPECT_THAT(failed, HasSubstr(part));
  }
  WriteConfig("route: {receiver: new}\nreceivers: [{name: new}]\n");
  EXPECT_EQ(Ask("POST", "/-/reload").status, 200);
  const std::string gone = queues();
  EXPECT_THAT(gone, HasSubstr(R"("receiver":"a/b","kind":"webhook","waiting":0)"));
}

TEST_F(AlertmanagerRoutesTest, FiltersAsAlertmanagerDoes) {
  Ask("POST", "/api/v2/alerts", "",
      R"([{"labels":{"alertname":"A","x":"1"}},{"labels":{"alertname":"B"}}])");
  const auto names = [this](const std::string& query) {
    const std::string body = Ask("GET", "/api/v2/alerts", query).body;
    return std::string(body.find("\"A\"") != body.npos ? "A" : "") +
           (body.find("\"B\"") != body.npos ? "B" : "");
  };
  EXPECT_EQ(names(""), "AB");
  EXPECT_EQ(names("filter=alertname%3DA"), "A");
  EXPECT_EQ(names("filter=alertname%3D~%22A%7CB%22&filter=x%3D1"), "A");
  EXPECT_EQ(names("filter=x%3D%22%22"), "B");
  EXPECT_EQ(names("receiver=al.*"), "AB");
  EXPECT_EQ(names("receiver=al"), "");
  EXPECT_EQ(names("active=false"), "");
  EXPECT_EQ(Ask("GET", "/api/v2/alerts", "filter=x").status, 400);
  EXPECT_EQ(Ask("GET", "/api/v2/alerts", "receiver=(").status, 400);
  EXPECT_EQ(Ask("GET", "/api/v2/alerts", "active=1").status, 400);
}

TEST_F(AlertmanagerRoutesTest, RefusesWhatIsNoAlertAndKeepsTheGoodOnes) {
  const HttpResponse mixed = Ask("POST", "/api/v2/alerts", "",
                                 R"([{"labels":{"alertname":"Good"}},{"labels":{}},
          {"labels":{"":"c"}},
          {"labels":{"a":"b"},"startsAt":"2023-01-02T00:00:00Z","endsAt":"2023-01-01T00:00:00Z"}])");
  EXPECT_EQ(mixed.status, 400);
  EXPECT_EQ(mixed.body,
            R"("at least one label pair required; invalid label set: invalid name \"\"; )"
            R"(start time must be before end time")");
  EXPECT_THAT(Ask("GET", "/api/v2/alerts").body, HasSubstr("Good"));
  for (const char* body : {"", "{}", "[1]", R"([{"labels":[]}])", R"([{"labels":{"a":1}}])",
                           R"([{"labels":{"a":"b"},"startsAt":"now"}])", "[{\"labels\":"}) {
    const HttpResponse answer = Ask("POST", "/api/v2/alerts", "", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("parsing alerts body")) << body;
  }
}

TEST_F(AlertmanagerRoutesTest, SilencesLiveOverARestart) {
  const std::string wanted =
      R"({"matchers":[{"name":"alertname","value":"D.*","isRegex":true}],)"
      R"("startsAt":"2023-11-14T22:13:20.000Z","endsAt":"2023-11-14T23:13:20.000Z",)"
      R"("createdBy":"me","comment":"why"})";
  const HttpResponse made = Ask("POST", "/api/v2/silences", "", wanted);
  ASSERT_EQ(made.status, 200);
  const std::string id = made.body.substr(14, 36);
  Ask("POST", "/api/v2/alerts", "", R"([{"labels":{"alertname":"Disk"}}])");
  Open();
  EXPECT_THAT(Ask("GET", "/api/v2/alerts").body, HasSubstr("\"silencedBy\":[\"" + id + "\"]"));
  EXPECT_EQ(Ask("GET", "/api/v2/alerts", "silenced=false").body, "[]");
  EXPECT_THAT(Ask("GET", "/api/v2/silence/" + id).body, HasSubstr(R"("state":"active")"));
  EXPECT_THAT(Ask("GET", "/api/v2/silences", "filter=alertname%3D~D.*").body, HasSubstr(id));
  EXPECT_EQ(Ask("GET", "/api/v2/silences", "filter=alertname%3DDisk").body, "[]");
  EXPECT_EQ(Ask("DELETE", "/api/v2/silence/" + id).status, 200);
  Open();
  EXPECT_THAT(Ask("GET", "/api/v2/silence/" + id).body, HasSubstr(R"("state":"expired")"));
  EXPECT_THAT(Ask("GET", "/api/v2/alerts").body, HasSubstr(R"("silencedBy":[])"));
  EXPECT_EQ(Ask("DELETE", "/api/v2/silence/none").status, 404);
  EXPECT_EQ(Ask("GET", "/api/v2/silence/none").status, 404);
  EXPECT_EQ(Ask("POST", "/api/v2/silences", "", "{}").status, 422);
  EXPECT_EQ(Ask("POST", "/api/v2/silences", "", "[]").status, 400);
}

TEST_F(AlertmanagerRoutesTest, ReloadsOrKeepsWhatWas) {
  WriteConfig("route: {receiver: none}\nreceivers: [{name: new}]\n");
  const HttpResponse wrong = Ask("POST", "/-/reload");
  EXPECT_EQ(wrong.status, 500);
  EXPECT_THAT(wrong.body, HasSubstr("am.yml:1:19: route.receiver: undefined receiver \"none\""));
  EXPECT_EQ(Ask("GET", "/api/v2/receivers").body, R"([{"name":"all"}])");
  WriteConfig("route: {receiver: new}\nreceivers: [{name: new}]\n");
  EXPECT_EQ(Ask("POST", "/-/reload").status, 200);
  EXPECT_EQ(Ask("GET", "/api/v2/receivers").body, R"([{"name":"new"}])");
  EXPECT_EQ(Ask("GET", "/-/reload").status, 405);
}

TEST_F(AlertmanagerRoutesTest, AnswersTheRest) {
  const std::string status = Ask("GET", "/api/v2/status").body;
  EXPECT_THAT(status, HasSubstr(R"("version":"0.25.0")"));
  EXPECT_THAT(status, Not(HasSubstr("s3cret")));
  for (const char* path : {"/-/healthy", "/-/ready", "/metrics", "/"}) {
    EXPECT_EQ(Ask("GET", path).status, 200) << path;
  }
  EXPECT_EQ(Ask("GET", "/api/v2/none").status, 404);
  EXPECT_EQ(Ask("GET", "/none").status, 404);
  EXPECT_EQ(Ask("PUT", "/api/v2/alerts").status, 405);
}

}  // namespace
}  // namespace kizashi
