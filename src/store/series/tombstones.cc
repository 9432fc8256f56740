#include "store/series/tombstones.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kMagic = "KZSERT01";

}  // namespace

void Tombstones::Add(std::span<const SeriesId> ids, Stretch stretch) {
  for (const SeriesId id : ids) series_[id].push_back(stretch);
}

const std::vector<Tombstones::Stretch>* Tombstones::Find(SeriesId id) const {
  const auto found = series_.find(id);
  return found == series_.end() ? nullptr : &found->second;
}

bool Tombstones::Hides(const std::vector<Stretch>& stretches, int64_t time_ms) {
  return std::any_of(stretches.begin(), stretches.end(), [&](const Stretch& one) {
    return time_ms >= one.from_ms && time_ms <= one.to_ms;
  });
}

void Tombstones::Apply(SeriesId id, SampleColumns* samples) const {
  const auto* stretches = Find(id);
  if (stretches == nullptr) return;
  size_t kept = 0;
  for (size_t i = 0; i < samples->size(); ++i) {
    const int64_t time = samples->times_ms[i];
    if (Hides(*stretches, time)) continue;
    samples->times_ms[kept] = time;
    samples->values[kept++] = samples->values[i];
  }
  samples->times_ms.resize(kept);
  samples->values.resize(kept);
}

bool Tombstones::HidesWithin(int64_t from_ms, int64_t to_ms) const {
  return std::any_of(series_.begin(), series_.end(), [&](const auto& item) {
    return std::any_of(item.second.begin(), item.second.end(), [&](const Stretch& one) {
      return one.from_ms <= to_ms && one.to_ms >= from_ms;
    });
  });
}

bool Tombstones::DropBefore(int64_t oldest_ms) {
  size_t dropped = 0;
  for (auto& [id, stretches] : series_) {
    dropped += std::erase_if(stretches, [&](const Stretch& one) { return one.to_ms < oldest_ms; });
  }
  std::erase_if(series_, [](const auto& item) { return item.second.empty(); });
  return dropped > 0;
}

std::string Tombstones::Encode() const {
  ByteWriter out;
  out.Raw(kMagic.data(), kMagic.size());
  out.Varint(series_.size());
  SeriesId before = 0;
  for (const auto& [id, stretches] : series_) {
    out.Varint(id - before);
    before = id;
    out.Varint(stretches.size());
    for (const Stretch& one : stretches) {
      out.SignedVarint(one.from_ms);
      out.SignedVarint(one.to_ms);
    }
  }
  out.U64(Hash64(out.bytes()));
  return out.Take();
}

StatusOr<Tombstones> Tombstones::Decode(std::string_view bytes) {
  const auto damaged = [] { return DataLoss("the file of deleted samples is damaged"); };
  if (bytes.size() < kMagic.size() + 8 || !bytes.starts_with(kMagic)) return damaged();
  const std::string_view content = bytes.substr(0, bytes.size() - 8);
  if (ByteReader(bytes.substr(content.size())).U64() != Hash64(content)) return damaged();
  ByteReader in(content.substr(kMagic.size()));
  Tombstones tombstones;
  uint64_t id = 0;
  for (uint64_t left = in.Varint(); left > 0 && in.ok(); --left) {
    id += in.Varint();
    if (id > UINT32_MAX) return damaged();
    auto& stretches = tombstones.series_[static_cast<SeriesId>(id)];
    for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
      Stretch one;
      one.from_ms = in.SignedVarint();
      one.to_ms = in.SignedVarint();
      stretches.push_back(one);
    }
  }
  if (!in.ok() || !in.AtEnd()) return damaged();
  return tombstones;
}

}  // namespace kizashi
