#include "judge/logs/count_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/archive.h"

namespace kizashi {
namespace {

double Mass(int x, double mean, double size) {
  return std::exp(std::lgamma(x + size) - std::lgamma(size) - std::lgamma(x + 1.0) +
                  size * std::log(size / (size + mean)) + x * std::log(mean / (size + mean)));
}

// Sums the terms themselves.
double ExactUpper(int x, double mean, double size) {
  double sum = 0;
  for (int i = x; i < x + 20'000; ++i) sum += Mass(i, mean, size);
  return sum;
}
double ExactLower(int x, double mean, double size) {
  double sum = 0;
  for (int i = 0; i <= x; ++i) sum += Mass(i, mean, size);
  return sum;
}

TEST(NegBinomialTest, TheTailsBoundTheExactSumsClosely) {
  for (const double size : {0.5, 2.0, 50.0}) {
    for (const double mean : {0.2, 3.0, 40.0, 900.0}) {
      for (const double factor : {2.0, 5.0, 20.0}) {
        const int x = static_cast<int>(std::ceil(mean * factor)) + 1;
        const double exact = ExactUpper(x, mean, size);
        if (exact < 1e-250) continue;
        const double bound = NegBinomialUpperTail(x, mean, size);
        EXPECT_GE(bound, exact * (1 - 1e-6)) << x << " " << mean << " " << size;
        EXPECT_LE(std::log(bound / exact), 1.2) << x << " " << mean << " " << size;
      }
      const int x = static_cast<int>(mean / 4);
      const double exact = ExactLower(x, mean, size);
      const double bound = NegBinomialLowerTail(x, mean, size);
      if (exact < 1e-250) continue;
      EXPECT_GE(bound, exact * (1 - 1e-6)) << x << " " << mean << " " << size;
    }
  }
}

TEST(NegBinomialTest, KnownValues) {
  // Geometric with mean 1: P(X >= 10) = 2^-10, exactly.
  EXPECT_NEAR(NegBinomialUpperTail(10, 1, 1), std::pow(2, -10), 1e-12);
  // P(X = 0) = (1 + mean / size)^-size.
  EXPECT_NEAR(NegBinomialLowerTail(0, 6, 3), std::pow(3, -3), 1e-12);
  EXPECT_EQ(NegBinomialUpperTail(4, 5, 2), 1);
  EXPECT_EQ(NegBinomialLowerTail(6, 5, 2), 1);
}

class CountModelTest : public testing::Test {
 protected:
  // `windows` minutes in which the service logs `lines` lines and the pattern `mean` of them.
  void Learn(int windows, double lines, double mean, double dispersion) {
    for (int i = 0; i < windows; ++i) {
      double rate = mean;
      if (dispersion > 0) {
        rate *= std::gamma_distribution<double>(1 / dispersion, dispersion)(random_);
      }
      const int count = std::poisson_distribution<int>(rate)(random_);
      if (count > 0) model_.Learn(count, std::max<double>(lines, count), windows_);
      windows_ += 1;
    }
  }
  CountModel model_;
  double windows_ = 0;
  std::mt19937 random_{20260101};
};

TEST_F(CountModelTest, OverdispersedCountsAreNoSurpriseOnceKnown) {
  Learn(3000, 1000, 20, 1.0);
  const double spiky = model_.Surprise(120, 1000, windows_).nats;
  model_ = {};
  windows_ = 0;
  Learn(3000, 1000, 20, 0);
  EXPECT_LT(spiky, 9);
  EXPECT_GT(model_.Surprise(120, 1000, windows_).nats, 25);
  EXPECT_NEAR(model_.Surprise(120, 1000, windows_).expected, 20, 3);
}

TEST_F(CountModelTest, ItTakesBothExpectationsToBeSurprised) {
  Learn(500, 1000, 20, 0);
  EXPECT_LT(model_.Surprise(200, 10'000, windows_).nats, 3) << "ten times the traffic";
  EXPECT_LT(model_.Surprise(20, 100, windows_).nats, 3) << "a tenth of the traffic, not of these";
  EXPECT_GT(model_.Surprise(200, 1180, windows_).nats, 25);
}

TEST_F(CountModelTest, ABurstThatComesNowAndThenIsExpected) {
  for (int i = 0; i < 600; ++i) {
    if (i % 60 == 0) model_.Learn(300, 5000, windows_);
    windows_ += 1;
  }
  EXPECT_LT(model_.Surprise(300, 5000, windows_).nats, 6);
  EXPECT_GT(model_.Surprise(30'000, 35'000, windows_).nats, 10);
}

TEST_F(CountModelTest, OneBurstTeachesLittle) {
  Learn(1000, 1000, 20, 0);
  const double before = model_.Surprise(100, 1080, windows_).nats;
  model_.Learn(100'000, 101'000, windows_);
  windows_ += 1;
  EXPECT_NEAR(model_.Surprise(20, 1000, windows_).expected, 20, 4);
  EXPECT_GT(model_.Surprise(100, 1080, windows_).nats, before / 2);
}

TEST_F(CountModelTest, SilenceIsTheChanceOfNothing) {
  Learn(5000, 1000, 20, 0);
  // Little over-dispersion and a rate well known: nearly e^-expected, a little less sure.
  EXPECT_LT(model_.SilenceNats(15, 30), 15);
  EXPECT_GT(model_.SilenceNats(15, 30), 14);
}

TEST_F(CountModelTest, StateRoundTrips) {
  Learn(100, 1000, 20, 0.5);
  StateWriter out;
  out(model_);
  const std::string bytes = out.Take();
  CountModel read;
  StateReader in(bytes);
  in(read);
  ASSERT_TRUE(in.ok() && in.AtEnd());
  EXPECT_EQ(read.Surprise(99, 1000, windows_).nats, model_.Surprise(99, 1000, windows_).nats);
}

}  // namespace
}  // namespace kizashi
