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
		if group == "" {
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
	case surveys, everyone1, everyone2:
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
		if g.group < 0 {
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

// against is what stands in the way of a right at a place, and what to bear in
// mind where nothing does.
func (t *Table) against(r *row, right, at int32, facts bool) []Reason {
	var out []Reason
	add := func(reason Reason) {
		if !slices.ContainsFunc(out, reason.same) {
			out = append(out, reason)
		}
	}
	e := r.has.entry(right)
	blocked := r.has.blocked
	first, _ := slices.BinarySearchFunc(blocked, right, func(b blockedRight, right int32) int { return int(b.right) - int(right) })
	for _, b := range blocked[first:] {
		if b.right != right {
			break
		}
		reason := b.reason
		if facts {
			reason.Facts = t.blockedFacts(r, b)
		}
		add(reason)
	}
	if e != nil && (at >= 0 && !holds(r.places(e.scope, e), at) || at < 0 && len(r.places(e.scope, e)) == 0) {
		for _, reason := range t.outside(r, e, at, facts) {
			add(reason)
		}
	}
	if e == nil && isPrimus(t.rights[right]) && t.entry(r, "primus.full") != nil {
		add(Reason{Rule: "P2", Case: "full"})
	}
	if facts {
		for _, reason := range t.caveats(r, e, at) {
			add(reason)
		}
	}
	return out
}

// outside is why a right that is given does not reach a place.
func (t *Table) outside(r *row, e *entry, at int32, facts bool) []Reason {
	school := func(field string) []fact.Fact {
		if !facts || at < 0 {
			return nil
		}
		return []fact.Fact{t.find(fact.Key{Kind: "School", ID: t.id(at)}, field, "")}
	}
	if at < 0 {
		return []Reason{{Rule: "R35", Case: "nowhere"}}
	}
	s := t.schools[at]
	switch {
	case e.scope == fixed:
		return []Reason{{Rule: "R47", Case: "elsewhere"}}
	case s == nil || (fact.Key{ID: s.id}).Installation() != r.inst.name:
		return []Reason{{Rule: "R35", Case: "noSchool"}}
	case e.scope == home:
		return []Reason{{Rule: "P10", Case: "elsewhere"}}
	case !s.wilma:
		return []Reason{{Rule: "P14", Case: "off", Facts: school("wilma.enabled")}}
	case e.scope != own && !s.surveys:
		return []Reason{{Rule: "R71", Case: "off", Facts: school("surveys.enabled")}}
	case e.scope == maintained && r.reach.listed:
		reason := Reason{Rule: "R78", Case: "others"}
		if facts {
			reason.Facts = []fact.Fact{t.find(fact.Key{Kind: "Person", ID: r.who.Person}, "surveyMaintainerSchools", "")}
		}
		return []Reason{reason}
	case (e.scope == everyone1 || e.scope == everyone2) && holds(r.reach.surveys, at) && !facts:
		return nil // that nothing gives it needs no reason where many are told of
	case (e.scope == everyone1 || e.scope == everyone2) && holds(r.reach.surveys, at):
		rule := "R83"
		if e.scope == everyone2 {
			rule = "R86"
		}
		return []Reason{{Rule: rule, Case: "notEverybody", Facts: school("")}}
	}
	reason := Reason{Rule: "R35", Case: "elsewhere"}
	if facts {
		reason.Facts = []fact.Fact{t.find(fact.Key{Kind: "Person", ID: r.who.Person}, "schools", "")}
	}
	return []Reason{reason}
}

func (t *Table) blockedFacts(r *row, b blockedRight) []fact.Fact {
	key := t.rights[b.right]
	switch {
	case b.reason.Rule == "R14":
		return t.ticks(r, "revoke", key)
	case b.reason.Rule == "R93":
		return append(t.ticks(r, "revoke", key), t.find(fact.Key{Kind: "UserGroup", ID: t.groups[b.group].id}, "wilma", key))
	case b.by == byTick:
		return t.ticks(r, "grant", key)
	case b.by == byPrimus:
		return nil
	case b.group >= 0:
		group := fact.Key{Kind: "UserGroup", ID: t.groups[b.group].id}
		if f := t.find(group, "wilma", key); f.Field != "" {
			return []fact.Fact{f}
		}
		return []fact.Fact{t.find(group, "primus", key)}
	}
	return nil
}

// caveats are what a person who reads the answer should know.
func (t *Table) caveats(r *row, e *entry, at int32) []Reason {
	var out []Reason
	person := fact.Key{Kind: "Person", ID: r.who.Person}
	o := t.facts.Object(person)
	for _, id := range o.Values("groups") {
		group := fact.Key{Kind: "UserGroup", ID: id}
		g := t.facts.Object(group)
		if g.Value("external") != "" {
			out = append(out, Reason{Rule: "R30", Case: "external", Args: []string{id}, Facts: []fact.Fact{{Key: group}}})
		}
		if e == nil || at < 0 || g.Value("levels") == "" || !slices.ContainsFunc(e.sources, func(s given) bool { return s.group >= 0 && t.groups[s.group].id == id }) {
			continue
		}
		if level := t.facts.Object(fact.Key{Kind: "School", ID: t.id(at)}).Value("level"); level != "" && !slices.Contains(g.Values("levels"), level) {
			out = append(out, Reason{Rule: "R38", Case: "level", Args: []string{id, level}, Facts: []fact.Fact{t.find(group, "levels", "")}})
		}
	}
	if e != nil && e.scope == home && r.reach.account && o.Value("primusAccount.linked") == "" {
		out = append(out, Reason{Rule: "P8", Case: "unlinked", Facts: []fact.Fact{t.find(person, "primusAccount", "true")}})
	}
	if r.kind == student || r.kind == guardian || r.kind == user {
		for _, over := range t.overrides(r) {
			out = append(out, Reason{Rule: "R24", Case: "kind", Args: []string{kinds[r.kind]}, Facts: []fact.Fact{{Key: over}}})
		}
	}
	return out
}

// missing is what somebody would need to have a right at a place.
func (t *Table) missing(r *row, key string, at int32) []Reason {
	right, known := t.rightOf[key]
	var e *entry
	if known {
		e = r.has.entry(right)
	}
	var out []Reason
	if e == nil || !t.forEverybody(r, e, at) {
		out = t.missingSource(r, key, e)
	}
	if len(out) == 1 && out[0].Case == "never" {
		return out
	}
	return append(out, t.missingReach(r, key, e, at)...)
}

// forEverybody reports whether a switch of the school would give a right, if only
// it reached (R83, R86).
func (t *Table) forEverybody(r *row, e *entry, at int32) bool {
	s := t.schools[at]
	if s == nil || e.scope != everyone1 && e.scope != everyone2 {
		return false
	}
	flags := s.teachers
	if kinds[r.kind] == "staff" {
		flags = s.staff
	}
	return e.scope == everyone1 && flags[0] || e.scope == everyone2 && flags[1]
}

func (t *Table) missingSource(r *row, key string, e *entry) []Reason {
	_, tickable := surveyRule[key]
	tickable = tickable && surveyRule[key].tick != ""
	v := r.inst.wilma
	switch {
	case e != nil && (e.scope == everyone1 || e.scope == everyone2):
		return []Reason{{Rule: "R72", Case: "tickOrGroup", Args: []string{key}}}
	case e != nil:
		return nil
	case r.inst.system == "ims":
		return []Reason{{Rule: "R59", Case: "need", Args: []string{key}}}
	case r.inst.system == "cosdoc":
		return []Reason{{Rule: "R48", Case: "need", Args: []string{key}}}
	case r.kind == user:
		return []Reason{{Rule: "R23", Case: "never"}}
	case r.kind == student || r.kind == guardian:
		switch {
		case isSurvey(key):
			return []Reason{{Rule: "R72", Case: "never"}}
		case isPrimus(key):
			return []Reason{{Rule: "R33", Case: "never"}}
		case r.kind == guardian:
			return []Reason{{Rule: "R29", Case: "need", Args: []string{key}}}
		}
		return []Reason{{Rule: "R27", Case: "need", Args: []string{key}}}
	case isPrimus(key):
		out := []Reason{{Rule: "R22", Case: "need", Args: []string{key}}}
		if !r.reach.account {
			out = slices.Insert(out, 0, Reason{Rule: "R17", Case: "need"})
		}
		return out
	case key == legacyUse && !v.before(2, 16):
		return []Reason{{Rule: "R70", Case: "never"}}
	case isSurvey(key) && v.before(2, 16) && key != createTemplate && key != addSurvey && key != legacyUse:
		return []Reason{{Rule: "R67", Case: "need", Args: []string{"2.16"}}, {Rule: "R72", Case: "tickOrGroup", Args: []string{key}}}
	case isSurvey(key) && v.before(2, 16):
		return []Reason{{Rule: "R70", Case: "need"}}
	case isSurvey(key) && !tickable:
		out := []Reason{{Rule: "R89", Case: "need", Args: []string{key}}}
		if v.before(2, 17) {
			out = slices.Insert(out, 0, Reason{Rule: "R87", Case: "need", Args: []string{"2.17"}})
		}
		return out
	case isSurvey(key):
		return []Reason{{Rule: "R72", Case: "tickOrGroup", Args: []string{key}}}
	}
	if slices.ContainsFunc(r.has.blocked, func(b blockedRight) bool { return t.rights[b.right] == key && b.reason.Rule == "R14" }) {
		return []Reason{{Rule: "R14", Case: "need"}}
	}
	return []Reason{{Rule: "R34", Case: "need", Args: []string{key}}}
}

func (t *Table) missingReach(r *row, key string, e *entry, at int32) []Reason {
	s := t.schools[at]
	switch {
	case r.inst.system != "inschool" || r.kind == user:
		if e != nil {
			return []Reason{{Rule: "R47", Case: "need"}}
		}
		return nil
	case at < 0:
		if e != nil {
			return []Reason{{Rule: "R36", Case: "anywhere"}}
		}
		return nil
	case s == nil || (fact.Key{ID: s.id}).Installation() != r.inst.name:
		return []Reason{{Rule: "R35", Case: "noSchool"}}
	case isPrimus(key):
		if r.reach.account && !holds(r.reach.home, at) {
			return []Reason{{Rule: "P10", Case: "need"}}
		}
		return nil
	}
	var out []Reason
	if !s.wilma {
		out = append(out, Reason{Rule: "P14", Case: "need"})
	}
	if isSurvey(key) && !s.surveys {
		out = append(out, Reason{Rule: "R71", Case: "need"})
	}
	switch {
	case key == maintainAll:
	case key == maintain && r.reach.listed:
		if !slices.Contains(t.facts.Object(fact.Key{Kind: "Person", ID: r.who.Person}).Values("surveyMaintainerSchools"), t.id(at)) {
			out = append(out, Reason{Rule: "R78", Case: "need"})
		}
	case !holds(r.reach.schools, at):
		out = append(out, Reason{Rule: "R36", Case: "need"})
	}
	return out
}
