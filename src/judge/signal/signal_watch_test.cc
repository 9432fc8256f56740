#include "judge/signal/signal_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/archive.h"

namespace kizashi {
namespace {

const Time kBegin = TimeFromMs(1'767'312'000'000);

// A service with noise of a few per cent; a fault multiplies some of its signals.
class Shop {
 public:
  struct Fault {
    int begin = 0;
    int end = 0;
    std::array<double, 6> times{1, 1, 1, 1, 1, 1};
  };
  static constexpr std::array<std::string_view, 6> kIds = {
      "http_requests",  "http_latency_p99",     "process_cpu",
      "process_memory", "node_network_receive", "process_fds"};

  explicit Shop(uint32_t seed = 7) : random_(seed) {}
  SignalWatch::Change Minute(int minute, const Fault& fault) {
    const std::array means = {60.0, 0.08, 0.2, 2e8, 1e6, share_};
    constexpr std::array kNoise = {0.05, 0.1, 0.05, 0.01, 0.05, 0.03};
    std::vector<SignalValue> values;
    for (size_t i = 0; i < kIds.size(); ++i) {
      double value = means[i] * (1 + kNoise[i] * normal_(random_));
      if (minute >= fault.begin && minute < fault.end) value *= fault.times[i];
      values.push_back({RuleOf(kIds[i]), value});
    }
    return watch_.Look(values, Members(minute), kBegin + minute * SignalWatch::kEvery, 0,
                       siblings_);
  }
  /// How many anomalies begin and end.
  std::pair<int, int> Play(int from, int to, const Fault& fault) {
    std::pair<int, int> seen;
    for (int minute = from; minute < to; ++minute) {
      const SignalWatch::Change change = Minute(minute, fault);
      if (change == SignalWatch::Change::kBegins) {
        ++seen.first;
        first_ = watch_.moved().front();
        begun_ = minute;
      }
      seen.second += change == SignalWatch::Change::kEnds ? 1 : 0;
    }
    return seen;
  }
  /// Of its descriptors, that are in use.
  void Share(double share) { share_ = share; }
  /// From then on one server of five does `times` its share of the work of the processors.
  void OddServer(int begin, int end, double times) { odd_ = {begin, end, times}; }
  const SignalWatch::Moved& first() const { return first_; }
  int begun() const { return begun_; }
  SignalWatch& watch() { return watch_; }
  void BorrowFrom(const std::vector<const SignalWatch*>& siblings) { siblings_ = siblings; }

 private:
  std::vector<MemberBoards::Odd> Members(int minute) {
    if (!odd_) return {};
    const bool is_odd = minute >= odd_->begin && minute < odd_->end;
    const double away =
        (is_odd ? 0.04 * (odd_->times - 1) : 0) + 0.002 * (1 + normal_(random_) / 4);
    return {{RuleOf("process_cpu"), is_odd ? "c" : "a", 0.04 + away, 0.04, 0.038, 0.042}};
  }
  static const SignalRule* RuleOf(std::string_view id) {
    for (const SignalRule& rule : SignalRules()) {
      if (rule.id == id) return &rule;
    }
    return nullptr;
  }
  struct Odd {
    int begin = 0;
    int end = 0;
    double times = 1;
  };
  double share_ = 0.1;
  std::optional<Odd> odd_;
  SignalWatch watch_;
  std::vector<const SignalWatch*> siblings_;
  SignalWatch::Moved first_;
  int begun_ = 0;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
};

constexpr int kQuietMinutes = 3 * 24 * 60;

TEST(SignalWatchTest, NothingHappensWhileNothingDoes) {
  Shop shop;
  EXPECT_EQ(shop.Play(0, kQuietMinutes, {}), std::pair(0, 0));
  EXPECT_TRUE(shop.watch().rarity_weeks().has_value());
}

TEST(SignalWatchTest, SteadyNoiseIsQuiet) {
  constexpr int kServices = 20;
  int begun = 0;
  for (uint32_t seed = 0; seed < kServices; ++seed) {
    begun += Shop(seed).Play(0, 14 * 24 * 60, {}).first;
  }
  EXPECT_LE(begun, kServices * 2 / 2) << "more than one in two service-weeks";
}

TEST(SignalWatchTest, WhatMovesTogetherIsOneAnomalyThatEnds) {
  Shop shop;
  shop.Play(0, kQuietMinutes, {});
  const Shop::Fault fault{kQuietMinutes, kQuietMinutes + 15, {1, 3, 6, 1.3, 1, 1.5}};
  ASSERT_EQ(shop.Play(kQuietMinutes, kQuietMinutes + 90, fault), std::pair(1, 1));
  EXPECT_LE(shop.begun(), kQuietMinutes + 5);
  EXPECT_EQ(shop.first().direction, 1);
  EXPECT_GT(shop.first().value, shop.first().high);
}

// Ten times the descriptors, of which there are ten thousand times as many.
TEST(SignalWatchTest, AShareThatStaysSmallIsNothingAlone) {
  Shop shop;
  shop.Share(0.0009);
  shop.Play(0, 30, {});
  const Shop::Fault crowd{30, 40, {1, 1, 1, 1, 1, 10}};
  EXPECT_EQ(shop.Play(30, 60, crowd), std::pair(0, 0));
  shop.Share(0.09);
  EXPECT_EQ(shop.Play(60, 62, {}).first, 1) << "a tenth of them is something";
}

// Memory hardly moves: a page more is rare, and nothing.
TEST(SignalWatchTest, WhatHardlyDiffersFromWhatWasExpectedIsNothingAlone) {
  const auto rules = SignalRules();
  const auto memory = std::find_if(rules.begin(), rules.end(), [](const SignalRule& rule) {
    return rule.id == "process_memory";
  });
  ASSERT_NE(memory, rules.end());
  SignalWatch watch;
  const auto begins = [&](int from, int to, double bytes) {
    int begun = 0;
    for (int minute = from; minute < to; ++minute) {
      const double value = bytes + 4096 * (minute % 3);
      const Time at = kBegin + minute * SignalWatch::kEvery;
      begun += watch.Look({{&*memory, value}}, {}, at, 0) == SignalWatch::Change::kBegins ? 1 : 0;
    }
    return begun;
  };
  EXPECT_EQ(begins(0, 60, 191'600'000), 0);
  EXPECT_EQ(begins(60, 63, 192'000'000), 0);
  EXPECT_EQ(begins(63, 66, 250'000'000), 1) << "a third more";
}

TEST(SignalWatchTest, WhatIsHardlyOffIsNoPartOfAnAnomaly) {
  Shop shop;
  shop.Share(0.001);
  EXPECT_EQ(shop.Play(0, kQuietMinutes, {}), std::pair(0, 0));
  // A few more descriptors first, of a million; a minute later the customers wait.
  const Shop::Fault first{kQuietMinutes, kQuietMinutes + 1, {1, 1, 1, 1, 1, 1.6}};
  EXPECT_EQ(shop.Play(kQuietMinutes, kQuietMinutes + 1, first).first, 0);
  const Shop::Fault then{kQuietMinutes + 1, kQuietMinutes + 10, {1, 5, 1, 1, 1, 1.6}};
  EXPECT_EQ(shop.Play(kQuietMinutes + 1, kQuietMinutes + 10, then).first, 1);
  EXPECT_EQ(shop.first().rule->id, "http_latency_p99");
  EXPECT_EQ(shop.watch().begin(), kBegin + (kQuietMinutes + 1) * SignalWatch::kEvery);
  EXPECT_EQ(shop.watch().moved().size(), 1u);
}

TEST(SignalWatchTest, AnOddValueShortlyBeforeIsNotTheBegin) {
  Shop shop;
  EXPECT_EQ(shop.Play(0, kQuietMinutes, {}), std::pair(0, 0));
  const Shop::Fault odd{kQuietMinutes, kQuietMinutes + 1, {1, 1.7, 1, 1, 1, 1}};
  EXPECT_EQ(shop.Play(kQuietMinutes, kQuietMinutes + 2, odd).first, 0);
  const Shop::Fault fault{kQuietMinutes + 2, kQuietMinutes + 10, {1, 5, 2, 1, 1, 1}};
  EXPECT_EQ(shop.Play(kQuietMinutes + 2, kQuietMinutes + 10, fault).first, 1);
  EXPECT_EQ(shop.watch().begin(), kBegin + (kQuietMinutes + 2) * SignalWatch::kEvery);
}

TEST(SignalWatchTest, WhatIsHardlyOffIsNothingTogetherEither) {
  const auto rules = SignalRules();
  const auto rule = [&](std::string_view id) {
    return &*std::find_if(rules.begin(), rules.end(),
                          [id](const SignalRule& one) { return one.id == id; });
  };
  const auto begun = [&](double memory_times, double fds_times) {
    SignalWatch watch;
    int count = 0;
    for (int minute = 0; minute < kQuietMinutes; ++minute) {
      const bool odd = minute >= kQuietMinutes - 20;
      const double memory = 2e8 * (1 + 0.0002 * (minute % 3)) * (odd ? memory_times : 1);
      const double fds = 0.001 * (1 + 0.01 * (minute % 5)) * (odd ? fds_times : 1);
      const Time at = kBegin + minute * SignalWatch::kEvery;
      const SignalWatch::Change change =
          watch.Look({{rule("process_memory"), memory}, {rule("process_fds"), fds}}, {}, at, 0);
      count += change == SignalWatch::Change::kBegins ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(begun(1.008, 1.6), 0) << "rare as it is, no limit is near";
  EXPECT_EQ(begun(1.3, 1.6), 1) << "a third more memory is something";
}

// Customers come once the shop is open: that is no measure of how much they move about.
TEST(SignalWatchTest, TheBeginOfASignalIsNotLearnt) {
  Shop shop;
  const Shop::Fault opening{0, 2, {0.1, 1, 1, 1, 1, 1}};
  ASSERT_EQ(shop.Play(0, 16, opening), std::pair(0, 0));
  const Shop::Fault surge{16, 20, {3, 1, 1, 1, 1, 1}};
  EXPECT_EQ(shop.Play(16, 20, surge), std::pair(1, 0));
  EXPECT_EQ(shop.first().rule->id, "http_requests");
}

// After minutes of a plateau the usual is unlike what is expected; it is the end all the same.
TEST(SignalWatchTest, EndsTenMinutesAfterTheReturnToWhereItCameFrom) {
  Shop shop;
  shop.Play(0, 20, {});
  const Shop::Fault slow{20, 24, {1, 40, 1, 1, 1, 1}};
  ASSERT_EQ(shop.Play(20, 24, slow), std::pair(1, 0));
  EXPECT_EQ(shop.Play(24, 36, {}), std::pair(0, 1));
  const Shop::Fault burn{36, 40, {1, 1, 20, 1, 1, 1}};
  EXPECT_EQ(shop.Play(36, 40, burn), std::pair(1, 0)) << "what comes after it is another";
  EXPECT_EQ(shop.first().rule->id, "process_cpu");
}

TEST(SignalWatchTest, OneSignalThatIsFarAwayNeedsNoCompany) {
  Shop shop;
  shop.Play(0, kQuietMinutes, {});
  const Shop::Fault slow{kQuietMinutes, kQuietMinutes + 15, {1, 12, 1, 1, 1, 1}};
  ASSERT_EQ(shop.Play(kQuietMinutes, kQuietMinutes + 90, slow), std::pair(1, 1));
  EXPECT_EQ(shop.first().rule->id, "http_latency_p99");
  EXPECT_LE(shop.begun(), kQuietMinutes + 5);
}

TEST(SignalWatchTest, ThreeTimesTheTrafficIsUsage) {
  Shop shop;
  shop.Play(0, kQuietMinutes, {});
  const Shop::Fault surge{kQuietMinutes, kQuietMinutes + 30, {3, 1, 1, 1, 1, 1}};
  ASSERT_EQ(shop.Play(kQuietMinutes, kQuietMinutes + 90, surge).first, 1);
  EXPECT_EQ(shop.first().rule->signal, SignalClass::kThroughput);
}

// One server of five works twice as much: the sum of all is within its noise, the siblings tell.
TEST(SignalWatchTest, OneServerThatDiffersFromItsSiblingsIsFoundAndNamed) {
  constexpr int kYoungMinutes = 25;
  Shop shop;
  shop.OddServer(kYoungMinutes, kYoungMinutes + 4, 2);
  ASSERT_EQ(shop.Play(0, kYoungMinutes, {}), std::pair(0, 0));
  ASSERT_EQ(shop.Play(kYoungMinutes, kYoungMinutes + 60, {}), std::pair(1, 1));
  EXPECT_LE(shop.begun(), kYoungMinutes + 2);
  EXPECT_EQ(shop.first().rule->id, "process_cpu");
  EXPECT_EQ(shop.first().member, "c");
  EXPECT_TRUE(shop.first().only_member);
  EXPECT_GT(shop.first().member_value, shop.first().siblings_high);
}

TEST(SignalWatchTest, WhatAReleaseMovesIsMasked) {
  Shop shop;
  shop.Play(0, kQuietMinutes, {});
  shop.watch().Mark(Change::kRelease, kBegin + kQuietMinutes * SignalWatch::kEvery);
  const Shop::Fault restart{kQuietMinutes, kQuietMinutes + 5, {1, 3, 6, 1.3, 1, 1.5}};
  EXPECT_EQ(shop.Play(kQuietMinutes, kQuietMinutes + 14, restart).first, 0);
}

TEST(SignalWatchTest, GoesOnFromARestoredStateAsIfNothingHappened) {
  Shop shop;
  shop.Play(0, 1000, {});
  StateWriter out;
  out(shop.watch());
  const std::string state = out.Take();
  Shop other = shop;
  StateReader in(state);
  in(other.watch());
  ASSERT_TRUE(in.ok() && in.AtEnd());
  const Shop::Fault fault{1100, 1115, {1, 3, 6, 1.3, 1, 1.5}};
  EXPECT_EQ(shop.Play(1000, 1300, fault), other.Play(1000, 1300, fault));
  StateWriter one;
  one(shop.watch());
  StateWriter two;
  two(other.watch());
  EXPECT_EQ(one.Take(), two.Take());
}

TEST(SignalWatchTest, AServiceOfMinutesBorrowsFromItsSiblings) {
  std::vector<Shop> old = {Shop(1), Shop(2)};
  for (Shop& shop : old) shop.Play(0, 2 * 24 * 60, {});
  ASSERT_TRUE(old[0].watch().Lends());
  const Shop::Fault fault{15, 30, {1, 3, 6, 1.3, 1, 1.5}};
  int found = 0;
  int early = 0;
  for (uint32_t seed = 10; seed < 20; ++seed) {
    Shop young(seed);
    young.BorrowFrom({&old[0].watch(), &old[1].watch()});
    early += young.Play(0, 15, fault).first;
    found += young.Play(15, 30, fault).first;
    EXPECT_FALSE(young.watch().Lends());
  }
  EXPECT_EQ(early, 0);
  EXPECT_EQ(found, 10);
}

TEST(SignalWatchTest, WhatItBorrowedIsSavedWithIt) {
  Shop old(1);
  old.Play(0, 2 * 24 * 60, {});
  Shop young(2);
  young.BorrowFrom({&old.watch()});
  young.Play(0, 20, {});
  StateWriter out;
  out(young.watch());
  const std::string state = out.Take();
  Shop restored = young;
  StateReader in(state);
  in(restored.watch());
  ASSERT_TRUE(in.ok() && in.AtEnd());
  const Shop::Fault fault{30, 45, {1, 3, 6, 1.3, 1, 1.5}};
  EXPECT_EQ(young.Play(20, 300, fault), restored.Play(20, 300, fault));
  StateWriter one;
  one(young.watch());
  StateWriter two;
  two(restored.watch());
  EXPECT_EQ(one.Take(), two.Take());
}

}  // namespace
}  // namespace kizashi
