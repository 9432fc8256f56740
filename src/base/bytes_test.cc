#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kizashi {
namespace {

TEST(BytesTest, EveryFormRoundTrips) {
  const uint64_t numbers[] = {0, 1, 127, 128, 300, 0x7fffffffffffffff, 0xffffffffffffffff};
  const int64_t whole[] = {0,
                           -1,
                           1,
                           63,
                           -64,
                           -65,
                           std::numeric_limits<int64_t>::max(),
                           std::numeric_limits<int64_t>::min()};
  ByteWriter out;
  out.U8(0xab);
  out.U32(0xdeadbeef);
  for (const uint64_t number : numbers) out.Varint(number);
  for (const int64_t number : whole) out.SignedVarint(number);
  out.Double(-0.0);
  out.Double(std::numeric_limits<double>::denorm_min());
  out.String(std::string_view("a\0b", 3));
  out.BigU32(0x01020304);
  out.BigU64(0x0102030405060708);
  const std::string bytes = out.Take();
  ByteReader in(bytes);
  EXPECT_EQ(in.U8(), 0xab);
  EXPECT_EQ(in.U32(), 0xdeadbeef);
  for (const uint64_t number : numbers) EXPECT_EQ(in.Varint(), number);
  for (const int64_t number : whole) EXPECT_EQ(in.SignedVarint(), number);
  EXPECT_TRUE(std::signbit(in.Double()));
  EXPECT_EQ(in.Double(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(in.String(), std::string_view("a\0b", 3));
  EXPECT_EQ(in.BigU32(), 0x01020304u);
  EXPECT_EQ(in.BigU64(), 0x0102030405060708u);
  EXPECT_TRUE(in.ok() && in.AtEnd());
}

// Files written by one machine are read by another: these bytes never change.
TEST(BytesTest, TheBytesAreFixed) {
  ByteWriter out;
  out.U32(1);
  out.BigU32(1);
  out.Varint(300);
  out.SignedVarint(-2);
  out.Double(1);
  out.String("kz");
  EXPECT_EQ(out.bytes(), std::string("\x01\0\0\0"
                                     "\0\0\0\x01"
                                     "\xac\x02"
                                     "\x03"
                                     "\0\0\0\0\0\0\xf0\x3f"
                                     "\x02kz",
                                     22));
}

TEST(BytesTest, BigEndianKeysSortAsTheirNumbers) {
  std::string before;
  for (const uint64_t number : {0ULL, 1ULL, 255ULL, 256ULL, 1ULL << 32, ~0ULL}) {
    ByteWriter out;
    out.BigU64(number);
    EXPECT_TRUE(before.empty() || before < out.bytes()) << number;
    before = out.bytes();
  }
}

TEST(BytesTest, AFailedReadGivesZeroAndStopsAllThatFollow) {
  ByteReader in(
      std::string_view("\x05"
                       "abc",
                       4));
  EXPECT_EQ(in.String(), "") << "five bytes are promised, three are there";
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.U8(), 0) << "nothing is read after a failure";
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(BytesTest, EveryShortInputFails) {
  const std::string bytes(7, '\xff');
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string_view cut = std::string_view(bytes).substr(0, size);
    ByteReader fixed(cut);
    EXPECT_EQ(fixed.U64(), 0u);
    EXPECT_FALSE(fixed.ok());
    ByteReader varint(cut);
    EXPECT_EQ(varint.Varint(), 0u);
    EXPECT_FALSE(varint.ok()) << "a varint that goes on and on";
  }
}

TEST(BytesTest, HostileLengthsDoNotOverflow) {
  ByteReader longest(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01xyz", 13));
  EXPECT_EQ(longest.String(), "");
  EXPECT_FALSE(longest.ok());
  const std::string endless = std::string(11, '\x80') + "\x01";
  ByteReader too_many_bytes(endless);
  EXPECT_EQ(too_many_bytes.Varint(), 0u);
  EXPECT_FALSE(too_many_bytes.ok());
}

}  // namespace
}  // namespace kizashi
