#include "query/parameters.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ParameterTable, TellsValuesAndNumbersApart) {
  ParameterTable table("order <*> of <*> took <*> ms");
  for (int i = 1; i <= 100; ++i) {
    EXPECT_TRUE(table.Add(fmt::format("order {} of  {} took {} ms", i, i % 4 == 0 ? "ann" : "bob",
                                      static_cast<double>(i) / 2)));
  }
  EXPECT_FALSE(table.Add("order 7 of ann took long"));
  EXPECT_FALSE(table.Add("an order 7 of ann took 3 ms"));
  EXPECT_EQ(table.lines(), 100u);
  const auto parameters = table.Parameters();
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters[0].distinct, 100u);
  EXPECT_THAT(parameters[1].top, ElementsAre(Pair("bob", 75), Pair("ann", 25)));
  EXPECT_FALSE(parameters[1].numbers.has_value());
  ASSERT_TRUE(parameters[2].numbers.has_value());
  EXPECT_EQ(parameters[2].numbers->count, 100u);
  EXPECT_EQ(parameters[2].numbers->min, 0.5);
  EXPECT_EQ(parameters[2].numbers->p50, 25);
  EXPECT_EQ(parameters[2].numbers->p99, 49.5);
  EXPECT_EQ(parameters[2].numbers->max, 50);
}

TEST(ParameterTable, MemoryIsBoundedAndTheSampleIsFair) {
  ParameterTable table("n <*>");
  const int lines = 300'000;
  for (int i = 0; i < lines; ++i) table.Add(fmt::format("n {}", i));
  const auto parameter = table.Parameters().at(0);
  EXPECT_TRUE(parameter.more);
  EXPECT_EQ(parameter.distinct, ParameterTable::kValuesMax);
  EXPECT_EQ(parameter.numbers->count, 300'000u);
  EXPECT_EQ(parameter.numbers->max, lines - 1);
  EXPECT_NEAR(parameter.numbers->p50, lines / 2, lines / 50);
  EXPECT_NEAR(parameter.numbers->p99, lines * 0.99, lines / 100);
}

TEST(ParameterTable, APatternWithoutParametersHasNone) {
  ParameterTable table("cache cleared");
  EXPECT_TRUE(table.Add("cache cleared"));
  EXPECT_FALSE(table.Add("cache cleared twice"));
  EXPECT_TRUE(table.Parameters().empty());
}

}  // namespace
}  // namespace kizashi
