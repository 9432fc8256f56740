#include "store/logs/text_filter.h"

#include <bit>
#include <cstring>

namespace kizashi {
namespace {

constexpr uint32_t kGram = 4;
constexpr uint32_t kBitsLog = 20;  // 128 KiB, which stays in the cache of a core
constexpr size_t kWordsMin = 4;

// The high bits of a product mix best, and folding keeps the low ones of the result.
uint32_t Place(const char* at) {
  uint32_t gram = 0;
  std::memcpy(&gram, at, sizeof(gram));
  return (gram * 2654435761U) >> (32 - kBitsLog);
}

size_t CountBits(const std::vector<uint64_t>& bits) {
  size_t count = 0;
  for (const uint64_t word : bits) count += static_cast<size_t>(std::popcount(word));
  return count;
}

}  // namespace

TextFilter TextFilter::Of(std::string_view text) {
  TextFilter filter;
  if (text.empty()) return filter;
  std::vector<uint64_t> bits((1U << kBitsLog) / 64);
  for (size_t i = 0; i + kGram <= text.size(); ++i) {
    const uint32_t place = Place(text.data() + i);
    bits[place / 64] |= uint64_t{1} << (place % 64);
  }
  // Folded, at most so many bits are set as before: a quarter before is a half after.
  while (bits.size() > kWordsMin && CountBits(bits) * 4 <= bits.size() * 64) {
    const size_t half = bits.size() / 2;
    for (size_t i = 0; i < half; ++i) bits[i] |= bits[half + i];
    bits.resize(half);
  }
  filter.bits_ = std::move(bits);
  return filter;
}

StatusOr<TextFilter> TextFilter::Read(std::string_view bytes) {
  TextFilter filter;
  const size_t words = bytes.size() / sizeof(uint64_t);
  if (bytes.size() % sizeof(uint64_t) != 0 || words > (1U << kBitsLog) / 64 ||
      (words != 0 && !std::has_single_bit(words))) {
    return DataLoss("log block: the text filter is damaged");
  }
  filter.bits_.resize(words);
  if (words != 0) std::memcpy(filter.bits_.data(), bytes.data(), bytes.size());
  return filter;
}

std::string TextFilter::Encode() const {
  return {reinterpret_cast<const char*>(bits_.data()), bits_.size() * sizeof(uint64_t)};
}

bool TextFilter::MayHold(std::string_view part) const {
  if (bits_.empty()) return part.empty();
  const size_t mask = bits_.size() * 64 - 1;
  for (size_t i = 0; i + kGram <= part.size(); ++i) {
    const size_t place = Place(part.data() + i) & mask;
    if ((bits_[place / 64] >> (place % 64) & 1) == 0) return false;
  }
  return true;
}

}  // namespace kizashi
