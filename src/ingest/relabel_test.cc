#include "ingest/relabel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using ::testing::HasSubstr;

RelabelRule Rule(std::string_view action) {
  RelabelRule rule;
  rule.action = *RelabelActionOf(action);
  return rule;
}

/// The labels after the rules, or "dropped".
std::string After(Labels labels, std::vector<RelabelRule> rules) {
  Relabeler relabeler;
  for (RelabelRule& rule : rules) EXPECT_TRUE(relabeler.Add(std::move(rule)).ok());
  return relabeler.Apply(&labels) ? labels.ToString() : "dropped";
}

std::string ErrorOf(RelabelRule rule) {
  Relabeler relabeler;
  return std::string(Message(relabeler.Add(std::move(rule))));
}

const Labels kLabels({{"a", "foo"}, {"b", "bar"}, {"c", "baz"}});

TEST(RelabelTest, ReplaceFillsInWhatMatched) {
  RelabelRule rule = Rule("Replace");
  rule.source_labels = {"a", "b"};
  rule.regex = "f(?P<rest>.*);(.*)r";
  rule.target_label = "d";
  rule.replacement = "$rest-${2}-$$-$1x-$9-$";
  EXPECT_EQ(After(kLabels, {rule}), R"({a="foo", b="bar", c="baz", d="oo-ba-$---$"})");
  rule.regex = "fo;.*";
  EXPECT_EQ(After(kLabels, {rule}), kLabels.ToString()) << "anchored at both ends";
  rule.regex = "(.*);(.*)";
  rule.target_label = "${1}_x";
  rule.replacement = "$2";
  EXPECT_EQ(After(kLabels, {rule}), R"({a="foo", b="bar", c="baz", foo_x="bar"})");
  rule.target_label = "$3";
  EXPECT_EQ(After(kLabels, {rule}), kLabels.ToString()) << "no name: nothing happens";
  rule.target_label = "b";
  rule.replacement = "";
  EXPECT_EQ(After(kLabels, {rule}), R"({a="foo", c="baz"})");
}

TEST(RelabelTest, KeepAndDrop) {
  RelabelRule keep = Rule("keep");
  keep.source_labels = {"a"};
  keep.regex = "f.o";
  EXPECT_EQ(After(kLabels, {keep}), kLabels.ToString());
  RelabelRule drop = Rule("drop");
  drop.source_labels = {"missing"};
  drop.regex = "";
  EXPECT_EQ(After(kLabels, {drop}), "dropped") << "a label that is absent is empty";
  keep.regex = "f";
  EXPECT_EQ(After(kLabels, {keep}), "dropped");
}

TEST(RelabelTest, KeepEqualAndDropEqual) {
  RelabelRule rule = Rule("keepequal");
  rule.source_labels = {"a"};
  rule.target_label = "b";
  EXPECT_EQ(After(kLabels, {rule}), "dropped");
  EXPECT_EQ(After(Labels({{"a", "x"}, {"b", "x"}}), {rule}), R"({a="x", b="x"})");
  rule.action = RelabelRule::Action::kDropEqual;
  EXPECT_EQ(After(kLabels, {rule}), kLabels.ToString());
  EXPECT_EQ(After(Labels({{"a", "x"}, {"b", "x"}}), {rule}), "dropped");
}

TEST(RelabelTest, HashModIsTheLastHalfOfMd5) {
  RelabelRule rule = Rule("hashmod");
  rule.source_labels = {"c"};
  rule.target_label = "d";
  rule.separator = ";";
  rule.modulus = 1000;
  // md5("baz") = 73feffa4b7f6bb68e44cf984c85f6e88; 0xe44cf984c85f6e88 % 1000 = 976.
  EXPECT_EQ(After(kLabels, {rule}), R"({a="foo", b="bar", c="baz", d="976"})");
}

TEST(RelabelTest, LabelMapDropAndKeep) {
  RelabelRule map = Rule("labelmap");
  map.regex = "__meta_(my.*)";
  map.replacement = "${1}_x";
  EXPECT_EQ(After(Labels({{"__meta_my_bar", "1"}, {"a", "2"}}), {map}),
            R"({__meta_my_bar="1", a="2", my_bar_x="1"})");
  RelabelRule drop = Rule("labeldrop");
  drop.regex = "a|b.*";
  EXPECT_EQ(After(kLabels, {drop}), R"({c="baz"})");
  drop.action = RelabelRule::Action::kLabelKeep;
  EXPECT_EQ(After(kLabels, {drop}), R"({a="foo", b="bar"})");
}

TEST(RelabelTest, CaseAndOrder) {
  RelabelRule up = Rule("uppercase");
  up.source_labels = {"a"};
  up.target_label = "a";
  RelabelRule low = Rule("lowercase");
  low.source_labels = {"a", "b"};
  low.separator = "-";
  low.target_label = "b";
  EXPECT_EQ(After(kLabels, {up, low}), R"({a="FOO", b="foo-bar", c="baz"})");
}

TEST(RelabelTest, WrongRulesAreNamed) {
  EXPECT_EQ(ErrorOf(Rule("replace")), "target_label is missing");
  RelabelRule rule = Rule("hashmod");
  rule.target_label = "a";
  EXPECT_THAT(ErrorOf(rule), HasSubstr("modulus"));
  rule = Rule("lowercase");
  rule.target_label = "$1";
  EXPECT_THAT(ErrorOf(rule), HasSubstr("expected a label name"));
  rule = Rule("keep");
  rule.regex = "(";
  EXPECT_THAT(ErrorOf(rule), HasSubstr("regex '('"));
  EXPECT_THAT(std::string(Message(RelabelActionOf("swap").status())), HasSubstr("labelkeep"));
}

}  // namespace
}  // namespace kizashi
