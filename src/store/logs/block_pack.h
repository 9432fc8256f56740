// Packs: runs of bytes of a block file, packed by zstd where that makes them smaller.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/logs/block_format.h"

namespace kizashi {

/// Packs with one context, which is costly to make. One thread.
class Packer {
 public:
  Packer();
  ~Packer();
  /// The bytes to store: packed, or `raw` itself when it does not get smaller (same size then).
  /// With `far` repetitions are found over the whole of raw.
  std::string Pack(std::string_view raw, int level, bool far = false);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Bytes of a pack. Unlike a string they are not filled before they are written.
class UnpackedBytes {
 public:
  explicit UnpackedBytes(size_t size)
      : bytes_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}
  char* data() { return bytes_.get(); }
  size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

/// The raw bytes of a pack that was stored as `stored`. DataLoss when the checksum or the form is
/// wrong.
StatusOr<UnpackedBytes> Unpack(const PackEntry& pack, uint32_t number, std::string_view stored);
uint64_t PackChecksum(std::string_view stored, uint32_t number);

}  // namespace kizashi
