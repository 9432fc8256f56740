#include "wire/loki_json.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> Errors(std::string_view body) {
  std::vector<std::string> errors;
  for (const LokiError& error : ParseLokiJson(body).errors) {
    errors.push_back(error.item + ": " + error.reason);
  }
  return errors;
}

TEST(LokiJsonTest, ReadsStreams) {
  const LokiPush push = ParseLokiJson(R"({"streams": [
    {"stream": {"app": "shop", "pod": "a"}, "values": [
      ["1700000000123456789", "one \"quoted\" \u00e9"],
      [1700000000124000000, "two\n", {"trace_id": "x"}]]},
    {"values": [["-1", "before 1970"]], "stream": {"app": "cart"}}]})");
  EXPECT_EQ(push.error_count, 0u);
  ASSERT_EQ(push.streams.size(), 2u);
  EXPECT_EQ(push.streams[0].labels, Labels({{"app", "shop"}, {"pod", "a"}}));
  LogLine two{TimeFromMs(1700000000124), "two"};
  two.metadata = Labels({Label{"trace_id", "x"}});
  EXPECT_EQ(push.streams[0].lines,
            (std::vector<LogLine>{{TimeFromMs(1700000000123), "one \"quoted\" \xc3\xa9"}, two}));
  EXPECT_EQ(push.streams[1].lines[0].time, TimeFromMs(-1));
}

TEST(LokiJsonTest, GoodStreamsAndEntriesAreKept) {
  const LokiPush push = ParseLokiJson(R"({"streams": [
    {"stream": {"app": 1}, "values": [["1", "lost"]]},
    {"stream": {"app": "shop"}, "values": [["1", "kept"], ["now", "lost"], ["2", 3], "x",
      ["3", "l", []], ["4", "kept too"]]},
    {"stream": {}, "values": []}]})");
  ASSERT_EQ(push.streams.size(), 1u);
  ASSERT_EQ(push.streams[0].lines.size(), 2u);
  EXPECT_EQ(push.streams[0].lines[1].text, "kept too");
  ASSERT_EQ(push.error_count, 6u);
  EXPECT_EQ(push.errors[0].item, "streams[0].stream.app");
  EXPECT_EQ(push.errors[0].reason, "found a number, expected a string");
  EXPECT_EQ(push.errors[1].item, "streams[1].values[1][0]");
  EXPECT_EQ(push.errors[1].reason,
            "found 'now', expected nanoseconds since 1970 as a string of digits");
  EXPECT_EQ(push.errors[2].item, "streams[1].values[2][1]");
  EXPECT_EQ(push.errors[3].item, "streams[1].values[3]");
  EXPECT_EQ(push.errors[4].item, "streams[1].values[4][2]");
  EXPECT_EQ(push.errors[5].item, "streams[2].stream");
}

TEST(LokiJsonTest, AWrongBodyGivesNothing) {
  EXPECT_THAT(Errors("").at(0), StartsWith(": found no JSON"));
  EXPECT_THAT(Errors("{\"streams\": [").at(0), StartsWith(": found no JSON"));
  EXPECT_THAT(Errors("[]").at(0), StartsWith(": streams is missing"));
  EXPECT_THAT(Errors("{}").at(0), StartsWith(": streams is missing"));
  EXPECT_EQ(Errors("{\"streams\": {}}").at(0),
            "streams: found an object, expected an array of {stream, values}");
  EXPECT_EQ(Errors("{\"streams\": [1]}").at(0),
            "streams[0]: found a number, expected an object with stream and values");
  EXPECT_THAT(Errors("{\"streams\": [{}]}").at(0), HasSubstr("stream is missing"));
  EXPECT_THAT(Errors("{\"streams\": [{\"stream\": {\"a\": \"b\"}}]}").at(0),
              HasSubstr("values is missing"));
  EXPECT_TRUE(Errors("{\"streams\": []}").empty());
}

TEST(LokiJsonTest, EverythingHasALimit) {
  EXPECT_THAT(Errors(std::string(kLokiBodyBytesMax + 1, ' ')).at(0), HasSubstr("at most"));
  EXPECT_THAT(Errors(std::string(1'000, '[')).at(0), HasSubstr("no JSON"));
  std::string labels;
  for (size_t i = 0; i < kStreamLabelsMax; ++i) labels += fmt::format("\"l{}\": \"v\",", i);
  const auto body = [](const std::string& stream) {
    return fmt::format(R"({{"streams": [{{"stream": {{{}}}, "values": [["1", "x"]]}}]}})", stream);
  };
  EXPECT_TRUE(Errors(body(labels.substr(0, labels.size() - 1))).empty());
  EXPECT_THAT(Errors(body(labels + "\"x\": \"y\"")).at(0), HasSubstr("at most 64 labels"));
  const std::string longest(kStreamLabelBytesMax, 'v');
  EXPECT_TRUE(Errors(body("\"x\": \"" + longest + "\"")).empty());
  EXPECT_THAT(Errors(body("\"x\": \"v" + longest + "\"")).at(0), HasSubstr("at most 4096 bytes"));
  std::string values = "1";
  for (int i = 0; i < 99; ++i) values += ",1";
  const LokiPush push =
      ParseLokiJson("{\"streams\": [{\"stream\": {\"a\": \"b\"}, \"values\": [" + values + "]}]}");
  EXPECT_EQ(push.error_count, 100u);
  EXPECT_EQ(push.errors.size(), kLokiErrorsMax);
}

}  // namespace
}  // namespace kizashi
