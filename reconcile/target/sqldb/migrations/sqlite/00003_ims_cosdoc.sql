-- +goose Up

-- The role of reviewer (tarkastaja) is switched on in IMS.
ALTER TABLE installation ADD COLUMN ims_reviewer INTEGER NOT NULL DEFAULT 0 CHECK (ims_reviewer IN (0, 1));

-- A unit in the organisation tree of CosDoc; one without a parent is at level 0 (R52).
CREATE TABLE unit (
  id TEXT NOT NULL,
  title TEXT,
  parent TEXT REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unit_by_parent ON unit (parent);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE unit_external_ids (
  unit TEXT NOT NULL REFERENCES unit (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (unit, key)
) STRICT, WITHOUT ROWID;

-- Home units of a user of CosDoc.
CREATE TABLE person_units (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  unit TEXT NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_units_by_unit ON person_units (unit);

-- What one may do in CosDoc, and on which units (R47).
CREATE TABLE cos_doc_role (
  id TEXT NOT NULL,
  title TEXT,
  scope TEXT,
  scope_include_subunits INTEGER NOT NULL DEFAULT 0 CHECK (scope_include_subunits IN (0, 1)),
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Permissions it gives.
CREATE TABLE cos_doc_role_permissions (
  cos_doc_role TEXT NOT NULL REFERENCES cos_doc_role (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT NOT NULL,
  PRIMARY KEY (cos_doc_role, right_key)
) STRICT, WITHOUT ROWID;

-- Units that the role says itself.
CREATE TABLE cos_doc_role_scope_units (
  cos_doc_role TEXT NOT NULL REFERENCES cos_doc_role (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  unit TEXT NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (cos_doc_role, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX cos_doc_role_scope_units_by_unit ON cos_doc_role_scope_units (unit);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE cos_doc_role_external_ids (
  cos_doc_role TEXT NOT NULL REFERENCES cos_doc_role (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (cos_doc_role, key)
) STRICT, WITHOUT ROWID;

-- Roles that are assigned together (R48).
CREATE TABLE cos_doc_profile (
  id TEXT NOT NULL,
  title TEXT,
  max_assignees_percent INTEGER,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Its roles.
CREATE TABLE cos_doc_profile_roles (
  cos_doc_profile TEXT NOT NULL REFERENCES cos_doc_profile (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  role TEXT NOT NULL REFERENCES cos_doc_role (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (cos_doc_profile, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX cos_doc_profile_roles_by_role ON cos_doc_profile_roles (role);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE cos_doc_profile_external_ids (
  cos_doc_profile TEXT NOT NULL REFERENCES cos_doc_profile (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (cos_doc_profile, key)
) STRICT, WITHOUT ROWID;

-- A profile that a person has (R48).
CREATE TABLE cos_doc_assignment (
  id TEXT NOT NULL,
  profile TEXT REFERENCES cos_doc_profile (id) DEFERRABLE INITIALLY DEFERRED,
  person TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  reason TEXT,
  valid_from TEXT,
  valid_to TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cos_doc_assignment_by_profile ON cos_doc_assignment (profile);
CREATE INDEX cos_doc_assignment_by_person ON cos_doc_assignment (person);

-- On which units.
CREATE TABLE cos_doc_assignment_units (
  cos_doc_assignment TEXT NOT NULL REFERENCES cos_doc_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  unit TEXT NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (cos_doc_assignment, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX cos_doc_assignment_units_by_unit ON cos_doc_assignment_units (unit);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE cos_doc_assignment_external_ids (
  cos_doc_assignment TEXT NOT NULL REFERENCES cos_doc_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (cos_doc_assignment, key)
) STRICT, WITHOUT ROWID;

-- What groups may do in one section of IMS, or in a part of it (R59).
CREATE TABLE ims_grant (
  id TEXT NOT NULL,
  title TEXT,
  section TEXT,
  path TEXT,
  recursive INTEGER NOT NULL DEFAULT 0 CHECK (recursive IN (0, 1)),
  responsible_group TEXT REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  responsible_user TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  review_interval_months INTEGER,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ims_grant_by_responsible_group ON ims_grant (responsible_group);
CREATE INDEX ims_grant_by_responsible_user ON ims_grant (responsible_user);

-- viewer, editor, approver and reviewer, by group.
CREATE TABLE ims_grant_grants (
  ims_grant TEXT NOT NULL REFERENCES ims_grant (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  value TEXT NOT NULL,
  PRIMARY KEY (ims_grant, user_group, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX ims_grant_grants_by_user_group ON ims_grant_grants (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE ims_grant_external_ids (
  ims_grant TEXT NOT NULL REFERENCES ims_grant (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (ims_grant, key)
) STRICT, WITHOUT ROWID;

-- Somebody is away, and somebody else takes over (R42, R43).
CREATE TABLE substitution (
  id TEXT NOT NULL,
  absent TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  substitute TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  "from" TEXT,
  "to" TEXT,
  lead_days INTEGER,
  reason TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX substitution_by_absent ON substitution (absent);
CREATE INDEX substitution_by_substitute ON substitution (substitute);

-- Groups of the substitute for that time.
CREATE TABLE substitution_duties_groups (
  substitution TEXT NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (substitution, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX substitution_duties_groups_by_user_group ON substitution_duties_groups (user_group);

-- Rights of the substitute for that time.
CREATE TABLE substitution_duties_overrides (
  substitution TEXT NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT NOT NULL,
  PRIMARY KEY (substitution, right_key)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE substitution_external_ids (
  substitution TEXT NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (substitution, key)
) STRICT, WITHOUT ROWID;

-- A profile of CosDoc that goes with the duties.
CREATE TABLE substitution_duties_cosdoc_profiles (
  substitution TEXT NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  profile TEXT NOT NULL REFERENCES cos_doc_profile (id) DEFERRABLE INITIALLY DEFERRED,
  absent TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  substitute TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (substitution, profile)
) STRICT, WITHOUT ROWID;
CREATE INDEX substitution_duties_cosdoc_profiles_by_profile ON substitution_duties_cosdoc_profiles (profile);
CREATE INDEX substitution_duties_cosdoc_profiles_by_absent ON substitution_duties_cosdoc_profiles (absent);
CREATE INDEX substitution_duties_cosdoc_profiles_by_substitute ON substitution_duties_cosdoc_profiles (substitute);

-- On which units.
CREATE TABLE substitution_duties_cosdoc_profiles_units (
  substitution TEXT NOT NULL,
  profile TEXT NOT NULL REFERENCES cos_doc_profile (id) DEFERRABLE INITIALLY DEFERRED,
  unit TEXT NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (substitution, profile, unit),
  FOREIGN KEY (substitution, profile) REFERENCES substitution_duties_cosdoc_profiles (substitution, profile) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX substitution_duties_cosdoc_profiles_units_by_profile ON substitution_duties_cosdoc_profiles_units (profile);
CREATE INDEX substitution_duties_cosdoc_profiles_units_by_unit ON substitution_duties_cosdoc_profiles_units (unit);

