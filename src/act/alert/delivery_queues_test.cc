#include "act/alert/delivery_queues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi::alerts {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Outcome = SendResult::Outcome;
using Then = DeliveryQueues::Then;

constexpr Time kStart = TimeFromMs(1'000'000);
Time At(int64_t ms) { return kStart + Duration(ms); }
SendResult Failed() { return {Outcome::kFailed, std::nullopt, "answered 503"}; }

TEST(DeliveryQueuesTest, OneAtATimeForADestinationAndAllDestinationsAtOnce) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Add("a", 2, "g2", kStart);
  queues.Add("b", 3, "g1", kStart);
  EXPECT_THAT(queues.Start(At(0)), ElementsAre(1, 3));
  EXPECT_THAT(queues.Start(At(0)), IsEmpty());
  EXPECT_EQ(queues.Result("a", 1, {}, At(5)), Then::kEnded);
  EXPECT_THAT(queues.Start(At(5)), ElementsAre(2));
  EXPECT_EQ(queues.waiting(), 2U);
}

TEST(DeliveryQueuesTest, RetryAfterHoldsTheDestinationToTheMillisecond) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Add("a", 2, "g2", kStart);
  ASSERT_THAT(queues.Start(At(0)), ElementsAre(1));
  SendResult slow{Outcome::kFailed, At(1'500), "answered 429"};
  EXPECT_EQ(queues.Result("a", 1, slow, At(1)), Then::kTriedAgain);
  EXPECT_EQ(queues.NextDue(), At(1'500));
  EXPECT_THAT(queues.Start(At(1'499)), IsEmpty());
  EXPECT_THAT(queues.Start(At(1'500)), ElementsAre(1));
}

TEST(DeliveryQueuesTest, AFailureHoldsUpOnlyItsGroup) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Add("a", 2, "g1", kStart);
  queues.Add("a", 3, "g2", kStart);
  ASSERT_THAT(queues.Start(At(0)), ElementsAre(1));
  EXPECT_EQ(queues.Result("a", 1, Failed(), At(1)), Then::kTriedAgain);
  EXPECT_THAT(queues.Start(At(1)), ElementsAre(3)) << "2 is about the group of 1";
  EXPECT_EQ(queues.Result("a", 3, {}, At(2)), Then::kEnded);
  EXPECT_THAT(queues.Start(At(2)), IsEmpty());
  const Time again = *queues.NextDue();
  EXPECT_GE(again, At(1 + 225));
  EXPECT_LE(again, At(1 + 300));
  EXPECT_THAT(queues.Start(again), ElementsAre(1));
  EXPECT_EQ(queues.Result("a", 1, {}, again), Then::kEnded);
  EXPECT_THAT(queues.Start(again), ElementsAre(2));
}

TEST(DeliveryQueuesTest, NobodyThereHoldsUpAllOfIt) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Add("a", 2, "g2", kStart);
  Time now = kStart;
  for (int i = 0; i < 30; ++i) {
    const auto started = queues.Start(now);
    ASSERT_EQ(started.size(), 1U);
    queues.Result("a", started[0], {Outcome::kNoAnswer, std::nullopt, "refused"}, now);
    const Duration wait = *queues.NextDue() - now;
    EXPECT_LE(wait, Duration(60'000));
    EXPECT_GE(wait, i < 20 ? Duration(200) : Duration(45'000));
    now += wait;
  }
}

TEST(DeliveryQueuesTest, GivesUpAtTheDeadlineAndWhatIsRefused) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Start(At(0));
  EXPECT_EQ(queues.Result("a", 1, {Outcome::kRefused, std::nullopt, "answered 400"}, At(1)),
            Then::kGivenUp);
  queues.Add("a", 2, "g1", kStart);
  const Time late = kStart + Duration(24 * 3'600'000);
  EXPECT_EQ(queues.Status()[0].oldest, kStart);
  EXPECT_EQ(queues.Status()[0].next_attempt, Time{}) << "at once";
  ASSERT_THAT(queues.Start(late), ElementsAre(2));
  EXPECT_EQ(queues.Status()[0].next_attempt, std::nullopt) << "it is being sent";
  EXPECT_EQ(queues.Result("a", 2, Failed(), late), Then::kGivenUp);
  EXPECT_EQ(queues.waiting(), 0U);
  const std::vector<QueueStatus> status = queues.Status();
  EXPECT_EQ(status[0].given_up, 2U);
  EXPECT_EQ(status[0].last_error, "answered 503");
}

TEST(DeliveryQueuesTest, KeepsTheRateOfADestination) {
  DeliveryQueues queues(QueuePolicy{});
  queues.SetLimit("a", {2, Duration(1000)});
  EXPECT_EQ(queues.Status()[0].limit.messages, 2U);
  EXPECT_FALSE(queues.Status()[0].oldest || queues.Status()[0].next_attempt);
  for (uint64_t number = 1; number <= 5; ++number) {
    queues.Add("a", number, std::to_string(number), kStart);
  }
  std::vector<int64_t> sent;
  for (int64_t ms = 0; ms < 4000; ms += 10) {
    for (const uint64_t number : queues.Start(At(ms))) {
      sent.push_back(ms);
      queues.Result("a", number, {}, At(ms));
      for (const uint64_t next : queues.Start(At(ms))) {
        sent.push_back(ms);
        queues.Result("a", next, {}, At(ms));
      }
    }
  }
  EXPECT_THAT(sent, ElementsAre(0, 0, 1000, 1000, 2000));
}

TEST(DeliveryQueuesTest, SeveralAtOnceWhenAskedFor) {
  QueuePolicy policy;
  policy.parallel = 2;
  DeliveryQueues queues(policy);
  queues.Add("a", 1, "g1", kStart);
  queues.Add("a", 2, "g1", kStart);
  queues.Add("a", 3, "g2", kStart);
  queues.Add("a", 4, "g3", kStart);
  EXPECT_THAT(queues.Start(At(0)), ElementsAre(1, 3)) << "2 is about the group of 1";
  queues.Result("a", 1, {}, At(1));
  EXPECT_THAT(queues.Start(At(1)), ElementsAre(2));
}

TEST(DeliveryQueuesTest, AClockThatIsSetBackHoldsNothingUp) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Start(At(0));
  queues.Result("a", 1, Failed(), At(0));
  const Time before = kStart - std::chrono::hours(5);
  queues.ClockWentBack(before);
  EXPECT_EQ(queues.NextDue(), before + Duration(60'000));
}

TEST(DeliveryQueuesTest, WhatIsRemovedIsNotSent) {
  DeliveryQueues queues(QueuePolicy{});
  queues.Add("a", 1, "g1", kStart);
  queues.Add("a", 2, "g1", kStart);
  queues.Remove("a", 1);
  EXPECT_THAT(queues.Start(At(0)), ElementsAre(2));
  queues.Remove("a", 2);  // being sent: it stays until its answer
  EXPECT_EQ(queues.Result("a", 2, {}, At(1)), Then::kEnded);
  EXPECT_EQ(queues.NextDue(), std::nullopt);
}

}  // namespace
}  // namespace kizashi::alerts
