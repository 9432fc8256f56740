#include "store/logs/block_pack.h"

#include <zstd.h>

#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"

namespace kizashi {

struct Packer::Context {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  ~Context() { ZSTD_freeCCtx(zstd); }
};

Packer::Packer() : context_(std::make_unique<Context>()) {}
Packer::~Packer() = default;

std::string Packer::Pack(std::string_view raw, int level, bool far) {
  ZSTD_CCtx* const zstd = context_->zstd;
  ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
  if (far) {
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, std::bit_width(kBlockPackRawMax));
  }
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const size_t size = ZSTD_compress2(zstd, packed.data(), packed.size(), raw.data(), raw.size());
  KZ_CHECK(!ZSTD_isError(size), "zstd: {}", ZSTD_getErrorName(size));
  if (size >= raw.size()) return std::string(raw);
  packed.resize(size);
  return packed;
}

uint64_t PackChecksum(std::string_view stored, uint32_t number) { return Hash64(stored, number); }

StatusOr<UnpackedBytes> Unpack(const PackEntry& pack, uint32_t number, std::string_view stored) {
  if (stored.size() != pack.stored || PackChecksum(stored, number) != pack.checksum) {
    return DataLoss("log block: pack {} is damaged", number);
  }
  UnpackedBytes raw(pack.raw);
  if (pack.stored == pack.raw) {
    if (!stored.empty()) std::memcpy(raw.data(), stored.data(), stored.size());
    return raw;
  }
  const size_t size = ZSTD_decompress(raw.data(), raw.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) || size != raw.size()) {
    return DataLoss("log block: pack {} does not unpack", number);
  }
  return raw;
}

}  // namespace kizashi
