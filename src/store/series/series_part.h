// A part of what a reader reads: some scrapes of one source, in memory or in a block on disk.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "store/series/column_set.h"
#include "store/series/scrape_chunk.h"
#include "store/series/series_reader.h"

namespace kizashi {

/// Made for one reader, which reads it on one thread at a time.
class SeriesPart {
 public:
  virtual ~SeriesPart() = default;
  /// The hash of the columns' ids.
  virtual uint64_t set_hash() const = 0;
  virtual StatusOr<ColumnSetPtr> Columns() = 0;
  virtual int64_t min_ms() const = 0;
  virtual int64_t max_ms() const = 0;
  /// Appends the samples of the column at `place` within [from, to].
  virtual Status Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) = 0;
  /// About so many of the columns will be read.
  virtual void ExpectReads(size_t /*series*/) {}
};

/// Scrapes with the same series, as they came.
class RowsPart final : public SeriesPart {
 public:
  /// Requires at least one row; all have the same columns.
  explicit RowsPart(std::vector<ScrapeRow> rows);
  uint64_t set_hash() const override { return rows_[0].columns->hash; }
  StatusOr<ColumnSetPtr> Columns() override { return rows_[0].columns; }
  int64_t min_ms() const override { return min_ms_; }
  int64_t max_ms() const override { return max_ms_; }
  Status Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) override;

 private:
  const std::vector<ScrapeRow> rows_;
  int64_t min_ms_ = 0;
  int64_t max_ms_ = 0;
};

/// A chunk in memory.
class ChunkPart final : public SeriesPart {
 public:
  explicit ChunkPart(std::shared_ptr<const ScrapeChunk> chunk) : chunk_(std::move(chunk)) {}
  uint64_t set_hash() const override { return chunk_->shape.columns->hash; }
  StatusOr<ColumnSetPtr> Columns() override { return chunk_->shape.columns; }
  int64_t min_ms() const override { return chunk_->shape.min_ms; }
  int64_t max_ms() const override { return chunk_->shape.max_ms; }
  Status Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) override;

 private:
  const std::shared_ptr<const ScrapeChunk> chunk_;
};

}  // namespace kizashi
