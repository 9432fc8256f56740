#include "wire/ndjson.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <vector>

namespace kizashi {
namespace {

std::vector<NdjsonLine> Read(std::string_view body) {
  NdjsonReader reader(body);
  std::vector<NdjsonLine> lines;
  NdjsonLine line;
  while (reader.Next(&line)) lines.push_back(line);
  return lines;
}

TEST(NdjsonTest, TakesTextTimeAndService) {
  const auto lines =
      Read(R"({"message":"a \"b\"","ts":1700000000,"service":"shop","level":"info"})"
           "\r\n"
           R"({"body":"later","msg":"first","@timestamp":"2023-11-14T22:13:20.5Z","app":"x",)"
           R"("service.name":"y"})");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "a \"b\"");
  EXPECT_EQ(lines[0].time, TimeFromMs(1'700'000'000'000));
  EXPECT_EQ(lines[0].service, "shop");
  EXPECT_EQ(lines[1].text, "first");
  EXPECT_EQ(lines[1].time, TimeFromMs(1'700'000'000'500));
  EXPECT_EQ(lines[1].service, "y");
}

TEST(NdjsonTest, WhatIsNoObjectIsPlainText) {
  const auto lines =
      Read("plain\n\n  \n{\"a\": \n[1]\n\"s\"\n  {\"msg\":\"inside\"}\n\xff\xfe\nend");
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0].text, "plain");
  EXPECT_EQ(lines[1].text, "{\"a\": ");
  EXPECT_EQ(lines[2].text, "[1]");
  EXPECT_EQ(lines[3].text, "\"s\"");
  EXPECT_EQ(lines[4].text, "inside");
  EXPECT_EQ(lines[5].text, "\xff\xfe");
  EXPECT_EQ(lines[6].text, "end");
  EXPECT_FALSE(lines[0].time);
  EXPECT_TRUE(Read("").empty());
}

TEST(NdjsonTest, AnObjectWithoutMessageStaysWhole) {
  const auto lines = Read(" {\"msg\":7,\"time\":\"no\",\"timestamp\":1700000000.25}\n{} {}\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, " {\"msg\":7,\"time\":\"no\",\"timestamp\":1700000000.25}");
  EXPECT_EQ(lines[0].time, TimeFromMs(1'700'000'000'250));
  EXPECT_EQ(lines[1].text, "{} {}");
}

TEST(NdjsonTest, NothingStaysFromTheLineBefore) {
  const auto lines = Read("{\"msg\":\"a\",\"ts\":1700000000,\"app\":\"x\"}\n{\"msg\":\"b\"}\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_FALSE(lines[1].time);
  EXPECT_EQ(lines[1].service, "");
}

TEST(NdjsonTest, TheSizeOfANumberTellsItsUnit) {
  for (const std::string_view number :
       {"1700000000", "1700000000000", "1700000000000000", "1700000000000000000", "1.7e9"}) {
    for (const std::string_view quote : {"", "\""}) {
      const auto lines = Read(fmt::format("{{\"ts\":{}{}{}}}", quote, number, quote));
      EXPECT_EQ(lines.at(0).time, TimeFromMs(1'700'000'000'000)) << number;
    }
  }
  for (const std::string_view number : {"0", "-5", "1e300", "\"nan\"", "\"\"", "null", "1e20"}) {
    EXPECT_FALSE(Read(fmt::format("{{\"ts\":{}}}", number)).at(0).time) << number;
  }
}

TEST(NdjsonTest, ALongObjectIsPlainText) {
  const auto object = [](size_t size) {
    return "{\"msg\":\"" + std::string(size - 10, 'x') + "\"}";
  };
  EXPECT_EQ(Read(object(kNdjsonObjectBytesMax)).at(0).text.size(), kNdjsonObjectBytesMax - 10);
  EXPECT_EQ(Read(object(kNdjsonObjectBytesMax + 1)).at(0).text.size(), kNdjsonObjectBytesMax + 1);
}

}  // namespace
}  // namespace kizashi
