// Package access knows what facts entitle people to: who may do what, where,
// and why.
//
//	t := access.Load(facts) // of one state: a tree at one day, or a target
//	v := t.Why(access.Question{Who: access.Who{Person: "mallila/t-1042"}, Right: "wilma.surveys.addSurvey", Place: "mallila/testila"})
//
// The semantics are those of the seed documents, cited rule by rule where they
// are carried out; [Rules] lists them. People who are given the same are
// computed once: what groups, ticks and accounts give is kept once for all who
// have the same of these, and where it reaches once for all who have the same
// schools. [Compare] says what a change of state changes for whom.
//
// The package knows neither files nor sentences: a [Reason] is a rule and the
// facts that it was applied to. It does not judge either; that is package
// policy's business.
package access

import (
	"iter"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Who is somebody whose rights are asked for: a person, or a guardian in the
// matter of one child, for what guardians may do is never summed over their
// children (R29). Both are ids of objects of kind Person.
type Who struct{ Person, Child string }

// String is the id of a person, and behind a slash the name of a child. It is
// what people are sorted by.
func (w Who) String() string {
	if w.Child == "" {
		return w.Person
	}
	return w.Person + "/" + fact.Name(w.Child)
}

// Question is whether somebody has a right at a place.
//
// A place is an id: a school ("mallila/testila"), a CosDoc unit
// ("site/unit/NAME") or a path of an IMS section ("tenant/ims/SECTION/PATH").
// Place "" is anywhere.
type Question struct {
	Who
	Right, Place string
}

// Verdict is the answer to a question, with all reasons.
type Verdict struct {
	Allowed bool
	For     []Reason // what gives the right, then what makes it reach the place; empty where nothing does
	Against []Reason // what would have given it and does not, and what to bear in mind
	Missing []Reason // for a No: what would be needed, together
}

// Reason is a rule that was applied and what it was applied to. Case tells
// apart what one rule has to say. Args never name the person asked about, so
// that people with the same reasons can be told together; Facts do.
type Reason struct {
	Rule, Case string
	Args       []string // ids of groups, profiles and the like, keys of rights, versions
	Facts      []fact.Fact
}

// Allowed reports whether somebody has a right at a place, as Why does.
func (t *Table) Allowed(q Question) bool {
	r := t.row(q.Who)
	if r == nil {
		return false
	}
	e := t.entry(r, q.Right)
	if e == nil {
		return false
	}
	places := r.places(e.scope, e)
	if q.Place == "" {
		return len(places) > 0
	}
	at, ok := t.place(q.Place)
	return ok && holds(places, at)
}

// All yields everything that anybody may do, sorted by Who, right and place.
func (t *Table) All() iter.Seq[Question] {
	return func(yield func(Question) bool) {
		for i := range t.rows {
			if !t.yield(&t.rows[i], yield) {
				return
			}
		}
	}
}

// Of yields everything that somebody may do, sorted by right and place.
func (t *Table) Of(w Who) iter.Seq[Question] {
	return func(yield func(Question) bool) {
		if r := t.row(w); r != nil {
			t.yield(r, yield)
		}
	}
}

func (t *Table) yield(r *row, yield func(Question) bool) bool {
	for i := range r.has.entries {
		e := &r.has.entries[i]
		for _, at := range r.places(e.scope, e) {
			if !yield(Question{r.who, t.rights[e.right], t.places[at]}) {
				return false
			}
		}
	}
	return true
}

// Each counts through everything that anybody may do without naming it: for
// each Who, by its position in Persons, the right and the place by theirs in
// RightKeys and PlaceIDs.
func (t *Table) Each(visit func(who, right, place int)) {
	for i := range t.rows {
		r := &t.rows[i]
		for j := range r.has.entries {
			e := &r.has.entries[j]
			for _, at := range r.places(e.scope, e) {
				visit(i, int(e.right), int(at))
			}
		}
	}
}

// RightKeys are the keys of the rights that somebody may have, sorted.
func (t *Table) RightKeys() []string { return t.rights }

// PlaceIDs are the ids of all places, sorted.
func (t *Table) PlaceIDs() []string { return t.places }

// Persons yields everybody who can be asked about, sorted; guardians once a child.
func (t *Table) Persons() iter.Seq[Who] {
	return func(yield func(Who) bool) {
		for i := range t.rows {
			if !yield(t.rows[i].who) {
				return
			}
		}
	}
}

// IsPlace reports whether a place exists: it is there, or a path below one that
// has grants of its own.
func (t *Table) IsPlace(place string) bool {
	_, ok := t.place(place)
	return ok
}

// PlaceOf is the id of the place whose rights hold at a place: its own, or that of
// the nearest path above.
func (t *Table) PlaceOf(id string) (string, bool) {
	at, ok := t.place(id)
	if !ok {
		return "", false
	}
	return t.places[at], true
}

// place is the number of a place. A path of an IMS section that has no grants of
// its own has those of the nearest path above that does.
func (t *Table) place(id string) (int32, bool) {
	if at, ok := t.placeOf[id]; ok {
		return at, true
	}
	for up := id; isPath(up); {
		up = up[:strings.LastIndexByte(up, '/')]
		if at, ok := t.placeOf[up]; ok && isPath(up) { // not a school that is called ims
			return at, true
		}
	}
	return 0, false
}

// isPath reports whether a place is in an IMS section.
func isPath(id string) bool {
	_, name, _ := strings.Cut(id, "/")
	return strings.HasPrefix(name, "ims/")
}

func (t *Table) row(w Who) *row {
	i, ok := slices.BinarySearchFunc(t.rows, w, func(r row, w Who) int { return compareWho(r.who, w) })
	if !ok {
		return nil
	}
	return &t.rows[i]
}

func (t *Table) entry(r *row, right string) *entry {
	n, ok := t.rightOf[right]
	if !ok {
		return nil
	}
	return r.has.entry(n)
}

func (h *entitled) entry(right int32) *entry {
	i, ok := slices.BinarySearchFunc(h.entries, right, func(e entry, right int32) int { return int(e.right) - int(right) })
	if !ok {
		return nil
	}
	return &h.entries[i]
}

// holds reports whether a sorted list has a number.
func holds(list []int32, n int32) bool {
	_, ok := slices.BinarySearch(list, n)
	return ok
}
