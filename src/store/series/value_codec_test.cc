#include "store/series/value_codec.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "wire/telemetry.h"

namespace kizashi {
namespace {

using Values = std::vector<double>;

std::string Encode(const Values& values) {
  ValueEncoder encoder;
  std::string out;
  encoder.Encode(values, &out);
  return out;
}

ValueForm FormOf(const Values& values) { return static_cast<ValueForm>(Encode(values)[0] & 0x0f); }

// Encodes, decodes whole and in windows, compares bit by bit.
void ExpectRoundTrip(const Values& values) {
  const std::string bytes = Encode(values);
  Values decoded(values.size());
  ASSERT_TRUE(DecodeValues(bytes, values.size(), 0, values.size(), decoded.data()));
  ASSERT_EQ(std::memcmp(decoded.data(), values.data(), values.size() * sizeof(double)), 0);
  const size_t step = std::max<size_t>(1, values.size() / 5);
  for (size_t from = 0; from <= values.size(); from += step) {
    for (size_t to = from; to <= values.size(); to += step) {
      decoded.assign(values.size(), -7);
      ASSERT_TRUE(DecodeValues(bytes, values.size(), from, to, decoded.data()));
      ASSERT_EQ(std::memcmp(decoded.data(), values.data() + from, (to - from) * sizeof(double)), 0)
          << from << " " << to << " of " << values.size();
    }
  }
}

double NanOf(uint64_t payload) { return std::bit_cast<double>(0x7ff8000000000000ULL | payload); }

TEST(ValueCodecTest, EachFormIsChosenForWhatItIsFor) {
  Values sparse(200, 5), busy, level, sum, noise;
  sparse[100] = 6;
  std::fill(sparse.begin() + 101, sparse.end(), 6);
  std::mt19937_64 random(1);
  double counter = 0, seconds = 12345.5;
  for (int i = 0; i < 200; ++i) {
    busy.push_back(counter += static_cast<double>(90 + random() % 20));
    level.push_back(500 + static_cast<double>(random() % 9));
    sum.push_back(seconds);
    for (int j = 0; j < 5; ++j) seconds += static_cast<double>(random() % 1'000'000) / 1e9;
    noise.push_back(i % 20 == 0 ? std::sqrt(static_cast<double>(random())) : noise.back());
  }
  EXPECT_EQ(FormOf({std::sqrt(2.0), std::sqrt(2.0)}), ValueForm::kBits);
  EXPECT_EQ(FormOf({0.25, 0.25, 0.25}), ValueForm::kEqual);
  EXPECT_EQ(FormOf(sparse), ValueForm::kSparse);
  EXPECT_EQ(FormOf(busy), ValueForm::kDelta);
  EXPECT_EQ(FormOf(level), ValueForm::kLevel);
  EXPECT_EQ(FormOf(sum), ValueForm::kSum);
  EXPECT_EQ(FormOf(noise), ValueForm::kXor);
  for (const Values& values : {sparse, busy, level, sum, noise}) ExpectRoundTrip(values);
  EXPECT_LT(Encode(sum).size(), 200 * 5);
}

TEST(ValueCodecTest, SpecialValuesComeBackBitByBit) {
  const double inf = std::numeric_limits<double>::infinity();
  const Values special = {0.0,
                          -0.0,
                          inf,
                          -inf,
                          StaleNan(),
                          NanOf(0),
                          NanOf(1),
                          -NanOf(77),
                          std::numeric_limits<double>::denorm_min(),
                          std::numeric_limits<double>::max(),
                          std::numeric_limits<double>::lowest(),
                          9007199254740991.0,
                          9007199254740992.0,
                          -9007199254740993.0,
                          1e300,
                          1e-300,
                          0.1,
                          1.0 / 3,
                          1e15,
                          123456789.123456789};
  for (const double one : special) {
    ExpectRoundTrip({one});
    ExpectRoundTrip({one, one, one});
    for (const double other : special) {
      ExpectRoundTrip({one, other});
      ExpectRoundTrip({one, other, other, one, one});
      ExpectRoundTrip({1, 2, one, 3, other, 5});
    }
  }
  ExpectRoundTrip(special);
}

TEST(ValueCodecTest, StaleMarkersCostLittle) {
  Values values(480, 17.5);
  const size_t without = Encode(values).size();
  values[3] = values[4] = values[479] = StaleNan();
  ExpectRoundTrip(values);
  EXPECT_LE(Encode(values).size(), without + 6);
  values.assign(480, StaleNan());
  ExpectRoundTrip(values);
  values[240] = 1;
  ExpectRoundTrip(values);
}

TEST(ValueCodecTest, AStepInBytesCostsNoMoreThanAStepInPages) {
  Values pages, bytes;
  std::mt19937_64 random(2);
  for (int i = 0; i < 480; ++i) {
    pages.push_back(static_cast<double>(1000 + random() % 64));
    bytes.push_back(pages.back() * 4096 + 512);
  }
  ExpectRoundTrip(bytes);
  EXPECT_LE(Encode(bytes).size(), Encode(pages).size() + 8);
}

// Random columns of every kind and size, with resets, gaps and odd values thrown in.
TEST(ValueCodecTest, RandomColumnsComeBack) {
  std::mt19937_64 random(std::random_device{}());
  for (int round = 0; round < 3000; ++round) {
    const auto seed = random();
    SCOPED_TRACE(seed);
    std::mt19937_64 dice(seed);
    const size_t count = 1 + dice() % 300;
    const int kind = static_cast<int>(dice() % 6);
    const double scale = std::pow(10.0, static_cast<double>(dice() % 12));
    const uint64_t span = 1 + (dice() >> (10 + dice() % 50));
    const bool is_odd = dice() % 3 == 0;
    double value = static_cast<double>(dice() % 1'000'000) / scale;
    Values values;
    for (size_t i = 0; i < count; ++i) {
      switch (kind) {
        case 0: value += static_cast<double>(dice() % span); break;
        case 1: value = static_cast<double>(dice() % span) / scale; break;
        case 2: value += static_cast<double>(dice() % 1000) / scale; break;
        case 3: value += dice() % 50 == 0 ? 1 : 0; break;
        case 4: value = std::bit_cast<double>(dice()); break;
        default: value = -value * 1.000001; break;
      }
      if (dice() % 100 == 0) value = 0;
      values.push_back(is_odd && dice() % 20 == 0 ? StaleNan() : value);
    }
    ASSERT_NO_FATAL_FAILURE(ExpectRoundTrip(values));
  }
}

TEST(ValueCodecTest, TheLongestColumnComesBack) {
  Values values(kColumnValuesMax);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * i % 977);
  ExpectRoundTrip(values);
}

TEST(ValueCodecTest, AnyBytesAreAColumnOrRefused) {
  std::mt19937_64 random(3);
  Values out(1000);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = static_cast<char>(static_cast<uint8_t>(bytes[0]) & 0xc7);
    const size_t count = 1 + random() % 1000;
    (void)DecodeValues(bytes, count, 0, count, out.data());
  }
  EXPECT_FALSE(DecodeValues("", 1, 0, 1, out.data()));
}

TEST(ValueCodecTest, ACutColumnIsRefused) {
  Values values;
  for (int i = 0; i < 100; ++i) values.push_back(i * i);
  const std::string bytes = Encode(values);
  Values out(values.size());
  for (size_t size = 0; size + 1 < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeValues(bytes.substr(0, size), 100, 0, 100, out.data())) << size;
  }
}

}  // namespace
}  // namespace kizashi
