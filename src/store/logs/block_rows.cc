#include "store/logs/block_rows.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr size_t kChunkBytes = 1 << 20;
constexpr int64_t kMinuteMs = 60'000;

// Lines beyond this many skeletons, or skeletons of one hash, are kept whole: as one slot of a
// skeleton without constants.
constexpr size_t kOwnSkeletonsMax = kBlockSkeletonsMax / 2;
constexpr size_t kSameHashMax = 16;

bool SamePieces(const SkeletonRows& skeleton, std::string_view text,
                const std::vector<Slot>& slots) {
  if (skeleton.slots() != slots.size()) return false;
  uint32_t begin = 0;
  uint32_t at = 0;
  for (size_t i = 0; i <= slots.size(); ++i) {
    const auto end = i < slots.size() ? slots[i].begin : static_cast<uint32_t>(text.size());
    const uint32_t piece_end = skeleton.piece_ends[i];
    if (end - begin != piece_end - at) return false;
    if (std::memcmp(text.data() + begin, skeleton.constants.data() + at, end - begin) != 0) {
      return false;
    }
    at = piece_end;
    if (i < slots.size()) begin = slots[i].end;
  }
  return true;
}

SkeletonRows MakeSkeleton(std::string_view text, const LineShape& shape) {
  SkeletonRows skeleton;
  skeleton.hash = shape.skeleton;
  skeleton.pattern = shape.pattern;
  uint32_t begin = 0;
  for (size_t i = 0; i <= shape.slots->size(); ++i) {
    const bool last = i == shape.slots->size();
    const auto end = last ? static_cast<uint32_t>(text.size()) : (*shape.slots)[i].begin;
    skeleton.constants.append(text.substr(begin, end - begin));
    skeleton.piece_ends.push_back(static_cast<uint32_t>(skeleton.constants.size()));
    if (!last) begin = (*shape.slots)[i].end;
  }
  skeleton.columns.resize(shape.slots->size() + kExtraColumns);
  return skeleton;
}

void CountLine(Time time, LogSeverity severity, SkeletonRows* skeleton) {
  const Time minute = FloorTo(time, Duration(kMinuteMs));
  for (size_t back = 0; back < std::min<size_t>(skeleton->counts.size(), 4); ++back) {
    PatternCount& count = skeleton->counts[skeleton->counts.size() - 1 - back];
    if (count.minute != minute || count.severity != severity) continue;
    ++count.lines;
    return;
  }
  skeleton->counts.push_back({skeleton->pattern, minute, severity, 1});
}

}  // namespace

ValueTable::ValueTable() : places_(1 << 12) { Intern({}); }

uint32_t ValueTable::Intern(std::string_view value) {
  const auto hash = static_cast<uint32_t>(Hash64(value));
  const size_t mask = places_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    if (places_[at] == 0) {
      values_.push_back(Keep(value));
      hashes_.push_back(hash);
      places_[at] = size();
      if (values_.size() * 5 > places_.size() * 3) Grow();
      return size() - 1;
    }
    const uint32_t number = places_[at] - 1;
    if (hashes_[number] == hash && values_[number] == value) return number;
  }
}

std::string_view ValueTable::Keep(std::string_view value) {
  if (value.empty()) return {};
  bytes_ += value.size();
  if (value.size() > free_bytes_) {
    const size_t size = std::max(kChunkBytes, value.size());
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    free_ = chunks_.back().get();
    free_bytes_ = size;
  }
  std::memcpy(free_, value.data(), value.size());
  const std::string_view kept(free_, value.size());
  free_ += value.size();
  free_bytes_ -= value.size();
  return kept;
}

void ValueTable::Grow() {
  places_.assign(places_.size() * 2, 0);
  const size_t mask = places_.size() - 1;
  for (uint32_t number = 0; number < size(); ++number) {
    size_t at = hashes_[number] & mask;
    while (places_[at] != 0) at = (at + 1) & mask;
    places_[at] = number + 1;
  }
}

std::string EncodeMetadata(const Labels& labels) {
  ByteWriter out;
  for (const Label& label : labels) {
    out.String(label.name);
    out.String(label.value);
  }
  return out.Take();
}

StatusOr<Labels> DecodeMetadata(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<Label> labels;
  while (in.ok() && !in.AtEnd()) {
    std::string name(in.String());
    labels.push_back({std::move(name), std::string(in.String())});
  }
  if (!in.ok()) return DataLoss("log block: a line's metadata is damaged");
  return Labels(std::move(labels));
}

void BlockRows::Add(const LogLine& line, uint32_t stream, const LineShape& shape) {
  SkeletonRows* skeleton = nullptr;
  const uint32_t found = FindSkeleton(line.text, shape);
  if (found != UINT32_MAX) {
    skeleton = &skeletons[found];
    order.push_back(found);
    AddSlots(line.text, *shape.slots, skeleton);
  } else {
    // One skeleton for each pattern whose skeletons are too many.
    const std::vector<Slot> whole = {{0, static_cast<uint32_t>(line.text.size()), SlotKind::kRest}};
    const uint32_t other = FindSkeleton(line.text, {shape.pattern, shape.pattern, &whole});
    KZ_CHECK(other != UINT32_MAX);
    skeleton = &skeletons[other];
    order.push_back(other);
    AddSlots(line.text, whole, skeleton);
  }
  row.push_back(skeleton->lines());
  const size_t slots = skeleton->slots();
  skeleton->columns[slots + kTraceColumn].push_back(values.Intern(line.trace_id));
  skeleton->columns[slots + kSpanColumn].push_back(values.Intern(line.span_id));
  skeleton->columns[slots + kMetadataColumn].push_back(
      line.metadata.empty() ? 0 : values.Intern(EncodeMetadata(line.metadata)));
  const auto [at, fresh] = stream_by_id.try_emplace(stream, static_cast<uint32_t>(streams.size()));
  if (fresh) streams.push_back({stream, 0});
  ++streams[at->second].lines;
  skeleton->streams.push_back(at->second);
  skeleton->flags.push_back(static_cast<uint32_t>(line.severity) | (line.cut ? kCutFlag : 0));
  const int64_t time_ms = std::clamp(ToMs(line.time), -kTimeMsMax, kTimeMsMax);
  CountLine(TimeFromMs(time_ms), line.severity, skeleton);
  times_ms.push_back(time_ms);
  text_bytes += line.text.size() + 1;
}

uint32_t BlockRows::FindSkeleton(std::string_view text, const LineShape& shape) {
  const auto fresh = static_cast<uint32_t>(skeletons.size());
  const bool whole = shape.slots->size() == 1 && (*shape.slots)[0].begin == 0 &&
                     (*shape.slots)[0].end == text.size();
  const auto found = skeleton_by_hash.find(shape.skeleton);
  uint32_t before = UINT32_MAX;
  size_t same_hash = 0;
  if (found != skeleton_by_hash.end()) {
    for (uint32_t at = found->second; at != UINT32_MAX; at = skeletons[at].next) {
      if (SamePieces(skeletons[at], text, *shape.slots)) return at;
      before = at;
      ++same_hash;
    }
  }
  const bool too_many = skeletons.size() >= kOwnSkeletonsMax || same_hash >= kSameHashMax ||
                        shape.slots->size() > kBlockSlotsMax;
  if (too_many && !whole) return UINT32_MAX;
  if (before == UINT32_MAX) {
    skeleton_by_hash.emplace(shape.skeleton, fresh);
  } else {
    skeletons[before].next = fresh;
  }
  skeletons.push_back(MakeSkeleton(text, shape));
  return fresh;
}

void BlockRows::AddSlots(std::string_view text, const std::vector<Slot>& slots,
                         SkeletonRows* skeleton) {
  for (size_t i = 0; i < slots.size(); ++i) {
    std::vector<uint32_t>& column = skeleton->columns[i];
    const std::string_view value = text.substr(slots[i].begin, slots[i].end - slots[i].begin);
    // Mostly constant columns are common: no hash for a value that stands again.
    if (!column.empty() && values[column.back()] == value) {
      column.push_back(column.back());
    } else {
      column.push_back(values.Intern(value));
    }
  }
}

void BlockRows::AppendText(uint32_t number, std::string* out) const {
  const SkeletonRows& skeleton = skeletons[order[number]];
  uint32_t begin = 0;
  for (size_t i = 0; i < skeleton.piece_ends.size(); ++i) {
    out->append(skeleton.constants, begin, skeleton.piece_ends[i] - begin);
    begin = skeleton.piece_ends[i];
    if (i < skeleton.slots()) out->append(values[skeleton.columns[i][row[number]]]);
  }
}

uint64_t BlockRows::TextBytes(uint32_t number) const {
  const SkeletonRows& skeleton = skeletons[order[number]];
  uint64_t bytes = skeleton.constants.size() + 1;
  for (size_t i = 0; i < skeleton.slots(); ++i) {
    bytes += values[skeleton.columns[i][row[number]]].size();
  }
  return bytes;
}

LogRow BlockRows::Read(uint32_t number) const {
  const SkeletonRows& skeleton = skeletons[order[number]];
  const uint32_t at = row[number];
  const size_t slots = skeleton.slots();
  LogRow read;
  read.number = number;
  read.stream = streams[skeleton.streams[at]].id;
  read.pattern = skeleton.pattern;
  read.line.time = TimeFromMs(times_ms[number]);
  read.line.severity = static_cast<LogSeverity>(skeleton.flags[at] & kSeverityMask);
  read.line.cut = (skeleton.flags[at] & kCutFlag) != 0;
  read.line.trace_id = values[skeleton.columns[slots + kTraceColumn][at]];
  read.line.span_id = values[skeleton.columns[slots + kSpanColumn][at]];
  auto metadata = DecodeMetadata(values[skeleton.columns[slots + kMetadataColumn][at]]);
  KZ_CHECK(metadata.ok());
  read.line.metadata = std::move(*metadata);
  AppendText(number, &read.line.text);
  return read;
}

}  // namespace kizashi
