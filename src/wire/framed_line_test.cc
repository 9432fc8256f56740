#include "wire/framed_line.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

FramedLine Read(std::string_view line) {
  FramedLine framed;
  Unframe(line, &framed);
  return framed;
}

TEST(FramedLineTest, Docker) {
  FramedLine line;
  Unframe(R"({"log":"a \"b\"\r\n","stream":"stderr","attrs":{"pod":"x"},)"
          R"("time":"2026-01-02T15:04:05.123456789Z"})",
          &line);
  EXPECT_EQ(line.framing, Framing::kDocker);
  EXPECT_EQ(line.text, "a \"b\"");
  EXPECT_EQ(line.stream, "stderr");
  EXPECT_EQ(FormatTime(*line.time), "2026-01-02T15:04:05.123Z");
  EXPECT_FALSE(line.partial);
  EXPECT_EQ(line.metadata, Labels({Label{"pod", "x"}}));
  Unframe(R"({"log":"begun ","stream":"stdout","time":"2026-01-02T15:04:05Z"})", &line);
  EXPECT_EQ(line.text, "begun ");
  EXPECT_TRUE(line.partial);
  EXPECT_TRUE(line.metadata.empty());
  Unframe(R"({"log":"\n","stream":"stdout","time":"2026-01-02T15:04:05Z"})", &line);
  EXPECT_EQ(line.text, "");
  EXPECT_FALSE(line.partial);
}

TEST(FramedLineTest, Cri) {
  const FramedLine line = Read("2026-01-02T15:04:05.123456789+09:00 stdout F a line ");
  EXPECT_EQ(line.framing, Framing::kCri);
  EXPECT_EQ(line.text, "a line ");
  EXPECT_EQ(line.stream, "stdout");
  EXPECT_EQ(FormatTime(*line.time), "2026-01-02T06:04:05.123Z");
  EXPECT_FALSE(line.partial);
  EXPECT_TRUE(Read("2026-01-02T15:04:05.1Z stderr P begun").partial);
  EXPECT_EQ(Read("2026-01-02T15:04:05.1Z stderr P:x:y begun").text, "begun");
  EXPECT_EQ(Read("2026-01-02T15:04:05.1Z stderr F ").text, "");
}

TEST(FramedLineTest, Journald) {
  FramedLine line;
  Unframe(R"({"__REALTIME_TIMESTAMP":"1767366245123456","_SYSTEMD_UNIT":"nginx.service",)"
          R"("PRIORITY":"3","SYSLOG_IDENTIFIER":"ng","MESSAGE":"bind failed","_PID":"17",)"
          R"("_HOSTNAME":"web-1"})",
          &line);
  EXPECT_EQ(line.framing, Framing::kJournald);
  EXPECT_EQ(line.text, "bind failed");
  EXPECT_EQ(line.service, "nginx");
  EXPECT_EQ(line.severity, LogSeverity::kError);
  EXPECT_EQ(FormatTime(*line.time), "2026-01-02T15:04:05.123Z");
  EXPECT_EQ(line.metadata, Labels({{"host", "web-1"}, {"pid", "17"}}));
  Unframe(R"({"MESSAGE":[255, 97,10],"_SYSTEMD_UNIT":"session-1.scope",)"
          R"("SYSLOG_IDENTIFIER":"sudo","__REALTIME_TIMESTAMP":"1767366245123456"})",
          &line);
  EXPECT_EQ(line.text,
            "\xff"
            "a\n");
  EXPECT_EQ(line.service, "sudo");
  EXPECT_EQ(line.severity, LogSeverity::kNone);
  EXPECT_EQ(line.metadata, Labels({Label{"unit", "session-1.scope"}}));
}

TEST(FramedLineTest, OtherLinesStayAsTheyAre) {
  for (const char* text :
       {"", "plain", R"({"log":"x"})", R"({"log":"x","stream":"stdout","time":"soon"})",
        R"({"log":"x","stream":"out","time":"2026-01-02T15:04:05Z"})",
        R"({"MESSAGE":[256],"__REALTIME_TIMESTAMP":"1"})",
        R"({"MESSAGE":null,"__REALTIME_TIMESTAMP":"1"})", R"({"msg":"__REALTIME_TIMESTAMP"})",
        "2026-01-02T15:04:05.1Z stdout X a", "2026-01-02T15:04:05.1Z stdoutF a",
        "2026-01-02T15:04:05.1Z stdout Fa", "2026-01-02T15:04:05.1Z stdout F",
        "2026-13-02T15:04:05.1Z stdout F a"}) {
    const FramedLine line = Read(text);
    EXPECT_EQ(line.framing, Framing::kNone) << text;
    EXPECT_EQ(line.text, text);
    EXPECT_FALSE(line.time);
    EXPECT_FALSE(line.partial);
  }
}

}  // namespace
}  // namespace kizashi
