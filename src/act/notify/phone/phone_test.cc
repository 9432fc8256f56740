#include "act/notify/phone/phone.h"

#include <gtest/gtest.h>

#include <set>

#include "act/notify/phone/call_book.h"
#include "act/notify/phone/digits.h"
#include "act/notify/phone/sip_route.h"

namespace kizashi::phone {
namespace {

PhoneCall CallTo(std::string to) { return {"c1", std::move(to), "Shop fails"}; }

TEST(PhoneTest, TakesNumbersInTheFormsThatPeopleWrite) {
  for (const auto& [written, number] :
       {std::pair("+81 (3) 1234-5678", "+81312345678"), std::pair("117", "117"),
        std::pair("0.1.2", "012"), std::pair("*21#", "*21#"),
        std::pair("sip:ann@pbx.example", "sip:ann@pbx.example")}) {
    PhoneCall call = CallTo(written);
    EXPECT_TRUE(CheckPhoneCall(&call).ok()) << written;
    EXPECT_EQ(call.to, number);
  }
}

TEST(PhoneTest, RefusesWhatIsOutsideItsForm) {
  for (const char* to : {"", "1", "+", "ann", "+81x", "123456789012345678901", "sip:", "sip:@x",
                         "sip:a@", "sip:a b@c", "sip:a@b\r\nX: y", "sip:a@b>", "sip:\x80@b"}) {
    PhoneCall call = CallTo(to);
    EXPECT_EQ(CheckPhoneCall(&call).code(), absl::StatusCode::kInvalidArgument) << to;
  }
  for (const auto& [id, text] :
       {std::pair("", "x"), std::pair("a b", "x"), std::pair("a&b", "x"), std::pair("c", "")}) {
    PhoneCall call{id, "117", text};
    EXPECT_FALSE(CheckPhoneCall(&call).ok()) << id;
  }
  PhoneCall call = CallTo("117");
  call.text.assign(PhoneCall::kTextBytesMax + 1, 'x');
  EXPECT_FALSE(CheckPhoneCall(&call).ok());
}

TEST(PhoneTest, SaysTheTextAndWhatTheKeysDo) {
  PhoneCall call = CallTo("117");
  EXPECT_EQ(SpokenText(call),
            "This is Kizashi. Shop fails. To acknowledge, press 4. To escalate, press 6. To hear "
            "this again, press any other key.");
  call.language = Language::kJapanese;
  const std::string japanese = SpokenText(call);
  EXPECT_NE(japanese.find("Shop fails"), std::string::npos);
  EXPECT_LT(japanese.find(" 4 "), japanese.find(" 6 "));
  EXPECT_EQ(SpokenFarewell('4', Language::kEnglish), "Acknowledged. Good bye.");
  EXPECT_EQ(SpokenFarewell('6', Language::kEnglish), "Escalated. Good bye.");
}

TEST(PhoneTest, DescribesEventsInBothLanguages) {
  PhoneEvent event;
  event.kind = PhoneEventKind::kRinging;
  event.since_call = Duration(120);
  EXPECT_EQ(DescribePhoneEvent(event, Language::kEnglish), "Rang after 120 ms");
  event.kind = PhoneEventKind::kDigit;
  event.digit = '6';
  EXPECT_EQ(DescribePhoneEvent(event, Language::kEnglish), "Pressed 6: escalated");
  event.digit = '1';
  EXPECT_EQ(DescribePhoneEvent(event, Language::kJapanese), "1 を押した: もう一度聞く");
  event.kind = PhoneEventKind::kEnded;
  event.end = PhoneEnd::kBusy;
  event.detail = "486 Busy Here";
  EXPECT_EQ(DescribePhoneEvent(event, Language::kEnglish), "Call ended: busy (486 Busy Here)");
}

TEST(PhoneTest, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (int end = 0; end <= static_cast<int>(PhoneEnd::kStopped); ++end) {
    names.insert(PhoneEndName(static_cast<PhoneEnd>(end)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(PhoneEnd::kStopped) + 1);
}

TEST(CallBookTest, TellsOnceAndKeepsTheLimit) {
  const ManualClock clock(TimeFromMs(1000));
  Registry registry;
  CallBook book("sip", 1, &clock, &registry);
  std::vector<PhoneEventKind> told;
  const auto tell = [&](const PhoneEvent& event) { told.push_back(event.kind); };
  ASSERT_TRUE(book.Add(CallTo("117"), tell).ok());
  EXPECT_EQ(book.Add({"c2", "117", "x"}, tell).code(), absl::StatusCode::kResourceExhausted);
  for (const auto kind : {PhoneEventKind::kAnswered, PhoneEventKind::kRinging,
                          PhoneEventKind::kAnswered, PhoneEventKind::kDigit, PhoneEventKind::kEnded,
                          PhoneEventKind::kEnded, PhoneEventKind::kDigit}) {
    book.Tell("c1", kind, '4', PhoneEnd::kAcknowledged, "");
  }
  EXPECT_EQ(told, (std::vector{PhoneEventKind::kAnswered, PhoneEventKind::kDigit,
                               PhoneEventKind::kEnded}));
  EXPECT_TRUE(book.Add({"c2", "117", "x"}, tell).ok());
  EXPECT_EQ(book.Add({"c2", "117", "x"}, tell).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(registry.Write().find("kizashi_phone_calls_total{way=\"sip\",end=\"acknowledged\"} 1"),
            std::string::npos)
      << registry.Write();
}

TEST(DigitsTest, OneKeyATimestamp) {
  TelephoneEvents events;
  const std::string four("\x04\x0a\x00\xa0", 4);
  EXPECT_EQ(events.Take(100, four), '4');
  EXPECT_EQ(events.Take(100, four), std::nullopt);
  EXPECT_EQ(events.Take(100, std::string("\x04\x8a\x03\x20", 4)), std::nullopt) << "its end";
  EXPECT_EQ(events.Take(900, four), '4') << "pressed again, whatever became of the first end";
  EXPECT_EQ(events.Take(1000, std::string("\x0b\x0a\x00\xa0", 4)), '#');
  EXPECT_EQ(events.Take(2000, std::string("\x0f\x0a\x00\xa0", 4)), 'D');
  EXPECT_EQ(events.Take(3000, std::string("\x10\x0a\x00\xa0", 4)), std::nullopt) << "flash";
  EXPECT_EQ(events.Take(4000, "\x04"), std::nullopt);
  EXPECT_EQ(events.Take(5000, ""), std::nullopt);
}

TEST(DigitsTest, KeysOfInfo) {
  EXPECT_EQ(DigitOfInfo("application/dtmf-relay", "Signal=4\r\nDuration=160\r\n"), '4');
  EXPECT_EQ(DigitOfInfo("Application/DTMF-Relay; x=y", "Duration=1\nsignal = 6"), '6');
  EXPECT_EQ(DigitOfInfo("application/dtmf-relay", "Signal= #\r\n"), '#');
  EXPECT_EQ(DigitOfInfo("application/dtmf-relay", "Signal=11\r\n"), '#');
  EXPECT_EQ(DigitOfInfo("application/dtmf", "10"), '*');
  EXPECT_EQ(DigitOfInfo("application/dtmf", " a\n"), 'A');
  for (const char* body : {"", "44", "x", "Signal=", "Signal", "=4", "\n\n\n"}) {
    EXPECT_EQ(DigitOfInfo("application/dtmf-relay", body), std::nullopt) << body;
  }
  EXPECT_EQ(DigitOfInfo("text/plain", "4"), std::nullopt);
}

TEST(SipRouteTest, NumbersGoThroughTheTrunk) {
  SipOptions options;
  options.trunk = "sip:pbx.example:5080";
  options.transport = SipTransport::kTcp;
  options.user = "kizashi";
  options.caller = "+81312340000";
  const auto route = MakeSipRoute(options, "+81312345678", "10.0.0.1");
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->to, "sip:+81312345678@pbx.example:5080;transport=tcp");
  EXPECT_EQ(route->from, "sip:+81312340000@pbx.example");
  EXPECT_EQ(route->contact_user, "kizashi");
  EXPECT_EQ(route->via, "");
  EXPECT_EQ(NextSipHost(options, "117"), "pbx.example");
  EXPECT_EQ(MakeSipRoute(options, "*21#", "")->to, "sip:*21%23@pbx.example:5080;transport=tcp");
}

TEST(SipRouteTest, UrisGoDirectlyOrThroughTheTrunk) {
  SipOptions options;
  auto route = MakeSipRoute(options, "sip:ann@localhost:5070", "127.0.0.1");
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->to, "sip:ann@127.0.0.1:5070;transport=udp");
  EXPECT_EQ(route->from, "sip:kizashi@127.0.0.1");
  EXPECT_EQ(NextSipHost(options, "sip:ann@[::1]:5070"), "::1");
  EXPECT_EQ(MakeSipRoute(options, "sip:ann@[::1];transport=tls", "::1")->from, "sip:kizashi@[::1]");
  options.trunk = "pbx";
  options.domain = "example.com";
  route = MakeSipRoute(options, "sip:ann@phones.example", "10.0.0.1");
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(route->to, "sip:ann@phones.example");
  EXPECT_EQ(route->via, "sip:pbx;transport=udp");
  EXPECT_EQ(route->from, "sip:kizashi@example.com");
  EXPECT_FALSE(MakeSipRoute(SipOptions(), "117", "").ok()) << "no trunk";
  EXPECT_FALSE(MakeSipRoute(SipOptions(), "sip:ann@a:99999", "").ok());
}

TEST(SipRouteTest, ChecksOptions) {
  EXPECT_TRUE(CheckSipOptions(SipOptions()).ok());
  const auto refuses = [](const auto& set, std::string_view named) {
    SipOptions options;
    set(&options);
    const Status status = CheckSipOptions(options);
    EXPECT_NE(Message(status).find(named), std::string_view::npos) << status;
  };
  refuses([](SipOptions* o) { o->trunk = "a b"; }, "trunk");
  refuses([](SipOptions* o) { o->trunk = "a:b"; }, "trunk");
  refuses([](SipOptions* o) { o->trunk = "[::1"; }, "trunk");
  refuses([](SipOptions* o) { o->user = "a@b", o->secret = "x"; }, "user");
  refuses([](SipOptions* o) { o->user = "a"; }, "secret");
  refuses([](SipOptions* o) { o->caller = "<x>"; }, "caller");
  refuses([](SipOptions* o) { o->caller_name = "a\"b"; }, "caller_name");
  refuses([](SipOptions* o) { o->rtp_port_max = o->rtp_port_min; }, "rtp_port");
}

TEST(SipRouteTest, WhatAnswersMean) {
  EXPECT_EQ(EndOfSipCode(486), PhoneEnd::kBusy);
  EXPECT_EQ(EndOfSipCode(480), PhoneEnd::kNoAnswer);
  EXPECT_EQ(EndOfSipCode(603), PhoneEnd::kDeclined);
  EXPECT_EQ(EndOfSipCode(604), PhoneEnd::kNotFound);
  EXPECT_EQ(EndOfSipCode(407), PhoneEnd::kRefused);
  EXPECT_EQ(EndOfSipCode(503), PhoneEnd::kUnreachable);
  for (int code = 300; code < 700; ++code) {
    EXPECT_NE(EndOfSipCode(static_cast<uint16_t>(code)), PhoneEnd::kNone) << code;
  }
}

}  // namespace
}  // namespace kizashi::phone
