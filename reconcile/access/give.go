package access

import (
	"cmp"
	"slices"
)

// entitledOf is what a teacher, a member of staff or a user is given.
func (l *loader) entitledOf(p *person) *entitled {
	x := p.extras
	if x == nil {
		x = &noExtras
	}
	l.begin(p.inst.name, kinds[p.kind])
	l.list(p.groups)
	l.flags(p.account)
	l.list(p.accountGroups)
	l.list(x.grants)
	l.list(x.revokes)
	l.substituted(x.groups)
	l.substituted(x.ticks)
	for _, a := range x.profiles {
		l.key = append(append(l.key, a.id...), 0)
	}
	if has, ok := l.entitledBy[string(l.key)]; ok {
		return has
	}
	key := string(l.key)
	g := giver{loader: l, p: p, x: x}
	switch {
	case p.kind == user && p.inst.system == "ims":
		g.ims()
	case p.kind == user && p.inst.system == "cosdoc":
		g.cosdoc()
	case (p.kind == teacher || p.kind == staff) && p.inst.system == "inschool":
		g.inschool()
	}
	has := l.keep(g.entitled())
	l.entitledBy[key] = has
	return has
}

// keep numbers what is given.
func (l *loader) keep(has *entitled) *entitled {
	has.number = int32(len(l.entitled))
	l.entitled = append(l.entitled, has)
	return has
}

var noExtras extras

// giver collects what one sort of person is given.
type giver struct {
	*loader
	p       *person
	x       *extras
	given   []entry // each with one source
	blocked []blockedRight
}

func (g *giver) give(right int32, from given) {
	g.given = append(g.given, entry{right: right, scope: from.scope, places: from.places, sources: []given{from}})
}

// take removes a right from what is given, and reports whether it was there.
func (g *giver) take(right int32) bool {
	n := len(g.given)
	g.given = slices.DeleteFunc(g.given, func(e entry) bool { return e.right == right })
	return len(g.given) < n
}

func (g *giver) block(right int32, by by, group int32, rule, variant string, args ...string) {
	g.blocked = append(g.blocked, blockedRight{right, Reason{Rule: rule, Case: variant, Args: args}, by, group})
}

// entitled sums up (R34): each right once, with everything that gives it.
func (g *giver) entitled() *entitled {
	slices.SortStableFunc(g.given, func(a, b entry) int { return cmp.Compare(a.right, b.right) })
	slices.SortStableFunc(g.blocked, func(a, b blockedRight) int { return cmp.Compare(a.right, b.right) })
	has := &entitled{blocked: g.blocked}
	for _, e := range g.given {
		if n := len(has.entries); n > 0 && has.entries[n-1].right == e.right {
			has.entries[n-1].merge(e)
		} else {
			has.entries = append(has.entries, e)
		}
	}
	return has
}

func (e *entry) merge(other entry) {
	if slices.ContainsFunc(e.sources, other.sources[0].same) {
		return
	}
	e.sources = append(e.sources, other.sources...)
	if e.scope == fixed {
		e.places = union(e.places, other.places)
	} else {
		e.scope = wider(e.scope, other.scope)
	}
}

func (g given) same(other given) bool {
	return g.by == other.by && g.scope == other.scope && g.group == other.group && g.aux == other.aux && g.aux2 == other.aux2 && slices.Equal(g.places, other.places)
}

// wider is the scope that includes the other. Scopes of one right are ordered:
// switches of schools open part of the person's schools (R83), and the
// maintainer of all schools reaches beyond any list (R89).
func wider(a, b scope) scope {
	rank := func(s scope) int {
		switch s {
		case everyoneMakes, everyoneAdds:
			return 0
		case everywhere:
			return 2
		}
		return 1
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// union is both sorted lists in one.
func union(a, b []int32) []int32 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// sorted is a copy of a list of numbers in order, each once.
func sorted(list []int32) []int32 {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

func intersect(a []int32, keep func(int32) bool) []int32 {
	var out []int32
	for _, n := range a {
		if keep(n) {
			out = append(out, n)
		}
	}
	return out
}
