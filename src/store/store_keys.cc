#include "store/store_keys.h"

#include <fmt/core.h>

#include <charconv>

#include "base/bytes.h"

namespace kizashi {
namespace {

constexpr std::string_view kBlockPrefix = "rows-";
constexpr std::string_view kSamplesPrefix = "scrapes-";
constexpr std::string_view kPointPrefix = "p/";
constexpr std::string_view kCheckpointPrefix = "c/";
constexpr std::string_view kCheckpointsEnd = "c0";  // '0' follows '/'
constexpr int64_t kDayMs = 86'400'000;

std::string_view PrefixOf(RowKind kind) {
  return kind == RowKind::kEntries ? kBlockPrefix : kSamplesPrefix;
}

}  // namespace

std::string MetaKey(MetaKind kind, uint32_t id) {
  ByteWriter key;
  key.U8(static_cast<uint8_t>(kind));
  key.BigU32(id);
  return key.Take();
}

std::string FormatKey() { return std::string(1, static_cast<char>(MetaKind::kFormat)); }

std::string DroppedKey() { return std::string(1, static_cast<char>(MetaKind::kDropped)); }

std::string CursorKey(std::string_view cursor) {
  return static_cast<char>(MetaKind::kCursor) + std::string(cursor);
}

std::string SeqKey(uint64_t seq) {
  ByteWriter key;
  key.BigU64(seq);
  return key.Take();
}

uint64_t SeqOfKey(std::string_view key) { return ByteReader(key).BigU64(); }

std::string BlockName(Time start, RowKind kind) {
  return fmt::format("{}{:020}", PrefixOf(kind), ToMs(start));
}

std::optional<Time> BlockStart(std::string_view name, RowKind kind) {
  const std::string_view prefix = PrefixOf(kind);
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size());
  int64_t ms = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), ms);
  if (error != std::errc() || BlockName(TimeFromMs(ms), kind) != name) return std::nullopt;
  return TimeFromMs(ms);
}

int64_t DayOf(Time time) { return ToMs(time) / kDayMs; }

Time DayStart(int64_t day) { return TimeFromMs(day * kDayMs); }

std::string PointDayKey(int64_t day) {
  ByteWriter key;
  key.Raw(kPointPrefix.data(), kPointPrefix.size());
  key.BigU64(static_cast<uint64_t>(day));
  return key.Take();
}

std::string PointKey(char kind, std::string_view name, Time time) {
  ByteWriter key;
  const std::string day = PointDayKey(DayOf(time));
  key.Raw(day.data(), day.size());
  key.U8(static_cast<uint8_t>(kind));
  key.Raw(name.data(), name.size());
  key.U8(0);
  key.BigU64(static_cast<uint64_t>(ToMs(time)));
  return key.Take();
}

Time TimeOfPointKey(std::string_view key) {
  const std::string_view ms = key.substr(key.size() < 8 ? 0 : key.size() - 8);
  return TimeFromMs(static_cast<int64_t>(ByteReader(ms).BigU64()));
}

std::string CheckpointKey(uint64_t seq) { return std::string(kCheckpointPrefix) + SeqKey(seq); }

uint64_t SeqOfCheckpointKey(std::string_view key) {
  return key.size() < kCheckpointPrefix.size() ? 0 : SeqOfKey(key.substr(kCheckpointPrefix.size()));
}

std::string_view CheckpointsBegin() { return kCheckpointPrefix; }
std::string_view CheckpointsEnd() { return kCheckpointsEnd; }

}  // namespace kizashi
