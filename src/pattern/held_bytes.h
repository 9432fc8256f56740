// Bytes that are kept by the ten thousand and seldom changed: one pointer, where a string takes 32
// bytes and what it grew by.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"

namespace kizashi {

class HeldBytes {
 public:
  HeldBytes() = default;
  /// A copy of `bytes`, which are fewer than 4 GiB.
  explicit HeldBytes(std::string_view bytes) {
    if (bytes.empty()) return;
    KZ_CHECK(bytes.size() <= UINT32_MAX);
    const auto size = static_cast<uint32_t>(bytes.size());
    bytes_ = std::make_unique<char[]>(sizeof(size) + bytes.size());
    std::memcpy(bytes_.get(), &size, sizeof(size));
    std::memcpy(bytes_.get() + sizeof(size), bytes.data(), bytes.size());
  }

  size_t size() const {
    uint32_t size = 0;
    if (bytes_) std::memcpy(&size, bytes_.get(), sizeof(size));
    return size;
  }
  /// Good as long as this object is.
  std::string_view view() const {
    return bytes_ ? std::string_view(bytes_.get() + sizeof(uint32_t), size()) : std::string_view();
  }

 private:
  std::unique_ptr<char[]> bytes_;  // the size in four bytes, then they
};

}  // namespace kizashi
