#include "judge/anomaly/service_detector.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'571'200'000);
constexpr int64_t kDayS = 86'400;
constexpr uint32_t kSignals = 8;

class Fleet {
 public:
  explicit Fleet(uint64_t seed = 11) : random_(seed) {}
  // `away`: how many signals are shifted, one more each minute from `since` on.
  bool Minute(int64_t second, uint32_t away, int64_t since) {
    const Time at = kBegin + std::chrono::seconds(second);
    for (uint32_t i = 0; i < kSignals; ++i) {
      const bool shifted = i < away && second >= since + 60 * int64_t(i);
      detector_.Observe(i, at, 100 + 5 * normal_(random_) + (shifted ? 200 : 0));
    }
    finding_ = detector_.Judge(at);
    return finding_.alert;
  }
  void Borrow(std::span<const ServiceDetector* const> siblings) {
    detector_.Borrow(siblings);
    for (uint32_t i = 0; i < kSignals; ++i) {
      std::vector<const SeriesDetector*> others;
      for (const ServiceDetector* sibling : siblings) others.push_back(&sibling->signal(i));
      detector_.signal(i).Borrow(others);
    }
  }
  ServiceDetector& detector() { return detector_; }
  const ServiceDetector::Finding& finding() const { return finding_; }

 private:
  ServiceDetector detector_{kSignals};
  ServiceDetector::Finding finding_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

TEST(ServiceDetectorTest, SeveralSignalsMakeOneAnomalyNamedByWhatMovedFirst) {
  Fleet run;
  int alerts = 0;
  for (int64_t s = 0; s < 7 * kDayS; s += 60) alerts += run.Minute(s, 0, 0) ? 1 : 0;
  EXPECT_EQ(alerts, 0);
  for (int64_t s = 7 * kDayS; s < 7 * kDayS + 1200; s += 60) {
    alerts += run.Minute(s, 4, 7 * kDayS) ? 1 : 0;
  }
  EXPECT_EQ(alerts, 1);
  EXPECT_TRUE(run.detector().open());
  ASSERT_GE(run.detector().moved().size(), 4u);
  EXPECT_EQ(run.detector().moved()[0].signal, 0u);
  EXPECT_EQ(run.detector().moved()[1].signal, 1u);
  EXPECT_EQ(run.detector().begin(), kBegin + std::chrono::seconds(7 * kDayS));
}

TEST(ServiceDetectorTest, TwoSignalsOfManyAreNone) {
  Fleet run;
  for (int64_t s = 0; s < 7 * kDayS; s += 60) run.Minute(s, 0, 0);
  int alerts = 0;
  for (int64_t s = 7 * kDayS; s < 7 * kDayS + 1200; s += 60) {
    alerts += run.Minute(s, 2, 7 * kDayS) ? 1 : 0;
  }
  EXPECT_EQ(alerts, 0);
}

TEST(ServiceDetectorTest, ASignalBeyondTheLimitIsNotWatched) {
  ServiceDetector detector(2);
  detector.Observe(ServiceDetector::kSignalsMax, kBegin, 1);
  EXPECT_EQ(detector.size(), 2u);
  detector.Observe(4, kBegin, 1);
  EXPECT_EQ(detector.size(), 5u);
}

TEST(ServiceDetectorTest, AYoungServiceFindsWithTheHelpOfItsSiblings) {
  Fleet sibling(11);
  for (int64_t s = 0; s < 2 * kDayS; s += 60) sibling.Minute(s, 0, 0);
  const ServiceDetector* const siblings[] = {&sibling.detector()};
  for (const bool borrows : {false, true}) {
    Fleet young(12);
    int before = 0;
    int found = 0;
    for (int64_t s = 0; s < 1800; s += 60) {
      if (borrows) young.Borrow(siblings);
      (s < 900 ? before : found) += young.Minute(s, 5, 900) ? 1 : 0;
    }
    EXPECT_EQ(before, 0);
    EXPECT_EQ(found, borrows ? 1 : 0);
  }
}

}  // namespace
}  // namespace kizashi
