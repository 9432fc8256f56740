#include "act/notify/phone/phone_receiver.h"

#include <gtest/gtest.h>

#include "act/alert/engine_test_support.h"

namespace kizashi::phone {
namespace {

using alerts::LabelsOf;
using Outcome = alerts::SendResult::Outcome;

alerts::Notification Group(std::initializer_list<std::pair<std::string_view, bool>> members) {
  alerts::Notification group;
  group.number = 7;
  group.destination = "night/phone/0";
  for (const auto& [labels, firing] : members) {
    alerts::Alert alert;
    alert.labels = LabelsOf(labels);
    alert.annotations = LabelsOf("summary=full");
    group.alerts.push_back({std::make_shared<const alerts::Alert>(alert), firing});
  }
  return group;
}

class FakeCaller final : public PhoneCaller {
 public:
  Status Call(PhoneCall call, Tell tell) override {
    if (!refusal.ok()) return refusal;
    EXPECT_TRUE(CheckPhoneCall(&call).ok());
    calls.push_back(std::move(call));
    tells.push_back(std::move(tell));
    return OkStatus();
  }
  void HangUp(const std::string& /*call_id*/) override {}

  Status refusal;
  std::vector<PhoneCall> calls;
  std::vector<Tell> tells;
};

alerts::Integration Entry(std::string_view yaml) {
  alerts::Integration integration;
  integration.node = ReadYaml(yaml).documents.at(0);
  return integration;
}

TEST(PhoneReceiverTest, ReadsItsEntry) {
  const auto options =
      ReadPhoneReceiver(Entry("to: '+81 3 1234 5678'\nlanguage: ja\nsend_resolved: false"));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->to, "+81312345678");
  EXPECT_EQ(options->language, Language::kJapanese);
  for (const char* wrong :
       {"language: en", "to: x", "to: '117'\nlanguage: fr", "to: [a]", "to: '117'\nnumber: 1"}) {
    EXPECT_FALSE(ReadPhoneReceiver(Entry(wrong)).ok()) << wrong;
  }
}

TEST(PhoneReceiverTest, SaysTheGravestAndHowManyMore) {
  const auto group = Group({{"alertname=Disk,service=db,severity=info", true},
                            {"alertname=Down,service=shop,severity=critical", true},
                            {"alertname=Gone,service=shop,severity=critical", false}});
  EXPECT_EQ(PhoneTextOf(group, Language::kEnglish), "critical: Down of shop: full. And 1 more.");
  EXPECT_EQ(PhoneTextOf(group, Language::kJapanese), "critical: shop の Down: full。 ほか 1 件。");
  alerts::Alert huge;
  for (const char* name : {"alertname", "service", "severity"}) {
    std::string value;
    while (value.size() < 4000) value += "🔥";
    huge.labels.Set(name, value);
    huge.annotations.Set("summary", value);
  }
  alerts::Notification large;
  large.alerts.push_back({std::make_shared<const alerts::Alert>(huge), true});
  large.alerts.push_back(large.alerts[0]);
  EXPECT_LE(PhoneTextOf(large, Language::kEnglish).size(), PhoneCall::kTextBytesMax);
}

TEST(PhoneReceiverTest, CallsForWhatFiresAndTellsWhatAKeySaid) {
  FakeCaller caller;
  std::vector<std::string> events;
  const auto receiver = MakePhoneReceiver(
      {"+81312345678", Language::kEnglish}, &caller,
      [&](const alerts::Notification& notification, const PhoneEvent& event) {
        events.push_back(fmt::format("{} {}", notification.number,
                                     DescribePhoneEvent(event, Language::kEnglish)));
      });
  std::vector<alerts::SendResult> results;
  const auto done = [&](const alerts::SendResult& result) { results.push_back(result); };
  receiver->Send(Group({{"alertname=Disk", false}}), done);
  EXPECT_TRUE(caller.calls.empty());
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].outcome, Outcome::kDelivered);

  receiver->Send(Group({{"alertname=Disk", true}}), done);
  ASSERT_EQ(caller.calls.size(), 1U);
  EXPECT_EQ(caller.calls[0].to, "+81312345678");
  PhoneEvent event;
  event.kind = PhoneEventKind::kDigit;
  event.digit = kAcknowledgeDigit;
  caller.tells[0](event);
  EXPECT_EQ(results.size(), 1U) << "under way";
  event = PhoneEvent();
  event.end = PhoneEnd::kAcknowledged;
  caller.tells[0](event);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].outcome, Outcome::kDelivered);
  EXPECT_EQ(events,
            (std::vector<std::string>{"7 Pressed 4: acknowledged", "7 Call ended: acknowledged"}));
}

TEST(PhoneReceiverTest, APageRingsOnceAndNotWhenSomebodyTakesCareOfIt) {
  FakeCaller caller;
  const auto receiver = MakePhoneReceiver({"117", Language::kEnglish}, &caller, nullptr);
  alerts::SendResult last;
  const auto done = [&](const alerts::SendResult& result) { last = result; };
  alerts::Notification group = Group({{"alertname=Disk", true}});
  group.page = 3;
  group.reason = "You are on call.";
  receiver->Send(group, done);
  ASSERT_EQ(caller.calls.size(), 1U);
  EXPECT_NE(caller.calls[0].text.find("You are on call."), std::string::npos);
  PhoneEvent end;
  end.end = PhoneEnd::kNoAnswer;
  caller.tells[0](end);
  EXPECT_EQ(last.receipt, "") << "nobody was told";
  end.end = PhoneEnd::kNoDigit;
  caller.tells[0](end);
  group.receipt = last.receipt;
  receiver->Send(group, done);
  EXPECT_EQ(caller.calls.size(), 1U) << "an alert joined: the same page";
  EXPECT_EQ(last.outcome, Outcome::kDelivered);
  group.page = 4;
  receiver->Send(group, done);
  EXPECT_EQ(caller.calls.size(), 2U);
  group.page = 5;
  group.state.episode = 1;
  group.state.acknowledged_at = TimeFromMs(1);
  receiver->Send(group, done);
  EXPECT_EQ(caller.calls.size(), 2U);
  EXPECT_EQ(last.outcome, Outcome::kDelivered);
}

TEST(PhoneReceiverTest, WhatIsTriedAgain) {
  const auto outcome = [](PhoneEnd end) {
    PhoneEvent event;
    event.end = end;
    return ResultOfCall(event).outcome;
  };
  EXPECT_EQ(outcome(PhoneEnd::kNoDigit), Outcome::kDelivered);
  EXPECT_EQ(outcome(PhoneEnd::kBusy), Outcome::kFailed);
  EXPECT_EQ(outcome(PhoneEnd::kNoAnswer), Outcome::kFailed);
  EXPECT_EQ(outcome(PhoneEnd::kStopped), Outcome::kFailed);
  EXPECT_EQ(outcome(PhoneEnd::kUnreachable), Outcome::kNoAnswer);
  EXPECT_EQ(outcome(PhoneEnd::kNotFound), Outcome::kRefused);
  FakeCaller caller;
  const auto receiver = MakePhoneReceiver({"117", Language::kEnglish}, &caller, nullptr);
  Outcome last = Outcome::kDelivered;
  const auto done = [&](const alerts::SendResult& result) { last = result.outcome; };
  caller.refusal = ResourceExhausted("busy");
  receiver->Send(Group({{"alertname=Disk", true}}), done);
  EXPECT_EQ(last, Outcome::kFailed);
  caller.refusal = InvalidArgument("wrong");
  receiver->Send(Group({{"alertname=Disk", true}}), done);
  EXPECT_EQ(last, Outcome::kRefused);
}

}  // namespace
}  // namespace kizashi::phone
