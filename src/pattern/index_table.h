// A hash table of numbers whose keys are kept elsewhere: four bytes an entry, at most half full.
//
// Every call is handed a function from a number to its key, a 64-bit hash that is spread well. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kizashi {

class IndexTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// kNone when no number has that key.
  template <typename KeyOf>
  uint32_t Find(uint64_t key, const KeyOf& key_of) const {
    for (size_t at = key & Mask(); numbers_[at] != kNone; at = (at + 1) & Mask()) {
      if (key_of(numbers_[at]) == key) return numbers_[at];
    }
    return kNone;
  }

  /// Requires that no number with this key is there.
  template <typename KeyOf>
  void Insert(uint64_t key, uint32_t number, const KeyOf& key_of) {
    if ((size_ + 1) * 2 > numbers_.size()) Grow(key_of);
    size_t at = key & Mask();
    while (numbers_[at] != kNone) at = (at + 1) & Mask();
    numbers_[at] = number;
    ++size_;
  }

  /// Requires that it is there, and that the keys of all numbers can still be asked for. Entries
  /// behind the freed one move up where they were pushed past it (Knuth, vol. 3, 6.4, R).
  template <typename KeyOf>
  void Erase(uint64_t key, const KeyOf& key_of) {
    size_t at = key & Mask();
    while (key_of(numbers_[at]) != key) at = (at + 1) & Mask();
    for (size_t next = (at + 1) & Mask(); numbers_[next] != kNone; next = (next + 1) & Mask()) {
      const size_t home = key_of(numbers_[next]) & Mask();
      if (((next - home) & Mask()) >= ((next - at) & Mask())) {
        numbers_[at] = numbers_[next];
        at = next;
      }
    }
    numbers_[at] = kNone;
    --size_;
  }

  size_t MemoryBytes() const { return numbers_.size() * sizeof(uint32_t); }

 private:
  static constexpr size_t kSizeMin = 64;

  size_t Mask() const { return numbers_.size() - 1; }
  template <typename KeyOf>
  void Grow(const KeyOf& key_of) {
    std::vector<uint32_t> old(numbers_.size() * 2, kNone);
    old.swap(numbers_);
    size_ = 0;
    for (const uint32_t number : old) {
      if (number != kNone) Insert(key_of(number), number, key_of);
    }
  }

  std::vector<uint32_t> numbers_ = std::vector<uint32_t>(kSizeMin, kNone);
  size_t size_ = 0;
};

}  // namespace kizashi
