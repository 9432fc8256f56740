#include "store/logs/text_find.h"

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kizashi {
namespace {

// How common a byte is in logs, roughly: the places compared are those of the lowest.
int Commonness(char c) {
  if (c == ' ' || c == 'e' || c == 't' || c == '0' || c == '1') return 5;
  if (c >= 'a' && c <= 'z') return std::string_view("jkqvwxyz").find(c) < 8 ? 2 : 4;
  if (c >= '0' && c <= '9') return 4;
  if (c == ',' || c == ':' || c == '=' || c == '-' || c == '.') return 3;
  return 1;
}

}  // namespace

TextFinder::TextFinder(std::string_view needle) : needle_(needle) {
  if (needle.empty()) return;
  for (size_t i = 1; i < needle.size(); ++i) {
    if (Commonness(needle[i]) < Commonness(needle[first_])) first_ = i;
  }
  second_ = first_ == 0 ? needle.size() - 1 : 0;
  for (size_t i = 0; i < needle.size(); ++i) {
    if (i != first_ && Commonness(needle[i]) < Commonness(needle[second_])) second_ = i;
  }
}

size_t TextFinder::Find(std::string_view text, size_t from) const {
  const size_t size = needle_.size();
  if (from > text.size() || text.size() - from < size) return std::string_view::npos;
  if (size == 0) return from;
#ifdef __SSE2__
  const __m128i first = _mm_set1_epi8(needle_[first_]);
  const __m128i second = _mm_set1_epi8(needle_[second_]);
  const char* const data = text.data();
  size_t at = from;
  // The last needle that fits begins at text.size() - size; both loads stay inside of the text.
  for (; at + size + 15 <= text.size(); at += 16) {
    const auto a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at + first_));
    const auto b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + at + second_));
    auto hits = static_cast<uint32_t>(
        _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, second))));
    for (; hits != 0; hits &= hits - 1) {
      const size_t place = at + static_cast<size_t>(__builtin_ctz(hits));
      if (std::memcmp(data + place, needle_.data(), size) == 0) return place;
    }
  }
  return text.find(needle_, at);
#else
  return text.find(needle_, from);
#endif
}

}  // namespace kizashi
