#include "ingest/record_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using ::testing::ElementsAre;

constexpr Time kNow = TimeFromMs(1'767'366'245'000);  // 2026-01-02T15:04:05Z

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<Record> Drain(RecordReader* reader) {
  std::vector<Record> records;
  for (Record record; reader->Next(&record);) records.push_back(record);
  return records;
}

std::vector<Record> ReadAll(std::string_view text, RecordReader::Options options = {}) {
  RecordReader reader(options);
  for (const std::string_view line : Split(text)) reader.Add(line, false, kNow);
  reader.Close();
  return Drain(&reader);
}

std::vector<std::string> Texts(const std::vector<Record>& records) {
  std::vector<std::string> texts;
  for (const Record& record : records) texts.push_back(record.line.text);
  return texts;
}

// A log with a trace in it: the trace's record is the lines between the first and the last one.
void ExpectOneTrace(std::string_view trace) {
  const std::string log = "before\n" + std::string(trace) + "\nafter";
  EXPECT_THAT(Texts(ReadAll(log)), ElementsAre("before", std::string(trace), "after")) << log;
}

TEST(RecordReaderTest, JavaTraces) {
  ExpectOneTrace(
      "2026-01-02 15:04:05,123 ERROR [main] order failed\n"
      "java.lang.IllegalStateException: no\n"
      "\tat com.shop.Orders.pay(Orders.java:12)\n"
      "\tat com.shop.Main.main(Main.java:3)\n"
      "\tSuppressed: java.lang.Exception: close\n"
      "\t\tat com.shop.Main.close(Main.java:9)\n"
      "Caused by: java.io.IOException: reset\n"
      "\tat com.shop.Net.read(Net.java:8)\n"
      "\t... 12 more");
  ExpectOneTrace("Exception in thread \"main\" java.lang.Error: x\n\tat a.B.c(B.java:1)");
  ExpectOneTrace("java.io.IOException: x\n\tat a.B.c(B.java:1)");
}

TEST(RecordReaderTest, PythonTraces) {
  ExpectOneTrace(
      "ERROR:root:failed\n"
      "Traceback (most recent call last):\n"
      "  File \"/a.py\", line 1, in f\n"
      "    g()\n"
      "    ^^^\n"
      "KeyError: 'a'\n"
      "\n"
      "During handling of the above exception, another exception occurred:\n"
      "\n"
      "Traceback (most recent call last):\n"
      "  File \"/a.py\", line 3, in <module>\n"
      "shop.errors.Refused");
  EXPECT_THAT(Texts(ReadAll("Traceback (most recent call last):\n  File \"/a\", line 1, in f\n"
                            "KeyError: 'a'\n\nnext")),
              ElementsAre("Traceback (most recent call last):\n  File \"/a\", line 1, in f\n"
                          "KeyError: 'a'",
                          "", "next"));
}

TEST(RecordReaderTest, GoPanics) {
  ExpectOneTrace(
      "panic: runtime error: invalid memory address or nil pointer dereference\n"
      "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48]\n"
      "\n"
      "goroutine 1 [running]:\n"
      "main.(*Server).handle(0xc000010000, {0x1, 0x2})\n"
      "\t/app/main.go:12 +0x1d\n"
      "created by main.main in goroutine 1\n"
      "\t/app/main.go:3 +0x2d\n"
      "\n"
      "goroutine 7 [select]:\n"
      "net/http.(*conn).serve(0xc0000a)\n"
      "\t/go/server.go:1 +0x1\n"
      "exit status 2");
}

TEST(RecordReaderTest, NodeDotNetAndRubyTraces) {
  ExpectOneTrace(
      "/app/index.js:3\n"
      "    throw new Error('boom');\n"
      "    ^\n"
      "\n"
      "Error: boom\n"
      "    at f (/app/index.js:3:9)\n"
      "    at node:internal/main/run_main_module:23:47 {\n"
      "  code: 'EBOOM',\n"
      "}\n"
      "\n"
      "Node.js v18.19.0");
  ExpectOneTrace("Error: boom\n    at f (/app/index.js:3:9)\n    at /app/index.js:9:1");
  ExpectOneTrace(
      "Unhandled exception. System.InvalidOperationException: no\n"
      " ---> System.IO.IOException: reset\n"
      "   at Shop.Net.Read() in /src/Net.cs:line 8\n"
      "   --- End of inner exception stack trace ---\n"
      "   at Shop.Program.Main(String[] args) in /src/Program.cs:line 3");
  ExpectOneTrace(
      "x.rb:3:in `f': no (ArgumentError)\n\tfrom x.rb:9:in `g'\n\tfrom x.rb:12:in `<main>'");
}

TEST(RecordReaderTest, WhatIsNoTraceStaysApart) {
  const char* const log =
      "/app/index.js:3\nplain\nERROR a\nERROR b\n  indented\nError while reading\n"
      "/app/list.js:4\n/app/list.js:5\n\nrequest served\njava.io.IOException: a\nnext";
  std::vector<std::string> lines;
  for (const std::string_view line : Split(log)) lines.emplace_back(line);
  EXPECT_EQ(Texts(ReadAll(log)), lines);
}

TEST(RecordReaderTest, ATraceIsLimited) {
  std::string log = "java.io.IOException: x";
  for (size_t i = 0; i < 2 * kTraceLinesMax; ++i) log += "\n\tat a.B.c(B.java:1)";
  const auto records = ReadAll(log);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].lines, kTraceLinesMax);
  EXPECT_EQ(records[0].lines + records[1].lines + records[2].lines, 2 * kTraceLinesMax + 1);
  const std::string wide(kLogTextBytesMax / 2, 'x');
  const auto two = ReadAll("java.io.IOException: x\n\tat a(" + wide + "\n\tat b(" + wide);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_FALSE(two[0].line.cut);
}

TEST(RecordReaderTest, InterleavedStreamsDoNotMixAndKeepTheOrderOfTheirFirstLines) {
  const auto records = ReadAll(
      "2026-01-02T15:04:05.001Z stderr F java.io.IOException: x\n"
      "2026-01-02T15:04:05.002Z stdout F served 1\n"
      "2026-01-02T15:04:05.003Z stderr F \tat a.B.c(B.java:1)\n"
      "2026-01-02T15:04:05.004Z stdout F served 2\n"
      "2026-01-02T15:04:05.005Z stderr F \tat a.B.d(B.java:2)\n");
  EXPECT_THAT(Texts(records),
              ElementsAre("java.io.IOException: x\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)",
                          "served 1", "served 2"));
  EXPECT_EQ(records[0].line.metadata.Get("stream"), "stderr");
  EXPECT_EQ(records[0].last, 4u);
  EXPECT_TRUE(records[1].line.metadata.empty());
}

TEST(RecordReaderTest, NothingComesOutBeforeALineThatIsStillOpen) {
  RecordReader reader({});
  const auto add = [&](const char* line) { reader.Add(line, false, kNow); };
  add("2026-01-02T15:04:05.001Z stdout F served 1");
  add("2026-01-02T15:04:05.002Z stderr F java.io.IOException: x");
  add("2026-01-02T15:04:05.003Z stdout F served 2");
  reader.CloseWhole();
  EXPECT_THAT(Texts(Drain(&reader)), ElementsAre("served 1"));
  EXPECT_TRUE(reader.has_open());
  add("2026-01-02T15:04:06.500Z stdout F served 3");  // the trace is long over
  reader.CloseWhole();
  EXPECT_THAT(Texts(Drain(&reader)), ElementsAre("java.io.IOException: x", "served 2", "served 3"));
  EXPECT_FALSE(reader.has_open());
}

TEST(RecordReaderTest, PartialLinesArePutTogether) {
  const auto records = ReadAll(
      "2026-01-02T15:04:05.001Z stdout P ERROR one \n"
      "2026-01-02T15:04:05.002Z stderr F other\n"
      "2026-01-02T15:04:05.003Z stdout P two \n"
      "2026-01-02T15:04:05.004Z stdout F three\n"
      R"({"log":"a","stream":"stdout","time":"2026-01-02T15:04:05.005Z"})"
      "\n"
      R"({"log":"b\n","stream":"stdout","time":"2026-01-02T15:04:05.006Z"})"
      "\n"
      "2026-01-02T15:04:05.007Z stdout P never ended\n");
  EXPECT_THAT(Texts(records), ElementsAre("ERROR one two three", "other", "ab", "never ended"));
  EXPECT_EQ(records[0].last, 3u);
  EXPECT_EQ(records[0].line.severity, LogSeverity::kError);
  EXPECT_EQ(FormatTime(records[0].line.time), "2026-01-02T15:04:05.001Z");
}

TEST(RecordReaderTest, PartialLinesAreCutAtTheLimit) {
  const std::string piece(16 << 10, 'x');
  std::string log;
  for (int i = 0; i < 17; ++i) log += "2026-01-02T15:04:05.001Z stdout P " + piece + "\n";
  const auto records = ReadAll(log + "2026-01-02T15:04:05.001Z stdout F end\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].line.text.size(), kLogTextBytesMax);
  EXPECT_TRUE(records[0].line.cut);
}

TEST(RecordReaderTest, FieldsAreRecognised) {
  const auto records = ReadAll(
      "2026-01-02T10:00:00Z WARN slow trace_id=0af7651916cd43dd8448eb211c80319c\n"
      R"({"__REALTIME_TIMESTAMP":"1767366245123456","_SYSTEMD_UNIT":"a.service","MESSAGE":"m"})"
      "\n\xff bytes\n2020-01-01T00:00:00Z old\n");
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(FormatTime(records[0].line.time), "2026-01-02T10:00:00.000Z");
  EXPECT_EQ(records[0].line.severity, LogSeverity::kWarn);
  EXPECT_EQ(records[0].line.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(records[1].service, "a");
  EXPECT_EQ(records[2].line, (LogLine{kNow, "\xff bytes"}));
  EXPECT_EQ(records[3].line.time, kNow);
  EXPECT_EQ(FormatTime(ReadAll("2020-01-01T00:00:00Z old", {.old_times = true})[0].line.time),
            "2020-01-01T00:00:00.000Z");
}

TEST(RecordReaderTest, TheMessageOfAnObjectIsTakenWhenAskedFor) {
  const char* const line = R"({"msg":"a","level":"warn","service":"cart","ts":1600000000})";
  EXPECT_THAT(Texts(ReadAll(line)), ElementsAre(line));
  const auto records = ReadAll(line, {.take_message = true});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].line, (LogLine{TimeFromMs(1'600'000'000'000), "a", LogSeverity::kWarn}));
  EXPECT_EQ(records[0].service, "cart");
}

TEST(RecordReaderTest, MoreStreamsThanThereIsRoomForCloseTheOldest) {
  RecordReader reader({.take_message = true});
  const size_t count = RecordReader::kStreamsMax + 1;
  for (size_t i = 0; i < count; ++i) {
    reader.Add(fmt::format(R"({{"msg":"java.io.IOException: x","service":"s{}"}})", i), false,
               kNow);
  }
  EXPECT_EQ(Drain(&reader).size(), 1u);
  reader.Close();
  EXPECT_EQ(Drain(&reader).size(), count - 1);
}

}  // namespace
}  // namespace kizashi
