// The files that the demo writes, read by the parts of the server that they are for.
#include "demo/files.h"

#include <gtest/gtest.h>

#include <map>

#include "catalog/load.h"
#include "demo/test_folder.h"
#include "ingest/target_file.h"

namespace kizashi {
namespace {

constexpr std::string_view kMetric = "http_requests_total";

class DemoFilesTest : public testing::Test {
 protected:
  DemoFilesTest() {
    const Status written = WriteDemoFiles(folder_.path(), Ports(1000));
    EXPECT_TRUE(written.ok()) << Message(written);
  }
  std::shared_ptr<const Catalog> Load() const {
    const auto sources = ReadCatalogDirectory(folder_.path() + "/catalog");
    EXPECT_TRUE(sources.ok()) << Message(sources.status());
    const CatalogLoad load = LoadCatalog(*sources);
    for (const CatalogError& error : load.errors) ADD_FAILURE() << error.ToString();
    return load.catalog;
  }

  DemoFolder folder_;
};

TEST_F(DemoFilesTest, TheCatalogIsGoodAndDescribesTheFiveServers) {
  const auto catalog = Load();
  ASSERT_NE(catalog, nullptr);
  const Service* shop = catalog->FindService("shop");
  ASSERT_NE(shop, nullptr);
  ASSERT_TRUE(shop->redundancy.has_value());
  EXPECT_EQ(shop->redundancy->need, 3);
  EXPECT_EQ(shop->redundancy->of, 5);
  EXPECT_EQ(shop->redundancy->by, "server");
  for (const Service& service : catalog->services()) {
    EXPECT_NE(catalog->FindTeam(service.owner), nullptr) << service.name;
  }
}

TEST_F(DemoFilesTest, EveryTargetIsClaimedByTheServiceItIsOf) {
  const auto catalog = Load();
  ASSERT_NE(catalog, nullptr);
  const TargetList list = ParseTargetFile("targets.yaml", folder_.Read("targets.yaml"));
  ASSERT_EQ(list.errors, std::vector<std::string>{});
  ASSERT_EQ(list.targets.size(), 7u);
  std::map<std::string, std::string> servers;  // of the shop's group, by label
  for (const ScrapeTarget& target : list.targets) {
    const Service* service = catalog->Claim(target.labels);
    ASSERT_NE(service, nullptr) << target.url;
    const bool is_load = target.labels.Get("job") == "shop-load";
    EXPECT_EQ(service->name, is_load ? "shop-load" : "shop") << target.url;
    if (target.labels.Has("server")) {
      servers[std::string(target.labels.Get("server"))] = target.url;
    }
  }
  EXPECT_EQ(servers.size(), 5u);
  EXPECT_EQ(servers["c"], "http://127.0.0.1:1002/metrics");
}

TEST_F(DemoFilesTest, TheSloCountsWhatTheBalancerAnswersAndNothingTwice) {
  const auto catalog = Load();
  ASSERT_NE(catalog, nullptr);
  const SloSpec& slo = catalog->FindService("shop")->slos.at(0);
  const auto good = CompiledSelector::Compile(slo.indicator.good.counters.at(0));
  const auto total = CompiledSelector::Compile(slo.indicator.total.counters.at(0));
  for (const ScrapeTarget& target : ParseTargetFile("t", folder_.Read("targets.yaml")).targets) {
    for (const char* code : {"200", "404", "500", "503"}) {
      Labels labels = target.labels;
      labels.Set(kMetricName, kMetric);
      labels.Set("code", code);
      const bool counted = target.labels.Get("job") == "shop-balancer";
      EXPECT_EQ(total->Matches(labels), counted) << labels.ToString();
      EXPECT_EQ(good->Matches(labels), counted && code[0] != '5') << labels.ToString();
    }
  }
}

}  // namespace
}  // namespace kizashi
