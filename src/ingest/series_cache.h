// Remembers which series the bytes of its labels stand for, so that a series that is pushed again
// costs one look-up.
//
// Owned by a receiver; any thread. Of the bytes a fingerprint of 128 bits is kept, not the bytes.
// Bounded by `entries_max`: what was not asked for while half as many others came is forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

class SeriesCache {
 public:
  struct Key {
    uint64_t high = 0;
    uint64_t low = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const { return key.high; }
  };

  explicit SeriesCache(size_t entries_max = 2'000'000) : half_(entries_max / 2 + 1) {}

  static Key KeyOf(std::string_view bytes) {
    return {Hash64(bytes), Hash64(bytes, 0x6b697a61736869)};
  }

  /// Many look-ups under one lock: a Batch belongs to one thread and is short-lived.
  class Batch {
   public:
    explicit Batch(SeriesCache& cache) : cache_(cache), lock_(cache.mutex_) {}
    std::optional<SeriesId> Find(const Key& key) { return cache_.Find(key); }
    void Put(const Key& key, SeriesId id) { cache_.Put(key, id); }

   private:
    SeriesCache& cache_;
    const std::lock_guard<std::mutex> lock_;
  };

 private:
  using Map = std::unordered_map<Key, SeriesId, KeyHash>;

  std::optional<SeriesId> Find(const Key& key) {
    if (const auto found = young_.find(key); found != young_.end()) return found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return std::nullopt;
    const SeriesId id = found->second;
    Put(key, id);
    return id;
  }
  void Put(const Key& key, SeriesId id) {
    if (young_.size() >= half_) {
      old_ = std::move(young_);
      young_ = Map();
    }
    young_.emplace(key, id);
  }

  const size_t half_;
  std::mutex mutex_;
  Map young_;  // under mutex_
  Map old_;    // under mutex_: asked for before young_ was begun
};

}  // namespace kizashi
