#include "catalog/watch.h"

#include <gtest/gtest.h>

#include <thread>

#include "catalog/test_folder.h"

namespace kizashi {
namespace {

TEST(CatalogHolderTest, WithoutADirectoryTheCatalogIsEmpty) {
  const ManualClock clock(TimeFromMs(5));
  CatalogHolder holder("", &clock);
  EXPECT_FALSE(holder.Reload());
  EXPECT_FALSE(holder.Poll());
  const auto state = holder.Current();
  ASSERT_NE(state->catalog, nullptr);
  EXPECT_TRUE(state->catalog->services().empty());
  EXPECT_TRUE(state->errors.empty());
  EXPECT_EQ(state->loaded, TimeFromMs(5));
}

TEST(CatalogHolderTest, TheLastGoodOneStaysWhileTheNewestHasErrors) {
  const TestFolder folder;
  ManualClock clock(TimeFromMs(1000));
  CatalogHolder holder(folder.name(), &clock);
  folder.Write("a.yaml", "service: {name: a}");
  EXPECT_TRUE(holder.Poll()) << "nothing was read yet";
  EXPECT_TRUE(holder.Reload());
  EXPECT_FALSE(holder.Poll());
  const auto good = holder.Current();
  ASSERT_NE(good->catalog->FindService("a"), nullptr);
  ASSERT_EQ(good->sources.size(), 1u);
  EXPECT_EQ(good->loaded, TimeFromMs(1000));

  clock.Advance(Duration(1000));
  folder.Write("a.yaml", "service: {nam: b}");
  EXPECT_TRUE(holder.Poll());
  EXPECT_TRUE(holder.Reload());
  EXPECT_FALSE(holder.Poll()) << "the broken one was seen too";
  const auto broken = holder.Current();
  EXPECT_EQ(broken->catalog, good->catalog);
  EXPECT_EQ(broken->sources[0].text, "service: {name: a}") << "texts and catalog belong together";
  EXPECT_EQ(broken->loaded, TimeFromMs(1000));
  EXPECT_EQ(broken->errors.size(), 2u);
  EXPECT_FALSE(holder.Reload()) << "the same errors again are no change";

  clock.Advance(Duration(1000));
  folder.Write("a.yaml", "service: {name: b}");
  EXPECT_TRUE(holder.Reload());
  EXPECT_NE(holder.Current()->catalog->FindService("b"), nullptr);
  EXPECT_TRUE(holder.Current()->errors.empty());
  EXPECT_EQ(holder.Current()->loaded, TimeFromMs(3000));
  EXPECT_NE(good->catalog->FindService("a"), nullptr) << "readers keep what they hold";
}

TEST(CatalogHolderTest, MendingBackToTheSameCatalogClearsTheErrors) {
  const TestFolder folder;
  const ManualClock clock(TimeFromMs(0));
  CatalogHolder holder(folder.name(), &clock);
  folder.Write("a.yaml", "service: {name: a}");
  holder.Reload();
  folder.Write("a.yaml", "service: {");
  EXPECT_TRUE(holder.Reload());
  folder.Write("a.yaml", "service: {name: a}  # mended");
  EXPECT_TRUE(holder.Reload());
  EXPECT_TRUE(holder.Current()->errors.empty());
  folder.Write("a.yaml", "service: {name: a}  # only a comment");
  EXPECT_TRUE(holder.Poll());
  EXPECT_FALSE(holder.Reload());
  EXPECT_FALSE(holder.Poll());
}

TEST(CatalogHolderTest, OnCallChangesWithoutTheCatalog) {
  const TestFolder folder;
  const ManualClock clock(TimeFromMs(0));
  CatalogHolder holder(folder.name(), &clock);
  folder.Write("a.yaml", "service: {name: a}");
  folder.Write("b.yaml", "leave: {person: ann}");
  EXPECT_TRUE(holder.Reload());
  const auto first = holder.Current();
  ASSERT_EQ(first->oncall_sources.size(), 1u);
  EXPECT_EQ(first->oncall_sources[0].file, "b.yaml");
  folder.Write("b.yaml", "leave: {person: bob}");
  EXPECT_TRUE(holder.Reload());
  const auto second = holder.Current();
  EXPECT_EQ(second->catalog, first->catalog);
  EXPECT_EQ(second->oncall_sources[0].text, "leave: {person: bob}");
  folder.Write("a.yaml", "service: {nam: a}");
  EXPECT_TRUE(holder.Reload());
  EXPECT_EQ(holder.Current()->oncall_sources, second->oncall_sources);
}

TEST(CatalogHolderTest, ADirectoryThatGoesAwayIsAnError) {
  const TestFolder folder;
  const ManualClock clock(TimeFromMs(0));
  folder.Write("cat/a.yaml", "service: {name: a}");
  CatalogHolder holder(folder.name() + "/cat", &clock);
  EXPECT_TRUE(holder.Reload());
  std::filesystem::rename(folder.path() / "cat", folder.path() / "gone");
  EXPECT_TRUE(holder.Poll());
  EXPECT_TRUE(holder.Reload());
  EXPECT_NE(holder.Current()->catalog->FindService("a"), nullptr);
  ASSERT_EQ(holder.Current()->errors.size(), 1u);
  EXPECT_EQ(holder.Current()->errors[0].file, folder.name() + "/cat");
  std::filesystem::rename(folder.path() / "gone", folder.path() / "cat");
  EXPECT_TRUE(holder.Poll());
  EXPECT_TRUE(holder.Reload());
  EXPECT_TRUE(holder.Current()->errors.empty());
}

TEST(CatalogHolderTest, ManyThreadsMayAsk) {
  const TestFolder folder;
  const ManualClock clock(TimeFromMs(0));
  folder.Write("a.yaml", "service: {name: a}");
  CatalogHolder holder(folder.name(), &clock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        holder.Poll();
        holder.Reload();
        ASSERT_NE(holder.Current()->catalog, nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_NE(holder.Current()->catalog->FindService("a"), nullptr);
}

}  // namespace
}  // namespace kizashi
