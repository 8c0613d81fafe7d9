package facttest

import (
	"fmt"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Municipality is a small world in which the rules of access meet: one or two
// installations with Wilma and Primus, a quality system or a care system. Few
// names are used for everything, so that cards, classes, groups and templates
// get into each other's way; some references lead nowhere, and some rights
// stand where they give nothing.
//
// Every fact is one that documents could say, though not everything here would
// pass the rules of policy: what is wrong must have a sure answer too.
func Municipality(choose Choose) fact.Set {
	m := &municipality{choose: choose}
	switch sort := choose(12); sort {
	case 8:
		m.ims("laatu")
	case 9, 10:
		m.cosdoc("hoito")
	case 11:
		m.inSchool("m", nil)
		m.ims("laatu")
		m.cosdoc("hoito")
		m.substitutedProfiles("m", "hoito")
	default:
		first := m.inSchool("m", nil)
		if sort == 7 {
			m.inSchool("n", first)
		}
	}
	return m.b.Set()
}

type municipality struct {
	b      fact.Builder
	choose Choose
}

// oneIn is true once in n times, and never when nothing is left to choose from.
func (m *municipality) oneIn(n int) bool { return m.choose(n) == n-1 }

// often is true n-1 times in n, and always when nothing is left.
func (m *municipality) often(n int) bool { return !m.oneIn(n) }

func (m *municipality) pick(from []string) string { return from[m.choose(len(from))] }

// object begins an object.
func (m *municipality) object(kind, id string) fact.Key {
	key := fact.Key{Kind: kind, ID: id}
	m.b.Add(fact.Fact{Key: key})
	return key
}

func (m *municipality) set(key fact.Key, field string, values ...string) {
	for _, v := range values {
		m.b.Add(fact.Fact{Key: key, Field: field, Value: v})
	}
}

func (m *municipality) flag(key fact.Key, field string, on bool) {
	if on {
		m.set(key, field, "true")
	}
}

// some says each of the values once in n times.
func (m *municipality) some(key fact.Key, field string, n int, values []string) {
	for _, v := range values {
		if m.oneIn(n) {
			m.set(key, field, v)
		}
	}
}

// ids are the ids of count objects called prefix1, prefix2 and so on.
func ids(inst, prefix string, count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fact.ID(inst, fmt.Sprintf("%s%d", prefix, i+1))
	}
	return all
}

const surveys = "wilma.surveys."

var (
	surveyRights = []string{surveys + "maintain", surveys + "createTemplate", surveys + "addSurvey",
		surveys + "addPublicSurvey", surveys + "maintainAllSchools", surveys + "legacyUse"}
	// otherRights are rights of both programs, of one, and of neither.
	otherRights = []string{"wilma.marks", "primus.marks", "wilma.students", "primus.students", "primus.repair", "wilma.repair",
		"kurre.full", "primus.full", "library.lend"}
	wilmaVersions = []string{"", "2.17", "2.16", "2.9", "2.17", "2.20", "2.15", "2.16", ""}
)

// inSchool is an installation with a Wilma and a Primus.
type inSchool struct {
	*municipality
	inst     string
	other    *inSchool // the one before it, if any
	rights   []string  // that this world is about
	groups   []string  // and one that is not there
	schools  []string
	classes  []string
	people   []string // employees, students and guardians; filled as they come
	students []string
	staff    []string
}

// inSchool makes one; where there is another, it is about the same rights.
func (m *municipality) inSchool(inst string, other *inSchool) *inSchool {
	s := &inSchool{municipality: m, inst: inst, other: other}
	key := m.object("Installation", inst)
	m.set(key, "system", "inschool")
	m.flag(key, "multiPrimus", m.often(6))
	if v := m.pick(wilmaVersions); v != "" {
		m.set(key, "versions", fact.JoinMap("wilma", v))
	}
	if s.chooseRights(); other != nil {
		s.rights = other.rights
	}
	s.catalogue()
	s.userGroups()
	s.schoolsAndClasses()
	s.employees()
	s.pupils()
	s.overrides()
	s.cards()
	s.templates()
	s.substitutions()
	return s
}

// chooseRights takes a few rights: two worlds in three are about surveys.
func (s *inSchool) chooseRights() {
	from, also := surveyRights, otherRights
	if s.oneIn(3) {
		from, also = also, from
	} else if s.oneIn(4) { // its counterpart by name would be a survey right
		s.rights = append(s.rights, surveys+"addSurvey", "primus.surveys.addSurvey")
	}
	for range 1 + s.choose(3) {
		s.rights = append(s.rights, s.pick(from))
	}
	s.rights = append(s.rights, s.pick(also))
	if same, ok := strings.CutPrefix(s.rights[0], "primus."); ok {
		s.rights = append(s.rights, "wilma."+same)
	}
}

func (s *inSchool) catalogue() {
	id := fact.ID(s.inst, "oikeudet")
	s.object("RightsCatalogue", id)
	for _, right := range s.rights {
		if strings.HasPrefix(right, "wilma.") && s.often(4) {
			continue
		}
		key := s.object("Right", fact.NestedID(id, right))
		s.set(key, "key", right)
		s.set(key, "sensitivity", "normal")
		s.flag(key, "primusOnly", s.oneIn(3))
		if s.oneIn(4) {
			s.set(key, "family", "f")
			s.set(key, "rank", fmt.Sprint(s.choose(3)))
		}
	}
}

// userGroups have each right in the list where it belongs, or in the other.
func (s *inSchool) userGroups() {
	there := ids(s.inst, "g", 1+s.choose(3))
	for _, id := range there {
		key := s.object("UserGroup", id)
		s.flag(key, "external", s.oneIn(10))
		for _, right := range s.rights {
			in, not := "wilma", "primus"
			if strings.HasPrefix(right, "primus.") || right == "kurre.full" {
				in, not = not, in
			}
			if s.choose(3) > 0 {
				s.set(key, in, right)
			}
			if s.oneIn(6) {
				s.set(key, not, right)
			}
		}
		s.some(key, "levels", 4, []string{"basic"})
		s.some(key, "audience", 4, []string{"teacher", "student"})
	}
	s.groups = append(there, fact.ID(s.inst, "gone"))
}

func (s *inSchool) someGroups(key fact.Key, field string) {
	for i, id := range s.groups {
		if n := 2 + 6*(i/(len(s.groups)-1)); s.oneIn(n) { // the last is not there
			s.set(key, field, id)
		}
	}
}

func (s *inSchool) schoolsAndClasses() {
	s.schools = ids(s.inst, "school", 1+s.choose(4))
	for _, id := range s.schools {
		key := s.object("School", id)
		s.flag(key, "external", s.oneIn(8))
		s.flag(key, "wilma.enabled", s.often(6))
		s.flag(key, "surveys.enabled", s.often(4))
		for _, who := range []string{"teachers", "staff"} {
			s.some(key, "surveys.everyone."+who, 4, []string{"createTemplate", "addSurvey"})
		}
		if s.oneIn(2) {
			s.someGroups(key, "studentGroups")
			s.someGroups(key, "guardianGroups")
		}
	}
	s.classes = append(ids(s.inst, "class", s.choose(3)), fact.ID(s.inst, "gone"))
	for _, id := range s.classes[:len(s.classes)-1] {
		key := s.object("SchoolClass", id)
		s.flag(key, "external", s.oneIn(10))
		s.set(key, "school", s.pick(s.schools))
		if s.often(3) {
			s.someGroups(key, "studentGroups")
			s.someGroups(key, "guardianGroups")
		}
	}
}

// someSchools are up to two rows, sometimes of a school that is not there, and
// none once in n times.
func (s *inSchool) someSchools(key fact.Key, field string, n int, rows bool) {
	if s.oneIn(n) {
		return
	}
	for row := 1; row <= 1+s.choose(2); row++ {
		school := s.pick(s.schools)
		if s.oneIn(8) {
			school = fact.ID(s.inst, "gone")
		}
		f := fact.Fact{Key: key, Field: field, Value: school}
		if rows {
			f.Row = row
		}
		s.b.Add(f)
	}
}

func (s *inSchool) employees() {
	s.staff = ids(s.inst, "t", 1+s.choose(3))
	for _, id := range s.staff {
		key := s.object("Person", id)
		s.set(key, "kind", s.pick([]string{"teacher", "staff", "teacher"}))
		if s.oneIn(5) {
			s.flag(key, "allSchools", true)
		} else {
			s.someSchools(key, "schools", 3, true)
		}
		s.flag(key, "external", s.oneIn(8))
		if s.often(3) {
			s.someGroups(key, "groups")
		}
		if s.oneIn(3) {
			s.someSchools(key, "surveyMaintainerSchools", 8, false)
		}
		if s.oneIn(2) {
			s.account(key)
		}
	}
	if s.oneIn(8) { // kept elsewhere, and nothing more is known
		key := s.object("Person", fact.ID(s.inst, "outside"))
		s.flag(key, "external", true)
		s.staff = append(s.staff, key.ID)
	}
	s.people = append(s.people, s.staff...)
	if s.oneIn(10) { // a card of another system
		key := s.object("Person", fact.ID(s.inst, "user"))
		s.set(key, "kind", "user")
		s.someGroups(key, "groups")
		s.people = append(s.people, key.ID)
	}
}

func (s *inSchool) account(key fact.Key) {
	s.flag(key, "primusAccount", true)
	s.flag(key, "primusAccount.linked", s.often(3))
	s.someGroups(key, "primusAccount.groups")
	if s.oneIn(4) {
		s.flag(key, "primusAccount.allSchools", true)
	} else {
		s.someSchools(key, "primusAccount.homeSchools", 3, false)
	}
}

func (s *inSchool) pupils() {
	s.students = ids(s.inst, "k", s.choose(3))
	for _, id := range s.students {
		key := s.object("Person", id)
		s.set(key, "kind", "student")
		s.someSchools(key, "schools", 8, true)
		s.some(key, "classes", 2, s.classes)
		if s.oneIn(8) { // what no student has
			s.account(key)
			s.someGroups(key, "groups")
		}
	}
	s.people = append(s.people, s.students...)
	for _, id := range []string{"h", "h-1"}[:s.choose(3)] { // guardians, not in order once a child follows
		id = fact.ID(s.inst, id)
		key := s.object("Person", id)
		s.set(key, "kind", "guardian")
		for _, child := range s.students {
			if s.often(3) {
				s.set(key, "children", child)
			}
		}
		if s.oneIn(8) {
			s.set(key, "children", s.pick(append(s.staff, fact.ID(s.inst, "gone"))))
		}
		s.people = append(s.people, id)
	}
}

func (s *inSchool) overrides() {
	for _, id := range ids(s.inst, "o", s.choose(4)) {
		key := s.object("PersonOverride", id)
		s.set(key, "person", s.pick(append(s.people, s.staff...)))
		s.some(key, "grant", 2, s.rights)
		for _, right := range append(s.rights, surveyRights[1:3]...) {
			if s.oneIn(4) {
				s.set(key, "revoke", right)
			}
		}
	}
}

func (s *inSchool) cards() {
	if len(s.students) == 0 {
		return
	}
	for _, id := range ids(s.inst, "c", s.choose(3)) {
		key := s.object("CardAssignment", id)
		s.set(key, "card", s.pick(s.students))
		s.someGroups(key, "studentGroups")
		s.someGroups(key, "guardianGroups")
	}
}

func (s *inSchool) templates() {
	people := append(append([]string{fact.ID(s.inst, "left")}, s.people...), s.staff...)
	for _, id := range ids(s.inst, "p", s.choose(3)) {
		key := s.object("SurveyTemplate", id)
		s.set(key, "author", s.pick(people))
		s.set(key, "school", s.pick(s.schools))
		s.set(key, "holders", s.pick(people))
		s.some(key, "holders", 3, people)
		for _, school := range s.schools {
			if s.oneIn(2) {
				shared := s.object("Sharing", fact.NestedID(id, fact.Name(school)))
				s.set(shared, "school", school)
				for _, box := range []string{"copy", "ordinary", "groupBound", "auto"} {
					s.flag(shared, box, s.oneIn(2))
				}
			}
		}
	}
}

// substitutions may be of people of the other installation, and may name a group
// from the wrong one.
func (s *inSchool) substitutions() {
	if s.other == nil && s.often(4) {
		return
	}
	key, of := s.object("Substitution", fact.ID(s.inst, "loma")), s
	if s.other != nil && s.oneIn(2) {
		of = s.other
	}
	s.set(key, "absent", s.pick(of.people))
	s.set(key, "substitute", s.pick(append(of.people, of.staff...)))
	s.set(key, "from", "2026-06-22")
	s.set(key, "to", "2026-08-10")
	s.set(key, "leadDays", "3")
	of.someGroups(key, "duties.groups")
	if of != s && s.oneIn(2) {
		s.someGroups(key, "duties.groups")
	}
	s.some(key, "duties.overrides", 2, s.rights)
}

// ims is a quality system: sections with paths inside each other.
func (m *municipality) ims(inst string) {
	key := m.object("Installation", inst)
	m.set(key, "system", "ims")
	m.flag(key, "ims.reviewer", m.oneIn(2))
	groups := ids(inst, "g", 1+m.choose(3))
	for _, id := range groups {
		m.object("UserGroup", id)
	}
	users := ids(inst, "u", 1+m.choose(2))
	for _, id := range users {
		key := m.object("Person", id)
		m.set(key, "kind", "user")
		m.some(key, "groups", 2, groups)
	}
	for _, id := range ids(inst, "i", 1+m.choose(5)) {
		key := m.object("ImsGrant", id)
		m.set(key, "section", m.pick([]string{"processes", "processes", "risks"}))
		m.set(key, "path", m.pick([]string{"/", "/a", "/a/b", "/ab", "/a/b/c"}))
		for _, group := range groups {
			for _, right := range []string{"viewer", "editor", "approver", "reviewer"} {
				if m.oneIn(3) {
					m.set(key, "grants", fact.JoinMap(group, right))
				}
			}
		}
		m.flag(key, "recursive", m.oneIn(3))
		if m.oneIn(2) {
			m.set(key, "responsible.user", m.pick(users))
		} else {
			m.set(key, "responsible.group", m.pick(groups))
		}
	}
	if m.oneIn(3) {
		key := m.object("Substitution", fact.ID(inst, "loma"))
		m.set(key, "absent", m.pick(users))
		m.set(key, "substitute", m.pick(users))
		m.some(key, "duties.groups", 2, groups)
		m.some(key, "duties.overrides", 2, []string{"viewer", "editor"})
	}
}

// cosdoc is a care system: units below each other, roles in profiles, and
// profiles assigned to users.
func (m *municipality) cosdoc(inst string) {
	m.set(m.object("Installation", inst), "system", "cosdoc")
	units := ids(inst, "unit", 2+m.choose(3))
	for i, id := range units {
		key := m.object("Unit", id)
		if i > 0 && m.often(4) {
			m.set(key, "parent", units[i-1-m.choose(i)*m.choose(2)])
		} else if m.oneIn(6) {
			m.set(key, "parent", m.pick(append(units, fact.ID(inst, "gone")))) // perhaps below itself
		}
	}
	permissions := []string{"identity.edit", "password.reset", "emessage.read"}
	roles := ids(inst, "r", 1+m.choose(2))
	for _, id := range roles {
		key := m.object("CosDocRole", id)
		m.some(key, "permissions", 2, permissions)
		switch m.choose(4) {
		case 0:
			m.set(key, "scope", "ownUnits")
		case 1:
			m.set(key, "scope", "root")
		default:
			m.some(key, "scope.units", 2, units)
			m.flag(key, "scope.includeSubunits", m.oneIn(2))
		}
	}
	roles = append(roles, fact.ID(inst, "gone"))
	profiles := ids(inst, "p", 1+m.choose(2))
	for _, id := range profiles {
		m.some(m.object("CosDocProfile", id), "roles", 2, roles)
	}
	users := ids(inst, "u", 1+m.choose(2))
	for _, id := range users {
		key := m.object("Person", id)
		m.set(key, "kind", "user")
		m.some(key, "units", 2, units)
	}
	for _, id := range ids(inst, "a", m.choose(4)) {
		key := m.object("CosDocAssignment", id)
		m.set(key, "profile", m.pick(append(profiles, profiles[0], fact.ID(inst, "gone"))))
		m.set(key, "person", m.pick(users))
		m.some(key, "units", 2, append(units, fact.ID(inst, "gone")))
	}
	if m.oneIn(2) {
		m.substitutedProfiles(inst, inst)
	}
}

// substitutedProfiles is a Substitution of one installation that hands out a
// profile of a care system.
func (m *municipality) substitutedProfiles(inst, site string) {
	id := fact.ID(inst, "kesa")
	m.object("Substitution", id)
	for _, own := range []string{"p1", "p2"} {
		if m.oneIn(3) {
			continue
		}
		key := m.object("SubstitutedProfile", fact.NestedID(id, fact.CalledFrom(inst, fact.ID(site, own))))
		m.set(key, "profile", fact.ID(site, own))
		m.some(key, "units", 2, ids(site, "unit", 3))
		m.set(key, "absent", fact.ID(site, "u1"))
		m.set(key, "substitute", m.pick(ids(site, "u", 2)))
	}
}
