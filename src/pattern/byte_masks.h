// Which bytes of a text are of which class, 64 at a time: one bit a byte, the lowest first.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kizashi {

struct ByteMasks {
  uint64_t word = 0;   // letters, digits, '_', '-', '.': what a run is made of
  uint64_t digit = 0;  // 0 to 9
  uint64_t event = 0;  // digits, '/', '\', '=', '"': where a slot may begin
};

/// Masks of `size` bytes at `text`, for (size + 63) / 64 blocks; bits beyond the end are zero.
void MakeByteMasks(const char* text, size_t size, ByteMasks* masks);

/// The same without vector instructions: what the fast one is checked against, and what runs where
/// there is no AVX2.
void MakeByteMasksPlain(const char* text, size_t size, ByteMasks* masks);

}  // namespace kizashi
