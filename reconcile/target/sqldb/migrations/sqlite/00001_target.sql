-- +goose Up

-- What the target is, and what lupa left in it: one row.
CREATE TABLE lupa_target (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  lineage TEXT NOT NULL,
  serial  INTEGER NOT NULL,
  last    BLOB NOT NULL,
  digest  TEXT NOT NULL
) STRICT;

-- One row for each apply; each holds the hash of the one before.
CREATE TABLE lupa_log (
  id       INTEGER PRIMARY KEY,
  serial   INTEGER NOT NULL,
  plan     TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  actor    TEXT NOT NULL,
  host     TEXT NOT NULL,
  version  TEXT NOT NULL,
  at       TEXT NOT NULL,
  changes  INTEGER NOT NULL,
  previous TEXT NOT NULL,
  hash     TEXT NOT NULL
) STRICT;
CREATE INDEX lupa_log_by_plan ON lupa_log (plan);
