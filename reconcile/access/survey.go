package access

import (
	"slices"
	"strconv"
	"strings"
)

// version is a product version, compared number by number: 2.9 comes before 2.16.
type version []int

// newest is what an installation counts as that does not say.
var newest = version{1 << 30}

func parseVersion(text string) version {
	var v version
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return newest
		}
		v = append(v, n)
	}
	return v
}

func (v version) before(major, minor int) bool { return slices.Compare(v, version{major, minor}) < 0 }

// surveys gives the survey rights. Ticks and switches of the school are the
// base, from which revokes take; rights of groups come on top, and nothing
// personal takes them away (R93).
func (g *giver) surveys() {
	switch v := g.p.inst.wilma; {
	case v.before(2, 16): // R67: all the rest is of 2.16
		g.legacy()
	default:
		g.surveyBase()
		g.surveyGroups(!v.before(2, 17))
	}
}

func (g *giver) right(key string) int32 { return g.rightOf[key] }

func (g *giver) revoked(key string) bool { return slices.Contains(g.x.revokes, g.right(key)) }

// surveyTicks calls for each survey right that is ticked, with what ticks it.
func (g *giver) surveyTicks(visit func(key string, from given)) {
	for _, right := range g.x.grants {
		if key := g.rights[right]; isSurvey(key) {
			visit(key, given{by: byTick, group: -1})
		}
	}
	for _, s := range g.x.ticks {
		if key := g.rights[s.n]; isSurvey(key) {
			visit(key, given{by: bySubstTick, group: -1, aux: s.from})
		}
	}
}

// surveyGroup calls for each survey right that a group gives.
func (g *giver) surveyGroup(visit func(key string, from given)) {
	of := func(n int32, from given) {
		for _, right := range g.groups[n].wilma {
			if key := g.rights[right]; isSurvey(key) {
				visit(key, from)
			}
		}
	}
	for _, n := range g.p.groups {
		of(n, given{by: byGroup, group: n})
	}
	for _, s := range g.x.groups {
		of(s.n, given{by: bySubstGroup, group: s.n, aux: s.from})
	}
}

// legacy (R70): before 2.16 one tick lets make templates and add surveys.
func (g *giver) legacy() {
	g.surveyTicks(func(key string, from given) {
		if key != legacyUse {
			g.block(g.right(key), from.by, -1, "R67", "version", "2.16")
			return
		}
		if g.revoked(legacyUse) {
			g.block(g.right(legacyUse), from.by, -1, "R14", "revoked")
			return
		}
		for _, key := range []string{legacyUse, createTemplate, addSurvey} {
			if g.revoked(key) {
				g.block(g.right(key), from.by, -1, "R14", "revoked")
				continue
			}
			if from.scope = surveys; key != legacyUse {
				from.aux2 = legacyUse
			}
			g.give(g.right(key), from)
		}
	})
	g.surveyGroup(func(key string, from given) {
		g.block(g.right(key), from.by, from.group, "R87", "version", g.groups[from.group].id, "2.17")
	})
}

// surveyBase gives what switches of the school (R83, R86) and ticks (R73, R82,
// R85) give.
func (g *giver) surveyBase() {
	for _, flag := range []struct {
		key   string
		scope scope
	}{{createTemplate, everyoneMakes}, {addSurvey, everyoneAdds}} {
		if !g.revoked(flag.key) {
			g.give(g.right(flag.key), given{by: byEveryone, scope: flag.scope, group: -1})
		}
	}
	g.surveyTicks(func(key string, from given) {
		switch {
		case key == legacyUse:
			g.block(g.right(key), from.by, -1, "R70", "renamed", "2.16")
			return
		case key == maintainAll || key == addPublic: // R89, R92: of groups alone
			g.block(g.right(key), from.by, -1, "R89", "onlyGroup")
			return
		case g.revoked(key):
			g.block(g.right(key), from.by, -1, "R14", "revoked")
			return
		case key == maintain:
			from.scope = maintained
		default:
			from.scope = surveys
		}
		g.give(g.right(key), from)
	})
	for _, key := range []string{createTemplate, addSurvey} {
		if g.revoked(key) {
			g.block(g.right(key), byEveryone, -1, "R14", "revoked")
		}
	}
}

// surveyGroups gives what the module Kyselyt of groups gives (R87-R92).
func (g *giver) surveyGroups(open bool) {
	g.surveyGroup(func(key string, from given) {
		switch {
		case !open:
			g.block(g.right(key), from.by, from.group, "R87", "version", g.groups[from.group].id, "2.17")
			return
		case key == legacyUse:
			g.block(g.right(key), from.by, from.group, "R70", "renamed", "2.16")
			return
		case key == maintainAll:
			all := from
			all.by, all.scope = byAllSchools, everywhere
			g.give(g.right(maintain), all)
			from.scope = everywhere
		case key == maintain:
			from.scope = maintained
		default:
			from.scope = surveys
		}
		g.give(g.right(key), from)
		if g.revoked(key) {
			g.block(g.right(key), from.by, from.group, "R93", "stronger", g.groups[from.group].id)
		}
	})
}

// FullControl reports whether a person maintains surveys in every school that
// uses them (R74): not in every school.
func (t *Table) FullControl(person string) bool {
	r := t.row(Who{Person: person})
	if r == nil || len(r.inst.surveys) == 0 {
		return false
	}
	e := t.entry(r, maintain)
	return e != nil && slices.Equal(r.places(e.scope, e), r.inst.surveys)
}
