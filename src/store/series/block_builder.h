// Makes series blocks: of what the head sealed, and of several blocks one with longer columns.
//
// Pure functions over files; one thread each. Memory: one source's chunk at a time.
#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "store/series/series_block.h"
#include "store/series/series_head.h"
#include "store/series/tombstones.h"

namespace kizashi {

/// Writes what the head sealed to `path`. `first_seq` is the first entry behind the last block's.
Status WriteHeadBlock(const HeadView& sealed, uint64_t first_seq, const std::string& path);

/// Writes the samples of `blocks`, which follow each other in the journal, to `path`. Samples that
/// `deleted` hides are not copied: a stale marker is in their place, which stays hidden.
Status WriteMergedBlock(std::span<const SeriesBlockPtr> blocks, const Tombstones& deleted,
                        const std::string& path, uint8_t level = 1);

/// Whether values that `deleted` hides are still in the block.
StatusOr<bool> HasDeleted(const SeriesBlockPtr& block, const Tombstones& deleted);

}  // namespace kizashi
