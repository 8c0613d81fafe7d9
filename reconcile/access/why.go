package access

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Why answers a question with all reasons for and against, and for a No with
// what is missing.
func (t *Table) Why(q Question) Verdict {
	r := t.row(q.Who)
	if r == nil {
		return Verdict{Missing: []Reason{{Rule: "R23", Case: "absent"}}}
	}
	at, known := int32(-1), true
	if q.Place != "" {
		at, known = t.place(q.Place)
	}
	right, ok := t.rightOf[q.Right]
	if !known || !ok {
		v := Verdict{Missing: []Reason{{Rule: "R36", Case: "unknown"}}}
		if known {
			v.Missing = t.missing(r, q.Right, at)
		}
		return v
	}
	if q.Place != "" && (fact.Key{ID: q.Place}).Installation() != r.inst.name {
		return Verdict{Missing: []Reason{{Rule: "R30", Case: "installation"}}}
	}
	e := r.has.entry(right)
	v := Verdict{For: t.reasons(r, e, at, true)}
	v.Allowed = len(v.For) > 0
	v.Against = t.against(r, right, at, true)
	if !v.Allowed {
		v.Missing = t.missing(r, q.Right, at)
	}
	if _, exact := t.placeOf[q.Place]; q.Place != "" && !exact {
		v.Against = append(v.Against, Reason{Rule: "R59", Case: "above", Args: []string{t.id(at)}})
	}
	return v
}

// reasons are why a right is given at a place, at -1 anywhere: every source that
// reaches it, then what makes it reach. None where it is not.
func (t *Table) reasons(r *row, e *entry, at int32, facts bool) []Reason {
	if e == nil {
		return nil
	}
	var out []Reason
	where := make(map[scope]int32) // what anywhere means: the first place that each scope reaches
	var scopes []scope
	for i := range e.sources {
		g, first := &e.sources[i], at
		places := r.sourcePlaces(g)
		if len(places) == 0 || at >= 0 && !holds(places, at) {
			continue
		}
		if at < 0 {
			first = places[0]
		}
		reason := t.source(r, e.right, g)
		if facts {
			reason.Facts = t.sourceFacts(r, e.right, g, first)
		}
		out = append(out, reason)
		if _, ok := where[g.scope]; !ok {
			where[g.scope] = first
			scopes = append(scopes, g.scope)
		}
	}
	var reached []Reason
	for _, s := range scopes {
		for _, reason := range t.scope(r, s, where[s], facts) {
			if !slices.ContainsFunc(reached, reason.same) {
				reached = append(reached, reason)
			}
		}
	}
	return append(out, reached...)
}

func (r Reason) same(o Reason) bool {
	return r.Rule == o.Rule && r.Case == o.Case && slices.Equal(r.Args, o.Args)
}

// surveyRule is the rule by which a survey right is given: by tick and by group.
var surveyRule = map[string]struct{ tick, group string }{
	maintain: {"R73", "R88"}, maintainAll: {"", "R89"}, createTemplate: {"R82", "R90"},
	addSurvey: {"R85", "R91"}, addPublic: {"", "R92"}, legacyUse: {"R70", ""},
}

// source is what gives a right, as a reason.
func (t *Table) source(r *row, right int32, g *given) Reason {
	key, group := t.rights[right], ""
	if g.group >= 0 {
		group = t.groups[g.group].id
	}
	survey, isSurvey := surveyRule[key]
	level := func(rule string) string {
		if r.kind == guardian {
			return "R29"
		}
		return rule
	}
	switch g.by {
	case byGroup:
		if isSurvey {
			return Reason{Rule: survey.group, Case: "group", Args: []string{group}}
		}
		return Reason{Rule: "R34", Case: "group", Args: []string{group}}
	case bySubstGroup:
		return Reason{Rule: "R43", Case: "group", Args: []string{g.aux, group}}
	case bySubstTick:
		return Reason{Rule: "R43", Case: "tick", Args: []string{g.aux}}
	case byTick:
		switch {
		case g.aux2 == legacyUse:
			return Reason{Rule: "R70", Case: "legacy"}
		case isSurvey:
			return Reason{Rule: survey.tick, Case: "tick"}
		}
		return Reason{Rule: "R24", Case: "tick"}
	case byAccount:
		return Reason{Rule: "R22", Case: "account", Args: []string{group}}
	case byPrimus:
		switch {
		case g.aux2 != "":
			return Reason{Rule: "R43", Case: "implied", Args: []string{g.aux2, g.aux}}
		case group == "":
			return Reason{Rule: "R31", Case: "tick", Args: []string{g.aux}}
		}
		return Reason{Rule: "R31", Case: "account", Args: []string{g.aux, group}}
	case byEveryone:
		rule := "R83"
		if key == addSurvey {
			rule = "R86"
		}
		return Reason{Rule: rule, Case: kinds[r.kind]}
	case byCard:
		return Reason{Rule: level("R28"), Case: "card", Args: []string{group}}
	case byClass:
		return Reason{Rule: level("P7"), Case: "class", Args: []string{group}}
	case bySchool:
		return Reason{Rule: level("R27"), Case: "school", Args: []string{group}}
	case byIms:
		return Reason{Rule: "R59", Case: "group", Args: []string{group}}
	case byRole:
		return Reason{Rule: "R48", Case: t.roleScope(g.aux), Args: []string{g.aux2, g.aux}}
	case bySubstRole:
		parent, _ := fact.SplitNested(g.aux2)
		return Reason{Rule: "R43", Case: "profile", Args: []string{parent, g.aux}}
	}
	return Reason{Rule: "R89", Case: "maintain", Args: []string{group}} // byAllSchools
}

// roleScope names what a CosDoc role covers (R47, R52).
func (t *Table) roleScope(role string) string {
	if scope := t.facts.Object(fact.Key{Kind: "CosDocRole", ID: role}).Value("scope"); scope != "" {
		return scope
	}
	return "units"
}

// scope is what makes a right reach a place.
func (t *Table) scope(r *row, s scope, at int32, facts bool) []Reason {
	person := fact.Key{Kind: "Person", ID: r.who.Person}
	var out []Reason
	add := func(rule, variant string, from ...fact.Fact) {
		reason := Reason{Rule: rule, Case: variant}
		if facts {
			reason.Facts = from
		}
		out = append(out, reason)
	}
	schools := func(listed string) {
		switch {
		case r.kind == student:
			add("R35", "student", t.find(person, "schools", t.id(at)))
		case r.kind == guardian:
			add("R35", "child", t.find(fact.Key{Kind: "Person", ID: r.who.Child}, "schools", t.id(at)))
		case r.reach.all:
			add("R74", "all", t.find(person, "allSchools", "true"))
		case r.reach.empty:
			add("R74", "empty", fact.Fact{Key: person})
		default:
			add(listed, "own", t.find(person, "schools", t.id(at)))
		}
	}
	switch s {
	case own:
		schools("R36")
	case home:
		if r.reach.homeAll {
			add("P10", "everywhere", t.find(person, "primusAccount", "true"))
		} else {
			add("P10", "home", t.find(person, "primusAccount.homeSchools", t.id(at)))
		}
		return out
	case maintained:
		if r.reach.listed {
			add("R78", "listed", t.find(person, "surveyMaintainerSchools", t.id(at)))
		} else {
			schools("R76")
		}
	case surveys, everyoneMakes, everyoneAdds:
		schools("R36")
	case fixed:
		return nil
	}
	if s != own {
		add("R71", "on", t.find(fact.Key{Kind: "School", ID: t.id(at)}, "surveys.enabled", "true"))
	}
	return out
}

// id is the id of a place, "" for anywhere.
func (t *Table) id(at int32) string {
	if at < 0 {
		return ""
	}
	return t.places[at]
}

// find is a fact that is there: of an object, field and value, or without a
// value the first of the field. Where it is not, it is what the object begins
// with.
func (t *Table) find(key fact.Key, field, value string) fact.Fact {
	o := t.facts.Object(key)
	for _, f := range o.Field(field).All() {
		if value == "" || f.Value == value {
			return f
		}
	}
	return fact.Fact{Key: key}
}

// sourceFacts are the facts by which somebody has a right: the group that gives
// it and what puts the person there, or the tick.
func (t *Table) sourceFacts(r *row, right int32, g *given, at int32) []fact.Fact {
	key := t.rights[right]
	person := fact.Key{Kind: "Person", ID: r.who.Person}
	gives := func(field string) []fact.Fact {
		return []fact.Fact{t.find(fact.Key{Kind: "UserGroup", ID: t.groups[g.group].id}, field, key)}
	}
	in := func(facts []fact.Fact, key fact.Key, field string) []fact.Fact {
		return append(facts, t.find(key, field, t.groups[g.group].id))
	}
	switch g.by {
	case byGroup:
		return in(gives("wilma"), person, "groups")
	case byAllSchools:
		return in([]fact.Fact{t.find(fact.Key{Kind: "UserGroup", ID: t.groups[g.group].id}, "wilma", maintainAll)}, person, "groups")
	case bySubstGroup:
		substitution := fact.Key{Kind: "Substitution", ID: g.aux}
		if g.scope == fixed {
			return in(t.imsFacts(g.group, key, at), substitution, "duties.groups")
		}
		return in(gives("wilma"), substitution, "duties.groups")
	case bySubstTick:
		return []fact.Fact{t.find(fact.Key{Kind: "Substitution", ID: g.aux}, "duties.overrides", key)}
	case byTick:
		if g.aux2 != "" {
			key = g.aux2
		}
		return t.ticks(r, "grant", key)
	case byAccount:
		return in(gives("primus"), person, "primusAccount.groups")
	case byPrimus:
		switch {
		case g.aux2 != "":
			return []fact.Fact{t.find(fact.Key{Kind: "Substitution", ID: g.aux2}, "duties.overrides", g.aux)}
		case g.group < 0:
			return t.ticks(r, "grant", g.aux)
		}
		primus := t.find(fact.Key{Kind: "UserGroup", ID: t.groups[g.group].id}, "primus", g.aux)
		return in([]fact.Fact{primus}, person, "primusAccount.groups")
	case byEveryone:
		field := "surveys.everyone.teachers"
		if r.kind == staff {
			field = "surveys.everyone.staff"
		}
		return []fact.Fact{t.find(fact.Key{Kind: "School", ID: t.id(at)}, field, strings.TrimPrefix(key, surveyRights))}
	case byCard, byClass, bySchool:
		return append(gives("wilma"), t.levelFacts(r, g)...)
	case byIms:
		return in(t.imsFacts(g.group, key, at), person, "groups")
	}
	return t.roleFacts(r, g, key)
}

// ticks are the overrides that grant or revoke a right of a person.
func (t *Table) ticks(r *row, field, key string) []fact.Fact {
	var out []fact.Fact
	for _, over := range t.overrides(r) {
		if f := t.find(over, field, key); f.Field != "" {
			out = append(out, f)
		}
	}
	return out
}

// overrides are the overrides of a person.
func (t *Table) overrides(r *row) []fact.Key {
	x := t.extras[r.who.Person]
	if x == nil {
		return nil
	}
	keys := make([]fact.Key, len(x.overrides))
	for i, id := range x.overrides {
		keys[i] = fact.Key{Kind: "PersonOverride", ID: id}
	}
	return keys
}

// levelFacts are where the group of a student or guardian is named.
func (t *Table) levelFacts(r *row, g *given) []fact.Fact {
	field, child := "studentGroups", r.who.Person
	if r.kind == guardian {
		field, child = "guardianGroups", r.who.Child
	}
	card := t.facts.Object(fact.Key{Kind: "Person", ID: child})
	var keys []fact.Key
	switch g.by {
	case byCard:
		for key, o := range t.facts.Kind("CardAssignment").Objects() {
			if o.Value("card") == child {
				keys = append(keys, key)
			}
		}
	case byClass:
		for _, class := range card.Values("classes") {
			keys = append(keys, fact.Key{Kind: "SchoolClass", ID: class})
		}
	default:
		for _, school := range card.Values("schools") {
			keys = append(keys, fact.Key{Kind: "School", ID: school})
		}
	}
	var out []fact.Fact
	for _, key := range keys {
		if f := t.find(key, field, t.groups[g.group].id); f.Field != "" {
			out = append(out, f)
		}
	}
	return out
}

// imsFacts are the grants of a flag to a group at a path.
func (t *Table) imsFacts(group int32, flag string, at int32) []fact.Fact {
	var out []fact.Fact
	for key, o := range t.facts.Kind("ImsGrant").Objects() {
		if at >= 0 && imsPlace(o) != t.places[at] {
			continue
		}
		if f := t.find(key, "grants", fact.JoinMap(t.groups[group].id, flag)); f.Field != "" {
			out = append(out, f)
		}
	}
	return out
}

// roleFacts are the permission in a role, the role in a profile, and who has it.
func (t *Table) roleFacts(r *row, g *given, key string) []fact.Fact {
	out := []fact.Fact{t.find(fact.Key{Kind: "CosDocRole", ID: g.aux}, "permissions", key)}
	if g.by == bySubstRole {
		record := fact.Key{Kind: "SubstitutedProfile", ID: g.aux2}
		profile := t.facts.Object(record).Value("profile")
		return append(out, t.find(fact.Key{Kind: "CosDocProfile", ID: profile}, "roles", g.aux), t.find(record, "substitute", ""))
	}
	out = append(out, t.find(fact.Key{Kind: "CosDocProfile", ID: g.aux2}, "roles", g.aux))
	for _, a := range t.extras[r.who.Person].profiles {
		if !a.subst && a.profile == g.aux2 {
			out = append(out, t.find(fact.Key{Kind: "CosDocAssignment", ID: a.id}, "person", ""))
		}
	}
	return out
}
