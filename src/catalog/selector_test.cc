#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace kizashi {
namespace {

using Op = LabelMatcher::Op;

Selector Read(std::string_view text) {
  const auto selector = ParseSelector(text);
  EXPECT_TRUE(selector.ok()) << text << ": " << selector.status();
  return selector.ok() ? *selector : Selector{};
}

std::string ErrorOf(std::string_view text) {
  const auto selector = ParseSelector(text);
  EXPECT_FALSE(selector.ok()) << text;
  return selector.ok() ? "" : std::string(Message(selector.status()));
}

TEST(SelectorTest, EveryFormIsRead) {
  EXPECT_EQ(Read("up").matchers, (std::vector<LabelMatcher>{{"__name__", Op::kEqual, "up"}}));
  EXPECT_EQ(Read(" job:rate5m { a = \"1\" , b!='2',c=~`3.*`, d!~\"4\", } "),
            (Selector{{{"__name__", Op::kEqual, "job:rate5m"},
                       {"a", Op::kEqual, "1"},
                       {"b", Op::kNotEqual, "2"},
                       {"c", Op::kRegex, "3.*"},
                       {"d", Op::kNotRegex, "4"}}}));
  EXPECT_EQ(Read("{__name__=\"up\"}"), Read("up"));
  EXPECT_EQ(Read("{job=\"a\",__name__=\"up\"}"), Read("up{job=\"a\"}"));
  EXPECT_EQ(
      Read("{\"my.metric\", \"service.name\"=\"shop\"}"),
      (Selector{{{"__name__", Op::kEqual, "my.metric"}, {"service.name", Op::kEqual, "shop"}}}));
  EXPECT_EQ(Read("up{}"), Read("up"));
  EXPECT_EQ(Read("up{ # a comment\n job=\"a\"}"), Read("up{job=\"a\"}"));
}

TEST(SelectorTest, StringsHaveGosEscapes) {
  EXPECT_EQ(Read(R"({a="\a\b\f\n\r\t\v\\\"\x41\101\u65e5\U0001f600"})").matchers[0].value,
            "\a\b\f\n\r\t\v\\\"AA日😀");
  EXPECT_EQ(Read(R"({a='it\'s "so"'})").matchers[0].value, "it's \"so\"");
  EXPECT_EQ(Read("{a=`\\d+\n`}").matchers[0].value, "\\d+\n");
  EXPECT_EQ(Read("{a=\"日本\"}").matchers[0].value, "日本");
}

TEST(SelectorTest, FormattingRoundTrips) {
  for (const char* text :
       {"up", "up{job=\"a\"}", "{job=~\"a|b\",x!=\"\"}", "{__name__=~\"a.*\",__name__!=\"ab\"}",
        R"({a="\"\\\n\x01日"})", "{\"my.metric\"}", "{\"service.name\"!~\"x\",a=\"b\"}",
        "{__name__=\"a\",__name__=\"b\"}"}) {
    const Selector selector = Read(text);
    EXPECT_EQ(Read(FormatSelector(selector)), selector) << text;
  }
  EXPECT_EQ(FormatSelector(Read("{ b='x', __name__='up' , }")), "up{b=\"x\"}");
}

TEST(SelectorTest, ErrorsNameTheColumn) {
  EXPECT_EQ(ErrorOf(""),
            "selector, column 1: found the end, expected a metric's name or "
            "{label=\"value\"}");
  EXPECT_EQ(ErrorOf("up{job}"), "selector, column 7: found '}', expected =, !=, =~ or !~");
  EXPECT_EQ(ErrorOf("up{job=a}"), "selector, column 8: found 'a', expected a value in quotes");
  EXPECT_EQ(ErrorOf("up{job=\"a\" x=\"b\"}"),
            "selector, column 12: found 'x', expected ',' or '}'");
  EXPECT_EQ(ErrorOf("up[5m]"), "selector, column 3: found '[', expected the end of the selector");
  EXPECT_EQ(ErrorOf("{a=\"日本\" 日}"), "selector, column 9: found '日', expected ',' or '}'");
  EXPECT_EQ(ErrorOf("{a=\"b"),
            "selector, column 4: found a string that does not end, expected a "
            "closing \"");
  EXPECT_NE(ErrorOf(R"({a="x\.y"})").find("column 6: found '\\.'"), std::string::npos);
  EXPECT_NE(ErrorOf("{a=~\"(\"}").find("column 5: found '(', expected a regular expression"),
            std::string::npos);
  EXPECT_NE(ErrorOf("up{__name__=\"x\"}").find("column 4: found a second metric name"),
            std::string::npos);
}

TEST(SelectorTest, WhatPrometheusRefusesIsRefused) {
  for (const char* text : {"{}",
                           "{a=\"\"}",
                           "{a=~\".*\"}",
                           "{a!=\"x\"}",
                           "{,}",
                           "{a=\"b\",,}",
                           "1up",
                           "up{1a=\"b\"}",
                           "{a==\"b\"}",
                           "{a=\"\n\"}",
                           R"({a="\'"})",
                           R"({a="\xff"})",
                           R"({a="\ud800"})",
                           R"({a="\777"})",
                           R"({a="\8"})",
                           "{\"x\", __name__=\"y\"}",
                           "{__name__=\"y\", \"x\"}",
                           "up offset 5m",
                           "up}",
                           "{\"\"=\"x\"}",
                           "{a=\"b\"",
                           "sum(up)"}) {
    ErrorOf(text);
  }
  ErrorOf(std::string("{a=\"") + std::string(20'000, 'x') + "\"}");
}

TEST(CompiledSelectorTest, MatchesAsPrometheusDoes) {
  const Labels labels({{"__name__", "up"}, {"job", "shop"}, {"text", "a\nb"}});
  const auto matches = [&](const char* text) {
    return CompiledSelector::Compile(Read(text))->Matches(labels);
  };
  EXPECT_TRUE(matches("up"));
  EXPECT_FALSE(matches("down"));
  EXPECT_TRUE(matches("up{job=\"shop\",zone=\"\"}")) << "an absent label equals the empty string";
  EXPECT_FALSE(matches("up{zone!=\"\"}"));
  EXPECT_TRUE(matches("{job=~\"sh.p|x\"}"));
  EXPECT_FALSE(matches("{job=~\"sho\"}")) << "anchored at both ends";
  EXPECT_FALSE(matches("{job=~\"hop\"}"));
  EXPECT_FALSE(matches("up{job!~\"shop|x\"}"));
  EXPECT_TRUE(matches("up{zone!~\".+\"}"));
  EXPECT_TRUE(matches("up{zone=~\"a?\"}"));
  EXPECT_TRUE(matches("{text=~\"a.b\"}")) << "the dot matches a line feed";
}

TEST(CompiledSelectorTest, ABadRegexIsAnError) {
  EXPECT_FALSE(CompiledSelector::Compile(Selector{{{"a", Op::kRegex, "["}}}).ok());
  EXPECT_FALSE(
      CompiledSelector::Compile(Selector{{{"a", Op::kRegex, "((a{100}){100}){100}"}}}).ok());
}

}  // namespace
}  // namespace kizashi
