package policy

import (
	"iter"
	"slices"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// surveyRules are about surveys, their maintainers and their templates. Those
// that read documents hold for what is declared, in force or not; those that read
// what people may do hold on the day that is looked at.
//
// Rights are computed with the gates of the versions and with what is revoked,
// whatever the documents say, so no later stage relies on these errors: none but
// E18 and E20 is firm, which the documents could not be read without.
var surveyRules = []Rule{
	{Code: "E04", Name: "all-schools-of-one", Source: "R74", When: Documents, Check: allSchoolsOfOne},
	{Code: "E06", Name: "survey-rights-in-group", Source: "R87", When: Documents, Check: surveyRightsInGroup},
	{Code: "E07", Name: "surveys-before-their-time", Source: "R67, R68, R69, R70", When: Documents, Check: beforeTheirTime},
	{Code: "E08", Name: "group-right-for-person", Source: "R89, R92", When: Documents, Check: groupRightForPerson},
	{Code: "E09", Name: "maintainer-schools", Source: "R78", When: Documents, Check: maintainerSchools}, // a school that is not there is E01's
	{Code: "E10", Name: "revoke-without-effect", Source: "R93, R14", When: Documents, Check: revokeWithoutEffect},
	{Code: "E11", Name: "granted-and-revoked", Source: "R14", When: Documents, Check: grantedAndRevoked},
	{Code: "E18", Name: "shared-twice", Source: "R68, R99", When: Documents, Check: sharedBeyondSchool, Firm: true}, // the same school twice: config says so
	{Code: "E19", Name: "shared-without-maintainer", Source: "R96, R80", When: State, Check: sharedWithoutMaintainer},
	{Code: "E20", Name: "everyone", Source: "R83, R86", By: "schema", Firm: true},
	{Code: "E21", Name: "holder-of-other-kind", Source: "R97, R104", When: Documents, Check: holderOfOtherKind},
	{Code: "E22", Name: "template-without-function", Source: "R71", When: Documents, Check: templateWithoutFunction},
	{Code: "W03", Name: "many-maintainers", Source: "R81", When: State, Check: manyMaintainers},
	{Code: "W04", Name: "maintainer-without-templates", Source: "R73, R82, R85", When: State, Check: maintainerWithoutTemplates},
	{Code: "W05", Name: "full-control-by-list", Source: "R74, R75", When: State | Plan, Check: fullControlByList},
	{Code: "W06", Name: "maintainer-schools-without-right", Source: "R78", When: State, Check: maintainerSchoolsWithoutRight},
	{Code: "W07", Name: "schools-without-effect", Source: "R89", When: State, Check: schoolsWithoutEffect},
	{Code: "W08", Name: "tick-redundant", Source: "R93", When: State, Check: tickRedundant},
	{Code: "W10", Name: "public-without-ordinary", Source: "R92", When: State, Check: publicWithoutOrdinary},
	{Code: "W12", Name: "shared-and-held", Source: "R98", When: Documents, Check: sharedAndHeld},
	{Code: "W13", Name: "many-holders", Source: "R95, R107", When: Documents, Check: manyHolders},
	{Code: "W14", Name: "holder-who-maintains", Source: "R105", When: State, Check: holderWhoMaintains},
	{Code: "W15", Name: "automatic-without-group-bound", Source: "R102", When: Documents, Check: automaticWithoutGroupBound},
	{Code: "W16", Name: "sharing-without-users", Source: "R99, R100, R101", When: State, Check: sharingWithoutUsers},
	{Code: "W17", Name: "surveys-switched-off", Source: "R71", When: State, Check: surveysSwitchedOff},
	{Code: "W23", Name: "author-or-holder-gone", Source: "R109", By: "reconcile/config, reconcile/plan"},
}

// The survey rights.
const (
	surveyRights   = "wilma.surveys."
	maintain       = surveyRights + "maintain"
	maintainAll    = surveyRights + "maintainAllSchools"
	createTemplate = surveyRights + "createTemplate"
	addSurvey      = surveyRights + "addSurvey"
	addPublic      = surveyRights + "addPublicSurvey"
	legacyUse      = surveyRights + "legacyUse"
)

var allSurveyRights = []string{maintain, maintainAll, createTemplate, addSurvey, addPublic, legacyUse}

func isSurvey(right string) bool { return slices.Contains(allSurveyRights, right) }

// gate is what an installation lets surveys do. One that could not be read has
// none, and nothing is said of it.
type gate struct {
	multiPrimus bool
	wilma       string // as written, "" where nothing is
	since216    bool   // R67: the rights that are of surveys now exist
	since217    bool   // R87: groups may give them
}

func (p *Pass) gates(s fact.Set) map[string]gate {
	gates := make(map[string]gate)
	for key, o := range s.Kind("Installation").Objects() {
		if system := o.Value("system"); system != "" && system != "inschool" {
			continue
		}
		g := gate{multiPrimus: o.Value("multiPrimus") != "", since216: true, since217: true}
		for _, v := range o.Values("versions") {
			if product, number := fact.SplitMap(v); product == "wilma" {
				g.wilma, g.since216, g.since217 = number, !access.OlderThan(number, 2, 16), !access.OlderThan(number, 2, 17)
			}
		}
		gates[key.ID] = g
	}
	return gates
}

// anyGate reports whether some installation is so: most rules about versions have
// nothing to look at in most trees.
func anyGate(gates map[string]gate, is func(gate) bool) bool {
	for _, g := range gates {
		if is(g) {
			return true
		}
	}
	return false
}

// fieldOf yields for each object of a kind the facts of one field, where it has
// any.
func fieldOf(s fact.Set, kind, field string) iter.Seq2[fact.Key, []fact.Fact] {
	return func(yield func(fact.Key, []fact.Fact) bool) {
		var facts []fact.Fact
		for _, f := range s.Kind(kind).Only(field).All() {
			if len(facts) > 0 && f.Key != facts[0].Key {
				if !yield(facts[0].Key, facts) {
					return
				}
				facts = nil
			}
			facts = append(facts, f)
		}
		if len(facts) > 0 {
			yield(facts[0].Key, facts)
		}
	}
}

// only are the facts whose value is one of these.
func only(facts []fact.Fact, values ...string) (some []fact.Fact) {
	for _, f := range facts {
		if slices.Contains(values, f.Value) {
			some = append(some, f)
		}
	}
	return some
}

// spanOf is when a document is in force, as its kind says.
func spanOf(o fact.Set) calendar.Span {
	in := fact.Words.Kind(o.At(0).Kind).Spans
	if in == nil {
		return calendar.Span{}
	}
	day := func(field string) *calendar.Day {
		d, err := calendar.ParseDay(o.Value(field))
		if err != nil {
			return nil
		}
		return &d
	}
	s := calendar.Span{From: day(in.From), To: day(in.To)}
	if days, err := strconv.Atoi(o.Value(in.Lead)); err == nil && in.Lead != "" && s.From != nil {
		from := s.From.Before(days)
		s.From = &from
	}
	return s
}

// meet reports whether there is a day that is in all the spans.
func meet(spans ...calendar.Span) bool {
	var all calendar.Span
	for _, s := range spans {
		if s.From != nil && (all.From == nil || *s.From > *all.From) {
			all.From = s.From
		}
		if s.To != nil && (all.To == nil || *s.To < *all.To) {
			all.To = s.To
		}
	}
	return !all.Empty()
}

// ahead is the day that is looked at in an installation, and all that follow.
func (p *Pass) ahead(installation string) calendar.Span {
	if day, ok := p.Days[installation]; ok {
		return calendar.Span{From: &day}
	}
	return calendar.Span{}
}

// maxNames bounds the people and objects that one finding names.
const maxNames = 3

// few are the first of some names.
func few(names []string) string { return firstNames(names, maxNames) }

// members are people of whom one thing is to be said together: where hundreds
// have a flaw from one group, the group is to blame.
type members struct {
	facts []fact.Fact
	names []string // the first few
	count int
}

func (m *members) add(p *Pass, person string) {
	if m.count++; m.count <= maxNames+1 {
		m.names = append(m.names, fact.Called(person, p.Several))
	}
}

// together gathers people by what they have in common, in the order in which it
// is met.
type together[K comparable] struct {
	order []K
	of    map[K]*members
}

func (t *together[K]) at(key K) (m *members, first bool) {
	if t.of == nil {
		t.of = make(map[K]*members)
	}
	m, met := t.of[key]
	if !met {
		m = new(members)
		t.of[key], t.order = m, append(t.order, key)
	}
	return m, !met
}

func (t *together[K]) all() iter.Seq2[K, *members] {
	return func(yield func(K, *members) bool) {
		for _, key := range t.order {
			if !yield(key, t.of[key]) {
				return
			}
		}
	}
}
