#include "wire/flat_json.h"

#include <gtest/gtest.h>

#include <vector>

namespace kizashi {
namespace {

std::vector<std::string> Walk(std::string_view text) {
  FlatJson json(text);
  std::vector<std::string> members;
  for (FlatJson::Member member; json.Next(&member);) {
    members.push_back(std::string(member.key) + "=" + std::string(member.value));
  }
  return members;
}

TEST(FlatJsonTest, GivesTheOutermostMembers) {
  EXPECT_EQ(Walk(R"( { "a" : "x\"y" , "b":-1.5e3,"c":{"d":"}","e":[1,{}]},"f":["]"],"g":null} )"),
            (std::vector<std::string>{R"(a=x\"y)", "b=-1.5e3", R"(c={"d":"}","e":[1,{}]})",
                                      R"(f=["]"])", "g=null"}));
  EXPECT_EQ(Walk(R"({"a\\":"\\","b":""})"), (std::vector<std::string>{R"(a\\=\\)", "b="}));
  EXPECT_TRUE(Walk("{}").empty());
}

TEST(FlatJsonTest, EndsWhereTheTextIsNoObject) {
  for (const char* text : {"", "[1]", "x", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"x", "{a:1}",
                           "{\"a\":[1", "{\"a\":{\"b\":\"}", "{\"a\":1"}) {
    EXPECT_TRUE(Walk(text).empty()) << text;
  }
  EXPECT_EQ(Walk("{\"a\":1,\"b\":"), std::vector<std::string>{"a=1"});
}

TEST(FlatJsonTest, Unescapes) {
  std::string out;
  UnescapeJson(R"(a\n\t\"\\\/\u0041\u5146\ud83d\ude00|\ud83d|\uzz|\x)", &out);
  EXPECT_EQ(out, "a\n\t\"\\/A\u5146\U0001F600|\uFFFD|\uFFFDzz|\uFFFD");
  UnescapeJson("end\\", &out);
  EXPECT_EQ(out, "end\uFFFD");
  UnescapeJson("\xff plain", &out);
  EXPECT_EQ(out, "\xff plain");
}

}  // namespace
}  // namespace kizashi
