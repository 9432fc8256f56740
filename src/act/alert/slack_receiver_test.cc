#include "act/alert/slack_receiver.h"

#include <gtest/gtest.h>

#include "act/alert/receiver_test_support.h"
#include "act/alert/slack_message.h"

namespace kizashi::alerts {
namespace {

using Outcome = SendResult::Outcome;

constexpr std::string_view kPosted = R"({"ok":true,"channel":"C1","ts":"1700000000.000100"})";

class SlackReceiverTest : public testing::Test {
 protected:
  SendResult Send(const Notification& notification) {
    if (config == nullptr) Configure("  slack_configs: [{app_token: xoxb-1, channel: '#shop'}]\n");
    const auto receiver =
        MakeSlackReceiver(*config, config->receivers[0].integrations[0],
                          {"http://me/", "abc", Duration(10'000), true}, slack.fetch(), clock);
    return slack.Send(*receiver, notification);
  }
  void Configure(const std::string& receiver) { config = ConfigOfReceiver(receiver); }
  const std::string& Body(size_t at = 0) const { return slack.requests.at(at).body; }
  const std::string& Url(size_t at = 0) const { return slack.requests.at(at).url; }

  ManualClock clock{kTestNow};
  OtherEnd slack;
  AlertConfigPtr config;
};

TEST_F(SlackReceiverTest, PostsWithButtons) {
  slack.WillAnswer(200, std::string(kPosted));
  const SendResult result = Send(MakeNotification(1));
  EXPECT_EQ(result.outcome, Outcome::kDelivered);
  const SlackPlace place = ReadSlackPlace(result.receipt);
  EXPECT_EQ(place.channel, "C1");
  EXPECT_EQ(place.ts, "1700000000.000100");
  EXPECT_TRUE(place.fires);
  ASSERT_EQ(slack.requests.size(), 1U);
  EXPECT_EQ(Url(), "https://slack.com/api/chat.postMessage");
  EXPECT_EQ(FindHeader(slack.requests[0].headers, "Authorization"), "Bearer xoxb-1");
  EXPECT_EQ(At(Body(), "/channel"), "#shop");
  EXPECT_EQ(At(Body(), "/attachments/0/color"), "danger");
  EXPECT_EQ(At(Body(), "/attachments/0/fallback"), "[FIRING:1] shop (page)");
  EXPECT_EQ(At(Body(), "/attachments/0/blocks/0/text/text"),
            "*<http://me/|[FIRING:1] shop (page)>*");
  EXPECT_EQ(At(Body(), "/attachments/0/blocks/1/text/text"), "full\n✓ full\n");
  EXPECT_EQ(At(Body(), "/attachments/0/blocks/2/elements/0/text"),
            "Fires since <!date^1699999940^{date_short_pretty} {time}|2023-11-14T22:12:20.000Z>");
  const std::string buttons = "/attachments/0/blocks/3/elements";
  EXPECT_EQ(At(Body(), buttons + "/0/action_id"), kSlackAcknowledge);
  EXPECT_EQ(At(Body(), buttons + "/0/value"), HexId(Hash64("{}:{service=\"shop\"}")));
  EXPECT_EQ(At(Body(), buttons + "/1/action_id"), kSlackEscalate);
  EXPECT_EQ(At(Body(), buttons + "/2/action_id"), kSlackResolve);
}

TEST_F(SlackReceiverTest, UpdatesInPlace) {
  slack.WillAnswer(200, std::string(kPosted));
  Notification notification = MakeNotification(1);
  notification.receipt = Send(notification).receipt;
  notification.state.acknowledged_at = kTestNow;
  notification.state.acknowledged_by = "al<i>ce";
  slack.WillAnswer(200, std::string(kPosted));
  notification.receipt = Send(notification).receipt;
  EXPECT_EQ(Url(), "https://slack.com/api/chat.update");
  EXPECT_EQ(slack.requests.size(), 1U);
  EXPECT_EQ(At(Body(), "/channel"), "C1");
  EXPECT_EQ(At(Body(), "/ts"), "1700000000.000100");
  EXPECT_NE(Body().find("Taken care of by al&lt;i&gt;ce since"), std::string::npos) << Body();
  EXPECT_EQ(At(Body(), "/attachments/0/blocks/3/elements/0/action_id"), kSlackEscalate);
  Notification over = MakeNotification(0);
  over.receipt = notification.receipt;
  slack.WillAnswer(200, std::string(kPosted));
  const SendResult result = Send(over);
  EXPECT_EQ(Url(), "https://slack.com/api/chat.update");
  EXPECT_EQ(At(Body(), "/attachments/0/color"), "good");
  EXPECT_EQ(Body().find("kizashi_"), std::string::npos) << "no buttons once it is over";
  EXPECT_NE(Body().find("Over after 1 min"), std::string::npos) << Body();
  EXPECT_FALSE(ReadSlackPlace(result.receipt).fires);
  // It fires anew: a new message, which people see.
  Notification anew = MakeNotification(1);
  anew.page = 2;
  anew.receipt = result.receipt;
  slack.WillAnswer(200, R"({"ok":true,"channel":"C1","ts":"1700000100.000100"})");
  EXPECT_EQ(ReadSlackPlace(Send(anew).receipt).ts, "1700000100.000100");
  EXPECT_EQ(Url(), "https://slack.com/api/chat.postMessage");
}

TEST_F(SlackReceiverTest, SaysInTheThreadWhatAnUpdateTellsNobody) {
  slack.WillAnswer(200, std::string(kPosted));
  Notification notification = MakeNotification(1);
  notification.receipt = Send(notification).receipt;
  const auto reply = [&] {
    slack.WillAnswer(200, std::string(kPosted));
    slack.WillAnswer(200, R"({"ok":true,"channel":"C1","ts":"2.2"})");
    const SendResult result = Send(notification);
    notification.receipt = result.receipt;
    EXPECT_EQ(slack.requests.size(), 2U);
    EXPECT_EQ(Url(1), "https://slack.com/api/chat.postMessage");
    EXPECT_EQ(At(Body(1), "/thread_ts"), "1700000000.000100");
    EXPECT_EQ(At(Body(1), "/reply_broadcast"), "true");
    EXPECT_EQ(ReadSlackPlace(result.receipt).ts, "1700000000.000100") << "the message's own";
    return At(Body(1), "/text");
  };
  EXPECT_EQ(reply(), "Still firing: [FIRING:1] shop (page)") << "a reminder";
  notification.page = 2;
  EXPECT_EQ(reply(), "Graver than before: [FIRING:1] shop (page)");
}

TEST_F(SlackReceiverTest, HoldsAsLongAsSlackSays) {
  slack.WillAnswer(429, R"({"ok":false,"error":"ratelimited"})", {{"Retry-After", "30"}});
  SendResult result = Send(MakeNotification(1));
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.hold_until, kTestNow + Duration(30'000));
  slack.WillAnswer(429);
  EXPECT_EQ(Send(MakeNotification(1)).hold_until, kTestNow + Duration(1'000));
  slack.WillAnswer(200, R"({"ok":false,"error":"ratelimited"})", {{"Retry-After", "7"}});
  result = Send(MakeNotification(1));
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.hold_until, kTestNow + Duration(7'000));
}

TEST_F(SlackReceiverTest, NeverLosesAPage) {
  Notification notification = MakeNotification(1);
  notification.receipt = WriteSlackPlace({"C1", "1.1", 1, true, 5});
  slack.WillAnswer(200, R"({"ok":false,"error":"message_not_found"})");
  slack.WillAnswer(200, std::string(kPosted));
  EXPECT_EQ(ReadSlackPlace(Send(notification).receipt).ts, "1700000000.000100")
      << "somebody deleted the message: a new one";
  slack.WillAnswer(200, R"({"ok":false,"error":"invalid_blocks"})");
  slack.WillAnswer(200, std::string(kPosted));
  EXPECT_EQ(Send(MakeNotification(1)).outcome, Outcome::kDelivered);
  EXPECT_NE(Body(1).find("Slack refused the text"), std::string::npos);
  slack.WillAnswer(200, R"({"ok":false,"error":"not_in_channel"})");
  const SendResult result = Send(MakeNotification(1));
  EXPECT_EQ(result.outcome, Outcome::kFailed) << "somebody can invite the app";
  EXPECT_EQ(result.error, "Slack answers not_in_channel");
  Configure("  slack_configs: [{app_token: x, channel: c, title: '{{ template \"no\" . }}'}]\n");
  slack.WillAnswer(200, std::string(kPosted));
  EXPECT_EQ(Send(MakeNotification(1)).outcome, Outcome::kDelivered);
  EXPECT_EQ(At(Body(), "/attachments/0/blocks/0/text/text"), "*<http://me/|[FIRING:1] shop>*");
  EXPECT_NE(Body().find("⚠ "), std::string::npos);
}

TEST_F(SlackReceiverTest, AWebhookTakesNewMessages) {
  Configure("  slack_configs: [{api_url: 'http://hooks.example/services/T0/B0/SECRETS'}]\n");
  slack.WillAnswer(200, "ok");
  Notification notification = MakeNotification(1);
  EXPECT_EQ(Send(notification).receipt, "");
  EXPECT_EQ(Url(), "http://hooks.example/services/T0/B0/SECRETS");
  slack.WillAnswer(404, "no_service at /services/T0/B0/SECRETS");
  const SendResult result = Send(notification);
  EXPECT_EQ(result.outcome, Outcome::kRefused);
  EXPECT_EQ(result.error.find("SECRETS"), std::string::npos) << result.error;
}

TEST_F(SlackReceiverTest, ForeignTextCannotCallEverybody) {
  Notification notification = MakeNotification(1);
  Alert alert = *notification.alerts[0].alert;
  alert.annotations.Set("summary", "<!channel> <https://a/|link> see");
  alert.labels.Set("severity", "<!here>&");
  notification.alerts = {{std::make_shared<const Alert>(alert), true}};
  slack.WillAnswer(200, std::string(kPosted));
  Send(notification);
  EXPECT_EQ(At(Body(), "/attachments/0/blocks/1/text/text"),
            "&lt;!channel> <https://a/|link> see\n");
  EXPECT_EQ(At(Body(), "/attachments/0/fallback"), "[FIRING:1] shop (&lt;!here&gt;&amp;)");
}

TEST_F(SlackReceiverTest, KeepsWithinWhatSlackTakes) {
  Notification notification = MakeNotification(40);
  for (ToldAlert& told : notification.alerts) {
    Alert alert = *told.alert;
    alert.annotations.Set("description", std::string(900, 'x') + "\n" + std::string(300, 'y'));
    told.alert = std::make_shared<const Alert>(alert);
  }
  slack.WillAnswer(200, std::string(kPosted));
  Send(notification);
  EXPECT_LT(Body().size(), 12'000U);
  for (int i = 0; i < 10; ++i) {
    const std::string text =
        At(Body(), "/attachments/0/blocks/" + std::to_string(i) + "/text/text");
    EXPECT_LE(text.size(), 3000U);
  }
}

TEST_F(SlackReceiverTest, SpeaksJapanese) {
  Configure("  slack_configs: [{app_token: x, channel: c, language: ja}]\n");
  slack.WillAnswer(200, std::string(kPosted));
  Notification notification = MakeNotification(1);
  notification.next_receiver = "sre";
  notification.next_at = kTestNow;
  Send(notification);
  EXPECT_NE(Body().find("から発生中"), std::string::npos);
  EXPECT_NE(Body().find("確認がなければ次は sre"), std::string::npos);
  EXPECT_NE(Body().find("確認する"), std::string::npos);
}

TEST(SlackPlaceTest, ReadsAnything) {
  EXPECT_FALSE(ReadSlackPlace("").is_there());
  EXPECT_FALSE(ReadSlackPlace("a b").is_there());
  EXPECT_FALSE(ReadSlackPlace("a b 1 fires 2 more").is_there());
  const SlackPlace place = ReadSlackPlace(WriteSlackPlace({"C", "1.2", 3, true, 4}));
  EXPECT_EQ(place.page, 3U);
  EXPECT_EQ(place.content, 4U);
}

}  // namespace
}  // namespace kizashi::alerts
