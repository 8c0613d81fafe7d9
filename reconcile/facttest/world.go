// Package facttest makes worlds to test with: small ones from a few choices,
// in which everything that the vocabulary knows can happen and every strict
// reference holds; small ones in which the rules of access meet; and large ones
// that look like a municipality.
package facttest

import (
	"fmt"
	"strconv"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Choose picks a number from 0 to n-1. Tests make one from fuzz bytes or from
// a seeded random source.
type Choose func(n int) int

// Bytes chooses by the bytes of a fuzz input, and 0 when they are used up.
func Bytes(data []byte) Choose {
	return func(n int) int {
		if len(data) == 0 || n < 2 {
			return 0
		}
		c := int(data[0])
		data = data[1:]
		return c % n
	}
}

var names = []string{"a", "b", "c-1", "d.x", "e_2"}

// World is a small world: up to five objects a kind, in one or two
// installations, all strict references inside it.
func World(choose Choose) fact.Set {
	w := world{choose: choose, there: make(map[string][]string)}
	rank := fact.Words.Rank()
	order := make([]*fact.Kind, len(rank))
	for i := range fact.Words.Kinds {
		k := &fact.Words.Kinds[i]
		order[rank[k.Name]] = k
	}
	for _, k := range order {
		w.objects(k)
	}
	return w.b.Set()
}

type world struct {
	b      fact.Builder
	choose Choose
	there  map[string][]string // ids by kind
}

func (w *world) objects(k *fact.Kind) {
	for _, id := range w.candidates(k) {
		if w.choose(3) == 0 {
			continue
		}
		w.there[k.Name] = append(w.there[k.Name], id)
		key := fact.Key{Kind: k.Name, ID: id}
		w.b.Add(fact.Fact{Key: key})
		for i := range k.Fields {
			w.field(key, k, &k.Fields[i])
		}
	}
}

func (w *world) candidates(k *fact.Kind) []string {
	var ids []string
	switch {
	case k.Name == "Installation":
		return []string{"mallila", "testila"}
	case k.Parent != "":
		for _, parent := range w.there[k.Parent] {
			inst := fact.Key{ID: parent}.Installation()
			for _, own := range w.ownKeys(k, inst) {
				ids = append(ids, fact.NestedID(parent, own))
			}
		}
	default:
		for _, inst := range w.there["Installation"] {
			for _, name := range names {
				ids = append(ids, fact.ID(inst, name))
			}
		}
	}
	return ids
}

// ownKeys are the keys a nested record may have under its parent.
func (w *world) ownKeys(k *fact.Kind, inst string) []string {
	by := k.Field(k.Key)
	if by.Ref == "" {
		return names[:2]
	}
	var own []string
	for _, id := range w.refs(by, inst) {
		own = append(own, fact.CalledFrom(inst, id))
	}
	return own
}

// refs are the ids that a field may name within an installation.
func (w *world) refs(f *fact.Field, inst string) []string {
	return w.within(f.Ref, inst, f.Crosses)
}

// within are the ids of a kind within an installation, or everywhere.
func (w *world) within(kind, inst string, all bool) []string {
	var ids []string
	for _, id := range w.there[kind] {
		if all || (fact.Key{ID: id}).Installation() == inst {
			ids = append(ids, id)
		}
	}
	return ids
}

func (w *world) field(key fact.Key, k *fact.Kind, f *fact.Field) {
	add := func(row int, value string) {
		w.b.Add(fact.Fact{Key: key, Field: f.Name, Row: row, Value: value})
	}
	if f.Name == k.Key {
		_, own := fact.SplitNested(key.ID)
		if f.Ref != "" {
			own = fact.IDFrom(key.Installation(), own)
		}
		add(0, own)
		return
	}
	values := w.values(f, key.Installation())
	if len(values) == 0 {
		return
	}
	switch f.Shape {
	case fact.One:
		if w.choose(2) == 1 {
			add(0, values[w.choose(len(values))])
		}
	case fact.Many:
		for _, v := range values {
			if w.choose(2) == 1 {
				add(0, v)
			}
		}
	case fact.List:
		for row := 1; row <= len(values) && w.choose(3) > 0; row++ {
			add(row, values[w.choose(len(values))])
		}
	case fact.Map, fact.Sets:
		keys := names
		if f.KeyRef != "" {
			keys = w.within(f.KeyRef, key.Installation(), false)
		}
		for _, mapKey := range keys {
			if w.choose(3) == 1 {
				add(0, fact.JoinMap(mapKey, values[w.choose(len(values))]))
			}
			if f.Shape == fact.Sets && w.choose(3) == 1 {
				add(0, fact.JoinMap(mapKey, values[w.choose(len(values))]))
			}
		}
	}
}

func (w *world) values(f *fact.Field, inst string) []string {
	switch f.Type {
	case fact.Flag:
		return []string{"true"}
	case fact.Count:
		return []string{"1", "20"}
	case fact.Day:
		return []string{"2026-01-07", "2026-06-01"}
	case fact.Ref:
		if f.Loose {
			return append(w.refs(f, inst), fact.ID(inst, "gone"))
		}
		return w.refs(f, inst)
	default:
		return []string{"Äänekoski", "x=y", "two\nlines", strconv.Itoa(len(f.Name))}
	}
}

// Describe is a set as lines of text, for failure messages and comparisons.
func Describe(s fact.Set) []string {
	lines := make([]string, 0, s.Len())
	for _, f := range s.All() {
		lines = append(lines, fmt.Sprintf("%s %s · %s · %d · %q", f.Kind, f.ID, f.Field, f.Row, f.Value))
	}
	return lines
}
