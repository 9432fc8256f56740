// A log line taken apart: constant text, and slots whose bytes vary from line to line.
//
// A pure function of the one line: no state, no training, any thread. Lines of the same skeleton
// have the same bytes outside their slots, so a line is its skeleton plus the bytes of its slots.
// Skeletons are the raw form of patterns: what varies without looking like it (a name, a word) is
// still constant here and found later by comparing skeletons (merge.h).
//
// A slot is
//   - a run of letters, digits, '_', '-' and '.' with a digit in it. Of `core.1234` and `node-31`
//     only the number; of a word with a single digit (`jk2_init`, `IPv4`, `ssh2`) nothing.
//   - a time of day
//   - an absolute path, a relative one with two slashes or more, a URL without its scheme
//   - the value of key=value and of a JSON member, quoted or not, unless the key says that it is a
//     message or a level
//   - everything behind the first kSlotsMax slots or kSplitBytesMax bytes.
// Bytes of other scripts than ASCII are constant text and end a run, so 完了123件 has one slot.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace kizashi {

/// What a slot's bytes look like. Of one slot of a skeleton different lines may have different
/// kinds; only where one has kTime, all have, with as many colons.
enum class SlotKind : uint8_t {
  kNumber = 1,  // decimal digits, perhaps with sign and points
  kMixed = 2,   // letters and digits: identifiers, hexadecimal, UUIDs, numbers with a unit, dates
  kPath = 3,    // a path, or what stands behind a URL's scheme
  kQuoted = 4,  // a quoted value, without its quotes
  kWord = 5,    // a value without a digit: constant, if it never changes
  kRest = 6,    // what is behind the limits
  kTime = 7,    // 12:30 or 12:30:01, perhaps with a fraction
};

/// line.substr(begin, end - begin) is the slot's text.
struct Slot {
  uint32_t begin = 0;
  uint32_t end = 0;
  SlotKind kind = SlotKind::kMixed;
  bool operator==(const Slot&) const = default;
};

inline constexpr size_t kSlotsMax = 40;
inline constexpr size_t kSplitBytesMax = 4096;

/// Finds the slots of `line`, in order, without overlap (replaces what *slots held), and returns
/// the skeleton's hash: of the bytes outside the slots and of the places of the slots, not of their
/// kinds but for kTime. Allocates nothing once *slots has room. Lines below 4 GiB. Equal hashes
/// stand for equal skeletons up to the collisions of a 64-bit hash that is not keyed: who must be
/// certain (a store) compares the constant bytes.
uint64_t SplitLine(std::string_view line, std::vector<Slot>* slots);

}  // namespace kizashi
