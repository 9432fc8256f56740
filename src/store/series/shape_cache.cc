#include "store/series/shape_cache.h"

#include <iterator>

namespace kizashi {
namespace {

size_t BytesOf(const StoredShape& stored) {
  size_t bytes = sizeof(StoredShape) + stored.shape.times_ms.capacity() * sizeof(int64_t) +
                 stored.shape.row_layouts.capacity() * sizeof(uint32_t) +
                 (stored.group_ends.capacity() + stored.group_hashes.capacity()) * sizeof(uint32_t);
  for (const ChunkLayout& layout : stored.shape.layouts) {
    bytes += sizeof(layout) + layout.runs.capacity() * sizeof(ChunkLayout::Run);
  }
  return bytes;
}

size_t BytesOf(const ColumnSet& columns) {
  return sizeof(columns) + columns.ids->capacity() * sizeof(SeriesId) + columns.runs.bytes();
}

}  // namespace

StatusOr<std::shared_ptr<const StoredShape>> ShapeCache::Get(const SeriesBlockPtr& block,
                                                             const SeriesBlock::Contents& contents,
                                                             size_t chunk) {
  const Key key(block.get(), chunk);
  {
    const std::lock_guard lock(mutex_);
    if (auto known = Find(key)) return known;
  }
  // Read without the lock; when two threads do it, the second one's stays.
  KZ_ASSIGN_OR_RETURN(StoredShape read, block->ReadShape(contents.directory.chunks[chunk]));
  const std::lock_guard lock(mutex_);
  size_t bytes = BytesOf(read);
  if (!ShareColumns(&read)) bytes += BytesOf(*read.shape.columns);
  auto shape = std::make_shared<const StoredShape>(std::move(read));
  Put({key, block, shape, bytes, true});
  return shape;
}

std::shared_ptr<const StoredShape> ShapeCache::Find(const Key& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const auto entry = found->second;
  if (entry->block.expired()) {
    Erase(entry);
    return nullptr;
  }
  entry->used = true;
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->shape;
}

// Chunks of one source mostly have the same series: they are kept once. False when these are new.
bool ShapeCache::ShareColumns(StoredShape* shape) {
  std::weak_ptr<const ColumnSet>& known = columns_[shape->shape.columns->hash];
  if (const ColumnSetPtr columns = known.lock()) {
    if (*columns->ids != *shape->shape.columns->ids) return false;
    shape->shape.columns = columns;
    return true;
  }
  known = shape->shape.columns;
  return false;
}

void ShapeCache::Put(Entry entry) {
  if (const auto known = index_.find(entry.key); known != index_.end()) Erase(known->second);
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  index_[entries_.front().key] = entries_.begin();
  while (bytes_ > bytes_max_ && entries_.size() > 1) Erase(std::prev(entries_.end()));
}

void ShapeCache::Erase(Entries::iterator at) {
  bytes_ -= at->bytes;
  index_.erase(at->key);
  entries_.erase(at);
}

void ShapeCache::DropUnused() {
  const std::lock_guard lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (!std::exchange(entry->used, false)) Erase(entry);
  }
  std::erase_if(columns_, [](const auto& known) { return known.second.expired(); });
}

size_t ShapeCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace kizashi
