#include "wire/slack_action.h"

#include <gtest/gtest.h>

#include "net/http.h"
#include "wire/pagerduty_webhook.h"
#include "wire/signature.h"

namespace kizashi {
namespace {

// The example of docs.slack.dev, "Verifying requests from Slack".
constexpr std::string_view kSecret = "8f742231b10e8888abcd99yyyzzz85a5";
constexpr std::string_view kTimestamp = "1531420618";
constexpr std::string_view kBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
    "channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
    "command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F"
    "T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
    "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
constexpr std::string_view kSignature =
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
constexpr Time kThen = TimeFromMs(1'531'420'618'000);

TEST(SlackSignatureTest, TheDocumentedExampleVerifies) {
  EXPECT_TRUE(CheckSlackSignature(kSecret, kTimestamp, kBody, kSignature, kThen).ok());
  EXPECT_TRUE(
      CheckSlackSignature(kSecret, kTimestamp, kBody, kSignature, kThen + kSlackWindow).ok());
}

TEST(SlackSignatureTest, AlteredOrStaleOnesAreRefused) {
  const auto check = [](std::string_view secret, std::string_view timestamp, std::string_view body,
                        std::string_view signature, Time now) {
    return CheckSlackSignature(secret, timestamp, body, signature, now).code();
  };
  constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
  EXPECT_EQ(check("other", kTimestamp, kBody, kSignature, kThen), kDenied);
  EXPECT_EQ(check(kSecret, "1531420619", kBody, kSignature, kThen), kDenied);
  EXPECT_EQ(check(kSecret, kTimestamp, std::string(kBody) + "x", kSignature, kThen), kDenied);
  for (const size_t at : {size_t{0}, size_t{3}, kSignature.size() - 1}) {
    std::string altered(kSignature);
    altered[at] = altered[at] == 'a' ? 'b' : 'a';
    EXPECT_EQ(check(kSecret, kTimestamp, kBody, altered, kThen), kDenied) << altered;
  }
  EXPECT_EQ(check(kSecret, kTimestamp, kBody, "", kThen), kDenied);
  EXPECT_EQ(check(kSecret, kTimestamp, kBody, kSignature.substr(0, 20), kThen), kDenied);
  const Duration second(1000);
  EXPECT_EQ(check(kSecret, kTimestamp, kBody, kSignature, kThen + kSlackWindow + second), kDenied);
  EXPECT_EQ(check(kSecret, kTimestamp, kBody, kSignature, kThen - kSlackWindow - second), kDenied);
  for (const char* timestamp : {"", "soon", "-1", "99999999999999999999", "1531420618 "}) {
    EXPECT_EQ(check(kSecret, timestamp, kBody, kSignature, kThen), kDenied) << timestamp;
  }
}

TEST(SlackSignatureTest, AReplayIsSeen) {
  SeenOnce seen(kSlackWindow, 3);
  EXPECT_TRUE(seen.Add("a", kThen));
  EXPECT_FALSE(seen.Add("a", kThen + kSlackWindow));
  EXPECT_TRUE(seen.Add("a", kThen + 2 * kSlackWindow)) << "its timestamp is too old by now";
  EXPECT_TRUE(seen.Add("b", kThen + 2 * kSlackWindow));
  EXPECT_TRUE(seen.Add("c", kThen + 2 * kSlackWindow));
  EXPECT_TRUE(seen.Add("d", kThen + 2 * kSlackWindow));
  EXPECT_FALSE(seen.Add("c", kThen + 2 * kSlackWindow));
}

TEST(SlackActionTest, ReadsAButton) {
  const std::string json = R"({"type":"block_actions",
    "user":{"id":"U1","username":"alice","name":"alice","team_id":"T1"},
    "container":{"type":"message","message_ts":"1548261231.000200","channel_id":"C1"},
    "channel":{"id":"C1","name":"shop"},"response_url":"https://hooks.slack.com/actions/T/1/x",
    "actions":[{"action_id":"kizashi_acknowledge","block_id":"b","type":"button",
                "value":"00ff00ff00ff00ff","action_ts":"1548426417.840180"}]})";
  const auto action = ReadSlackAction("payload=" + PercentEncode(json));
  ASSERT_TRUE(action.ok()) << action.status();
  EXPECT_EQ(action->action_id, "kizashi_acknowledge");
  EXPECT_EQ(action->value, "00ff00ff00ff00ff");
  EXPECT_EQ(action->user, "alice");
  EXPECT_EQ(action->message_ts, "1548261231.000200");
  EXPECT_EQ(action->response_url, "https://hooks.slack.com/actions/T/1/x");
}

TEST(SlackCommandTest, ReadsASlashCommand) {
  const auto command = ReadSlackCommand(
      "token=x&team_id=T1&channel_id=C1&user_id=U1&user_name=alice&command=%2Ftel&text=+ann+is+it"
      "%3F+&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1");
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->command, "/tel");
  EXPECT_EQ(command->text, "ann is it?");
  EXPECT_EQ(command->user, "alice");
  EXPECT_EQ(command->user_id, "U1");
  EXPECT_EQ(command->channel_id, "C1");
  EXPECT_EQ(command->response_url, "https://hooks.slack.com/commands/1");
  EXPECT_EQ(ReadSlackCommand("command=%2Ftel&user_id=U1")->text, "");
  EXPECT_EQ(ReadSlackCommand("command=%2Ftel&user_id=U1&response_url=http%3A%2F%2F10.0.0.1%2F")
                ->response_url,
            "");
  for (const char* wrong : {"", "command=tel&user_id=U1", "command=%2Ftel", "text=ann"}) {
    EXPECT_FALSE(ReadSlackCommand(wrong).ok()) << wrong;
  }
}

TEST(SlackEventTest, ReadsAMessageAndTheChallenge) {
  EXPECT_EQ(ReadSlackEvent(R"({"type":"url_verification","challenge":"3eZbrw"})")->challenge,
            "3eZbrw");
  const auto event = ReadSlackEvent(
      R"({"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1",)"
      R"("user":"U1","text":"I restart c","ts":"2.0","thread_ts":"1.0"}})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->id, "Ev1");
  ASSERT_TRUE(event->message.has_value());
  EXPECT_EQ(event->message->channel, "C1");
  EXPECT_EQ(event->message->thread_ts, "1.0");
  EXPECT_EQ(event->message->user, "U1");
  EXPECT_EQ(event->message->text, "I restart c");
  std::string large;
  while (large.size() < 3000) large += "あ";
  const auto cut = ReadSlackEvent(
      R"({"type":"event_callback","event_id":"E","event":{"type":"message","channel":"C","user":"U",)"
      R"("text":")" +
      large + "\"}}");
  EXPECT_EQ(cut->message->text.size(), 1998U) << "between characters";
  // What our own messages come back as.
  for (const char* of_an_app : {R"("bot_id":"B1","text":"x")",
                                R"("subtype":"message_changed","text":"x")", R"("text":"")"}) {
    const auto other = ReadSlackEvent(
        std::string(
            R"({"type":"event_callback","event_id":"E","event":{"type":"message","channel":"C",)"
            R"("user":"U",)") +
        of_an_app + "}}");
    ASSERT_TRUE(other.ok()) << of_an_app;
    EXPECT_FALSE(other->message.has_value()) << of_an_app;
  }
  for (const char* wrong :
       {"", "[]", "{}", R"({"type":"event_callback"})", R"({"type":"url_verification"})"}) {
    EXPECT_FALSE(ReadSlackEvent(wrong).ok()) << wrong;
  }
}

TEST(SlackActionTest, SaysWhatIsWrong) {
  const auto read = [](const std::string& json) {
    return std::string(Message(ReadSlackAction("payload=" + PercentEncode(json)).status()));
  };
  EXPECT_EQ(std::string(Message(ReadSlackAction("x=1").status())),
            "a form with a field \"payload\" is expected");
  EXPECT_EQ(read("{"), "payload is no JSON");
  EXPECT_EQ(read(std::string(200, '[')), "payload is no JSON");
  EXPECT_EQ(read(R"({"type":"view_submission"})"), "payload.type: expected block_actions");
  EXPECT_EQ(read(R"({"type":"block_actions","actions":[]})"), "payload.actions: expected one");
  EXPECT_EQ(read(R"({"type":"block_actions","actions":[{"value":"1"}]})"),
            "payload.actions[0].action_id: missing");
  EXPECT_EQ(read(R"({"type":"block_actions","actions":[{"action_id":"1"}]})"),
            "payload.user: missing");
}

constexpr std::string_view kEvent = R"({"event":{"id":"01BZWQ7VN6AQAL1BTAOUX9YQ6B",
  "event_type":"incident.acknowledged","resource_type":"incident",
  "occurred_at":"2026-10-02T18:45:22.169Z",
  "agent":{"id":"PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,
  "data":{"id":"PGR0VU2","type":"incident","incident_key":"0011223344556677-2",
          "html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","status":"acknowledged"}}})";

TEST(PagerDutyWebhookTest, ReadsAnEvent) {
  const auto event = ReadPagerDutyEvent(kEvent);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->type, "incident.acknowledged");
  EXPECT_EQ(event->incident_key, "0011223344556677-2");
  EXPECT_EQ(event->by, "Tenex Engineer");
  EXPECT_EQ(FormatTime(event->at), "2026-10-02T18:45:22.169Z");
  EXPECT_FALSE(ReadPagerDutyEvent("{}").ok());
  EXPECT_FALSE(ReadPagerDutyEvent("[1]").ok());
  EXPECT_FALSE(ReadPagerDutyEvent("").ok());
}

TEST(PagerDutyWebhookTest, ChecksSignatures) {
  const std::string good = "v1=" + HmacSha256Hex("new", kEvent);
  EXPECT_TRUE(CheckPagerDutySignature("new", kEvent, good).ok());
  EXPECT_TRUE(CheckPagerDutySignature("new", kEvent, "v1=abc, " + good).ok()) << "secrets rotate";
  EXPECT_FALSE(CheckPagerDutySignature("old", kEvent, good).ok());
  EXPECT_FALSE(CheckPagerDutySignature("new", std::string(kEvent) + " ", good).ok());
  EXPECT_FALSE(CheckPagerDutySignature("new", kEvent, good.substr(3)).ok());
  EXPECT_FALSE(CheckPagerDutySignature("new", kEvent, "").ok());
}

// RFC 4231, test case 2.
TEST(SignatureTest, IsThatOfTheRfc) {
  EXPECT_EQ(HmacSha256Hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace kizashi
