#include "judge/slo/slice_log.h"

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "base/check.h"

namespace kizashi {
namespace {

constexpr int kOpenChunks = 2;

// One byte in front of every slice that says what follows it; slices without events that were
// covered alike are one byte and their number.
constexpr uint8_t kHasTotal = 1;
constexpr uint8_t kHasBad = 2;
constexpr uint8_t kTotalIsFraction = 4;  // a double follows, not a varint
constexpr uint8_t kBadIsFraction = 8;
constexpr uint8_t kCovered = 16;
constexpr uint8_t kCoveredInPart = 32;  // milliseconds follow
constexpr uint8_t kRun = 64;

int64_t FloorDiv(int64_t value, int64_t by) {
  const int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

bool IsWhole(double value) { return std::abs(value) < 9e15 && value == std::floor(value); }

void WriteNumber(double value, ByteWriter* out) {
  if (IsWhole(value)) {
    out->SignedVarint(static_cast<int64_t>(value));
  } else {
    out->Double(value);
  }
}

double ReadNumber(bool fraction, ByteReader* in) {
  return fraction ? in->Double() : static_cast<double>(in->SignedVarint());
}

uint8_t FlagsOf(const SliceSum& slice, double full_seconds) {
  const double bad = slice.total - slice.good;
  uint8_t flags = 0;
  if (slice.total != 0) flags |= kHasTotal;
  if (slice.total != 0 && !IsWhole(slice.total)) flags |= kTotalIsFraction;
  if (bad != 0) flags |= kHasBad;
  if (bad != 0 && !IsWhole(bad)) flags |= kBadIsFraction;
  if (slice.covered_seconds == full_seconds) {
    flags |= kCovered;
  } else if (slice.covered_seconds != 0) {
    flags |= kCoveredInPart;
  }
  return flags;
}

template <typename Slices>
std::string Encode(const Slices& slices, double full_seconds) {
  ByteWriter out;
  for (size_t i = 0; i < slices.size(); ++i) {
    const uint8_t flags = FlagsOf(slices[i], full_seconds);
    if ((flags & ~kCovered) == 0) {
      size_t run = 1;
      while (i + run < slices.size() && FlagsOf(slices[i + run], full_seconds) == flags) ++run;
      out.U8(flags | kRun);
      out.Varint(run);
      i += run - 1;
      continue;
    }
    out.U8(flags);
    if ((flags & kHasTotal) != 0) WriteNumber(slices[i].total, &out);
    if ((flags & kHasBad) != 0) WriteNumber(slices[i].total - slices[i].good, &out);
    if ((flags & kCoveredInPart) != 0) {
      out.SignedVarint(std::llround(slices[i].covered_seconds * 1000));
    }
  }
  return out.Take();
}

template <typename Slices>
void Decode(std::string_view bytes, double full_seconds, Slices* slices) {
  ByteReader in(bytes);
  for (size_t i = 0; i < slices->size() && in.ok() && !in.AtEnd();) {
    const uint8_t flags = in.U8();
    SliceSum slice;
    if ((flags & kCovered) != 0) slice.covered_seconds = full_seconds;
    if ((flags & kRun) != 0) {
      const size_t run = std::min<size_t>(in.Varint(), slices->size() - i);
      std::fill_n(slices->begin() + static_cast<std::ptrdiff_t>(i), run, slice);
      i += run;
      continue;
    }
    if ((flags & kHasTotal) != 0) slice.total = ReadNumber((flags & kTotalIsFraction) != 0, &in);
    slice.good = slice.total;
    if ((flags & kHasBad) != 0) slice.good -= ReadNumber((flags & kBadIsFraction) != 0, &in);
    if ((flags & kCoveredInPart) != 0) {
      slice.covered_seconds = static_cast<double>(in.SignedVarint()) / 1000;
    }
    (*slices)[i++] = slice;
  }
}

}  // namespace

SliceSum& SliceSum::operator+=(const SliceSum& other) {
  good += other.good;
  total += other.total;
  covered_seconds += other.covered_seconds;
  return *this;
}

SliceSum& SliceSum::operator-=(const SliceSum& other) {
  good -= other.good;
  total -= other.total;
  covered_seconds -= other.covered_seconds;
  return *this;
}

int64_t SliceLog::Number(Time time) const { return FloorDiv(ToMs(time) - 1, interval_.count()); }

Time SliceLog::End(int64_t number) const { return TimeFromMs((number + 1) * interval_.count()); }

// The slice to add to. Opens its chunk when time has just reached it.
SliceSum* SliceLog::At(int64_t number) {
  KZ_CHECK(interval_.count() > 0);
  const int64_t index = FloorDiv(number, kChunkSlices);
  if (open_.empty() || index > open_.back().index) {
    open_.push_back({index, std::vector<SliceSum>(kChunkSlices)});
    while (open_.size() > kOpenChunks) SealOldest();
  }
  for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
    if (index == open->index)
      return &open->slices[static_cast<size_t>(number - index * kChunkSlices)];
    if (index > open->index) return &open->slices.back();  // between two that are open
  }
  return &open_.front().slices.front();
}

void SliceLog::SealOldest() {
  const Open& oldest = open_.front();
  Sealed sealed{oldest.index, sealed_sum_, Encode(oldest.slices, ToSeconds(interval_))};
  sealed.bytes.shrink_to_fit();
  for (const SliceSum& slice : oldest.slices) sealed_sum_ += slice;
  sealed_.push_back(std::move(sealed));
  open_.pop_front();
  const int64_t oldest_kept = OldestKept();
  while (!sealed_.empty() && (sealed_.front().index + 1) * kChunkSlices <= oldest_kept) {
    sealed_.pop_front();
  }
}

void SliceLog::Add(Time at, double good, double total) {
  SliceSum* slice = At(Number(at));
  slice->good += good;
  slice->total += total;
}

void SliceLog::Cover(Time since, Time until) {
  since = std::max(since, covered_until_);
  if (since >= until) return;
  covered_until_ = until;
  // What lies before the open chunks is too long ago to be told by a sample of now.
  since = std::max(since, until - interval_ * kChunkSlices);
  for (int64_t number = Number(since + Duration(1)); number <= Number(until); ++number) {
    const Duration part = std::min(End(number), until) - std::max(End(number - 1), since);
    At(number)->covered_seconds += ToSeconds(part);
  }
}

// The number of the oldest slice that is kept.
int64_t SliceLog::OldestKept() const {
  return Number(End(open_.back().index * kChunkSlices) - keep_);
}

// False when it belongs into a sealed chunk.
bool SliceLog::SetOpen(int64_t number, const SliceSum& slice) {
  const int64_t index = FloorDiv(number, kChunkSlices);
  if (open_.empty() || index > open_.back().index) {
    *At(number) = slice;
    return true;
  }
  for (Open& open : open_) {
    if (open.index != index) continue;
    open.slices[static_cast<size_t>(number - index * kChunkSlices)] = slice;
    return true;
  }
  // Between the two that are open: the older one is no longer needed open.
  if (index > open_.front().index) SealOldest();
  return false;
}

void SliceLog::SetAll(std::span<const Slice> slices) {
  for (size_t i = 0; i < slices.size();) {
    const auto& [end, slice] = slices[i];
    KZ_CHECK(i == 0 || slices[i - 1].first <= end);
    if (SetOpen(Number(end), slice)) {
      ++i;
      continue;
    }
    const int64_t open_from = open_.front().index * kChunkSlices;
    size_t until = i;
    while (until < slices.size() && Number(slices[until].first) < open_from) ++until;
    SetSealed(slices.subspan(i, until - i));
    i = until;
  }
}

// Each chunk is read and written once, and the sums before those behind it are moved once.
void SliceLog::SetSealed(std::span<const Slice> slices) {
  const int64_t oldest_kept = OldestKept();
  const auto is_too_old = [&](const Slice& slice) { return Number(slice.first) < oldest_kept; };
  slices = slices.subspan(static_cast<size_t>(
      std::find_if_not(slices.begin(), slices.end(), is_too_old) - slices.begin()));
  if (slices.empty()) return;
  SliceSum change;
  const auto chunk_of = [this](const Slice& slice) {
    return FloorDiv(Number(slice.first), kChunkSlices);
  };
  auto chunk = std::lower_bound(sealed_.begin(), sealed_.end(), chunk_of(slices.front()),
                                [](const Sealed& a, int64_t i) { return a.index < i; });
  for (size_t i = 0; i < slices.size();) {
    const int64_t index = chunk_of(slices[i]);
    for (; chunk != sealed_.end() && chunk->index < index; ++chunk) chunk->before += change;
    if (chunk == sealed_.end() || chunk->index != index) {
      const SliceSum before = chunk == sealed_.end() ? sealed_sum_ : chunk->before;
      chunk = sealed_.insert(chunk, {index, before, {}});
    }
    chunk->before += change;
    Slices known{};
    Decode(chunk->bytes, ToSeconds(interval_), &known);
    for (; i < slices.size() && chunk_of(slices[i]) == index; ++i) {
      SliceSum& slice = known[static_cast<size_t>(Number(slices[i].first) - index * kChunkSlices)];
      change -= slice;
      change += slice = slices[i].second;
    }
    chunk->bytes = Encode(known, ToSeconds(interval_));
    chunk->bytes.shrink_to_fit();
    ++chunk;
  }
  for (; chunk != sealed_.end(); ++chunk) chunk->before += change;
  sealed_sum_ += change;
}

SliceSum SliceLog::SealedSumBefore(int64_t index, int within) const {
  const auto chunk = std::lower_bound(sealed_.begin(), sealed_.end(), index,
                                      [](const Sealed& a, int64_t i) { return a.index < i; });
  if (chunk == sealed_.end()) return sealed_sum_;
  SliceSum sum = chunk->before;
  if (chunk->index != index || within == 0) return sum;
  Slices slices{};
  Decode(chunk->bytes, ToSeconds(interval_), &slices);
  for (int i = 0; i < within; ++i) sum += slices[static_cast<size_t>(i)];
  return sum;
}

SliceSum SliceLog::SumBefore(int64_t number) const {
  const int64_t index = FloorDiv(number, kChunkSlices);
  const auto within = static_cast<int>(number - index * kChunkSlices);
  if (open_.empty() || index < open_.front().index) return SealedSumBefore(index, within);
  SliceSum sum = sealed_sum_;
  for (const Open& open : open_) {
    if (open.index > index) break;
    const int most = open.index == index ? within : kChunkSlices;
    for (int i = 0; i < most; ++i) sum += open.slices[static_cast<size_t>(i)];
  }
  return sum;
}

SliceSum SliceLog::Sum(Time from, Time until) const {
  if (from >= until || (open_.empty() && sealed_.empty())) return {};
  SliceSum sum = SumBefore(Number(until) + 1);
  sum -= SumBefore(Number(from) + 1);
  return sum;
}

SliceLog::Slices SliceLog::Chunk(int64_t index) const {
  Slices slices{};
  for (const Open& open : open_) {
    if (open.index == index) std::copy(open.slices.begin(), open.slices.end(), slices.begin());
  }
  const auto chunk = std::lower_bound(sealed_.begin(), sealed_.end(), index,
                                      [](const Sealed& a, int64_t i) { return a.index < i; });
  if (chunk != sealed_.end() && chunk->index == index) {
    Decode(chunk->bytes, ToSeconds(interval_), &slices);
  }
  return slices;
}

void SliceLog::ForEach(Time from, Time until,
                       const std::function<void(Time end, const SliceSum& slice)>& visit) const {
  const int64_t first = Number(from) + 1;
  const int64_t last = Number(until);
  std::vector<int64_t> chunks;
  for (const Sealed& sealed : sealed_) chunks.push_back(sealed.index);
  for (const Open& open : open_) chunks.push_back(open.index);
  for (const int64_t index : chunks) {
    if ((index + 1) * kChunkSlices <= first || index * kChunkSlices > last) continue;
    const Slices slices = Chunk(index);
    for (int i = 0; i < kChunkSlices; ++i) {
      const int64_t number = index * kChunkSlices + i;
      const SliceSum& slice = slices[static_cast<size_t>(i)];
      if (number >= first && number <= last && slice != SliceSum{}) visit(End(number), slice);
    }
  }
}

std::optional<Time> SliceLog::first() const {
  if (open_.empty() && sealed_.empty()) return std::nullopt;
  const int64_t index = sealed_.empty() ? open_.front().index : sealed_.front().index;
  const Slices slices = Chunk(index);
  for (int i = 0; i < kChunkSlices; ++i) {
    if (slices[static_cast<size_t>(i)] != SliceSum{}) return End(index * kChunkSlices + i - 1);
  }
  return End(index * kChunkSlices - 1);
}

size_t SliceLog::bytes() const {
  size_t bytes = sizeof(*this) + open_.size() * (sizeof(Open) + kChunkSlices * sizeof(SliceSum));
  for (const Sealed& sealed : sealed_) bytes += sizeof(Sealed) + sealed.bytes.capacity();
  return bytes;
}

}  // namespace kizashi
