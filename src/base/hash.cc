#include "base/hash.h"

#include <fmt/core.h>
#include <xxhash.h>

namespace kizashi {

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string HexId(uint64_t id) { return fmt::format("{:016x}", id); }

}  // namespace kizashi
