#include "wire/loki_proto.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

namespace kizashi {
namespace {

struct Entry {
  int64_t seconds = 0;
  int32_t nanos = 0;
  std::string line;
  std::vector<Label> metadata;
};

std::string Stream(const std::string& labels, const std::vector<Entry>& entries) {
  std::string bytes;
  protozero::pbf_writer stream(bytes);
  stream.add_string(1, labels);
  for (const Entry& entry : entries) {
    protozero::pbf_writer message(stream, 2);
    {
      protozero::pbf_writer time(message, 1);
      time.add_int64(1, entry.seconds);
      time.add_int32(2, entry.nanos);
    }
    message.add_bytes(2, entry.line);
    for (const Label& label : entry.metadata) {
      protozero::pbf_writer pair(message, 3);
      pair.add_string(1, label.name);
      pair.add_string(2, label.value);
    }
  }
  stream.add_uint64(3, 99);
  return bytes;
}

std::string Request(const std::vector<std::string>& streams) {
  std::string bytes;
  protozero::pbf_writer request(bytes);
  for (const std::string& stream : streams) request.add_message(1, stream);
  return bytes;
}

// As a client writes it: {job="a"}, one entry of 1.5 s, "hi", metadata level="error".
constexpr std::string_view kGolden(
    "\x0a\x2d"
    "\x0a\x09{job=\"a\"}"
    "\x12\x1e"
    "\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01"
    "\x12\x02hi"
    "\x1a\x0e\x0a\x05level\x12\x05"
    "error"
    "\x18\x00",
    47);

TEST(LokiProtoTest, GoldenBytes) {
  const LokiPush push = ParseLokiProto(kGolden);
  ASSERT_EQ(push.error_count, 0u) << push.errors[0].item << push.errors[0].reason;
  ASSERT_EQ(push.streams.size(), 1u);
  EXPECT_EQ(push.streams[0].labels, Labels({Label{"job", "a"}}));
  LogLine line{TimeFromMs(1'500), "hi", LogSeverity::kError};
  line.metadata = Labels({Label{"level", "error"}});
  EXPECT_EQ(push.streams[0].lines, std::vector<LogLine>{line});
}

TEST(LokiProtoTest, StreamsAndEntriesAreRead) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const LokiPush push = ParseLokiProto(
      Request({Stream(R"({app="sh\"op", pod=`a\b`})",
                      {{1'700'000'000, 999'999'999, "\xff bytes\n", {}},
                       {1'700'000'001, 0, "", {{"trace_id", trace}, {"user", "bob"}}}}),
               Stream("{a=\"1\",}", {{1, 0, "x", {}}}), Stream("{b=\"1\"}", {})}));
  EXPECT_EQ(push.error_count, 0u);
  ASSERT_EQ(push.streams.size(), 2u);
  EXPECT_EQ(push.streams[0].labels, Labels({{"app", "sh\"op"}, {"pod", "a\\b"}}));
  EXPECT_EQ(push.streams[0].lines[0], (LogLine{TimeFromMs(1'700'000'000'999), "\xff bytes"}));
  EXPECT_EQ(push.streams[0].lines[1].trace_id, trace);
  EXPECT_EQ(push.streams[0].lines[1].metadata.Get("user"), "bob");
}

TEST(LokiProtoTest, BadItemsAreNamedAndGoodOnesKept) {
  const LokiPush push = ParseLokiProto(
      Request({Stream("{}", {{1, 0, "x", {}}}), Stream("app=x", {{1, 0, "x", {}}}),
               Stream("{a=\"1\"}", {{-1, 0, "x", {}}, {1, -1, "x", {}}, {1, 0, "kept", {}}})}));
  ASSERT_EQ(push.error_count, 4u);
  EXPECT_EQ(push.errors[0].item, "streams[0].labels");
  EXPECT_EQ(push.errors[0].reason, "found no label, expected at least one");
  EXPECT_EQ(push.errors[1].item, "streams[1].labels");
  EXPECT_EQ(push.errors[2].item, "streams[2].entries[0].timestamp");
  ASSERT_EQ(push.streams.size(), 1u);
  EXPECT_EQ(push.streams[0].lines.at(0).text, "kept");
}

TEST(LokiProtoTest, OtherBytesGiveOneErrorAndNoLines) {
  const std::string whole = Request({Stream("{a=\"1\"}", {{1, 0, "x", {}}})});
  for (size_t size = 1; size < whole.size(); ++size) {
    const LokiPush push = ParseLokiProto(whole.substr(0, size));
    EXPECT_EQ(push.error_count, 1u) << size;
    EXPECT_TRUE(push.streams.empty());
  }
  EXPECT_EQ(ParseLokiProto("").error_count, 0u);
  EXPECT_EQ(ParseLokiProto("no such thing").error_count, 1u);
}

TEST(LokiProtoTest, AFieldOfAnotherTypeIsPassedOver) {
  // The golden bytes with other wire types: streams as a varint, labels as one, the time's seconds
  // as bytes.
  EXPECT_EQ(ParseLokiProto("\x08\x01").error_count, 0u);
  EXPECT_EQ(ParseLokiProto(std::string_view("\x0a\x02\x08\x01", 4)).error_count, 1u);
  std::string bytes(kGolden);
  bytes[bytes.find("\x08\x01\x10")] = '\x0d';  // fixed32: takes the bytes behind it
  EXPECT_EQ(ParseLokiProto(bytes).streams.size(), 0u);
}

TEST(LokiProtoTest, Labels) {
  EXPECT_EQ(ParseLokiLabels(" { a = \"x\" , b_2=\"\\u5146\\n\" } ")->ToString(),
            Labels({{"a", "x"}, {"b_2", "兆\n"}}).ToString());
  for (const char* text : {"", "{", "{a}", "{a=}", "{a=x}", "{a=\"x}", "{a=\"x\" b=\"y\"}",
                           "{a=\"x\"}}", "{2=\"x\"}", "{a=\"\"}"}) {
    EXPECT_FALSE(ParseLokiLabels(text).ok()) << text;
  }
  EXPECT_FALSE(ParseLokiLabels("{a=\"" + std::string(kStreamLabelBytesMax + 1, 'x') + "\"}").ok());
}

}  // namespace
}  // namespace kizashi
