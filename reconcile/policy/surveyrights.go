package policy

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// allSchoolsOfOne (R74): an empty field Koulu means every school of a
// multiPrimus; elsewhere there is one school, which a card names. A Primus account
// of all schools is the main user's everywhere (P10).
func allSchoolsOfOne(p *Pass) {
	gates := p.gates(p.Declared)
	if !anyGate(gates, func(g gate) bool { return !g.multiPrimus }) {
		return
	}
	for key, facts := range fieldOf(p.Declared, "Person", "allSchools") {
		if g, ok := gates[key.Installation()]; ok && !g.multiPrimus {
			p.find(Finding{Code: "E04", Args: []string{key.Installation()}, Subject: key, Facts: facts})
		}
	}
}

// maintainerSchools (R78): the field is one of multiPrimus.
func maintainerSchools(p *Pass) {
	gates := p.gates(p.Declared)
	if !anyGate(gates, func(g gate) bool { return !g.multiPrimus }) {
		return
	}
	for key, facts := range fieldOf(p.Declared, "Person", "surveyMaintainerSchools") {
		if g, ok := gates[key.Installation()]; ok && !g.multiPrimus {
			p.find(Finding{Code: "E09", Args: []string{key.Installation()}, Subject: key, Facts: facts[:1]})
		}
	}
}

// surveyRightsInGroup (R87): groups give survey rights from 2.17 on.
func surveyRightsInGroup(p *Pass) {
	gates := p.gates(p.Declared)
	if !anyGate(gates, func(g gate) bool { return !g.since217 }) {
		return
	}
	for key, facts := range fieldOf(p.Declared, "UserGroup", "wilma") {
		g, ok := gates[key.Installation()]
		if rights := only(facts, allSurveyRights...); ok && !g.since217 && len(rights) > 0 {
			p.find(Finding{Code: "E06", Args: []string{rights[0].Value, g.wilma}, Subject: key, Facts: rights})
		}
	}
}

// beforeTheirTime (R67-R70): before 2.16 there is one right, legacyUse, and from
// 2.16 on all the others and not that one.
func beforeTheirTime(p *Pass) {
	gates := p.gates(p.Declared)
	p.afterItsTime(gates)
	if !anyGate(gates, func(g gate) bool { return !g.since216 }) {
		return
	}
	early := func(installation string) (string, bool) {
		g, ok := gates[installation]
		return g.wilma, ok && !g.since216
	}
	for _, in := range ticking {
		for key, facts := range fieldOf(p.Declared, in.kind, in.grant) {
			rights := only(facts, maintain, createTemplate, addSurvey)
			if wilma, is := early(p.tickedIn(key)); is && len(rights) > 0 {
				p.find(Finding{Code: "E07", Case: "tick", Args: []string{rights[0].Value, wilma}, Subject: key, Facts: rights})
			}
		}
	}
	for key, facts := range fieldOf(p.Declared, "Person", "surveyMaintainerSchools") {
		if wilma, is := early(key.Installation()); is {
			p.find(Finding{Code: "E07", Case: "maintainers", Args: []string{wilma}, Subject: key, Facts: facts[:1]})
		}
	}
	for _, field := range []string{"surveys.everyone.teachers", "surveys.everyone.staff"} {
		for key, facts := range fieldOf(p.Declared, "School", field) {
			if wilma, is := early(key.Installation()); is {
				p.find(Finding{Code: "E07", Case: "everyone", Args: []string{wilma}, Subject: key, Facts: facts[:1]})
			}
		}
	}
	for template, rows := range p.sharings(p.Declared) {
		if wilma, is := early(template.Installation()); is {
			p.find(Finding{Code: "E07", Case: "sharing", Args: []string{wilma}, Subject: template, Facts: []fact.Fact{rows[0].At(0)}})
		}
	}
}

// afterItsTime (R70): from 2.16 on, legacyUse neither gives nor takes anything.
func (p *Pass) afterItsTime(gates map[string]gate) {
	legacy := func(key fact.Key, installation string, facts []fact.Fact, since func(gate) bool) {
		g, ok := gates[installation]
		if named := only(facts, legacyUse); len(named) > 0 && ok && since(g) {
			p.find(Finding{Code: "E07", Case: "legacy", Args: []string{legacyUse}, Subject: key, Facts: named})
		}
	}
	since216 := func(g gate) bool { return g.since216 }
	for _, in := range ticking {
		for key, facts := range fieldOf(p.Declared, in.kind, in.grant) {
			legacy(key, p.tickedIn(key), facts, since216)
		}
	}
	for key, facts := range fieldOf(p.Declared, "PersonOverride", "revoke") {
		legacy(key, key.Installation(), facts, since216)
	}
	for key, facts := range fieldOf(p.Declared, "UserGroup", "wilma") {
		legacy(key, key.Installation(), facts, func(g gate) bool { return g.since217 }) // before, E06 says so of all
	}
}

// ticking are the fields that give rights to one person.
var ticking = []struct{ kind, grant string }{{"PersonOverride", "grant"}, {"Substitution", "duties.overrides"}}

// tickedIn is the installation of whom a document gives rights to: a Substitution
// may stand in another.
func (p *Pass) tickedIn(key fact.Key) string {
	if key.Kind == "Substitution" {
		if substitute := p.Declared.Object(key).Value("substitute"); substitute != "" {
			return fact.Key{ID: substitute}.Installation()
		}
	}
	return key.Installation()
}

// groupRightForPerson (R89, R92): two of the rights are options of the groups'
// module, and no card has a field for them.
func groupRightForPerson(p *Pass) {
	for _, in := range ticking {
		for key, facts := range fieldOf(p.Declared, in.kind, in.grant) {
			for _, f := range only(facts, maintainAll, addPublic) {
				p.find(Finding{Code: "E08", Args: []string{f.Value}, Subject: key, Facts: []fact.Fact{f}})
			}
		}
	}
}

// revokeWithoutEffect (R93): what a group gives of the survey rights, nothing
// personal takes away. It counts where both hold on one day, the day that is
// looked at or a later one.
func revokeWithoutEffect(p *Pass) {
	gates := p.gates(p.Declared)
	var duties map[string][]fact.Set
	for key, facts := range fieldOf(p.Declared, "PersonOverride", "revoke") {
		revoked := slices.DeleteFunc(slices.Clone(facts), func(f fact.Fact) bool { return !isSurvey(f.Value) || f.Value == legacyUse })
		if len(revoked) == 0 || !gates[key.Installation()].since217 {
			continue
		}
		override := p.Declared.Object(key)
		if !meet(spanOf(override), p.ahead(key.Installation())) {
			continue
		}
		if duties == nil {
			duties = p.duties()
		}
		for _, f := range revoked {
			if group, ok := p.groupGiving(f.Value, override, duties[override.Value("person")]); ok {
				p.find(Finding{Code: "E10", Args: []string{f.Value, fact.Called(group.ID, p.Several)}, Subject: key, Facts: []fact.Fact{f, group}})
			}
		}
	}
}

// duties are the substitutions by the id of the substitute.
func (p *Pass) duties() map[string][]fact.Set {
	duties := make(map[string][]fact.Set)
	for _, o := range p.Declared.Kind("Substitution").Objects() {
		duties[o.Value("substitute")] = append(duties[o.Value("substitute")], o)
	}
	return duties
}

// groupGiving is what a group of a teacher or a member of staff says to give a
// right while an override is in force, and from the day that is looked at on.
func (p *Pass) groupGiving(right string, override fact.Set, duties []fact.Set) (fact.Fact, bool) {
	person := p.Declared.Object(fact.Key{Kind: "Person", ID: override.Value("person")})
	if kind := person.Value("kind"); kind != "teacher" && kind != "staff" {
		return fact.Fact{}, false
	}
	groups := person.Values("groups")
	for _, o := range duties {
		if meet(spanOf(override), spanOf(o), p.ahead(override.At(0).Installation())) {
			groups = append(groups, o.Values("duties.groups")...)
		}
	}
	for _, id := range groups {
		key := fact.Key{Kind: "UserGroup", ID: id}
		for _, f := range p.Declared.Object(key).Field("wilma").All() {
			if key.Installation() == person.At(0).Installation() && (f.Value == right || right == maintain && f.Value == maintainAll) {
				return f, true
			}
		}
	}
	return fact.Fact{}, false
}

// grantedAndRevoked (R14): one right is not given to and taken from one person at
// a time.
func grantedAndRevoked(p *Pass) {
	revoked := make(map[string]bool) // people
	for key := range fieldOf(p.Declared, "PersonOverride", "revoke") {
		revoked[p.Declared.Object(key).Value("person")] = true
	}
	if len(revoked) == 0 {
		return
	}
	type tick struct {
		fact fact.Fact
		span calendar.Span
	}
	type personRight struct{ person, right string }
	grants := make(map[personRight][]tick)
	for key, facts := range fieldOf(p.Declared, "PersonOverride", "grant") {
		override := p.Declared.Object(key)
		if person := override.Value("person"); revoked[person] {
			for _, f := range facts {
				at := personRight{person, f.Value}
				grants[at] = append(grants[at], tick{f, spanOf(override)})
			}
		}
	}
	for key, facts := range fieldOf(p.Declared, "PersonOverride", "revoke") {
		override := p.Declared.Object(key)
		for _, f := range facts {
			same := grants[personRight{override.Value("person"), f.Value}]
			if i := slices.IndexFunc(same, func(t tick) bool { return meet(t.span, spanOf(override)) }); i >= 0 {
				p.find(Finding{Code: "E11", Args: []string{f.Value, fact.Called(override.Value("person"), p.Several)}, Subject: key, Facts: []fact.Fact{f, same[i].fact}})
			}
		}
	}
}

// tickRedundant (R93): a tick that a group makes needless, or the switch of every
// school in which it would count. What comes with a substitution ends, and the
// tick is needed again.
func tickRedundant(p *Pass) {
	table := p.After()
	for key, facts := range fieldOf(p.Goal, "PersonOverride", "grant") {
		person := p.Goal.Object(key).Value("person")
		for _, f := range facts {
			g, ok := table.Granted(person, f.Value)
			if !ok {
				continue
			}
			switch by, is := needless(g); {
			case !is:
			case by.By == access.ByEveryone:
				p.find(Finding{Code: "W08", Case: "everyone", Args: []string{f.Value}, Subject: key, Facts: append([]fact.Fact{f}, by.Facts()...)})
			default:
				p.find(Finding{Code: "W08", Case: "group", Args: []string{f.Value, fact.Called(by.Group, p.Several)}, Subject: key, Facts: append([]fact.Fact{f}, by.Facts()...)})
			}
		}
	}
}

// needless is what gives a right wherever a tick does.
func needless(g access.Grant) (by access.Source, is bool) {
	var places []int32
	for s := range g.Sources() {
		if s.By == access.ByTick && s.From == "" {
			places = s.Places
		}
	}
	for s := range g.Sources() {
		if (s.By == access.ByGroup || s.By == access.ByAccount || s.By == access.ByEveryone) && s.From == "" && len(places) > 0 && access.Within(places, s.Places) {
			return s, true
		}
	}
	return access.Source{}, false
}

// publicWithoutOrdinary (R92): nothing says that the right to add public surveys
// includes the other.
func publicWithoutOrdinary(p *Pass) {
	table := p.After()
	var lacking together[string]
	for g := range table.Grants(addPublic) {
		if ordinary, ok := table.Granted(g.Person(), addSurvey); ok && access.Within(g.Places(), ordinary.Places()) || len(g.Places()) == 0 || g.Kept() {
			continue
		}
		for s := range g.Sources() { // groups alone give it
			m, first := lacking.at(s.Group)
			if first {
				m.facts = s.Facts()[:1]
			}
			m.add(p, g.Person())
		}
	}
	for group, m := range lacking.all() {
		p.find(Finding{Code: "W10", Args: []string{fact.Called(group, p.Several), few(m.names)}, Subject: fact.Key{Kind: "UserGroup", ID: group}, Facts: m.facts})
	}
}
