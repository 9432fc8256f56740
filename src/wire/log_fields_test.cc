#include "wire/log_fields.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

constexpr Time kReceived = TimeFromMs(1'767'366'245'000);  // 2026-01-02T15:04:05Z

std::string TimeIn(std::string_view line, Duration zone = {}) {
  const LogFields fields = FieldsOfLine(line, {kReceived, zone});
  return fields.time ? FormatTime(*fields.time) : "";
}
std::string_view Severity(std::string_view line) { return ToString(SeverityOfLine(line)); }
std::string Ids(std::string_view line) {
  const LogFields fields = FieldsOfLine(line, {kReceived, {}});
  return fields.trace_id + "/" + fields.span_id;
}

TEST(LogTimeTest, FormsAreRead) {
  for (const char* line : {
           "2026-01-02T15:04:05.123Z ready",
           "2026-01-02T15:04:05.123456789Z ready",
           "2026-01-02T15:04:05,123Z",
           "2026-01-02t15:04:05.123z ready",
           "2026-01-02 15:04:05.123 ready",
           "2026-01-02 15:04:05,123 - root - INFO - ready",
           "2026-01-02 15:04:05.123 UTC [17] LOG:  ready",
           "2026-01-02T16:04:05.123+01:00 ready",
           "2026-01-02T16:04:05.123+0100 ready",
           "2026-01-02 16:04:05.123 +0100 ready",
           "2026-01-02 10:04:05.123 -05 ready",
           "[2026-01-02T15:04:05.123Z] ready",
           "[2026-01-02 15:04:05.123] ready",
           "2026/01/02 15:04:05.123 ready",
           "<13>1 2026-01-02T15:04:05.123Z host app 1 - - ready",
           "Jan  2 15:04:05.123 host app[1]: ready",
           "<34>Jan  2 15:04:05.123 host su: ready",
           "Jan 02 15:04:05.123 host app: ready",
           "[Fri Jan 02 15:04:05.123 2026] [error] ready",
           "E0102 15:04:05.123456   17 file.go:3] ready",
           "1767366245.123 ready",
           "1767366245123 ready",
           "1767366245123456 ready",
           "1767366245123456789 ready",
           "time=2026-01-02T15:04:05.123Z level=info",
           "ts=\"2026-01-02 15:04:05.123\" level=info",
           "ts=1767366245.123 level=info",
           R"({"ts":1767366245.123,"msg":"x"})",
           R"({"time":1767366245123,"msg":"x"})",
           R"({"msg":"x","@timestamp":"2026-01-02T15:04:05.123Z"})",
           R"({"timestamp":"1767366245123"})",
       }) {
    EXPECT_EQ(TimeIn(line), "2026-01-02T15:04:05.123Z") << line;
  }
  EXPECT_EQ(TimeIn(R"(10.0.0.1 - bob [02/Jan/2026:15:04:05 +0000] "GET / HTTP/1.1" 200 12)"),
            "2026-01-02T15:04:05.000Z");
}

TEST(LogTimeTest, WhatIsNoTimeIsNone) {
  for (const char* line :
       {"", "ready", "2026-13-02T15:04:05Z", "2026-01-32 15:04:05", "2026-01-02 25:04:05",
        "2026-01-02", "2026-01-02 15:04", "Jan 99 15:04:05", "1767366245x", "17673662451 ready",
        "Fri Jan  2 15:04:05", "12345678901234567890 x", R"({"ts":"soon"})", R"({"ts":true})"}) {
    EXPECT_EQ(TimeIn(line), "") << line;
  }
}

TEST(LogTimeTest, ATimeWithoutZoneIsInTheGivenOne) {
  EXPECT_EQ(TimeIn("2026-01-03 00:04:05 x", std::chrono::hours(9)), "2026-01-02T15:04:05.000Z");
  EXPECT_EQ(TimeIn("2026-01-02T15:04:05Z x", std::chrono::hours(9)), "2026-01-02T15:04:05.000Z");
  EXPECT_EQ(TimeIn("2026-01-02 15:04:05 Zebra"), "2026-01-02T15:04:05.000Z");
}

TEST(LogTimeTest, ATimeWithoutYearIsOfTheNearestOne) {
  const Time new_year = TimeFromMs(1'767'225'605'000);  // 2026-01-01T00:00:05Z
  EXPECT_EQ(FormatTime(LineTime("Dec 31 23:59:59 host a: b", new_year)),
            "2025-12-31T23:59:59.000Z");
  EXPECT_EQ(
      FormatTime(*FieldsOfLine("Feb 29 10:00:00 x", {TimeFromMs(1'709'200'000'000), {}}).time),
      "2024-02-29T10:00:00.000Z");
}

TEST(LogTimeTest, ALineIsBelievedWithinADayOfReception) {
  EXPECT_EQ(FormatTime(LineTime("2026-01-01T16:00:00Z x", kReceived)), "2026-01-01T16:00:00.000Z");
  EXPECT_EQ(LineTime("2026-01-01T15:00:00Z x", kReceived), kReceived);
  EXPECT_EQ(LineTime("2026-01-04T15:00:00Z x", kReceived), kReceived);
  EXPECT_EQ(LineTime("x", kReceived), kReceived);
}

TEST(LogSeverityTest, PlainLines) {
  EXPECT_EQ(Severity("2026-01-02 [WARNING] disk"), "warn");
  EXPECT_EQ(Severity("2026-01-02 15:04:05,123 ERROR [main] a.b.C: info missing"), "error");
  EXPECT_EQ(Severity("INFO  no error found"), "info");
  EXPECT_EQ(Severity("no error found: INFO"), "info");
  EXPECT_EQ(Severity("[error] 7#7: *1 open() failed"), "error");
  EXPECT_EQ(Severity("disk full, error while writing"), "error");
  EXPECT_EQ(Severity("fail: Shop.Cart[0]"), "error");
  EXPECT_EQ(Severity("crit: Shop.Cart[0]"), "fatal");
  EXPECT_EQ(Severity("panic: runtime error"), "fatal");
  EXPECT_EQ(Severity("<34>Oct 11 22:14:15 mymachine su: 'su root' failed"), "fatal");
  EXPECT_EQ(Severity("<14>1 - - - - - - error"), "info");
  EXPECT_EQ(Severity("E0102 15:04:05.123456 17 a.go:3] x"), "error");
  EXPECT_EQ(Severity("I0102 15:04:05.123456 17 a.go:3] error"), "info");
}

TEST(LogSeverityTest, WhatOnlyLooksLikeASeverity) {
  EXPECT_EQ(Severity("E0102 nothing here"), "");
  EXPECT_EQ(Severity("information"), "");
  EXPECT_EQ(Severity("GET /error.html 200"), "");
  EXPECT_EQ(Severity("wrote debug.log"), "");
  EXPECT_EQ(Severity(""), "");
  EXPECT_EQ(Severity("<999>x"), "");
  EXPECT_EQ(Severity(std::string(96, 'x') + " ERROR"), "");
}

TEST(LogSeverityTest, Members) {
  EXPECT_EQ(Severity(R"({"level":"ERROR"})"), "error");
  EXPECT_EQ(Severity(R"({"msg":"an error","level":"info"})"), "info");
  EXPECT_EQ(Severity(R"({"msg":"an error"})"), "error");
  EXPECT_EQ(Severity(R"({"error":"x","user":"error"})"), "");
  EXPECT_EQ(Severity(R"({"level":30,"time":1767366245123,"msg":"pino"})"), "info");
  EXPECT_EQ(Severity(R"({"level":60})"), "fatal");
  EXPECT_EQ(Severity(R"({"level":3})"), "error");
  EXPECT_EQ(Severity(R"({"level":17})"), "error");
  EXPECT_EQ(Severity(R"({"PRIORITY":"4"})"), "warn");
  EXPECT_EQ(Severity(R"({"severity_number":9})"), "info");
  EXPECT_EQ(Severity(R"({"levelno":20})"), "info");
  EXPECT_EQ(Severity(R"({"log.level":"warn"})"), "warn");
  EXPECT_EQ(Severity(R"({"log":{"level":"warn","x":1}})"), "warn");
  EXPECT_EQ(Severity(R"({"lvl":"dbug"})"), "debug");
  EXPECT_EQ(Severity(R"({"severity":"Information"})"), "info");
  EXPECT_EQ(Severity(R"({"levelname":"CRITICAL"})"), "fatal");
  EXPECT_EQ(Severity(R"(ts=1 msg="error parsing" level=info)"), "info");
  EXPECT_EQ(Severity(R"(msg="level=error" lvl="warn")"), "warn");
}

TEST(LogTraceTest, IdsAreFound) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const std::string span = "b7ad6b7169203331";
  const std::string both = trace + "/" + span;
  EXPECT_EQ(Ids(R"({"trace_id":")" + trace + R"(","span_id":")" + span + R"("})"), both);
  EXPECT_EQ(Ids(R"({"traceId":")" + trace + R"(","spanId":")" + span + R"("})"), both);
  EXPECT_EQ(Ids(R"({"trace.id":"0AF7651916CD43DD8448EB211C80319C","span.id":")" + span + R"("})"),
            both);
  EXPECT_EQ(Ids("level=info traceID=" + trace + " spanID=" + span), both);
  EXPECT_EQ(Ids("paid TraceID: " + trace + ", SpanID: " + span), both);
  EXPECT_EQ(Ids("[trace_id=" + trace + " span_id=" + span + "] paid"), both);
  EXPECT_EQ(Ids("got traceparent: 00-" + trace + "-" + span + "-01"), both);
  EXPECT_EQ(Ids(R"({"traceparent":"00-)" + trace + "-" + span + R"(-01"})"), both);
  EXPECT_EQ(Ids("trace_id=" + span), span + "/");
  EXPECT_EQ(Ids("dd.trace_id=2739237892323423 dd.span_id=17"), "0009bb528586f85f/0000000000000011");
  EXPECT_EQ(Ids(std::string(200, 't') + " trace retrace trace_id=" + trace), trace + "/");
}

TEST(LogTraceTest, WhatIsNoIdIsNone) {
  for (const char* line :
       {"trace_id=00000000000000000000000000000000", "trace_id=", "trace_id", "trace",
        "trace_id=0af7651916cd43dd8448eb211c80319", "trace_id=0af7651916cd43dd8448eb211c80319cff",
        "span_id=b7ad6b7169203331", "stack trace: 12 frames", R"({"trace_id":17})",
        "traceparent=00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"}) {
    EXPECT_EQ(Ids(line), "/") << line;
  }
}

TEST(LogFieldsTest, FillsInOnlyWhatNobodySaid) {
  LogLine line{kReceived, "ERROR trace_id=0af7651916cd43dd8448eb211c80319c"};
  FillFields(&line);
  EXPECT_EQ(line.severity, LogSeverity::kError);
  EXPECT_EQ(line.trace_id, "0af7651916cd43dd8448eb211c80319c");
  LogLine said{kReceived, line.text, LogSeverity::kInfo};
  said.trace_id = "1";
  FillFields(&said);
  EXPECT_EQ(said.severity, LogSeverity::kInfo);
  EXPECT_EQ(said.trace_id, "1");
}

TEST(LogFieldsTest, AnyPrefixOfALineIsTaken) {
  for (const std::string line :
       {R"({"level":"x\"","log":{"level":[1,{"a":"}"}]},"ts":-1e3,"traceparent":"00-)",
        "<1>Jan  2 15:04:05 a trace_id=\"0af7", "2026-01-02T15:04:05.1+01:00 level=\"",
        "10.0.0.1 - - [02/Jan/2026:15:04:05 +0000]"}) {
    for (size_t size = 0; size <= line.size(); ++size) {
      EXPECT_LE(FieldsOfLine(line.substr(0, size), {kReceived, {}}).span_id.size(), 16u);
    }
  }
}

}  // namespace
}  // namespace kizashi
