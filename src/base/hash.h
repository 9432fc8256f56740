// XXH3, the one hash of the house: stable across versions and machines, so it may be stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kizashi {

uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

/// Sixteen lower-case hexadecimal digits, as ids are printed.
std::string HexId(uint64_t id);

/// For maps keyed by std::string that are searched with std::string_view.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return Hash64(text); }
};

}  // namespace kizashi
