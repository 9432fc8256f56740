#include "store/logs/sequence_codec.h"

#include <algorithm>

namespace kizashi {

size_t RecentList::RankOf(uint32_t number) const {
  const auto at = std::find(numbers_.begin(), numbers_.end(), number);
  return at == numbers_.end() ? kAbsent : static_cast<size_t>(at - numbers_.begin());
}

void RecentList::Touch(size_t rank) {
  if (rank == 0) return;
  const uint32_t number = numbers_[rank];
  std::copy_backward(numbers_.begin(), numbers_.begin() + static_cast<ptrdiff_t>(rank),
                     numbers_.begin() + static_cast<ptrdiff_t>(rank) + 1);
  numbers_[0] = number;
}

void RecentList::Push(uint32_t number) {
  if (numbers_.size() < kRecentMax) numbers_.push_back(0);
  std::copy_backward(numbers_.begin(), numbers_.end() - 1, numbers_.end());
  numbers_[0] = number;
}

std::string EncodeOrder(const std::vector<uint32_t>& order, uint32_t skeletons) {
  std::vector<RecentList> followers(skeletons);
  std::string codes;
  codes.reserve(order.size());
  ByteWriter numbers;
  uint32_t before = 0;
  uint32_t next = 0;
  for (const uint32_t skeleton : order) {
    RecentList& recent = followers[before];
    const size_t rank = skeleton == next ? RecentList::kAbsent : recent.RankOf(skeleton);
    if (rank != RecentList::kAbsent) {
      codes.push_back(static_cast<char>(rank));
      recent.Touch(rank);
    } else {
      codes.push_back(static_cast<char>(skeleton == next ? kNewCode : kExplicitCode));
      if (skeleton == next) {
        ++next;
      } else {
        numbers.Varint(skeleton);
      }
      recent.Push(skeleton);
    }
    before = skeleton;
  }
  return codes + numbers.bytes();
}

StatusOr<std::vector<uint32_t>> DecodeOrder(std::string_view bytes, uint32_t lines,
                                            uint32_t skeletons) {
  std::vector<uint32_t> order;
  if (bytes.size() < lines) return DataLoss("log block: the order of lines is damaged");
  order.reserve(lines);
  std::vector<RecentList> followers(skeletons);
  ByteReader numbers(bytes.substr(lines));
  uint32_t before = 0;
  uint32_t next = 0;
  for (uint32_t i = 0; i < lines; ++i) {
    RecentList& recent = followers[before];
    const auto code = static_cast<uint8_t>(bytes[i]);
    uint64_t skeleton = 0;
    if (code < recent.size()) {
      skeleton = recent.At(code);
      recent.Touch(code);
    } else {
      skeleton = code == kNewCode ? next++ : code == kExplicitCode ? numbers.Varint() : skeletons;
      if (skeleton >= skeletons) return DataLoss("log block: the order of lines is damaged");
      recent.Push(static_cast<uint32_t>(skeleton));
    }
    before = static_cast<uint32_t>(skeleton);
    order.push_back(before);
  }
  if (!numbers.ok() || !numbers.AtEnd())
    return DataLoss("log block: the order of lines is damaged");
  return order;
}

void IdEncoder::Add(uint32_t track, uint32_t stream, uint32_t id) {
  Form& form = forms_[form_by_track_[track]];
  uint32_t& last = last_[track * streams_ + stream];
  std::string& codes = codes_[track];
  const bool fresh = id == form.next;
  const size_t rank = fresh ? RecentList::kAbsent : form.recent.RankOf(id);
  if (id == last) {
    codes.push_back(0);
  } else if (rank != RecentList::kAbsent) {
    codes.push_back(static_cast<char>(rank + 1));
  } else {
    codes.push_back(static_cast<char>(fresh ? kNewCode : kExplicitCode));
    if (!fresh) numbers_.Varint(id);
  }
  if (fresh) ++form.next;
  if (rank != RecentList::kAbsent) {
    form.recent.Touch(rank);
  } else {
    form.recent.Push(id);
  }
  last = id;
}

bool IdDecoder::Next(uint32_t track, uint32_t stream, uint32_t* id) {
  std::string_view& codes = codes_[track];
  if (codes.empty()) return false;
  const auto code = static_cast<uint8_t>(codes[0]);
  codes.remove_prefix(1);
  Form& form = forms_[form_by_track_[track]];
  uint32_t& last = last_[track * streams_ + stream];
  size_t rank = RecentList::kAbsent;
  if (code == 0) {
    if (last == UINT32_MAX) return false;
    *id = last;
    rank = form.recent.RankOf(last);
  } else if (code <= kRecentMax) {
    rank = code - size_t{1};
    if (rank >= form.recent.size()) return false;
    *id = form.recent.At(rank);
  } else if (code == kNewCode) {
    *id = form.next++;
  } else {
    const uint64_t number = numbers_.Varint();
    if (!numbers_.ok() || number >= form.next) return false;
    *id = static_cast<uint32_t>(number);
    // An id that is recent is never explicit, so the list stays without repetition.
    if (form.recent.RankOf(*id) != RecentList::kAbsent) return false;
  }
  if (rank != RecentList::kAbsent) {
    form.recent.Touch(rank);
  } else {
    form.recent.Push(*id);
  }
  last = *id;
  return true;
}

bool IdDecoder::AtEnd() const {
  const auto empty = [](std::string_view codes) { return codes.empty(); };
  return numbers_.AtEnd() && std::all_of(codes_.begin(), codes_.end(), empty);
}

}  // namespace kizashi
