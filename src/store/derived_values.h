// What follows from the journal and is kept beside it: the judge's points and its checkpoints.
//
// All of it can be made again by judging the journal, so nothing here is synced. Any thread may
// call.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "store/database.h"
#include "store/telemetry_store.h"

namespace kizashi {

class DerivedValues {
 public:
  /// `database` outlives this.
  explicit DerivedValues(Database& database) : database_(database) {}

  /// As in TelemetryStore.
  Status PutPoints(const std::vector<DerivedPoint>& points);
  Status ScanPoints(char kind, std::string_view name, Time from, Time to,
                    const std::function<bool(Time, std::string_view)>& visit) const;
  /// Drops the points of the days before the one that `time` is in; none when that is before 1970.
  Status DropPointsBefore(Time time);

  /// As in TelemetryStore.
  Status PutCheckpoint(uint64_t seq, Time time, std::string_view state);
  /// DataLoss when it is damaged or not there.
  StatusOr<TelemetryStore::Checkpoint> ReadCheckpoint(uint64_t seq) const;
  /// Numbers of the entries that checkpoints were taken after, in order.
  StatusOr<std::vector<uint64_t>> CheckpointSeqs() const;
  /// Drops the checkpoints that a journal which begins at entry `first` cannot go on from. The
  /// newest one stays.
  Status DropCheckpointsBefore(uint64_t first);

 private:
  Status Scan(std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view, std::string_view)>& visit) const;

  Database& database_;
};

}  // namespace kizashi
