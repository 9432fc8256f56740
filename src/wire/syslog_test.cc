#include "wire/syslog.h"

#include <gtest/gtest.h>

#include <vector>

namespace kizashi {
namespace {

constexpr Time kReceived = TimeFromMs(1'767'225'600'000);  // 2026-01-01T00:00:00Z
constexpr Duration kTokyo = std::chrono::hours(9);

SyslogRecord Read(std::string_view message, Duration utc_offset = Duration(0)) {
  return ParseSyslog(message, kReceived, utc_offset);
}

TEST(SyslogTest, Rfc5424WithEverything) {
  // The RFC's own example 4, with a message behind it.
  const SyslogRecord record = Read(
      "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 8710 ID47 "
      "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"]"
      "[examplePriority@32473 class=\"high\"] \xef\xbb\xbf"
      "An application event log entry...\n");
  EXPECT_EQ(record.service, "evntslog");
  EXPECT_EQ(record.host, "mymachine.example.com");
  EXPECT_EQ(record.line.text, "An application event log entry...");
  EXPECT_EQ(record.line.severity, LogSeverity::kInfo);
  EXPECT_EQ(FormatTime(record.line.time), "2003-10-11T22:14:15.003Z");
  EXPECT_EQ(record.line.metadata.ToString(),
            "{examplePriority@32473.class=\"high\", exampleSDID@32473.eventID=\"1011\", "
            "exampleSDID@32473.eventSource=\"Application\", exampleSDID@32473.iut=\"3\", "
            "facility=\"local4\", msgid=\"ID47\", procid=\"8710\", severity=\"notice\"}");
  EXPECT_FALSE(record.line.cut);
}

TEST(SyslogTest, Rfc5424WithNothing) {
  const SyslogRecord record = Read("<0>1 - - - - - -");
  EXPECT_EQ(record.service + record.host + record.line.text, "");
  EXPECT_EQ(record.line.time, kReceived);
  EXPECT_EQ(record.line.severity, LogSeverity::kFatal);
  EXPECT_EQ(record.line.metadata.ToString(), "{facility=\"kern\", severity=\"emerg\"}");
}

TEST(SyslogTest, EscapesAndRepeatedParameters) {
  const SyslogRecord record = Read(
      R"(<14>1 - h a - - [a@1 q="say \"hi\" \\ [x\] \n" ip="1.1.1.1" ip="2.2.2.2"][b@1] text)");
  EXPECT_EQ(record.line.metadata.Get("a@1.q"), R"(say "hi" \ [x] \n)");
  EXPECT_EQ(record.line.metadata.Get("a@1.ip"), "1.1.1.1,2.2.2.2");
  EXPECT_EQ(record.line.metadata.Get("b@1"), "true");
  EXPECT_EQ(record.line.text, "text");
}

TEST(SyslogTest, BrokenStructuredDataIsText) {
  for (const char* data : {"[a b=\"c\" text", "[a b=c] text", "[] text", "[a b] x", "-text", "x"}) {
    const SyslogRecord record = Read(std::string("<14>1 - h app 1 - ") + data);
    EXPECT_EQ(record.line.text, data);
    EXPECT_EQ(record.service, "app") << data;
    EXPECT_EQ(record.line.metadata.size(), 3u) << record.line.metadata.ToString();
  }
}

TEST(SyslogTest, StructuredDataHasLimits) {
  std::string data = "[x";
  for (size_t i = 0; i < kSyslogParametersMax + 3; ++i) data += fmt::format(" p{}=\"v\"", i);
  const SyslogRecord many = Read("<14>1 - h a - - " + data + "] text");
  EXPECT_EQ(many.line.metadata.Get("structured_data_dropped"), "3");
  EXPECT_EQ(many.line.metadata.Get("x.p31"), "v");
  EXPECT_EQ(many.line.text, "text");
  const SyslogRecord large =
      Read("<14>1 - h a - - [x p=\"" + std::string(kSyslogParameterBytesMax + 9, 'y') + "\"] text");
  EXPECT_EQ(large.line.metadata.Get("x.p").size(), kSyslogParameterBytesMax);
}

struct Old {
  const char* message;
  const char* host;
  const char* service;
  const char* procid;
  const char* text;
};

TEST(SyslogTest, Rfc3164AsItIsSent) {
  const Old cases[] = {
      {"<34>Dec 31 22:14:15 mymachine su: 'su root' failed", "mymachine", "su", "",
       "'su root' failed"},
      // rsyslog's forward format and a container's, with RFC 3339.
      {"<30>2025-12-31T22:14:15.000000+00:00 web-1 nginx[42]:  two spaces", "web-1", "nginx", "42",
       " two spaces"},
      // /dev/log's form, without a host.
      {"<13>Dec 31 22:14:15 cron[7]: (root) CMD", "", "cron", "7", "(root) CMD"},
      {"<13>Dec 31 22:14:15 kernel: [ 1.5] eth0: up", "", "kernel", "", "[ 1.5] eth0: up"},
      {"<13>Dec 31 2025 22:14:15.000 fw %ASA-6-302013: Built", "fw", "%ASA-6-302013", "", "Built"},
      {"<13>Dec 31 22:14:15 host no tag here", "host", "", "", "no tag here"},
      {"<13>Dec 31 22:14:15 host http://x failed", "host", "", "", "http://x failed"},
      {"<13>Dec 31 22:14:15 alone", "", "", "", "alone"},
      {"Dec 31 22:14:15 host app[1] no priority, no colon", "host", "app", "1",
       "no priority, no colon"},
  };
  for (const Old& one : cases) {
    const SyslogRecord record = Read(one.message);
    EXPECT_EQ(record.host, one.host) << one.message;
    EXPECT_EQ(record.service, one.service) << one.message;
    EXPECT_EQ(record.line.metadata.Get("procid"), one.procid) << one.message;
    EXPECT_EQ(record.line.text, one.text) << one.message;
    EXPECT_EQ(FormatTime(record.line.time), "2025-12-31T22:14:15.000Z") << one.message;
  }
}

TEST(SyslogTest, TheYearIsTheNearestAndTheZoneTheOneTold) {
  // It is January the 1st already in Tokyo.
  EXPECT_EQ(FormatTime(Read("<13>Jan  1 09:00:01 h a: x", kTokyo).line.time),
            "2026-01-01T00:00:01.000Z");
  EXPECT_EQ(FormatTime(Read("<13>Dec 31 23:59:59 h a: x").line.time), "2025-12-31T23:59:59.000Z");
  EXPECT_EQ(FormatTime(Read("<13>Jun  1 00:00:00 h a: x").line.time), "2026-06-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(Read("<13>Aug  1 00:00:00 h a: x").line.time), "2025-08-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(Read("<13>Feb 29 00:00:00 h a: x").line.time), "2024-02-29T00:00:00.000Z");
}

TEST(SyslogTest, WhatFollowsNeitherFormIsText) {
  EXPECT_EQ(Read("anything at all").line.text, "anything at all");
  EXPECT_EQ(Read("anything at all").line.severity, LogSeverity::kNone);
  EXPECT_EQ(Read("<192>Dec 31 22:14:15 h a: x").line.text, "<192>Dec 31 22:14:15 h a: x");
  EXPECT_EQ(Read("<11>29: *Mar 1 18:48:50 UTC: %SYS-5").line.text,
            "29: *Mar 1 18:48:50 UTC: %SYS-5");
  EXPECT_EQ(Read("<11>x").line.severity, LogSeverity::kError);
  EXPECT_EQ(Read("<13>Feb 30 22:14:15 h a: x").line.text, "Feb 30 22:14:15 h a: x");
  EXPECT_EQ(Read("<13>1 a b").line.text, "1 a b");
  EXPECT_EQ(Read("").line.text, "");
  EXPECT_EQ(Read("\xff\xfe<\n").line.text, "\xff\xfe<");
}

TEST(SyslogTest, SeveritiesAreOpenTelemetrys) {
  const LogSeverity expected[] = {LogSeverity::kFatal, LogSeverity::kError, LogSeverity::kError,
                                  LogSeverity::kError, LogSeverity::kWarn,  LogSeverity::kInfo,
                                  LogSeverity::kInfo,  LogSeverity::kDebug};
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(Read(fmt::format("<{}>x", 8 + i)).line.severity, expected[i]);
  }
}

TEST(SyslogTest, LongTextsAreCutBetweenCharacters) {
  std::string text;
  while (text.size() <= kSyslogTextBytesMax) text += "\xe5\x85\x86";
  const SyslogRecord record = Read("<14>1 - h a - - - " + text);
  EXPECT_TRUE(record.line.cut);
  EXPECT_EQ(record.line.text.size() % 3, 0u);
  EXPECT_GT(record.line.text.size(), kSyslogTextBytesMax - 3);
  EXPECT_TRUE(text.starts_with(record.line.text));
}

std::vector<std::string> Frames(std::string_view bytes, size_t piece) {
  std::vector<std::string> frames;
  SyslogFramer framer;
  std::string_view frame;
  while (!bytes.empty()) {
    framer.Feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (framer.Next(&frame)) frames.emplace_back(frame);
  }
  if (framer.Rest(&frame)) frames.emplace_back(frame);
  return frames;
}

TEST(SyslogFramerTest, EachFrameTellsItsFraming) {
  using namespace std::string_literals;
  const std::string bytes =
      "7 <13>a\nb\n<13>c\r\n\n<13>d\0\n5 <13>e12 monkeys\n007 <13>f\n1234567890 <13>g\n9 <13>h"s;
  const std::vector<std::string> expected = {
      "<13>a\nb",  "<13>c\r",          "<13>d", "<13>e", "12 monkeys",
      "007 <13>f", "1234567890 <13>g", "<13>h"};
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(Frames(bytes, piece), expected) << piece;
  }
}

TEST(SyslogFramerTest, LongFramesAreCutAndTheRestPassedOver) {
  const std::string big(SyslogFramer::kFrameBytesMax * 2, 'x');
  const std::string bytes =
      fmt::format("{} <13>{}4 <1>a<13>{}\n<13>after\n<13>half", big.size() + 4, big, big);
  for (const size_t piece : {size_t{1000}, size_t{65536}, bytes.size()}) {
    const std::vector<std::string> frames = Frames(bytes, piece);
    ASSERT_EQ(frames.size(), 5u) << piece;
    EXPECT_EQ(frames[0].size(), SyslogFramer::kFrameBytesMax);
    EXPECT_EQ(frames[1], "<1>a");
    EXPECT_EQ(frames[2].size(), SyslogFramer::kFrameBytesMax);
    EXPECT_EQ(frames[3], "<13>after");
    EXPECT_EQ(frames[4], "<13>half");
  }
  SyslogFramer framer;
  framer.Feed(bytes);
  std::string_view frame;
  for (const bool cut : {true, false, true, false}) {
    EXPECT_TRUE(framer.Next(&frame));
    EXPECT_EQ(framer.cut(), cut);
  }
}

TEST(SyslogFramerTest, AFrameThatTheStreamsEndCutsIsSaidToBeCut) {
  for (const auto& [bytes, cut] : {std::pair("90 <13>half", true), std::pair("<13>half", false)}) {
    SyslogFramer framer;
    std::string_view frame;
    framer.Feed(bytes);
    EXPECT_TRUE(framer.Rest(&frame));
    EXPECT_EQ(frame, "<13>half");
    EXPECT_EQ(framer.cut(), cut);
    EXPECT_FALSE(framer.Rest(&frame));
  }
}

TEST(SyslogFramerTest, ItSaysWhetherAFrameIsBegun) {
  SyslogFramer framer;
  std::string_view frame;
  EXPECT_FALSE(framer.within());
  framer.Feed("12 <13>a");
  EXPECT_FALSE(framer.Next(&frame));
  EXPECT_TRUE(framer.within());
  framer.Feed("bcdefgh\n");
  EXPECT_TRUE(framer.Next(&frame));
  EXPECT_EQ(frame, "<13>abcdefgh");
  EXPECT_FALSE(framer.Next(&frame));
  EXPECT_FALSE(framer.within());
}

}  // namespace
}  // namespace kizashi
