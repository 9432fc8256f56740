#include "act/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "act/delivery_test_support.h"
#include "act/test_text.h"

namespace kizashi {
namespace {

TEST_F(DeliveryTest, AMessageIsPostedAndMarked) {
  Receiver receiver;
  Add("a", "firing", receiver.Url("/hook?x=1"));
  Add("b", "firing", receiver.Url("/slack"), "slack");
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForState("a", kDelivered));
  ASSERT_TRUE(WaitForState("b", kDelivered));
  EXPECT_EQ(Stored("a").attempts, 1);
  EXPECT_EQ(Stored("a").last_attempt, clock_.Now());
  for (size_t i = 0; i < 2; ++i) {
    const HttpRequest request = receiver.request(i);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.Header("content-type"), "application/json");
    if (request.path == "/slack") {
      EXPECT_TRUE(Has(request.body, "\"blocks\":"));
      EXPECT_TRUE(Has(request.body, "呼び出し"));  // the team's language
    } else {
      EXPECT_EQ(request.query, "x=1");
      EXPECT_EQ(request.Header("idempotency-key"), "a-firing");
      EXPECT_TRUE(Has(request.body, R"("dedup_key":"a-firing")"));
    }
  }
  ASSERT_TRUE(WaitFor([&] {
    return registry_.Write().find("kizashi_notifications_waiting 0\n") != std::string::npos;
  }));
  EXPECT_TRUE(
      Has(registry_.Write(), R"(kizashi_notifications_total{kind="slack",outcome="delivered"} 1)"));
}

TEST_F(DeliveryTest, WakeSendsWithoutWaitingForThePoll) {
  Receiver receiver;
  DeliveryOptions options = Options();
  options.poll = std::chrono::hours(1);
  const auto sender = Start(options);
  Add("a", "firing", receiver.Url());
  sender->Wake();
  EXPECT_TRUE(WaitForState("a", kDelivered));
}

TEST_F(DeliveryTest, RetryAfterHoldsTheDestinationExactlyThatLong) {
  Receiver limited({HttpResponse{429, {{"Retry-After", "1"}}, "slow down"}});
  Receiver other;
  Add("a", "firing", limited.Url());
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForAttempts("a", 1));
  EXPECT_EQ(Stored("a").next_attempt, clock_.Now() + std::chrono::seconds(1));
  EXPECT_EQ(Stored("a").state, kWaiting);

  clock_.Advance(Duration(999));
  Add("b", "firing", limited.Url());  // the same destination: held as well
  Add("c", "firing", other.Url());    // tells that the sender has looked at what is due
  sender->Wake();
  ASSERT_TRUE(WaitForState("c", kDelivered));
  EXPECT_EQ(limited.count(), 1u);

  clock_.Advance(Duration(1));
  sender->Wake();
  ASSERT_TRUE(WaitForState("a", kDelivered));
  ASSERT_TRUE(WaitForState("b", kDelivered));
  EXPECT_EQ(limited.Keys(), (Strings{"a-firing", "a-firing", "b-firing"}));
}

TEST_F(DeliveryTest, AServerInTroubleIsTriedAgainAndResolvedNeverOvertakesFiring) {
  Receiver receiver({TextResponse(503, "busy"), TextResponse(500, "oops")});
  Add("a", "firing", receiver.Url());
  Add("a", "resolved", receiver.Url());
  Add("b", "firing", receiver.Url());
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForAttempts("a", 1));
  // Another alert may go meanwhile; it takes the second bad answer.
  ASSERT_TRUE(WaitForAttempts("b", 1));
  EXPECT_EQ(Stored("a").last_error, "answered 503: busy");
  clock_.Advance(Duration(1'000));
  sender->Wake();
  ASSERT_TRUE(WaitForState("a", kDelivered, 1));
  ASSERT_TRUE(WaitForState("b", kDelivered));
  const auto keys = receiver.Keys();
  const auto last_firing = std::find(keys.rbegin(), keys.rend(), "a-firing");
  const auto resolved = std::find(keys.rbegin(), keys.rend(), "a-resolved");
  EXPECT_LT(resolved, last_firing);  // read backwards
  EXPECT_EQ(std::count(keys.begin(), keys.end(), "a-resolved"), 1);
  EXPECT_EQ(std::count(keys.begin(), keys.end(), "a-firing"), 2);
}

TEST_F(DeliveryTest, NobodyThereIsTriedAgainForADay) {
  std::string url;
  {
    Receiver gone;
    url = gone.Url("/services/topsecret");
  }
  Add("a", "firing", url);
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForAttempts("a", 1));
  EXPECT_EQ(Stored("a").state, kWaiting);
  EXPECT_FALSE(Has(Stored("a").last_error, "topsecret"));
  EXPECT_NE(Stored("a").last_error, "");
  clock_.Advance(std::chrono::hours(24));
  sender->Wake();
  ASSERT_TRUE(WaitForState("a", kGivenUp));
  EXPECT_TRUE(Has(Stored("a").last_error, "given up 1d after it was due"));
  EXPECT_TRUE(Has(registry_.Write(),
                  R"(kizashi_notifications_total{kind="webhook",outcome="given_up"} 1)"));
}

TEST_F(DeliveryTest, ARefusalIsGivenUpAtOnce) {
  Receiver receiver({TextResponse(404, "no_service at /hook/topsecret")});
  Add("a", "firing", receiver.Url("/hook/topsecret"));
  Add("a", "resolved", receiver.Url("/hook/topsecret"));
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForState("a", kGivenUp));
  EXPECT_EQ(Stored("a").last_error, "answered 404: no_service at [hidden]");
  EXPECT_TRUE(WaitForState("a", kDelivered, 1));  // what comes after it is not held up
  EXPECT_EQ(receiver.count(), 2u);
}

}  // namespace
}  // namespace kizashi
