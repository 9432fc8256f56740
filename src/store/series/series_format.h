// The parts of a series block's file: docs/internals/series-block.md. Shapes, journals, loose
// samples and the directory to bytes and back; decoding is total.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/series/scrape_chunk.h"
#include "store/series/series_head.h"

namespace kizashi {

inline constexpr std::string_view kSeriesBlockMagic = "KZSERB01";
/// Behind the footer: its size, its hash, the magic.
inline constexpr size_t kSeriesBlockTail = 4 + 8 + kSeriesBlockMagic.size();
/// What a reader believes: larger packs are damage.
inline constexpr uint64_t kPackBytesMax = 256ULL << 20;
inline constexpr uint64_t kSeriesFooterMax = 1 << 20;

/// What a stretch of the file holds. A reader passes over kinds that it does not know, so a later
/// program may add some without a new version; the reserved ones are described and not written yet.
enum class SectionKind : uint8_t {
  kValues = 1,        // the groups of columns, chunk after chunk
  kShapes = 2,        // one pack a chunk
  kJournals = 3,      // one pack a chunk
  kDirectory = 4,     // a pack: sources and chunks
  kLooseIndex = 5,    // a pack: series that have samples with times of their own
  kLooseValues = 6,   // those samples, series after series
  kLooseJournal = 7,  // a pack: the entries that brought them
  // Reserved: 16 native histograms, 17 exemplars, 18 start timestamps.
};

struct BlockSection {
  SectionKind kind{};
  uint64_t offset = 0;
  uint64_t size = 0;
};

/// Bytes that were compressed when that made them fewer, with their hash.
struct StoredPack {
  uint64_t stored = 0;
  uint64_t unpacked = 0;
  uint64_t hash = 0;  // of the stored bytes
};
StoredPack AppendStoredPack(std::string_view bytes, std::string* out);
/// DataLoss when the bytes do not fit the pack.
StatusOr<std::string> ReadStoredPack(const StoredPack& pack, std::string_view stored);

struct SeriesBlockFooter {
  uint8_t level = 0;       // 0: from the head; 1: merged
  uint64_t first_seq = 0;  // the journal's entries from here to last_seq are in this block
  uint64_t last_seq = 0;
  int64_t first_entry_ms = 0;  // when they were accepted
  int64_t last_entry_ms = 0;
  int64_t min_ms = 0;  // of all samples' times; min above max: there is no sample
  int64_t max_ms = 0;
  uint64_t samples = 0;
  StoredPack directory;
  StoredPack loose_index;
  StoredPack loose_journal;
  std::vector<BlockSection> sections;

  const BlockSection* Find(SectionKind kind) const;
  std::string Encode() const;
  static StatusOr<SeriesBlockFooter> Decode(std::string_view bytes);
};

struct ChunkEntry {
  uint32_t source = 0;  // in the directory
  uint32_t rows = 0;
  int64_t min_ms = 0;
  int64_t max_ms = 0;
  uint64_t set_hash = 0;
  StoredPack shape;
  StoredPack journal;
  uint64_t values_size = 0;
  uint64_t shape_offset = 0;  // all three from the beginning of their sections; follow from sizes
  uint64_t journal_offset = 0;
  uint64_t values_offset = 0;
};

struct ChunkDirectory {
  std::vector<std::string> sources;
  std::vector<ChunkEntry> chunks;  // by source, in the journal's order
  std::string Encode() const;
  static StatusOr<ChunkDirectory> Decode(std::string_view bytes);
};

/// A chunk's shape with where its groups are and their hashes.
struct StoredShape {
  ChunkShape shape;
  std::vector<uint32_t> group_ends;
  std::vector<uint32_t> group_hashes;
};
std::string EncodeShape(const ScrapeChunk& chunk);
StatusOr<StoredShape> DecodeShape(std::string_view bytes, uint32_t rows);
std::string EncodeJournal(const ChunkJournal& journal);
StatusOr<ChunkJournal> DecodeJournal(std::string_view bytes, uint32_t rows);

/// One series' samples with times of their own, in the order in which they were accepted.
struct LooseColumn {
  SeriesId id = 0;
  std::vector<int64_t> times_ms;
  std::vector<double> values;
};
struct LooseEntry {
  SeriesId id = 0;
  uint32_t samples = 0;
  uint32_t hash = 0;    // of its bytes
  uint64_t size = 0;    // of its bytes
  uint64_t offset = 0;  // follows from the sizes
};
void AppendLoose(const LooseColumn& column, ValueEncoder* encoder, std::string* out);
bool DecodeLoose(std::string_view bytes, uint32_t samples, SampleColumns* out);
std::string EncodeLooseIndex(const std::vector<LooseEntry>& entries);
StatusOr<std::vector<LooseEntry>> DecodeLooseIndex(std::string_view bytes);

std::string EncodeLooseJournal(const std::vector<LooseBatch>& batches);
StatusOr<std::vector<LooseBatch>> DecodeLooseJournal(std::string_view bytes);

}  // namespace kizashi
