#include "catalog/series_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/load_test_support.h"

namespace kizashi {
namespace {

TEST(SeriesLimitTest, WhatTheServiceSaysWinsThenItsTier) {
  const CatalogLoad load = LoadCatalog(
      {{"a.yaml",
        "service: {name: a, tier: 1}\n---\nservice: {name: b, tier: experimental}\n---\n"
        "service: {name: c}\n---\nservice: {name: d, tier: gold, series_limit: 50}\n"}});
  ASSERT_NE(load.catalog, nullptr);
  EXPECT_EQ(SeriesLimitOf(*load.catalog, "a"), kSeriesOfHighTier);
  EXPECT_EQ(SeriesLimitOf(*load.catalog, "b"), kSeriesOfLowTier);
  EXPECT_EQ(SeriesLimitOf(*load.catalog, "c"), kSeriesOfOtherTier);
  EXPECT_EQ(SeriesLimitOf(*load.catalog, "d"), 50U);
  EXPECT_EQ(SeriesLimitOf(*load.catalog, ""), kSeriesUnclaimed);
  EXPECT_EQ(SeriesLimitOf(*load.catalog, "nobody"), kSeriesUnclaimed);
  EXPECT_EQ(SeriesLimitOf(Catalog(), ""), 0U);
}

}  // namespace
}  // namespace kizashi
