#include "act/catalog_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/alert/alert_config.h"
#include "act/test_support.h"
#include "catalog/load.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kCatalog = R"yaml(
team:
  name: shop-team
  language: ja
  notify: [{slack: "#shop"}, {email: shop@example.com}]
---
team: {name: cart-team, notify: [{webhook: "http://cart.example/s3cret"}, {pagerduty: PDKEY}]}
---
team: {name: sub-team, parent: cart-team}
---
team: {name: lost-team}
---
team: {name: sre, notify: [{pagerduty: SREKEY}]}
---
person: {name: ann, slack: U0ANN, phone: "+81 3 1234 5678", language: ja, email: ann@example.com}
---
person: {name: bob, email: bob@example.com}
---
person: {name: cy}
---
service: {name: shop, owner: shop-team}
)yaml";

std::shared_ptr<const Catalog> MakeCatalog(std::string_view text) {
  const CatalogLoad load = LoadCatalog({{"teams.yaml", std::string(text)}});
  for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
  return load.catalog;
}

class CatalogRoutesTest : public testing::Test {
 protected:
  CatalogRoutesTest() {
    options.default_destinations = {{Destination::Kind::kWebhook, "http://default.example/"}};
    options.slack_token_file = "/token";
    options.smtp_smarthost = "mail:25";
    options.smtp_from = "k@example.com";
  }
  void Read() {
    notes.clear();
    const std::string text = CatalogRoutes(*catalog, options, &notes);
    alerts::AlertConfigResult read =
        alerts::ReadAlertConfig(text, "c", {"email", "pagerduty", "phone", "slack", "webhook"});
    EXPECT_THAT(read.errors, IsEmpty()) << text;
    config = read.config;
  }
  const alerts::Route& RouteOf(const std::string& owner, const std::string& severity) {
    const auto routes = alerts::MatchRoutes(
        config->root, Labels({{"service", "s"}, {"owner", owner}, {"severity", severity}}));
    EXPECT_EQ(routes.size(), 1U);
    return *routes[0];
  }
  std::vector<std::string> KindsOf(const std::string& owner) {
    return KindsOfReceiver(RouteOf(owner, "page").receiver);
  }
  std::vector<std::string> KindsOfReceiver(const std::string& name) {
    std::vector<std::string> kinds;
    for (const auto& one : config->FindReceiver(name)->integrations) kinds.push_back(one.kind);
    return kinds;
  }

  std::shared_ptr<const Catalog> catalog = MakeCatalog(kCatalog);
  CatalogRouteOptions options;
  std::vector<std::string> notes;
  alerts::AlertConfigPtr config;
};

TEST_F(CatalogRoutesTest, ToTheOwners) {
  Read();
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(KindsOf("shop-team"), ElementsAre("email", "slack"));
  EXPECT_THAT(KindsOf("cart-team"), ElementsAre("pagerduty", "webhook"));
  EXPECT_THAT(KindsOf("sub-team"), ElementsAre("pagerduty", "webhook")) << "its parent's";
  EXPECT_THAT(KindsOf("lost-team"), ElementsAre("webhook")) << "the server's own";
  EXPECT_THAT(KindsOf("nobody"), ElementsAre("webhook"));
  EXPECT_TRUE(RouteOf("shop-team", "page").escalation.empty()) << "on-call says who is next";
  const auto& slack = *config->FindReceiver("team shop-team")->integrations[1].slack;
  EXPECT_EQ(slack.channel, "#shop");
  EXPECT_EQ(slack.language, "ja");
}

TEST_F(CatalogRoutesTest, PeopleAreReceivers) {
  options.has_phone = true;
  Read();
  EXPECT_THAT(KindsOfReceiver("person ann"), ElementsAre("slack", "phone"));
  EXPECT_THAT(KindsOfReceiver("person bob"), ElementsAre("email"));
  EXPECT_THAT(KindsOfReceiver("person cy"), IsEmpty());
  const auto& slack = *config->FindReceiver(PersonReceiver("ann"))->integrations[0].slack;
  EXPECT_EQ(slack.channel, "U0ANN");
  EXPECT_EQ(slack.language, "ja");
  options.has_phone = false;
  options.slack_token_file.clear();
  Read();
  EXPECT_THAT(KindsOfReceiver("person ann"), ElementsAre("email"));
}

TEST_F(CatalogRoutesTest, SaysWhatCannotBeSent) {
  options.slack_token_file.clear();
  options.smtp_smarthost.clear();
  Read();
  EXPECT_THAT(notes, ElementsAre("team shop-team: Slack's #shop is not told, as --slack-token-file "
                                 "is not given",
                                 "team shop-team: shop@example.com is not told, as --smtp is not "
                                 "given"));
  EXPECT_THAT(KindsOf("shop-team"), IsEmpty());
}

TEST_F(CatalogRoutesTest, ShowsNoSecret) {
  Read();
  for (const char* secret : {"s3cret", "PDKEY", "SREKEY"}) {
    EXPECT_EQ(config->shown.find(secret), std::string::npos) << config->shown;
  }
}

TEST_F(CatalogRoutesTest, ACatalogWithoutTeamsHasTheServersOwn) {
  catalog = std::make_shared<const Catalog>();
  Read();
  EXPECT_THAT(KindsOf("nobody"), ElementsAre("webhook"));
}

}  // namespace
}  // namespace kizashi
