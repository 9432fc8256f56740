// The shapes of chunks that queries read lately: which series a chunk has and when it was scraped.
// To unpack a shape costs as much as to decode a dozen columns, and a query asks for those of every
// chunk that it reads.
//
// Shared by all readers of a store; any thread. Limit: kBytesMax, the least lately used goes first.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "store/series/series_block.h"

namespace kizashi {

class ShapeCache {
 public:
  static constexpr size_t kBytesMax = 64 << 20;

  explicit ShapeCache(size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}

  /// The shape of chunk `chunk` of `contents`, which are the block's. DataLoss names the file.
  StatusOr<std::shared_ptr<const StoredShape>> Get(const SeriesBlockPtr& block,
                                                   const SeriesBlock::Contents& contents,
                                                   size_t chunk);
  /// Forgets what nobody asked for since the last call.
  void DropUnused();
  size_t bytes() const;

 private:
  using Key = std::pair<const SeriesBlock*, size_t>;
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return (reinterpret_cast<size_t>(key.first) >> 4) * 0x9e3779b97f4a7c15ULL + key.second;
    }
  };
  struct Entry {
    Key key;
    std::weak_ptr<const SeriesBlock> block;  // another block may come to be at the same address
    std::shared_ptr<const StoredShape> shape;
    size_t bytes = 0;
    bool used = true;  // since the last DropUnused
  };
  using Entries = std::list<Entry>;

  std::shared_ptr<const StoredShape> Find(const Key& key);
  void Put(Entry entry);
  void Erase(Entries::iterator at);
  bool ShareColumns(StoredShape* shape);

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  Entries entries_;  // the one used last is in front
  std::unordered_map<Key, Entries::iterator, KeyHash> index_;
  std::unordered_map<uint64_t, std::weak_ptr<const ColumnSet>> columns_;  // by hash
  size_t bytes_ = 0;
};

}  // namespace kizashi
