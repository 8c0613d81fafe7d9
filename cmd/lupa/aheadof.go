package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/report"
	"github.com/lupa-dev/lupa/schema/source"
)

// daysAhead is what differs between two trees on days ahead and not as it does on
// their own day: what a change brings or takes later, or for a time only.
func (a *app) daysAhead(ctx context.Context, t, old *config.Tree) ([]plan.Ahead, error) {
	turns, rosters := turning(t, old)
	if len(turns) == 0 {
		return []plan.Ahead{}, nil
	}
	if !rosters {
		about := involved(t, old, turns)
		t, old = t.Only(about), old.Only(about)
	}
	return a.compareDays(ctx, t, old, turns)
}

func (a *app) compareDays(ctx context.Context, t, old *config.Tree, turns []config.Boundary) ([]plan.Ahead, error) {
	days := []calendar.Day{t.Goal.At}
	for _, b := range turns {
		days = append(days, b.Day)
	}
	days = slices.Compact(days)
	bar := a.progress("comparing days")
	defer bar.end()
	w := &follower{running: make(map[string][]stretch), several: len(t.Goal.Installations) > 1, origin: t.Goal.Origin}
	is, was := holding{tree: t}, holding{tree: old}
	for i, day := range days {
		bar.update(i, len(days))
		base, _, err := was.on(ctx, day)
		if err != nil {
			return nil, fail(err)
		}
		facts, broken, err := is.on(ctx, day)
		if err != nil {
			return nil, fail(err)
		}
		if broken {
			hclog.FromContext(ctx).Warn("on a day ahead the tree has errors; see lupa validate --at", "day", day.String())
		}
		w.look(i, difference(t, old, facts, base))
	}
	return w.ahead(days), nil
}

// holding is what a target holds that a tree is applied to day by day.
type holding struct {
	tree  *config.Tree
	facts fact.Set
}

// on is what is held on a day, and whether the tree has errors then. Where they hide
// what it means, what was in force before stays.
func (h *holding) on(ctx context.Context, day calendar.Day) (facts fact.Set, broken bool, err error) {
	facts, err = h.tree.On(ctx, day)
	refused := new(config.DayError)
	if broken = errors.As(err, &refused); broken {
		err = nil
	}
	if !broken || facts.Len() > 0 {
		h.facts = facts
	}
	return h.facts, broken, err
}

// difference is who may do otherwise by what is in force in a tree than by what is
// in the old one.
func difference(t, old *config.Tree, facts, held fact.Set) *access.Effect {
	goal, base := *t.Goal, *old.Goal
	goal.Facts, base.Facts = facts, held
	before, after, _ := plan.Tables(&goal, plan.Held(&goal, &base))
	return access.Compare(before, after)
}

// turning is what begins or ends in either tree until the further horizon, sorted by
// day, as far as it may matter to what differs between them; rosters is whether rows
// of a roster are among it.
func turning(t, old *config.Tree) (turns []config.Boundary, rosters bool) {
	from, until := t.Horizon()
	if _, far := old.Horizon(); far > until { // who shortens the horizon hides nothing by it
		until = far
	}
	touches := touching(t, old)
	for _, b := range slices.Concat(t.Boundaries(from, until), old.Boundaries(from, until)) {
		rosters = rosters || b.Joins+b.Leaves > 0
		if b.Joins+b.Leaves > 0 || slices.ContainsFunc(b.Begins, touches) || slices.ContainsFunc(b.Ends, touches) {
			turns = append(turns, b)
		}
	}
	slices.SortStableFunc(turns, func(a, b config.Boundary) int { return int(a.Day) - int(b.Day) })
	return turns, rosters
}

// involved tells which objects have to do with what begins and ends: all but other
// people, and what is said of them for a time. Every document with a time is about
// people, and what others may do stays as it is on the first day.
func involved(t, old *config.Tree, turns []config.Boundary) func(fact.Key) bool {
	timed, people := make(map[fact.Key]bool), make(map[string]bool)
	for _, b := range turns {
		for _, key := range slices.Concat(b.Begins, b.Ends) {
			timed[key] = true
		}
	}
	sides := []fact.Set{old.Goal.Declared(), t.Goal.Declared()}
	for _, side := range sides {
		for key := range timed {
			for _, f := range side.Object(key).All() {
				if side.Has(fact.Key{Kind: "Person", ID: f.Value}) {
					people[f.Value] = true
				}
			}
		}
		for key, record := range side.Kind("SubstitutedProfile").Objects() {
			if timed[fact.Words.Root(key)] {
				people[record.Value("absent")], people[record.Value("substitute")] = true, true
			}
		}
	}
	families(sides, people)
	for _, side := range sides { // whatever else is said of them
		for key, object := range side.Objects() {
			if k := fact.Words.Kind(key.Kind); k.Spans == nil {
				continue
			}
			for _, f := range object.All() {
				timed[key] = timed[key] || people[f.Value]
			}
		}
	}
	return func(object fact.Key) bool {
		switch {
		case object.Kind == "Person":
			return people[object.ID]
		case fact.Words.Kind(object.Kind).Spans != nil:
			return timed[object]
		}
		return true
	}
}

// families adds the guardians of children, and all their children.
func families(sides []fact.Set, people map[string]bool) {
	for _, side := range sides {
		for key, person := range side.Kind("Person").Objects() {
			children := person.Values("children")
			if slices.ContainsFunc(children, func(child string) bool { return people[child] }) {
				people[key.ID] = true
			}
			if people[key.ID] {
				for _, child := range children {
					people[child] = true
				}
			}
		}
	}
}

// touching tells of a document with a time whether what it says may have to do with
// what differs between two trees: it differs itself, or it and what differs are about
// the same object, or about objects that refer to the same.
func touching(t, old *config.Tree) func(fact.Key) bool {
	sides := fact.Align(old.Goal.Declared(), t.Goal.Declared())
	touched := make(map[string]bool) // ids
	everything := false
	for _, c := range fact.Diff(sides[0], sides[1]) {
		root := fact.Words.Root(c.Key)
		touched[root.ID] = true
		for _, side := range []fact.Set{c.Del, c.Add} {
			for _, f := range side.All() {
				touched[f.Value] = true
			}
		}
		everything = everything || root.Kind == "Installation" || root.Kind == "RightsCatalogue"
	}
	if everything || len(touched) == 0 && !spansDiffer(t, old) {
		return func(fact.Key) bool { return everything }
	}
	refers(sides, touched)
	return func(key fact.Key) bool {
		if touched[key.ID] || !t.SameSpan(old, key) {
			return true
		}
		for _, side := range sides {
			for _, f := range side.Object(key).All() {
				if touched[f.Value] {
					return true
				}
			}
		}
		return false
	}
}

// maxHops is how far references lead to a person: a group is named by a school, a
// school by a class, a class by a student, and a student by a guardian.
const maxHops = 4

// refers adds the objects that refer to what is touched, and those that refer to
// them.
func refers(sides []fact.Set, touched map[string]bool) {
	for range maxHops {
		more := make(map[string]bool)
		for _, side := range sides {
			for _, f := range side.All() {
				if touched[f.Value] && f.Field != "" && !touched[f.ID] {
					more[f.ID] = true
				}
			}
		}
		if len(more) == 0 {
			return
		}
		maps.Copy(touched, more)
	}
}

// spansDiffer reports whether a document is in force at other times.
func spansDiffer(t, old *config.Tree) bool {
	for key := range t.Spans() {
		if !t.SameSpan(old, key) {
			return true
		}
	}
	for key := range old.Spans() {
		if !t.SameSpan(old, key) {
			return true
		}
	}
	return false
}

// follower follows differences from day to day.
type follower struct {
	several bool
	origin  func(fact.Fact) []source.Pos
	running map[string][]stretch // by what differs
	over    []lapse
	seen    []*access.Effect
}

// stretch are places at which something differs since one of the days.
type stretch struct {
	places []string // sorted
	begin  int
}

// lapse is a difference that began on one day and was over on another.
type lapse struct {
	what string
	stretch
	over int
}

// look takes in what differs on a day. Every place counts by itself: one at which
// something goes on to differ is not told anew because others join it.
func (w *follower) look(day int, e *access.Effect) {
	now := make(map[string][]string)
	for i := range e.Shifts {
		s := &e.Shifts[i]
		eachOf(s, func(what string, _ access.Who, _ string) {
			if now[what] == nil {
				now[what] = s.Places
				return
			}
			now[what] = slices.Compact(slices.Sorted(slices.Values(slices.Concat(now[what], s.Places))))
		})
	}
	for i := range e.Templates {
		eachTemplate(&e.Templates[i], func(what, _ string) { now[what] = nowhere })
	}
	for what, stretches := range w.running {
		var left []stretch
		for _, s := range stretches {
			stays, goes := split(s.places, now[what])
			if len(goes) > 0 {
				w.over = append(w.over, lapse{what, stretch{goes, s.begin}, day})
			}
			if len(stays) > 0 {
				left = append(left, stretch{stays, s.begin})
			}
			_, now[what] = split(now[what], stays)
		}
		w.running[what] = left
	}
	for what, fresh := range now {
		if len(fresh) > 0 {
			w.running[what] = append(w.running[what], stretch{fresh, day})
		}
	}
	w.seen = append(w.seen, e)
}

// nowhere are the places of what is followed whole, with its places.
var nowhere = []string{""}

// split parts sorted places into those that are among others, and those that are not.
func split(places, others []string) (among, apart []string) {
	if slices.Equal(places, others) {
		return places, nil
	}
	for _, place := range places {
		if _, ok := slices.BinarySearch(others, place); ok {
			among = append(among, place)
		} else {
			apart = append(apart, place)
		}
	}
	return among, apart
}

// eachOf calls for every person and right of a shift, with a key of what differs.
func eachOf(s *access.Shift, yield func(what string, who access.Who, right string)) {
	sort := "\x00"
	if s.Gained {
		sort += "+"
	}
	if s.Level {
		sort += "~"
	}
	for _, right := range s.Rights {
		for _, who := range s.People {
			yield(who.Person+"\x00"+who.Child+"\x00"+right+sort, who, right)
		}
	}
}

func eachTemplate(s *access.TemplateShift, yield func(what, person string)) {
	rest := "\x00" + strings.Join(s.Templates, "\x01") + "\x00" + strings.Join(s.Places, "\x01")
	for _, a := range s.Actions {
		rest += "\x00" + string(a)
	}
	if s.Gained {
		rest += "+"
	}
	for _, person := range s.People {
		yield(person+rest, person)
	}
}

// ahead is what differs later, or for a time only, by those times.
func (w *follower) ahead(days []calendar.Day) []plan.Ahead {
	spans := make(map[[2]int]map[string][]string) // places, by what differs
	add := func(what string, s stretch, over int) {
		if s.begin == 0 && over == len(days) {
			return // it is there today, and stays: the effect tells it
		}
		is := [2]int{s.begin, over}
		if spans[is] == nil {
			spans[is] = make(map[string][]string)
		}
		spans[is][what] = s.places
	}
	for _, p := range w.over {
		add(p.what, p.stretch, p.over)
	}
	for what, stretches := range w.running {
		for _, s := range stretches {
			add(what, s, len(days))
		}
	}
	all := []plan.Ahead{}
	for _, is := range slices.SortedFunc(maps.Keys(spans), func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) }) {
		part := partOf(w.seen[is[0]], spans[is])
		a := plan.Ahead{From: days[is[0]], Gained: part.Gained, Lost: part.Lost}
		if is[1] < len(days) {
			a.Until = &days[is[1]]
		}
		a.Effect, _, a.Templates = plan.Effects(part, w.several, report.English().Reason, w.origin)
		all = append(all, a)
	}
	return all
}

// partOf is the part of an effect that some of what differs makes up.
func partOf(e *access.Effect, what map[string][]string) *access.Effect {
	part := &access.Effect{}
	gaining, losing := make(map[string]bool), make(map[string]bool)
	for i := range e.Shifts {
		s := &e.Shifts[i]
		people := make(map[has][]access.Who)
		for who, all := range hadOf(s, what) {
			for _, is := range all {
				people[is] = append(people[is], who)
			}
			switch {
			case s.Level:
			case s.Gained:
				gaining[who.Person] = true
			default:
				losing[who.Person] = true
			}
		}
		for _, of := range slices.SortedFunc(maps.Keys(people), func(a, b has) int {
			return cmp.Or(strings.Compare(a.rights, b.rights), strings.Compare(a.places, b.places))
		}) {
			is := *s
			is.Rights, is.Places, is.People = strings.Split(of.rights, "\x00"), strings.Split(of.places, "\x00"), people[of]
			part.Shifts = append(part.Shifts, is)
		}
	}
	for i := range e.Templates {
		s := e.Templates[i]
		s.People = nil
		eachTemplate(&e.Templates[i], func(key, person string) {
			if what[key] != nil {
				s.People = append(s.People, person)
			}
		})
		if len(s.People) > 0 {
			part.Templates = append(part.Templates, s)
		}
	}
	part.Gained, part.Lost = len(gaining), len(losing)
	return part
}

// has are rights of a shift, and the places at which somebody has all of them.
type has struct{ rights, places string }

// hadOf goes over the people of a shift, in their order, with what some of what
// differs makes up of it.
func hadOf(s *access.Shift, what map[string][]string) iter.Seq2[access.Who, []has] {
	rights := make(map[access.Who]map[string][]string) // by places
	eachOf(s, func(key string, who access.Who, right string) {
		places, _ := split(s.Places, what[key])
		if len(places) == 0 {
			return
		}
		if rights[who] == nil {
			rights[who] = make(map[string][]string)
		}
		at := strings.Join(places, "\x00")
		rights[who][at] = append(rights[who][at], right)
	})
	return func(yield func(access.Who, []has) bool) {
		for _, who := range s.People {
			var all []has
			for at, of := range rights[who] {
				all = append(all, has{strings.Join(of, "\x00"), at})
			}
			if len(all) > 0 && !yield(who, all) {
				return
			}
		}
	}
}
