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

/// The raw bytes of a pack that was stored as `stored`. DataLoss when the checksum or the form is
/// wrong.
StatusOr<std::string> Unpack(const PackEntry& pack, uint32_t number, std::string_view stored);
uint64_t PackChecksum(std::string_view stored, uint32_t number);

}  // namespace kizashi
