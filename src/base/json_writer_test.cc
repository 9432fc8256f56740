#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kizashi {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

TEST(JsonWriterTest, CommasAndNestingArePlaced) {
  JsonWriter json;
  json.BeginObject();
  json.Key("empty").BeginArray().EndArray();
  json.Key("list").BeginArray().Int(1).BeginObject().EndObject().Null().Bool(false).EndArray();
  json.Key("raw").Raw(R"({"a":1})");
  json.Key("a \"key\"").String("x");
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"empty":[],"list":[1,{},null,false],"raw":{"a":1},"a \"key\"":"x"})");
}

TEST(JsonWriterTest, NumbersReadBackTheSameAndNeverBreakTheDocument) {
  JsonWriter json;
  json.BeginArray();
  json.Number(0.1 + 0.2).Number(1e300).Number(-0.0).Number(5e-324).Number(300);
  json.Number(NAN).Number(INFINITY).Number(-INFINITY);
  json.Int(std::numeric_limits<int64_t>::min());
  json.EndArray();
  EXPECT_EQ(json.text(),
            "[0.30000000000000004,1e+300,-0,5e-324,300,null,null,null,-9223372036854775808]");
}

TEST(JsonWriterTest, StringsAreEscaped) {
  EXPECT_EQ(Quoted("say \"hi\" \\ / \n\r\t\x01\x1f\x7f"),
            "\"say \\\"hi\\\" \\\\ / \\n\\r\\t\\u0001\\u001f\x7f\"");
  EXPECT_EQ(Quoted(std::string_view("a\0b", 3)), R"("a\u0000b")");
}

TEST(JsonWriterTest, Utf8StaysAsItIs) {
  // The first and last of each length, and what stands on both sides of the surrogates.
  for (const char* text :
       {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe5\x85\x86\xe3\x81\x97"}) {
    EXPECT_EQ(Quoted(text), "\"" + std::string(text) + "\"");
  }
}

TEST(JsonWriterTest, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  const auto replaced = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += "\\ufffd";
    return "\"" + text + "\"";
  };
  EXPECT_EQ(Quoted("\x80"), replaced(1)) << "a tail without a lead";
  EXPECT_EQ(Quoted("\xff\xfe"), replaced(2));
  EXPECT_EQ(Quoted("\xc0\xaf"), replaced(2)) << "two bytes for what takes one";
  EXPECT_EQ(Quoted("\xe0\x80\xaf"), replaced(3)) << "three bytes for what takes one";
  EXPECT_EQ(Quoted("\xf0\x80\x80\xaf"), replaced(4)) << "four bytes for what takes one";
  EXPECT_EQ(Quoted("\xed\xa0\x80"), replaced(3)) << "a surrogate";
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), replaced(4)) << "beyond U+10FFFF";
  EXPECT_EQ(Quoted("\xe5\x85"), replaced(2)) << "cut at the end";
  // What follows a broken sequence is not swallowed: no quote can be hidden behind a lead.
  EXPECT_EQ(Quoted("\xe5\"x"), R"("\ufffd\"x")");
  EXPECT_EQ(Quoted("\xf0\x9f\x98z"), R"("\ufffd\ufffd\ufffdz")");
}

TEST(JsonWriterDeathTest, MisuseEndsTheProcessInsteadOfWritingNoJson) {
  EXPECT_DEATH(JsonWriter().BeginObject().Int(1), "check failed");
  EXPECT_DEATH(JsonWriter().BeginArray().Key("a"), "check failed");
  EXPECT_DEATH(JsonWriter().Key("a"), "check failed");
  EXPECT_DEATH(JsonWriter().BeginObject().Key("a").Key("b"), "check failed");
  EXPECT_DEATH(JsonWriter().BeginObject().Key("a").EndObject(), "check failed");
  EXPECT_DEATH(JsonWriter().BeginObject().EndArray(), "check failed");
  EXPECT_DEATH(JsonWriter().EndObject(), "check failed");
}

}  // namespace
}  // namespace kizashi
