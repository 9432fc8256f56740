#include "act/alert/matcher.h"

#include <gtest/gtest.h>

namespace kizashi::alerts {
namespace {

struct Good {
  const char* text;
  const char* shown;
};

// Alertmanager's own table of pkg/labels/parse_test.go, in our words.
TEST(MatcherTest, ReadsWhatAlertmanagerReads) {
  for (const auto& [text, shown] : {
           Good{"{foo='bar'}", R"({foo="'bar'"})"},
           Good{"{foo=~bar.*}", R"({foo=~"bar.*"})"},
           Good{R"({foo="", bar!="x"})", R"({foo="",bar!="x"})"},
           Good{"foo=bar,dings!=bums,", R"({foo="bar",dings!="bums"})"},
           Good{"foo = bar , dings !~ bums", R"({foo="bar",dings!~"bums"})"},
           Good{R"({q="She said: \"Hi, ladies! That's gender-neutral\""})",
                R"({q="She said: \"Hi, ladies! That's gender-neutral\""})"},
           Good{R"({foo=\n\"\z})", "{foo=\"\\n\\\"\\\\z\"}"},
           Good{R"("a name"="x")", R"({"a name"="x"})"},
           Good{"", "{}"},
           Good{"{}", "{}"},
       }) {
    const auto matchers = ParseMatchers(text);
    ASSERT_TRUE(matchers.ok()) << text << ": " << matchers.status();
    EXPECT_EQ(MatchersText(*matchers), shown);
  }
  for (const char* text : {"foo", "{foo}", "1a=b", "foo=\"", "foo=\"a\"b\"", "foo=~(", ",foo=bar",
                           "foo=bar,,a=b", "foo=\"\xff\""}) {
    EXPECT_FALSE(ParseMatchers(text).ok()) << text;
  }
}

TEST(MatcherTest, MatchesWholeValues) {
  const Labels labels(std::vector<Label>{{"a", "xyz"}});
  EXPECT_TRUE(AllMatch(*ParseMatchers("a=xyz,b=,c!=1"), labels));
  EXPECT_FALSE(AllMatch(*ParseMatchers("a=~y"), labels));
  EXPECT_TRUE(AllMatch(*ParseMatchers("a=~x.*,a!~y"), labels));
  EXPECT_FALSE(ParseMatcher("a=~x.z")->Matches("x\nz"));
}

}  // namespace
}  // namespace kizashi::alerts
