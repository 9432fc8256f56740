// Bits into bytes and back, the lowest bit of a byte first: what the value codec is written with.
//
// A BitWriter writes into memory that the caller has made large enough. A BitReader is total: what
// is read past the end is zero and turns ok() false. Rice codes: docs/internals/series-block.md.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kizashi {

/// A quotient from here on is written as an escape and the number's 64 bits.
inline constexpr unsigned kRiceEscape = 24;
inline constexpr unsigned kRiceParameterMax = 56;
/// The most bits that one Rice code takes.
inline constexpr size_t kRiceBitsMax = kRiceEscape + 1 + 64;

/// A signed number as an unsigned one that is small when the number is close to zero.
constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

class BitWriter {
 public:
  /// `to` has room for everything that is written and eight bytes more.
  explicit BitWriter(char* to) : begin_(to), to_(to) {}

  /// The lowest `count` bits of `bits`, the others being zero. Requires count <= 56.
  void Write(uint64_t bits, unsigned count) {
    pending_ |= bits << filled_;
    filled_ += count;
    std::memcpy(to_, &pending_, sizeof(pending_));
    const unsigned bytes = filled_ / 8;
    to_ += bytes;
    pending_ = bytes == 0 ? pending_ : pending_ >> (bytes * 8);
    filled_ %= 8;
  }
  void Write64(uint64_t bits) {
    Write(bits & 0xffffffff, 32);
    Write(bits >> 32, 32);
  }
  void WriteRice(uint64_t value, unsigned k) {
    const uint64_t quotient = value >> k;
    if (quotient >= kRiceEscape) {
      Write(1ULL << kRiceEscape, kRiceEscape + 1);
      Write64(value);
      return;
    }
    const auto zeros = static_cast<unsigned>(quotient);
    const uint64_t low = value & ((1ULL << k) - 1);
    if (zeros + 1 + k <= kRiceParameterMax) {
      Write((low << (zeros + 1)) | (1ULL << zeros), zeros + 1 + k);
    } else {
      Write(1ULL << zeros, zeros + 1);
      Write(low, k);
    }
  }
  /// How many bytes have been begun.
  size_t Finish() const { return static_cast<size_t>(to_ - begin_) + (filled_ > 0 ? 1 : 0); }

 private:
  char* begin_;
  char* to_;
  uint64_t pending_ = 0;
  unsigned filled_ = 0;  // bits of pending_, below 8 between calls
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// Requires count <= 56.
  uint64_t Read(unsigned count) {
    if (filled_ < count) Refill();
    const uint64_t bits = pending_ & ((1ULL << count) - 1);
    Drop(count);
    return bits;
  }
  uint64_t Read64() {
    const uint64_t low = Read(32);
    return low | (Read(32) << 32);
  }
  /// Requires k <= kRiceParameterMax.
  uint64_t ReadRice(unsigned k) {
    if (filled_ < kRiceEscape + 1) Refill();
    const auto zeros = static_cast<unsigned>(std::countr_zero(pending_ | (1ULL << kRiceEscape)));
    Drop(zeros + 1);
    if (zeros == kRiceEscape) return Read64();
    return (static_cast<uint64_t>(zeros) << k) | Read(k);
  }
  bool ok() const { return ok_; }

 private:
  // At least 57 bits are there afterwards; past the end they are zero and counted as missing.
  void Refill() {
    if (end_ - next_ >= 8) {
      uint64_t bits = 0;
      std::memcpy(&bits, next_, sizeof(bits));
      pending_ |= bits << filled_;
      next_ += (63 - filled_) / 8;
      filled_ |= 56;
      return;
    }
    while (filled_ <= 56) {
      if (next_ == end_) {
        missing_ += 8;
      } else {
        pending_ |= static_cast<uint64_t>(static_cast<uint8_t>(*next_++)) << filled_;
      }
      filled_ += 8;
    }
  }
  void Drop(unsigned count) {
    pending_ >>= count;
    filled_ -= count;
    if (filled_ < missing_) ok_ = false;
  }

  const char* next_;
  const char* end_;
  uint64_t pending_ = 0;
  unsigned filled_ = 0;
  unsigned missing_ = 0;  // bits of pending_ that were past the end
  bool ok_ = true;
};

}  // namespace kizashi
