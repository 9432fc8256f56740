#include "judge/signal/member_boards.h"

#include <gtest/gtest.h>

#include "base/archive.h"
#include "wire/exposition.h"

namespace kizashi {
namespace {

// What the rules want of a series of that name.
SignalFeed FeedOf(const std::string& series) {
  static const SignalMatcher matcher;
  const auto labels = ParseSeriesText(series);
  EXPECT_TRUE(labels.ok()) << series;
  const auto feeds = matcher.Match(*labels);
  EXPECT_FALSE(feeds.empty()) << series;
  return feeds.front();
}

const SignalFeed& Cpu() {
  static const SignalFeed feed = FeedOf("process_cpu_seconds_total");
  return feed;
}

// One step of 15 s, in which each member used so many seconds of a processor.
std::vector<MemberBoards::Odd> Step(MemberBoards* boards,
                                    const std::map<std::string, double>& seconds) {
  for (const auto& [member, increase] : seconds) boards->AddIncrease(member, Cpu(), increase);
  return boards->EndStep();
}

TEST(MemberBoardsTest, TheOddOneIsFarthestFromTheMedianOfTheOthers) {
  MemberBoards boards;
  const auto odd = Step(&boards, {{"a", 0.30}, {"b", 0.33}, {"c", 15.3}, {"d", 0.27}, {"e", 0.36}});
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].rule->id, "process_cpu");
  EXPECT_EQ(odd[0].member, "c");
  EXPECT_NEAR(odd[0].value, 1.02, 1e-9);
  EXPECT_NEAR(odd[0].middle, 0.021, 1e-9);
  EXPECT_NEAR(odd[0].low, 0.018, 1e-9);
  EXPECT_NEAR(odd[0].high, 0.024, 1e-9);
  EXPECT_NEAR(odd[0].away(), 0.999, 1e-9);
}

TEST(MemberBoardsTest, OneThatDoesLessIsOddToo) {
  MemberBoards boards;
  const auto odd = Step(&boards, {{"a", 3}, {"b", 3.3}, {"c", 0}, {"d", 3}});
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].member, "c");
  EXPECT_LT(odd[0].value, odd[0].low);
}

TEST(MemberBoardsTest, OfTwoNobodyIsOdd) {
  MemberBoards boards;
  EXPECT_TRUE(Step(&boards, {{"a", 1}, {"b", 9}}).empty());
}

TEST(MemberBoardsTest, OneThatIsGoneIsNoSiblingAndIsForgotten) {
  MemberBoards boards;
  Step(&boards, {{"a", 1}, {"b", 1}, {"c", 9}});
  for (int i = 0; i < MemberBoards::kForgetSteps + SignalBoard::kStepsKept + 2; ++i) {
    Step(&boards, {{"a", 1}, {"b", 1}});
  }
  EXPECT_TRUE(Step(&boards, {{"a", 1}, {"b", 9}}).empty());
  EXPECT_EQ(boards.size(), 2u);
}

TEST(MemberBoardsTest, FurtherMembersAreNotFollowed) {
  MemberBoards boards;
  for (size_t i = 0; i < MemberBoards::kMembersMax + 10; ++i) {
    boards.AddIncrease(fmt::format("pod-{}", i), Cpu(), 1);
  }
  EXPECT_EQ(boards.size(), MemberBoards::kMembersMax);
}

TEST(MemberBoardsTest, DurationsUnderAPrefixOfOnesOwnAreComparedByTheir99thPercentile) {
  MemberBoards boards;
  for (const std::string member : {"a", "b", "c"}) {
    const double slow = member == "b" ? 100 : 0;
    for (const auto& [le, count] :
         {std::pair("0.02", 100 - slow), std::pair("1", 100.0), std::pair("+Inf", 100.0)}) {
      boards.AddIncrease(
          member, FeedOf(fmt::format(R"(shop_request_duration_seconds_bucket{{le="{}"}})", le)),
          count);
    }
  }
  const auto odd = boards.EndStep();
  ASSERT_EQ(odd.size(), 1u);
  EXPECT_EQ(odd[0].rule->id, "http_latency_p99");
  EXPECT_EQ(odd[0].member, "b");
  EXPECT_NEAR(odd[0].value, 0.9902, 1e-9);
  EXPECT_NEAR(odd[0].high, 0.0198, 1e-9);
}

TEST(MemberBoardsTest, GoesOnFromARestoredStateAsIfNothingHappened) {
  MemberBoards boards;
  Step(&boards, {{"a", 1}, {"b", 2}, {"c", 9}});
  StateWriter out;
  out(boards);
  const std::string state = out.Take();
  MemberBoards other;
  StateReader in(state);
  in(other);
  ASSERT_TRUE(in.ok() && in.AtEnd());
  const auto one = Step(&boards, {{"a", 1}, {"b", 1}, {"c", 1}});
  const auto two = Step(&other, {{"a", 1}, {"b", 1}, {"c", 1}});
  ASSERT_EQ(one.size(), 1u);
  ASSERT_EQ(two.size(), 1u);
  EXPECT_EQ(one[0].value, two[0].value);
  EXPECT_EQ(one[0].member, two[0].member);
}

}  // namespace
}  // namespace kizashi
