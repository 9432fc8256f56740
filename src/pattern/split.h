// A log line taken apart: constant text, and slots whose bytes vary from line to line.
//
// A pure function of the one line: no state, no training, any thread. Lines of the same skeleton
// have the same bytes outside their slots, and the same kinds of slots in the same places; so a
// skeleton is a pattern's raw form (pattern/README.md tells how patterns are made of skeletons),
// and a line is its skeleton plus the bytes of its slots.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

/// What a slot's bytes look like.
enum class SlotKind : uint8_t {
  kNumber = 1,   // decimal digits, with sign, point, exponent or unit
  kHex = 2,      // hexadecimal digits, UUIDs
  kTime = 3,     // dates and times
  kAddress = 4,  // IP and MAC addresses, host names
  kPath = 5,     // paths and URLs
  kText = 6,     // anything else: quoted text, words with digits, the rest of a long line
};

/// line.substr(begin, end - begin) is the slot's text.
struct Slot {
  uint32_t begin = 0;
  uint32_t end = 0;
  SlotKind kind = SlotKind::kText;
  bool operator==(const Slot&) const = default;
};

/// Finds the slots of `line`, in order, without overlap (replaces what *slots held), and returns
/// the skeleton's hash: of the bytes outside the slots, and of the places and kinds of the slots.
/// Bytes beyond the first kSplitBytesMax are one slot of kText. Allocates nothing when *slots has
/// room. Equal hashes stand for equal skeletons up to collisions of a 64-bit hash: who needs to be
/// certain (a store) compares the constant bytes.
uint64_t SplitLine(std::string_view line, std::vector<Slot>* slots);

inline constexpr size_t kSplitBytesMax = 1024;

}  // namespace kizashi
