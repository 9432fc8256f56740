// Series that ended and are in memory no more: which ids they have, until when they had samples,
// and a way from labels to ids. What their labels are the definitions say, where a series stays for
// ever (definitions.h); this is a file that can be made again from them.
//
// In memory: ten bits of a filter a series, and its id in two bytes where ids do not follow each
// other. Immutable; any thread may look. Format: docs/internals/series-block.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "store/series/posting_list.h"
#include "wire/telemetry.h"

namespace kizashi {

/// What a series is found by; several may have the same.
uint64_t HashOfLabels(const Labels& labels);

/// Says of few hashes that were not added that they were: one of a hundred.
class HashFilter {
 public:
  explicit HashFilter(size_t hashes) : words_((hashes * kBits / 64 / kLine + 1) * kLine) {}
  explicit HashFilter(std::vector<uint64_t> words) : words_(std::move(words)) {}

  void Add(uint64_t hash) {
    for (unsigned i = 0; i < kProbes; ++i) words_[Word(hash, i)] |= Bit(hash, i);
  }
  bool MayHave(uint64_t hash) const {
    for (unsigned i = 0; i < kProbes; ++i) {
      if ((words_[Word(hash, i)] & Bit(hash, i)) == 0) return false;
    }
    return true;
  }
  const std::vector<uint64_t>& words() const { return words_; }

  static constexpr size_t kLine = 8;  // words that are looked at together: one line of the cache

 private:
  static constexpr size_t kBits = 10;
  static constexpr unsigned kProbes = 5;
  static uint64_t Mixed(uint64_t hash) { return hash * 0x9e3779b97f4a7c15ULL; }
  size_t Word(uint64_t hash, unsigned probe) const {
    const uint64_t lines = words_.size() / kLine;
    const auto line = static_cast<size_t>((static_cast<unsigned __int128>(hash) * lines) >> 64);
    return line * kLine + (Mixed(hash) >> (9 * probe) & (kLine - 1));
  }
  static uint64_t Bit(uint64_t hash, unsigned probe) {
    return uint64_t{1} << (Mixed(hash) >> (9 * probe + 3) & 63);
  }

  std::vector<uint64_t> words_;
};

class EndedGroup {
 public:
  struct Entry {
    uint64_t hash = 0;
    SeriesId id = 0;
  };
  /// The file of a group: `entries` in any order, at least one; `max_ms` is the time of the last
  /// sample that any of them may have.
  static std::string Encode(std::vector<Entry> entries, int64_t max_ms);
  /// DataLoss, naming the file, when it is no such file; Internal when it cannot be read.
  static StatusOr<std::shared_ptr<const EndedGroup>> Open(const std::string& path);
  ~EndedGroup();

  int64_t max_ms() const { return max_ms_; }
  size_t size() const { return size_; }
  const PostingList& ids() const { return ids_; }
  /// Appends the ids of those with this hash. Reads a page of the file, seldom for nothing.
  Status Find(uint64_t hash, std::vector<SeriesId>* ids) const;
  size_t bytes() const;

 private:
  EndedGroup(std::string path, int file);
  Status Load();
  Status ReadAt(uint64_t offset, size_t size, std::string* bytes) const;
  StatusOr<std::vector<Entry>> ReadPage(size_t page) const;

  const std::string path_;
  const int file_;
  int64_t max_ms_ = 0;
  uint64_t size_ = 0;
  uint64_t pages_offset_ = 0;
  PostingList ids_;
  HashFilter filter_{0};
  std::vector<uint64_t> page_firsts_;  // the lowest hash of each page
};
using EndedGroupPtr = std::shared_ptr<const EndedGroup>;

}  // namespace kizashi
