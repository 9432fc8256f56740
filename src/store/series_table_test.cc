#include "store/series_table.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace kizashi {
namespace {

Labels Up(const std::string& instance) {
  return Labels({{"__name__", "up"}, {"instance", instance}});
}

TEST(SeriesTableTest, AnIdIsGivenOnceAndNeverChanges) {
  SeriesTable table("series", 10);
  bool is_new = false;
  EXPECT_EQ(*table.Intern(Up("a"), &is_new), 0U);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(*table.Intern(Up("b"), &is_new), 1U);
  EXPECT_TRUE(is_new);
  EXPECT_EQ(*table.Intern(Up("a"), &is_new), 0U);
  EXPECT_FALSE(is_new);
  EXPECT_EQ(*table.Intern(Labels(), &is_new), 2U);  // the empty set is a set too
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.Get(0), Up("a"));
  EXPECT_EQ(table.Get(1), Up("b"));
  EXPECT_EQ(table.Get(2), Labels());
}

TEST(SeriesTableTest, AtTheLimitOnlyNewOnesAreRefused) {
  SeriesTable table("streams", 2);
  bool is_new = false;
  ASSERT_TRUE(table.Intern(Up("a"), &is_new).ok());
  ASSERT_TRUE(table.Intern(Up("b"), &is_new).ok());
  const auto refused = table.Intern(Up("c"), &is_new);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Message(refused.status()), "the store holds 2 streams already, its limit");
  EXPECT_EQ(*table.Intern(Up("b"), &is_new), 1U);
  EXPECT_EQ(table.size(), 2U);
}

TEST(SeriesTableTest, WhatIsRestoredIsKnownAndNewOnesFollow) {
  SeriesTable table("series", 10);
  ASSERT_TRUE(table.Restore(0, Up("a")).ok());
  ASSERT_TRUE(table.Restore(1, Up("b")).ok());
  bool is_new = true;
  EXPECT_EQ(*table.Intern(Up("b"), &is_new), 1U);
  EXPECT_FALSE(is_new);
  EXPECT_EQ(*table.Intern(Up("c"), &is_new), 2U);
  EXPECT_TRUE(is_new);
}

TEST(SeriesTableTest, AGapInWhatIsRestoredIsDataLoss) {
  SeriesTable table("series", 10);
  ASSERT_TRUE(table.Restore(0, Up("a")).ok());
  for (const uint32_t id : {0U, 2U}) {
    const Status status = table.Restore(id, Up("b"));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(Message(status),
              fmt::format("stored series are not numbered in order: {} after 1", id));
  }
  EXPECT_EQ(table.size(), 1U);
}

// A lowered limit must not make a store unreadable.
TEST(SeriesTableTest, RestoringGoesBeyondTheLimit) {
  SeriesTable table("series", 1);
  EXPECT_TRUE(table.Restore(0, Up("a")).ok());
  EXPECT_TRUE(table.Restore(1, Up("b")).ok());
  bool is_new = false;
  EXPECT_EQ(*table.Intern(Up("b"), &is_new), 1U);
  EXPECT_FALSE(table.Intern(Up("c"), &is_new).ok());
}

TEST(SeriesTableTest, ReferencesStayGoodWhileItGrows) {
  SeriesTable table("series", 10'000);
  bool is_new = false;
  ASSERT_TRUE(table.Intern(Up("first"), &is_new).ok());
  const Labels& first = table.Get(0);
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(table.Intern(Up(std::to_string(i)), &is_new).ok());
  }
  EXPECT_EQ(&first, &table.Get(0));
  EXPECT_EQ(first, Up("first"));
}

TEST(SeriesTableTest, ThreadsAgreeOnTheIds) {
  constexpr int kSets = 400;
  SeriesTable table("series", kSets);
  std::vector<std::vector<uint32_t>> ids(4, std::vector<uint32_t>(kSets));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < ids.size(); ++t) {
    threads.emplace_back([&table, &ids, t] {
      bool is_new = false;
      for (size_t i = 0; i < kSets; ++i) {
        const size_t set = (i * 7 + t * 31) % kSets;  // each in an order of its own
        ids[t][set] = *table.Intern(Up(std::to_string(set)), &is_new);
        EXPECT_EQ(table.Get(ids[t][set]).Get("instance"), std::to_string(set));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& of_thread : ids) EXPECT_EQ(of_thread, ids[0]);
  EXPECT_EQ(std::set<uint32_t>(ids[0].begin(), ids[0].end()).size(), size_t{kSets});
}

TEST(SeriesTableDeathTest, AnIdThatWasNeverGivenIsABug) {
  SeriesTable table("series", 10);
  EXPECT_DEATH(table.Get(0), "series id 0 was never given");
}

}  // namespace
}  // namespace kizashi
