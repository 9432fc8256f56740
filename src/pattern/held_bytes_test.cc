#include "pattern/held_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace kizashi {
namespace {

TEST(HeldBytesTest, GivesBackWhatItWasGiven) {
  EXPECT_EQ(HeldBytes().view(), "");
  EXPECT_EQ(HeldBytes("").size(), 0u);
  const std::string bytes("a\0b", 3);
  HeldBytes held(bytes);
  EXPECT_EQ(held.view(), bytes);
  const HeldBytes moved = std::move(held);
  EXPECT_EQ(moved.view(), bytes);
  EXPECT_EQ(HeldBytes(std::string(70'000, 'x')).size(), 70'000u);
}

}  // namespace
}  // namespace kizashi
