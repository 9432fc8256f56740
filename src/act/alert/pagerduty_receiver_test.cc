#include "act/alert/pagerduty_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/alert/receiver_test_support.h"

namespace kizashi::alerts {
namespace {

using Outcome = SendResult::Outcome;
using testing::ElementsAre;

class PagerDutyReceiverTest : public testing::Test {
 protected:
  // What is told, as "action page"; everything is taken.
  std::vector<std::string> Tell(Notification& notification) {
    for (int i = 0; i < 3; ++i) pagerduty.WillAnswer(202, R"({"status":"success"})");
    const SendResult result = Send(notification);
    pagerduty.answers.clear();
    EXPECT_EQ(result.outcome, Outcome::kDelivered);
    notification.receipt = result.receipt;
    std::vector<std::string> told;
    for (const FetchRequest& request : pagerduty.requests) {
      const std::string key = At(request.body, "/dedup_key");
      EXPECT_EQ(GroupOfPagerDutyKey(key), Hash64("{}:{service=\"shop\"}")) << key;
      told.push_back(At(request.body, "/event_action") + " " + key.substr(17));
    }
    return told;
  }
  SendResult Send(const Notification& notification) {
    if (config == nullptr) Configure("  pagerduty_configs: [{routing_key: ROUTINGKEY}]\n");
    const auto receiver = MakePagerDutyReceiver(*config, config->receivers[0].integrations[0],
                                                {"http://me/", "abc", Duration(10'000), true},
                                                pagerduty.fetch(), clock);
    return pagerduty.Send(*receiver, notification);
  }
  void Configure(const std::string& receiver) { config = ConfigOfReceiver(receiver); }

  ManualClock clock{kTestNow};
  OtherEnd pagerduty;
  AlertConfigPtr config;
};

TEST_F(PagerDutyReceiverTest, WritesATrigger) {
  Notification notification = MakeNotification(1);
  EXPECT_THAT(Tell(notification), ElementsAre("trigger 1"));
  EXPECT_EQ(pagerduty.requests[0].url, "https://events.pagerduty.com/v2/enqueue");
  const std::string& body = pagerduty.requests[0].body;
  EXPECT_EQ(At(body, "/routing_key"), "ROUTINGKEY");
  EXPECT_EQ(At(body, "/client"), "Kizashi");
  EXPECT_EQ(At(body, "/client_url"), "http://me/");
  EXPECT_EQ(At(body, "/payload/summary"), "[FIRING:1] shop (page) full");
  EXPECT_EQ(At(body, "/payload/source"), "Kizashi");
  EXPECT_EQ(At(body, "/payload/severity"), "critical");
  EXPECT_EQ(At(body, "/payload/timestamp"), "2023-11-14T22:12:20.000Z");
  EXPECT_EQ(At(body, "/payload/custom_details/num_firing"), "1");
  EXPECT_NE(At(body, "/payload/custom_details/firing").find(" - host = h0"), std::string::npos);
}

TEST_F(PagerDutyReceiverTest, TriggersAcknowledgesResolves) {
  Notification notification = MakeNotification(1);
  EXPECT_THAT(Tell(notification), ElementsAre("trigger 1"));
  notification.state.acknowledged_at = kTestNow;
  notification.state.acknowledged_by = "alice";
  EXPECT_THAT(Tell(notification), ElementsAre("acknowledge 1"));
  Notification more = MakeNotification(2);
  more.receipt = notification.receipt;
  more.state = notification.state;
  EXPECT_THAT(Tell(more), ElementsAre("trigger 1")) << "another member, same key";
  Notification over = MakeNotification(0);
  over.receipt = more.receipt;
  EXPECT_THAT(Tell(over), ElementsAre("resolve 1"));
  Notification anew = MakeNotification(1);
  anew.page = 2;
  anew.receipt = over.receipt;
  EXPECT_THAT(Tell(anew), ElementsAre("trigger 2"));
}

TEST_F(PagerDutyReceiverTest, AGraverMemberPagesAgain) {
  Notification notification = MakeNotification(1);
  notification.state.acknowledged_at = kTestNow;
  EXPECT_THAT(Tell(notification), ElementsAre("trigger 1", "acknowledge 1"));
  Notification graver = MakeNotification(2);
  graver.page = 2;
  graver.receipt = notification.receipt;
  EXPECT_THAT(Tell(graver), ElementsAre("trigger 2", "resolve 1"));
  Notification over = MakeNotification(0);
  over.page = 2;
  over.receipt = graver.receipt;
  EXPECT_THAT(Tell(over), ElementsAre("resolve 2"));
}

TEST_F(PagerDutyReceiverTest, TheSameKeyAfterACrash) {
  Notification notification = MakeNotification(1);
  EXPECT_THAT(Tell(notification), ElementsAre("trigger 1"));
  const std::string body = pagerduty.requests[0].body;
  notification.receipt.clear();  // it was not written
  EXPECT_THAT(Tell(notification), ElementsAre("trigger 1"));
  EXPECT_EQ(pagerduty.requests[0].body, body);
}

TEST_F(PagerDutyReceiverTest, GoesOnWhereItFailed) {
  Notification notification = MakeNotification(1);
  notification.state.acknowledged_at = kTestNow;
  pagerduty.WillAnswer(202);
  pagerduty.WillAnswer(429, "", {{"Retry-After", "5"}});
  SendResult result = Send(notification);
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.hold_until, kTestNow + Duration(5'000));
  EXPECT_EQ(result.receipt, "");
  EXPECT_THAT(Tell(notification), ElementsAre("trigger 1", "acknowledge 1"));
  pagerduty.WillAnswer(400, R"({"message":"key ROUTINGKEY is wrong"})");
  result = Send(MakeNotification(1));
  EXPECT_EQ(result.outcome, Outcome::kRefused);
  EXPECT_EQ(result.error.find("ROUTINGKEY"), std::string::npos) << result.error;
}

TEST_F(PagerDutyReceiverTest, ChangeEventsPageNobody) {
  Configure("  pagerduty_configs: [{routing_key: K, change_events: true}]\n");
  pagerduty.WillAnswer(202);
  EXPECT_EQ(Send(MakeNotification(1)).outcome, Outcome::kDelivered);
  EXPECT_EQ(pagerduty.requests.at(0).url, "https://events.pagerduty.com/v2/change/enqueue");
  EXPECT_EQ(At(pagerduty.requests[0].body, "/payload/summary"), "[FIRING:1] shop (page) full");
  EXPECT_EQ(At(pagerduty.requests[0].body, "/event_action"), "(none)");
  EXPECT_EQ(Send(MakeNotification(0)).outcome, Outcome::kDelivered) << "a change has no end";
  EXPECT_TRUE(pagerduty.requests.empty());
}

TEST(PagerDutyKeyTest, IsRead) {
  EXPECT_EQ(PagerDutyKey(255, 3), "00000000000000ff-3");
  EXPECT_EQ(GroupOfPagerDutyKey("00000000000000ff-3"), 255U);
  for (const char* other : {"", "00000000000000ff", "00000000000000fx-3", "somebody else's key"}) {
    EXPECT_EQ(GroupOfPagerDutyKey(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace kizashi::alerts
