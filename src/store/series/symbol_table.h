// Texts and their numbers, packed: a text costs its bytes and about a dozen more.
//
// Not locked: the series index does that. Texts are never taken out; views stay good as long as the
// table lives.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace kizashi {

class SymbolTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t Intern(std::string_view text) {
    const uint64_t hash = Hash64(text);
    if (const uint32_t found = Find(text, hash); found != kNone) return found;
    const auto id = static_cast<uint32_t>(texts_.size());
    texts_.push_back(Keep(text));
    if (texts_.size() * 4 > slots_.size() * 3) {
      Grow();
    } else {
      Put(hash, id);
    }
    return id;
  }
  uint32_t Find(std::string_view text) const { return Find(text, Hash64(text)); }
  std::string_view Get(uint32_t id) const { return {texts_[id].data, texts_[id].size}; }
  size_t size() const { return texts_.size(); }
  size_t bytes() const {
    return page_bytes_ + texts_.capacity() * sizeof(Text) + slots_.capacity() * sizeof(uint32_t);
  }

 private:
  static constexpr size_t kPageBytes = 64 << 10;
  struct [[gnu::packed]] Text {
    const char* data;
    uint32_t size;
  };

  uint32_t Find(std::string_view text, uint64_t hash) const {
    if (slots_.empty()) return kNone;
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask; slots_[at] != kNone; at = (at + 1) & mask) {
      if (Get(slots_[at]) == text) return slots_[at];
    }
    return kNone;
  }
  void Put(uint64_t hash, uint32_t id) {
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    while (slots_[at] != kNone) at = (at + 1) & mask;
    slots_[at] = id;
  }
  void Grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, kNone);
    for (uint32_t id = 0; id < texts_.size(); ++id) Put(Hash64(Get(id)), id);
  }
  Text Keep(std::string_view text) {
    if (text.size() > room_) {
      room_ = std::max(kPageBytes, text.size());
      pages_.push_back(std::make_unique<char[]>(room_));
      next_ = pages_.back().get();
      page_bytes_ += room_;
    }
    char* const data = next_;
    if (!text.empty()) std::memcpy(data, text.data(), text.size());
    next_ += text.size();
    room_ -= text.size();
    return {data, static_cast<uint32_t>(text.size())};
  }

  std::vector<Text> texts_;      // by number
  std::vector<uint32_t> slots_;  // open addressing by hash; a power of two of them
  std::vector<std::unique_ptr<char[]>> pages_;
  char* next_ = nullptr;
  size_t room_ = 0;
  size_t page_bytes_ = 0;
};

}  // namespace kizashi
