#include "wire/msgpack.h"

#include <gtest/gtest.h>

#include "wire/forward_test_support.h"
#include "wire/msgpack_json.h"

namespace kizashi {
namespace {

using namespace std::string_literals;

std::string Json(std::string_view raw, size_t bytes_max = 1000) {
  const auto json = MsgpackToJson(raw, bytes_max);
  return json.ok() ? *json : "<" + std::string(Message(json.status())).substr(0, 17) + ">";
}

TEST(MsgpackTest, EveryFormOfEveryType) {
  const std::pair<std::string, const char*> cases[] = {
      {"\xc0", "null"},
      {"\xc2", "false"},
      {"\xc3", "true"},
      {"\x7f", "127"},
      {"\xe0", "-32"},
      {"\xcc\xff", "255"},
      {"\xcd\x01\x00"s, "256"},
      {"\xce\xff\xff\xff\xff", "4294967295"},
      {"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"},
      {"\xd0\x80", "-128"},
      {"\xd0\x05", "5"},
      {"\xd1\x80\x00"s, "-32768"},
      {"\xd2\x80\x00\x00\x00"s, "-2147483648"},
      {"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"s, "-9223372036854775808"},
      {"\xca\x3f\x00\x00\x00"s, "0.5"},
      {"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"s, "1.5"},
      {"\xa2hi", "\"hi\""},
      {"\xd9\x02hi", "\"hi\""},
      {"\xda\x00\x02hi"s, "\"hi\""},
      {"\xdb\x00\x00\x00\x02hi"s, "\"hi\""},
      {"\xc4\x01x", "\"x\""},
      {"\xc5\x00\x01x"s, "\"x\""},
      {"\xc6\x00\x00\x00\x01x"s, "\"x\""},
      {"\x92\x01\x02", "[1,2]"},
      {"\xdc\x00\x01\x01"s, "[1]"},
      {"\xdd\x00\x00\x00\x01\x90"s, "[[]]"},
      {"\x81\xa1"
       "a\x80",
       "{\"a\":{}}"},
      {"\xde\x00\x01\xa1"
       "a\x01"s,
       "{\"a\":1}"},
      {"\xdf\x00\x00\x00\x01\x01\x02"s, "{\"1\":2}"},
      {"\x81\x91\x01\x02", "{\"[1]\":2}"},
      {"\xd4\x07\xab", "\"ab\""},
      {"\xd5\x07"
       "ab",
       "\"6162\""},
      {"\xd6\x07"
       "abcd",
       "\"61626364\""},
      {"\xd8\x07"
       "0123456789abcdef",
       "\"30313233343536373839616263646566\""},
      {"\xc7\x01\x07x", "\"78\""},
      {"\xc8\x00\x01\x07x"s, "\"78\""},
      {"\xc9\x00\x00\x00\x01\x07x"s, "\"78\""},
      {PackTime(1'700'000'000, 120'000'000), "\"2023-11-14T22:13:20.120Z\""},
  };
  for (const auto& [raw, json] : cases) {
    EXPECT_EQ(Json(raw), json);
    // Its end is found however the bytes come, and no part of it is a value.
    MsgpackScanner scanner;
    for (size_t size = 0; size < raw.size(); ++size) {
      EXPECT_EQ(scanner.Scan(std::string_view(raw).substr(0, size)), MsgpackScanner::Result::kMore);
      EXPECT_FALSE(MsgpackReader(std::string_view(raw).substr(0, size)).Skip()) << json;
    }
    EXPECT_EQ(scanner.Scan(raw + "more"), MsgpackScanner::Result::kWhole) << json;
    EXPECT_EQ(scanner.size(), raw.size()) << json;
  }
}

TEST(MsgpackTest, CountsThatLieAreRefused) {
  EXPECT_EQ(Json("\xdd\xff\xff\xff\xff"), "<found bytes that >");
  EXPECT_EQ(Json("\xdf\x00\x00\x00\x01\x01"s), "<found bytes that >");
  EXPECT_EQ(Json("\xc6\xff\xff\xff\xff"), "<found bytes that >");
  EXPECT_EQ(Json("\xc1"), "<found bytes that >");
  MsgpackScanner scanner;
  EXPECT_EQ(scanner.Scan("\xc6\xff\xff\xff\xff"
                         "begun"),
            MsgpackScanner::Result::kMore);
  EXPECT_EQ(scanner.size(), 5 + uint64_t{0xffffffff});
  EXPECT_EQ(MsgpackScanner().Scan("\x92\xc1"), MsgpackScanner::Result::kBad);
}

TEST(MsgpackTest, DepthHasALimit) {
  const std::string fits = std::string(kMsgpackDepthMax, '\x91') + "\x01";
  EXPECT_EQ(Json(fits), std::string(32, '[') + "1" + std::string(32, ']'));
  EXPECT_EQ(MsgpackScanner().Scan(fits), MsgpackScanner::Result::kWhole);
  const std::string deeper = "\x91" + fits;
  EXPECT_EQ(Json(deeper), "<found bytes that >");
  EXPECT_EQ(MsgpackScanner().Scan(deeper), MsgpackScanner::Result::kBad);
  // Passing over needs no depth.
  EXPECT_TRUE(MsgpackReader(std::string(100'000, '\x91') + "\x01").Skip());
}

TEST(MsgpackTest, LongJsonIsCutOff) {
  std::string array("\xdc\xff\xff");
  array += std::string(0xffff, '\x07');
  EXPECT_EQ(Json(array, 10).substr(0, 10), "[7,7,7,7,7");
  EXPECT_LE(Json(array, 10).size(), 14u);
  EXPECT_LE(Json(PackString(std::string(5000, 'x')), 10).size(), 14u);
}

TEST(MsgpackTest, WhatIsWrittenIsRead) {
  MsgpackWriter out;
  out.Array(4).Map(1).String("k").Bool(true).String(std::string(31, 'a'));
  out.String(std::string(300, 'b')).Raw("\xc0");
  EXPECT_EQ(Json(out.Take()), "[{\"k\":true},\"" + std::string(31, 'a') + "\",\"" +
                                  std::string(300, 'b') + "\",null]");
}

}  // namespace
}  // namespace kizashi
