package plan

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// Since is what a tree is held against in a review: what it was at another
// revision. There is no target between the two, so what a review shows follows from
// documents and rosters alone.
type Since struct {
	Revision string `json:"revision"` // as it was asked for
	Commit   string `json:"commit"`
	Head     string `json:"head,omitempty"`  // the commit that the tree is, where it is one
	Empty    bool   `json:"empty,omitempty"` // the tree was not there yet

	// Ahead is what differs on days ahead, and not already on those before: who may
	// do what from a day on.
	Ahead []Ahead `json:"ahead"`

	// Judging are the documents that change and never reach a target: they say how
	// lupa judges.
	Judging []Change `json:"judging"`
}

// Ahead is what differs from one day to before another. Where Until is missing, as
// far as is looked at.
type Ahead struct {
	From      calendar.Day     `json:"from"`
	Until     *calendar.Day    `json:"until,omitempty"`
	Gained    int              `json:"gained"` // persons
	Lost      int              `json:"lost"`
	Effect    []Effect         `json:"effect"`
	Templates []TemplateEffect `json:"templates"`
}

// Review is what changes from one goal to another: a plan for a target that holds
// what base declares, and nothing else. Where base is nil all is new. It has no
// target, no steps and no hash, and is never applied.
//
// The brakes, delegations and logins are those of the base: whoever may change them
// does not let pass by it what they are there for. Of two guards the stricter counts.
func Review(goal, base *Goal, version string, since Since) *Plan {
	judged := *goal
	var rulings []Ruling
	if base != nil {
		judged.Guard = policy.Stricter(base.Guard, goal.Guard)
		judged.Delegations, judged.Logins = base.Delegations, base.Logins
		rulings = base.Rulings
	}
	since.Judging = judging(rulings, goal.Rulings)
	p := propose(&judged, "", version, Held(goal, base), &since)
	p.Kind = "review"
	p.Drift, p.Hash, p.Acknowledge = nil, "", []string{}
	p.documents(judged, base)
	if base != nil {
		p.markKnown(base.Findings)
	}
	return p
}

// documents are what changes in the documents, whether they are in force or not:
// what begins beyond the days that are looked at changes nothing that a plan shows,
// and nobody would ever look at it again.
func (p *Plan) documents(goal Goal, base *Goal) {
	goal.Facts, goal.Dormant = goal.Facts.Plus(goal.Dormant), fact.Set{}
	snap := fact.Snapshot{}
	if base != nil {
		snap = held(&goal, base.Declared())
	}
	m, renames := begin(&goal, snap)
	p.Changes = m.changes(fact.Diff(m.have, m.want), renames)
	all := summarize(p)
	p.Summary.Create, p.Summary.Update, p.Summary.Delete, p.Summary.Rename = all.Create, all.Update, all.Delete, all.Rename
	p.Titles, p.People = m.titles(p), m.people(p)
}

// Same reports whether a review found nothing that differs, now or later.
func (p *Plan) Same() bool {
	return len(p.Changes) == 0 && p.Empty() && (p.Since == nil || len(p.Since.Ahead)+len(p.Since.Judging) == 0)
}

// Held is what a target would hold that base was applied to.
func Held(goal, base *Goal) fact.Snapshot {
	if base == nil {
		return fact.Snapshot{}
	}
	return held(goal, base.Alone())
}

func held(goal *Goal, all fact.Set) fact.Snapshot {
	now := all.Where(goal.View.Sees)
	return fact.Snapshot{Now: now, Last: now, Beyond: all.Without(now), Serial: 1}
}

// judging is what changes in how lupa judges.
func judging(before, after []Ruling) []Change {
	type is struct{ kind, name string }
	says := make(map[is][2]map[string]any)
	for i, rulings := range [2][]Ruling{before, after} {
		for _, r := range rulings {
			both := says[is{r.Kind, r.Name}]
			both[i] = r.Says
			says[is{r.Kind, r.Name}] = both
		}
	}
	changes := []Change{}
	for ruling, both := range says {
		c := Change{Action: string(order.Update), Kind: ruling.kind, Name: ruling.name, Fields: []FieldChange{}}
		switch {
		case both[0] == nil:
			c.Action = string(order.Create)
		case both[1] == nil:
			c.Action = string(order.Delete)
		}
		keys := slices.Concat(slices.Collect(maps.Keys(both[0])), slices.Collect(maps.Keys(both[1])))
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			if f := (FieldChange{Field: key, Before: both[0][key], After: both[1][key]}); !reflect.DeepEqual(f.Before, f.After) {
				c.Fields = append(c.Fields, f)
			}
		}
		if len(c.Fields) > 0 || c.Action != string(order.Update) {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Kind+" "+a.Name, b.Kind+" "+b.Name) })
	return changes
}

// markKnown marks the findings that the base has as well.
func (p *Plan) markKnown(before []Finding) {
	known := make(map[string]int)
	for _, f := range before {
		known[f.identity()]++
	}
	for i, f := range p.Findings {
		if known[f.identity()] > 0 {
			known[f.identity()]--
			p.Findings[i].Known = true
		}
	}
}

// identity is what makes a finding the same in another revision: not its place.
func (f Finding) identity() string {
	data, _ := json.Marshal([]any{f.Code, f.Case, f.Severity, f.Args, f.Subject}) // text has a JSON form
	return string(data)
}

// ReviewJSON is the review as scripts read it: the shape of a plan without target,
// steps, drift and hash, with what it is held against.
func (p *Plan) ReviewJSON() ([]byte, error) {
	members, err := p.members()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"target", "steps", "drift", "hash", "record"} {
		delete(members, name)
	}
	since, err := shortMembers(p.Since)
	if err != nil {
		return nil, err
	}
	members["since"] = ready(join(since))
	return members.join()
}
