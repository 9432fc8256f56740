#include "store/series/series_part.h"

#include <algorithm>

namespace kizashi {

RowsPart::RowsPart(std::vector<ScrapeRow> rows) : rows_(std::move(rows)) {
  min_ms_ = max_ms_ = ToMs(rows_[0].batch().time);
  for (const ScrapeRow& row : rows_) {
    min_ms_ = std::min(min_ms_, ToMs(row.batch().time));
    max_ms_ = std::max(max_ms_, ToMs(row.batch().time));
  }
}

Status RowsPart::Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) {
  for (const ScrapeRow& row : rows_) {
    const ScrapeBatch& batch = row.batch();
    const int64_t time = ToMs(batch.time);
    if (time < from_ms || time > to_ms) continue;
    out->times_ms.push_back(time);
    out->values.push_back(batch.values[place]);
  }
  return OkStatus();
}

Status ChunkPart::Read(uint32_t place, int64_t from_ms, int64_t to_ms, SampleColumns* out) {
  const std::string_view group = chunk_->Group(place / kGroupColumns);
  if (ReadColumn(chunk_->shape, group, place, from_ms, to_ms, out)) return OkStatus();
  return DataLoss("a chunk of samples in memory is damaged");
}

}  // namespace kizashi
