-- +goose Up

-- One multiPrimus with its Wilma: what everything else belongs to.
CREATE TABLE installation (
  id TEXT NOT NULL,
  title TEXT,
  system TEXT,
  multi_primus INTEGER NOT NULL DEFAULT 0 CHECK (multi_primus IN (0, 1)),
  municipality_code TEXT,
  time_zone TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Product versions, which open and close features (R67, R87).
CREATE TABLE installation_versions (
  installation TEXT NOT NULL REFERENCES installation (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  product TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (installation, product)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE installation_external_ids (
  installation TEXT NOT NULL REFERENCES installation (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (installation, key)
) STRICT, WITHOUT ROWID;

-- The rights that exist in an installation.
CREATE TABLE rights_catalogue (
  id TEXT NOT NULL,
  title TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE rights_catalogue_external_ids (
  rights_catalogue TEXT NOT NULL REFERENCES rights_catalogue (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (rights_catalogue, key)
) STRICT, WITHOUT ROWID;

-- One right of a catalogue.
CREATE TABLE rights_catalogue_rights (
  rights_catalogue TEXT NOT NULL REFERENCES rights_catalogue (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  primus_only INTEGER NOT NULL DEFAULT 0 CHECK (primus_only IN (0, 1)),
  sensitivity TEXT,
  family TEXT,
  rank INTEGER,
  PRIMARY KEY (rights_catalogue, key)
) STRICT, WITHOUT ROWID;

-- Name for people, by language.
CREATE TABLE rights_catalogue_rights_title (
  rights_catalogue TEXT NOT NULL,
  key TEXT NOT NULL,
  language TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (rights_catalogue, key, language),
  FOREIGN KEY (rights_catalogue, key) REFERENCES rights_catalogue_rights (rights_catalogue, key) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- A user group, common to all schools (R37).
CREATE TABLE user_group (
  id TEXT NOT NULL,
  title TEXT,
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Who is meant to be in it.
CREATE TABLE user_group_audience (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person_kind TEXT NOT NULL,
  PRIMARY KEY (user_group, person_kind)
) STRICT, WITHOUT ROWID;

-- School levels it is meant for (R38).
CREATE TABLE user_group_levels (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  level TEXT NOT NULL,
  PRIMARY KEY (user_group, level)
) STRICT, WITHOUT ROWID;

-- Primus rights; they hold in Wilma too where Wilma has them (R31).
CREATE TABLE user_group_primus (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT NOT NULL,
  PRIMARY KEY (user_group, right_key)
) STRICT, WITHOUT ROWID;

-- Fields that the group does not see.
CREATE TABLE user_group_primus_fields_deny (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  field_name TEXT NOT NULL,
  PRIMARY KEY (user_group, field_name)
) STRICT, WITHOUT ROWID;

-- Fields that the group sees but does not change.
CREATE TABLE user_group_primus_fields_see_only (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  field_name TEXT NOT NULL,
  PRIMARY KEY (user_group, field_name)
) STRICT, WITHOUT ROWID;

-- Wilma rights.
CREATE TABLE user_group_wilma (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT NOT NULL,
  PRIMARY KEY (user_group, right_key)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE user_group_external_ids (
  user_group TEXT NOT NULL REFERENCES user_group (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (user_group, key)
) STRICT, WITHOUT ROWID;

-- A school.
CREATE TABLE school (
  id TEXT NOT NULL,
  title TEXT,
  level TEXT,
  code TEXT,
  municipality_code TEXT,
  wilma_enabled INTEGER NOT NULL DEFAULT 0 CHECK (wilma_enabled IN (0, 1)),
  surveys_enabled INTEGER NOT NULL DEFAULT 0 CHECK (surveys_enabled IN (0, 1)),
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Survey rights of every teacher (R83, R86).
CREATE TABLE school_surveys_everyone_teachers (
  school TEXT NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  survey_right TEXT NOT NULL,
  PRIMARY KEY (school, survey_right)
) STRICT, WITHOUT ROWID;

-- Survey rights of all staff (R83, R86).
CREATE TABLE school_surveys_everyone_staff (
  school TEXT NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  survey_right TEXT NOT NULL,
  PRIMARY KEY (school, survey_right)
) STRICT, WITHOUT ROWID;

-- Groups of all its students (R27).
CREATE TABLE school_student_groups (
  school TEXT NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX school_student_groups_by_user_group ON school_student_groups (user_group);

-- Groups of all its guardians (R29).
CREATE TABLE school_guardian_groups (
  school TEXT NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX school_guardian_groups_by_user_group ON school_guardian_groups (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE school_external_ids (
  school TEXT NOT NULL REFERENCES school (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (school, key)
) STRICT, WITHOUT ROWID;

-- A class of a school.
CREATE TABLE school_class (
  id TEXT NOT NULL,
  title TEXT,
  school TEXT REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX school_class_by_school ON school_class (school);

-- Groups of its students; hides the school's (P7).
CREATE TABLE school_class_student_groups (
  school_class TEXT NOT NULL REFERENCES school_class (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school_class, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX school_class_student_groups_by_user_group ON school_class_student_groups (user_group);

-- Groups of its guardians; hides the school's.
CREATE TABLE school_class_guardian_groups (
  school_class TEXT NOT NULL REFERENCES school_class (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (school_class, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX school_class_guardian_groups_by_user_group ON school_class_guardian_groups (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE school_class_external_ids (
  school_class TEXT NOT NULL REFERENCES school_class (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (school_class, key)
) STRICT, WITHOUT ROWID;

-- A card: a teacher, a member of staff, a student or a guardian.
CREATE TABLE person (
  id TEXT NOT NULL,
  kind TEXT,
  all_schools INTEGER NOT NULL DEFAULT 0 CHECK (all_schools IN (0, 1)),
  primus_account INTEGER NOT NULL DEFAULT 0 CHECK (primus_account IN (0, 1)),
  primus_account_all_schools INTEGER NOT NULL DEFAULT 0 CHECK (primus_account_all_schools IN (0, 1)),
  primus_account_linked INTEGER NOT NULL DEFAULT 0 CHECK (primus_account_linked IN (0, 1)),
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Schools; the first is the home school of templates (R36, R77).
CREATE TABLE person_schools (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  row INTEGER NOT NULL,
  school TEXT NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_schools_by_school ON person_schools (school);

-- Classes of a student.
CREATE TABLE person_classes (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school_class TEXT NOT NULL REFERENCES school_class (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, school_class)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_classes_by_school_class ON person_classes (school_class);

-- Children of a guardian.
CREATE TABLE person_children (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  child TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_children_by_child ON person_children (child);

-- Wilma groups (R23).
CREATE TABLE person_groups (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_groups_by_user_group ON person_groups (user_group);

-- Schools for survey maintenance instead of the person's own (R78).
CREATE TABLE person_survey_maintainer_schools (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school TEXT NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, school)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_survey_maintainer_schools_by_school ON person_survey_maintainer_schools (school);

-- Groups of the account (R22).
CREATE TABLE person_primus_account_groups (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_primus_account_groups_by_user_group ON person_primus_account_groups (user_group);

-- Home schools of the account (P10).
CREATE TABLE person_primus_account_home_schools (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school TEXT NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (person, school)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_primus_account_home_schools_by_school ON person_primus_account_home_schools (school);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE person_external_ids (
  person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (person, key)
) STRICT, WITHOUT ROWID;

-- Rights added to or taken from one person (R14, R24).
CREATE TABLE person_override (
  id TEXT NOT NULL,
  person TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  reason TEXT,
  valid_from TEXT,
  valid_to TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_override_by_person ON person_override (person);

-- Rights added.
CREATE TABLE person_override_grant (
  person_override TEXT NOT NULL REFERENCES person_override (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT NOT NULL,
  PRIMARY KEY (person_override, right_key)
) STRICT, WITHOUT ROWID;

-- Rights taken away.
CREATE TABLE person_override_revoke (
  person_override TEXT NOT NULL REFERENCES person_override (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  right_key TEXT NOT NULL,
  PRIMARY KEY (person_override, right_key)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE person_override_external_ids (
  person_override TEXT NOT NULL REFERENCES person_override (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (person_override, key)
) STRICT, WITHOUT ROWID;

-- Groups on one student's own card; they hide class and school (R28).
CREATE TABLE card_assignment (
  id TEXT NOT NULL,
  card TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  reason TEXT,
  valid_from TEXT,
  valid_to TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_assignment_by_card ON card_assignment (card);

-- Groups of the student.
CREATE TABLE card_assignment_student_groups (
  card_assignment TEXT NOT NULL REFERENCES card_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (card_assignment, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_assignment_student_groups_by_user_group ON card_assignment_student_groups (user_group);

-- Groups of the student's guardians.
CREATE TABLE card_assignment_guardian_groups (
  card_assignment TEXT NOT NULL REFERENCES card_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  user_group TEXT NOT NULL REFERENCES user_group (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (card_assignment, user_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_assignment_guardian_groups_by_user_group ON card_assignment_guardian_groups (user_group);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE card_assignment_external_ids (
  card_assignment TEXT NOT NULL REFERENCES card_assignment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (card_assignment, key)
) STRICT, WITHOUT ROWID;

-- A survey template (kyselypohja).
CREATE TABLE survey_template (
  id TEXT NOT NULL,
  title TEXT,
  author TEXT,
  school TEXT REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_template_by_school ON survey_template (school);

-- Who manages it personally; at creation the author (R105).
CREATE TABLE survey_template_holders (
  survey_template TEXT NOT NULL REFERENCES survey_template (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (survey_template, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_template_holders_by_person ON survey_template_holders (person);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE survey_template_external_ids (
  survey_template TEXT NOT NULL REFERENCES survey_template (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (survey_template, key)
) STRICT, WITHOUT ROWID;

-- What one school may do with a template (R99-R102).
CREATE TABLE survey_template_sharing (
  survey_template TEXT NOT NULL REFERENCES survey_template (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  school TEXT NOT NULL REFERENCES school (id) DEFERRABLE INITIALLY DEFERRED,
  copy INTEGER NOT NULL DEFAULT 0 CHECK (copy IN (0, 1)),
  ordinary INTEGER NOT NULL DEFAULT 0 CHECK (ordinary IN (0, 1)),
  group_bound INTEGER NOT NULL DEFAULT 0 CHECK (group_bound IN (0, 1)),
  auto INTEGER NOT NULL DEFAULT 0 CHECK (auto IN (0, 1)),
  PRIMARY KEY (survey_template, school)
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_template_sharing_by_school ON survey_template_sharing (school);

-- Who looks after the installation (R3-R7).
CREATE TABLE admin_team (
  id TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Content main users (sisällöllinen pääkäyttäjä).
CREATE TABLE admin_team_content (
  admin_team TEXT NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX admin_team_content_by_person ON admin_team_content (person);

-- Technical main users (tekninen pääkäyttäjä).
CREATE TABLE admin_team_technical (
  admin_team TEXT NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX admin_team_technical_by_person ON admin_team_technical (person);

-- Support persons (tukihenkilö).
CREATE TABLE admin_team_support (
  admin_team TEXT NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX admin_team_support_by_person ON admin_team_support (person);

-- Who stands in for whom (varahenkilö).
CREATE TABLE admin_team_deputies (
  admin_team TEXT NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  person TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  value TEXT NOT NULL REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (admin_team, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX admin_team_deputies_by_person ON admin_team_deputies (person);
CREATE INDEX admin_team_deputies_by_value ON admin_team_deputies (value);

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE admin_team_external_ids (
  admin_team TEXT NOT NULL REFERENCES admin_team (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (admin_team, key)
) STRICT, WITHOUT ROWID;

-- Somebody the vendor's support may guide (R8-R10, R54).
CREATE TABLE support_contact (
  id TEXT NOT NULL,
  person TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  bulletins INTEGER NOT NULL DEFAULT 0 CHECK (bulletins IN (0, 1)),
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX support_contact_by_person ON support_contact (person);

-- Vendor registers that name the person.
CREATE TABLE support_contact_registers (
  support_contact TEXT NOT NULL REFERENCES support_contact (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  vendor_register TEXT NOT NULL,
  PRIMARY KEY (support_contact, vendor_register)
) STRICT, WITHOUT ROWID;

-- School levels whose news the person gets.
CREATE TABLE support_contact_levels (
  support_contact TEXT NOT NULL REFERENCES support_contact (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  level TEXT NOT NULL,
  PRIMARY KEY (support_contact, level)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE support_contact_external_ids (
  support_contact TEXT NOT NULL REFERENCES support_contact (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (support_contact, key)
) STRICT, WITHOUT ROWID;

-- How lupa judges changes in the installation.
CREATE TABLE policy (
  id TEXT NOT NULL,
  allow_student_cards INTEGER NOT NULL DEFAULT 0 CHECK (allow_student_cards IN (0, 1)),
  max_holders INTEGER,
  require_reason INTEGER NOT NULL DEFAULT 0 CHECK (require_reason IN (0, 1)),
  actor TEXT REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED,
  self_grant TEXT,
  logins TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX policy_by_actor ON policy (actor);

-- Fewest rows that an export of a register must have.
CREATE TABLE policy_min_export_rows (
  policy TEXT NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  register TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (policy, register)
) STRICT, WITHOUT ROWID;

-- Keys of the same object elsewhere, such as primusCard.
CREATE TABLE policy_external_ids (
  policy TEXT NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (policy, key)
) STRICT, WITHOUT ROWID;

-- How severe a rule is here.
CREATE TABLE policy_severities (
  policy TEXT NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  code TEXT NOT NULL,
  severity TEXT,
  reason TEXT,
  PRIMARY KEY (policy, code)
) STRICT, WITHOUT ROWID;

-- A value that looks like a national identifier and is none.
CREATE TABLE policy_identifiers (
  policy TEXT NOT NULL REFERENCES policy (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  sha256 TEXT NOT NULL,
  reason TEXT,
  until TEXT,
  PRIMARY KEY (policy, sha256)
) STRICT, WITHOUT ROWID;

