#include "store/definition_group.h"

#include <gtest/gtest.h>

#include <random>

namespace kizashi {
namespace {

std::vector<Labels> Decode(std::string_view bytes) {
  const auto group = DecodeDefinitionGroup(bytes);
  EXPECT_TRUE(group.ok()) << Message(group.status());
  std::vector<Labels> all;
  if (!group.ok()) return all;
  for (const std::vector<uint32_t>& row : group->series) {
    std::vector<Label> labels;
    for (const uint32_t pair : row) {
      labels.push_back(
          {std::string(group->pairs[pair].first), std::string(group->pairs[pair].second)});
    }
    all.emplace_back(std::move(labels));
  }
  return all;
}

std::vector<Labels> OfOneTarget(int series) {
  std::vector<Labels> all;
  for (int i = 0; i < series; ++i) {
    all.push_back(Labels({{"__name__", fmt::format("metric_{}", i / 16)},
                          {"code", std::to_string(i / 8 % 2)},
                          {"instance", "10.0.0.1:9100"},
                          {"job", "shop"},
                          {"pod", "shop-7d9f8b6c5-x1"},
                          {"route", fmt::format("/r{}", i % 8)},
                          {"zone", "zone-1"}}));
  }
  return all;
}

TEST(DefinitionGroupTest, LabelSetsComeBack) {
  std::vector<Labels> some = OfOneTarget(20);
  some.push_back(Labels());
  some.push_back(Labels({{"兆", "し"}, {"x", std::string("\0y", 2)}}));
  some.push_back(some[3]);
  EXPECT_EQ(Decode(EncodeDefinitionGroup(some)), some);
  EXPECT_EQ(Decode(EncodeDefinitionGroup(std::span(some).first(1))), std::vector<Labels>{some[0]});
  EXPECT_TRUE(Decode(EncodeDefinitionGroup({})).empty());
}

TEST(DefinitionGroupTest, ASeriesOfATargetTakesAFewBytes) {
  const std::vector<Labels> all = OfOneTarget(1000);
  const std::string bytes = EncodeDefinitionGroup(all);
  EXPECT_EQ(Decode(bytes), all);
  EXPECT_LT(bytes.size(), 5 * all.size());
}

TEST(DefinitionGroupTest, AnyChangedByteIsRefusedOrReadToAnEnd) {
  const std::string bytes = EncodeDefinitionGroup(OfOneTarget(3));
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {1, 16, 128}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      (void)DecodeDefinitionGroup(changed);
    }
    EXPECT_FALSE(DecodeDefinitionGroup(bytes.substr(0, i)).ok()) << i;
  }
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string any(random() % 60, '\0');
    for (char& byte : any) byte = static_cast<char>(random() % 8);
    (void)DecodeDefinitionGroup(any);
  }
}

}  // namespace
}  // namespace kizashi
