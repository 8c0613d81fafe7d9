package reconcile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// confirming is an apply by somebody who confirms all that the plan does.
func confirming(p *plan.Plan) reconcile.Run {
	return reconcile.Run{Acknowledged: acknowledgements(p.Acknowledge)}
}

func acknowledgements(texts []string) (all []plan.Acknowledgement) {
	for _, text := range texts {
		a, err := plan.ParseAcknowledgement(text)
		if err != nil {
			panic(err)
		}
		all = append(all, a)
	}
	return all
}

// TestBrakes: an apply refuses a plan whose brakes are not all acknowledged, and
// leaves the target as it was; once all are it goes through, and a plan that was
// applied needs nobody's word any more.
func TestBrakes(t *testing.T) {
	m, p := municipality(t)
	applied(t, m, p)
	back := propose(t, m, goalOf(t, base, ""))
	if len(back.Brakes) == 0 || back.Refused() {
		t.Fatalf("taking everything back: %q", tell(back))
	}
	before := read(t, m)
	for chosen := range 1<<len(back.Acknowledge) - 1 {
		var some []string
		for i, text := range back.Acknowledge {
			if chosen&(1<<i) != 0 {
				some = append(some, text)
			}
		}
		if _, err := reconcile.Apply(t.Context(), back, m, reconcile.Run{Acknowledged: acknowledgements(some)}); !errors.Is(err, plan.ErrBraked) {
			t.Errorf("%q of %q was acknowledged: %v", some, back.Acknowledge, err)
		}
	}
	unchanged(t, m, before)
	applied(t, m, back)
	if outcome, err := reconcile.Apply(t.Context(), back, m, reconcile.Run{}); err != nil || !outcome.Already {
		t.Errorf("applied again: %+v, %v", outcome, err)
	}
}

// TestWhatBrakes: what is counted, and what is not, of plans for a target that
// holds what the first tree declares.
func TestWhatBrakes(t *testing.T) {
	const (
		office = `
Installation m {system: inschool, multiPrimus: true}
RightsCatalogue m {rights: [{key: wilma.x}, {key: wilma.hi, sensitivity: high, family: hi, rank: 2}, {key: wilma.lo, sensitivity: high, family: hi, rank: 1}, {key: wilma.crit, sensitivity: critical, family: crit, rank: 2}, {key: wilma.less, sensitivity: critical, family: crit, rank: 1}]}
School a
School b
UserGroup x {wilma: [wilma.x]}
UserGroup hi {wilma: [wilma.hi]}
UserGroup lo {wilma: [wilma.lo]}
UserGroup crit {wilma: [wilma.crit]}
UserGroup less {wilma: [wilma.less]}
Person t-1 {kind: teacher, schools: [a], groups: [x]}
Person t-2 {kind: teacher, schools: [a], groups: [x]}
Person t-3 {kind: teacher, schools: [b], groups: [x]}
Person t-4 {kind: teacher, schools: [b], groups: [x]}
Person t-5 {kind: teacher, schools: [a, b], groups: [hi]}
`
		tick = "PersonOverride o {person: t-1, grant: [wilma.hi], reason: r}\n"
	)
	with := func(changes ...string) string { return strings.NewReplacer(changes...).Replace(office) }
	for _, c := range []struct {
		what, before, after, at string
		want                    []string
	}{
		{what: "nothing", before: office, after: office},
		{what: "three lose a right", before: office, after: with("t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a]}",
			"Person t-2 {kind: teacher, schools: [a], groups: [x]}\n", "", "Person t-3 {kind: teacher, schools: [b], groups: [x]}\n", "")},
		{what: "four do", before: office, after: with("groups: [x]", "groups: []"), want: []string{"removals=4"}},
		{what: "a card without any right goes too", before: office + "Person t-6 {kind: teacher, schools: [a]}\n", after: with("t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a]}",
			"Person t-2 {kind: teacher, schools: [a], groups: [x]}\n", "", "Person t-3 {kind: teacher, schools: [b], groups: [x]}\n", ""), want: []string{"removals=4"}},
		{what: "four gain nothing, for surveys are off", before: office, after: with("x {wilma: [wilma.x]}", "x {wilma: [wilma.x, wilma.surveys.addPublicSurvey]}")},
		{what: "four gain", before: office, after: with("x {wilma: [wilma.x]}", "x {wilma: [wilma.x, wilma.lo]}"), want: []string{"gains=4"}},
		{what: "the last with a right of class high", before: office, after: with("groups: [hi]", "groups: []"), want: []string{"holders=2"}},
		{what: "and another has it in one of two schools", before: office, after: with("groups: [hi]", "groups: []", "t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a], groups: [x, hi]}"), want: []string{"holders=1"}},
		{what: "another level of the same is not lost", before: office, after: with("groups: [hi]", "groups: [lo]")},
		{what: "in one of two schools somebody else keeps another level", before: with("t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a], groups: [x, hi]}"),
			after: with("groups: [hi]", "groups: []", "t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a], groups: [x, lo]}"), want: []string{"holders=1"}},
		{what: "a critical right gives way to a lesser one of its family", before: with("t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a], groups: [crit]}"),
			after: with("t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a], groups: [less]}")},
		{what: "a school goes with it", before: office, after: with("School b\n", "", "schools: [b]", "schools: [a]", "schools: [a, b]", "schools: [a]"), want: []string{"holders=1"}},
		{what: "one gains a critical right", before: office, after: with("t-1 {kind: teacher, schools: [a], groups: [x]}", "t-1 {kind: teacher, schools: [a], groups: [x, crit]}"), want: []string{"sensitive.critical=1"}},
		{what: "the last of a kind", before: office + tick, after: office, want: []string{"removals.PersonOverride=1"}},
		{what: "another comes in its place", before: office + tick, after: office + strings.Replace(tick, "Override o", "Override p", 1)},
		{what: "under another name", before: office + tick, after: office + strings.Replace(tick, "Override o", "Override p < o", 1)},
		{what: "it comes to its end, as somebody wrote down", before: office + strings.Replace(tick, "reason: r", "reason: r, validTo: 2026-04-01", 1),
			after: office + strings.Replace(tick, "reason: r", "reason: r, validTo: 2026-04-01", 1), at: "2026-05-01"},
	} {
		m := &target.Memory{Lineage: "test"}
		p := propose(t, m, goalOf(t, c.before, ""))
		if len(p.Brakes) > 0 {
			t.Errorf("%s: the first plan brakes: %v", c.what, p.Brakes)
		}
		applied(t, m, p)
		var got []string
		p = propose(t, m, goalOf(t, c.after, c.at))
		for _, text := range p.Acknowledge {
			figure, _, _ := strings.Cut(text, "@")
			got = append(got, figure)
		}
		if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: (-want +got):\n%s%q", c.what, diff, tell(p))
		}
	}
}

// TestFirstBrakes: on a first plan nothing that people gain brakes, and what they
// lose does all the same: a kind may be lupa's alone.
func TestFirstBrakes(t *testing.T) {
	goal := goalOf(t, base+"Person t-2 {kind: teacher, schools: [a]}", "")
	goal.Authoritative = []string{"Person"}
	var others fact.Builder
	others.AddSet(goal.Alone())
	for _, name := range []string{"m/t-3", "m/t-4", "m/t-5", "m/t-6"} {
		others.Add(fact.Fact{Key: fact.Key{Kind: "Person", ID: name}})
	}
	p := plan.Make(goal, "local", "test", fact.Snapshot{Lineage: "test", Now: others.Set()})
	if len(p.Acknowledge) != 1 || !strings.HasPrefix(p.Acknowledge[0], "removals=4@") {
		t.Errorf("four people go: %q", p.Acknowledge)
	}
	office := goalOf(t, base+"UserGroup g {wilma: [wilma.x]}\n"+people(5, "groups: [g]"), "")
	less := goalOf(t, base+"UserGroup g {wilma: [wilma.x]}\n"+people(5, ""), "")
	if p := plan.Make(office, "local", "test", fact.Snapshot{Lineage: "test", Now: less.Alone()}); len(p.Brakes) > 0 {
		t.Errorf("five people gain: %q", p.Acknowledge)
	}
	p = plan.Make(less, "local", "test", fact.Snapshot{Lineage: "test", Now: office.Alone()})
	if len(p.Acknowledge) != 1 || !strings.HasPrefix(p.Acknowledge[0], "removals=5@") || len(p.Effect) > 0 {
		t.Errorf("five people lose what others gave them: %q", p.Acknowledge)
	}
}

// people are teachers, each with the same.
func people(n int, with string) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, "Person p-%d {kind: teacher, schools: [a], %s}\n", i, with)
	}
	return all.String()
}

// figuresOf are the figures of brakes as a plan's own effect and changes tell them.
func figuresOf(p *plan.Plan, goal *plan.Goal) map[string]int {
	people := map[bool]map[string]bool{true: {}, false: {}}
	for _, e := range p.Effect {
		for _, person := range e.People {
			if card, _, _ := strings.Cut(person, "/"); !e.Level {
				people[e.Gained][card] = true
			}
		}
	}
	figures := make(map[string]int)
	again := make(map[fact.Key]bool) // turned to somebody else: gone in one step, made in another (O1)
	for _, st := range p.Steps {
		if st.Action == order.Create {
			again[st.Key] = true
		}
	}
	for _, st := range p.Steps {
		switch {
		case st.Action != order.Delete || again[st.Key] || fact.Words.Kind(st.Key.Kind).Parent != "" || goal.Dormant.Has(st.Key):
		case st.Key.Kind == "Person":
			people[false][fact.Called(st.Key.ID, installations(goal.Facts, p) > 1)] = true
		default:
			figures["removals."+st.Key.Kind]++
		}
	}
	for name, n := range map[string]int{"removals": len(people[false]), "gains": len(people[true])} {
		if n > 0 {
			figures[name] = n
		}
	}
	return figures
}

// installations is how many a plan speaks of.
func installations(declared fact.Set, p *plan.Plan) int {
	seen := make(map[string]bool)
	for key := range declared.Objects() {
		seen[key.Installation()] = true
	}
	for _, st := range p.Steps {
		seen[st.Key.Installation()] = true
	}
	for _, o := range slices.Concat(p.Unmanaged, p.External) {
		seen[fact.Key{ID: o.ID}.Installation()] = true
	}
	return len(seen)
}

// braked holds the brakes of a plan, of a tree without a Guard, to figures that
// are counted without them, and to limits that are looked up by hand.
func braked(t *testing.T, p *plan.Plan, goal *plan.Goal, have fact.Set) {
	t.Helper()
	if p.Target.Serial == 0 || installations(goal.Facts, p) > 1 {
		return
	}
	want := figuresOf(p, goal)
	is := make(map[string]plan.Brake)
	for _, b := range p.Brakes {
		is[b.Name] = b
		if b.Name == "removals" || b.Name == "gains" || strings.HasPrefix(b.Name, "removals.") {
			if want[b.Name] != b.Figure {
				t.Fatalf("%s=%d, counted %d: %q", b.Name, b.Figure, want[b.Name], tell(p))
			}
		}
	}
	for name, n := range want {
		kind := strings.TrimPrefix(name, "removals.")
		if name == "removals" || name == "gains" {
			kind = "Person"
		}
		before := 0
		for _, n := range policy.CountObjects(have, kind) {
			before += n
		}
		b, brakes := is[name]
		if over := n >= 50 || n > 3 && n*10 >= before; over && !brakes || brakes && !over && b.Case != "all" {
			t.Fatalf("%s=%d of %d, brakes: %v %q: %q", name, n, before, brakes, b.Case, tell(p))
		}
	}
}

// TestReplayBrakes goes through what people really changed, commit by commit: no
// more than one step in fifty is held back, and each that is changes much at once.
// Nothing is applied; a target is taken for what the commit before declared.
func TestReplayBrakes(t *testing.T) {
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as lupa has it
	steps, stopped := 0, 0
	for _, of := range []struct {
		name   string
		stride int // every so-many-th step
	}{{"knative", 20}, {"tektoncd", 20}, {"kubeflow", 20}, {"jenkins", 200}} {
		if testing.Short() && of.name == "jenkins" {
			continue
		}
		if os.Getenv("LUPA_TORTURE") != "" {
			of.stride = 1
		}
		h := readHistory(t, filepath.Join(dir, "org-as-code", of.name+".jsonl.gz"))
		at := reader{t: t, history: h}
		r := &replay{t: t}
		load := func(i int) *plan.Goal {
			v := at.version(i)
			r.date = v.date
			return r.goal(organisationOf(v), nil)
		}
		by := make(map[string]int)
		tried, held := 0, 0
		var before *plan.Goal
		for i := 1; i < len(h); i += of.stride {
			if before == nil || of.stride > 1 {
				before = load(i - 1)
			}
			goal := load(i)
			holds := before.Alone()
			p := plan.Make(goal, "local", "test", fact.Snapshot{Lineage: "1", Serial: int64(i), Now: holds, Last: holds})
			braked(t, p, goal, holds)
			for _, b := range p.Brakes {
				by[b.Name]++
				t.Logf("%s: %s is held back: %s=%d %s %q, %d objects change", of.name, r.date, b.Name, b.Figure, b.Case, b.Args, len(p.Changes))
				if b.Figure <= 3 {
					t.Errorf("%s: %s: no mass change: %s=%d", of.name, r.date, b.Name, b.Figure)
				}
			}
			if len(p.Brakes) > 0 {
				held++
			}
			tried, before = tried+1, goal
		}
		t.Logf("%s: %d of %d steps are held back: %v", of.name, held, tried, by)
		if of.name == "knative" { // a whole organisation got another name
			most := 1
			for i := range h[1:] {
				if len(h[i+1].Add)+len(h[i+1].Del) > len(h[most].Add)+len(h[most].Del) {
					most = i + 1
				}
			}
			holds, goal := load(most-1).Alone(), load(most)
			if p := plan.Make(goal, "local", "test", fact.Snapshot{Lineage: "1", Serial: 1, Now: holds, Last: holds}); len(p.Brakes) == 0 {
				t.Errorf("%s: %s changes most of all, and is not held back", of.name, r.date)
			}
		}
		steps, stopped = steps+tried, stopped+held
	}
	t.Logf("together: %d of %d", stopped, steps)
	if stopped*50 > steps {
		t.Errorf("%d of %d steps are held back, more than one in fifty", stopped, steps)
	}
}
