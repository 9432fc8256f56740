// One series block on disk, for readers: docs/internals/series-block.md.
//
// Opening reads the footer; the directory is read when it is first needed and forgotten when it was
// not needed for a while, so that a store of many blocks costs little memory. Any thread. The file
// may be deleted while somebody reads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/series/series_format.h"
#include "store/series/series_part.h"

namespace kizashi {

class SeriesBlock : public std::enable_shared_from_this<SeriesBlock> {
 public:
  /// DataLoss when the file is no whole block, Internal when it cannot be read.
  static StatusOr<std::shared_ptr<const SeriesBlock>> Open(const std::string& path);
  ~SeriesBlock();
  SeriesBlock(const SeriesBlock&) = delete;
  SeriesBlock& operator=(const SeriesBlock&) = delete;

  const std::string& path() const { return path_; }
  uint64_t file_bytes() const { return file_bytes_; }
  const SeriesBlockFooter& footer() const { return footer_; }
  int64_t min_ms() const { return footer_.min_ms; }
  int64_t max_ms() const { return footer_.max_ms; }

  /// What is needed to read it; DataLoss names the file.
  struct Contents {
    ChunkDirectory directory;
    std::vector<LooseEntry> loose;  // by id
  };
  StatusOr<std::shared_ptr<const Contents>> Load() const;
  /// Forgets the contents when nobody asked for them since the last call.
  void DropUnused() const;

  StatusOr<StoredShape> ReadShape(const ChunkEntry& chunk) const;
  StatusOr<ChunkJournal> ReadJournal(const ChunkEntry& chunk) const;
  /// The bytes of a group of columns, checked.
  StatusOr<std::string> ReadGroup(const ChunkEntry& chunk, const StoredShape& shape,
                                  uint32_t group) const;
  Status ReadLoose(const LooseEntry& entry, SampleColumns* out) const;
  StatusOr<std::vector<LooseBatch>> ReadLooseJournal() const;

 private:
  SeriesBlock(std::string path, int file) : path_(std::move(path)), file_(file) {}
  Status ReadFooter();
  StatusOr<std::string> ReadAt(uint64_t offset, uint64_t size) const;
  StatusOr<std::string> ReadPart(SectionKind kind, uint64_t offset, uint64_t size) const;
  StatusOr<std::string> ReadPack(SectionKind kind, uint64_t offset, const StoredPack& pack) const;
  Status Named(const Status& status) const;

  const std::string path_;
  const int file_;
  uint64_t file_bytes_ = 0;
  SeriesBlockFooter footer_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Contents> contents_;
  mutable bool used_ = false;
};
using SeriesBlockPtr = std::shared_ptr<const SeriesBlock>;

/// A chunk of a block, for one reader.
class BlockPart final : public SeriesPart {
 public:
  BlockPart(SeriesBlockPtr block, std::shared_ptr<const SeriesBlock::Contents> contents,
            size_t chunk)
      : block_(std::move(block)), contents_(std::move(contents)), chunk_(chunk) {}
  uint64_t set_hash() const override { return entry().set_hash; }
  StatusOr<ColumnSetPtr> Columns() override;
  int64_t min_ms() const override { return entry().min_ms; }
  int64_t max_ms() const override { return entry().max_ms; }
  Status Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) override;

 private:
  const ChunkEntry& entry() const { return contents_->directory.chunks[chunk_]; }
  Status LoadShape();

  const SeriesBlockPtr block_;
  const std::shared_ptr<const SeriesBlock::Contents> contents_;
  const size_t chunk_;
  std::unique_ptr<StoredShape> shape_;
  uint32_t group_ = UINT32_MAX;  // the one in group_bytes_: neighbours are asked for next
  std::string group_bytes_;
};

}  // namespace kizashi
