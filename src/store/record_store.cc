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
  "price_low_minutes, price_high_minutes, price_basis, price_fields, evidence, "           \
  "acknowledged_ms, acknowledged_by, expected_until_ms, expected_because, fixed_ms, "      \
  "fixed_by, came_back, last_seen_ms"
#define KZ_ALERT_COLUMNS "id, service, owner, slo, severity, begin_ms, end_ms, fields"
#define KZ_EDIT_COLUMNS \
  "id, time_ms, actor, what, service, kind, anomaly, until_ms, reason, before, after"
#define KZ_REPORT_COLUMNS "team, day, created_ms, since_ms, until_ms, language, markdown"
#define KZ_REPORT_DELIVERY_COLUMNS                                                       \
  "id, team, day, kind, url, state, attempts, last_error, created_ms, next_attempt_ms, " \
  "last_attempt_ms"
#define KZ_PRICE_COLUMNS "anomaly, time_ms, mean_minutes, low_minutes, high_minutes, basis, fields"
// Parameters: service, owner, open (0 all, 1 open, 2 ended), since, until, limit.
#define KZ_FILTER                                                                   \
  " WHERE (?1 = '' OR service = ?1) AND (?2 = '' OR owner = ?2)"                    \
  " AND (?3 = 0 OR (?3 = 1 AND end_ms IS NULL) OR (?3 = 2 AND end_ms IS NOT NULL))" \
  " AND (?4 IS NULL OR end_ms IS NULL OR end_ms >= ?4) AND (?5 IS NULL OR begin_ms < ?5)"
#define KZ_NEWEST " ORDER BY begin_ms DESC, id LIMIT ?6"
// Further parameters: kind, state.
#define KZ_ANOMALY_FILTER                                     \
  KZ_FILTER                                                   \
  " AND (?7 = '' OR kind = ?7) AND (?8 = ''"                  \
  " OR (?8 = 'acknowledged' AND acknowledged_ms IS NOT NULL)" \
  " OR (?8 = 'expected' AND expected_until_ms IS NOT NULL)"   \
  " OR (?8 = 'fixed' AND fixed_ms IS NOT NULL)"               \
  " OR (?8 = 'came_back' AND came_back <> ''))" KZ_NEWEST

constexpr const char* kPutAnomaly =
    "INSERT INTO anomalies (" KZ_ANOMALY_COLUMNS
    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET service = excluded.service, owner = excluded.owner, "
    "kind = excluded.kind, source = excluded.source, code = excluded.code, "
    "fields = excluded.fields, begin_ms = excluded.begin_ms, end_ms = excluded.end_ms, "
    "price_mean_minutes = excluded.price_mean_minutes, "
    "price_low_minutes = excluded.price_low_minutes, "
    "price_high_minutes = excluded.price_high_minutes, price_basis = excluded.price_basis, "
    "price_fields = excluded.price_fields, evidence = excluded.evidence, "
    "acknowledged_ms = excluded.acknowledged_ms, acknowledged_by = excluded.acknowledged_by, "
    "expected_until_ms = excluded.expected_until_ms, "
    "expected_because = excluded.expected_because, fixed_ms = excluded.fixed_ms, "
    "fixed_by = excluded.fixed_by, came_back = excluded.came_back, "
    "last_seen_ms = excluded.last_seen_ms";
constexpr const char* kPutAlert =
    "INSERT INTO alerts (" KZ_ALERT_COLUMNS
    ") VALUES (?,?,?,?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET service = excluded.service, owner = excluded.owner, "
    "slo = excluded.slo, severity = excluded.severity, begin_ms = excluded.begin_ms, "
    "end_ms = excluded.end_ms, fields = excluded.fields";
constexpr const char* kAddVerdict =
    "INSERT INTO verdicts (time_ms, type, subject, service, text) VALUES (?,?,?,?,?) "
    "ON CONFLICT (type, subject) DO NOTHING";
// Within the limit of one episode.
constexpr const char* kAddPrice =
    "INSERT INTO prices (" KZ_PRICE_COLUMNS
    ") SELECT ?1,?2,?3,?4,?5,?6,?7 WHERE (SELECT count(*) FROM prices WHERE anomaly = ?1) < ?8 "
    "ON CONFLICT (anomaly, time_ms) DO NOTHING";
constexpr const char* kAddAudit =
    "INSERT INTO audit (time_ms, actor, what, subject) VALUES (?,?,?,?)";
constexpr const char* kAddEdit = "INSERT INTO ledger_edits (" KZ_EDIT_COLUMNS
                                 ") VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING";
constexpr const char* kAcknowledge =
    "UPDATE anomalies SET acknowledged_ms = ?1, acknowledged_by = ?2 WHERE id = ?3 "
    "AND end_ms IS NOT NULL";
constexpr const char* kFix =
    "UPDATE anomalies SET fixed_ms = ?1, fixed_by = ?2 WHERE kind = ?3 AND end_ms IS NOT NULL "
    "AND begin_ms <= ?1 AND fixed_ms IS NULL";
// Of the kind, those that the newest fix before ?1 had marked.
constexpr const char* kReopen =
    "UPDATE anomalies SET fixed_ms = NULL, fixed_by = '' WHERE kind = ?2 AND fixed_ms = "
    "(SELECT max(time_ms) FROM ledger_edits WHERE kind = ?2 AND what = 'fixed' AND time_ms <= ?1)";
constexpr const char* kAddReport = "INSERT INTO reports (" KZ_REPORT_COLUMNS
                                   ") VALUES (?,?,?,?,?,?,?) ON CONFLICT (team, day) DO NOTHING";
constexpr const char* kAddReportDelivery =
    "INSERT INTO report_deliveries (team, day, kind, url, state, attempts, last_error, "
    "created_ms, next_attempt_ms, last_attempt_ms) VALUES (?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (team, day, kind, url) DO NOTHING";
constexpr const char* kUpdateReportDelivery =
    "UPDATE report_deliveries SET state = ?, attempts = ?, last_error = ?, next_attempt_ms = ?, "
    "last_attempt_ms = ? WHERE id = ?";
struct Statements {
  SqliteStatement put_anomaly, put_alert, add_verdict, add_audit;
  SqliteStatement list_anomalies, get_anomaly, list_alerts, get_alert, list_verdicts;
  SqliteStatement list_verdicts_of, add_price, list_prices;
  SqliteStatement add_edit, acknowledge, fix, reopen, list_edits;
  SqliteStatement add_report, add_report_delivery, list_reports, list_report_deliveries;
  SqliteStatement due_report_deliveries, update_report_delivery;
};

Status PrepareAll(const SqliteDb& db, Statements* out) {
  const std::pair<SqliteStatement*, const char*> all[] = {
      {&out->put_anomaly, kPutAnomaly},
      {&out->put_alert, kPutAlert},
      {&out->add_verdict, kAddVerdict},
      {&out->add_audit, kAddAudit},
      {&out->list_anomalies, "SELECT " KZ_ANOMALY_COLUMNS " FROM anomalies" KZ_ANOMALY_FILTER},
      {&out->get_anomaly, "SELECT " KZ_ANOMALY_COLUMNS " FROM anomalies WHERE id = ?"},
      {&out->list_alerts, "SELECT " KZ_ALERT_COLUMNS " FROM alerts" KZ_FILTER KZ_NEWEST},
      {&out->get_alert, "SELECT " KZ_ALERT_COLUMNS " FROM alerts WHERE id = ?"},
      {&out->list_verdicts,
       "SELECT time_ms, type, subject, service, text FROM verdicts ORDER BY number"},
      {&out->list_verdicts_of,
       "SELECT time_ms, type, subject, service, text FROM verdicts WHERE type = ? AND service = ? "
       "AND time_ms >= ? ORDER BY time_ms DESC, number DESC LIMIT ?"},
      {&out->add_price, kAddPrice},
      {&out->list_prices,
       "SELECT " KZ_PRICE_COLUMNS " FROM prices WHERE anomaly = ? ORDER BY time_ms"},
      {&out->add_edit, kAddEdit},
      {&out->acknowledge, kAcknowledge},
      {&out->fix, kFix},
      {&out->reopen, kReopen},
      {&out->list_edits, "SELECT " KZ_EDIT_COLUMNS
                         " FROM ledger_edits WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR service "
                         "= ?2) ORDER BY number DESC LIMIT ?3"},
      {&out->add_report, kAddReport},
      {&out->add_report_delivery, kAddReportDelivery},
      {&out->list_reports,
       "SELECT " KZ_REPORT_COLUMNS " FROM reports WHERE team = ? ORDER BY day DESC LIMIT ?"},
      {&out->list_report_deliveries,
       "SELECT " KZ_REPORT_DELIVERY_COLUMNS
       " FROM report_deliveries WHERE team = ? AND day = ? ORDER BY id"},
      {&out->due_report_deliveries,
       "SELECT " KZ_REPORT_DELIVERY_COLUMNS
       " FROM report_deliveries WHERE state = 0 AND next_attempt_ms <= ? ORDER BY id LIMIT ?"},
      {&out->update_report_delivery, kUpdateReportDelivery},
  };
  for (const auto& [statement, sql] : all) {
    KZ_ASSIGN_OR_RETURN(*statement, SqliteStatement::Prepare(db, sql));
  }
  return OkStatus();
}

Status ReadPrice(SqliteStatement* row, Price* price) {
  price->mean_minutes = row->Real();
  price->low_minutes = row->Real();
  price->high_minutes = row->Real();
  price->basis = row->Text();
  KZ_ASSIGN_OR_RETURN(price->fields, FieldsFromJson(row->Text()));
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
  KZ_RETURN_IF_ERROR(ReadPrice(row, &anomaly.price));
  KZ_ASSIGN_OR_RETURN(anomaly.evidence, EvidenceFromJson(row->Text()));
  EpisodeLedger& ledger = anomaly.ledger;
  ledger.acknowledged = row->MaybeAt();
  ledger.acknowledged_by = row->Text();
  ledger.expected_until = row->MaybeAt();
  ledger.expected_because = row->Text();
  ledger.fixed = row->MaybeAt();
  ledger.fixed_by = row->Text();
  ledger.came_back = row->Text();
  ledger.last_seen = row->MaybeAt();
  return anomaly;
}

StatusOr<PriceTold> ReadPriceTold(SqliteStatement* row) {
  PriceTold told;
  told.anomaly = row->Text();
  told.time = row->At();
  KZ_RETURN_IF_ERROR(ReadPrice(row, &told.price));
  return told;
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

void ReadAttempts(SqliteStatement* row, DeliveryRecord* delivery) {
  delivery->kind = row->Text();
  delivery->url = row->Text();
  delivery->state = static_cast<DeliveryRecord::State>(row->Int());
  delivery->attempts = static_cast<int>(row->Int());
  delivery->last_error = row->Text();
  delivery->created = row->At();
  delivery->next_attempt = row->At();
  delivery->last_attempt = row->At();
}

StatusOr<LedgerEditRecord> ReadEdit(SqliteStatement* row) {
  LedgerEditRecord edit;
  edit.id = row->Text();
  edit.time = row->At();
  for (std::string* text : {&edit.actor, &edit.what, &edit.service, &edit.kind, &edit.anomaly}) {
    *text = row->Text();
  }
  edit.until = row->MaybeAt();
  edit.reason = row->Text();
  KZ_ASSIGN_OR_RETURN(edit.before, FieldsFromJson(row->Text()));
  KZ_ASSIGN_OR_RETURN(edit.after, FieldsFromJson(row->Text()));
  return edit;
}

StatusOr<ReportRecord> ReadReport(SqliteStatement* row) {
  ReportRecord report;
  report.team = row->Text();
  report.day = row->Text();
  report.created = row->At();
  report.since = row->At();
  report.until = row->At();
  report.language = row->Text();
  report.markdown = row->Text();
  return report;
}

StatusOr<ReportDelivery> ReadReportDelivery(SqliteStatement* row) {
  ReportDelivery delivery;
  delivery.message.id = row->Int();
  delivery.team = row->Text();
  delivery.day = row->Text();
  ReadAttempts(row, &delivery.message);
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

  Status Apply(const VerdictBatch& batch) override {
    const std::lock_guard lock(mutex_);
    KZ_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(&db_));
    for (const AnomalyRecord& anomaly : batch.anomalies) KZ_RETURN_IF_ERROR(Put(anomaly));
    for (const PriceTold& price : batch.prices) KZ_RETURN_IF_ERROR(Add(price));
    for (const AlertRecord& alert : batch.alerts) KZ_RETURN_IF_ERROR(Put(alert));
    for (const Verdict& verdict : batch.verdicts) KZ_RETURN_IF_ERROR(Add(verdict));
    for (const LedgerEditRecord& edit : batch.edits) KZ_RETURN_IF_ERROR(Add(edit));
    return transaction.Commit();
  }

  StatusOr<std::vector<AnomalyRecord>> ListAnomalies(const RecordFilter& filter) override {
    const std::lock_guard lock(mutex_);
    BindFilter(filter, &statements_.list_anomalies);
    statements_.list_anomalies.Bind(filter.kind).Bind(filter.state);
    return ReadAll(db_, &statements_.list_anomalies, ReadAnomaly);
  }

  StatusOr<std::vector<PriceTold>> ListPrices(const std::string& anomaly) override {
    const std::lock_guard lock(mutex_);
    statements_.list_prices.Bind(anomaly);
    return ReadAll(db_, &statements_.list_prices, ReadPriceTold);
  }

  StatusOr<std::optional<AnomalyRecord>> GetAnomaly(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return ReadOne(db_, &statements_.get_anomaly.Bind(id), ReadAnomaly);
  }

  StatusOr<std::vector<LedgerEditRecord>> ListEdits(const std::string& kind,
                                                    const std::string& service,
                                                    int limit) override {
    const std::lock_guard lock(mutex_);
    SqliteStatement& statement = statements_.list_edits;
    statement.Bind(kind).Bind(service).Bind(int64_t{std::max(limit, 0)});
    return ReadAll(db_, &statement, ReadEdit);
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

  StatusOr<bool> AddReport(const ReportRecord& report,
                           const std::vector<ReportDelivery>& deliveries) override {
    const std::lock_guard lock(mutex_);
    KZ_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(&db_));
    SqliteStatement& s = statements_.add_report;
    s.Bind(report.team).Bind(report.day).Bind(report.created).Bind(report.since);
    s.Bind(report.until).Bind(report.language).Bind(report.markdown);
    KZ_RETURN_IF_ERROR(s.Run(db_));
    if (db_.Changes() == 0) return false;
    for (const ReportDelivery& delivery : deliveries) KZ_RETURN_IF_ERROR(Add(delivery));
    KZ_RETURN_IF_ERROR(transaction.Commit());
    return true;
  }

  StatusOr<std::vector<ReportRecord>> ListReports(const std::string& team, int limit) override {
    const std::lock_guard lock(mutex_);
    statements_.list_reports.Bind(team).Bind(int64_t{std::max(limit, 0)});
    return ReadAll(db_, &statements_.list_reports, ReadReport);
  }

  StatusOr<std::vector<ReportDelivery>> ListReportDeliveries(const std::string& team,
                                                             const std::string& day) override {
    const std::lock_guard lock(mutex_);
    statements_.list_report_deliveries.Bind(team).Bind(day);
    return ReadAll(db_, &statements_.list_report_deliveries, ReadReportDelivery);
  }

  StatusOr<std::vector<ReportDelivery>> DueReportDeliveries(Time now, int limit) override {
    const std::lock_guard lock(mutex_);
    statements_.due_report_deliveries.Bind(now).Bind(int64_t{std::max(limit, 0)});
    return ReadAll(db_, &statements_.due_report_deliveries, ReadReportDelivery);
  }

  Status UpdateReportDelivery(const ReportDelivery& delivery) override {
    const std::lock_guard lock(mutex_);
    return Update(delivery.message, &statements_.update_report_delivery);
  }

 private:
  Status Put(const AnomalyRecord& anomaly) {
    SqliteStatement& s = statements_.put_anomaly;
    s.Bind(anomaly.id).Bind(anomaly.service).Bind(anomaly.owner).Bind(anomaly.kind);
    s.Bind(anomaly.source).Bind(anomaly.code).Bind(FieldsToJson(anomaly.fields));
    s.Bind(anomaly.begin).Bind(anomaly.end);
    BindPrice(anomaly.price, &s);
    s.Bind(EvidenceToJson(anomaly.evidence));
    const EpisodeLedger& ledger = anomaly.ledger;
    s.Bind(ledger.acknowledged).Bind(ledger.acknowledged_by).Bind(ledger.expected_until);
    s.Bind(ledger.expected_because).Bind(ledger.fixed).Bind(ledger.fixed_by);
    s.Bind(ledger.came_back).Bind(ledger.last_seen);
    return s.Run(db_);
  }

  static void BindPrice(const Price& price, SqliteStatement* s) {
    s->Bind(price.mean_minutes).Bind(price.low_minutes).Bind(price.high_minutes);
    s->Bind(price.basis).Bind(FieldsToJson(price.fields));
  }

  Status Add(const PriceTold& told) {
    SqliteStatement& s = statements_.add_price;
    s.Bind(told.anomaly).Bind(told.time);
    BindPrice(told.price, &s);
    return s.Bind(int64_t{kPricesMax}).Run(db_);
  }

  Status Put(const AlertRecord& alert) {
    SqliteStatement& s = statements_.put_alert;
    s.Bind(alert.id).Bind(alert.service).Bind(alert.owner).Bind(alert.slo);
    s.Bind(static_cast<int64_t>(alert.severity)).Bind(alert.begin).Bind(alert.end);
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

  /// What it decided is put into the episodes that have ended each time: judging the journal again
  /// puts them as they were when they ended.
  Status Add(const LedgerEditRecord& edit) {
    SqliteStatement& s = statements_.add_edit;
    s.Bind(edit.id).Bind(edit.time).Bind(edit.actor).Bind(edit.what).Bind(edit.service);
    s.Bind(edit.kind).Bind(edit.anomaly).Bind(edit.until).Bind(edit.reason);
    s.Bind(FieldsToJson(edit.before)).Bind(FieldsToJson(edit.after));
    KZ_RETURN_IF_ERROR(s.Run(db_));
    if (db_.Changes() > 0) {
      SqliteStatement& audit = statements_.add_audit;
      audit.Bind(edit.time).Bind(edit.actor).Bind("ledger_" + edit.what);
      audit.Bind(edit.anomaly.empty() ? edit.kind : edit.anomaly);
      KZ_RETURN_IF_ERROR(audit.Run(db_));
    }
    if (edit.what == "acknowledge") {
      SqliteStatement& put = statements_.acknowledge;
      return put.Bind(edit.time).Bind(edit.actor).Bind(edit.anomaly).Run(db_);
    }
    if (edit.what == "fixed") {
      return statements_.fix.Bind(edit.time).Bind(edit.reason).Bind(edit.kind).Run(db_);
    }
    if (edit.what == "reopen") {
      return statements_.reopen.Bind(edit.time).Bind(edit.kind).Run(db_);
    }
    return OkStatus();
  }

  Status Update(const DeliveryRecord& delivery, SqliteStatement* statement) {
    statement->Bind(static_cast<int64_t>(delivery.state)).Bind(int64_t{delivery.attempts});
    statement->Bind(delivery.last_error).Bind(delivery.next_attempt).Bind(delivery.last_attempt);
    KZ_RETURN_IF_ERROR(statement->Bind(delivery.id).Run(db_));
    if (db_.Changes() == 0) return NotFound("no delivery {}", delivery.id);
    return OkStatus();
  }

  /// What ReadAttempts reads, after what tells a delivery from others.
  Status RunWithAttempts(const DeliveryRecord& delivery, SqliteStatement* statement) {
    statement->Bind(delivery.kind).Bind(delivery.url).Bind(static_cast<int64_t>(delivery.state));
    statement->Bind(int64_t{delivery.attempts}).Bind(delivery.last_error).Bind(delivery.created);
    return statement->Bind(delivery.next_attempt).Bind(delivery.last_attempt).Run(db_);
  }

  Status Add(const ReportDelivery& delivery) {
    SqliteStatement& s = statements_.add_report_delivery;
    return RunWithAttempts(delivery.message, &s.Bind(delivery.team).Bind(delivery.day));
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
