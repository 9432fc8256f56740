#include "wire/yaml.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

namespace kizashi {
namespace {

std::string Repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(YamlTest, EverythingHasItsPosition) {
  const YamlFile file = ReadYaml(
      "service:\n"
      "  name: shop\n"
      "  owner:\n"
      "  tags: [\"a\", 'b''c', 日本, {k: v}]\n");
  ASSERT_TRUE(file.complete);
  ASSERT_EQ(file.documents.size(), 1u);
  const YamlNode* service = file.documents[0].Find("service");
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->kind, YamlNode::Kind::kMapping);
  const YamlNode* name = service->Find("name");
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(name->scalar, "shop");
  EXPECT_FALSE(name->was_quoted);
  EXPECT_EQ(name->line, 2);
  EXPECT_EQ(name->column, 9);
  EXPECT_EQ(name->text_column, 9);
  const YamlNode* owner = service->Find("owner");
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(owner->line, 3) << "a missing value stands where its key does";
  EXPECT_EQ(owner->column, 3);
  const YamlNode* tags = service->Find("tags");
  ASSERT_NE(tags, nullptr);
  ASSERT_EQ(tags->children.size(), 4u);
  EXPECT_TRUE(tags->children[0].was_quoted);
  EXPECT_EQ(tags->children[0].text_column, 11);
  EXPECT_EQ(tags->children[1].scalar, "b'c");
  EXPECT_EQ(tags->children[1].text_column, 0) << "escapes move what follows";
  EXPECT_EQ(tags->children[3].column, 27) << "columns count characters";
  EXPECT_EQ(service->keys[2].name, "tags");
  EXPECT_EQ(service->keys[2].column, 3);
}

TEST(YamlTest, DocumentsAreToldApartAndEmptyOnesLeftOut) {
  const YamlFile file = ReadYaml(
      "\xef\xbb\xbf"
      "a: 1\n---\n# nothing\n---\nb: 2\r\n...\n");
  ASSERT_TRUE(file.complete);
  EXPECT_TRUE(file.errors.empty());
  ASSERT_EQ(file.documents.size(), 2u);
  EXPECT_EQ(file.documents[0].column, 1) << "a byte order mark takes no column";
  EXPECT_EQ(file.documents[1].line, 5);
  EXPECT_TRUE(ReadYaml("").documents.empty());
}

TEST(YamlTest, AKeyTwiceNamesBothLines) {
  const YamlFile file = ReadYaml("a:\n  x: 1\n  y: 2\n  x: 3\n");
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_TRUE(file.complete);
  EXPECT_EQ(file.errors[0].line, 4);
  EXPECT_EQ(file.errors[0].column, 3);
  EXPECT_EQ(file.errors[0].found, "the key 'x' again");
  EXPECT_EQ(file.errors[0].expected, "each key once; it first stands in line 2");
  EXPECT_EQ(file.documents.at(0).Find("a")->Find("x")->scalar, "1");
}

/// The tree as text, to look at at once.
std::string Shape(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kScalar) return node.scalar;
  std::string text;
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (!text.empty()) text += ' ';
    if (i < node.keys.size()) text += node.keys[i].name + ":";
    text += Shape(node.children[i]);
  }
  return node.kind == YamlNode::Kind::kMapping ? "{" + text + "}" : "[" + text + "]";
}

TEST(YamlTest, WhereNoValueCanBeginIsSaidAtOnce) {
  for (const char* text : {",x", "a: b\n--- ,", "]", "}"}) {
    const YamlFile file = ReadYaml(text);
    EXPECT_FALSE(file.complete) << text;
    ASSERT_EQ(file.errors.size(), 1u) << text;
    EXPECT_EQ(file.errors[0].expected, "valid YAML") << text;
  }
  EXPECT_TRUE(ReadYaml("---\n---\n---\na: b\n").complete);
  EXPECT_TRUE(ReadYaml("a: b\n...\n---\nc: d\n").complete);
}

TEST(YamlTest, AliasesAreFollowedWhenAsked) {
  const auto read = [](std::string_view text) { return ReadYaml(text, YamlAliases::kFollowed); };
  const YamlFile file = read(
      "a: &a {x: 1, y: &y [2, 3]}\n"
      "b: *a\nc: *y\nd: {<<: *a, x: 4}\ne: {<<: [*a, {z: 5, x: 6}]}\n");
  ASSERT_TRUE(file.errors.empty());
  EXPECT_EQ(Shape(file.documents.at(0)),
            "{a:{x:1 y:[2 3]} b:{x:1 y:[2 3]} c:[2 3] d:{x:4 y:[2 3]} e:{x:1 y:[2 3] z:5}}");
  EXPECT_EQ(file.documents[0].Find("b")->Find("x")->line, 1) << "where it is written";
  EXPECT_FALSE(read("a: &a [*a]").complete);
  std::string bomb = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += fmt::format("- &a{} [*a{}, *a{}, *a{}, *a{}, *a{}]\n", i, i - 1, i - 1, i - 1, i - 1,
                        i - 1);
  }
  EXPECT_FALSE(read(bomb).complete);
  std::string deep = "- &a0 x\n";
  for (int i = 1; i < 80; ++i) deep += fmt::format("- &a{} [*a{}]\n", i, i - 1);
  EXPECT_FALSE(read(deep).complete);
}

TEST(YamlTest, AliasesAreRefused) {
  const YamlFile file = ReadYaml("a: &x [1]\nb: *x\n");
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].line, 2);
  EXPECT_EQ(file.errors[0].column, 4);
  EXPECT_EQ(file.documents.size(), 1u);
}

TEST(YamlTest, ErrorsOfFormKeepWhatCameBefore) {
  const YamlFile file = ReadYaml("a: 1\n---\nb: [1, 2\n");
  EXPECT_FALSE(file.complete);
  EXPECT_EQ(file.documents.size(), 1u);
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_GE(file.errors[0].line, 3);
  for (const char* text : {"a: b: c", "\"open", "[}", "%YAML x\n---\n", "@", "? [a]\n: b"}) {
    EXPECT_FALSE(ReadYaml(text).errors.empty()) << text;
  }
}

TEST(YamlTest, OnlyTextIsRead) {
  const YamlFile latin1 = ReadYaml("a: ok\nb: caf\xe9\n");
  ASSERT_EQ(latin1.errors.size(), 1u);
  EXPECT_EQ(latin1.errors[0].line, 2);
  EXPECT_EQ(latin1.errors[0].column, 7);
  EXPECT_EQ(latin1.errors[0].found, "the byte 0xe9");
  for (const std::string& text : {std::string("a: \0", 4), std::string("a: 1\x04\nb: 2"),
                                  std::string("\xff\xfe"
                                              "a\0",
                                              4),
                                  std::string("a: \xc0\xaf")}) {
    EXPECT_FALSE(ReadYaml(text).complete);
  }
}

TEST(YamlTest, DepthIsLimited) {
  EXPECT_TRUE(ReadYaml(Repeat("[", kYamlDepthMax) + Repeat("]", kYamlDepthMax)).complete);
  const YamlFile file = ReadYaml(Repeat("[", kYamlDepthMax + 1) + Repeat("]", kYamlDepthMax + 1));
  EXPECT_FALSE(file.complete);
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].column, static_cast<int>(kYamlDepthMax) + 1);
  EXPECT_FALSE(ReadYaml(Repeat("[", 100'000)).complete);
}

TEST(YamlTest, NodesAndBytesAreLimited) {
  EXPECT_TRUE(ReadYaml(Repeat("- a\n", kYamlNodesMax - 1)).complete);
  const YamlFile nodes = ReadYaml(Repeat("- a\n", kYamlNodesMax));
  EXPECT_FALSE(nodes.complete);
  ASSERT_EQ(nodes.errors.size(), 1u);
  EXPECT_EQ(nodes.errors[0].line, static_cast<int>(kYamlNodesMax));
  EXPECT_TRUE(ReadYaml("#" + std::string(kYamlBytesMax - 1, 'x')).complete);
  EXPECT_FALSE(ReadYaml("#" + std::string(kYamlBytesMax, 'x')).complete);
}

}  // namespace
}  // namespace kizashi
