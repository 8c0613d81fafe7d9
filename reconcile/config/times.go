package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/roster"
)

// times is what a tree knows of other days than its own.
type times struct {
	fsys  fs.FS
	opt   Options
	days  map[string]calendar.Day // the tree's own, by installation
	spans map[fact.Key]validity   // of documents
	turns map[string]turns

	split sync.Once
	still fact.Set // facts in force, of documents without a span
	timed fact.Set // of all documents with one, in force or not
}

// validity is when a document is in force; never, where it belongs to a card that
// is absent.
type validity struct {
	span   calendar.Span
	absent bool
}

// turn is a day at which memberships of a roster begin or end, and of how many
// people.
type turn struct{ joins, leaves int }

// turns are those of an installation.
type turns map[calendar.Day]*turn

func newTimes(fsys fs.FS, opt Options) *times {
	opt.Progress = nil
	return &times{fsys: fsys, opt: opt, spans: make(map[fact.Key]validity), turns: make(map[string]turns)}
}

// turnsOf are the turns of an installation, to be noted.
func (t *times) turnsOf(installation string) turns {
	if t.turns[installation] == nil {
		t.turns[installation] = make(turns)
	}
	return t.turns[installation]
}

// person notes when memberships of one person begin and end.
func (t turns) person(memberships []roster.Membership) {
	var begins, ends [4]calendar.Day // most people have no more
	begun, ended := begins[:0], ends[:0]
	for i := range memberships {
		span := &memberships[i].Span
		if span.Empty() {
			continue
		}
		if from := span.From; from != nil && !slices.Contains(begun, *from) {
			begun = append(begun, *from)
			t.on(*from).joins++
		}
		if to := span.To; to != nil && !slices.Contains(ended, *to) {
			ended = append(ended, *to)
			t.on(*to).leaves++
		}
	}
}

func (t turns) on(day calendar.Day) *turn {
	if t[day] == nil {
		t[day] = new(turn)
	}
	return t[day]
}

// sameRows reports whether on a day the same rows of all rosters are in force as
// on the tree's own.
func (t *times) sameRows(day calendar.Day) bool {
	for installation, turns := range t.turns {
		own := t.days[installation]
		for at := range turns {
			if min(own, day) < at && at <= max(own, day) {
				return false
			}
		}
	}
	return true
}

// DayError is a day on which the tree has errors that it does not have on its own
// day, such as a document about a person who is not in the roster any more.
type DayError struct {
	Day      calendar.Day
	Problems []plan.Finding
}

func (e *DayError) Error() string {
	return fmt.Sprintf("on %s the tree has errors", e.Day)
}

// ErrChanged says that the files of the tree are not those that were read first.
var ErrChanged = errors.New("files of the tree changed while they were read")

// On is the facts in force on a day, in all installations: Goal.Facts of the tree
// read at that day. Where only documents begin and end between the tree's day and
// that one, this is a walk over the facts. Where rows of a roster do, other people
// are there and rules give other groups, so the tree is read again; then the
// error may be a *DayError, ErrChanged or the machine's. With a *DayError come the
// facts all the same where its errors hide none.
//
// It may be called from several goroutines.
func (t *Tree) On(ctx context.Context, day calendar.Day) (fact.Set, error) {
	if t.Goal == nil {
		return fact.Set{}, errors.New("a tree with errors has no facts")
	}
	if err := ctx.Err(); err != nil {
		return fact.Set{}, err
	}
	if !t.times.sameRows(day) {
		then, err := t.again(ctx, day)
		if then == nil || then.Goal == nil {
			return fact.Set{}, err
		}
		return then.Goal.Facts, err
	}
	return t.times.on(t.Goal, day), nil
}

// on is what is in force on a day on which the rosters say the same.
func (t *times) on(goal *plan.Goal, day calendar.Day) fact.Set {
	hasSpan := func(key fact.Key) bool {
		_, ok := t.spans[fact.Words.Root(key)]
		return ok
	}
	t.split.Do(func() {
		both := fact.Align(goal.Facts, goal.Dormant)
		t.timed = both[0].Where(hasSpan).Plus(both[1].Where(hasSpan))
		t.still = both[0].Where(func(key fact.Key) bool { return !hasSpan(key) })
	})
	return t.still.Plus(t.timed.Where(func(key fact.Key) bool {
		v := t.spans[fact.Words.Root(key)]
		return !v.absent && v.span.Holds(day)
	}))
}

// again reads the tree at another day.
func (t *Tree) again(ctx context.Context, day calendar.Day) (*Tree, error) {
	opt, at := t.times.opt, calendar.On(day)
	opt.At, opt.again = &at, true
	then, err := Load(ctx, t.times.fsys, opt)
	switch {
	case err != nil:
		return nil, err
	case then.Refused():
		return then, &DayError{day, then.Problems}
	case !slices.Equal(t.Goal.Inputs, then.Goal.Inputs):
		return nil, ErrChanged
	}
	return then, nil
}

// Boundary is a day on which something begins or ends. What ends is in force for
// the last time on the day before.
type Boundary struct {
	Day    calendar.Day
	Begins []fact.Key // documents, sorted
	Ends   []fact.Key
	Joins  int // people of rosters with a membership that begins
	Leaves int // people of rosters with a membership that ends
}

// Only is the tree without objects that are not wanted, as far as On and Horizon speak
// of it: a part of a large tree is asked about many days faster than the whole.
func (t *Tree) Only(wanted func(object fact.Key) bool) *Tree {
	keep := func(key fact.Key) bool { return wanted(fact.Words.Root(key)) }
	part, goal, times := *t, *t.Goal, *newTimes(t.times.fsys, t.times.opt)
	goal.Facts, goal.Dormant, goal.Initial = goal.Facts.Where(keep), goal.Dormant.Where(keep), goal.Initial.Where(keep)
	goal.External = slices.DeleteFunc(slices.Clone(goal.External), func(key fact.Key) bool { return !wanted(key) })
	times.days, times.spans, times.turns = t.times.days, t.times.spans, t.times.turns
	part.Goal, part.times = &goal, &times
	return &part
}

// Spans are the documents that say from when or until when they hold.
func (t *Tree) Spans() iter.Seq[fact.Key] { return maps.Keys(t.times.spans) }

// SameSpan reports whether a document holds at the same times in both trees.
func (t *Tree) SameSpan(o *Tree, key fact.Key) bool {
	a, here := t.times.spans[key]
	b, there := o.times.spans[key]
	return here == there && a.absent == b.absent && sameDay(a.span.From, b.span.From) && sameDay(a.span.To, b.span.To)
}

func sameDay(a, b *calendar.Day) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Horizon is how far time is looked at: from the tree's day until a day that is
// no longer looked at, as lupa.yaml says.
func (t *Tree) Horizon() (from, until calendar.Day) {
	if t.Goal == nil {
		return 0, 0
	}
	return t.Goal.At, t.Goal.At + calendar.Day(t.Project.HorizonDays)
}

// Boundaries are the days after from and before until on which something begins
// or ends, in their order: between two of them every day has the same facts. They
// say what documents declare: one about a person who is absent has its days too.
func (t *Tree) Boundaries(from, until calendar.Day) []Boundary {
	all := make(map[calendar.Day]*Boundary)
	at := func(day calendar.Day) *Boundary {
		if all[day] == nil {
			all[day] = &Boundary{Day: day}
		}
		return all[day]
	}
	within := func(day *calendar.Day) bool { return day != nil && from < *day && *day < until }
	for key, v := range t.times.spans {
		if within(v.span.From) {
			b := at(*v.span.From)
			b.Begins = append(b.Begins, key)
		}
		if within(v.span.To) {
			b := at(*v.span.To)
			b.Ends = append(b.Ends, key)
		}
	}
	for _, turns := range t.times.turns {
		for day, turn := range turns {
			if within(&day) {
				b := at(day)
				b.Joins, b.Leaves = b.Joins+turn.joins, b.Leaves+turn.leaves
			}
		}
	}
	boundaries := make([]Boundary, 0, len(all))
	for _, b := range slices.SortedFunc(maps.Values(all), func(a, b *Boundary) int { return cmp.Compare(a.Day, b.Day) }) {
		slices.SortFunc(b.Begins, fact.Key.Compare)
		slices.SortFunc(b.Ends, fact.Key.Compare)
		boundaries = append(boundaries, *b)
	}
	return boundaries
}
