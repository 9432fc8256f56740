#include "catalog/series_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/load_test_support.h"

namespace kizashi {
namespace {

TEST(SeriesLimitTest, WhatTheServiceSaysWinsThenItsTier) {
  const auto load = Load(
      "service: {name: a, tier: 1}\n---\nservice: {name: b, tier: experimental}\n---\n"
      "service: {name: c}\n---\nservice: {name: d, tier: gold, series_limit: 50}\n");
  EXPECT_EQ(SeriesLimitOf(*load, "a"), kSeriesOfHighTier);
  EXPECT_EQ(SeriesLimitOf(*load, "b"), kSeriesOfLowTier);
  EXPECT_EQ(SeriesLimitOf(*load, "c"), kSeriesOfOtherTier);
  EXPECT_EQ(SeriesLimitOf(*load, "d"), 50U);
  EXPECT_EQ(SeriesLimitOf(*load, ""), kSeriesUnclaimed);
  EXPECT_EQ(SeriesLimitOf(*load, "nobody"), kSeriesUnclaimed);
  EXPECT_EQ(SeriesLimitOf(Catalog(), ""), 0U);
}

}  // namespace
}  // namespace kizashi
