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
  /// The bytes of the groups of columns [first, end), checked.
  StatusOr<std::string> ReadGroups(const ChunkEntry& chunk, const StoredShape& shape,
                                   uint32_t first, uint32_t end) const;
  StatusOr<std::string> ReadGroup(const ChunkEntry& chunk, const StoredShape& shape,
                                  uint32_t group) const {
    return ReadGroups(chunk, shape, group, group + 1);
  }
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

}  // namespace kizashi
