// The lines of a block that is being filled: skeletons, the values of their slots, and the order.
//
// Every distinct value is kept once. Owned by LogBlockWriter; one thread. Memory: the distinct
// values, 20 bytes a line and four bytes a slot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "pattern/split.h"
#include "store/logs/block_format.h"
#include "wire/telemetry.h"

namespace kizashi {

/// Distinct texts and their numbers.
class ValueTable {
 public:
  ValueTable();
  /// The number of `value`, a new one when it was not seen.
  uint32_t Intern(std::string_view value);
  std::string_view operator[](uint32_t number) const { return values_[number]; }
  uint32_t size() const { return static_cast<uint32_t>(values_.size()); }
  size_t bytes() const { return bytes_; }

 private:
  std::string_view Keep(std::string_view value);
  void Grow();

  std::vector<std::string_view> values_;
  std::vector<uint32_t> hashes_;  // of each value
  std::vector<uint32_t> places_;  // number + 1, or 0; open addressing, a power of two
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* free_ = nullptr;
  size_t free_bytes_ = 0;
  size_t bytes_ = 0;
};

/// What a line is made of, as the caller found it (pattern/split.h).
struct LineShape {
  uint64_t skeleton = 0;  // what SplitLine returned
  uint64_t pattern = 0;   // a function of the skeleton
  const std::vector<Slot>* slots = nullptr;
};

/// A stored line. `number` counts within its block.
struct LogRow {
  uint32_t number = 0;
  uint32_t stream = 0;  // id, as it was given
  uint64_t pattern = 0;
  LogLine line;
};

std::string EncodeMetadata(const Labels& labels);
StatusOr<Labels> DecodeMetadata(std::string_view bytes);

/// The largest distance of a time to 1970, some 285,000 years: sums of times do not overflow.
inline constexpr int64_t kTimeMsMax = int64_t{1} << 53;

struct SkeletonRows {
  uint64_t hash = 0;
  uint64_t pattern = 0;
  std::string constants;
  std::vector<uint32_t> piece_ends;
  std::vector<std::vector<uint32_t>> columns;  // of the slots, then kExtraColumns: value numbers
  std::vector<uint32_t> streams;               // indexes into BlockRows::streams
  std::vector<uint32_t> flags;
  std::vector<PatternCount> counts;  // in order of the lines
  uint32_t next = UINT32_MAX;        // another one with the same hash

  uint32_t lines() const { return static_cast<uint32_t>(streams.size()); }
  size_t slots() const { return piece_ends.size() - 1; }
};

struct BlockRows {
  ValueTable values;
  std::vector<SkeletonRows> skeletons;
  std::unordered_map<uint64_t, uint32_t> skeleton_by_hash;
  std::vector<BlockStream> streams;
  std::unordered_map<uint32_t, uint32_t> stream_by_id;
  std::vector<uint32_t> order;  // skeleton of each line
  std::vector<uint32_t> row;    // and the row in it
  std::vector<int64_t> times_ms;
  uint64_t text_bytes = 0;

  /// Times beyond kTimeMsMax become that.
  void Add(const LogLine& line, uint32_t stream, const LineShape& shape);
  /// Requires number < order.size().
  LogRow Read(uint32_t number) const;
  /// The text alone, appended.
  void AppendText(uint32_t number, std::string* out) const;
  /// Of the text, with one for its end.
  uint64_t TextBytes(uint32_t number) const;

 private:
  uint32_t FindSkeleton(std::string_view text, const LineShape& shape);
  void AddSlots(std::string_view text, const std::vector<Slot>& slots, SkeletonRows* skeleton);
};

}  // namespace kizashi
