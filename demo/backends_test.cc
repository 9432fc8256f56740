#include "demo/backends.h"

#include <gtest/gtest.h>

#include <map>

namespace kizashi {
namespace {

Backends Five() {
  std::vector<Backends::Backend> backends;
  for (const char* name : {"a", "b", "c", "d", "e"}) backends.push_back({name, "", false, 0});
  return Backends(std::move(backends));
}
constexpr bool kRefused = true;

// How often each server's turn comes in `requests` requests.
std::map<size_t, int> Turns(Backends* backends, int requests, std::optional<size_t> except = {}) {
  std::map<size_t, int> turns;
  for (int i = 0; i < requests; ++i) {
    if (const auto backend = backends->Next(except)) ++turns[*backend];
  }
  return turns;
}

TEST(BackendsTest, NobodyIsInUseBeforeItsFirstGoodCheck) {
  Backends backends = Five();
  EXPECT_EQ(backends.healthy_count(), 0);
  EXPECT_EQ(backends.Next(std::nullopt), std::nullopt);
  EXPECT_TRUE(backends.Checked(2, true, false)) << "it came in";
  EXPECT_FALSE(backends.Checked(2, true, false)) << "it was in";
  EXPECT_EQ(backends.Next(std::nullopt), 2u);
}

TEST(BackendsTest, OneSlowAnswerIsForgivenTwoAreNot) {
  Backends backends = Five();
  backends.Checked(0, true, false);
  EXPECT_FALSE(backends.Checked(0, false, false));
  EXPECT_EQ(backends.healthy_count(), 1);
  // A good check in between begins the count anew.
  backends.Checked(0, true, false);
  EXPECT_FALSE(backends.Checked(0, false, false));
  EXPECT_TRUE(backends.Checked(0, false, false)) << "it went out";
  EXPECT_EQ(backends.healthy_count(), 0);
  EXPECT_FALSE(backends.Checked(0, false, false)) << "it was out";
  EXPECT_TRUE(backends.Checked(0, true, false)) << "one good check brings it back";
  EXPECT_EQ(backends.healthy_count(), 1);
}

TEST(BackendsTest, WhereNobodyListensOneLookIsEnough) {
  Backends backends = Five();
  backends.Checked(0, true, false);
  EXPECT_TRUE(backends.Checked(0, false, kRefused));
  EXPECT_EQ(backends.healthy_count(), 0);
}

TEST(BackendsTest, RequestsAreSpreadEvenlyOverWhoIsIn) {
  Backends backends = Five();
  for (size_t i = 0; i < 5; ++i) backends.Checked(i, true, false);
  EXPECT_EQ(Turns(&backends, 20), (std::map<size_t, int>{{0, 4}, {1, 4}, {2, 4}, {3, 4}, {4, 4}}));
  backends.Checked(1, false, kRefused);
  EXPECT_EQ(Turns(&backends, 20), (std::map<size_t, int>{{0, 5}, {2, 5}, {3, 5}, {4, 5}}));
}

TEST(BackendsTest, ASecondTryGoesToAnotherServerOrToNone) {
  Backends backends = Five();
  backends.Checked(0, true, false);
  backends.Checked(3, true, false);
  EXPECT_EQ(Turns(&backends, 10, 0), (std::map<size_t, int>{{3, 10}}));
  backends.Checked(3, false, kRefused);
  EXPECT_EQ(backends.Next(0), std::nullopt);
  EXPECT_EQ(Backends({}).Next(std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace kizashi
