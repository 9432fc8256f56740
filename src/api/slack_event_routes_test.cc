#include "api/slack_event_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/alert/slack_message.h"
#include "api/slack_test_support.h"
#include "catalog/load.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

class SlackEventRoutesTest : public testing::Test {
 protected:
  SlackEventRoutesTest() {
    SlackEventRoutes::Parts parts;
    parts.secrets = {"slack"};
    parts.clock = &clock_;
    parts.open_groups = [] {
      alerts::OpenGroup group;
      group.state.key = "{}:{}";
      group.receipts["team shop/slack/0"] = alerts::WriteSlackPlace({"C1", "1.0", 1, true, 7});
      return std::vector<alerts::OpenGroup>{group};
    };
    parts.catalog = [this] { return load_.catalog; };
    parts.on_message = [this](const alerts::OpenGroup& group, const ChatMessage& message) {
      heard_.push_back(group.state.key + " " + message.id + " " + message.by + ": " + message.text);
    };
    routes_ = std::make_unique<SlackEventRoutes>(std::move(parts));
  }
  HttpResponse Send(const std::string& body, const std::string& secret = "slack") {
    HttpRequest request;
    request.method = "POST";
    request.path = "/kizashi/v1/slack/events";
    request.body = body;
    request.headers = SlackHeaders(secret, body, clock_.Now());
    return routes_->Handle(request);
  }
  static std::string Event(const std::string& id, const std::string& user,
                           const std::string& thread, const std::string& channel = "C1") {
    return R"({"type":"event_callback","event_id":")" + id +
           R"(","event":{"type":"message","text":"on it","channel":")" + channel + R"(","user":")" +
           user + R"(","thread_ts":")" + thread + R"("}})";
  }

  ManualClock clock_{kNow};
  CatalogLoad load_ = LoadCatalog({{"a.yaml", "person: {name: ann, slack: U0ANN}"}});
  std::vector<std::string> heard_;
  std::unique_ptr<SlackEventRoutes> routes_;
};

TEST_F(SlackEventRoutesTest, WhatIsWrittenBelowAMessageIsHeard) {
  EXPECT_EQ(Send(R"({"type":"url_verification","challenge":"abc"})").body, "abc");
  EXPECT_EQ(Send(Event("E1", "U0ANN", "1.0")).status, 200);
  EXPECT_EQ(Send(Event("E2", "U9", "1.0")).status, 200);
  EXPECT_THAT(heard_, ElementsAre("{}:{} E1 ann: on it", "{}:{} E2 U9: on it"));
}

TEST_F(SlackEventRoutesTest, NothingElseIs) {
  EXPECT_EQ(Send(Event("E1", "U0ANN", "2.0")).status, 200) << "another message";
  EXPECT_EQ(Send(Event("E2", "U0ANN", "1.0", "C2")).status, 200) << "another channel";
  EXPECT_EQ(Send(Event("E3", "U0ANN", "1.0"), "guess").status, 401);
  EXPECT_EQ(Send("{}").status, 400);
  EXPECT_EQ(Send("{}").status, 409) << "a replay";
  EXPECT_THAT(heard_, IsEmpty());
}

}  // namespace
}  // namespace kizashi
