#include "judge/price/price_book.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/archive.h"
#include "judge/price/price.h"

namespace kizashi {
namespace {

constexpr Time kStart = TimeFromMs(1'767'225'600'000);
constexpr Duration kMinute = std::chrono::minutes(1);

TEST(GammaTest, AgreesWithClosedForms) {
  // Shape 1 is the exponential distribution; shape 1/2 the square of a normal's.
  for (const double x : {0.001, 0.3, 1.0, 4.0, 20.0}) {
    EXPECT_NEAR(GammaCdf({1, 2}, x), -std::expm1(-2 * x), 1e-12);
    EXPECT_NEAR(GammaCdf({0.5, 1}, x), std::erf(std::sqrt(x)), 1e-12);
  }
  for (const double shape : {0.05, 0.5, 2.0, 300.0, 20'000.0}) {
    for (const double p : {0.05, 0.5, 0.95}) {
      const double x = GammaQuantile({shape, 3}, p);
      if (x == 0) continue;  // below anything that matters
      EXPECT_NEAR(GammaCdf({shape, 3}, x), p, 1e-8) << shape;
    }
    const std::vector<double> parts = GammaParts({shape, 3}, 32);
    EXPECT_NEAR(std::accumulate(parts.begin(), parts.end(), 0.0) / 32, shape / 3, 1e-9 * shape);
    EXPECT_TRUE(std::is_sorted(parts.begin(), parts.end()));
  }
}

TEST(KindPoolTest, ManyEpisodesOverruleThePool) {
  EXPECT_NEAR(std::accumulate(kStatedPool.weights.begin(), kStatedPool.weights.end(), 0.0), 1,
              1e-12);
  EXPECT_NEAR(kStatedPool.mean(), kPriorNovelty.mean(), 0.002);
  EXPECT_NEAR(HazardOf(kStatedPool, {}), kStatedPool.mean(), 1e-12);
  EXPECT_NEAR(HazardOf(kStatedPool, {40, 100}), 0.4, 0.03);
  EXPECT_LT(HazardOf(kStatedPool, {0, 100}), kStatedPool.mean() / 2);
  const GammaBelief belief = BeliefOf(kStatedPool, {3, 10});
  EXPECT_NEAR(belief.mean(), HazardOf(kStatedPool, {3, 10}), 1e-12);
}

TEST(KindPoolTest, ThePoolLearnsHowKindsAre) {
  std::vector<KindCount> kinds(20, KindCount{3, 10});
  const KindPool pool = Pool(kStatedPool, 5, kinds);
  EXPECT_GT(pool.mean(), 0.15);
  EXPECT_NEAR(std::accumulate(pool.weights.begin(), pool.weights.end(), 0.0), 1, 1e-9);
  EXPECT_EQ(Pool(kStatedPool, 5, {}).weights, kStatedPool.weights);
}

TEST(EvidencePriceTest, IsComputedAgainFromItsFields) {
  PriceInputs inputs;
  inputs.episodes = 12;
  inputs.followed = 6;
  inputs.expected = 0.25;
  inputs.credited = 5.5;
  inputs.others = 0.01;
  inputs.calibration = {0.1, 1.05};
  inputs.failure_minutes = 7;
  inputs.failure_weight = 8;
  const Price price = EvidencePrice(inputs, kBasisEvidence);
  EXPECT_LT(price.low_minutes, price.mean_minutes);
  EXPECT_GT(price.high_minutes, price.mean_minutes);
  EXPECT_NEAR(price.mean_minutes, 0.36 * 7, 0.6);
  const auto json = FieldsFromJson(FieldsToJson(price.fields));
  ASSERT_TRUE(json.ok());
  const auto read = InputsOf({0, 0, 0, price.basis, *json});
  ASSERT_TRUE(read);
  const Price again = EvidencePrice(*read, price.basis);
  EXPECT_EQ(again.mean_minutes, price.mean_minutes);
  EXPECT_EQ(again.low_minutes, price.low_minutes);
  EXPECT_EQ(again.fields, price.fields);
  EXPECT_FALSE(InputsOf(PriceNovelty()));
  Price other_rule = price;
  other_rule.fields[0].second = 99.0;
  EXPECT_FALSE(InputsOf(other_rule));
}

TEST(EvidencePriceTest, PartsOfSeveralKindsSumToTheWhole) {
  // The second is told what the first led one to expect, so both together cost what both lead to.
  const Calibration calibration{0.2, 0.9};
  const double first = calibration.Chance(0.3) - calibration.Chance(0);
  const double second = calibration.Chance(0.3 + 0.5) - calibration.Chance(0.3);
  EXPECT_NEAR(first + second, calibration.Chance(0.8), 1e-12);
  EXPECT_NEAR(Calibration{}.Chance(0.8), 1 - std::exp(-0.8), 1e-12);
}

// A book with two services, played minute by minute.
class PriceBookTest : public testing::Test {
 protected:
  void SetUp() override { book_.Follow({{"shop", {"web"}}, {"web", {}}}); }
  void Wait(Duration duration) {
    for (const Time end = now_ + duration; now_ < end;) {
      now_ += kMinute;
      book_.Advance(now_, measuring_);
    }
  }
  void Begin(const std::string& service, const std::string& kind) {
    book_.Begin(service, "logs", service + "/logs/" + kind, now_);
  }
  void Fail(const std::string& service, double minutes) {
    const Time begin = now_;
    book_.FailureBegan(service, begin);
    Wait(std::chrono::minutes(10));
    book_.FailureEnded(service, now_, minutes);
  }
  // So many times: these kinds begin, then the service fails or does not.
  void Repeat(int times, const std::vector<std::string>& kinds, bool fails) {
    for (int i = 0; i < times; ++i) {
      for (const std::string& kind : kinds) Begin("shop", kind);
      Wait(std::chrono::minutes(20));
      if (fails) Fail("shop", 8);
      Wait(std::chrono::hours(5));
    }
  }
  const ServiceEvidence::Kind& Kind(const std::string& kind) {
    return *book_.Find("shop")->Find("shop/logs/" + kind);
  }
  Price PriceOf(const std::string& kind) {
    return book_.PriceOf("shop", "logs", "shop/logs/" + kind, now_, PriceNovelty());
  }

  PriceBook book_;
  std::set<std::string> measuring_{"shop", "web"};
  Time now_ = kStart;
};

TEST_F(PriceBookTest, ThePriorStandsWhileNothingWasObserved) {
  EXPECT_EQ(PriceOf("a").basis, "prior_novelty");
  Begin("shop", "a");
  EXPECT_EQ(PriceOf("a").basis, "prior_novelty");
  Wait(std::chrono::hours(2));
  EXPECT_EQ(PriceOf("a").basis, kBasisPooled);
}

TEST_F(PriceBookTest, AKindThatComesBeforeFailuresIsDearAndAHarmlessOneCheap) {
  Repeat(10, {"bad"}, true);
  Repeat(10, {"harmless"}, false);
  EXPECT_EQ(Kind("bad").episodes, 10);
  EXPECT_EQ(Kind("bad").followed, 10);
  EXPECT_LT(Kind("bad").expected, 0.5);
  EXPECT_EQ(PriceOf("bad").basis, kBasisEvidence);
  EXPECT_GT(PriceOf("bad").low_minutes, 3);
  EXPECT_LT(PriceOf("harmless").mean_minutes, 0.2);
  EXPECT_GT(RatioOf(Kind("bad").followed, Kind("bad").expected).low, 1);
}

TEST_F(PriceBookTest, OneThatGoesAlongIsCreditedLittle) {
  Repeat(10, {"bad", "along"}, true);
  Repeat(10, {"bad"}, true);
  Repeat(10, {"along"}, false);
  EXPECT_GT(Kind("bad").credited, 4 * Kind("along").credited);
  EXPECT_EQ(Kind("along").followed, 10);  // it is seen, and shared away
}

TEST_F(PriceBookTest, FewEpisodesArePricedAtThePool) {
  Repeat(10, {"bad"}, true);
  Repeat(4, {"young"}, true);
  EXPECT_EQ(PriceOf("young").basis, kBasisPooled);
  const Price unknown = PriceOf("never seen");
  EXPECT_EQ(PriceOf("young").mean_minutes, unknown.mean_minutes);
  Repeat(1, {"young"}, true);
  EXPECT_EQ(PriceOf("young").basis, kBasisEvidence);
}

TEST_F(PriceBookTest, WhatBeginsDuringAFailureIsASymptom) {
  for (int i = 0; i < 6; ++i) {
    book_.FailureBegan("shop", now_);
    Wait(kMinute);
    Begin("shop", "symptom");
    Wait(std::chrono::minutes(9));
    book_.FailureEnded("shop", now_, 8);
    Wait(std::chrono::hours(3));
  }
  EXPECT_EQ(Kind("symptom").episodes, 0);
}

TEST_F(PriceBookTest, AFailureToldLateTakesBackWhatBeganSince) {
  Begin("shop", "before");
  Wait(std::chrono::minutes(10));
  const Time begin = now_;
  Wait(std::chrono::minutes(3));
  Begin("shop", "symptom");
  Wait(kMinute);
  book_.FailureBegan("shop", begin);
  Wait(kMinute);
  EXPECT_EQ(Kind("before").followed, 1);
  EXPECT_EQ(Kind("symptom").episodes, 0);
}

TEST_F(PriceBookTest, AFailureOfADependentCountsAndIsSharedOnce) {
  for (int i = 0; i < 8; ++i) {
    Begin("shop", "upstream");
    book_.Begin("web", "logs", "web/logs/own", now_);
    Wait(std::chrono::minutes(10));
    Fail("web", 5);
    Wait(std::chrono::hours(4));
  }
  const double shop = Kind("upstream").credited;
  const double web = book_.Find("web")->Find("web/logs/own")->credited;
  EXPECT_EQ(Kind("upstream").followed, 8);
  EXPECT_GT(shop, 1);
  EXPECT_LT(shop + web, 12);  // hazards are credited, so a little more than eight
  // A failure of what it depends on is none of the web's.
  Begin("shop", "upstream");
  Fail("shop", 5);
  EXPECT_EQ(book_.Find("web")->Find("web/logs/own")->followed, 8);
}

TEST_F(PriceBookTest, UnmeasuredTimeProvesNothing) {
  measuring_.clear();
  Repeat(5, {"a"}, false);
  EXPECT_EQ(Kind("a").episodes, 0);
  EXPECT_FALSE(book_.has_evidence());
}

TEST_F(PriceBookTest, WhatFailuresBurnIsLearnt) {
  Repeat(12, {"bad"}, true);
  EXPECT_NEAR(book_.CostOf("shop").minutes, 8, 0.5);
  EXPECT_EQ(book_.CostOf("web").weight, 2);
}

TEST_F(PriceBookTest, GoesOnAfterARestoreAsIfNothingHappened) {
  Repeat(7, {"bad", "along"}, true);
  Begin("shop", "bad");
  Wait(std::chrono::minutes(5));
  StateWriter writer;
  writer(book_);
  const std::string state = writer.Take();
  PriceBook restored;
  StateReader reader(state);
  reader(restored);
  ASSERT_TRUE(reader.ok() && reader.AtEnd());
  restored.Follow({{"shop", {"web"}}, {"web", {}}});
  for (PriceBook* book : {&book_, &restored}) {
    for (int i = 0; i < 300; ++i) book->Advance(now_ + i * kMinute, measuring_);
  }
  StateWriter one;
  StateWriter two;
  one(book_);
  two(restored);
  EXPECT_EQ(one.Take(), two.Take());
}

TEST_F(PriceBookTest, OldSituationsAreForgotten) {
  Repeat(6, {"bad"}, true);
  now_ += ServiceEvidence::kForget;
  Wait(std::chrono::hours(25));
  EXPECT_EQ(Kind("bad").episodes, 0);
}

TEST_F(PriceBookTest, KindsBeyondTheLimitPushOutTheOldest) {
  for (size_t i = 0; i <= ServiceEvidence::kKindsMax; ++i) {
    Begin("shop", std::to_string(i));
    now_ += kMinute;
  }
  EXPECT_EQ(book_.Find("shop")->kinds().size(), ServiceEvidence::kKindsMax);
  EXPECT_EQ(book_.Find("shop")->Find("shop/logs/0"), nullptr);
  EXPECT_NE(book_.Find("shop")->Find("shop/logs/1"), nullptr);
}

}  // namespace
}  // namespace kizashi
