// The record store: incidents' and anomalies' memory in SQLite (WAL, synchronous=FULL, STRICT
// tables, numbered migrations). A call that returned OK is on disk.
//
// Owned by main. Any thread may call; calls are serialised inside. docs/internals/records.md has the
// tables.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/records.h"

namespace kizashi {

struct RecordFilter {
  std::string service;  // "" for all
  std::string owner;    // "" for all
  enum class Open { kAll, kOpen, kEnded } open = Open::kAll;
  std::optional<Time> overlapping_since;  // not ended before this
  std::optional<Time> overlapping_until;  // not begun at or after this
  int limit = 200;
};

class RecordStore {
 public:
  virtual ~RecordStore() = default;

  /// Opens or makes the file; runs migrations; refuses a file of a newer version.
  static StatusOr<std::unique_ptr<RecordStore>> Open(const std::string& path);

  /// One transaction. Idempotent: records are put by id, verdicts and deliveries that are there
  /// already (by type and subject; by alert, event and url) stay as they are.
  virtual Status Apply(const VerdictBatch& batch, const std::vector<DeliveryRecord>& deliveries) = 0;

  /// Newest begin first.
  virtual StatusOr<std::vector<AnomalyRecord>> ListAnomalies(const RecordFilter& filter) = 0;
  virtual StatusOr<std::optional<AnomalyRecord>> GetAnomaly(const std::string& id) = 0;
  virtual StatusOr<std::vector<AlertRecord>> ListAlerts(const RecordFilter& filter) = 0;
  /// In the order they were reached.
  virtual StatusOr<std::vector<Verdict>> ListVerdicts() = 0;

  /// Oldest first; without `alert_id`, those waiting whose next attempt is due at `now`.
  virtual StatusOr<std::vector<DeliveryRecord>> ListDeliveries(const std::string& alert_id) = 0;
  virtual StatusOr<std::vector<DeliveryRecord>> DueDeliveries(Time now, int limit) = 0;
  virtual Status UpdateDelivery(const DeliveryRecord& delivery) = 0;
};

}  // namespace kizashi
