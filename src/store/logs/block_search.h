// Finds the lines of a block that hold a text, without rebuilding them.
//
// The constant bytes are searched once per skeleton, the distinct values once per block, the ids in
// their binary form, long text only when its filter says "perhaps". What reaches over a slot's edge
// is found by cutting the text there: the answer equals a search in every line. Limits: those of
// the block. One thread, as the block.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "store/logs/log_block.h"
#include "store/logs/row_set.h"
#include "store/logs/text_filter.h"
#include "store/logs/text_find.h"

namespace kizashi {

/// The rows of each skeleton whose text holds `needle`. DataLoss when the block is damaged.
StatusOr<BlockRowSets> FindText(LogBlock* block, std::string_view needle);

/// The rows of a skeleton whose column `at` is exactly `value`; columns of slots and kExtraColumns
/// behind them. Requires block->Load().
StatusOr<RowSet> FindValue(LogBlock* block, uint32_t skeleton, size_t at, std::string_view value);

}  // namespace kizashi
