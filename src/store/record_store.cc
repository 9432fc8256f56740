#include "store/record_store.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "store/record_store_schema.h"
#include "store/record_store_sqlite.h"

namespace kizashi {
namespace {

#define KZ_ANOMALY_COLUMNS                                                                 \
  "id, service, owner, kind, source, code, fields, begin_ms, end_ms, price_mean_minutes, " \
  "price_low_minutes, price_high_minutes, price_basis, price_fields, evidence"
#define KZ_ALERT_COLUMNS "id, service, owner, slo, severity, begin_ms, end_ms, fields"
#define KZ_DELIVERY_COLUMNS                                                                    \
  "id, alert_id, event, kind, url, state, attempts, last_error, created_ms, next_attempt_ms, " \
  "last_attempt_ms"
// Parameters: service, owner, open (0 all, 1 open, 2 ended), since, until, limit.
#define KZ_FILTER                                                                         \
  " WHERE (?1 = '' OR service = ?1) AND (?2 = '' OR owner = ?2)"                          \
  " AND (?3 = 0 OR (?3 = 1 AND end_ms IS NULL) OR (?3 = 2 AND end_ms IS NOT NULL))"       \
  " AND (?4 IS NULL OR end_ms IS NULL OR end_ms >= ?4) AND (?5 IS NULL OR begin_ms < ?5)" \
  " ORDER BY begin_ms DESC, id LIMIT ?6"

constexpr const char* kPutAnomaly =
    "INSERT INTO anomalies (" KZ_ANOMALY_COLUMNS
    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET service = excluded.service, owner = excluded.owner, "
    "kind = excluded.kind, source = excluded.source, code = excluded.code, "
    "fields = excluded.fields, begin_ms = excluded.begin_ms, end_ms = excluded.end_ms, "
    "price_mean_minutes = excluded.price_mean_minutes, "
    "price_low_minutes = excluded.price_low_minutes, "
    "price_high_minutes = excluded.price_high_minutes, price_basis = excluded.price_basis, "
    "price_fields = excluded.price_fields, evidence = excluded.evidence";
constexpr const char* kPutAlert =
    "INSERT INTO alerts (" KZ_ALERT_COLUMNS
    ") VALUES (?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET service = excluded.service, owner = excluded.owner, "
    "slo = excluded.slo, severity = excluded.severity, begin_ms = excluded.begin_ms, "
    "end_ms = excluded.end_ms, fields = excluded.fields";
constexpr const char* kAddVerdict =
    "INSERT INTO verdicts (time_ms, type, subject, service, text) VALUES (?,?,?,?,?) "
    "ON CONFLICT (type, subject) DO NOTHING";
constexpr const char* kAddDelivery =
    "INSERT INTO deliveries (alert_id, event, kind, url, state, attempts, last_error, created_ms, "
    "next_attempt_ms, last_attempt_ms) VALUES (?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (alert_id, event, url) DO NOTHING";
constexpr const char* kAddAudit =
    "INSERT INTO audit (time_ms, actor, what, subject) VALUES (?,?,?,?)";
// A message waits for older ones about the same alert to the same URL; of the rest, each URL's
// oldest come first.
constexpr const char* kDueDeliveries =
    "SELECT " KZ_DELIVERY_COLUMNS
    " FROM deliveries AS mine WHERE state = 0 AND next_attempt_ms <= ?1 AND NOT EXISTS ("
    "SELECT 1 FROM deliveries AS older WHERE older.state = 0 AND older.alert_id = mine.alert_id "
    "AND older.url = mine.url AND older.id < mine.id) "
    "ORDER BY row_number() OVER (PARTITION BY url ORDER BY id), id LIMIT ?2";
constexpr const char* kUpdateDelivery =
    "UPDATE deliveries SET state = ?, attempts = ?, last_error = ?, next_attempt_ms = ?, "
    "last_attempt_ms = ? WHERE id = ?";

struct Statements {
  SqliteStatement put_anomaly, put_alert, add_verdict, add_delivery, add_audit;
  SqliteStatement list_anomalies, get_anomaly, list_alerts, get_alert, list_verdicts;
  SqliteStatement list_verdicts_of;
  SqliteStatement list_deliveries, due_deliveries, count_waiting, update_delivery;
};

Status PrepareAll(const SqliteDb& db, Statements* out) {
  const std::pair<SqliteStatement*, const char*> all[] = {
      {&out->put_anomaly, kPutAnomaly},
      {&out->put_alert, kPutAlert},
      {&out->add_verdict, kAddVerdict},
      {&out->add_delivery, kAddDelivery},
      {&out->add_audit, kAddAudit},
      {&out->list_anomalies, "SELECT " KZ_ANOMALY_COLUMNS " FROM anomalies" KZ_FILTER},
      {&out->get_anomaly, "SELECT " KZ_ANOMALY_COLUMNS " FROM anomalies WHERE id = ?"},
      {&out->list_alerts, "SELECT " KZ_ALERT_COLUMNS " FROM alerts" KZ_FILTER},
      {&out->get_alert, "SELECT " KZ_ALERT_COLUMNS " FROM alerts WHERE id = ?"},
      {&out->list_verdicts,
       "SELECT time_ms, type, subject, service, text FROM verdicts ORDER BY number"},
      {&out->list_verdicts_of,
       "SELECT time_ms, type, subject, service, text FROM verdicts WHERE type = ? AND service = ? "
       "AND time_ms >= ? ORDER BY time_ms DESC, number DESC LIMIT ?"},
      {&out->list_deliveries,
       "SELECT " KZ_DELIVERY_COLUMNS " FROM deliveries WHERE alert_id = ? ORDER BY id"},
      {&out->due_deliveries, kDueDeliveries},
      {&out->count_waiting, "SELECT count(*) FROM deliveries WHERE state = 0"},
      {&out->update_delivery, kUpdateDelivery},
  };
  for (const auto& [statement, sql] : all) {
    KZ_ASSIGN_OR_RETURN(*statement, SqliteStatement::Prepare(db, sql));
  }
  return OkStatus();
}

StatusOr<AnomalyRecord> ReadAnomaly(SqliteStatement* row) {
  AnomalyRecord anomaly;
  anomaly.id = row->Text();
  anomaly.service = row->Text();
  anomaly.owner = row->Text();
  anomaly.kind = row->Text();
  anomaly.source = row->Text();
  anomaly.code = row->Text();
  KZ_ASSIGN_OR_RETURN(anomaly.fields, FieldsFromJson(row->Text()));
  anomaly.begin = row->At();
  anomaly.end = row->MaybeAt();
  anomaly.price.mean_minutes = row->Real();
  anomaly.price.low_minutes = row->Real();
  anomaly.price.high_minutes = row->Real();
  anomaly.price.basis = row->Text();
  KZ_ASSIGN_OR_RETURN(anomaly.price.fields, FieldsFromJson(row->Text()));
  KZ_ASSIGN_OR_RETURN(anomaly.evidence, EvidenceFromJson(row->Text()));
  return anomaly;
}

StatusOr<AlertRecord> ReadAlert(SqliteStatement* row) {
  AlertRecord alert;
  alert.id = row->Text();
  alert.service = row->Text();
  alert.owner = row->Text();
  alert.slo = row->Text();
  alert.severity = row->Int() == 0 ? Severity::kPage : Severity::kTicket;
  alert.begin = row->At();
  alert.end = row->MaybeAt();
  KZ_ASSIGN_OR_RETURN(alert.fields, FieldsFromJson(row->Text()));
  return alert;
}

StatusOr<Verdict> ReadVerdict(SqliteStatement* row) {
  Verdict verdict;
  verdict.time = row->At();
  verdict.type = row->Text();
  verdict.subject = row->Text();
  verdict.service = row->Text();
  verdict.text = row->Text();
  return verdict;
}

StatusOr<DeliveryRecord> ReadDelivery(SqliteStatement* row) {
  DeliveryRecord delivery;
  delivery.id = row->Int();
  delivery.alert_id = row->Text();
  delivery.event = row->Text();
  delivery.kind = row->Text();
  delivery.url = row->Text();
  delivery.state = static_cast<DeliveryRecord::State>(row->Int());
  delivery.attempts = static_cast<int>(row->Int());
  delivery.last_error = row->Text();
  delivery.created = row->At();
  delivery.next_attempt = row->At();
  delivery.last_attempt = row->At();
  return delivery;
}

void BindFilter(const RecordFilter& filter, SqliteStatement* statement) {
  int64_t open = 0;
  if (filter.open == RecordFilter::Open::kOpen) open = 1;
  if (filter.open == RecordFilter::Open::kEnded) open = 2;
  statement->Bind(filter.service).Bind(filter.owner).Bind(open);
  statement->Bind(filter.overlapping_since).Bind(filter.overlapping_until);
  statement->Bind(int64_t{std::max(filter.limit, 0)});  // SQLite takes a negative one for no limit
}

/// Every row of `statement`, which is bound already.
template <typename T>
StatusOr<std::vector<T>> ReadAll(const SqliteDb& db, SqliteStatement* statement,
                                 StatusOr<T> (*read)(SqliteStatement*)) {
  std::vector<T> all;
  while (true) {
    KZ_ASSIGN_OR_RETURN(const bool found, statement->Step(db));
    if (!found) return all;
    StatusOr<T> one = read(statement);
    if (!one.ok()) {
      statement->Reset();
      return std::move(one).status();
    }
    all.push_back(*std::move(one));
  }
}

template <typename T>
StatusOr<std::optional<T>> ReadOne(const SqliteDb& db, SqliteStatement* statement,
                                   StatusOr<T> (*read)(SqliteStatement*)) {
  KZ_ASSIGN_OR_RETURN(std::vector<T> all, ReadAll(db, statement, read));
  if (all.empty()) return std::optional<T>();
  return std::optional<T>(std::move(all.front()));
}

class SqliteRecordStore final : public RecordStore {
 public:
  SqliteRecordStore(SqliteDb db, Statements statements)
      : db_(std::move(db)), statements_(std::move(statements)) {}

  Status Apply(const VerdictBatch& batch, const std::vector<DeliveryRecord>& deliveries) override {
    const std::lock_guard lock(mutex_);
    KZ_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(&db_));
    for (const AnomalyRecord& anomaly : batch.anomalies) KZ_RETURN_IF_ERROR(Put(anomaly));
    for (const AlertRecord& alert : batch.alerts) KZ_RETURN_IF_ERROR(Put(alert));
    for (const Verdict& verdict : batch.verdicts) KZ_RETURN_IF_ERROR(Add(verdict));
    for (const DeliveryRecord& delivery : deliveries) KZ_RETURN_IF_ERROR(Add(delivery));
    return transaction.Commit();
  }

  StatusOr<std::vector<AnomalyRecord>> ListAnomalies(const RecordFilter& filter) override {
    const std::lock_guard lock(mutex_);
    BindFilter(filter, &statements_.list_anomalies);
    return ReadAll(db_, &statements_.list_anomalies, ReadAnomaly);
  }

  StatusOr<std::optional<AnomalyRecord>> GetAnomaly(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return ReadOne(db_, &statements_.get_anomaly.Bind(id), ReadAnomaly);
  }

  StatusOr<std::vector<AlertRecord>> ListAlerts(const RecordFilter& filter) override {
    const std::lock_guard lock(mutex_);
    BindFilter(filter, &statements_.list_alerts);
    return ReadAll(db_, &statements_.list_alerts, ReadAlert);
  }

  StatusOr<std::optional<AlertRecord>> GetAlert(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return ReadOne(db_, &statements_.get_alert.Bind(id), ReadAlert);
  }

  StatusOr<std::vector<Verdict>> ListVerdicts() override {
    const std::lock_guard lock(mutex_);
    return ReadAll(db_, &statements_.list_verdicts, ReadVerdict);
  }

  StatusOr<std::vector<Verdict>> ListVerdictsOf(const std::string& type, const std::string& service,
                                                Time since, int limit) override {
    const std::lock_guard lock(mutex_);
    SqliteStatement& statement = statements_.list_verdicts_of;
    statement.Bind(type).Bind(service).Bind(since).Bind(int64_t{std::max(limit, 0)});
    return ReadAll(db_, &statement, ReadVerdict);
  }

  StatusOr<std::vector<DeliveryRecord>> ListDeliveries(const std::string& alert_id) override {
    const std::lock_guard lock(mutex_);
    return ReadAll(db_, &statements_.list_deliveries.Bind(alert_id), ReadDelivery);
  }

  StatusOr<std::vector<DeliveryRecord>> DueDeliveries(Time now, int limit) override {
    const std::lock_guard lock(mutex_);
    statements_.due_deliveries.Bind(now).Bind(int64_t{std::max(limit, 0)});
    return ReadAll(db_, &statements_.due_deliveries, ReadDelivery);
  }

  StatusOr<int64_t> CountWaitingDeliveries() override {
    const std::lock_guard lock(mutex_);
    SqliteStatement& statement = statements_.count_waiting;
    KZ_RETURN_IF_ERROR(statement.Step(db_).status());
    const int64_t count = statement.Int();
    statement.Reset();
    return count;
  }

  Status UpdateDelivery(const DeliveryRecord& delivery) override {
    const std::lock_guard lock(mutex_);
    SqliteStatement& statement = statements_.update_delivery;
    statement.Bind(static_cast<int64_t>(delivery.state)).Bind(int64_t{delivery.attempts});
    statement.Bind(delivery.last_error).Bind(delivery.next_attempt).Bind(delivery.last_attempt);
    KZ_RETURN_IF_ERROR(statement.Bind(delivery.id).Run(db_));
    if (db_.Changes() == 0) return NotFound("no delivery {}", delivery.id);
    return OkStatus();
  }

 private:
  Status Put(const AnomalyRecord& anomaly) {
    SqliteStatement& s = statements_.put_anomaly;
    s.Bind(anomaly.id).Bind(anomaly.service).Bind(anomaly.owner).Bind(anomaly.kind);
    s.Bind(anomaly.source).Bind(anomaly.code).Bind(FieldsToJson(anomaly.fields));
    s.Bind(anomaly.begin).Bind(anomaly.end).Bind(anomaly.price.mean_minutes);
    s.Bind(anomaly.price.low_minutes).Bind(anomaly.price.high_minutes).Bind(anomaly.price.basis);
    s.Bind(FieldsToJson(anomaly.price.fields)).Bind(EvidenceToJson(anomaly.evidence));
    return s.Run(db_);
  }

  Status Put(const AlertRecord& alert) {
    SqliteStatement& s = statements_.put_alert;
    s.Bind(alert.id).Bind(alert.service).Bind(alert.owner).Bind(alert.slo);
    s.Bind(int64_t{alert.severity == Severity::kPage ? 0 : 1}).Bind(alert.begin).Bind(alert.end);
    return s.Bind(FieldsToJson(alert.fields)).Run(db_);
  }

  /// A verdict that is new is what begins or ends something: it leaves a line in the audit.
  Status Add(const Verdict& verdict) {
    SqliteStatement& s = statements_.add_verdict;
    s.Bind(verdict.time).Bind(verdict.type).Bind(verdict.subject).Bind(verdict.service);
    KZ_RETURN_IF_ERROR(s.Bind(verdict.text).Run(db_));
    if (db_.Changes() == 0) return OkStatus();
    SqliteStatement& audit = statements_.add_audit;
    audit.Bind(verdict.time).Bind("judge").Bind(verdict.type).Bind(verdict.subject);
    return audit.Run(db_);
  }

  Status Add(const DeliveryRecord& delivery) {
    SqliteStatement& s = statements_.add_delivery;
    s.Bind(delivery.alert_id).Bind(delivery.event).Bind(delivery.kind).Bind(delivery.url);
    s.Bind(static_cast<int64_t>(delivery.state)).Bind(int64_t{delivery.attempts});
    s.Bind(delivery.last_error).Bind(delivery.created).Bind(delivery.next_attempt);
    return s.Bind(delivery.last_attempt).Run(db_);
  }

  std::mutex mutex_;
  SqliteDb db_;  // before the statements: they end first
  Statements statements_;
};

}  // namespace

StatusOr<std::unique_ptr<RecordStore>> RecordStore::Open(const std::string& path) {
  KZ_ASSIGN_OR_RETURN(SqliteDb db, SqliteDb::Open(path));
  KZ_RETURN_IF_ERROR(db.Execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
  KZ_RETURN_IF_ERROR(MigrateRecordStore(&db, path));
  // The journal mode stays in the file, so it is set only once the file is known to be ours.
  KZ_RETURN_IF_ERROR(db.Execute("PRAGMA journal_mode = WAL"));
  Statements statements;
  KZ_RETURN_IF_ERROR(PrepareAll(db, &statements));
  return std::make_unique<SqliteRecordStore>(std::move(db), std::move(statements));
}

}  // namespace kizashi
