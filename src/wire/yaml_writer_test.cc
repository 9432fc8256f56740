#include "wire/yaml_writer.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

/// The shape of a tree without places.
std::string Shape(const YamlNode& node) { return WriteYamlAsJson(node); }

TEST(YamlWriter, WritesBlocksThatReadBack) {
  YamlMapping inner;
  inner.Add("target", YamlNumber(99.9)).Add("evidence", YamlBool(true));
  YamlMapping root;
  root.Add("name", "shop")
      .Add("number as text", "12")
      .Add("list", YamlList({inner.Take(), YamlText("a: b"), YamlText("")}))
      .Add("empty", YamlList({}));
  const YamlNode node = root.Take();
  const std::string text = WriteYaml(node);
  EXPECT_EQ(text,
            "name: shop\nnumber as text: \"12\"\nlist:\n  - target: 99.9\n    evidence: true\n"
            "  - \"a: b\"\n  - \"\"\nempty: []\n");
  const YamlFile file = ReadYaml(text);
  ASSERT_TRUE(file.errors.empty());
  EXPECT_EQ(Shape(file.documents.at(0)), Shape(node));
}

TEST(YamlWriter, EveryTextReadsBack) {
  for (const std::string text :
       {"x",          "yes",          "1e3",        "{a}",        "a{b=\"c\"}",   "it's \"so\"",
        "two\nlines", "two\nlines\n", "  in front", "tail ",      "a #b",         "a: b",
        "- x",        "\ttab",        "=",          "2026-01-01", "\\d+",         "\n",
        "a\n\n\nb",   "a\n  b\n",     "null",       "~",          "\xe2\x80\xa8", "日本語",
        "a\\\"'",     "---",          "%x",         "<<",         ">= 1",         "06:00"}) {
    YamlMapping root;
    root.Add("key", text).Add("list", YamlList({YamlText(text)}));
    const std::string yaml = WriteYaml(root.Take());
    const YamlFile file = ReadYaml(yaml);
    ASSERT_TRUE(file.errors.empty()) << yaml << file.errors[0].found << file.errors[0].expected;
    EXPECT_EQ(file.documents.at(0).Find("key")->scalar, text) << yaml;
    EXPECT_EQ(file.documents.at(0).Find("list")->children.at(0).scalar, text) << yaml;
  }
}

TEST(YamlWriter, JsonKnowsNumbersFromTexts) {
  YamlMapping root;
  root.Add("n", YamlNumber(0.5))
      .Add("t", "0.5")
      .Add("b", YamlBool(false))
      .Add("w", YamlPlain("no"));
  EXPECT_EQ(WriteYamlAsJson(root.Take()), R"({"n":0.5,"t":"0.5","b":false,"w":"no"})");
}

}  // namespace
}  // namespace kizashi
