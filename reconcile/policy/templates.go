package policy

import (
	"iter"
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// sharings yields the templates that are shared, each with the rows of its
// schools.
func (p *Pass) sharings(s fact.Set) iter.Seq2[fact.Key, []fact.Set] {
	return func(yield func(fact.Key, []fact.Set) bool) {
		var template fact.Key
		var rows []fact.Set
		for key, row := range s.Kind("Sharing").Objects() {
			of := fact.Words.Root(key)
			if len(rows) > 0 && of != template {
				if !yield(template, rows) {
					return
				}
				rows = nil
			}
			template, rows = of, append(rows, row)
		}
		if len(rows) > 0 {
			yield(template, rows)
		}
	}
}

// shares reports whether a row of the sharing says more than the school.
func shares(row fact.Set) bool {
	return slices.ContainsFunc([]string{"copy", "ordinary", "groupBound", "auto"}, func(field string) bool { return row.Value(field) != "" })
}

// usesSurveys reports whether a school uses surveys (R71); of one that is kept
// elsewhere, or that is not there, nobody knows.
func usesSurveys(school fact.Set) (uses, known bool) {
	return school.Value("surveys.enabled") != "" && school.Value("wilma.enabled") != "", school.Len() > 0 && school.Value("external") == ""
}

// sharedBeyondSchool (R68): a template is shared with other schools in a
// multiPrimus alone.
func sharedBeyondSchool(p *Pass) {
	gates := p.gates(p.Declared)
	if !anyGate(gates, func(g gate) bool { return !g.multiPrimus }) {
		return
	}
	for template, rows := range p.sharings(p.Declared) {
		g, ok := gates[template.Installation()]
		if !ok || g.multiPrimus {
			continue
		}
		home := p.Declared.Object(template).Value("school")
		for _, row := range rows {
			school := row.Value("school")
			if home == "" {
				home = school
			}
			if school != home {
				p.find(Finding{Code: "E18", Case: "second", Args: []string{fact.Called(school, p.Several), fact.Called(home, p.Several)}, Subject: template, Facts: []fact.Fact{row.At(0)}})
			}
		}
	}
}

// holderOfOtherKind (R97, R104): teachers and staff manage templates.
func holderOfOtherKind(p *Pass) {
	for key, holders := range fieldOf(p.Declared, "SurveyTemplate", "holders") {
		for _, f := range holders {
			person := p.Declared.Object(fact.Key{Kind: "Person", ID: f.Value})
			if kind := person.Value("kind"); kind != "" && !employed(person) {
				p.find(Finding{Code: "E21", Args: []string{fact.Called(f.Value, p.Several), kind}, Subject: key, Facts: []fact.Fact{f}})
			}
		}
	}
}

// templateWithoutFunction (R71): where a school does not use surveys, nobody does
// anything with its templates, and sharing them or naming holders says otherwise.
// A template that only begins with its author as holder says nothing, so a school
// can be switched off (O8).
func templateWithoutFunction(p *Pass) {
	sharing := make(map[fact.Key]bool)
	for key, rows := range p.sharings(p.Declared) {
		sharing[key] = slices.ContainsFunc(rows, shares)
	}
	for key, template := range p.Declared.Kind("SurveyTemplate").Objects() {
		id := template.Value("school")
		school := p.Declared.Object(fact.Key{Kind: "School", ID: id})
		uses, known := usesSurveys(school)
		held := template.Value("holders") != "" && p.Omitted.Object(key).Value("holders") == ""
		if !known || uses || !sharing[key] && !held {
			continue
		}
		p.find(Finding{Code: "E22", Args: []string{fact.Called(id, p.Several)}, Subject: key, Facts: append(factsOf(template, "school")[:1], school.At(0))})
	}
}

// sharedAndHeld (R98): what is shared needs no holders, beside the one that there
// must be (R112).
func sharedAndHeld(p *Pass) {
	for key, rows := range p.sharings(p.Declared) {
		template := p.Declared.Object(key)
		author := template.Value("author")
		holders := factsOf(template, "holders")
		others := slices.DeleteFunc(slices.Clone(holders), func(f fact.Fact) bool { return f.Value == author })
		if len(holders) > 1 && slices.ContainsFunc(rows, shares) {
			p.find(Finding{Code: "W12", Args: []string{few(p.named(others))}, Subject: key, Facts: others})
		}
	}
}

// named is what people call the objects that facts name.
func (p *Pass) named(facts []fact.Fact) (names []string) {
	for _, f := range facts {
		names = append(names, fact.Called(f.Value, p.Several))
	}
	return names
}

// manyHolders (R95, R107): whom many are to use, a template is shared with.
func manyHolders(p *Pass) {
	limits := make(map[string]int)
	for key, o := range p.Declared.Kind("Policy").Objects() {
		if n, err := strconv.Atoi(o.Value("maxHolders")); err == nil {
			if limit, ok := limits[key.Installation()]; !ok || n < limit {
				limits[key.Installation()] = n
			}
		}
	}
	for key, holders := range fieldOf(p.Declared, "SurveyTemplate", "holders") {
		limit, ok := limits[key.Installation()]
		if !ok {
			limit = fewHolders
		}
		if len(holders) > limit {
			p.find(Finding{Code: "W13", Args: []string{strconv.Itoa(len(holders)), strconv.Itoa(limit)}, Subject: key, Facts: holders[:1]})
		}
	}
}

// fewHolders is how many people may hold a template where no Policy says
// otherwise.
const fewHolders = 3

// automaticWithoutGroupBound (R102): what comes by itself are group-bound surveys.
func automaticWithoutGroupBound(p *Pass) {
	for key, row := range p.Declared.Kind("Sharing").Objects() {
		if row.Value("auto") != "" && row.Value("groupBound") == "" {
			p.find(Finding{Code: "W15", Args: []string{fact.Called(row.Value("school"), p.Several)}, Subject: fact.Words.Root(key), Facts: factsOf(row, "auto")})
		}
	}
}

// holderWhoMaintains (R105): maintainers manage the templates of their schools
// without being holders. One holder must stay (R112), so of one alone nothing is
// said.
func holderWhoMaintains(p *Pass) {
	table := p.After()
	for key, holders := range fieldOf(p.Goal, "SurveyTemplate", "holders") {
		if len(holders) < 2 {
			continue
		}
		school, _ := slices.BinarySearch(table.PlaceIDs(), p.Goal.Object(key).Value("school"))
		var redundant []fact.Fact
		for _, f := range holders {
			g, ok := table.Granted(f.Value, maintain)
			if !ok || g.Kept() {
				continue
			}
			if _, here := slices.BinarySearch(g.Places(), int32(school)); here {
				redundant = append(redundant, f)
			}
		}
		if len(redundant) > 0 {
			p.find(Finding{Code: "W14", Args: []string{few(p.named(redundant))}, Subject: key, Facts: redundant})
		}
	}
}

// shared is what is shared in one school: the rows, in the order of their
// templates.
type shared struct {
	school string
	rows   []fact.Set
}

// sharedSchools are the schools in which something is shared that can be: those
// that use surveys, from 2.16 on (R67, R71).
func (p *Pass) sharedSchools(table *access.Table) []*shared {
	gates, places := p.gates(p.Goal), table.PlaceIDs()
	var order []*shared
	at := make(map[string]*shared)
	for template, rows := range p.sharings(p.Goal) {
		g, ok := gates[template.Installation()]
		if !ok || !g.since216 { // E07
			continue
		}
		on := table.SurveyPlaces(template.Installation())
		for _, row := range rows {
			school := row.Value("school")
			n, _ := slices.BinarySearch(places, school)
			if _, uses := slices.BinarySearch(on, int32(n)); !uses || !shares(row) {
				continue
			}
			if at[school] == nil {
				at[school] = &shared{school: school}
				order = append(order, at[school])
			}
			at[school].rows = append(at[school].rows, row)
		}
	}
	return order
}

// heads are the facts of the first of some rows, for a reader to look at.
func heads(rows []fact.Set) (facts []fact.Fact) {
	for _, row := range rows[:min(len(rows), maxNames)] {
		facts = append(facts, row.At(0))
	}
	return facts
}

// covered says of each place whether anybody has a right there.
func covered(table *access.Table, right string) map[string]bool {
	has := make(map[string]bool)
	seen := make(map[*int32]bool) // people with the same schools share a list
	places := table.PlaceIDs()
	for g := range table.Grants(right) {
		list := g.Places()
		if len(list) == 0 || seen[&list[0]] {
			continue
		}
		seen[&list[0]] = true
		for _, at := range list {
			has[places[at]] = true
		}
	}
	return has
}

// sharedWithoutMaintainer (R96, R80): only maintainers share and stop sharing.
func sharedWithoutMaintainer(p *Pass) {
	table := p.After()
	maintained := covered(table, maintain)
	for _, s := range p.sharedSchools(table) {
		if maintained[s.school] {
			continue
		}
		template := fact.Words.Root(s.rows[0].At(0).Key)
		f := Finding{Code: "E19", Args: []string{fact.Called(s.school, p.Several), fact.Called(template.ID, p.Several)}, Subject: template, Facts: heads(s.rows)}
		if n := len(s.rows); n > 1 {
			f.Case, f.Args = "several", append(f.Args, strconv.Itoa(n))
		}
		p.find(f)
	}
}

// sharingWithoutUsers (R99-R101): sharing lets people use the rights that they
// have in the school, and gives none.
func sharingWithoutUsers(p *Pass) {
	table := p.After()
	makers, adders := covered(table, createTemplate), covered(table, addSurvey)
	for _, s := range p.sharedSchools(table) {
		if !makers[s.school] {
			p.uselessSharing(s, "copy", createTemplate, "copy")
		}
		if !adders[s.school] {
			p.uselessSharing(s, "add", addSurvey, "ordinary", "groupBound")
		}
	}
}

func (p *Pass) uselessSharing(s *shared, variant, right string, fields ...string) {
	rows := slices.DeleteFunc(slices.Clone(s.rows), func(row fact.Set) bool {
		return !slices.ContainsFunc(fields, func(field string) bool { return row.Value(field) != "" })
	})
	if len(rows) == 0 {
		return
	}
	template := fact.Words.Root(rows[0].At(0).Key)
	p.find(Finding{Code: "W16", Case: variant, Args: []string{fact.Called(s.school, p.Several), fact.Called(template.ID, p.Several), right}, Subject: template, Facts: heads(rows)})
}
