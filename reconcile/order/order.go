// Package order turns changes into steps that are safe after every step.
//
// A target may stop between any two steps, and people work while it runs. So a
// step never leaves a reference without its object, and never empties a list
// of schools on the way to another value: an empty one means every school.
//
//	order.Steps(nil, fact.Diff(have, want))
package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Action is what a step does.
type Action string

const (
	Rename Action = "rename" // Key takes the place of From; what named From names Key
	Create Action = "create" // Add is the whole object
	Update Action = "update" // Del goes and Add comes, all of one field or one part; of an ordered field, one row
	Delete Action = "delete" // Del is the whole object
)

// Step is one thing that a target does whole or not at all.
type Step struct {
	Action Action
	Key    fact.Key
	From   string // Rename: the old id
	Del    fact.Set
	Add    fact.Set
}

// Do is the set after the step, or an error where the set is not what the step
// was made for.
func (st Step) Do(s fact.Set) (fact.Set, error) {
	if st.Action == Rename {
		if s.Has(st.Key) || !s.Has(fact.Key{Kind: st.Key.Kind, ID: st.From}) {
			return fact.Set{}, fmt.Errorf("%s %s cannot be renamed to %s", st.Key.Kind, st.From, st.Key.ID)
		}
		return fact.Words.Rename(s, map[fact.Key]string{{Kind: st.Key.Kind, ID: st.From}: st.Key.ID}), nil
	}
	if s.Has(st.Key) == (st.Action == Create) || s.Minus(st.Del).Len() != s.Len()-st.Del.Len() || s.Minus(st.Add).Len() != s.Len() {
		return fact.Set{}, fmt.Errorf("%s %s %s: the object is not as it was", st.Action, st.Key.Kind, st.Key.ID)
	}
	return s.Minus(st.Del).Plus(st.Add), nil
}

// Steps puts renames and changes in order: renames; then creates and updates,
// each kind after those it names; then deletes, the other way round (O1, E23).
// Objects of one kind that name each other come after those they name. Rows of
// an ordered field are changed in place, then appended, then deleted from the
// highest (O6).
func Steps(renames []Step, changes []fact.Change) []Step {
	rank := fact.Words.Rank()
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b fact.Change) int {
		return cmp.Or(cmp.Compare(rank[a.Key.Kind], rank[b.Key.Kind]), a.Key.Compare(b.Key))
	})
	changes = namedFirst(changes)
	steps := slices.Clone(renames)
	for _, c := range changes {
		switch {
		case exists(c.Add):
			steps = append(steps, Step{Action: Create, Key: c.Key, Add: c.Add})
		case !exists(c.Del):
			steps = append(steps, updates(c)...)
		}
	}
	for _, c := range slices.Backward(changes) {
		if exists(c.Del) {
			steps = append(steps, Step{Action: Delete, Key: c.Key, Del: c.Del})
		}
	}
	return steps
}

// exists reports whether the facts of an object say that it exists.
func exists(s fact.Set) bool { return s.Len() > 0 && s.At(0).Field == "" }

// updates are the steps of a change within an object, field by field. What
// stands in a part that comes or goes, such as a Primus account, does so with
// it: an account without its home schools would reach every school.
func updates(c fact.Change) []Step {
	var steps []Step
	kind := fact.Words.Kind(c.Key.Kind)
	del, add := byField(c.Del), byField(c.Add)
	for _, f := range kind.Fields {
		d, a := del[f.Name], add[f.Name]
		if f.Presence && len(d)+len(a) > 0 {
			for _, inside := range kind.Fields {
				if strings.HasPrefix(inside.Name, f.Name+".") {
					d, a = append(d, del[inside.Name]...), append(a, add[inside.Name]...)
					delete(del, inside.Name)
					delete(add, inside.Name)
				}
			}
		}
		switch {
		case len(d)+len(a) == 0:
		case f.Shape == fact.List:
			steps = append(steps, rows(c.Key, d, a)...)
		default:
			steps = append(steps, Step{Action: Update, Key: c.Key, Del: fact.Of(d...), Add: fact.Of(a...)})
		}
	}
	return steps
}

func byField(s fact.Set) map[string][]fact.Fact {
	fields := make(map[string][]fact.Fact)
	for _, f := range s.All() {
		fields[f.Field] = append(fields[f.Field], f)
	}
	return fields
}

// rows turns an ordered list into another (O6): rows that both have are set in
// place, rows that only the new one has are appended, and surplus rows go from
// the highest. As long as both lists have a row, no list in between is empty
// (R74: an empty Koulu means every school).
func rows(key fact.Key, del, add []fact.Fact) []Step {
	old := make(map[int]fact.Fact, len(del))
	for _, f := range del {
		old[f.Row] = f
	}
	var steps []Step
	for _, f := range add {
		st := Step{Action: Update, Key: key, Add: fact.Of(f)}
		if was, ok := old[f.Row]; ok {
			st.Del = fact.Of(was)
			delete(old, f.Row)
		}
		steps = append(steps, st)
	}
	for _, f := range slices.Backward(del) {
		if _, surplus := old[f.Row]; surplus {
			steps = append(steps, Step{Action: Update, Key: key, Del: fact.Of(f)})
		}
	}
	return steps
}

// namedFirst puts objects after objects of their own kind that they name, such
// as guardians after their children; everything else keeps its place.
func namedFirst(changes []fact.Change) []fact.Change {
	at := make(map[fact.Key]int)
	for i, c := range changes {
		if len(ownKind[c.Key.Kind]) > 0 && (exists(c.Add) || exists(c.Del)) {
			at[c.Key] = i
		}
	}
	if len(at) == 0 {
		return changes
	}
	out := make([]fact.Change, 0, len(changes))
	done := make([]bool, len(changes))
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		c := changes[i]
		for _, field := range ownKind[c.Key.Kind] {
			for _, id := range append(c.Add.Values(field), c.Del.Values(field)...) {
				if j, ok := at[fact.Key{Kind: c.Key.Kind, ID: id}]; ok {
					visit(j)
				}
			}
		}
		out = append(out, c)
	}
	for i := range changes {
		visit(i)
	}
	return out
}

// ownKind lists, by kind, the fields that name objects of the same kind.
var ownKind = func() map[string][]string {
	fields := make(map[string][]string)
	for _, k := range fact.Words.Kinds {
		for _, f := range k.Fields {
			if f.Ref == k.Name && !f.Loose {
				fields[k.Name] = append(fields[k.Name], f.Name)
			}
		}
	}
	return fields
}()
