// The series that have one label, in ascending order: runs of ids, kept as bytes once another run
// has begun. One run takes no memory beside the object.
//
// Not locked: the series index does that.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "ingest/telemetry_sink.h"

namespace kizashi {

class PostingList {
 public:
  /// Requires that `id` is above all that were added.
  void Add(SeriesId id) {
    if (count_ > 0 && id == first_ + count_) {
      ++count_;
      return;
    }
    if (count_ > 0) PutRun();
    first_ = id;
    count_ = 1;
  }

  /// Adds `count` ids from `first` on, under the same condition.
  void AddRun(SeriesId first, uint32_t count) {
    if (count == 0) return;
    Add(first);
    count_ += count - 1;
  }

  /// Calls `visit(first, count)` for each run, in order.
  template <typename Visit>
  void VisitRuns(Visit visit) const {
    SeriesId end = 0;
    for (uint32_t at = 0; at < size_;) {
      const SeriesId first = end + Varint(&at);
      const uint32_t count = Varint(&at);
      visit(first, count);
      end = first + count;
    }
    if (count_ > 0) visit(first_, count_);
  }
  /// An upper bound, good to choose the shortest by, without reading the list.
  uint64_t SizeHint() const { return uint64_t{size_} * 16 + count_; }
  size_t heap_bytes() const { return capacity_; }

 private:
  void PutRun() {
    if (size_ + 10 > capacity_) {
      const uint32_t room = capacity_ == 0 ? 16 : capacity_ + capacity_ / 2;
      auto bytes = std::make_unique<uint8_t[]>(room);
      if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
      bytes_ = std::move(bytes);
      capacity_ = room;
    }
    PutVarint(first_ - coded_end_);
    PutVarint(count_);
    coded_end_ = first_ + count_;
  }
  void PutVarint(uint32_t value) {
    while (value >= 0x80) {
      bytes_[size_++] = static_cast<uint8_t>(value | 0x80);
      value >>= 7;
    }
    bytes_[size_++] = static_cast<uint8_t>(value);
  }
  uint32_t Varint(uint32_t* at) const {
    uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const uint8_t byte = bytes_[(*at)++];
      value |= static_cast<uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  std::unique_ptr<uint8_t[]> bytes_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  SeriesId coded_end_ = 0;  // one beyond the last id in bytes_
  SeriesId first_ = 0;      // the last run
  uint32_t count_ = 0;
};

}  // namespace kizashi
