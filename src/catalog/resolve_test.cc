#include "catalog/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/load_test_support.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ResolveTest, References) {
  const std::string team = "---\nteam: {name: payments}\n";
  EXPECT_EQ(Error("service: {name: a, owner: paymnts}\n" + team),
            "a.yaml:1:27: owner: found 'paymnts', expected the name of a team of this catalog; did "
            "you mean 'payments'?");
  EXPECT_EQ(Error("service: {name: a, owner: x}"),
            "a.yaml:1:27: owner: found 'x', expected the name of a team of this catalog, which has "
            "none");
  EXPECT_THAT(Error("service: {name: a, owner: 'user:x'}\n" + team),
              HasSubstr("not a reference to a user"));
  EXPECT_EQ(
      Error("service: {name: a, depends_on: [a, b]}"),
      "a.yaml:1:36: depends_on[1]: found 'b', expected the name of a service of this catalog; "
      "did you mean 'a'?");
  EXPECT_THAT(Error("team: {name: a, parent: zz}"), HasSubstr("a.yaml:1:25: parent: found 'zz'"));
  EXPECT_THAT(Error("service: {name: a, owner: 'a:b:c'}"), HasSubstr("group:default/name"));
  EXPECT_THAT(Error("service: {name: a, owner: 'group:'}"), HasSubstr("group:default/name"));
}

TEST(ResolveTest, PeopleAreCheckedOnceOneIsDescribed) {
  const std::string text =
      "service: {name: a, developers: [hanako]}\n---\nteam: {name: t, members: "
      "[jiro]}\n";
  EXPECT_TRUE(Errors(text).empty());
  EXPECT_THAT(Errors(text + "---\nperson: {name: taro}\n"),
              ElementsAre(HasSubstr("a.yaml:1:33: developers[0]: found 'hanako', expected the name "
                                    "of a person"),
                          HasSubstr("a.yaml:3:27: members[0]: found 'jiro'")));
}

TEST(ResolveTest, NamesAreUniqueWithoutRegardToCase) {
  EXPECT_THAT(Errors({{"b.yaml", "service:\n  name: Shop\n"}, {"a.yaml", "service: {name: shop}"}}),
              ElementsAre("b.yaml:2:9: name: found a second service named 'Shop', expected a name "
                          "of its own; the first one stands in a.yaml:1:17"));
  EXPECT_TRUE(Errors("service: {name: a}\n---\nteam: {name: a}\n---\nperson: {name: a}").empty());
}

TEST(ResolveTest, ReferencesAreDeclaredNames) {
  const CatalogLoad load = LoadCatalog(
      {{"a.yaml", "service: {name: a, owner: 'Group:default/SHOP'}\n---\nteam: {name: Shop}"}});
  ASSERT_NE(load.catalog, nullptr);
  EXPECT_EQ(load.catalog->services()[0].owner, "Shop");
}

TEST(ResolveTest, TeamsInACircle) {
  EXPECT_THAT(Errors("team: {name: a, parent: b}\n---\nteam: {name: b, parent: c}\n---\n"
                     "team: {name: c, parent: b}\n---\nteam: {name: d, parent: d}\n"),
              ElementsAre("a.yaml:3:25: parent: found teams in a circle (b -> c -> b), expected a "
                          "team that is not above itself",
                          "a.yaml:7:25: parent: found teams in a circle (d -> d), expected a team "
                          "that is not above itself"));
}

TEST(ResolveTest, Teams) {
  EXPECT_EQ(
      Error("team: {name: a, time_zone: Asia/Tokio}"),
      "a.yaml:1:28: time_zone: found 'Asia/Tokio', expected a time zone of the IANA database, "
      "such as Asia/Tokyo");
  for (const char* zone : {"/etc/passwd", "../UTC", "localtime", "file:UTC", "''"}) {
    EXPECT_THAT(Error(std::string("team: {name: a, time_zone: ") + zone + "}"),
                HasSubstr("time_zone: found"));
  }
  EXPECT_EQ(Error("team: {name: a, language: jp}"),
            "a.yaml:1:27: language: found 'jp', expected en or ja; did you mean 'ja'?");
  EXPECT_EQ(Error("team: {name: a, notify: [{slack: 'ftp://x.example/secret'}]}"),
            "a.yaml:1:34: notify[0].slack: found 'ftp://x.example/...', expected a URL that begins "
            "with https:// or http:// and a host")
      << "the path of a webhook is a secret";
  for (const char* url : {"'https://'", "'https:///x'", "'http://a b'", "'http://h:0/'", "x",
                          "'http://h:99999'", "'http://[::1'", "'http://u@'"}) {
    EXPECT_THAT(Error(std::string("team: {name: a, notify: [{webhook: ") + url + "}]}"),
                HasSubstr("notify[0].webhook: found"));
  }
  EXPECT_TRUE(Errors("team: {name: a, notify: [{webhook: 'http://[::1]:80/x?y'}]}").empty());
  EXPECT_THAT(Error("team: {name: a, notify: [{mail: x}]}"),
              HasSubstr("notify[0].mail: found the field 'mail', expected one of slack, webhook"));
  EXPECT_THAT(Error("team: {name: a, notify: {slack: x}}"),
              HasSubstr("notify: found a mapping, expected a list of destinations"));
  EXPECT_THAT(Error("team: {name: a, notify: [{slack: 'http://a', webhook: 'http://b'}]}"),
              HasSubstr("expected one destination"));
  EXPECT_THAT(Error("person: {name: a, email: nobody}"),
              HasSubstr("a.yaml:1:26: email: found 'nobody', expected an address"));
}

}  // namespace
}  // namespace kizashi
