#include "judge/logs/companions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/archive.h"

namespace kizashi {
namespace {

class CompanionsTest : public testing::Test {
 protected:
  // `steps` steps of five seconds; `counts` lines of each member in each.
  void Run(int steps, const std::vector<std::pair<uint32_t, uint32_t>>& counts) {
    for (int i = 0; i < steps; ++i) {
      for (const auto& [member, lines] : counts) {
        if (lines > 0) companions_.Count(member, lines);
      }
      companions_.EndStep();
    }
  }
  Companions companions_;
};

TEST_F(CompanionsTest, APatternHasOneNumber) {
  const uint32_t a = companions_.Join(1, 10);
  EXPECT_NE(a, companions_.Join(2, 10));
  EXPECT_EQ(a, companions_.Join(1, 10));
  EXPECT_EQ(companions_.service(a), 1u);
  EXPECT_EQ(companions_.pattern(a), 10u);
}

TEST_F(CompanionsTest, TheMemberThatIsMissingIsTold) {
  const uint32_t asked = companions_.Join(1, 10);
  const uint32_t answered = companions_.Join(1, 11);
  Run(60, {{asked, 2}, {answered, 2}});
  EXPECT_EQ(companions_.Look(answered).nats, 0);
  EXPECT_EQ(companions_.CountOf(1), 2);
  Run(3, {{asked, 2}});
  const Companions::Break broken = companions_.Look(answered);
  EXPECT_GT(broken.nats, 10);
  EXPECT_EQ(broken.other, asked);
  EXPECT_EQ(broken.count, 18);
  EXPECT_EQ(broken.other_count, 24);
  EXPECT_EQ(companions_.Look(asked).nats, 0) << "it has more lines, not fewer";
}

TEST_F(CompanionsTest, AcrossServicesTheMajoritySaysWhoIsMissing) {
  const uint32_t caller = companions_.Join(1, 10);
  const uint32_t route = companions_.Join(2, 20);
  const uint32_t price = companions_.Join(3, 30);
  Run(120, {{caller, 3}, {route, 3}, {price, 3}});
  Run(6, {{caller, 3}, {price, 3}});
  EXPECT_GT(companions_.Look(route).nats, 20);
  EXPECT_EQ(companions_.Look(caller).nats, 0);
  EXPECT_EQ(companions_.Look(price).nats, 0);
}

TEST_F(CompanionsTest, ALineOnTheEdgeIsNoDifference) {
  const uint32_t a = companions_.Join(1, 10);
  const uint32_t b = companions_.Join(1, 11);
  for (int i = 0; i < 200; ++i) {
    // The second of the two lines of a request now and then falls into the next step.
    const bool late = i % 20 == 7;
    const bool after = i % 20 == 8;
    Run(1, {{a, 5}, {b, late ? 4u : after ? 6u : 5u}});
  }
  Run(6, {{a, 5}});
  EXPECT_GT(companions_.Look(b).nats, 20);
}

TEST_F(CompanionsTest, AFaultIsHeldAgainstItForAnHourAndThenForgotten) {
  const uint32_t a = companions_.Join(1, 10);
  const uint32_t b = companions_.Join(1, 11);
  Run(12 * 60, {{a, 1}, {b, 1}});
  Run(12 * 30, {{a, 1}});
  EXPECT_GT(companions_.Look(b).nats, 10);
  Run(12 * 40, {{a, 1}});
  EXPECT_EQ(companions_.Look(b).nats, 0);
}

TEST_F(CompanionsTest, WhatIsEqualByChanceIsNoPair) {
  const uint32_t a = companions_.Join(1, 10);
  const uint32_t b = companions_.Join(1, 11);
  for (uint32_t i = 0; i < 600; ++i) {
    Run(1, {{a, i * 7 % 5 == 0 ? 1u : 0u}, {b, i * 11 % 13 == 0 ? 1u : 0u}});
  }
  Run(12, {{a, 1}});
  EXPECT_LT(companions_.Look(b).nats, 5);
}

TEST_F(CompanionsTest, ADamagedStateNamesNoMemberThatIsNotThere) {
  const uint32_t a = companions_.Join(1, 10);
  const uint32_t b = companions_.Join(1, 11);
  Run(30, {{a, 1}, {b, 1}});
  StateWriter out;
  out(companions_);
  const std::string bytes = out.Take();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    Companions read;
    StateReader in(damaged);
    in(read);
    for (uint32_t member = 0; member < read.size(); ++member) {
      const uint32_t other = read.Look(member).other;
      EXPECT_TRUE(other == Companions::kNone || other < read.size());
    }
  }
}

}  // namespace
}  // namespace kizashi
