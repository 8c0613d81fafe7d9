package policy

import (
	"maps"
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// fewMaintainers is how many people may maintain the surveys of a school where no
// AccessRule says otherwise (R81).
const fewMaintainers = 3

// maxMaintainers is how many people may maintain the surveys of a school.
func (p *Pass) maxMaintainers(installation string) int {
	for i := range p.AccessRules {
		if r := &p.AccessRules[i]; r.Form == AtMost && r.Rights[0] == maintain && r.Key.Installation() == installation {
			return r.Persons
		}
	}
	return fewMaintainers
}

// crowd is who maintains the surveys of an installation.
type crowd struct {
	everywhere, all members            // in every school that uses surveys; anywhere
	of              map[int32]*members // by school: those who are not everywhere
}

// manyMaintainers (R81): few people maintain surveys. In an installation that is
// as many as may be in one school, or one for each school (R76).
func manyMaintainers(p *Pass) {
	table := p.After()
	crowds := make(map[string]*crowd)
	for g := range table.Grants(maintain) {
		inst := fact.Key{ID: g.Person()}.Installation()
		c := crowds[inst]
		if c == nil {
			c = &crowd{of: make(map[int32]*members)}
			crowds[inst] = c
		}
		c.add(p, g, len(table.SurveyPlaces(inst)))
	}
	for _, inst := range slices.Sorted(maps.Keys(crowds)) {
		p.crowded(table, inst, crowds[inst])
	}
}

func (c *crowd) add(p *Pass, g access.Grant, schools int) {
	switch places := g.Places(); len(places) {
	case 0:
		return
	case schools:
		c.everywhere.add(p, g.Person())
	default:
		for _, at := range places {
			if c.of[at] == nil {
				c.of[at] = new(members)
			}
			c.of[at].add(p, g.Person())
		}
	}
	c.all.add(p, g.Person())
}

func (p *Pass) crowded(table *access.Table, inst string, c *crowd) {
	limit, schools := p.maxMaintainers(inst), table.SurveyPlaces(inst)
	tooMany := func(m *members) []string {
		return []string{strconv.Itoa(m.count), few(m.names), strconv.Itoa(limit)}
	}
	key := fact.Key{Kind: "Installation", ID: inst}
	everywhere, all := c.everywhere.count > limit, c.all.count > max(limit, len(schools))
	switch {
	case everywhere:
		p.find(Finding{Code: "W03", Case: "everywhere", Args: tooMany(&c.everywhere), Subject: key, Facts: []fact.Fact{{Key: key}}})
	case all:
		p.find(Finding{Code: "W03", Case: "installation", Args: tooMany(&c.all), Subject: key, Facts: []fact.Fact{{Key: key}}})
	}
	for _, at := range schools {
		m := c.of[at]
		if m == nil {
			m = new(members)
		}
		total := m.count + c.everywhere.count
		if total <= limit || everywhere && m.count <= limit || all && total == c.all.count {
			continue // the finding before says the same
		}
		school := fact.Key{Kind: "School", ID: table.PlaceIDs()[at]}
		names := slices.Concat(m.names, c.everywhere.names)
		p.find(Finding{Code: "W03", Case: "school", Args: []string{strconv.Itoa(total), few(names), strconv.Itoa(limit), fact.Called(school.ID, p.Several)},
			Subject: school, Facts: []fact.Fact{{Key: school}}})
	}
}

// maintainerWithoutTemplates: whether a maintainer may make templates and add
// surveys without the rights to do so nobody says, so they are better given (R73,
// R82, R85). They reach the own schools alone (R79), so beyond these it is enough
// that they are given.
func maintainerWithoutTemplates(p *Pass) {
	table := p.After()
	type cause struct {
		group, person, missing string // a group, or what is the person's own
	}
	var lacking together[cause]
	for g := range table.Grants(maintain) {
		missing := lacks(table, g)
		if missing == "" || len(g.Places()) == 0 || g.Kept() {
			continue
		}
		s := mostPersonal(g)
		at := cause{s.Group, "", missing}
		if s.Group == "" {
			at.person = g.Person()
		}
		m, first := lacking.at(at)
		if first {
			m.facts = s.Facts()
		}
		m.add(p, g.Person())
	}
	for at, m := range lacking.all() {
		if at.group == "" {
			p.find(Finding{Code: "W04", Case: "tick", Args: []string{few(m.names), at.missing}, Subject: fact.Key{Kind: "Person", ID: at.person}, Facts: m.facts})
			continue
		}
		p.find(Finding{Code: "W04", Case: "group", Args: []string{fact.Called(at.group, p.Several), at.missing, few(m.names)},
			Subject: fact.Key{Kind: "UserGroup", ID: at.group}, Facts: m.facts[:1]})
	}
}

// lacks are the rights that a maintainer has nowhere, or not in an own school
// that he or she maintains.
func lacks(table *access.Table, g access.Grant) (missing string) {
	for _, right := range []string{createTemplate, addSurvey} {
		var has []int32
		if other, ok := table.Granted(g.Person(), right); ok {
			has = other.Places()
		}
		if len(has) > 0 && (len(has) == len(g.SurveySchools()) || access.Within(common(g.SurveySchools(), g.Places()), has)) {
			continue
		}
		if missing != "" {
			missing += ", "
		}
		missing += right
	}
	return missing
}

// common is what two sorted lists share.
func common(a, b []int32) (both []int32) {
	for _, at := range a {
		if _, ok := slices.BinarySearch(b, at); ok {
			both = append(both, at)
		}
	}
	return both
}

// mostPersonal is what of the sources of a right is nearest to the person: a tick,
// else a group of the card, else one of a substitution.
func mostPersonal(g access.Grant) (nearest access.Source) {
	rank := func(s access.Source) int {
		switch {
		case s.By == access.ByTick && s.From == "":
			return 3
		case s.From == "":
			return 2
		}
		return 1
	}
	best := 0
	for s := range g.Sources() {
		if rank(s) > best {
			nearest, best = s, rank(s)
		}
	}
	return nearest
}

// fullControlByList (R74, R75): whoever maintains every school because all are
// listed does so until another school begins to use surveys. Where one school
// alone uses them, its maintainer is just that (R76).
func fullControlByList(p *Pass) {
	if p.stage == Plan {
		p.fullControlEnds()
		return
	}
	gates := p.gates(p.Goal)
	table := p.After()
	for g := range table.Grants(maintain) {
		key := fact.Key{Kind: "Person", ID: g.Person()}
		if !gates[key.Installation()].multiPrimus || g.Kept() || !fullByList(table, g) {
			continue
		}
		field := "schools"
		if g.Listed() {
			field = "surveyMaintainerSchools"
		}
		p.find(Finding{Code: "W05", Case: "list", Args: []string{field}, Subject: key, Facts: factsOf(p.Goal.Object(key), field)[:1]})
	}
}

// fullByList reports whether somebody maintains every school of several, and all
// of them are listed.
func fullByList(table *access.Table, g access.Grant) bool {
	schools := table.SurveyPlaces(fact.Key{ID: g.Person()}.Installation())
	return len(schools) > 1 && len(g.Places()) == len(schools) && !g.Unlisted()
}

// fullControlEnds points out a school that begins to use surveys, and who
// maintained every school until then and does not from now on.
func (p *Pass) fullControlEnds() {
	if p.First || !slices.ContainsFunc(p.Changes, opensSurveys) {
		return
	}
	before, after := p.Before(), p.After()
	var ends together[fact.Key]
	for was := range before.Grants(maintain) {
		is, still := after.Granted(was.Person(), maintain)
		if !still || len(is.Places()) == 0 || was.Kept() || !fullByList(before, was) {
			continue
		}
		for _, at := range after.SurveyPlaces(fact.Key{ID: was.Person()}.Installation()) {
			school := fact.Key{Kind: "School", ID: after.PlaceIDs()[at]}
			if _, has := slices.BinarySearch(is.Places(), at); has || !opened(p, school) {
				continue
			}
			m, _ := ends.at(school)
			m.add(p, was.Person())
		}
	}
	for school, m := range ends.all() {
		p.find(Finding{Code: "W05", Case: "ends", Args: []string{fact.Called(school.ID, p.Several), few(m.names)},
			Subject: school, Facts: factsOf(p.Goal.Object(school), "surveys.enabled")})
	}
}

// opensSurveys reports whether a change may be that a school begins to use
// surveys.
func opensSurveys(c fact.Change) bool {
	if c.Key.Kind != "School" {
		return false
	}
	for _, f := range c.Add.All() {
		if f.Field == "surveys.enabled" || f.Field == "wilma.enabled" {
			return true
		}
	}
	return false
}

func opened(p *Pass, school fact.Key) bool {
	return slices.ContainsFunc(p.Changes, func(c fact.Change) bool { return c.Key == school && opensSurveys(c) })
}

// maintainerSchoolsWithoutRight (R78): the list is where a maintainer's right
// reaches, and gives none. A right that is declared for later has the list ready
// for it.
func maintainerSchoolsWithoutRight(p *Pass) {
	gates, table := p.gates(p.Goal), p.After()
	var coming map[string]bool
	for key, facts := range fieldOf(p.Goal, "Person", "surveyMaintainerSchools") {
		g, ok := gates[key.Installation()]
		if !ok || !g.since216 || !g.multiPrimus { // E07, E09
			continue
		}
		person := p.Goal.Object(key)
		if _, has := table.Granted(key.ID, maintain); has || person.Value("external") != "" || !employed(person) {
			continue
		}
		if coming == nil {
			coming = p.comingMaintainers()
		}
		if !coming[key.ID] {
			p.find(Finding{Code: "W06", Subject: key, Facts: facts[:1]})
		}
	}
}

func employed(person fact.Set) bool {
	kind := person.Value("kind")
	return kind == "teacher" || kind == "staff"
}

// comingMaintainers are the people whom a document makes maintainers on the day
// that is looked at or later.
func (p *Pass) comingMaintainers() map[string]bool {
	coming := make(map[string]bool)
	for _, in := range []struct{ kind, person, rights, groups string }{
		{"PersonOverride", "person", "grant", ""},
		{"Substitution", "substitute", "duties.overrides", "duties.groups"},
	} {
		for key, o := range p.Declared.Kind(in.kind).Objects() {
			maintains := slices.Contains(o.Values(in.rights), maintain)
			for _, group := range o.Values(in.groups) {
				gives := p.Declared.Object(fact.Key{Kind: "UserGroup", ID: group}).Values("wilma")
				maintains = maintains || slices.Contains(gives, maintain) || slices.Contains(gives, maintainAll)
			}
			if maintains && meet(spanOf(o), p.ahead(key.Installation())) {
				coming[o.Value(in.person)] = true
			}
		}
	}
	return coming
}

// schoolsWithoutEffect (R89): the option of a group for every school makes lists
// of schools irrelevant to maintainers. Koulu means much else, so it is spoken of
// only where another group gives the right that would go by it; a tick that would
// is W08's.
func schoolsWithoutEffect(p *Pass) {
	table := p.After()
	var narrow together[string]
	for g := range table.Grants(maintain) {
		var everywhere, plain access.Source
		for s := range g.Sources() {
			switch {
			case s.By == access.ByGroup && s.Everywhere:
				everywhere = s
			case s.By == access.ByGroup && len(s.Places) < len(g.Places()):
				plain = s
			}
		}
		switch {
		case everywhere.Group == "" || g.Kept():
		case g.Listed():
			key := fact.Key{Kind: "Person", ID: g.Person()}
			p.find(Finding{Code: "W07", Case: "listed", Args: []string{fact.Called(everywhere.Group, p.Several)}, Subject: key,
				Facts: append(factsOf(p.Goal.Object(key), "surveyMaintainerSchools")[:1], everywhere.Facts()[0])})
		case plain.Group != "":
			m, first := narrow.at(plain.Group + " " + everywhere.Group)
			if first {
				m.facts = []fact.Fact{plain.Facts()[0], everywhere.Facts()[0]}
			}
			m.add(p, g.Person())
		}
	}
	for _, m := range narrow.all() {
		p.find(Finding{Code: "W07", Case: "schools", Args: []string{fact.Called(m.facts[0].ID, p.Several), fact.Called(m.facts[1].ID, p.Several), few(m.names)},
			Subject: m.facts[0].Key, Facts: m.facts})
	}
}
