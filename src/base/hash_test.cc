#include "base/hash.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

// Hashes are stored as ids: these values hold on every machine and in every version. They are the
// reference values of XXH3 (64 bits) for the empty input.
TEST(HashTest, IdsAreForEver) {
  EXPECT_EQ(HexId(Hash64("")), "2d06800538d394c2");
  EXPECT_EQ(HexId(Hash64("", 1)), "4dc5b0cc826f6703");
  EXPECT_NE(Hash64("a"), Hash64("b"));
  EXPECT_EQ(HexId(255), "00000000000000ff");
}

}  // namespace
}  // namespace kizashi
