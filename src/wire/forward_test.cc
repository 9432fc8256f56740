#include "wire/forward.h"

#include <gtest/gtest.h>

#include "net/content_coding.h"
#include "wire/forward_handshake.h"
#include "wire/forward_test_support.h"

namespace kizashi {
namespace {

constexpr Time kReceived = TimeFromMs(1'800'000'000'000);
const std::string kTime = PackTime(1'700'000'000, 120'000'000);

MsgpackWriter Tagged(size_t members) {
  MsgpackWriter out;
  out.Array(members).String("app.web");
  return out;
}

ForwardMessage Read(const std::string& bytes) {
  auto message = ReadForward(bytes, kReceived);
  EXPECT_TRUE(message.ok()) << Message(message.status());
  return message.ok() ? *std::move(message) : ForwardMessage();
}

std::string Refusal(const std::string& bytes) {
  const auto message = ReadForward(bytes, kReceived);
  return message.ok() ? "read" : std::string(Message(message.status()));
}

ForwardEvent ReadRecord(const std::string& record) {
  ForwardMessage message = Read(Tagged(3).Raw(kTime).Raw(record).Take());
  EXPECT_EQ(message.events.size(), 1u);
  return message.events.empty() ? ForwardEvent() : std::move(message.events[0]);
}

void ExpectTwoEvents(const std::string& bytes) {
  const ForwardMessage message = Read(bytes);
  EXPECT_EQ(message.tag, "app.web");
  EXPECT_EQ(message.chunk, PackString("id"));
  ASSERT_EQ(message.events.size(), 2u);
  EXPECT_EQ(message.events[0].line.text, "one");
  EXPECT_EQ(FormatTime(message.events[0].line.time), "2023-11-14T22:13:20.120Z");
  EXPECT_EQ(message.events[0].service, "app.web");
  EXPECT_EQ(message.events[1].line.text, "two");
  EXPECT_EQ(FormatTime(message.events[1].line.time), "2023-11-14T22:13:21.000Z");
}

TEST(ForwardTest, TheFourForms) {
  const std::string one = PackEntry(kTime, PackRecord("one"));
  const std::string two = PackEntry(PackNumber(1'700'000'001), PackRecord("two\n"));
  ExpectTwoEvents(
      Tagged(3).Raw(MsgpackWriter().Array(2).Raw(one).Raw(two).Take()).Raw(PackChunk("id")).Take());
  ExpectTwoEvents(Tagged(3).Raw(PackBinary(one + two)).Raw(PackChunk("id")).Take());
  ExpectTwoEvents(Tagged(3).String(one + two).Raw(PackChunk("id")).Take());
  const std::string gzip = MsgpackWriter()
                               .Map(2)
                               .String("compressed")
                               .String("gzip")
                               .String("chunk")
                               .String("id")
                               .Take();
  ExpectTwoEvents(Tagged(3).Raw(PackBinary(Gzip(one + two))).Raw(gzip).Take());
  // Fluentd appends one gzip file to another.
  ExpectTwoEvents(Tagged(3).Raw(PackBinary(Gzip(one) + Gzip(two))).Raw(gzip).Take());
  const ForwardMessage single =
      Read(Tagged(4).Raw(kTime).Raw(PackRecord("one")).Raw(PackChunk("id")).Take());
  EXPECT_EQ(single.chunk, PackString("id"));
  EXPECT_EQ(single.events.at(0).line.text, "one");
  EXPECT_EQ(Read(Tagged(3).Raw(kTime).Raw(PackRecord("one")).Take()).chunk, "");
  EXPECT_TRUE(Read("\xc0").heartbeat);
  EXPECT_EQ(ForwardAck(PackString("id")),
            "\x81\xa3"
            "ack\xa2id");
}

TEST(ForwardTest, MembersBecomeMetadata) {
  const ForwardEvent event = ReadRecord(MsgpackWriter()
                                            .Map(5)
                                            .String("message")
                                            .String("text\r\n")
                                            .String("log")
                                            .Bool(true)
                                            .String("level")
                                            .String("warn")
                                            .String("n")
                                            .Raw("\x93\x01\xc0\x80")
                                            .Raw("\x07")
                                            .Raw("\x08")
                                            .Take());
  EXPECT_EQ(event.line.text, "text");
  EXPECT_EQ(event.line.metadata.ToString(),
            "{7=\"8\", level=\"warn\", log=\"true\", n=\"[1,null,{}]\"}");
  EXPECT_EQ(event.line.severity, LogSeverity::kNone);
}

TEST(ForwardTest, WithoutATextTheRecordIsTheText) {
  const ForwardEvent event =
      ReadRecord(MsgpackWriter().Map(2).String("a").Raw("\x01").String("b").Bool(false).Take());
  EXPECT_EQ(event.line.text, R"({"a":1,"b":false})");
  EXPECT_TRUE(event.line.metadata.empty());
  EXPECT_EQ(ReadRecord("\x80").line.text, "{}");
  EXPECT_EQ(ReadRecord(PackString("just text")).line.text, "\"just text\"");
  // Bytes that are no UTF-8 stay as they are where they are the text.
  EXPECT_EQ(ReadRecord(MsgpackWriter().Map(1).String("log").String("\xff\xfe").Take()).line.text,
            "\xff\xfe");
}

TEST(ForwardTest, TheServiceIsTheFirstThatIsNamed) {
  const auto kubernetes = [](MsgpackWriter labels) {
    MsgpackWriter inner;
    inner.Map(2).String("container_name").String("box").String("labels").Raw(labels.Take());
    return MsgpackWriter().Map(1).String("kubernetes").Raw(inner.Take()).Take();
  };
  MsgpackWriter both;
  both.Map(2).String("app").String("shop").String("app.kubernetes.io/name").String("shop-web");
  EXPECT_EQ(ReadRecord(kubernetes(std::move(both))).service, "shop-web");
  MsgpackWriter app;
  app.Map(1).String("app").String("shop");
  EXPECT_EQ(ReadRecord(kubernetes(std::move(app))).service, "shop");
  EXPECT_EQ(ReadRecord(kubernetes(std::move(MsgpackWriter().Map(0)))).service, "box");
  EXPECT_EQ(
      ReadRecord(MsgpackWriter().Map(1).String("container_name").String("/web-1").Take()).service,
      "web-1");
  EXPECT_EQ(ReadRecord(MsgpackWriter()
                           .Map(2)
                           .String("service_name")
                           .String("second")
                           .String("service")
                           .String("first")
                           .Take())
                .service,
            "first");
  EXPECT_EQ(ReadRecord(PackRecord("x")).service, "app.web");
}

TEST(ForwardTest, WhatIsNoEventIsALineAllTheSame) {
  const std::string entries =
      PackEntry("\xc0", PackRecord("no time")) + PackString("alone") +
      PackEntry(MsgpackWriter().Array(2).Raw(kTime).Map(0).Take(), PackRecord("with metadata"));
  const ForwardMessage message = Read(Tagged(2).Raw(PackBinary(entries)).Take());
  ASSERT_EQ(message.events.size(), 3u);
  EXPECT_EQ(message.events[0].line.time, kReceived);
  EXPECT_EQ(message.events[1].line.text, "\"alone\"");
  EXPECT_EQ(message.events[2].line.text, "with metadata");
  EXPECT_EQ(FormatTime(message.events[2].line.time), "2023-11-14T22:13:20.120Z");
}

TEST(ForwardTest, Limits) {
  const std::string text(kForwardTextBytesMax + 5, 'x');
  const ForwardEvent large =
      ReadRecord(MsgpackWriter().Map(1).String("log").Raw(PackBinary(text)).Take());
  EXPECT_EQ(large.line.text.size(), kForwardTextBytesMax);
  EXPECT_TRUE(large.line.cut);
  MsgpackWriter many;
  many.Raw(std::string("\xde\x00\x50", 3)).String("log").String("x");
  for (size_t i = 1; i < 80; ++i) many.String(std::to_string(i)).Raw(PackBinary(text));
  const ForwardEvent event = ReadRecord(many.Take());
  EXPECT_EQ(event.line.metadata.size(), kForwardMembersMax + 1);
  EXPECT_EQ(event.line.metadata.Get("metadata_dropped"), "15");
  EXPECT_EQ(event.line.metadata.Get("1").size(), kForwardMemberBytesMax);
}

TEST(ForwardTest, RefusalsSayWhy) {
  EXPECT_EQ(Refusal("["), "found no array of two to four members, expected [tag, ...]");
  EXPECT_EQ(Refusal(MsgpackWriter().Array(2).Bool(true).Bool(true).Take()),
            "found a tag that is no string");
  EXPECT_EQ(Refusal(Tagged(2).Raw(kTime).Take()), "found [tag, time], expected a record behind it");
  EXPECT_EQ(Refusal(Tagged(3).Raw(kTime).Take()), "found a message cut short");
  EXPECT_EQ(Refusal(Tagged(2).Raw(PackBinary(PackEntry(kTime, PackRecord("a")) + "\x92")).Take()),
            "entry 1 is no whole MessagePack value");
  const auto with = [](const char* name, std::string value) {
    return Tagged(3)
        .Raw(PackBinary("not gzip"))
        .Raw(MsgpackWriter().Map(1).String(name).Raw(value).Take())
        .Take();
  };
  EXPECT_EQ(Refusal(with("compressed", PackString("gzip"))), "the body is no whole gzip stream");
  EXPECT_EQ(Refusal(with("compressed", PackString("zstd"))),
            "found entries compressed with 'zstd', expected gzip");
  EXPECT_EQ(Refusal(with("fluent_signal", "\x01")),
            "found metrics or traces (fluent_signal 1), expected logs");
  EXPECT_EQ(Refusal(with("chunk", PackString(std::string(2000, 'c')))),
            "found a chunk id of 2003 bytes, expected at most 1024");
  // Three bytes of an event must not become hundreds without a limit.
  std::string bomb;
  for (int i = 0; i < 2'000'000; ++i) bomb += std::string("\x92\x00\x80", 3);
  EXPECT_NE(Refusal(Tagged(2).Raw(PackBinary(bomb)).Take()).find("send smaller chunks"),
            std::string::npos);
}

std::string Ping(std::string_view key, std::string_view user, std::string_view nonce = "nonce") {
  MsgpackWriter out;
  out.Array(6).String("PING").String("client").String("salt");
  out.String(ForwardDigest("salt", "client", nonce, key)).String(user).String("");
  return out.Take();
}

TEST(ForwardHandshakeTest, TheKeyIsProvedBothWays) {
  // printf saltclientnoncesecret | sha512sum
  EXPECT_TRUE(ForwardDigest("salt", "client", "nonce", "secret").starts_with("1be50de88fcdae1f"));
  const ForwardServer server = {"nonce", "secret", "server"};
  const auto pong = AnswerPing(Ping("secret", ""), server);
  ASSERT_TRUE(pong.ok());
  EXPECT_TRUE(pong->accepted);
  EXPECT_EQ(pong->client, "client");
  EXPECT_EQ(pong->bytes, MsgpackWriter()
                             .Array(5)
                             .String("PONG")
                             .Bool(true)
                             .String("")
                             .String("server")
                             .String(ForwardDigest("salt", "server", "nonce", "secret"))
                             .Take());
}

TEST(ForwardHandshakeTest, RefusalsSayWhy) {
  const ForwardServer server = {"nonce", "secret", "server"};
  EXPECT_EQ(AnswerPing(Ping("other", ""), server)->reason, "shared_key mismatch");
  EXPECT_EQ(AnswerPing(Ping("secret", "", "old nonce"), server)->reason, "shared_key mismatch");
  EXPECT_EQ(AnswerPing(Ping("secret", "me"), server)->reason,
            "user names are not known here: send the shared key alone");
  EXPECT_FALSE(AnswerPing(Ping("other", ""), server)->accepted);
  EXPECT_FALSE(AnswerPing(Tagged(3).Raw(kTime).Map(0).Take(), server).ok());
  EXPECT_FALSE(AnswerPing("", server).ok());
}

}  // namespace
}  // namespace kizashi
