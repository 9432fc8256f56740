#include "judge/budget/spends.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

using std::chrono::hours;

constexpr Time kStart = TimeFromMs(1'767'225'600'000);

AnomalyRecord Anomaly(const std::string& id, const std::string& kind, double mean, double low) {
  AnomalyRecord anomaly;
  anomaly.id = id;
  anomaly.kind = kind;
  anomaly.price.mean_minutes = mean;
  anomaly.price.low_minutes = low;
  return anomaly;
}

TEST(Spends, AddsWhatBeganInTheWindow) {
  Spends spends;
  spends.Put(Anomaly("a", "k", 3, 1), kStart);
  spends.Put(Anomaly("b", "k", 5, 2), kStart + hours(1));
  const Spends::Sum both = spends.Between(kStart - Duration(1), kStart + hours(1));
  EXPECT_EQ(both.mean_minutes, 8);
  EXPECT_EQ(both.low_minutes, 3);
  EXPECT_EQ(spends.Between(kStart, kStart + hours(1)).mean_minutes, 5) << "its begin is outside";
  EXPECT_EQ(spends.Between(kStart - hours(1), kStart + hours(1) - Duration(1)).mean_minutes, 3);
}

TEST(Spends, ANewPriceReplacesTheOldAndTheBeginStays) {
  Spends spends;
  spends.Put(Anomaly("a", "k", 3, 1), kStart);
  spends.Put(Anomaly("a", "k", 7, 4), kStart + hours(5));
  EXPECT_EQ(spends.Between(kStart - hours(1), kStart).mean_minutes, 7);
  spends.Forgive("a");
  spends.Forgive("unknown");
  EXPECT_EQ(spends.Between(kStart - hours(1), kStart).mean_minutes, 0);
}

TEST(Spends, NamesTheKindsThatSpentMost) {
  Spends spends;
  spends.Put(Anomaly("a", "cheap", 1, 0), kStart);
  spends.Put(Anomaly("b", "dear", 2, 0), kStart);
  spends.Put(Anomaly("c", "dear", 2, 0), kStart);
  spends.Put(Anomaly("d", "middle", 3, 0), kStart);
  const auto dearest = spends.Dearest(kStart - hours(1), kStart, 2);
  ASSERT_EQ(dearest.size(), 2u);
  EXPECT_EQ(dearest[0], std::pair(std::string("dear"), 4.0));
  EXPECT_EQ(dearest[1], std::pair(std::string("middle"), 3.0));
  spends.Forget(kStart);
  EXPECT_TRUE(spends.Dearest(kStart - hours(1), kStart, 2).empty());
}

}  // namespace
}  // namespace kizashi
