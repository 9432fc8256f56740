// The parts of a log block, as the writer makes them and the reader gets them from bytes. What each
// is for, byte by byte: docs/internals/log-block.md.
//
// Plain values. Decoding is total: what a decoder returns keeps every promise written here, so that
// those who use it index without further checks.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "store/logs/value_form.h"
#include "wire/telemetry.h"

namespace kizashi {

inline constexpr std::string_view kBlockMagic = "KZLOGB01";  // the digits are the version

// Limits of a block. A writer stays below them, a reader refuses what is above.
inline constexpr uint32_t kBlockLinesMax = 1 << 20;
inline constexpr uint64_t kBlockTextMax = 72ULL << 20;     // bytes of all lines and their ends
inline constexpr uint64_t kBlockPackRawMax = 96ULL << 20;  // bytes of a pack, unpacked
inline constexpr uint64_t kBlockRawMax = 768ULL << 20;     // bytes of all packs, unpacked
inline constexpr uint32_t kBlockPacksMax = 1 << 16;
inline constexpr uint32_t kBlockStreamsMax = 1 << 16;
inline constexpr uint32_t kBlockTracksMax = 16;
inline constexpr uint32_t kBlockSkeletonsMax = 1 << 15;
inline constexpr uint32_t kBlockSlotsMax = 1 << 12;  // of a skeleton

/// A run of bytes of the file, packed by zstd where that made it smaller. The first have a fixed
/// meaning; from kRowPacks on they hold the rows of columns.
enum PackId : uint32_t {
  kSchemaPack,      // skeletons and their columns
  kCountsPack,      // lines by pattern, minute and severity
  kValueSizesPack,  // of each value its length
  kValuesPack,      // the bytes of all values
  kOrderPack,       // which line has which skeleton
  kTimesPack,       // the lines' times
  kTracksPack,      // which id stands in which line
  kIdsPack,         // the ids, in binary
  kTextPack,        // long text
  kTextFilterPack,  // which four bytes occur in it
  kRowPacks,
};

struct PackEntry {
  uint64_t offset = 0;    // in the file
  uint32_t stored = 0;    // bytes there
  uint32_t raw = 0;       // bytes unpacked; equal to `stored` when it is not packed
  uint64_t checksum = 0;  // Hash64 of the stored bytes, with the pack's number as the seed
};

struct BlockStream {
  uint32_t id = 0;
  uint32_t lines = 0;
};

/// What the end of a block tells without reading the rest.
struct BlockFooter {
  uint32_t lines = 0;
  uint64_t text_bytes = 0;  // of the lines, each with one byte for its end
  Time first_time{};        // the earliest, the latest
  Time last_time{};
  uint64_t first_seq = 0;  // journal entries that the lines came from
  uint64_t last_seq = 0;
  uint32_t last_lines = 0;  // of the last entry, as many lines are in this block or before it
  uint32_t values = 0;      // in the value table
  std::vector<BlockStream> streams;  // in order of first sight; columns have indexes into this
  std::vector<uint64_t> patterns;    // in order of first sight
  std::vector<PackEntry> packs;      // at least kRowPacks
};

/// The end of a block's file: the footer, then kTrailerBytes that tell its size and checksum.
std::string EncodeEnd(const BlockFooter& footer);
/// What the last kTrailerBytes of a file tell: how many bytes the footer before them has.
StatusOr<uint32_t> FooterSize(std::string_view trailer);
/// `trailer` as for FooterSize; `file_size` is checked against the packs.
StatusOr<BlockFooter> DecodeFooter(std::string_view bytes, std::string_view trailer,
                                   uint64_t file_size);

inline constexpr size_t kTrailerBytes = 20;
inline constexpr uint32_t kFooterBytesMax = 4 << 20;

/// How often a pattern was logged in one minute at one severity.
struct PatternCount {
  uint64_t pattern = 0;
  Time minute{};  // its beginning
  LogSeverity severity = LogSeverity::kNone;
  uint32_t lines = 0;
};

/// `counts` sorted by the place of their pattern in `patterns`, then by severity and minute.
std::string EncodeCounts(const std::vector<PatternCount>& counts,
                         const std::vector<uint64_t>& patterns);
/// In the same order.
StatusOr<std::vector<PatternCount>> DecodeCounts(std::string_view bytes,
                                                 const std::vector<uint64_t>& patterns);

enum class ColumnKind : uint8_t {
  kConst,       // one value
  kCopy,        // the same as an earlier column
  kDictionary,  // rows are indexes into `values`
  kMapped,      // as kDictionary, and the parent's index tells the own one
  kNumber,      // whole numbers
  kTime,        // times, as the distance to the line's time
  kId,          // hexadecimal ids, by a track
  kText,        // bytes in the text pack
};

struct ColumnEntry {
  ColumnKind kind = ColumnKind::kConst;
  uint32_t value = 0;  // kConst: the value; kCopy, kMapped: the column it follows, an earlier one
                       // (kCopy: no copy; kMapped: a kDictionary or kMapped); kTime: the layout;
                       // kId: the track, not that of another column of the skeleton
  bool delta = false;  // kNumber: each is a difference to the one before
  int64_t base = 0;    // kNumber, kTime: is added to every row
  std::vector<uint32_t> values;  // kDictionary, kMapped: the distinct values, at least one
  std::vector<uint32_t> map;     // kMapped: for each value of the parent the index into `values`
  uint32_t pack = 0;             // kDictionary, kNumber, kTime, kText: where the rows are
  uint32_t offset = 0;
  uint32_t size = 0;
  uint32_t text_offset = 0;  // kText
  uint32_t text_size = 0;
  uint32_t text_min = 0;  // kText: no row is shorter

  uint32_t IndexBytes() const {
    return values.size() <= 0x100 ? 1 : values.size() <= 0x10000 ? 2 : 4;
  }
};

/// The columns that every skeleton has behind those of its slots.
enum ExtraColumn : uint32_t { kTraceColumn, kSpanColumn, kMetadataColumn, kExtraColumns };

/// Lines with the same constant bytes and the same slots.
struct SkeletonEntry {
  uint32_t pattern = 0;  // index of BlockFooter::patterns
  uint32_t lines = 0;
  std::string constants;             // the bytes between the slots, joined
  std::vector<uint32_t> piece_ends;  // one more than slots; the last is constants.size()
  ColumnEntry streams;               // kConst or kDictionary; values are indexes of streams
  ColumnEntry flags;                 // kConst or kDictionary; severity, plus kCutFlag
  std::vector<ColumnEntry> columns;  // of the slots, then kExtraColumns; values are value numbers

  size_t slots() const { return piece_ends.size() - 1; }
  std::string_view Piece(size_t at) const {
    const uint32_t begin = at == 0 ? 0 : piece_ends[at - 1];
    return std::string_view(constants).substr(begin, piece_ends[at] - begin);
  }
};

inline constexpr uint32_t kCutFlag = 8;
inline constexpr uint32_t kSeverityMask = 7;

/// All ids of one form and occurrence in a line: the first of 16 bytes, the second, ...
struct IdTrack {
  uint32_t form = 0;   // index of BlockSchema::forms
  uint32_t codes = 0;  // rows, so bytes, in the tracks pack
};

struct IdTable {
  IdForm form;
  uint32_t ids = 0;
};

struct BlockSchema {
  std::vector<IdTable> forms;
  std::vector<IdTrack> tracks;
  std::vector<SkeletonEntry> skeletons;  // in order of first sight
};

std::string EncodeSchema(const BlockSchema& schema);
StatusOr<BlockSchema> DecodeSchema(std::string_view bytes, const BlockFooter& footer);

}  // namespace kizashi
