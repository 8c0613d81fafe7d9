package access

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

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
	if r.inst.system == "ims" && at >= 0 && (e == nil || !holds(e.places, at)) && len(out) == 0 {
		add(t.nearest(at, facts))
	}
	if e == nil && facts && (r.kind == student || r.kind == guardian) {
		for _, reason := range t.hidden(r, right) {
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

// nearest is that a path has grants of its own, or none with any above it, and
// nobody looks further up (R59).
func (t *Table) nearest(at int32, facts bool) Reason {
	reason := Reason{Rule: "R59", Case: "none", Args: []string{t.places[at]}}
	for key, o := range t.facts.Kind("ImsGrant").Objects() {
		if imsPlace(o) == t.places[at] {
			reason.Case = "nearest"
			if facts {
				reason.Facts = append(reason.Facts, fact.Fact{Key: key})
			}
		}
	}
	return reason
}

// hidden are the groups that would give a student or guardian a right, were it
// not for a level before theirs that names groups (R28, P7).
func (t *Table) hidden(r *row, right int32) []Reason {
	var out []Reason
	for _, level := range []by{byClass, bySchool} {
		if level <= r.level {
			continue
		}
		for n, g := range t.groups {
			if !slices.Contains(g.wilma, right) {
				continue
			}
			at := t.levelFacts(r, &given{by: level, group: int32(n)})
			if len(at) > 0 {
				out = append(out, Reason{Rule: "P7", Case: "hidden", Args: []string{g.id}, Facts: at})
			}
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
	case r.inst.system == "ims":
		return nil // nearest says it
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
	case (e.scope == everyoneMakes || e.scope == everyoneAdds) && holds(r.reach.surveys, at) && !facts:
		return nil // that nothing gives it needs no reason where many are told of
	case (e.scope == everyoneMakes || e.scope == everyoneAdds) && holds(r.reach.surveys, at):
		rule := "R83"
		if e.scope == everyoneAdds {
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
	case b.reason.Rule == "R14" && b.reason.Case == "primus":
		return t.ticks(r, "revoke", b.reason.Args[0])
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
	if s == nil || e.scope != everyoneMakes && e.scope != everyoneAdds {
		return false
	}
	flags := s.teachers
	if kinds[r.kind] == "staff" {
		flags = s.staff
	}
	return e.scope == everyoneMakes && flags[0] || e.scope == everyoneAdds && flags[1]
}

func (t *Table) missingSource(r *row, key string, e *entry) []Reason {
	_, tickable := surveyRule[key]
	tickable = tickable && surveyRule[key].tick != ""
	v := r.inst.wilma
	switch {
	case e != nil && (e.scope == everyoneMakes || e.scope == everyoneAdds):
		return []Reason{{Rule: "R72", Case: "tickOrGroup", Args: []string{key}}}
	case e != nil:
		return nil
	case r.inst.system != "inschool" && (isPrimus(key) || strings.HasPrefix(key, "wilma.")):
		return []Reason{{Rule: "R23", Case: "never"}}
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
		case r.level == byCard:
			return []Reason{{Rule: "R28", Case: "need", Args: []string{key}}}
		case r.level == byClass:
			return []Reason{{Rule: "P7", Case: "need", Args: []string{key}}}
		case r.kind == guardian:
			return []Reason{{Rule: "R29", Case: "need", Args: []string{key}}}
		}
		return []Reason{{Rule: "R27", Case: "need", Args: []string{key}}}
	case r.isBlocked(t, key, "R14", ""):
		return []Reason{{Rule: "R14", Case: "need"}}
	case r.isBlocked(t, key, "R87", "version"): // a group lists it already
		return []Reason{{Rule: "R87", Case: "need", Args: []string{"2.17"}}}
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
	return []Reason{{Rule: "R34", Case: "need", Args: []string{key}}}
}

// isBlocked reports whether a rule, in one case or any, keeps a right from
// somebody who would have it.
func (r *row) isBlocked(t *Table, key, rule, variant string) bool {
	return slices.ContainsFunc(r.has.blocked, func(b blockedRight) bool {
		return t.rights[b.right] == key && b.reason.Rule == rule && (variant == "" || b.reason.Case == variant)
	})
}

func (t *Table) missingReach(r *row, key string, e *entry, at int32) []Reason {
	s := t.schools[at]
	switch {
	case r.inst.system == "ims":
		if e != nil {
			return []Reason{{Rule: "R59", Case: "need", Args: []string{key}}}
		}
		return nil
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
