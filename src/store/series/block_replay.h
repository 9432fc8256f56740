// The journal's entries that a block was made of, made again from it, in order and bit for bit.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "store/journal.h"
#include "store/series/series_block.h"

namespace kizashi {

/// Calls `visit` for the entries of `block` with numbers in (after, until], in order, until it
/// returns false. Takes up to 16 million values into memory at a time. DataLoss names the block.
Status ReplayBlock(const SeriesBlockPtr& block, uint64_t after, uint64_t until,
                   const std::function<bool(JournalEntry)>& visit);

}  // namespace kizashi
