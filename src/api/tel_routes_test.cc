#include "api/tel_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/openapi_check.h"
#include "api/slack_test_support.h"
#include "catalog/watch.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);
constexpr std::string_view kCatalog =
    "team: {name: dev, members: [ann, bob]}\n---\n"
    "person: {name: ann, phone: '+81 3-1234-5678', slack: U0ANN}\n---\n"
    "person: {name: bob, slack: U0BOB}\n---\n"
    "schedule:\n  name: shop-primary\n  team: dev\n"
    "  layers: [{rotation: weekly, start: 2023-01-02 00:00, people: [ann]}]\n";

// A provider that takes every call; what becomes of one is posted to us as it would.
class TelRoutesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "tel_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::ofstream(folder_ / "all.yaml") << kCatalog;
    std::ofstream(folder_ / "token") << "s3cret";
    catalog_ = std::make_unique<CatalogHolder>(folder_.string(), &clock_);
    catalog_->Reload();
    for (const CatalogError& error : catalog_->Current()->errors) ADD_FAILURE() << error.ToString();
    holder_ = std::make_unique<oncall::OnCallHolder>(catalog_.get(), nullptr);
    phone::PhoneConfig config;
    config.twilio.emplace();
    config.twilio->account = "AC00000000000000000000000000000000";
    config.twilio->from = "+815012345678";
    config.twilio->callback_url = "https://kizashi.example/twilio";
    config.secret.file = (folder_ / "token").string();
    phone::PhoneDesk::Parts desk;
    desk.fetch = [this](FetchRequest request, const HttpClient::Callback& done) {
      asked_.push_back(std::move(request));
      FetchResult answer;
      answer.code = 201;
      answer.body = R"({"sid":"CA1"})";
      done(answer);
    };
    desk.clock = &clock_;
    desk.registry = &registry_;
    auto made = phone::PhoneDesk::Make(config, std::move(desk));
    ASSERT_TRUE(made.ok()) << made.status();
    desk_ = *std::move(made);
    Begin(desk_.get());
  }
  void TearDown() override {
    routes_.reset();
    desk_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Begin(phone::PhoneDesk* desk) {
    TelRoutes::Parts parts;
    parts.desk = desk;
    parts.holder = holder_.get();
    parts.clock = &clock_;
    parts.slack_secrets = {"slack"};
    parts.fetch = [this](FetchRequest request, const HttpClient::Callback&) {
      told_back_.push_back(request.url + " " + request.body);
    };
    parts.announce = [this](const std::string& person, const std::string& text) {
      announced_.push_back(person + ": " + text);
    };
    routes_ = std::make_unique<TelRoutes>(std::move(parts));
  }
  HttpResponse Ask(const std::string& method, const std::string& path, const std::string& body = "",
                   HttpHeaders headers = {}, std::string_view actor = "") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = std::move(headers);
    EXPECT_TRUE(routes_->IsMine(path));
    return routes_->Handle(request, actor);
  }
  HttpResponse Tel(const std::string& body, std::string_view actor = "") {
    return Ask("POST", "/kizashi/v1/tel", body, {}, actor);
  }
  HttpResponse Slash(const std::string& text, const std::string& secret = "slack") {
    const std::string body =
        "command=%2Ftel&user_id=U0BOB&user_name=bobby&text=" + PercentEncode(text) +
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1";
    return Ask("POST", "/kizashi/v1/slack/commands", body,
               SlackHeaders(secret, body, clock_.Now()));
  }
  static std::string CallOf(const HttpResponse& response) {
    const size_t begin = response.body.find("tel-");
    if (begin == std::string::npos) return "";
    return response.body.substr(begin, response.body.find('"', begin) - begin);
  }

  std::filesystem::path folder_;
  ManualClock clock_{kNow};
  Registry registry_;
  std::unique_ptr<CatalogHolder> catalog_;
  std::unique_ptr<oncall::OnCallHolder> holder_;
  std::unique_ptr<phone::PhoneDesk> desk_;
  std::unique_ptr<TelRoutes> routes_;
  std::vector<FetchRequest> asked_;
  std::vector<std::string> told_back_;
  std::vector<std::string> announced_;
};

TEST_F(TelRoutesTest, RingsAPersonAndTellsTheChannel) {
  const HttpResponse taken = Tel(R"({"name":"ann","reason":"the shop is down","by":"cy"})", "bob");
  EXPECT_EQ(taken.status, 202) << taken.body;
  EXPECT_THAT(OpenApi().Problems("post /tel", 202, taken.body), IsEmpty());
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_THAT(asked_[0].body, HasSubstr("To=%2B81312345678"));
  EXPECT_THAT(asked_[0].body, HasSubstr("bob"));
  EXPECT_THAT(announced_, ElementsAre("ann: bob has ann called: the shop is down"));
  const std::string call = CallOf(taken);
  const HttpResponse shown = Ask("GET", "/kizashi/v1/tel/" + call);
  EXPECT_THAT(OpenApi().Problems("get /tel/{call}", 200, shown.body), IsEmpty());
  EXPECT_THAT(shown.body, HasSubstr(R"("state":"calling")"));
  EXPECT_THAT(shown.body, HasSubstr(R"("by":"bob")")) << "the token's name, not the body's";
  // The end of the desk ends the call.
  desk_.reset();
  ASSERT_EQ(announced_.size(), 2U);
  EXPECT_THAT(announced_[1], HasSubstr("Call to ann"));
}

TEST_F(TelRoutesTest, WhoIsOnCallAndWhoIsMentioned) {
  EXPECT_EQ(Tel(R"({"name":"shop-primary","reason":"x"})").status, 202);
  EXPECT_EQ(Slash("<@U0ANN|ann> please look").status, 200);
  ASSERT_EQ(asked_.size(), 2U);
  ASSERT_EQ(told_back_.size(), 1U);
  EXPECT_THAT(told_back_[0], HasSubstr("https://hooks.slack.com/commands/1"));
  EXPECT_THAT(told_back_[0], HasSubstr("bob has ann called: please look"));
  EXPECT_THAT(told_back_[0], HasSubstr("in_channel"));
}

TEST_F(TelRoutesTest, SaysWhatIsWrong) {
  EXPECT_EQ(Tel("{").status, 400);
  EXPECT_EQ(Tel(R"({"name":"ann"})").status, 400);
  EXPECT_EQ(Tel(R"({"name":7,"reason":"x"})").status, 400);
  EXPECT_EQ(Tel(R"({"name":"nobody","reason":"x"})").status, 404);
  const HttpResponse no_phone = Tel(R"({"name":"bob","reason":"x"})");
  EXPECT_EQ(no_phone.status, 404);
  EXPECT_THAT(no_phone.body, HasSubstr("bob has no phone"));
  EXPECT_EQ(Ask("GET", "/kizashi/v1/tel/tel-0-9").status, 404);
  EXPECT_EQ(Ask("GET", "/kizashi/v1/tel").status, 405);
  EXPECT_THAT(Slash("ann").body, HasSubstr("ephemeral"));
  EXPECT_THAT(Slash("nobody why").body, HasSubstr("nobody is called"));
  EXPECT_EQ(Slash("ann x", "wrong").status, 401);
  Slash("bob again");
  EXPECT_EQ(Slash("bob again").status, 409) << "a replay";
  EXPECT_EQ(Ask("POST", "/twilio", "CallStatus=ringing").status, 403)
      << "not signed by the provider";
  EXPECT_TRUE(asked_.empty());
  Begin(nullptr);
  const HttpResponse none = Tel(R"({"name":"ann","reason":"x"})");
  EXPECT_EQ(none.status, 503);
  EXPECT_THAT(none.body, HasSubstr("--phone-config"));
  EXPECT_FALSE(routes_->IsMine("/twilio"));
}

}  // namespace
}  // namespace kizashi
