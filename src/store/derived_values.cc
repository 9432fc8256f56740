#include "store/derived_values.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/store_keys.h"

namespace kizashi {

Status DerivedValues::PutPoints(const std::vector<DerivedPoint>& points) {
  if (points.empty()) return OkStatus();
  rocksdb::WriteBatch batch;
  for (const DerivedPoint& point : points) {
    batch.Put(database_.derived(), PointKey(point.kind, point.name, point.time), point.value);
  }
  return database_.Write(&batch, Database::Sync::kNo, "write derived values");
}

Status DerivedValues::ScanPoints(char kind, std::string_view name, Time from, Time to,
                                 const std::function<bool(Time, std::string_view)>& visit) const {
  bool go_on = true;
  for (int64_t day = DayOf(from); day <= DayOf(to) && go_on; ++day) {
    const Time last = std::min(to, DayStart(day + 1) - Duration(1));
    const std::string begin = PointKey(kind, name, std::max(from, DayStart(day)));
    const std::string end = PointKey(kind, name, last) + '\0';
    KZ_RETURN_IF_ERROR(Scan(begin, end, [&](std::string_view key, std::string_view value) {
      return go_on = visit(TimeOfPointKey(key), value);
    }));
  }
  return OkStatus();
}

Status DerivedValues::DropPointsBefore(Time time) {
  if (DayOf(time) <= 0) return OkStatus();
  rocksdb::WriteBatch batch;
  batch.DeleteRange(database_.derived(), PointDayKey(0), PointDayKey(DayOf(time)));
  return database_.Write(&batch, Database::Sync::kNo, "drop old derived values");
}

// A checkpoint's value is the time, the state, and a checksum.
Status DerivedValues::PutCheckpoint(uint64_t seq, Time time, std::string_view state) {
  ByteWriter value;
  value.U64(static_cast<uint64_t>(ToMs(time)));
  value.String(state);
  value.U64(Hash64(value.bytes(), seq));
  rocksdb::WriteBatch batch;
  const std::string this_key = CheckpointKey(seq);
  batch.Put(database_.derived(), this_key, value.bytes());
  // Keep the first one of each day as a base for replay, and this one.
  int64_t day_kept = -1;
  KZ_RETURN_IF_ERROR(
      Scan(CheckpointsBegin(), this_key, [&](std::string_view key, std::string_view old) {
        const int64_t day = DayOf(TimeFromMs(static_cast<int64_t>(ByteReader(old).U64())));
        if (day == day_kept) batch.Delete(database_.derived(), key);
        day_kept = day;
        return true;
      }));
  return database_.Write(&batch, Database::Sync::kNo, "write a checkpoint");
}

StatusOr<TelemetryStore::Checkpoint> DerivedValues::ReadCheckpoint(uint64_t seq) const {
  KZ_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                      database_.Get(database_.derived(), CheckpointKey(seq)));
  const std::string_view value = stored ? std::string_view(*stored) : std::string_view();
  ByteReader in(value);
  in.U64();
  TelemetryStore::Checkpoint checkpoint{seq, std::string(in.String())};
  const uint64_t expected = value.size() < 8 ? 0 : Hash64(value.substr(0, value.size() - 8), seq);
  if (in.U64() != expected || !in.ok()) return DataLoss("checkpoint {} is damaged", seq);
  return checkpoint;
}

StatusOr<std::vector<uint64_t>> DerivedValues::CheckpointSeqs() const {
  std::vector<uint64_t> seqs;
  KZ_RETURN_IF_ERROR(
      Scan(CheckpointsBegin(), CheckpointsEnd(), [&](std::string_view key, std::string_view) {
        seqs.push_back(SeqOfCheckpointKey(key));
        return true;
      }));
  return seqs;
}

Status DerivedValues::DropCheckpointsBefore(uint64_t first) {
  KZ_ASSIGN_OR_RETURN(const std::vector<uint64_t> seqs, CheckpointSeqs());
  rocksdb::WriteBatch batch;
  for (size_t i = 0; i + 1 < seqs.size() && seqs[i] + 1 < first; ++i) {
    batch.Delete(database_.derived(), CheckpointKey(seqs[i]));
  }
  if (batch.Count() == 0) return OkStatus();
  return database_.Write(&batch, Database::Sync::kNo, "drop old checkpoints");
}

Status DerivedValues::Scan(
    std::string_view begin, std::string_view end,
    const std::function<bool(std::string_view, std::string_view)>& visit) const {
  return database_.Visit(
      database_.derived(), begin, "read derived values",
      [&](std::string_view key, std::string_view value) { return key < end && visit(key, value); });
}

}  // namespace kizashi
