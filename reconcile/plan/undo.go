package plan

import (
	"cmp"
	"maps"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Undo is the goal to bring back what lupa had left in a target. No document
// declares it; how it is judged, and what is none of lupa's business, the documents
// say as for any plan, and the access rules are held against it on the day.
//
// What was renamed since gets its name back, so that people keep what hangs on it.
// What lupa took over from others, or removed, is theirs again, as it was. What the
// documents declare as kept elsewhere is left alone, but for stubs.
func (g *Goal) Undo(past *target.Past) *Goal {
	u := &Goal{
		Project: g.Project, View: g.View, At: g.At, TimeZone: g.TimeZone, Inputs: []Input{},
		Weights: g.Weights, Actor: g.Actor, Author: g.Author, Logins: g.Logins, Guard: g.Guard, Say: g.Say,
		Undone: past.Entry.ID, Days: maps.Clone(g.Days),
	}
	var elsewhere fact.Builder
	for _, key := range g.External {
		elsewhere.Add(fact.Fact{Key: key})
	}
	external := past.Then(elsewhere.Set())
	for key := range external.Objects() {
		u.External = append(u.External, key)
	}
	last := past.Last.Where(g.View.Sees)
	u.Facts = last.Where(func(k fact.Key) bool { return !external.Has(fact.Words.Root(k)) })
	u.Initial = last.Where(func(k fact.Key) bool { return external.Has(k) && last.Object(k).Value("external") != "" })
	u.Released = past.Others.Where(func(k fact.Key) bool { return g.View.Sees(k) && !external.Has(fact.Words.Root(k)) })
	for _, r := range past.Names {
		if key := (fact.Key{Kind: r.Kind, ID: r.From}); u.Facts.Has(key) || u.Initial.Has(key) || u.Released.Has(key) {
			u.Renames = append(u.Renames, Renaming{Key: key, From: []string{r.To}})
		}
	}
	for key := range u.Facts.Kind("Installation").Objects() {
		u.Installations = append(u.Installations, key.ID)
		if _, known := u.Days[key.ID]; !known {
			if u.Days == nil {
				u.Days = make(map[string]calendar.Day)
			}
			u.Days[key.ID] = g.At
		}
	}
	u.hold(g)
	return u
}

// hold holds a goal against the access rules of another, on the day.
func (g *Goal) hold(by *Goal) {
	if len(by.AccessRules) == 0 {
		return
	}
	first, last := g.At, g.At
	for _, day := range g.Days {
		first, last = min(first, day), max(last, day)
	}
	s := policy.Stretch{From: first, Until: last + 1, Facts: g.Alone(), Spans: make(map[fact.Key]calendar.Span)}
	s.Documents, s.Table = []fact.Set{s.Facts}, access.Load(s.Facts)
	for key := range s.Facts.Objects() {
		s.Spans[fact.Words.Root(key)] = calendar.Span{} // all of it is in force
	}
	w := policy.NewWatch(by.AccessRules, g.Days, s.Until, len(g.Installations) > 1)
	w.Look(s)
	for _, b := range w.Breaches() {
		f := by.Locate(b.Finding)
		f.Severity = cmp.Or(b.Severity, f.Severity)
		heard, silenced := by.Judge([]Finding{f})
		g.Findings, g.Silenced = append(g.Findings, heard...), g.Silenced+silenced
	}
}

// Compare tells what happened between two states of a target, both under the names
// of after, as a plan tells what will.
func Compare(before, after fact.Set, renames []target.Rename) []Change {
	var steps []order.Step
	for _, r := range renames {
		steps = append(steps, order.Step{Action: order.Rename, Key: fact.Key{Kind: r.Kind, ID: r.To}, From: r.From})
	}
	aligned := fact.Align(before, after)
	m := &maker{goal: &Goal{}, have: aligned[0], want: aligned[1], last: aligned[0]}
	m.several = m.severalInstallations()
	return m.changes(fact.Diff(m.have, m.want), steps)
}
