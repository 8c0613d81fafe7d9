package fact

// Words is the vocabulary: every kind of object that a target holds and every
// field of it, in the order in which a person meets them. A new kind is rows
// here, a schema, and an example.
var Words = newVocabulary(
	Kind{
		Name: "Installation", Doc: "One multiPrimus with its Wilma, one IMS or one CosDoc: what everything else belongs to.",
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "system", Doc: "The product: inschool, ims or cosdoc."},
			{Name: "multiPrimus", Type: Flag, Doc: "Several schools share the installation."},
			{Name: "versions", Shape: Map, Item: "product", Doc: "Product versions, which open and close features (R67, R87)."},
			{Name: "municipalityCode", Doc: "Code of the municipality, three digits in Finland."},
			{Name: "timeZone", Default: "Europe/Helsinki", Doc: "Zone in which days begin and end."},
			{Name: "ims.reviewer", Type: Flag, Doc: "The role of reviewer (tarkastaja) is switched on in IMS."},
		},
	},
	Kind{
		Name: "RightsCatalogue", Doc: "The rights that exist in an installation.",
		Fields: []Field{{Name: "title", Doc: "Name for people."}},
	},
	Kind{
		Name: "Right", Doc: "One right of a catalogue.", Parent: "RightsCatalogue", In: "rights", Key: "key",
		Fields: []Field{
			{Name: "key", Doc: "Stable key."},
			{Name: "title", Shape: Map, Item: "language", Doc: "Name for people, by language."},
			{Name: "primusOnly", Type: Flag, Doc: "Has no counterpart in Wilma (R32)."},
			{Name: "sensitivity", Default: "normal", Doc: "How much harm it can do: low, normal, high, critical."},
			{Name: "family", Doc: "Rights of one family are levels of one thing."},
			{Name: "rank", Type: Count, Doc: "Level within the family."},
		},
	},
	Kind{
		Name: "School", Doc: "A school.", Register: "Koulun tiedot (kouluntiedot)", External: true,
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "level", Register: "Kouluaste", Doc: "School level (R38)."},
			{Name: "code", Register: "Tilastokeskuksen oppilaitoskoodi", Doc: "National school code, five digits in Finland."},
			{Name: "municipalityCode", Doc: "Code of the municipality the school lies in."},
			{Name: "wilma.enabled", Type: Flag, Default: "true", Register: "Oikeus käyttää Wilmaa", Doc: "Wilma is in use."},
			{Name: "surveys.enabled", Type: Flag, Register: "Kyselytoiminto käytössä", Doc: "The survey function is in use (R71)."},
			{Name: "surveys.everyone.teachers", Shape: Many, Item: "survey_right", Register: "Kaikki opettajat saavat ...", Doc: "Survey rights of every teacher (R83, R86)."},
			{Name: "surveys.everyone.staff", Shape: Many, Item: "survey_right", Register: "Kaikki henkilökuntaan kuuluvat saavat ...", Doc: "Survey rights of all staff (R83, R86)."},
			{Name: "studentGroups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Käyttäjäryhmä Wilmassa", Doc: "Groups of all its students (R27)."},
			{Name: "guardianGroups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Huoltajan käyttäjäryhmä Wilmassa", Doc: "Groups of all its guardians (R29)."},
		},
	},
	Kind{
		Name: "SchoolClass", Doc: "A class of a school.", Register: "Luokat", External: true,
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "school", Type: Ref, Ref: "School", Doc: "The school it belongs to."},
			{Name: "studentGroups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Käyttäjäryhmä Wilmassa", Doc: "Groups of its students; hides the school's (P7)."},
			{Name: "guardianGroups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Huoltajan käyttäjäryhmä Wilmassa", Doc: "Groups of its guardians; hides the school's."},
		},
	},
	Kind{
		Name: "UserGroup", Doc: "A user group, common to all schools (R37).", Register: "Käyttäjäryhmät", External: true,
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "audience", Shape: Many, Item: "person_kind", Doc: "Who is meant to be in it."},
			{Name: "levels", Shape: Many, Item: "level", Doc: "School levels it is meant for (R38)."},
			{Name: "primus", Shape: Many, Type: Right, Item: "right_key", Register: "Primuksen oikeudet", Doc: "Primus rights; they hold in Wilma too where Wilma has them (R31)."},
			{Name: "primusFields.deny", Shape: Many, Item: "field_name", Register: "Kenttäeditori", Doc: "Fields that the group does not see."},
			{Name: "primusFields.seeOnly", Shape: Many, Item: "field_name", Register: "Kenttäeditori", Doc: "Fields that the group sees but does not change."},
			{Name: "wilma", Shape: Many, Type: Right, Item: "right_key", Register: "Wilman oikeudet", Doc: "Wilma rights."},
		},
	},
	Kind{
		Name: "Person", Doc: "A card: a teacher, a member of staff, a student or a guardian; or a user of IMS or CosDoc.",
		Register: "Opettajat, Henkilökunta, Opiskelijarekisteri", External: true,
		Fields: []Field{
			{Name: "kind", Doc: "teacher, staff, student, guardian or user."},
			{Name: "schools", Shape: List, Type: Ref, Ref: "School", Item: "school", Register: "Koulu", Doc: "Schools; the first is the home school of templates (R36, R77)."},
			{Name: "allSchools", Type: Flag, AllOf: "schools", Register: "Koulu (empty)", Doc: "Every school of the installation (R74)."},
			{Name: "classes", Shape: Many, Type: Ref, Ref: "SchoolClass", Item: "school_class", Register: "Luokka", Doc: "Classes of a student."},
			{Name: "children", Shape: Many, Type: Ref, Ref: "Person", Item: "child", Doc: "Children of a guardian."},
			{Name: "groups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Käyttäjäryhmä Wilmassa", Doc: "Wilma groups (R23), and groups of a user of IMS (R60)."},
			{Name: "units", Shape: Many, Type: Ref, Ref: "Unit", Item: "unit", Doc: "Home units of a user of CosDoc."},
			{Name: "surveyMaintainerSchools", Shape: Many, Type: Ref, Ref: "School", Item: "school", Register: "Kyselyjen ylläpitäjä kouluissa (multiPrimus)", Doc: "Schools for survey maintenance instead of the person's own (R78)."},
			{Name: "primusAccount", Type: Flag, Presence: true, Register: "Käyttäjätunnukset", Doc: "Has a Primus account (R17)."},
			{Name: "primusAccount.groups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Tunnuksen ryhmä", Doc: "Groups of the account (R22)."},
			{Name: "primusAccount.homeSchools", Shape: Many, Type: Ref, Ref: "School", Item: "school", Register: "Kotikoulu", Doc: "Home schools of the account (P10)."},
			{Name: "primusAccount.allSchools", Type: Flag, AllOf: "primusAccount.homeSchools", Register: "Kotikoulu (empty)", Doc: "An account without home school: the main user's (P10)."},
			{Name: "primusAccount.linked", Type: Flag, Default: "true", Register: "Opettajan/Henkilökunnan rekisterikortti", Doc: "The account is linked to the card (P8)."},
		},
	},
	Kind{
		Name: "PersonOverride", Doc: "Rights added to or taken from one person (R14, R24).", Register: "tick fields of the card", Spans: valid,
		Fields: []Field{
			{Name: "person", Type: Ref, Ref: "Person", Doc: "Whose rights."},
			{Name: "grant", Shape: Many, Type: Right, Item: "right_key", Doc: "Rights added."},
			{Name: "revoke", Shape: Many, Type: Right, Item: "right_key", Doc: "Rights taken away."},
			{Name: "reason", Doc: "Why."},
		},
	},
	Kind{
		Name: "CardAssignment", Doc: "Groups on one student's own card; they hide class and school (R28).", Register: "Opiskelijarekisteri", Spans: valid,
		Fields: []Field{
			{Name: "card", Type: Ref, Ref: "Person", Doc: "Whose card."},
			{Name: "studentGroups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Käyttäjäryhmä Wilmassa", Doc: "Groups of the student."},
			{Name: "guardianGroups", Shape: Many, Type: Ref, Ref: "UserGroup", Item: "user_group", Register: "Huoltajan käyttäjäryhmä Wilmassa", Doc: "Groups of the student's guardians."},
			{Name: "reason", Doc: "Why."},
		},
	},
	Kind{
		Name: "SurveyTemplate", Doc: "A survey template (kyselypohja).",
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "author", Type: Ref, Ref: "Person", Loose: true, Doc: "Who made it: provenance only."},
			{Name: "school", Type: Ref, Ref: "School", Initial: "author.schools", Register: "Kyselypohjaa ylläpitävä oppilaitos", Doc: "Home school; at creation the author's first (R77)."},
			{Name: "holders", Shape: Many, Type: Ref, Ref: "Person", Item: "person", Lenient: true, Initial: "author", Register: "Oikeudet", Doc: "Who manages it personally; at creation the author (R105)."},
		},
	},
	Kind{
		Name: "Sharing", Doc: "What one school may do with a template (R99-R102).", Parent: "SurveyTemplate", In: "sharing", Key: "school", Register: "Yhteiskäyttö",
		Fields: []Field{
			{Name: "school", Type: Ref, Ref: "School", Doc: "The school."},
			{Name: "copy", Type: Flag, Doc: "Copy the template (R99)."},
			{Name: "ordinary", Type: Flag, Doc: "Add ordinary surveys (R100)."},
			{Name: "groupBound", Type: Flag, Doc: "Add group-bound surveys (R101)."},
			{Name: "auto", Type: Flag, Doc: "Group-bound surveys come by themselves (R102)."},
		},
	},
	Kind{
		Name: "Unit", Doc: "A unit in the organisation tree of CosDoc; one without a parent is at level 0 (R52).",
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "parent", Type: Ref, Ref: "Unit", Doc: "The unit above it."},
		},
	},
	Kind{
		Name: "CosDocRole", Doc: "What one may do in CosDoc, and on which units (R47).",
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "permissions", Shape: Many, Type: Right, Item: "right_key", Doc: "Permissions it gives."},
			{Name: "scope", Either: true, Doc: "ownUnits, the units of the assignment; root, those at level 0."},
			{Name: "scope.units", Shape: Many, Type: Ref, Ref: "Unit", Item: "unit", Doc: "Units that the role says itself."},
			{Name: "scope.includeSubunits", Type: Flag, Doc: "And everything below them."},
		},
	},
	Kind{
		Name: "CosDocProfile", Doc: "Roles that are assigned together (R48).",
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "roles", Shape: Many, Type: Ref, Ref: "CosDocRole", Item: "role", Doc: "Its roles."},
			{Name: "maxAssigneesPercent", Type: Count, Doc: "How many percent of a unit may have it (R49)."},
		},
	},
	Kind{
		Name: "CosDocAssignment", Doc: "A profile that a person has (R48).", Spans: valid,
		Fields: []Field{
			{Name: "profile", Type: Ref, Ref: "CosDocProfile", Doc: "What is assigned."},
			{Name: "person", Type: Ref, Ref: "Person", Doc: "To whom."},
			{Name: "units", Shape: Many, Type: Ref, Ref: "Unit", Item: "unit", Doc: "On which units."},
			{Name: "reason", Doc: "Why."},
		},
	},
	Kind{
		Name: "ImsGrant", Doc: "What groups may do in one section of IMS, or in a part of it (R59).",
		Fields: []Field{
			{Name: "title", Doc: "Name for people."},
			{Name: "section", Doc: "processes, documents, risks, indicators, reports or handbook (R56)."},
			{Name: "path", Default: "/", Doc: "Folder or item in the section; / is all of it."},
			{Name: "grants", Shape: Sets, KeyRef: "UserGroup", Item: "user_group", Doc: "viewer, editor, approver and reviewer, by group."},
			{Name: "recursive", Type: Flag, Doc: "Replaces the rights of everything below (Korvaa oikeudet rekursiivisesti)."},
			{Name: "responsible.group", Type: Ref, Ref: "UserGroup", Doc: "Group in charge of reviews (vastuuryhmä)."},
			{Name: "responsible.user", Type: Ref, Ref: "Person", Doc: "User in charge of reviews (vastuukäyttäjä)."},
			{Name: "reviewIntervalMonths", Type: Count, Doc: "Months between reviews (katselmointiaikaväli)."},
		},
	},
	Kind{
		Name: "Substitution", Doc: "Somebody is away, and somebody else takes over (R42, R43).",
		Spans: &Span{From: "from", To: "to", Lead: "leadDays", Code: "E28", Case: "span"},
		Fields: []Field{
			{Name: "absent", Type: Ref, Ref: "Person", Crosses: true, Doc: "Who is away."},
			{Name: "substitute", Type: Ref, Ref: "Person", Crosses: true, Doc: "Who takes over."},
			{Name: "duties.groups", Shape: Many, Type: Ref, Ref: "UserGroup", Crosses: true, Item: "user_group", Doc: "Groups of the substitute for that time."},
			{Name: "duties.overrides", Shape: Many, Type: Right, Item: "right_key", Doc: "Rights of the substitute for that time."},
			{Name: "from", Type: Day, Doc: "First day of the absence."},
			{Name: "to", Type: Day, Doc: "First day back."},
			{Name: "leadDays", Type: Count, Default: "0", Doc: "Days before the absence on which the substitute has the duties already (R42)."},
			{Name: "reason", Doc: "Why."},
		},
	},
	Kind{
		Name: "SubstitutedProfile", Doc: "A profile of CosDoc that goes with the duties.", Parent: "Substitution", In: "duties.cosdocProfiles", Key: "profile",
		Fields: []Field{
			{Name: "profile", Type: Ref, Ref: "CosDocProfile", Crosses: true, With: "substitute", Doc: "The profile."},
			{Name: "units", Shape: Many, Type: Ref, Ref: "Unit", Item: "unit", Crosses: true, With: "substitute", Doc: "On which units."},
			{Name: "absent", Type: Ref, Ref: "Person", Crosses: true, Doc: "Who is away, as CosDoc knows the person."},
			{Name: "substitute", Type: Ref, Ref: "Person", Crosses: true, Doc: "Who takes over, as CosDoc knows the person."},
		},
	},
	Kind{
		Name: "AdminTeam", Doc: "Who looks after the installation (R3-R7).",
		Fields: []Field{
			{Name: "content", Shape: Many, Type: Ref, Ref: "Person", Item: "person", Doc: "Content main users (sisällöllinen pääkäyttäjä)."},
			{Name: "technical", Shape: Many, Type: Ref, Ref: "Person", Item: "person", Doc: "Technical main users (tekninen pääkäyttäjä)."},
			{Name: "support", Shape: Many, Type: Ref, Ref: "Person", Item: "person", Doc: "Support persons (tukihenkilö)."},
			{Name: "deputies", Shape: Map, Type: Ref, Ref: "Person", KeyRef: "Person", Item: "person", Doc: "Who stands in for whom (varahenkilö)."},
		},
	},
	Kind{
		Name: "SupportContact", Doc: "Somebody the vendor's support may guide (R8-R10, R54).", Register: "asiakasrekisteri",
		Fields: []Field{
			{Name: "person", Type: Ref, Ref: "Person", Doc: "Who."},
			{Name: "registers", Shape: Many, Item: "vendor_register", Doc: "Vendor registers that name the person."},
			{Name: "levels", Shape: Many, Item: "level", Doc: "School levels whose news the person gets."},
			{Name: "bulletins", Type: Flag, Default: "true", Doc: "Gets news and training bulletins (R10)."},
		},
	},
	Kind{
		Name: "Policy", Doc: "How lupa judges changes in the installation.",
		Fields: []Field{
			{Name: "allowStudentCards", Type: Flag, Doc: "CardAssignment documents are allowed."},
			{Name: "maxHolders", Type: Count, Default: "3", Doc: "Holders of a template before W13 speaks."},
			{Name: "minExportRows", Shape: Map, Type: Count, Item: "register", Doc: "Fewest rows that an export of a register must have; waits for a target that reads exports of Primus."},
			{Name: "requireReason", Type: Flag, Doc: "Overrides must give a reason."},
			{Name: "actor", Type: Ref, Ref: "Person", Doc: "The account that carries changes out."},
			{Name: "selfGrant", Default: "report", Doc: "What to do when an author gains by a change: report or refuse."},
			{Name: "logins", Doc: "File that joins logins and cards."},
		},
	},
	Kind{
		Name: "PolicySeverity", Doc: "How severe a rule is here.", Parent: "Policy", In: "severities", Key: "code",
		Fields: []Field{
			{Name: "code", Doc: "The rule."},
			{Name: "severity", Doc: "error, warning or off."},
			{Name: "reason", Doc: "Why."},
		},
	},
	Kind{
		Name: "PolicyIdentifier", Doc: "A value that looks like a national identifier and is none.", Parent: "Policy", In: "identifiers", Key: "sha256",
		Fields: []Field{
			{Name: "sha256", Doc: "SHA-256 of the value as it is written, with capitals and plain hyphens."},
			{Name: "reason", Doc: "Why it may stand."},
			{Name: "until", Type: Day, Doc: "First day it may not."},
		},
	},
)
