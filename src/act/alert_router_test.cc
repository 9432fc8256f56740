#include "act/alert_router.h"

#include <gtest/gtest.h>

#include "act/test_support.h"

namespace kizashi {
namespace {

const Time kNow = TimeFromMs(1'000'000);

VerdictBatch Batch(const std::string& owner, const std::string& type = "alert_firing") {
  AlertRecord alert = ShopAlert();
  alert.owner = owner;
  return {{}, {alert}, {{kNow, type, alert.id, alert.service, ""}}};
}

std::vector<std::string> Urls(const std::vector<DeliveryRecord>& deliveries) {
  std::vector<std::string> urls;
  for (const DeliveryRecord& delivery : deliveries) {
    urls.push_back(delivery.kind + " " + delivery.url);
  }
  return urls;
}

using Strings = std::vector<std::string>;
const std::vector<Destination> kDefault = {{Destination::Kind::kWebhook, "http://default/"}};

TEST(AlertRouterTest, TheOwnersOwnDestinationsEachOnce) {
  const auto catalog = ShopCatalog();
  const auto deliveries = RouteAlerts(Batch("cart-team"), *catalog, kDefault, kNow);
  EXPECT_EQ(Urls(deliveries),
            (Strings{"webhook http://127.0.0.1:1/cart",
                     "slack https://hooks.slack.com/services/T000/B000/cart-secret"}));
  EXPECT_EQ(deliveries[0].alert_id, ShopAlert().id);
  EXPECT_EQ(deliveries[0].event, "firing");
  EXPECT_EQ(deliveries[0].state, DeliveryRecord::State::kWaiting);
  EXPECT_EQ(deliveries[0].attempts, 0);
  EXPECT_EQ(deliveries[0].created, kNow);
  EXPECT_EQ(deliveries[0].next_attempt, kNow);
}

TEST(AlertRouterTest, ElseThoseOfTheNearestParent) {
  const auto catalog = ShopCatalog();
  EXPECT_EQ(Urls(RouteAlerts(Batch("shop-team"), *catalog, kDefault, kNow)),
            (Strings{"slack https://hooks.slack.com/services/T000/B000/retail-secret"}));
}

TEST(AlertRouterTest, ElseTheDefaults) {
  const auto catalog = ShopCatalog();
  for (const char* owner : {"island", "nobody", ""}) {
    EXPECT_EQ(Urls(RouteAlerts(Batch(owner), *catalog, kDefault, kNow)),
              (Strings{"webhook http://default/"}))
        << owner;
  }
  EXPECT_TRUE(RouteAlerts(Batch("island"), *catalog, {}, kNow).empty());
  EXPECT_EQ(Urls(RouteAlerts(Batch("shop"), Catalog(), kDefault, kNow)).size(), 1u);
}

TEST(AlertRouterTest, PagesAndTicketsFiringAndResolved) {
  const auto catalog = ShopCatalog();
  auto ticket = Batch("island", "alert_resolved");
  ticket.alerts[0].severity = Severity::kTicket;
  const auto deliveries = RouteAlerts(ticket, *catalog, kDefault, kNow);
  ASSERT_EQ(deliveries.size(), 1u);
  EXPECT_EQ(deliveries[0].event, "resolved");
}

TEST(AlertRouterTest, AnomaliesSendNothing) {
  const auto catalog = ShopCatalog();
  EXPECT_TRUE(RouteAlerts(Batch("island", "anomaly_begin"), *catalog, kDefault, kNow).empty());
  EXPECT_TRUE(RouteAlerts(Batch("island", "anomaly_end"), *catalog, kDefault, kNow).empty());
}

}  // namespace
}  // namespace kizashi
