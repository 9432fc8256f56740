#include "catalog/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/load_test_support.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFull = R"(# the shop
service:
  name: shop
  title: The Shop 店
  owner: shop-team
  developers: [hanako, taro]
  tier: 1
  depends_on: [payments]
  match: ['{job="shop"}', 'shop_up{zone=~"a|b"}']
  redundancy: {need: 3, of: 5, by: pod}
  slo: {target: 99.9%, window: 28d, good: 'ok{job="shop"}', total: 'all{job="shop"}'}
  anomaly_budget: 10%
---
service: {name: payments}
---
team: {name: all}
---
team:
  name: shop-team
  title: Shop
  parent: all
  members: [hanako]
  time_zone: Asia/Tokyo
  language: ja
  notify:
    - slack: https://hooks.slack.com/services/T0/B0/x
    - webhook: http://127.0.0.1:9000/hook
---
person: {name: hanako, title: 花子, email: hanako@example.com}
---
person: {name: taro}
)";

TEST(LoadTest, AFullCatalogIsRead) {
  const CatalogLoad load = LoadCatalog({{"shop.yaml", kFull}});
  for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
  ASSERT_NE(load.catalog, nullptr);
  const Service& shop = *load.catalog->FindService("shop");
  EXPECT_EQ(shop.title, "The Shop 店");
  EXPECT_EQ(shop.owner, "shop-team");
  EXPECT_THAT(shop.developers, ElementsAre("hanako", "taro"));
  EXPECT_EQ(shop.tier, "1");
  EXPECT_THAT(shop.depends_on, ElementsAre("payments"));
  ASSERT_EQ(shop.match.size(), 2u);
  EXPECT_EQ(FormatSelector(shop.match[1]), "shop_up{zone=~\"a|b\"}");
  EXPECT_EQ(shop.redundancy->need, 3);
  EXPECT_EQ(shop.redundancy->of, 5);
  EXPECT_EQ(shop.redundancy->by, "pod");
  ASSERT_EQ(shop.slos.size(), 1u);
  EXPECT_EQ(shop.slos[0].name, "availability");
  EXPECT_EQ(shop.slos[0].target, 0.999) << "exactly the double nearest to the share";
  EXPECT_EQ(shop.slos[0].window.length, std::chrono::days(28));
  EXPECT_EQ(FormatSelector(shop.slos[0].indicator.good.counters.at(0)), "ok{job=\"shop\"}");
  EXPECT_EQ(shop.anomaly_share, 0.1);
  EXPECT_EQ(shop.file, "shop.yaml");
  const Team& team = *load.catalog->FindTeam("shop-team");
  EXPECT_EQ(team.parent, "all");
  EXPECT_EQ(team.time_zone, "Asia/Tokyo");
  EXPECT_EQ(team.language, "ja");
  ASSERT_EQ(team.notify.size(), 2u);
  EXPECT_EQ(team.notify[0].kind, Destination::Kind::kSlack);
  EXPECT_EQ(team.notify[1].url, "http://127.0.0.1:9000/hook");
  EXPECT_EQ(load.catalog->FindPerson("hanako")->email, "hanako@example.com");
  const Service& payments = *load.catalog->FindService("payments");
  EXPECT_EQ(payments.title, "payments");
  EXPECT_EQ(payments.anomaly_share, 0.25);
  EXPECT_FALSE(payments.redundancy.has_value());
  EXPECT_TRUE(payments.slos.empty());
}

TEST(LoadTest, NothingIsACatalogToo) {
  EXPECT_NE(LoadCatalog({}).catalog, nullptr);
  EXPECT_NE(LoadCatalog({{"a.yaml", "# nothing yet\n"}}).catalog, nullptr);
}

TEST(LoadTest, SlosMayBeAList) {
  const CatalogLoad load =
      LoadCatalog({{"a.yaml",
                    "service:\n  name: s\n  slo:\n"
                    "    - {target: 99, good: g, total: t}\n"
                    "    - {name: fast, target: '99.95 %', window: 7d, good: f, total: t}\n"}});
  ASSERT_NE(load.catalog, nullptr);
  const auto& slos = load.catalog->services()[0].slos;
  ASSERT_EQ(slos.size(), 2u);
  EXPECT_EQ(slos[0].window.length, std::chrono::days(30));
  EXPECT_EQ(slos[1].name, "fast");
  EXPECT_EQ(slos[1].target, 0.9995);
}

TEST(LoadErrorTest, TopLevel) {
  EXPECT_EQ(Error("sevice: {name: x}"),
            "a.yaml:1:1: sevice: found the top-level key 'sevice', expected service:, team:, "
            "person:, schedule:, escalation: or leave:, or an entity of Backstage with apiVersion "
            "and kind; did you mean 'service'?");
  EXPECT_THAT(Error("- a"), HasSubstr("a.yaml:1:1: found a list, expected service:"));
  EXPECT_THAT(Error("just text"), HasSubstr("a.yaml:1:1: found 'just text', expected service:"));
  EXPECT_THAT(Error("service: {name: a}\nteam: {name: b}"),
              HasSubstr("a.yaml:2:1: team: found a second top-level key 'team'"));
  EXPECT_EQ(Error("service:"),
            "a.yaml:1:1: found nothing, expected a mapping with at least a name");
}

TEST(LoadErrorTest, YamlItself) {
  EXPECT_EQ(Error("service:\n  name: a\n  name: b\n"),
            "a.yaml:3:3: found the key 'name' again, expected each key once; it first stands in "
            "line 2");
  EXPECT_THAT(Error("service: {name: a"), HasSubstr("expected valid YAML"));
}

TEST(LoadErrorTest, UnknownFieldsSuggestTheNearest) {
  EXPECT_EQ(Error("service:\n  name: a\n  ownr: x\n"),
            "a.yaml:3:3: ownr: found the field 'ownr', expected one of name, title, owner, "
            "developers, tier, depends_on, match, redundancy, slo, anomaly_budget, series_limit, "
            "log_patterns; did you mean 'owner'?");
  EXPECT_THAT(Error("team: {name: a, zzz: 1}"), HasSubstr("a.yaml:1:17: zzz: found the field"));
  EXPECT_THAT(Error("person: {name: a, emial: x}"), HasSubstr("did you mean 'email'?"));
  EXPECT_THAT(
      Error("service: {name: a, redundancy: {need: 1, of: 2, bye: x}}"),
      HasSubstr("redundancy.bye: found the field 'bye', expected one of need, of, by; did"));
}

TEST(LoadErrorTest, NamesAndText) {
  EXPECT_THAT(Error("service: {title: a}"),
              HasSubstr("a.yaml:1:10: name: found nothing, expected a name of at most 128"));
  EXPECT_THAT(Error("service: {name: a b}"), HasSubstr("a.yaml:1:17: name: found 'a b', expected"));
  EXPECT_THAT(Error("service: {name: [a]}"), HasSubstr("name: found a list, expected a name"));
  EXPECT_THAT(Error("team: {name: " + std::string(129, 'x') + "}"), HasSubstr("a name of at most"));
  EXPECT_EQ(Error("service: {name: a, title: {x: y}}"),
            "a.yaml:1:27: title: found a mapping, expected text in one line");
  EXPECT_EQ(Error("service: {name: a, title: \"x\\ey\"}"),
            "a.yaml:1:27: title: found 'x\\x1by', expected text in one line")
      << "control characters reach no terminal";
  EXPECT_EQ(Error("service:\n  name: a\n  tier:\n"),
            "a.yaml:3:3: tier: found nothing, expected text in one line");
  EXPECT_EQ(Error("service: {name: a, developers: hanako}"),
            "a.yaml:1:32: developers: found 'hanako', expected a list of names of people");
  EXPECT_EQ(Error("service: {name: a, developers: [[b]]}"),
            "a.yaml:1:33: developers[0]: found a list, expected text in one line");
}

TEST(LoadErrorTest, Redundancy) {
  EXPECT_EQ(Error("service: {name: a, redundancy: 3 of 5}"),
            "a.yaml:1:32: redundancy: found '3 of 5', expected a mapping such as {need: 3, of: 5, "
            "by: instance}");
  EXPECT_EQ(Error("service: {name: a, redundancy: {need: 6, of: 5}}"),
            "a.yaml:1:39: redundancy.need: found '6', expected at most 5, as many as there are "
            "(`of`)");
  EXPECT_EQ(Error("service: {name: a, redundancy: {need: 0, of: 5}}"),
            "a.yaml:1:39: redundancy.need: found '0', expected a whole number from 1 to 100000");
  EXPECT_EQ(Error("service: {name: a, redundancy: {need: '1', of: 5}}"),
            "a.yaml:1:39: redundancy.need: found '1', expected a whole number from 1 to 100000, "
            "without quotes");
  EXPECT_EQ(Error("service: {name: a, redundancy: {need: 1}}"),
            "a.yaml:1:32: redundancy.of: found nothing, expected a whole number of members");
  EXPECT_THAT(Error("service: {name: a, redundancy: {need: 1.5, of: 2}}"), HasSubstr("'1.5'"));
}

TEST(LoadErrorTest, Slo) {
  const std::string slo = "service:\n  name: a\n  slo:\n  - name: x\n    good: g\n    total: t\n";
  EXPECT_EQ(Error(slo + "    target: 99.9%%\n"),
            "a.yaml:7:13: slo[0].target: found '99.9%%', expected a number between 0 and 100");
  for (const char* target :
       {"0", "100", "100.0", "-1", "1e1", "nan", "inf", "0x10", "[1]", "99,9"}) {
    EXPECT_THAT(Error(slo + "    target: " + target + "\n"),
                HasSubstr("expected a number between 0 and 100"));
  }
  EXPECT_EQ(Error(slo),
            "a.yaml:4:5: slo[0].target: found nothing, expected a number between 0 and "
            "100");
  EXPECT_EQ(Error(slo + "    target: 99\n    window: 30m\n"),
            "a.yaml:8:13: slo[0].window: found '30m', expected a duration such as 30d, from 1h to "
            "366d, day, week, month, quarter or year, or a mapping such as {calendar: month, "
            "time_zone: Asia/Tokyo}");
  EXPECT_THAT(Error(slo + "    target: 99\n    window: 367d\n"), HasSubstr("slo[0].window"));
  EXPECT_THAT(Error(slo + "    target: 99\n    window: soon\n"), HasSubstr("found 'soon'"));
  EXPECT_THAT(Errors("service: {name: a, slo: {target: 99}}"),
              ElementsAre(HasSubstr("a.yaml:1:25: slo.good: found nothing, expected a selector"),
                          HasSubstr("a.yaml:1:25: slo.total: found nothing, expected a selector")));
  EXPECT_THAT(
      Error("service:\n  name: a\n  slo: [{target: 9, good: g, total: t}, {target: 9, good: "
            "g, total: t}]"),
      HasSubstr("slo[1].name: found a second SLO named 'availability'"));
  EXPECT_THAT(Error("service: {name: a, slo: 99}"), HasSubstr("a.yaml:1:25: slo: found '99'"));
  EXPECT_THAT(Error("service: {name: a, anomaly_budget: 101}"),
              HasSubstr("anomaly_budget: found '101', expected a number above 0 and up to 100"));
}

TEST(LoadErrorTest, SelectorsPointIntoTheText) {
  EXPECT_EQ(Error("service:\n  name: a\n  match: '{job=~\"(\"}'\n").substr(0, 35),
            "a.yaml:3:17: match: found '(', expe");
  EXPECT_EQ(
      Error("service:\n  name: a\n  match: [up, 'up{job}']\n"),
      "a.yaml:3:22: match[1]: found '}', expected =, !=, =~ or !~ (column 7 of the selector)");
  EXPECT_THAT(Error("service:\n  name: a\n  match: \"{job=\\\"a\\\" b}\"\n"),
              HasSubstr("a.yaml:3:10: match: found 'b', expected ',' or '}' (column 10 of the"))
      << "escapes move columns, so the place is the text's begin";
  EXPECT_THAT(Error("service: {name: a, match: {job: a}}"),
              HasSubstr("match: found a mapping, expected a selector such as {job=\"shop\"}"))
      << "braces without quotes are YAML's";
}

TEST(LoadErrorTest, AllErrorsOfAllFilesInOrder) {
  EXPECT_THAT(Errors({{"b.yaml", "service: {name: b, owner: x, tier: []}\n---\nteam: {title: t}"},
                      {"a.yaml", "service: {name: a, redundancy: {need: 2, of: 1}, zzz: 1}"}}),
              ElementsAre(HasSubstr("a.yaml:1:39: redundancy.need"), HasSubstr("a.yaml:1:50: zzz"),
                          HasSubstr("b.yaml:1:27: owner"), HasSubstr("b.yaml:1:36: tier"),
                          HasSubstr("b.yaml:3:7: name: found nothing")));
}

TEST(LoadErrorTest, AFileThatCannotBeReadHidesNoOtherErrorsAndMakesNone) {
  EXPECT_THAT(Errors({{"a.yaml", "service: {name: a, owner: known, depends_on: [other]}"},
                      {"b.yaml", "team: {name: known, members: [}"}}),
              ElementsAre(HasSubstr("a.yaml:1:47: depends_on[0]: found 'other'"),
                          HasSubstr("b.yaml:1:31: found YAML that cannot be read")));
}

TEST(LoadErrorTest, AThousandAtMost) {
  const auto broken = [](int count) {
    std::string text = "service: {name: a}\n";
    for (int i = 0; i < count; ++i) text += "---\nteam: {}\n";
    return LoadCatalog({{"a.yaml", text}}).errors;
  };
  EXPECT_EQ(broken(1000).size(), 1000u);
  EXPECT_EQ(broken(1000).back().line, 2001);
  const auto errors = broken(5000);
  ASSERT_EQ(errors.size(), 1000u);
  EXPECT_EQ(errors[998].line, 2 * 999 + 1);
  EXPECT_EQ(errors[999].ToString(),
            "found 4001 more errors, expected the ones above to be mended first");
}

}  // namespace
}  // namespace kizashi
