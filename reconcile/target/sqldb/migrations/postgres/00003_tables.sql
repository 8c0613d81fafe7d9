-- +goose Up

-- What the target is, and what lupa left in it: one row.
CREATE TABLE lupa_target (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  lineage TEXT NOT NULL,
  serial  BIGINT NOT NULL,
  last    BYTEA NOT NULL,
  digest  TEXT NOT NULL
);

-- One row for each apply; each holds the hash of the one before.
CREATE TABLE lupa_log (
  id       BIGINT PRIMARY KEY,
  serial   BIGINT NOT NULL,
  plan     TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  actor    TEXT NOT NULL,
  host     TEXT NOT NULL,
  version  TEXT NOT NULL,
  at       TEXT NOT NULL,
  changes  BIGINT NOT NULL,
  previous TEXT NOT NULL,
  hash     TEXT NOT NULL
);
CREATE INDEX lupa_log_by_plan ON lupa_log (plan);

-- One multiPrimus with its Wilma, one IMS or one CosDoc: what everything else belongs to.
CREATE TABLE installation (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  system TEXT COLLATE "C",
  multi_primus BOOLEAN NOT NULL DEFAULT false,
  municipality_code TEXT COLLATE "C",
  time_zone TEXT COLLATE "C",
  ims_reviewer BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);

-- Product versions, which open and close features (R67, R87).
CREATE TABLE installation_versions (
  installation TEXT COLLATE "C" NOT NULL REFERENCES installation (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  product TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (installation, product)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE installation_external_ids (
  installation TEXT COLLATE "C" NOT NULL REFERENCES installation (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (installation, key)
);

-- The rights that exist in an installation.
CREATE TABLE rights_catalogue (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  PRIMARY KEY (id)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE rights_catalogue_external_ids (
  rights_catalogue TEXT COLLATE "C" NOT NULL REFERENCES rights_catalogue (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (rights_catalogue, key)
);

-- One right of a catalogue.
CREATE TABLE rights_catalogue_rights (
  rights_catalogue TEXT COLLATE "C" NOT NULL REFERENCES rights_catalogue (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  primus_only BOOLEAN NOT NULL DEFAULT false,
  sensitivity TEXT COLLATE "C",
  family TEXT COLLATE "C",
  rank INTEGER,
  PRIMARY KEY (rights_catalogue, key)
);

-- Name for people, by language.
CREATE TABLE rights_catalogue_rights_title (
  rights_catalogue TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  language TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (rights_catalogue, key, language),
  FOREIGN KEY (rights_catalogue, key) REFERENCES rights_catalogue_rights (rights_catalogue, key) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);

-- A user group, common to all schools (R37).
CREATE TABLE user_group (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  external BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);

-- Who is meant to be in it.
CREATE TABLE user_group_audience (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person_kind TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, person_kind)
);

-- School levels it is meant for (R38).
CREATE TABLE user_group_levels (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  level TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, level)
);

-- Primus rights; they hold in Wilma too where Wilma has them (R31).
CREATE TABLE user_group_primus (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, right_key)
);

-- Fields that the group does not see.
CREATE TABLE user_group_primus_fields_deny (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  field_name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, field_name)
);

-- Fields that the group sees but does not change.
CREATE TABLE user_group_primus_fields_see_only (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  field_name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, field_name)
);

-- Wilma rights.
CREATE TABLE user_group_wilma (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, right_key)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE user_group_external_ids (
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_group, key)
);

-- A school.
CREATE TABLE school (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  level TEXT COLLATE "C",
  code TEXT COLLATE "C",
  municipality_code TEXT COLLATE "C",
  wilma_enabled BOOLEAN NOT NULL DEFAULT false,
  surveys_enabled BOOLEAN NOT NULL DEFAULT false,
  external BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);

-- Survey rights of every teacher (R83, R86).
CREATE TABLE school_surveys_everyone_teachers (
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  survey_right TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (school, survey_right)
);

-- Survey rights of all staff (R83, R86).
CREATE TABLE school_surveys_everyone_staff (
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  survey_right TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (school, survey_right)
);

-- Groups of all its students (R27).
CREATE TABLE school_student_groups (
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school, user_group)
);
CREATE INDEX school_student_groups_by_user_group ON school_student_groups (user_group);

-- Groups of all its guardians (R29).
CREATE TABLE school_guardian_groups (
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school, user_group)
);
CREATE INDEX school_guardian_groups_by_user_group ON school_guardian_groups (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE school_external_ids (
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (school, key)
);

-- A class of a school.
CREATE TABLE school_class (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  school TEXT COLLATE "C" REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  external BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);
CREATE INDEX school_class_by_school ON school_class (school);

-- Groups of its students; hides the school's (P7).
CREATE TABLE school_class_student_groups (
  school_class TEXT COLLATE "C" NOT NULL REFERENCES school_class (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school_class, user_group)
);
CREATE INDEX school_class_student_groups_by_user_group ON school_class_student_groups (user_group);

-- Groups of its guardians; hides the school's.
CREATE TABLE school_class_guardian_groups (
  school_class TEXT COLLATE "C" NOT NULL REFERENCES school_class (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school_class, user_group)
);
CREATE INDEX school_class_guardian_groups_by_user_group ON school_class_guardian_groups (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE school_class_external_ids (
  school_class TEXT COLLATE "C" NOT NULL REFERENCES school_class (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (school_class, key)
);

-- A unit in the organisation tree of CosDoc; one without a parent is at level 0 (R52).
CREATE TABLE unit (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  parent TEXT COLLATE "C" REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (id)
);
CREATE INDEX unit_by_parent ON unit (parent);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE unit_external_ids (
  unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (unit, key)
);

-- A card: a teacher, a member of staff, a student or a guardian; or a user of IMS or CosDoc.
CREATE TABLE person (
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C",
  all_schools BOOLEAN NOT NULL DEFAULT false,
  primus_account BOOLEAN NOT NULL DEFAULT false,
  primus_account_all_schools BOOLEAN NOT NULL DEFAULT false,
  primus_account_linked BOOLEAN NOT NULL DEFAULT false,
  external BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);

-- Schools; the first is the home school of templates (R36, R77).
CREATE TABLE person_schools (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  row INTEGER NOT NULL,
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, row)
);
CREATE INDEX person_schools_by_school ON person_schools (school);

-- Classes of a student.
CREATE TABLE person_classes (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school_class TEXT COLLATE "C" NOT NULL REFERENCES school_class (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, school_class)
);
CREATE INDEX person_classes_by_school_class ON person_classes (school_class);

-- Children of a guardian.
CREATE TABLE person_children (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  child TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, child)
);
CREATE INDEX person_children_by_child ON person_children (child);

-- Wilma groups (R23), and groups of a user of IMS (R60).
CREATE TABLE person_groups (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, user_group)
);
CREATE INDEX person_groups_by_user_group ON person_groups (user_group);

-- Home units of a user of CosDoc.
CREATE TABLE person_units (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, unit)
);
CREATE INDEX person_units_by_unit ON person_units (unit);

-- Schools for survey maintenance instead of the person's own (R78).
CREATE TABLE person_survey_maintainer_schools (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, school)
);
CREATE INDEX person_survey_maintainer_schools_by_school ON person_survey_maintainer_schools (school);

-- Groups of the account (R22).
CREATE TABLE person_primus_account_groups (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, user_group)
);
CREATE INDEX person_primus_account_groups_by_user_group ON person_primus_account_groups (user_group);

-- Home schools of the account (P10).
CREATE TABLE person_primus_account_home_schools (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, school)
);
CREATE INDEX person_primus_account_home_schools_by_school ON person_primus_account_home_schools (school);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE person_external_ids (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (person, key)
);

-- Rights added to or taken from one person (R14, R24).
CREATE TABLE person_override (
  id TEXT COLLATE "C" NOT NULL,
  person TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  reason TEXT COLLATE "C",
  valid_from TEXT COLLATE "C",
  valid_to TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX person_override_by_person ON person_override (person);

-- Rights added.
CREATE TABLE person_override_grant (
  person_override TEXT COLLATE "C" NOT NULL REFERENCES person_override (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (person_override, right_key)
);

-- Rights taken away.
CREATE TABLE person_override_revoke (
  person_override TEXT COLLATE "C" NOT NULL REFERENCES person_override (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (person_override, right_key)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE person_override_external_ids (
  person_override TEXT COLLATE "C" NOT NULL REFERENCES person_override (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (person_override, key)
);

-- Groups on one student's own card; they hide class and school (R28).
CREATE TABLE card_assignment (
  id TEXT COLLATE "C" NOT NULL,
  card TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  reason TEXT COLLATE "C",
  valid_from TEXT COLLATE "C",
  valid_to TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX card_assignment_by_card ON card_assignment (card);

-- Groups of the student.
CREATE TABLE card_assignment_student_groups (
  card_assignment TEXT COLLATE "C" NOT NULL REFERENCES card_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (card_assignment, user_group)
);
CREATE INDEX card_assignment_student_groups_by_user_group ON card_assignment_student_groups (user_group);

-- Groups of the student's guardians.
CREATE TABLE card_assignment_guardian_groups (
  card_assignment TEXT COLLATE "C" NOT NULL REFERENCES card_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (card_assignment, user_group)
);
CREATE INDEX card_assignment_guardian_groups_by_user_group ON card_assignment_guardian_groups (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE card_assignment_external_ids (
  card_assignment TEXT COLLATE "C" NOT NULL REFERENCES card_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (card_assignment, key)
);

-- A survey template (kyselypohja).
CREATE TABLE survey_template (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  author TEXT COLLATE "C",
  school TEXT COLLATE "C" REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (id)
);
CREATE INDEX survey_template_by_school ON survey_template (school);

-- Who manages it personally; at creation the author (R105).
CREATE TABLE survey_template_holders (
  survey_template TEXT COLLATE "C" NOT NULL REFERENCES survey_template (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (survey_template, person)
);
CREATE INDEX survey_template_holders_by_person ON survey_template_holders (person);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE survey_template_external_ids (
  survey_template TEXT COLLATE "C" NOT NULL REFERENCES survey_template (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (survey_template, key)
);

-- What one school may do with a template (R99-R102).
CREATE TABLE survey_template_sharing (
  survey_template TEXT COLLATE "C" NOT NULL REFERENCES survey_template (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school TEXT COLLATE "C" NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  copy BOOLEAN NOT NULL DEFAULT false,
  ordinary BOOLEAN NOT NULL DEFAULT false,
  group_bound BOOLEAN NOT NULL DEFAULT false,
  auto BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (survey_template, school)
);
CREATE INDEX survey_template_sharing_by_school ON survey_template_sharing (school);

-- What one may do in CosDoc, and on which units (R47).
CREATE TABLE cos_doc_role (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  scope TEXT COLLATE "C",
  scope_include_subunits BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);

-- Permissions it gives.
CREATE TABLE cos_doc_role_permissions (
  cos_doc_role TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_role (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (cos_doc_role, right_key)
);

-- Units that the role says itself.
CREATE TABLE cos_doc_role_scope_units (
  cos_doc_role TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_role (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (cos_doc_role, unit)
);
CREATE INDEX cos_doc_role_scope_units_by_unit ON cos_doc_role_scope_units (unit);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE cos_doc_role_external_ids (
  cos_doc_role TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_role (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (cos_doc_role, key)
);

-- Roles that are assigned together (R48).
CREATE TABLE cos_doc_profile (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  max_assignees_percent INTEGER,
  PRIMARY KEY (id)
);

-- Its roles.
CREATE TABLE cos_doc_profile_roles (
  cos_doc_profile TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_profile (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  role TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_role (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (cos_doc_profile, role)
);
CREATE INDEX cos_doc_profile_roles_by_role ON cos_doc_profile_roles (role);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE cos_doc_profile_external_ids (
  cos_doc_profile TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_profile (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (cos_doc_profile, key)
);

-- A profile that a person has (R48).
CREATE TABLE cos_doc_assignment (
  id TEXT COLLATE "C" NOT NULL,
  profile TEXT COLLATE "C" REFERENCES cos_doc_profile (id) DEFERRABLE INITIALLY DEFERRED,
  person TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  reason TEXT COLLATE "C",
  valid_from TEXT COLLATE "C",
  valid_to TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX cos_doc_assignment_by_profile ON cos_doc_assignment (profile);
CREATE INDEX cos_doc_assignment_by_person ON cos_doc_assignment (person);

-- On which units.
CREATE TABLE cos_doc_assignment_units (
  cos_doc_assignment TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (cos_doc_assignment, unit)
);
CREATE INDEX cos_doc_assignment_units_by_unit ON cos_doc_assignment_units (unit);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE cos_doc_assignment_external_ids (
  cos_doc_assignment TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (cos_doc_assignment, key)
);

-- What groups may do in one section of IMS, or in a part of it (R59).
CREATE TABLE ims_grant (
  id TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C",
  section TEXT COLLATE "C",
  path TEXT COLLATE "C",
  recursive BOOLEAN NOT NULL DEFAULT false,
  responsible_group TEXT COLLATE "C" REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  responsible_user TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  review_interval_months INTEGER,
  PRIMARY KEY (id)
);
CREATE INDEX ims_grant_by_responsible_group ON ims_grant (responsible_group);
CREATE INDEX ims_grant_by_responsible_user ON ims_grant (responsible_user);

-- viewer, editor, approver and reviewer, by group.
CREATE TABLE ims_grant_grants (
  ims_grant TEXT COLLATE "C" NOT NULL REFERENCES ims_grant (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (ims_grant, user_group, value)
);
CREATE INDEX ims_grant_grants_by_user_group ON ims_grant_grants (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE ims_grant_external_ids (
  ims_grant TEXT COLLATE "C" NOT NULL REFERENCES ims_grant (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (ims_grant, key)
);

-- Somebody is away, and somebody else takes over (R42, R43).
CREATE TABLE substitution (
  id TEXT COLLATE "C" NOT NULL,
  absent TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  substitute TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  "from" TEXT COLLATE "C",
  "to" TEXT COLLATE "C",
  lead_days INTEGER,
  reason TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX substitution_by_absent ON substitution (absent);
CREATE INDEX substitution_by_substitute ON substitution (substitute);

-- Groups of the substitute for that time.
CREATE TABLE substitution_duties_groups (
  substitution TEXT COLLATE "C" NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT COLLATE "C" NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (substitution, user_group)
);
CREATE INDEX substitution_duties_groups_by_user_group ON substitution_duties_groups (user_group);

-- Rights of the substitute for that time.
CREATE TABLE substitution_duties_overrides (
  substitution TEXT COLLATE "C" NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (substitution, right_key)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE substitution_external_ids (
  substitution TEXT COLLATE "C" NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (substitution, key)
);

-- A profile of CosDoc that goes with the duties.
CREATE TABLE substitution_duties_cosdoc_profiles (
  substitution TEXT COLLATE "C" NOT NULL REFERENCES substitution (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  profile TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_profile (id) DEFERRABLE INITIALLY DEFERRED,
  absent TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  substitute TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (substitution, profile)
);
CREATE INDEX substitution_duties_cosdoc_profiles_by_profile ON substitution_duties_cosdoc_profiles (profile);
CREATE INDEX substitution_duties_cosdoc_profiles_by_absent ON substitution_duties_cosdoc_profiles (absent);
CREATE INDEX substitution_duties_cosdoc_profiles_by_substitute ON substitution_duties_cosdoc_profiles (substitute);

-- On which units.
CREATE TABLE substitution_duties_cosdoc_profiles_units (
  substitution TEXT COLLATE "C" NOT NULL,
  profile TEXT COLLATE "C" NOT NULL REFERENCES cos_doc_profile (id) DEFERRABLE INITIALLY DEFERRED,
  unit TEXT COLLATE "C" NOT NULL REFERENCES unit (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (substitution, profile, unit),
  FOREIGN KEY (substitution, profile) REFERENCES substitution_duties_cosdoc_profiles (substitution, profile) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX substitution_duties_cosdoc_profiles_units_by_profile ON substitution_duties_cosdoc_profiles_units (profile);
CREATE INDEX substitution_duties_cosdoc_profiles_units_by_unit ON substitution_duties_cosdoc_profiles_units (unit);

-- Who looks after the installation (R3-R7).
CREATE TABLE admin_team (
  id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (id)
);

-- Content main users (sisällöllinen pääkäyttäjä).
CREATE TABLE admin_team_content (
  admin_team TEXT COLLATE "C" NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
);
CREATE INDEX admin_team_content_by_person ON admin_team_content (person);

-- Technical main users (tekninen pääkäyttäjä).
CREATE TABLE admin_team_technical (
  admin_team TEXT COLLATE "C" NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
);
CREATE INDEX admin_team_technical_by_person ON admin_team_technical (person);

-- Support persons (tukihenkilö).
CREATE TABLE admin_team_support (
  admin_team TEXT COLLATE "C" NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
);
CREATE INDEX admin_team_support_by_person ON admin_team_support (person);

-- Who stands in for whom (varahenkilö).
CREATE TABLE admin_team_deputies (
  admin_team TEXT COLLATE "C" NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  value TEXT COLLATE "C" NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
);
CREATE INDEX admin_team_deputies_by_person ON admin_team_deputies (person);
CREATE INDEX admin_team_deputies_by_value ON admin_team_deputies (value);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE admin_team_external_ids (
  admin_team TEXT COLLATE "C" NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (admin_team, key)
);

-- Somebody the vendor's support may guide (R8-R10, R54).
CREATE TABLE support_contact (
  id TEXT COLLATE "C" NOT NULL,
  person TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  bulletins BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);
CREATE INDEX support_contact_by_person ON support_contact (person);

-- Vendor registers that name the person.
CREATE TABLE support_contact_registers (
  support_contact TEXT COLLATE "C" NOT NULL REFERENCES support_contact (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  vendor_register TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (support_contact, vendor_register)
);

-- School levels whose news the person gets.
CREATE TABLE support_contact_levels (
  support_contact TEXT COLLATE "C" NOT NULL REFERENCES support_contact (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  level TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (support_contact, level)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE support_contact_external_ids (
  support_contact TEXT COLLATE "C" NOT NULL REFERENCES support_contact (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (support_contact, key)
);

-- How lupa judges changes in the installation.
CREATE TABLE policy (
  id TEXT COLLATE "C" NOT NULL,
  allow_student_cards BOOLEAN NOT NULL DEFAULT false,
  max_holders INTEGER,
  require_reason BOOLEAN NOT NULL DEFAULT false,
  actor TEXT COLLATE "C" REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  self_grant TEXT COLLATE "C",
  logins TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX policy_by_actor ON policy (actor);

-- Fewest rows that an export of a register must have; waits for a target that reads exports of Primus.
CREATE TABLE policy_min_export_rows (
  policy TEXT COLLATE "C" NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  register TEXT COLLATE "C" NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (policy, register)
);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE policy_external_ids (
  policy TEXT COLLATE "C" NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (policy, key)
);

-- How severe a rule is here.
CREATE TABLE policy_severities (
  policy TEXT COLLATE "C" NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  code TEXT COLLATE "C" NOT NULL,
  severity TEXT COLLATE "C",
  reason TEXT COLLATE "C",
  PRIMARY KEY (policy, code)
);

-- A value that looks like a national identifier and is none.
CREATE TABLE policy_identifiers (
  policy TEXT COLLATE "C" NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  sha256 TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  until TEXT COLLATE "C",
  PRIMARY KEY (policy, sha256)
);

