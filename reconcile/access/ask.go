package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// For is why somebody has a right at a place, as Why says it, and empty where
// they do not have it.
func (t *Table) For(q Question) []Reason {
	r := t.row(q.Who)
	if r == nil {
		return nil
	}
	at := int32(-1)
	if q.Place != "" {
		n, ok := t.place(q.Place)
		if !ok {
			return nil
		}
		at = n
	}
	return t.reasons(r, t.entry(r, q.Right), at, true)
}

// KindOf is what kind of card somebody has: teacher, staff, student, guardian or
// user.
func (t *Table) KindOf(w Who) string {
	if r := t.row(w); r != nil {
		return kinds[r.kind]
	}
	return t.facts.Object(fact.Key{Kind: "Person", ID: w.Person}).Value("kind")
}

// Children are the children for whom a guardian can be asked about, sorted.
func (t *Table) Children(guardian string) []string {
	first, _ := slices.BinarySearchFunc(t.rows, guardian+"/", func(r row, from string) int { return strings.Compare(r.who.String(), from) })
	var children []string
	for _, r := range t.rows[first:] {
		if r.who.Person != guardian {
			break
		}
		if r.who.Child != "" {
			children = append(children, r.who.Child)
		}
	}
	return children
}

// Tally is how many people have a right somewhere, in one installation.
type Tally struct {
	Installation, Right string
	People              int
	Kinds               map[string]int // of these, by the kind of their cards
	Places              int            // where anybody has it
}

// Tallies counts the people behind every right that anybody has, sorted by
// installation and right. A guardian counts once, with however many children.
func (t *Table) Tallies() []Tally {
	type count struct {
		Tally
		last   int // the person counted last
		places []bool
	}
	counts := make(map[*installation][]*count)
	person := 0
	for i := range t.rows {
		r := &t.rows[i]
		if i == 0 || r.who.Person != t.rows[i-1].who.Person {
			person++
		}
		of := counts[r.inst]
		if of == nil {
			of = make([]*count, len(t.rights))
			counts[r.inst] = of
		}
		for j := range r.has.entries {
			e := &r.has.entries[j]
			places := r.places(e.scope, e)
			if len(places) == 0 {
				continue
			}
			c := of[e.right]
			if c == nil {
				c = &count{Tally: Tally{r.inst.name, t.rights[e.right], 0, make(map[string]int), 0}, places: make([]bool, len(t.places))}
				of[e.right] = c
			}
			if c.last != person {
				c.last = person
				c.People++
				c.Kinds[kinds[r.kind]]++
			}
			for _, at := range places {
				if !c.places[at] {
					c.places[at] = true
					c.Places++
				}
			}
		}
	}
	var all []Tally
	for _, of := range counts {
		for _, c := range of {
			if c != nil {
				all = append(all, c.Tally)
			}
		}
	}
	slices.SortFunc(all, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(a.Installation, b.Installation), cmp.Compare(a.Right, b.Right))
	})
	return all
}

// Count is how many persons have a right at a place.
type Count struct {
	Right, Place string
	People       int
}

// Counts counts the persons behind everything that anybody may do, by right and
// place.
func (t *Table) Counts() []Count {
	width := len(t.places)
	counts, last := make([]int, len(t.rights)*width), make([]int32, len(t.rights)*width)
	person := int32(0)
	for i := range t.rows {
		r := &t.rows[i]
		if i == 0 || r.who.Person != t.rows[i-1].who.Person {
			person++ // a guardian counts once, with however many children
		}
		for j := range r.has.entries {
			e := &r.has.entries[j]
			for _, at := range r.places(e.scope, e) {
				if n := int(e.right)*width + int(at); last[n] != person {
					counts[n]++
					last[n] = person
				}
			}
		}
	}
	var out []Count
	for n, people := range counts {
		if people > 0 {
			out = append(out, Count{t.rights[n/width], t.places[n%width], people})
		}
	}
	return out
}

// Unheld are those of some rights at places that nobody has, in their order.
// Whoever is named in them is not looked at.
func (t *Table) Unheld(asked []Question) []Question {
	type spot struct{ right, place int32 }
	wanted := make(map[spot]bool, len(asked)) // true: somebody has it
	rights := make([]bool, len(t.rights))
	at := make([]spot, len(asked))
	for i, q := range asked {
		right, known := t.rightOf[q.Right]
		place, there := t.place(q.Place)
		if at[i] = (spot{-1, -1}); known && there {
			at[i] = spot{right, place}
			wanted[at[i]], rights[right] = false, true
		}
	}
	for i := range t.rows {
		r := &t.rows[i]
		for j := range r.has.entries {
			e := &r.has.entries[j]
			if !rights[e.right] {
				continue
			}
			for _, place := range r.places(e.scope, e) {
				if held, ok := wanted[spot{e.right, place}]; ok && !held {
					wanted[spot{e.right, place}] = true
				}
			}
		}
	}
	var unheld []Question
	for i, q := range asked {
		if !wanted[at[i]] {
			unheld = append(unheld, q)
		}
	}
	return unheld
}
