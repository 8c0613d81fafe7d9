package policy

import (
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// substitution is a Substitution with the records inside it.
type substitution struct {
	key      fact.Key
	facts    fact.Set
	profiles []fact.Set
	from, to calendar.Day
	lead     calendar.Day // from, less leadDays: since when the substitute has the duties
}

// substitutionsOf are all that are declared, by key.
func substitutionsOf(declared fact.Set) []substitution {
	profiles := make(map[fact.Key][]fact.Set)
	for key, o := range declared.Kind("SubstitutedProfile").Objects() {
		root := fact.Words.Root(key)
		profiles[root] = append(profiles[root], o)
	}
	var all []substitution
	for key, o := range declared.Kind("Substitution").Objects() {
		away, ok := absent(declared, key)
		if !ok {
			continue
		}
		s := substitution{key: key, facts: o, profiles: profiles[key], from: *away.From, to: *away.To}
		days, _ := strconv.Atoi(o.Value("leadDays")) // none without it
		s.lead = s.from.Before(days)
		all = append(all, s)
	}
	return all
}

// pairs are who stands in for whom: a person may be called otherwise in each
// installation.
func (s substitution) pairs() []fact.Set { return append([]fact.Set{s.facts}, s.profiles...) }

// duties are the groups, rights and profiles that the substitute has.
func (s substitution) duties() map[string]bool {
	duties := make(map[string]bool)
	for _, f := range s.facts.All() {
		if f.Field == "duties.groups" || f.Field == "duties.overrides" {
			duties[f.Field+" "+f.Value] = true
		}
	}
	for _, p := range s.profiles {
		duties["profile "+p.Value("profile")] = true
	}
	return duties
}

// substitutions (R43): who stands in is somebody else, and is there. Who is away
// in the same days cannot, whether or not somebody stands in for the substitute
// in turn. Days that are over are left alone.
func substitutions(p *Pass) {
	all := substitutionsOf(p.Declared)
	away := make(map[string][]int) // by person
	for i, s := range all {
		for _, pair := range s.pairs() {
			person := pair.Value("absent")
			if n := away[person]; len(n) == 0 || n[len(n)-1] != i {
				away[person] = append(away[person], i)
			}
		}
	}
	for _, s := range all {
		seen := make(map[int]bool)
		for _, pair := range s.pairs() {
			substitute := pair.Value("substitute")
			at := pair.Field("substitute").At(0)
			if substitute == pair.Value("absent") {
				p.find(Finding{Code: "E28", Case: "self", Args: []string{fact.Called(substitute, p.Several)}, Subject: s.key, Facts: []fact.Fact{at}})
				continue
			}
			for _, n := range away[substitute] {
				if other := all[n]; other.key != s.key && !seen[n] && s.lead < other.to && other.from < s.to && min(s.to, other.to) > p.Days[s.key.Installation()] {
					seen[n] = true
					p.away(s, other, at)
				}
			}
		}
	}
}

// away finds a substitute who is away, and says whether the duties go on to a third
// person.
func (p *Pass) away(s, other substitution, at fact.Fact) {
	from, last := max(s.lead, other.from), min(s.to, other.to)-1
	args := []string{fact.Called(at.Value, p.Several), from.String(), last.String(), fact.Called(other.key.ID, p.Several)}
	f := Finding{Code: "E28", Case: "away", Args: args, Subject: s.key, Facts: []fact.Fact{at, other.facts.At(0)}}
	own := s.duties()
	for duty := range other.duties() {
		if own[duty] {
			f = Finding{Code: "E28", Case: "chain", Args: args, Subject: s.key, Facts: f.Facts}
		}
	}
	p.find(f)
}

// extra is a document that gives a person something, with what it gives and when.
type extra struct {
	key   fact.Key
	given []string
	span  calendar.Span
	at    fact.Fact
}

// leads (R42): the substitute has the accesses before the absence begins, and no
// longer than it lasts. What the Substitution gives it gives in time, if it has
// leadDays; what other documents give for the same days has days of its own.
// Absences that have begun are left alone: it is too late to prepare them.
func leads(p *Pass) {
	all := substitutionsOf(p.Declared)
	if len(all) == 0 {
		return
	}
	concerned := make(map[string]bool)
	for _, s := range all {
		for _, pair := range s.pairs() {
			concerned[pair.Value("absent")], concerned[pair.Value("substitute")] = true, true
		}
	}
	extras := extrasOf(p.Declared, concerned)
	for _, s := range all {
		today := p.Days[s.key.Installation()]
		if s.to <= today {
			continue
		}
		if s.lead == s.from && s.from > today {
			p.find(Finding{Code: "W28", Case: "lead", Args: []string{s.from.String()}, Subject: s.key, Facts: []fact.Fact{s.facts.At(0)}})
		}
		given := s.given()
		for _, pair := range s.pairs() {
			p.besides(s, given, extras[pair.Value("absent")], extras[pair.Value("substitute")])
		}
	}
}

// given is what the Substitution itself gives, as extras say it.
func (s substitution) given() map[string]bool {
	given := make(map[string]bool)
	for _, right := range s.facts.Values("duties.overrides") {
		given[right] = true
	}
	for _, p := range s.profiles {
		given["profile "+p.Value("profile")] = true
	}
	return given
}

// extrasOf are the overrides and assignments of some people.
func extrasOf(declared fact.Set, concerned map[string]bool) map[string][]extra {
	extras := make(map[string][]extra)
	for _, kind := range []string{"PersonOverride", "CosDocAssignment"} {
		for key, o := range declared.Kind(kind).Objects() {
			person := o.Value("person")
			if !concerned[person] {
				continue
			}
			e := extra{key: key, given: o.Values("grant"), at: o.At(0)}
			if profile := o.Value("profile"); profile != "" {
				e.given = []string{"profile " + profile}
			}
			e.span = calendar.Span{From: dayOf(o, "validFrom"), To: dayOf(o, "validTo")}
			extras[person] = append(extras[person], e)
		}
	}
	return extras
}

func dayOf(o fact.Set, field string) *calendar.Day {
	day, err := calendar.ParseDay(o.Value(field))
	if err != nil {
		return nil
	}
	return &day
}

// besides looks at what other documents give the substitute of what the absent
// person has, if they begin with the substitution. One that begins earlier is the
// substitute's own.
func (p *Pass) besides(s substitution, given map[string]bool, absent, substitute []extra) {
	duties := make(map[string]bool)
	for _, e := range absent {
		if overlaps(e.span, s.lead, s.to) {
			for _, what := range e.given {
				duties[what] = true
			}
		}
	}
	for _, e := range substitute {
		if e.span.From == nil || *e.span.From < s.lead || *e.span.From >= s.to {
			continue
		}
		covered, duty := true, false
		for _, what := range e.given {
			duty = duty || duties[what] || given[what]
			covered = covered && (given[what] || !duties[what])
		}
		name := e.key.Kind + " " + fact.Called(e.key.ID, p.Several)
		switch {
		case !duty:
			continue
		case !covered && *e.span.From > s.lead:
			p.find(Finding{Code: "W28", Case: "late", Args: []string{name, e.span.From.String(), s.lead.String(), fact.Called(s.key.ID, p.Several)}, Subject: e.key, Facts: []fact.Fact{e.at, s.facts.At(0)}})
		}
		if e.span.To == nil || *e.span.To > s.to {
			end := ""
			if e.span.To != nil {
				end = (*e.span.To - 1).String()
			}
			p.find(Finding{Code: "W28", Case: "keeps", Args: []string{name, end, s.to.String(), fact.Called(s.key.ID, p.Several)}, Subject: e.key, Facts: []fact.Fact{e.at, s.facts.At(0)}})
		}
	}
}
