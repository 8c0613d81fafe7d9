package policy

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// surveysSwitchedOff (R71): survey rights that reach no school because the
// function is off. Who has another school that uses surveys needs the tick, and
// a group is common to all schools (R37), so only what reaches nobody's school at
// all is spoken of.
func surveysSwitchedOff(p *Pass) {
	table := p.After()
	p.switchesOff()
	p.listsOff(table)
	p.ticksOff(table)
	p.groupsOff(table)
	p.sharingOff()
}

// switchesOff: what everybody in a school may do.
func (p *Pass) switchesOff() {
	gates := p.gates(p.Goal)
	for _, field := range []string{"surveys.everyone.teachers", "surveys.everyone.staff"} {
		for key, facts := range fieldOf(p.Goal, "School", field) {
			if uses, known := usesSurveys(p.Goal.Object(key)); known && !uses && gates[key.Installation()].since216 {
				p.find(Finding{Code: "W17", Case: "everyone", Args: []string{fact.Called(key.ID, p.Several)}, Subject: key, Facts: facts[:1]})
			}
		}
	}
}

// listsOff: schools that a maintainer's list names (R78), where the list counts.
func (p *Pass) listsOff(table *access.Table) {
	for key, facts := range fieldOf(p.Goal, "Person", "surveyMaintainerSchools") {
		g, ok := table.Granted(key.ID, maintain)
		if !ok || g.Kept() || g.Unlisted() { // W06, W07
			continue
		}
		for _, f := range facts {
			if uses, known := usesSurveys(p.Goal.Object(fact.Key{Kind: "School", ID: f.Value})); known && !uses {
				p.find(Finding{Code: "W17", Case: "listed", Args: []string{fact.Called(f.Value, p.Several)}, Subject: key, Facts: []fact.Fact{f}})
			}
		}
	}
}

// ticksOff: ticks of people none of whose schools uses surveys.
func (p *Pass) ticksOff(table *access.Table) {
	for key, facts := range fieldOf(p.Goal, "PersonOverride", "grant") {
		person := p.Goal.Object(key).Value("person")
		for _, f := range only(facts, allSurveyRights...) {
			g, ok := table.Granted(person, f.Value)
			if !ok || f.Value == maintain && g.Listed() || !p.knownSchools(g) { // its schools are spoken of
				continue
			}
			for s := range g.Sources() {
				if s.By == access.ByTick && s.From == "" && len(s.Places) == 0 {
					p.find(Finding{Code: "W17", Case: "tick", Args: []string{f.Value, fact.Called(person, p.Several)}, Subject: key, Facts: []fact.Fact{f}})
					break
				}
			}
		}
	}
}

// knownSchools reports whether it is known of the person's schools whether they
// use surveys.
func (p *Pass) knownSchools(g access.Grant) bool {
	return !g.Kept() && !slices.ContainsFunc(p.Goal.Object(fact.Key{Kind: "Person", ID: g.Person()}).Values("schools"), func(id string) bool {
		_, known := usesSurveys(p.Goal.Object(fact.Key{Kind: "School", ID: id}))
		return !known
	})
}

// groupsOff: groups whose survey rights reach no school of anybody who is in
// them.
func (p *Pass) groupsOff(table *access.Table) {
	var idle together[string]
	reaches, seen := make(map[string]bool), make(map[access.Likeness]bool)
	settled := make(map[access.Given]bool) // all of their groups reach something
	for _, right := range allSurveyRights {
		for g := range table.Grants(right) {
			if settled[g.Given()] || seen[g.Likeness()] {
				continue
			}
			open := false
			for s := range g.Sources() {
				if s.By != access.ByGroup || reaches[s.Group] {
					continue
				}
				if len(s.Places) > 0 || !p.knownSchools(g) {
					reaches[s.Group] = true
					continue
				}
				open = true
				if m, first := idle.at(s.Group); first {
					m.facts = only(factsOf(p.Goal.Object(fact.Key{Kind: "UserGroup", ID: s.Group}), "wilma"), allSurveyRights...)
				}
			}
			if open {
				seen[g.Likeness()] = true
			} else {
				settled[g.Given()] = true
			}
		}
	}
	for group, m := range idle.all() {
		if !reaches[group] {
			p.find(Finding{Code: "W17", Case: "group", Args: []string{fact.Called(group, p.Several)}, Subject: fact.Key{Kind: "UserGroup", ID: group}, Facts: m.facts[:1]})
		}
	}
}

// sharingOff: sharing in a school that does not use surveys; that of a template's
// own school is E22's.
func (p *Pass) sharingOff() {
	gates := p.gates(p.Goal)
	for key, rows := range p.sharings(p.Goal) {
		home := p.Goal.Object(key).Value("school")
		for _, row := range rows {
			id := row.Value("school")
			uses, known := usesSurveys(p.Goal.Object(fact.Key{Kind: "School", ID: id}))
			if id != home && known && !uses && shares(row) && gates[key.Installation()].since216 {
				p.find(Finding{Code: "W17", Case: "sharing", Args: []string{fact.Called(id, p.Several)}, Subject: key, Facts: []fact.Fact{row.At(0)}})
			}
		}
	}
}
