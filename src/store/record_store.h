// The record store: incidents' and anomalies' memory in SQLite (WAL, synchronous=FULL, STRICT
// tables, numbered migrations). A call that returned OK is on disk.
//
// Owned by main. Any thread may call; calls are serialised inside. docs/internals/records.md has
// the tables.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/records.h"

namespace kizashi {

struct RecordFilter {
  std::string service{};  // "" for all
  std::string owner{};    // "" for all
  enum class Open { kAll, kOpen, kEnded } open = Open::kAll;
  std::optional<Time> overlapping_since{};  // not ended before this
  std::optional<Time> overlapping_until{};  // not begun at or after this
  int limit = 200;
  std::string kind{};  // of anomalies; "" for all
  std::string
      state{};  // of anomalies: "acknowledged", "expected", "fixed", "came_back"; "" for all
};

class RecordStore {
 public:
  /// So many prices of one episode are kept, the first ones; the one that stands is in its record.
  static constexpr int kPricesMax = 200;

  virtual ~RecordStore() = default;

  /// Opens or makes the file (readable by its owner alone: it holds the URLs of destinations); runs
  /// migrations. Refuses a file of a newer version or of another program with InvalidArgument, and
  /// what is no sound database with DataLoss.
  static StatusOr<std::unique_ptr<RecordStore>> Open(const std::string& path);

  /// One transaction. Idempotent: records are put by id, verdicts, edits and prices that are there
  /// already (by type and subject; by id of an edit; by anomaly and time) stay as they are. An edit
  /// also says what it decided in the episodes that have ended; open ones are the judge's to put.
  virtual Status Apply(const VerdictBatch& batch) = 0;

  /// Newest begin first.
  virtual StatusOr<std::vector<AnomalyRecord>> ListAnomalies(const RecordFilter& filter) = 0;
  virtual StatusOr<std::optional<AnomalyRecord>> GetAnomaly(const std::string& id) = 0;
  /// Every price that the episode was told to have, the oldest first; nothing of one that began
  /// before prices were kept.
  virtual StatusOr<std::vector<PriceTold>> ListPrices(const std::string& anomaly) = 0;
  /// The newest first; of one kind or service, or all when they are "".
  virtual StatusOr<std::vector<LedgerEditRecord>> ListEdits(const std::string& kind,
                                                            const std::string& service,
                                                            int limit) = 0;
  virtual StatusOr<std::vector<AlertRecord>> ListAlerts(const RecordFilter& filter) = 0;
  virtual StatusOr<std::optional<AlertRecord>> GetAlert(const std::string& id) = 0;
  /// In the order they were reached.
  virtual StatusOr<std::vector<Verdict>> ListVerdicts() = 0;

  /// Those of one type about one service since then, the newest first; for types that are rare.
  virtual StatusOr<std::vector<Verdict>> ListVerdictsOf(const std::string& type,
                                                        const std::string& service, Time since,
                                                        int limit) = 0;

  /// Keeps a day's report with its deliveries in one transaction; false when the team has one of
  /// that day already, and then nothing is kept.
  virtual StatusOr<bool> AddReport(const ReportRecord& report,
                                   const std::vector<ReportDelivery>& deliveries) = 0;
  /// The newest day first.
  virtual StatusOr<std::vector<ReportRecord>> ListReports(const std::string& team, int limit) = 0;
  virtual StatusOr<std::vector<ReportDelivery>> ListReportDeliveries(const std::string& team,
                                                                     const std::string& day) = 0;
  /// Those waiting whose next attempt is due, with the oldest first.
  virtual StatusOr<std::vector<ReportDelivery>> DueReportDeliveries(Time now, int limit) = 0;
  virtual Status UpdateReportDelivery(const ReportDelivery& delivery) = 0;
};

}  // namespace kizashi
