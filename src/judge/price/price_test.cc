#include "judge/price/price.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kizashi {
namespace {

TEST(BetaTest, AgreesWithClosedForms) {
  // Beta(1, b): 1 - (1 - x)^b. Beta(a, 1): x^a. Beta(1/2, 1/2): arcsine law.
  for (const double x : {0.001, 0.1, 0.5, 0.9, 0.999}) {
    EXPECT_NEAR(BetaCdf({1, 5}, x), 1 - std::pow(1 - x, 5), 1e-12);
    EXPECT_NEAR(BetaCdf({3.5, 1}, x), std::pow(x, 3.5), 1e-12);
    EXPECT_NEAR(BetaCdf({0.5, 0.5}, x), 2 / M_PI * std::asin(std::sqrt(x)), 1e-12);
  }
}

TEST(BetaTest, QuantileInvertsTheCdf) {
  for (const BetaPrior prior : {kPriorMemberLoss, kPriorNovelty, BetaPrior{2, 3}}) {
    for (const double p : {0.05, 0.5, 0.95}) {
      EXPECT_NEAR(BetaCdf(prior, BetaQuantile(prior, p)), p, 1e-6);
    }
  }
}

TEST(BetaTest, TailsAgreeWithCountingByHand) {
  EXPECT_NEAR(BinomialTail(4, 2, 0.1), 1 - std::pow(0.9, 4) - 4 * 0.1 * std::pow(0.9, 3), 1e-12);
  EXPECT_EQ(BinomialTail(3, 0, 0.5), 1);
  EXPECT_EQ(BinomialTail(3, 4, 0.5), 0);
  // A uniform belief makes every count equally likely.
  EXPECT_NEAR(BetaBinomialTail(4, 2, {1, 1}), 3.0 / 5, 1e-12);
}

TEST(PriceTest, EachFurtherMemberCostsMoreUntilTheGroupFails) {
  const Price first = PriceMemberDown(3, 5, 1);
  const Price second = PriceMemberDown(3, 5, 2);
  const Price third = PriceMemberDown(3, 5, 3);
  EXPECT_GT(first.mean_minutes, 0);
  EXPECT_GT(second.mean_minutes, 5 * first.mean_minutes);
  EXPECT_EQ(third.mean_minutes, 0);
  EXPECT_EQ(FieldNumber(third.fields, "failed"), 1);
  for (const Price& price : {first, second}) {
    EXPECT_LE(price.low_minutes, price.mean_minutes);
    EXPECT_GE(price.high_minutes, price.mean_minutes);
    EXPECT_LE(price.high_minutes, kPriorFailureMinutes);
  }
}

TEST(PriceTest, NoveltyIsTheStatedPrior) {
  const Price price = PriceNovelty();
  EXPECT_NEAR(price.mean_minutes, 0.1, 1e-9);
  EXPECT_LT(price.low_minutes, price.mean_minutes);
  EXPECT_GT(price.high_minutes, price.mean_minutes);
  EXPECT_EQ(price.basis, "prior_novelty");
}

}  // namespace
}  // namespace kizashi
