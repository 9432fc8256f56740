// The texts of a target's samples with what is remembered of each, packed: a text costs its bytes
// and about thirty more.
//
// Owned by one TargetScrape; one thread at a time. Entries are named by number, texts by views that
// are good until something is added.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

class TextTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Entry {
    uint32_t begin = 0;  // of the text in texts_
    uint32_t size = 0;
    SeriesId id = 0;
    uint32_t position = 0;     // among the samples when it was last seen
    uint32_t seen = 0;         // the scrape that saw it last
    uint32_t first = 0;        // the entry that another text with the same labels made; else itself
    bool is_left_out = false;  // one that we write ourselves, or that a rule dropped
    bool is_dropped = false;   // by a rule: it has no series
  };

  uint32_t Find(std::string_view text) const {
    if (by_text_.empty()) return kNone;
    const size_t mask = by_text_.size() - 1;
    for (size_t at = Hash64(text) & mask; by_text_[at] != kNone; at = (at + 1) & mask) {
      if (Text(by_text_[at]) == text) return by_text_[at];
    }
    return kNone;
  }
  /// The entry that has the series and no other text's; kNone when there is none.
  uint32_t FindId(SeriesId id) const {
    if (by_id_.empty()) return kNone;
    const size_t mask = by_id_.size() - 1;
    for (size_t at = Mix(id) & mask; by_id_[at] != kNone; at = (at + 1) & mask) {
      if (entries_[by_id_[at]].id == id) return by_id_[at];
    }
    return kNone;
  }
  /// Both require that the text is not known.
  uint32_t Add(std::string_view text, SeriesId id) { return AddEntry(text, id, false); }
  uint32_t AddDropped(std::string_view text) { return AddEntry(text, 0, true); }
  std::string_view Text(uint32_t number) const {
    return std::string_view(texts_).substr(entries_[number].begin, entries_[number].size);
  }
  Entry& operator[](uint32_t number) { return entries_[number]; }
  const Entry& operator[](uint32_t number) const { return entries_[number]; }
  size_t size() const { return entries_.size(); }

  /// Forgets what scrape `seen` did not see. An entry that another one points to is seen with it.
  /// Returns the new number of each entry, kNone for those that are gone.
  std::vector<uint32_t> KeepSeen(uint32_t seen) {
    std::vector<uint32_t> numbers(entries_.size(), kNone);
    std::vector<Entry> kept;
    std::string texts;
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].seen != seen) continue;
      numbers[i] = static_cast<uint32_t>(kept.size());
      Entry& entry = kept.emplace_back(entries_[i]);
      entry.first = numbers[entry.first];
      entry.begin = static_cast<uint32_t>(texts.size());
      texts.append(Text(i));
    }
    entries_ = std::move(kept);
    texts_ = std::move(texts);
    Shrink();
    return numbers;
  }
  void Clear() {
    entries_.clear();
    texts_.clear();
    Shrink();
  }
  /// Gives back what growing took in advance.
  void Shrink() {
    entries_.shrink_to_fit();
    texts_.shrink_to_fit();
    Rehash();
  }

 private:
  uint32_t AddEntry(std::string_view text, SeriesId id, bool is_dropped) {
    const auto number = static_cast<uint32_t>(entries_.size());
    const uint32_t first = is_dropped ? kNone : FindId(id);
    Entry& entry = entries_.emplace_back();
    entry.begin = static_cast<uint32_t>(texts_.size());
    entry.size = static_cast<uint32_t>(text.size());
    entry.id = id;
    entry.first = first == kNone ? number : first;
    entry.is_dropped = entry.is_left_out = is_dropped;
    texts_.append(text);
    if (entries_.size() * 4 > by_text_.size() * 3) {
      Rehash();
    } else {
      Put(number);
    }
    return number;
  }
  static size_t Mix(SeriesId id) { return (uint64_t{id} * 0x9e3779b97f4a7c15ULL) >> 32; }
  void Put(uint32_t number) {
    const size_t mask = by_text_.size() - 1;
    size_t at = Hash64(Text(number)) & mask;
    while (by_text_[at] != kNone) at = (at + 1) & mask;
    by_text_[at] = number;
    if (entries_[number].first != number || entries_[number].is_dropped) return;
    at = Mix(entries_[number].id) & mask;
    while (by_id_[at] != kNone) at = (at + 1) & mask;
    by_id_[at] = number;
  }
  void Rehash() {
    size_t slots = 16;
    while (entries_.size() * 4 > slots * 3) slots *= 2;
    by_text_.assign(slots, kNone);
    by_id_.assign(slots, kNone);
    by_text_.shrink_to_fit();
    by_id_.shrink_to_fit();
    for (uint32_t i = 0; i < entries_.size(); ++i) Put(i);
  }

  std::vector<Entry> entries_;
  std::string texts_;
  std::vector<uint32_t> by_text_;  // open addressing; as many slots in both
  std::vector<uint32_t> by_id_;
};

}  // namespace kizashi
