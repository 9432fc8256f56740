#include "store/record_store_schema.h"

#include <array>

namespace kizashi {
namespace {

// A migration that was released is never changed; what comes later is a further one.
constexpr const char* kMigration1 = R"sql(
CREATE TABLE anomalies (
  id TEXT NOT NULL PRIMARY KEY,
  service TEXT NOT NULL,
  owner TEXT NOT NULL,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  code TEXT NOT NULL,
  fields TEXT NOT NULL,
  begin_ms INTEGER NOT NULL,
  end_ms INTEGER,
  price_mean_minutes REAL NOT NULL,
  price_low_minutes REAL NOT NULL,
  price_high_minutes REAL NOT NULL,
  price_basis TEXT NOT NULL,
  price_fields TEXT NOT NULL,
  evidence TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX anomalies_by_begin ON anomalies (begin_ms DESC, id);
CREATE INDEX anomalies_by_service ON anomalies (service, begin_ms DESC);

CREATE TABLE alerts (
  id TEXT NOT NULL PRIMARY KEY,
  service TEXT NOT NULL,
  owner TEXT NOT NULL,
  slo TEXT NOT NULL,
  severity INTEGER NOT NULL CHECK (severity IN (0, 1)),
  begin_ms INTEGER NOT NULL,
  end_ms INTEGER,
  fields TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_by_begin ON alerts (begin_ms DESC, id);
CREATE INDEX alerts_by_service ON alerts (service, begin_ms DESC);

CREATE TABLE verdicts (
  number INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  service TEXT NOT NULL,
  text TEXT NOT NULL,
  UNIQUE (type, subject)
) STRICT;

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  alert_id TEXT NOT NULL REFERENCES alerts (id),
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  url TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
  attempts INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  next_attempt_ms INTEGER NOT NULL,
  last_attempt_ms INTEGER NOT NULL,
  UNIQUE (alert_id, event, url)
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (alert_id, url, id) WHERE state = 0;
)sql";

constexpr const char* kMigration2 = R"sql(
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  time_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, number);
)sql";

// What people decide about anomalies, and the daily reports.
constexpr const char* kMigration3 = R"sql(
ALTER TABLE anomalies ADD COLUMN acknowledged_ms INTEGER;
ALTER TABLE anomalies ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE anomalies ADD COLUMN expected_until_ms INTEGER;
ALTER TABLE anomalies ADD COLUMN expected_because TEXT NOT NULL DEFAULT '';
ALTER TABLE anomalies ADD COLUMN fixed_ms INTEGER;
ALTER TABLE anomalies ADD COLUMN fixed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE anomalies ADD COLUMN came_back TEXT NOT NULL DEFAULT '';
ALTER TABLE anomalies ADD COLUMN last_seen_ms INTEGER;
CREATE INDEX anomalies_by_kind ON anomalies (kind, begin_ms DESC);

CREATE TABLE ledger_edits (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  time_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  what TEXT NOT NULL,
  service TEXT NOT NULL,
  kind TEXT NOT NULL,
  anomaly TEXT NOT NULL,
  until_ms INTEGER,
  reason TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_edits_by_kind ON ledger_edits (kind, number);
CREATE INDEX ledger_edits_by_service ON ledger_edits (service, number);

CREATE TABLE reports (
  team TEXT NOT NULL,
  day TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  language TEXT NOT NULL,
  markdown TEXT NOT NULL,
  PRIMARY KEY (team, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE report_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  team TEXT NOT NULL,
  day TEXT NOT NULL,
  kind TEXT NOT NULL,
  url TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
  attempts INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  next_attempt_ms INTEGER NOT NULL,
  last_attempt_ms INTEGER NOT NULL,
  UNIQUE (team, day, kind, url),
  FOREIGN KEY (team, day) REFERENCES reports (team, day)
) STRICT;
CREATE INDEX report_deliveries_waiting ON report_deliveries (next_attempt_ms) WHERE state = 0;
)sql";

// Every price that an episode was told to have.
constexpr const char* kMigration4 = R"sql(
CREATE TABLE prices (
  anomaly TEXT NOT NULL REFERENCES anomalies (id),
  time_ms INTEGER NOT NULL,
  mean_minutes REAL NOT NULL,
  low_minutes REAL NOT NULL,
  high_minutes REAL NOT NULL,
  basis TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (anomaly, time_ms)
) STRICT, WITHOUT ROWID;
)sql";

// Messages about alerts are the alert log's (docs/internals/alerts.md), which tells of all alerts
// that are open when it is first used.
constexpr const char* kMigration5 = R"sql(
DROP TABLE deliveries;
)sql";

constexpr std::array kMigrations = {kMigration1, kMigration2, kMigration3, kMigration4,
                                    kMigration5};
static_assert(kMigrations.size() == kRecordStoreVersion);

}  // namespace

Status MigrateRecordStore(SqliteDb* db, const std::string& path) {
  KZ_ASSIGN_OR_RETURN(int64_t version, db->QueryInt("PRAGMA user_version"));
  KZ_ASSIGN_OR_RETURN(const int64_t program, db->QueryInt("PRAGMA application_id"));
  KZ_ASSIGN_OR_RETURN(const int64_t things, db->QueryInt("SELECT count(*) FROM sqlite_schema"));
  const bool is_new = things == 0 && version == 0 && program == 0;
  if (!is_new && program != kRecordStoreApplicationId) {
    return InvalidArgument("{} is a database of another program: name another path", path);
  }
  if (version > kRecordStoreVersion) {
    return InvalidArgument(
        "record store {} has version {}, this program reads up to {}: use a newer Kizashi", path,
        version, kRecordStoreVersion);
  }
  while (version < kRecordStoreVersion) {
    KZ_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(db));
    KZ_RETURN_IF_ERROR(db->Execute(kMigrations[static_cast<size_t>(version)]));
    ++version;
    KZ_RETURN_IF_ERROR(
        db->Execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                kRecordStoreApplicationId, version)));
    KZ_RETURN_IF_ERROR(transaction.Commit());
  }
  return OkStatus();
}

}  // namespace kizashi
