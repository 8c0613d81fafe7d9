package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Effect is what a change of state means for people.
type Effect struct {
	// Shifts are gains, then losses, the most sensitive right first. Every person,
	// right and place that is gained or lost is in exactly one of them.
	Shifts []Shift
	// Kept are rights that lose something that gave them and stay all the same.
	Kept []Shift
	// Templates are what changes for people with survey templates, completely too.
	Templates []TemplateShift

	Gained, Lost    int      // persons in Shifts, a change of level left out
	Gaining, Losing []string // who they are, each once
}

// Shift is the same change for everybody it names: each of People gains, or
// loses, each of Rights at each of Places, for the same reasons.
type Shift struct {
	Kind        string   // of the people: teacher, staff, student, guardian, user
	People      []Who    // sorted
	Rights      []string // keys, sorted
	Places      []string // ids, sorted
	Sensitivity Sensitivity
	Gained      bool
	Level       bool     // within a family of rights: neither a gain nor a loss
	Widens      bool     // gained because something was taken out: what is empty means all, or lets the next level count
	Before      []Reason // why not before, or what gave it
	After       []Reason // what gives it, or why no longer
}

// Compare says what people gain and lose between two states, completely. People
// who have the same in both are looked at once.
func Compare(before, after *Table) *Effect {
	c := comparer{a: before, b: after, shifts: make(map[shiftKey]*shiftPeople), reasonOf: make(map[string]int32),
		sources: make(map[sourcesKey]int32), sameHas: make(map[[2]*entitled]bool), sameReach: make(map[[2]*reach]bool), sameInst: make(map[instKey]bool), outcomes: make(map[pair]*outcome)}
	c.rightA, c.rightB, c.rights = common(before.rights, after.rights)
	c.placeA, c.placeB, c.places = common(before.places, after.places)
	c.belowA, c.belowB = c.below(before), c.below(after)
	c.compareRows()
	e := &Effect{Gained: len(c.gaining), Lost: len(c.losing), Gaining: c.gaining, Losing: c.losing}
	all := c.group()
	for _, s := range all {
		if s.Kept {
			e.Kept = append(e.Kept, s.Shift)
		} else {
			e.Shifts = append(e.Shifts, s.Shift)
		}
	}
	e.Templates = c.compareTemplates()
	return e
}

// comparer walks over both states at once. The rights and places of both are
// numbered anew, in one order.
type comparer struct {
	a, b           *Table
	rights, places []string
	rightA, rightB []int32 // from a table's numbers to these
	placeA, placeB []int32

	// Paths of IMS sections that have grants of their own on the other side only:
	// here they have those of the nearest path above.
	belowA, belowB map[int32][]int32

	shifts    map[shiftKey]*shiftPeople
	reasons   [][]Reason // lists of them, numbered
	reasonOf  map[string]int32
	sources   map[sourcesKey]int32
	sameHas   map[[2]*entitled]bool
	sameReach map[[2]*reach]bool
	sameInst  map[instKey]bool
	outcomes  map[pair]*outcome
	into      *outcome

	gaining, losing []string // persons, each once
}

// shiftKey is all that two people must have in common to be told together at one
// right and place.
type shiftKey struct {
	right, place  int32
	before, after int32 // lists of reasons
	inst          *installation
	sort          sort
	kind          kind
}

// sort says what sort of shift it is.
type sort uint8

const (
	gain sort = iota
	widening
	gainLevel
	loss
	lossLevel
	kept
)

type shiftPeople struct{ people []Who }

// common is two sorted lists in one, and where the members of each stand in it.
func common(a, b []string) (fromA, fromB []int32, all []string) {
	fromA, fromB = make([]int32, len(a)), make([]int32, len(b))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		at := int32(len(all))
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			all, fromA[i] = append(all, a[i]), at
			i++
		case i == len(a) || b[j] < a[i]:
			all, fromB[j] = append(all, b[j]), at
			j++
		default:
			all, fromA[i], fromB[j] = append(all, a[i]), at, at
			i, j = i+1, j+1
		}
	}
	return fromA, fromB, all
}

func (c *comparer) compareRows() {
	c.eachPair(func(x, y *row) {
		if x == nil || y == nil || !c.same(x, y) {
			c.compareRow(x, y)
		}
	})
}

// eachPair walks over everybody, before and after.
func (c *comparer) eachPair(visit func(x, y *row)) {
	a, b := c.a.rows, c.b.rows
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(b) == 0:
			order = -1
		case len(a) == 0:
			order = 1
		default:
			order = compareWho(a[0].who, b[0].who)
		}
		var x, y *row
		if order <= 0 {
			x, a = &a[0], a[1:]
		}
		if order >= 0 {
			y, b = &b[0], b[1:]
		}
		visit(x, y)
	}
}

// pair is all that decides what somebody gains and loses.
type pair struct {
	has   [2]*entitled
	reach [2]*reach
	inst  [2]*installation
	kind  [2]kind
	level [2]by
	kept  [2]bool
}

func pairOf(x, y *row) pair {
	var p pair
	for i, r := range []*row{x, y} {
		if r != nil {
			p.has[i], p.reach[i], p.inst[i], p.kind[i], p.level[i], p.kept[i] = r.has, r.reach, r.inst, r.kind, r.level, r.kept
		}
	}
	return p
}

// outcome is what a pair comes to.
type outcome struct {
	shifts       []*shiftPeople
	gains, loses bool
}

// compareRow finds what one Who gains and loses; either side may be missing.
func (c *comparer) compareRow(x, y *row) {
	p := pairOf(x, y)
	result := c.outcomes[p]
	if result == nil {
		result = &outcome{}
		c.into = result
		c.compareEntries(x, y)
		c.outcomes[p] = result
	}
	who := Who{}
	if y != nil {
		who = y.who
	} else {
		who = x.who
	}
	for _, s := range result.shifts {
		s.people = append(s.people, who)
	}
	if result.gains {
		c.gaining = once(c.gaining, who.Person)
	}
	if result.loses {
		c.losing = once(c.losing, who.Person)
	}
}

// once appends a person who is not the last already: a guardian's children come
// one after the other.
func once(people []string, person string) []string {
	if n := len(people); n > 0 && people[n-1] == person {
		return people
	}
	return append(people, person)
}

// same reports whether somebody is given the same by the same, and it reaches
// the same places.
func (c *comparer) same(x, y *row) bool {
	has := [2]*entitled{x.has, y.has}
	same, known := c.sameHas[has]
	if !known {
		same = c.equalHas(x.has, y.has)
		c.sameHas[has] = same
	}
	if !same || x.kind != y.kind || x.kept != y.kept {
		return false
	}
	in := instKey{x.inst, y.inst, x.kind == user}
	if same, known = c.sameInst[in]; !known {
		same = c.equalInst(in)
		c.sameInst[in] = same
	}
	if !same {
		return false
	}
	reached := [2]*reach{x.reach, y.reach}
	if same, known = c.sameReach[reached]; !known {
		same = c.equalReach(x.reach, y.reach)
		c.sameReach[reached] = same
	}
	return same
}

// instKey is an installation before and after, as users of it see it or others.
type instKey struct {
	before, after *installation
	user          bool
}

func (c *comparer) equalInst(in instKey) bool {
	a, b := in.before, in.after
	return a.system == b.system && c.equalPlaces(a.surveys, b.surveys) &&
		(!in.user || slices.EqualFunc(a.nodes, b.nodes, func(x, y node) bool { return c.placeA[x.place] == c.placeB[y.place] }))
}

func (c *comparer) equalHas(a, b *entitled) bool {
	return slices.EqualFunc(a.entries, b.entries, func(x, y entry) bool {
		return c.rightA[x.right] == c.rightB[y.right] && x.scope == y.scope && c.equalPlaces(x.places, y.places) &&
			slices.EqualFunc(x.sources, y.sources, c.equalSource)
	})
}

func (c *comparer) equalSource(x, y given) bool {
	return x.by == y.by && x.scope == y.scope && x.aux == y.aux && x.aux2 == y.aux2 && c.a.groupID(x.group) == c.b.groupID(y.group) && c.equalPlaces(x.places, y.places)
}

func (t *Table) groupID(n int32) string {
	if n < 0 {
		return ""
	}
	return t.groups[n].id
}

func (c *comparer) equalReach(a, b *reach) bool {
	if a.all != b.all || a.empty != b.empty || a.listed != b.listed || a.account != b.account || a.homeAll != b.homeAll {
		return false
	}
	of := func(r *reach) [6][]int32 {
		return [6][]int32{r.own, r.home, r.surveys, r.everyoneMakes, r.everyoneAdds, r.maintained}
	}
	x, y := of(a), of(b)
	for i := range x {
		if !c.equalPlaces(x[i], y[i]) {
			return false
		}
	}
	return true
}

func (c *comparer) equalPlaces(a, b []int32) bool {
	return slices.EqualFunc(a, b, func(x, y int32) bool { return c.placeA[x] == c.placeB[y] })
}

// below is, by the number of a path that has grants, the paths below it that have
// none here and some on the other side.
func (c *comparer) below(t *Table) map[int32][]int32 {
	var below map[int32][]int32
	for n, id := range c.places {
		if _, here := t.placeOf[id]; here {
			continue
		}
		if at, ok := t.place(id); ok {
			if below == nil {
				below = make(map[int32][]int32)
			}
			below[at] = append(below[at], int32(n))
		}
	}
	return below
}

// spots are places by their common numbers, each with the number by which its
// table knows it.
func spots(places []int32, number []int32, below map[int32][]int32) []spot {
	out := make([]spot, 0, len(places))
	for _, at := range places {
		out = append(out, spot{number[at], at})
		for _, n := range below[at] {
			out = append(out, spot{n, at})
		}
	}
	if len(out) > len(places) {
		slices.SortFunc(out, func(a, b spot) int { return cmp.Compare(a.common, b.common) })
	}
	return out
}

type spot struct{ common, at int32 }

func (c *comparer) compareEntries(x, y *row) {
	var a, b []entry
	if x != nil {
		a = x.has.entries
	}
	if y != nil {
		b = y.has.entries
	}
	for len(a) > 0 || len(b) > 0 {
		var e, f *entry
		right := int32(0)
		switch {
		case len(b) == 0 || len(a) > 0 && c.rightA[a[0].right] < c.rightB[b[0].right]:
			e, a, right = &a[0], a[1:], c.rightA[a[0].right]
		case len(a) == 0 || c.rightB[b[0].right] < c.rightA[a[0].right]:
			f, b, right = &b[0], b[1:], c.rightB[b[0].right]
		default:
			e, f, right = &a[0], &b[0], c.rightA[a[0].right]
			a, b = a[1:], b[1:]
		}
		c.comparePlaces(x, y, e, f, right)
	}
}

func (c *comparer) comparePlaces(x, y *row, e, f *entry, right int32) {
	var a, b []spot
	if e != nil {
		a = spots(x.places(e.scope, e), c.placeA, c.belowA)
	}
	if f != nil {
		b = spots(y.places(f.scope, f), c.placeB, c.belowB)
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].common < b[0].common:
			c.shift(x, y, e, nil, right, a[0].common, a[0].at, numberIn(c.places[a[0].common], c.b))
			a = a[1:]
		case len(a) == 0 || b[0].common < a[0].common:
			c.shift(x, y, nil, f, right, b[0].common, numberIn(c.places[b[0].common], c.a), b[0].at)
			b = b[1:]
		default:
			c.shift(x, y, e, f, right, a[0].common, a[0].at, b[0].at)
			a, b = a[1:], b[1:]
		}
	}
}

// numberIn is the number by which a table knows a place, -2 where it does not.
func numberIn(id string, in *Table) int32 {
	if at, ok := in.place(id); ok {
		return at
	}
	return -2
}

// shift notes what happens to one right at one place: e is what gave it before,
// f what gives it after.
func (c *comparer) shift(x, y *row, e, f *entry, right, place, inA, inB int32) {
	key := shiftKey{right: right, place: place}
	if y != nil {
		key.kind, key.inst = y.kind, y.inst
	} else {
		key.kind, key.inst = x.kind, x.inst
	}
	switch {
	case e != nil && f != nil:
		before, after := c.gives(c.a, x, e, inA), c.gives(c.b, y, f, inB)
		if before == after || !c.losesSource(before, after) {
			return
		}
		key.sort, key.before, key.after = kept, before, after
	case f != nil:
		key.before, key.after = c.lacks(c.a, x, right, inA), c.gives(c.b, y, f, inB)
		switch cause, ok := c.widened(x, y, f.scope, right, place); {
		case ok:
			key.sort, key.after = widening, c.with(cause, key.after)
		case c.levelGain(x, y, right, inA):
			key.sort = gainLevel
		}
	default:
		key.sort, key.before, key.after = loss, c.gives(c.a, x, e, inA), c.lacks(c.b, y, right, inB)
		if c.levelLoss(y, right, inB) {
			key.sort = lossLevel
		}
	}
	s := c.shifts[key]
	if s == nil {
		s = &shiftPeople{}
		c.shifts[key] = s
	}
	c.into.shifts = append(c.into.shifts, s)
	c.into.gains = c.into.gains || key.sort == gain || key.sort == widening
	c.into.loses = c.into.loses || key.sort == loss
}

// sourcesKey is what the reasons for a right at a place depend on.
type sourcesKey struct {
	e        *entry
	h        *entitled // lacks: for a right that is not given
	mask     uint64    // of an entry's sources, those that reach the place
	right    int32
	flags    uint8
	presence uint8
}

// gives is the number of the reasons for which a right is given at a place.
func (c *comparer) gives(t *Table, r *row, e *entry, at int32) int32 {
	key := sourcesKey{e: e, flags: r.reach.flags()}
	for i := range e.sources {
		if holds(r.sourcePlaces(&e.sources[i]), at) {
			key.mask |= 1 << (i % 64)
		}
	}
	if n, ok := c.sources[key]; ok && len(e.sources) <= 64 {
		return n
	}
	list := t.reasons(r, e, at, true)
	for i := range list {
		list[i].Facts = slices.DeleteFunc(list[i].Facts, func(f fact.Fact) bool { return !slices.Contains(shared, f.Kind) })
	}
	n := c.number(list)
	c.sources[key] = n
	return n
}

// shared are the kinds of objects that everybody with the same reasons has them
// from: what is of one person or one school differs among them.
var shared = []string{"UserGroup", "ImsGrant", "CosDocRole", "CosDocProfile", "Substitution"}

func (r *reach) flags() uint8 {
	var f uint8
	for i, flag := range []bool{r.all, r.empty, r.listed, r.account, r.homeAll} {
		if flag {
			f |= 1 << i
		}
	}
	return f
}

// lacks is the number of the reasons for which a right is not given at a place;
// -2 is a place that is not there.
func (c *comparer) lacks(t *Table, r *row, right, at int32) int32 {
	if r == nil {
		return c.number([]Reason{{Rule: "R23", Case: "absent"}})
	}
	if at == -2 {
		return c.number([]Reason{{Rule: "R36", Case: "noPlace"}})
	}
	n, ok := t.rightOf[c.rights[right]]
	if !ok {
		return c.number(nil)
	}
	key := sourcesKey{h: r.has, right: n, flags: r.reach.flags(), presence: t.presence(r, at)}
	if r.inst.system == "ims" {
		key.mask = uint64(at) + 1 // the reason names the path
	}
	if list, ok := c.sources[key]; ok {
		return list
	}
	list := c.number(t.against(r, n, at, false))
	c.sources[key] = list
	return list
}

// presence is how a place stands to somebody: what Table.outside looks at.
func (t *Table) presence(r *row, at int32) uint8 {
	p := uint8(1)
	if s := t.schools[at]; s != nil {
		for i, yes := range []bool{true, s.wilma, s.surveys, holds(r.reach.schools, at), holds(r.reach.surveys, at)} {
			if yes {
				p |= 2 << i
			}
		}
	}
	return p
}

// number numbers a list of reasons; lists that say the same have one number.
func (c *comparer) number(list []Reason) int32 {
	var key strings.Builder
	for _, r := range list {
		key.WriteString(r.Rule + "\x00" + r.Case + "\x00" + strings.Join(r.Args, "\x00") + "\x01")
	}
	n, ok := c.reasonOf[key.String()]
	if !ok {
		n = int32(len(c.reasons))
		c.reasonOf[key.String()] = n
		c.reasons = append(c.reasons, list)
	}
	return n
}

func (c *comparer) with(cause Reason, list int32) int32 {
	return c.number(append([]Reason{cause}, c.reasons[list]...))
}

// losesSource reports whether something of what gave a right is gone.
func (c *comparer) losesSource(before, after int32) bool {
	return slices.ContainsFunc(c.reasons[before], func(r Reason) bool {
		return !isScope(r) && !slices.ContainsFunc(c.reasons[after], r.same)
	})
}

// Reaches reports whether a reason says where a right reaches, and not what gives
// it.
func (r Reason) Reaches() bool { return isScope(r) }

// isScope reports whether a reason says where a right reaches, and not what gives
// it.
func isScope(r Reason) bool {
	switch r.Rule {
	case "R35", "R36", "R71", "R74", "R76", "R78", "P10":
		return true
	}
	return false
}

// widened tells a gain that comes of something taken out: the last school, which
// leaves a field that means all of them (R74, P10); the last school of a
// maintainer's list, behind which the person's own count again (R78); the last
// group of a card or class, behind which the next level counts (R28, P7); the
// grants of a path, behind which those of the path above count (R59); and what was
// taken from the person (R14).
func (c *comparer) widened(x, y *row, s scope, right, place int32) (Reason, bool) {
	if x == nil || y == nil {
		return Reason{}, false
	}
	key := c.rights[right]
	switch {
	case x.isBlocked(c.a, key, "R14", "") && !y.isBlocked(c.b, key, "R14", ""):
		return Reason{Rule: "R14", Case: "lifted"}, true
	case y.inst.system == "ims" && x.inst.grantsAt(c.a, c.places[place]) && !y.inst.grantsAt(c.b, c.places[place]):
		return Reason{Rule: "R59", Case: "emptied"}, true
	}
	before, after := x.reach, y.reach
	every := func(r *reach) bool { return r.all || r.empty }
	switch {
	case (x.kind == student || x.kind == guardian) && x.level < y.level:
		return Reason{Rule: "P7", Case: "emptied"}, true
	case s == maintained && before.listed && !after.listed:
		return Reason{Rule: "R78", Case: "emptied"}, true
	case s == home && before.account && !before.homeAll && after.homeAll:
		return Reason{Rule: "P10", Case: "emptied"}, true
	case (s == own || s == surveys || s == everyoneMakes || s == everyoneAdds || s == maintained && !after.listed) && !every(before) && every(after) && x.employed():
		return Reason{Rule: "R74", Case: "emptied"}, true
	}
	return Reason{}, false
}

// levelLoss reports whether somebody who loses a right keeps another of its
// family at the place.
func (c *comparer) levelLoss(y *row, right, at int32) bool {
	return y != nil && c.holdsOfFamily(c.b, y, c.a, y.inst.name, c.rights[right], at, func(int, int) bool { return true })
}

// levelGain reports whether somebody who gains a right had one of its family that
// ranks as high.
func (c *comparer) levelGain(x, y *row, right, at int32) bool {
	return x != nil && c.holdsOfFamily(c.a, x, c.b, y.inst.name, c.rights[right], at, func(held, gained int) bool { return held >= gained })
}

func (c *comparer) holdsOfFamily(t *Table, r *row, told *Table, inst, key string, at int32, enough func(held, right int) bool) bool {
	if !t.families && !told.families {
		return false
	}
	right, _ := told.Right(inst, key)
	if right.Family == "" {
		if right, _ = t.Right(inst, key); right.Family == "" {
			return false
		}
	}
	for i := range r.has.entries {
		e := &r.has.entries[i]
		other, _ := t.Right(inst, t.rights[e.right])
		if other.Family == right.Family && other.Key != key && enough(other.Rank, right.Rank) && holds(r.places(e.scope, e), at) {
			return true
		}
	}
	return false
}
