#include "pattern/byte_masks.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kizashi {
namespace {

// A byte's classes are low[byte & 15] & high[byte >> 4]: each bit stands for a rectangle of the
// table of bytes (Mula and Lemire 2019, "Base64 encoding and decoding at almost the speed of a
// memory copy", use the same look-up).
enum : uint8_t {
  kDigit = 1 << 0,        // 30..39
  kLetterLeft = 1 << 1,   // 41..4f, 61..6f
  kLetterRight = 1 << 2,  // 50..5a, 70..7a
  kUnderscore = 1 << 3,   // 5f
  kMinusDot = 1 << 4,     // 2d, 2e
  kSlashQuote = 1 << 5,   // 2f, 22
  kBackslash = 1 << 6,    // 5c
  kEquals = 1 << 7,       // 3d
};
constexpr uint8_t kWordBits = kDigit | kLetterLeft | kLetterRight | kUnderscore | kMinusDot;
constexpr uint8_t kEventBits = kDigit | kSlashQuote | kBackslash | kEquals;

constexpr std::array<uint8_t, 16> MakeHigh() {
  std::array<uint8_t, 16> high{};
  high[2] = kMinusDot | kSlashQuote;
  high[3] = kDigit | kEquals;
  high[4] = high[6] = kLetterLeft;
  high[5] = kLetterRight | kUnderscore | kBackslash;
  high[7] = kLetterRight;
  return high;
}

constexpr std::array<uint8_t, 16> MakeLow() {
  std::array<uint8_t, 16> low{};
  for (size_t i = 0; i < 16; ++i) {
    if (i <= 9) low[i] |= kDigit;
    if (i >= 1) low[i] |= kLetterLeft;
    if (i <= 10) low[i] |= kLetterRight;
  }
  low[2] |= kSlashQuote;
  low[12] |= kBackslash;
  low[13] |= kMinusDot | kEquals;
  low[14] |= kMinusDot;
  low[15] |= kUnderscore | kSlashQuote;
  return low;
}

constexpr std::array<uint8_t, 16> kHigh = MakeHigh();
constexpr std::array<uint8_t, 16> kLow = MakeLow();

#if defined(__x86_64__)

__attribute__((target("avx2"))) uint32_t Any(__m256i classes, uint8_t bits) {
  const __m256i none = _mm256_cmpeq_epi8(
      _mm256_and_si256(classes, _mm256_set1_epi8(static_cast<char>(bits))), _mm256_setzero_si256());
  return ~static_cast<uint32_t>(_mm256_movemask_epi8(none));
}

__attribute__((target("avx2"))) __m256i Classes(const char* text) {
  const auto table = [](const std::array<uint8_t, 16>& half) __attribute__((target("avx2"))) {
    return _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(half.data())));
  };
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i low = _mm256_and_si256(bytes, nibble);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
  return _mm256_and_si256(_mm256_shuffle_epi8(table(kLow), low),
                          _mm256_shuffle_epi8(table(kHigh), high));
}

__attribute__((target("avx2"))) void Block(const char* text, ByteMasks* masks) {
  const __m256i first = Classes(text);
  const __m256i second = Classes(text + 32);
  const auto both = [&](uint8_t bits) __attribute__((target("avx2"))) {
    return static_cast<uint64_t>(Any(first, bits)) | static_cast<uint64_t>(Any(second, bits)) << 32;
  };
  masks->word = both(kWordBits);
  masks->digit = both(kDigit);
  masks->event = both(kEventBits);
}

__attribute__((target("avx2"))) void MakeByteMasksAvx2(const char* text, size_t size,
                                                       ByteMasks* masks) {
  for (; size >= 64; size -= 64, text += 64) Block(text, masks++);
  if (size == 0) return;
  alignas(32) char last[64] = {};
  std::memcpy(last, text, size);
  Block(last, masks);
}

#endif

}  // namespace

void MakeByteMasksPlain(const char* text, size_t size, ByteMasks* masks) {
  for (size_t at = 0; at < size; at += 64, ++masks) {
    *masks = {};
    for (size_t i = 0; i < 64 && at + i < size; ++i) {
      const auto byte = static_cast<uint8_t>(text[at + i]);
      const uint8_t classes = kLow[byte & 15] & kHigh[byte >> 4];
      masks->word |= static_cast<uint64_t>((classes & kWordBits) != 0) << i;
      masks->digit |= static_cast<uint64_t>((classes & kDigit) != 0) << i;
      masks->event |= static_cast<uint64_t>((classes & kEventBits) != 0) << i;
    }
  }
}

void MakeByteMasks(const char* text, size_t size, ByteMasks* masks) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return MakeByteMasksAvx2(text, size, masks);
#endif
  MakeByteMasksPlain(text, size, masks);
}

}  // namespace kizashi
