#include "wire/telemetry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace kizashi {
namespace {

/// Names the type: braces alone fit the copy constructor too.
Labels Make(std::vector<Label> labels) { return Labels(std::move(labels)); }

TEST(LabelsTest, AreSortedUniqueAndWithoutEmptyValues) {
  const Labels labels = Make({{"job", "api"}, {"zone", ""}, {"__name__", "up"}, {"job", "shop"}});
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels.begin()->name, "__name__");
  EXPECT_EQ(labels.Get("job"), "shop") << "of two with one name the later wins";
  EXPECT_FALSE(labels.Has("zone"));
  EXPECT_EQ(labels, Make({{"__name__", "up"}, {"job", "shop"}}));
}

TEST(LabelsTest, ALaterEmptyValueRemovesAnEarlierOne) {
  EXPECT_TRUE(Make({{"job", "api"}, {"job", ""}}).empty());
}

TEST(LabelsTest, SetAddsReplacesAndRemoves) {
  Labels labels = Make({{"b", "1"}});
  labels.Set("a", "2");
  labels.Set("c", "3");
  labels.Set("b", "4");
  EXPECT_EQ(labels, Make({{"a", "2"}, {"b", "4"}, {"c", "3"}}));
  labels.Set("b", "");
  labels.Set("none", "");
  EXPECT_EQ(labels, Make({{"a", "2"}, {"c", "3"}}));
  EXPECT_EQ(labels.Get("b"), "");
}

TEST(LabelsTest, PrintAsPrometheusDoes) {
  EXPECT_EQ(Make({{"__name__", "up"}, {"job", "b"}, {"instance", "a\"\\"}}).ToString(),
            R"(up{instance="a\"\\", job="b"})");
  EXPECT_EQ(Labels().ToString(), "{}");
}

TEST(LabelsTest, TheHashTellsNamesFromValues) {
  EXPECT_EQ(Make({{"a", "1"}, {"b", "2"}}).Hash(), Make({{"b", "2"}, {"a", "1"}}).Hash());
  EXPECT_NE(Make({{"a", "bc"}}).Hash(), Make({{"ab", "c"}}).Hash());
  EXPECT_NE(Labels().Hash(), Make({{"a", "1"}}).Hash());
}

TEST(StaleNanTest, IsANanLikeNoOther) {
  EXPECT_TRUE(std::isnan(StaleNan()));
  EXPECT_TRUE(IsStaleNan(StaleNan()));
  EXPECT_FALSE(IsStaleNan(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(IsStaleNan(0.0));
}

}  // namespace
}  // namespace kizashi
