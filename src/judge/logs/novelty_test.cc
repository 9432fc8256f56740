#include "judge/logs/novelty.h"

#include <gtest/gtest.h>

#include "base/archive.h"

namespace kizashi {
namespace {

constexpr Time kNow = TimeFromMs(1'000'000);

TEST(NoveltyTest, LearnsInSilenceThenReports) {
  Novelty novelty;
  for (int i = 0; i < 300; ++i) {
    EXPECT_FALSE(novelty.Add(static_cast<uint64_t>(i % 3), kNow).has_value());
  }
  EXPECT_TRUE(novelty.IsLearnt());
  const auto news = novelty.Add(99, kNow);
  ASSERT_TRUE(news.has_value());
  EXPECT_EQ(news->pattern_id, 99u);
  EXPECT_EQ(news->lines, 300u);
  EXPECT_EQ(news->unseen_share, 0);
  EXPECT_FALSE(novelty.Add(99, kNow).has_value());
  EXPECT_EQ(novelty.Find(99)->count, 2u);
}

TEST(NoveltyTest, AnOpenVocabularyIsNeverNews) {
  Novelty novelty;
  for (uint64_t i = 0; i < 5'000; ++i) EXPECT_FALSE(novelty.Add(i, kNow).has_value());
  EXPECT_FALSE(novelty.IsLearnt());
}

TEST(NoveltyTest, AFloodOfUniqueLinesIsBoundedAndCounted) {
  Novelty novelty;
  for (uint64_t i = 0; i < Novelty::kPatternsMax + 1'000; ++i) novelty.Add(i, kNow);
  EXPECT_EQ(novelty.size(), Novelty::kPatternsMax);
  EXPECT_EQ(novelty.lines(), Novelty::kPatternsMax + 1'000);
}

TEST(NoveltyTest, StateRoundTrips) {
  Novelty novelty;
  for (int i = 0; i < 300; ++i) novelty.Add(static_cast<uint64_t>(i % 3), kNow);
  StateWriter out;
  out(novelty);
  const std::string bytes = out.Take();
  Novelty restored;
  StateReader in(bytes);
  in(restored);
  ASSERT_TRUE(in.ok() && in.AtEnd());
  EXPECT_EQ(restored.lines(), 300u);
  EXPECT_TRUE(restored.IsLearnt());
  EXPECT_TRUE(restored.Add(7, kNow).has_value());
}

}  // namespace
}  // namespace kizashi
