#include "judge/together/members.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

Time At(int seconds) { return TimeFromMs(1'000'000 + seconds * 1000); }

TEST(MembersTest, OneLostScrapeIsNoNews) {
  Members members;
  EXPECT_FALSE(members.Update("a", true, At(0)));
  EXPECT_FALSE(members.Update("a", false, At(5)));
  EXPECT_FALSE(members.Update("a", true, At(10)));
  EXPECT_FALSE(members.Update("a", false, At(15)));
  EXPECT_EQ(members.down_count(), 0);
  const auto change = members.Update("a", false, At(20));
  ASSERT_TRUE(change.has_value());
  EXPECT_TRUE(change->down);
  EXPECT_EQ(change->since, At(15));
  EXPECT_EQ(members.down_count(), 1);
}

TEST(MembersTest, BackAfterTwoGoodScrapes) {
  Members members;
  members.Update("a", true, At(0));
  members.Update("a", false, At(5));
  members.Update("a", false, At(10));
  EXPECT_FALSE(members.Update("a", true, At(15)));
  const auto change = members.Update("a", true, At(20));
  ASSERT_TRUE(change.has_value());
  EXPECT_FALSE(change->down);
  EXPECT_EQ(members.down_count(), 0);
}

TEST(MembersTest, WhatWasNeverUpIsNotDown) {
  Members members;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(members.Update("a", false, At(i)));
  EXPECT_EQ(members.down_count(), 0);
}

TEST(MembersTest, RemovedMembersLeave) {
  Members members;
  members.Update("a", true, At(0));
  EXPECT_TRUE(members.Remove("a"));
  EXPECT_FALSE(members.Remove("a"));
  EXPECT_TRUE(members.members().empty());
}

}  // namespace
}  // namespace kizashi
