// Writing and reading the little binary forms that our formats are made of.
//
// ByteWriter appends to a string it owns. ByteReader walks foreign or stored bytes and is total: a
// read that fails gives zero and turns ok() false, as does every later one, and nothing is read
// past the end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace kizashi {

class ByteWriter {
 public:
  void U8(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  /// Little endian.
  void U32(uint32_t value) { Raw(&value, sizeof(value)); }
  void U64(uint64_t value) { Raw(&value, sizeof(value)); }
  void Double(double value) { U64(std::bit_cast<uint64_t>(value)); }
  /// Big endian, so that keys sort as numbers.
  void BigU32(uint32_t value) { U32(__builtin_bswap32(value)); }
  void BigU64(uint64_t value) { U64(__builtin_bswap64(value)); }
  /// LEB128.
  void Varint(uint64_t value) {
    while (value >= 0x80) {
      U8(static_cast<uint8_t>(value | 0x80));
      value >>= 7;
    }
    U8(static_cast<uint8_t>(value));
  }
  void SignedVarint(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  /// Length as Varint, then the bytes.
  void String(std::string_view value) {
    Varint(value.size());
    bytes_.append(value);
  }
  void Raw(const void* data, size_t size) { bytes_.append(static_cast<const char*>(data), size); }

  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t U8() {
    if (!Need(1)) return 0;
    const auto value = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  uint32_t U32() { return Fixed<uint32_t>(); }
  uint64_t U64() { return Fixed<uint64_t>(); }
  double Double() { return std::bit_cast<double>(U64()); }
  uint32_t BigU32() { return __builtin_bswap32(U32()); }
  uint64_t BigU64() { return __builtin_bswap64(U64()); }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = U8();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return ok_ ? value : 0;
    }
    Fail();
    return 0;
  }
  int64_t SignedVarint() {
    const uint64_t value = Varint();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  /// A view into the bytes read from.
  std::string_view String() { return Bytes(Varint()); }
  std::string_view Bytes(uint64_t size) {
    if (!Need(size)) return {};
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  /// What is left, without reading it.
  std::string_view Peek() const { return rest_; }

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  size_t remaining() const { return rest_.size(); }

 private:
  template <typename T>
  T Fixed() {
    T value = 0;
    if (!Need(sizeof(T))) return 0;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  bool Need(uint64_t size) {
    if (rest_.size() >= size) return true;
    Fail();
    return false;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace kizashi
