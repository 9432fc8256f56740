// The series of one source, in the order of the columns that hold them. Immutable, shared.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "ingest/telemetry_sink.h"
#include "store/series/id_runs.h"

namespace kizashi {

struct ColumnSet {
  explicit ColumnSet(SeriesLayout in_order) : ids(std::move(in_order)), runs(*ids) {
    hash = Hash64({reinterpret_cast<const char*>(ids->data()), ids->size() * sizeof(SeriesId)});
  }
  const SeriesLayout ids;
  const IdRuns runs;  // where an id is
  uint64_t hash = 0;  // of the ids: sets of equal content are one to a reader
};
using ColumnSetPtr = std::shared_ptr<const ColumnSet>;

}  // namespace kizashi
