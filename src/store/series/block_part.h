// A chunk of a block, for one reader; and the bytes that one reader has of all its chunks.
//
// A query reads series in the order of their labels, chunks have them in the order of scrapes: the
// same groups of columns are asked for again and again. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/series/series_block.h"
#include "store/series/series_part.h"
#include "store/series/shape_cache.h"

namespace kizashi {

class BlockPart;

/// Groups that follow each other in a chunk, as they are in the file.
struct GroupStretch {
  BlockPart* part = nullptr;  // whose groups they are
  uint32_t first = 0;
  uint32_t end = 0;  // one beyond the last
  std::string bytes;
};

/// Keeps stretches, the newest ones, up to a limit. Forgets none while only one is kept.
class StretchCache {
 public:
  static constexpr size_t kBytesMax = 64 << 20;

  explicit StretchCache(size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}
  /// The reference stays good until the part's Forget is called with it.
  const GroupStretch& Keep(GroupStretch stretch);

 private:
  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::deque<GroupStretch> stretches_;  // oldest first
};

class BlockPart final : public SeriesPart {
 public:
  /// Which chunk, and what is kept beyond one read; `shapes` and `stretches` outlive the part.
  BlockPart(SeriesBlockPtr block, std::shared_ptr<const SeriesBlock::Contents> contents,
            size_t chunk, ShapeCache* shapes, StretchCache* stretches)
      : block_(std::move(block)),
        contents_(std::move(contents)),
        chunk_(chunk),
        shapes_(shapes),
        stretches_(stretches) {}
  uint64_t set_hash() const override { return entry().set_hash; }
  StatusOr<ColumnSetPtr> Columns() override;
  int64_t min_ms() const override { return entry().min_ms; }
  int64_t max_ms() const override { return entry().max_ms; }
  Status Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) override;
  void ExpectReads(size_t series) override { expected_ = series; }
  /// `stretch` is about to go.
  void Forget(const GroupStretch& stretch);

 private:
  const ChunkEntry& entry() const { return contents_->directory.chunks[chunk_]; }
  Status LoadShape();
  StatusOr<std::string_view> Group(uint32_t group);
  StatusOr<const GroupStretch*> Load(uint32_t group);
  const GroupStretch* Find(uint32_t group) const;

  const SeriesBlockPtr block_;
  const std::shared_ptr<const SeriesBlock::Contents> contents_;
  const size_t chunk_;
  ShapeCache* const shapes_;
  StretchCache* const stretches_;
  size_t expected_ = 1;
  std::shared_ptr<const StoredShape> shape_;
  std::vector<const GroupStretch*> loaded_;  // a few
};

}  // namespace kizashi
