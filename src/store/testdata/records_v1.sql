-- A record store as version 1 made it, with one record of each kind. Never changed.
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

INSERT INTO anomalies VALUES ('00000000000000aa', 'shop', 'shop-team', 'shop/redundancy/c',
  'redundancy', 'member_down', '{"member":"c","up":4}', 1000, NULL, 2.5, 0.5, 9.5,
  'prior_redundancy', '{}', '[{"time":1000,"code":"sample","fields":{"value":0}}]');
INSERT INTO alerts VALUES ('00000000000000bb', 'shop', 'shop-team', 'availability', 0, 2000, NULL,
  '{"factor":14.4}');
INSERT INTO verdicts VALUES (1, 1000, 'anomaly_begin', '00000000000000aa', 'shop', 'member_down');
INSERT INTO deliveries VALUES (1, '00000000000000bb', 'firing', 'webhook', 'http://127.0.0.1:1/',
  0, 0, '', 2000, 2000, 0);
PRAGMA application_id = 0x4b5a5253;
PRAGMA user_version = 1;
