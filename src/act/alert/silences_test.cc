#include "act/alert/silences.h"

#include <gtest/gtest.h>

namespace kizashi::alerts {
namespace {

constexpr Time kNow = TimeFromMs(10'000'000);

Silence Make(std::string_view matchers, Duration from, Duration to) {
  Silence silence;
  silence.matchers = *ParseMatchers(matchers);
  silence.starts_at = kNow + from;
  silence.ends_at = kNow + to;
  return silence;
}

TEST(SilencesTest, ChangesWhatMayBeChangedAndReplacesTheRest) {
  Silences silences;
  auto plan = silences.PlanSet(Make("a=b", Duration(-5), Duration(1000)), kNow);
  ASSERT_EQ(plan->size(), 1U);
  const Silence first = plan->back();
  EXPECT_EQ(first.id.size(), 36U);
  EXPECT_EQ(first.starts_at, kNow) << "not before it was asked for";
  silences.Merge(first);
  Silence longer = first;
  longer.ends_at += Duration(5000);
  plan = silences.PlanSet(longer, kNow + Duration(10));
  ASSERT_EQ(plan->size(), 1U);
  EXPECT_EQ(plan->back().id, first.id);
  Silence other = first;
  other.matchers = *ParseMatchers("a=c");
  plan = silences.PlanSet(other, kNow + Duration(10));
  ASSERT_EQ(plan->size(), 2U);
  EXPECT_EQ((*plan)[0].id, first.id);
  EXPECT_EQ((*plan)[0].ends_at, kNow + Duration(10));
  EXPECT_NE((*plan)[1].id, first.id);
}

TEST(SilencesTest, RefusesWhatSilencesEverything) {
  const Silences silences;
  for (const char* matchers : {"", "a=~.*", "a=", "a=~.*,b="}) {
    EXPECT_FALSE(silences.PlanSet(Make(matchers, Duration(0), Duration(9)), kNow).ok()) << matchers;
  }
  Silence unknown = Make("a=b", Duration(0), Duration(9));
  unknown.id = "x";
  EXPECT_EQ(silences.PlanSet(unknown, kNow).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(silences.PlanExpire("x", kNow).status().code(), absl::StatusCode::kNotFound);
}

TEST(SilencesTest, SilencesFromStartToEnd) {
  Silences silences;
  silences.Merge(silences.PlanSet(Make("a=b", Duration(100), Duration(200)), kNow)->back());
  const Labels labels(std::vector<Label>{{"a", "b"}});
  EXPECT_EQ(silences.Silencing(labels, kNow + Duration(99)).size(), 0U);
  EXPECT_EQ(silences.Silencing(labels, kNow + Duration(100)).size(), 1U);
  EXPECT_EQ(silences.Silencing(labels, kNow + Duration(200)).size(), 0U);
  EXPECT_EQ(silences.Silencing(Labels(std::vector<Label>{{"a", "c"}}), kNow + Duration(150)).size(),
            0U);
  Silence over = silences.PlanExpire(silences.all().begin()->first, kNow + Duration(5))->back();
  EXPECT_EQ(over.starts_at, over.ends_at) << "it never began";
  EXPECT_TRUE(silences.Merge(over));
  Silence older = over;
  older.updated_at -= Duration(1);
  EXPECT_FALSE(silences.Merge(older));
  EXPECT_EQ(silences.Forget(kNow + Duration(5)), 0U);
  EXPECT_EQ(silences.Forget(kNow + Duration(6)), 1U);
}

TEST(SilencesTest, ComesBackFromItsBytes) {
  Silence silence = Make("a=~\"b|c\",d!=e", Duration(1), Duration(2));
  silence.id = NewUuid();
  silence.created_by = "me";
  silence.comment = "why";
  ByteWriter out;
  WriteSilence(silence, &out);
  ByteReader in(out.bytes());
  Silence read;
  ASSERT_TRUE(ReadSilence(&in, &read));
  EXPECT_EQ(read.matchers, silence.matchers);
  EXPECT_EQ(read.comment, "why");
  for (size_t size = 0; size < out.size(); ++size) {
    ByteReader cut(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(ReadSilence(&cut, &read)) << size;
  }
}

}  // namespace
}  // namespace kizashi::alerts
