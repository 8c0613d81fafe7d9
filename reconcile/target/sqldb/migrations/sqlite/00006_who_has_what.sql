-- +goose Up

-- Who has what, as of the last apply: made of the other tables, for others to ask.
-- People who may do the same have one share, however they came by it; a share is
-- sets of rights, each at a set of places. A guardian has one for each child.
CREATE TABLE lupa_access_person (
  person TEXT NOT NULL,
  child  TEXT NOT NULL, -- '' for whoever is no guardian
  share  INTEGER NOT NULL,
  PRIMARY KEY (person, child)
) STRICT, WITHOUT ROWID;

CREATE TABLE lupa_access (
  share  INTEGER NOT NULL,
  rights INTEGER NOT NULL,
  places INTEGER NOT NULL,
  PRIMARY KEY (share, rights, places)
) STRICT, WITHOUT ROWID;

CREATE TABLE lupa_access_rights (
  rights  INTEGER NOT NULL,
  "right" TEXT NOT NULL,
  PRIMARY KEY (rights, "right")
) STRICT, WITHOUT ROWID;

CREATE TABLE lupa_access_places (
  places INTEGER NOT NULL,
  place  TEXT NOT NULL,
  PRIMARY KEY (places, place)
) STRICT, WITHOUT ROWID;

-- Each right that somebody has, at each place: ids, as in the other tables.
CREATE VIEW who_has_what AS
  SELECT p.person, nullif(p.child, '') AS child, r."right", l.place
  FROM lupa_access_person p
  JOIN lupa_access a ON a.share = p.share
  JOIN lupa_access_rights r ON r.rights = a.rights
  JOIN lupa_access_places l ON l.places = a.places;

-- As of which apply.
CREATE VIEW lupa_status AS
  SELECT t.lineage, t.serial, (SELECT l.at FROM lupa_log l ORDER BY l.id DESC LIMIT 1) AS at
  FROM lupa_target t;
