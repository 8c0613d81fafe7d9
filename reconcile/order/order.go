// Package order turns changes into steps that are safe after every step.
//
//	order.Steps(nil, have, want)
//
// A target may stop between any two steps, and people work while it runs. What
// order matters for is said in [Rules], one row for each of O1 to O16; a row
// cuts changes into steps, says which steps wait for which, or names the room
// that carries it out. A step knows what it waits for ([Step.After]) and nothing
// else: what is not related to a step that fails goes on without it ([Skipped]).
//
// After every step, whatever changes: each reference has its object, no list of
// schools and no list of holders is empty that was not and will not be.
//
// What people may do on the way is what they could before or can afterwards. A
// change is cut into what takes away and what gives, and what takes away comes
// first (O13). Only what a right that stays hangs on is held back until its
// replacement is there (O5), and there a widening is possible: where a group takes
// over a right that some member is about to lose by another way, that member may
// have the right of both ways for a moment. Where rules contradict each other,
// the one that comes later in Precedence gives way. So the way between two states
// without a right that moves has no widening, and a right that stays has no gap
// but for the swap of rows of one list (O6) and what gave way.
//
// Not promised is what hangs on a single field that gates many rights: the version
// of a product (O11), the kind of a person, the place of a unit in its tree, the
// reach of a role. What people may do with templates follows the rules for holders
// and sharing, and is not looked at beyond that.
//
// A person or an override that goes, and has something that takes rights away, is
// first stripped of what gives them, in a step of its own.
package order

import (
	"fmt"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Action is what a step does.
type Action string

const (
	Rename Action = "rename" // Key takes the place of From; what named From names Key
	Create Action = "create" // Add is the whole object
	Update Action = "update" // Del goes and Add comes, within one object
	Delete Action = "delete" // Del is the whole object
)

// Step is one thing that a target does whole or not at all.
type Step struct {
	Action Action
	Key    fact.Key
	From   string // Rename: the old id
	Del    fact.Set
	Add    fact.Set
	After  []int // the steps that this one waits for, by their places in the list; each is before it
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

// Steps are the renames and the way from one state to another, both under the new
// names. Equal states make equal steps.
func Steps(renames []Step, have, want fact.Set) []Step { return steps(Rules, renames, have, want) }

func steps(rules []Rule, renames []Step, have, want fact.Set) []Step {
	return prepare(rules, renames, have, want).sorted()
}

// prepare cuts the changes and asks every rule.
func prepare(rules []Rule, renames []Step, have, want fact.Set) *maker {
	m := newMaker(rules, renames, have, want)
	changes := fact.Diff(m.have, m.want)
	m.nodes, m.edges = make([]node, 0, len(changes)+len(changes)/8), make([]edge, 0, 2*len(changes))
	for _, c := range changes {
		m.cut(c)
	}
	m.begin()
	for i := range rules {
		if rules[i].wait != nil {
			m.code = slices.Index(Precedence, rules[i].Code)
			rules[i].wait(m)
		}
	}
	return m
}

// Skipped are the steps that are left out because of steps that failed: those
// that wait for one of them, or for one that is left out (O13). Both are places
// in the list of steps, in order.
func Skipped(steps []Step, failed ...int) []int {
	out := make([]bool, len(steps))
	for _, i := range failed {
		out[i] = true
	}
	var skipped []int
	for i, st := range steps {
		if !out[i] && slices.ContainsFunc(st.After, func(j int) bool { return out[j] }) {
			out[i] = true
			skipped = append(skipped, i)
		}
	}
	return skipped
}
