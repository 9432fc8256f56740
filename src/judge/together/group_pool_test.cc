#include "judge/together/group_pool.h"

#include <gtest/gtest.h>

#include <numeric>

#include "judge/together/group_forecast.h"

namespace kizashi {
namespace {

// A year of a group of `of`: events by how many they took, from one on.
GroupSeen YearOf(int of, const std::vector<double>& events) {
  GroupSeen group;
  group.of = of;
  group.counts.group_minutes = 365.0 * 24 * 60;
  group.counts.up_minutes = of * group.counts.group_minutes;
  std::copy(events.begin(), events.end(), group.counts.events.begin());
  group.counts.repairs = group.counts.failures();
  group.counts.down_minutes = 60 * group.counts.repairs;
  return group;
}

double SumOf(const std::vector<double>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0.0);
}

TEST(GroupPoolTest, SizesAreSharesAndFollowWhatWasSeen) {
  for (const int of : {1, 2, 3, 8, 100}) {
    double beliefs = 0;
    for (const GroupSizes& sizes : SizesOf(YearOf(of, {4, 1}), {})) {
      beliefs += sizes.belief;
      if (of > 1) {
        EXPECT_NEAR(SumOf(sizes.shares), 1, 1e-6) << of;
      }
    }
    EXPECT_NEAR(beliefs, 1, 1e-9) << of;
  }
  const auto mean_size = [](const GroupSeen& group) {
    double mean = 0;
    for (const GroupSizes& sizes : SizesOf(group, {})) mean += sizes.belief * sizes.mean();
    return mean;
  };
  const double pairs = mean_size(YearOf(8, {40, 20}));
  const double unknown = mean_size(YearOf(8, {40}));
  const double all = mean_size(YearOf(8, {40, 0, 0, 0, 0, 0, 0, 20}));
  EXPECT_NEAR(pairs, 2, 0.2);
  EXPECT_GT(unknown, pairs + 1);
  EXPECT_NEAR(all, 8, 0.5);
  // Most take two, some take all: no binomial, and told as it is.
  const GroupSeen both = YearOf(8, {40, 20, 0, 0, 0, 0, 0, 5});
  double eight = 0;
  for (const GroupSizes& sizes : SizesOf(both, {})) eight += sizes.belief * sizes.shares.back();
  EXPECT_NEAR(eight, 0.2, 0.04);
}

TEST(GroupPoolTest, AFleetTeachesWhatAGroupAloneCannotShow) {
  std::vector<GroupSeen> often(40, YearOf(5, {20, 0, 0, 0, 10}));
  std::vector<GroupSeen> never(40, YearOf(5, {20}));
  const GroupPool dangerous = PoolGroups(often);
  const GroupPool harmless = PoolGroups(never);
  EXPECT_GT(dangerous.several.mean(), 3 * GroupPool().several.mean());
  EXPECT_LT(harmless.several.mean(), GroupPool().several.mean() / 3);
  // A young group that lost none together yet.
  GroupHistory::Counts young;
  young.group_minutes = 30.0 * 24 * 60;
  young.up_minutes = 5 * young.group_minutes;
  const GroupState state{3, 5, 0, 0};
  const auto chance = [&](const GroupPool& pool) {
    return GroupForecast(young, pool).TooFew(state, std::chrono::hours(24 * 30)).mean;
  };
  EXPECT_GT(chance(dangerous), 2 * chance({}));
  EXPECT_LT(chance(harmless), chance({}) / 2);
  // Nobody seen: what is stated.
  EXPECT_EQ(GroupPoolText(PoolGroups({})), GroupPoolText({}));
}

TEST(GroupPoolTest, ItIsReadBackFromItsText) {
  const std::vector<GroupSeen> groups = {YearOf(5, {20, 3, 1}), YearOf(3, {7, 0, 2})};
  const std::string text = GroupPoolText(PoolGroups(groups));
  const auto again = ReadGroupPool(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(GroupPoolText(*again), text);
  for (const std::string& wrong :
       {std::string(), std::string("1;"), text.substr(0, text.size() / 2), "9" + text,
        text.substr(0, text.find(';'))}) {
    EXPECT_FALSE(ReadGroupPool(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace kizashi
