#include "act/delivery_policy.h"

#include <gtest/gtest.h>

#include "act/test_text.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Time kNow = *ParseTime("2026-11-23T08:00:00Z");
constexpr char kUrl[] = "https://hooks.slack.com/services/T0AAAA/B0AAAA/topsecret?key=alsosecret";

DeliveryRecord Delivery() {
  DeliveryRecord delivery;
  delivery.id = 7;
  delivery.kind = "slack";
  delivery.url = kUrl;
  delivery.created = kNow;
  return delivery;
}

FetchResult Answer(int code, std::string body = "", HttpHeaders headers = {}) {
  FetchResult result;
  result.code = code;
  result.body = std::move(body);
  result.headers = std::move(headers);
  return result;
}

TEST(AfterAttemptTest, TwoHundredsAreDelivered) {
  DeliveryRecord delivery = Delivery();
  delivery.last_error = "answered 503";
  const auto after = AfterAttempt(delivery, Answer(204), kNow, {});
  EXPECT_EQ(after.outcome, DeliveryOutcome::kDelivered);
  EXPECT_EQ(after.delivery.state, DeliveryRecord::State::kDelivered);
  EXPECT_EQ(after.delivery.attempts, 1);
  EXPECT_EQ(after.delivery.last_error, "");
  EXPECT_EQ(after.delivery.last_attempt, kNow);
  FetchResult broken = Answer(200);
  broken.status = Unavailable("connection closed within the body");
  EXPECT_EQ(AfterAttempt(Delivery(), broken, kNow, {}).outcome, DeliveryOutcome::kDelivered);
}

TEST(AfterAttemptTest, PassingFailuresAreTriedAgain) {
  for (const int code : {408, 429, 500, 502, 503, 599}) {
    const auto after = AfterAttempt(Delivery(), Answer(code, "try later"), kNow, {});
    EXPECT_EQ(after.outcome, DeliveryOutcome::kRetried) << code;
    EXPECT_EQ(after.delivery.state, DeliveryRecord::State::kWaiting);
    EXPECT_GT(after.delivery.next_attempt, kNow);
    EXPECT_LE(after.delivery.next_attempt, kNow + seconds(1));
    EXPECT_EQ(after.delivery.last_error, fmt::format("answered {}: try later", code));
    EXPECT_FALSE(after.hold_until.has_value());
  }
  FetchResult none;
  none.status = Unavailable("cannot connect to {}", kUrl);
  const auto after = AfterAttempt(Delivery(), none, kNow, {});
  EXPECT_EQ(after.outcome, DeliveryOutcome::kRetried);
  EXPECT_EQ(after.delivery.last_error, "cannot connect to [hidden]");
}

TEST(AfterAttemptTest, RefusalsAreGivenUpAtOnceWithoutSecrets) {
  const std::string body =
      "no such hook: /services/T0AAAA/B0AAAA/topsecret?key=alsosecret, token "
      "topsecret\n" +
      std::string(500, 'x');
  for (const int code : {301, 400, 401, 403, 404, 410, 422}) {
    const auto after = AfterAttempt(Delivery(), Answer(code, body), kNow, {});
    EXPECT_EQ(after.outcome, DeliveryOutcome::kGivenUp) << code;
    EXPECT_EQ(after.delivery.state, DeliveryRecord::State::kGivenUp);
    EXPECT_TRUE(
        Has(after.delivery.last_error, fmt::format("answered {}: no such hook: [hidden]", code)));
    EXPECT_FALSE(Has(after.delivery.last_error, "secret"));
    EXPECT_FALSE(Has(after.delivery.last_error, "\n"));
    EXPECT_LE(after.delivery.last_error.size(), 220u);
  }
}

TEST(AfterAttemptTest, RetryAfterIsHonouredExactly) {
  for (const int code : {429, 503}) {
    auto after = AfterAttempt(Delivery(), Answer(code, "", {{"Retry-After", "37"}}), kNow, {});
    EXPECT_EQ(after.delivery.next_attempt, kNow + seconds(37));
    EXPECT_EQ(after.hold_until, kNow + seconds(37));
    after = AfterAttempt(
        Delivery(), Answer(code, "", {{"retry-after", "Mon, 23 Nov 2026 10:00:00 GMT"}}), kNow, {});
    EXPECT_EQ(after.delivery.next_attempt, kNow + hours(2));
  }
  for (const char* useless : {"0", "Mon, 23 Nov 2026 07:00:00 GMT", "soon"}) {
    const auto after =
        AfterAttempt(Delivery(), Answer(429, "", {{"Retry-After", useless}}), kNow, {});
    EXPECT_GE(after.delivery.next_attempt, kNow + Duration(750)) << useless;
    EXPECT_LE(after.delivery.next_attempt, kNow + seconds(1)) << useless;
    EXPECT_FALSE(after.hold_until.has_value());
  }
}

TEST(AfterAttemptTest, AfterADayItIsGivenUp) {
  DeliveryRecord delivery = Delivery();
  delivery.attempts = 300;
  auto after = AfterAttempt(delivery, Answer(503), kNow + hours(24) - seconds(301), {});
  EXPECT_EQ(after.outcome, DeliveryOutcome::kRetried);
  after = AfterAttempt(delivery, Answer(503), kNow + hours(24) - seconds(1), {});
  EXPECT_EQ(after.outcome, DeliveryOutcome::kGivenUp);
  EXPECT_EQ(after.delivery.state, DeliveryRecord::State::kGivenUp);
  EXPECT_EQ(after.delivery.last_error, "answered 503; given up 23h59m59s after it was due");
  // Asked to wait for longer than that: at once.
  after = AfterAttempt(Delivery(), Answer(429, "", {{"Retry-After", "86401"}}), kNow, {});
  EXPECT_EQ(after.outcome, DeliveryOutcome::kGivenUp);
}

TEST(BackoffTest, DoublesUpToTheLimitWithAJitterOfItsOwn) {
  DeliveryRecord delivery = Delivery();
  for (int attempts = 1; attempts < 40; ++attempts) {
    delivery.attempts = attempts;
    const Duration full = attempts >= 10 ? Duration(300'000) : Duration(1'000 << (attempts - 1));
    const Duration delay = BackoffDelay(delivery, {});
    EXPECT_LE(delay, full) << attempts;
    EXPECT_GE(delay, full * 3 / 4) << attempts;
    EXPECT_EQ(delay, BackoffDelay(delivery, {}));
  }
  DeliveryRecord other = delivery;
  other.id = 8;
  EXPECT_NE(BackoffDelay(delivery, {}), BackoffDelay(other, {}));
}

TEST(RetryAfterTest, TakesSecondsAndAllThreeFormsOfDates) {
  const Time date = *ParseTime("1994-11-06T08:49:37Z");
  EXPECT_EQ(ParseRetryAfter("120", kNow), kNow + seconds(120));
  EXPECT_EQ(ParseRetryAfter(" 1 ", kNow), kNow + seconds(1));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", kNow), date);
  EXPECT_EQ(ParseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT", kNow), date);
  EXPECT_EQ(ParseRetryAfter("Sun Nov  6 08:49:37 1994", kNow), date);
  EXPECT_GT(ParseRetryAfter("99999999999999999999999", kNow), kNow + hours(24));
  for (const char* wrong : {"", "-1", "1.5", "1s", "tomorrow", "Sun, 06 Nov 1994"}) {
    EXPECT_EQ(ParseRetryAfter(wrong, kNow), std::nullopt) << wrong;
  }
}

TEST(HideSecretsTest, HidesEachPart) {
  EXPECT_EQ(HideSecrets("connect to hooks.slack.com failed", kUrl),
            "connect to hooks.slack.com failed");
  EXPECT_EQ(HideSecrets(fmt::format("<{}>", kUrl), kUrl), "<[hidden]>");
  EXPECT_EQ(HideSecrets("alsosecret", kUrl), "[hidden]");
  EXPECT_EQ(HideSecrets("user hunter22 refused", "http://admin:hunter22@host/"),
            "user [hidden] refused");
  EXPECT_EQ(HideSecrets("host", "http://host"), "host");
  EXPECT_EQ(HideSecrets("", ""), "");
}

}  // namespace
}  // namespace kizashi
