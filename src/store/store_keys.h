// Keys of the telemetry store's column families; docs/internals/journal.md lists them.
//
// Numbers in keys are big endian, so that keys sort as what they number. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kizashi {

/// First byte of a key of the meta family: what kind of definition it is.
enum class MetaKind : char {
  kFormat = 'f',
  kDropped = 'd',
  kCursor = 'k',
  kSeriesGroup = 'g',
  kLayout = 'l',
  kSeries = 'm',
  kSource = 's',
  kStream = 't',
};

/// Key of the definition `id` of a kind that is numbered.
std::string MetaKey(MetaKind kind, uint32_t id);
/// Key of the store's format.
std::string FormatKey();
/// Key of the number of the last entry that retention dropped.
std::string DroppedKey();
/// Key of a tailed file's cursor.
std::string CursorKey(std::string_view cursor);

/// Key of a journal entry in the family of its block.
std::string SeqKey(uint64_t seq);
/// The entry's number; 0 when the key is too short.
uint64_t SeqOfKey(std::string_view key);

/// Entries that are kept for retention's time, and those with samples, which go as soon as the
/// samples are in columns.
enum class RowKind { kEntries, kSamples };

/// Name of the column family that holds the entries of the block that begins at `start`.
std::string BlockName(Time start, RowKind kind = RowKind::kEntries);
/// The beginning of the block; nothing when BlockName does not make such a name.
std::optional<Time> BlockStart(std::string_view name, RowKind kind = RowKind::kEntries);

/// Days since 1970 in UTC. Requires a time that is not before.
int64_t DayOf(Time time);
Time DayStart(int64_t day);
/// Points are kept by day, so that old days are dropped as one range that ends here.
std::string PointDayKey(int64_t day);
std::string PointKey(char kind, std::string_view name, Time time);
Time TimeOfPointKey(std::string_view key);

std::string CheckpointKey(uint64_t seq);
uint64_t SeqOfCheckpointKey(std::string_view key);
/// The keys of all checkpoints are in [begin, end).
std::string_view CheckpointsBegin();
std::string_view CheckpointsEnd();

}  // namespace kizashi
