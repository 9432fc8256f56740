// A stretch of scrapes of one source in columns: times once for all series, values series by
// series, sixteen of them together.
//
// The scrapes may have reported different series: the chunk has a column for each that any of them
// did, and says in which order each scrape had them, so that the journal's entries can be made
// again. Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/journal.h"
#include "store/series/column_set.h"
#include "store/series/series_reader.h"
#include "store/series/value_codec.h"

namespace kizashi {

/// Columns whose values stand together, so that one read brings neighbours.
inline constexpr uint32_t kGroupColumns = 16;

/// Which columns a scrape has, in its own order.
struct ChunkLayout {
  struct Run {
    uint32_t first = 0;
    uint32_t count = 0;
    bool operator==(const Run&) const = default;
  };
  std::vector<Run> runs;

  void Add(uint32_t column);
  bool Has(uint32_t column) const;
  size_t size() const;
  bool operator==(const ChunkLayout&) const = default;
};

/// What a query needs to know of a chunk beside its values.
struct ChunkShape {
  ColumnSetPtr columns;
  std::vector<int64_t> times_ms;      // of the scrapes, in the order in which they came
  std::vector<uint32_t> row_layouts;  // by scrape, an index of layouts; empty: all have the first
  std::vector<ChunkLayout> layouts;
  bool ascending = true;  // the times
  int64_t min_ms = 0;
  int64_t max_ms = 0;

  size_t rows() const { return times_ms.size(); }
  uint32_t LayoutOf(size_t row) const { return row_layouts.empty() ? 0 : row_layouts[row]; }
  /// How many values a column has. Requires layouts.
  size_t ValuesOf(uint32_t column) const;
  /// Sets what follows from the times.
  void NoteTimes();
};

/// What the journal knew of each scrape.
struct ChunkJournal {
  std::vector<uint64_t> seqs;
  std::vector<int64_t> times_ms;  // when the entry was accepted
};

/// Appends a group: the columns' sizes, then the columns, empty ones as nothing.
void AppendGroup(std::span<const std::vector<double>> columns, ValueEncoder* encoder,
                 std::string* out);
/// The bytes of one column of a group of `columns`; false when they are not there.
bool FindInGroup(std::string_view group, uint32_t columns, uint32_t column,
                 std::string_view* bytes);

/// Appends the samples of `column` within [from, to] to *out, given the bytes of its group. False
/// when they are damaged.
bool ReadColumn(const ChunkShape& shape, std::string_view group, uint32_t column, int64_t from_ms,
                int64_t to_ms, SampleColumns* out);

/// A chunk in memory.
struct ScrapeChunk {
  ChunkShape shape;
  ChunkJournal journal;
  std::vector<uint32_t> group_ends;  // in data
  std::string data;

  std::string_view Group(uint32_t group) const;
  size_t bytes() const;
};

/// One scrape with the series it had.
struct ScrapeRow {
  std::shared_ptr<const JournalEntry> entry;  // its body is a ScrapeBatch
  ColumnSetPtr columns;                       // of the batch's layout
  const ScrapeBatch& batch() const { return std::get<ScrapeBatch>(entry->body); }
};

/// Makes a chunk of scrapes of one source, in order. Requires at least one.
ScrapeChunk MakeChunk(std::span<const ScrapeRow> rows, ValueEncoder* encoder);

}  // namespace kizashi
