#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include "catalog/catalog_builder.h"
#include "catalog/load.h"

namespace kizashi {
namespace {

std::shared_ptr<const Catalog> Load(std::string text) {
  const CatalogLoad load = LoadCatalog({{"a.yaml", std::move(text)}});
  for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
  return load.catalog;
}

std::string Claimed(const Catalog& catalog, std::vector<Label> labels) {
  const Service* service = catalog.Claim(Labels(std::move(labels)));
  return service == nullptr ? "" : service->name;
}

TEST(CatalogTest, ThingsAreSortedAndFoundByName) {
  const auto catalog = Load("{service: {name: b}}\n---\nservice: {name: a}\n---\nteam: {name: t}");
  ASSERT_EQ(catalog->services().size(), 2u);
  EXPECT_EQ(catalog->services()[0].name, "a");
  EXPECT_EQ(catalog->FindService("b"), &catalog->services()[1]);
  EXPECT_EQ(catalog->FindService("c"), nullptr);
  EXPECT_EQ(catalog->FindService(""), nullptr);
  EXPECT_NE(catalog->FindTeam("t"), nullptr);
  EXPECT_EQ(catalog->FindPerson("t"), nullptr);
}

TEST(ClaimTest, ByTheFirstPresentDefaultLabel) {
  const auto catalog = Load("service: {name: shop}\n---\nservice: {name: cart}");
  for (const char* label : {"service_name", "service.name", "service", "app_kubernetes_io_name",
                            "app.kubernetes.io/name", "job"}) {
    EXPECT_EQ(Claimed(*catalog, {{label, "shop"}}), "shop") << label;
  }
  EXPECT_EQ(Claimed(*catalog, {{"job", "shop"}, {"service", "cart"}}), "cart");
  EXPECT_EQ(Claimed(*catalog, {{"job", "shop"}, {"service", "other"}}), "")
      << "the first present label decides, also when it names nobody";
  EXPECT_EQ(Claimed(*catalog, {{"instance", "shop"}}), "");
  EXPECT_EQ(Claimed(*catalog, {}), "");
}

TEST(ClaimTest, MatchComesBeforeTheDefaults) {
  const auto catalog = Load(
      "service: {name: shop, match: ['{job=\"web\"}', 'up{pod=~\"shop-.*\"}']}\n"
      "---\nservice: {name: web}");
  EXPECT_EQ(Claimed(*catalog, {{"job", "web"}}), "shop");
  EXPECT_EQ(Claimed(*catalog, {{"__name__", "up"}, {"pod", "shop-1"}, {"job", "x"}}), "shop");
  EXPECT_EQ(Claimed(*catalog, {{"service", "web"}}), "web");
  EXPECT_EQ(Claimed(*catalog, {{"job", "shop"}}), "") << "its own match replaces the defaults";
}

TEST(ClaimTest, TheFirstServiceByNameWins) {
  const auto catalog = Load(
      "service: {name: c, match: '{job=\"x\"}'}\n---\n"
      "service: {name: b, match: '{zone=\"z\"}'}\n---\n"
      "service: {name: a, match: '{job=~\"x|y\",zone!=\"z\"}'}");
  EXPECT_EQ(Claimed(*catalog, {{"job", "x"}}), "a");
  EXPECT_EQ(Claimed(*catalog, {{"job", "x"}, {"zone", "z"}}), "b");
  EXPECT_EQ(Claimed(*catalog, {{"job", "x"}, {"zone", "z2"}}), "a");
  EXPECT_EQ(Claimed(*catalog, {{"zone", "z"}}), "b");
}

/// The index must answer as a plain walk over all selectors does.
TEST(ClaimTest, TheIndexAgreesWithAPlainWalk) {
  CatalogBuilder builder;
  const std::vector<std::string> values = {"", "a", "b", "c"};
  unsigned seed = 7;
  const auto pick = [&](size_t of) {
    seed = seed * 1664525 + 1013904223;
    return static_cast<size_t>(seed >> 16) % of;
  };
  for (int i = 0; i < 200; ++i) {
    Service service;
    service.name = fmt::format("s{:03}", i);
    Selector selector;
    for (const char* label : {"x", "y", "z"}) {
      if (pick(2) == 0) continue;
      selector.matchers.push_back({label, static_cast<LabelMatcher::Op>(pick(4)), values[pick(4)]});
    }
    service.match.push_back(selector);
    builder.Add(std::move(service));
  }
  const auto catalog = *builder.Build();
  for (const std::string& x : values) {
    for (const std::string& y : values) {
      for (const std::string& z : values) {
        const Labels labels(std::vector<Label>{{"x", x}, {"y", y}, {"z", z}});
        const Service* expected = nullptr;
        for (const Service& service : catalog->services()) {
          if (!CompiledSelector::Compile(service.match[0])->Matches(labels)) continue;
          expected = &service;
          break;
        }
        EXPECT_EQ(catalog->Claim(labels), expected) << labels.ToString();
      }
    }
  }
}

TEST(VersionTest, EqualCatalogsHaveEqualVersionsAndOthersDoNot) {
  const char* base = "service: {name: a, tier: one}\n---\nteam: {name: t}";
  const uint64_t version = Load(base)->version();
  EXPECT_EQ(Load("team: {name: t}\n---\n# moved\nservice: {tier: one, name: a}")->version(),
            version);
  for (const char* other :
       {"service: {name: a, tier: two}\n---\nteam: {name: t}", "service: {name: a, tier: one}",
        "service: {name: a, tier: one, title: t}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, match: x}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, owner: t}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, developers: [x]}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, depends_on: [a]}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, redundancy: {need: 1, of: 1}}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, slo: {target: 99, good: g, total: t}}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, series_limit: 10}\n---\nteam: {name: t}",
        "service: {name: a, tier: one, anomaly_budget: 10}\n---\nteam: {name: t}",
        "service: {name: a, tier: one}\n---\nteam: {name: t, language: ja}",
        "service: {name: a, tier: one}\n---\nteam: {name: t, members: [x]}",
        "service: {name: a, tier: one}\n---\nteam: {name: t, notify: [{slack: 'http://x'}]}",
        "service: {name: a, tier: one}\n---\nteam: {name: t}\n---\nperson: {name: p}"}) {
    EXPECT_NE(Load(other)->version(), version) << other;
  }
}

}  // namespace
}  // namespace kizashi
