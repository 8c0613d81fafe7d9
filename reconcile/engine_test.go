package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

// municipality is a target that holds base, and a plan for it that is not empty.
func municipality(t *testing.T) (*target.Memory, *plan.Plan) {
	t.Helper()
	m := &target.Memory{Lineage: "test"}
	applied(t, m, propose(t, m, goalOf(t, base, "")))
	return m, propose(t, m, goalOf(t, base+"School c\nUserGroup g\nPerson t-2 {kind: staff, schools: [c], groups: [g]}", ""))
}

// T107: the same plan a second time does nothing, whatever happened since.
func TestAppliedAlready(t *testing.T) {
	m, p := municipality(t)
	note := target.Entry{Actor: "somebody", Host: "here", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	first, err := reconcile.Apply(t.Context(), p, m, reconcile.Run{Entry: note, Acknowledged: confirming(p).Acknowledged})
	if err != nil || first.Already || first.Idle {
		t.Fatalf("the first time: %+v, %v", first, err)
	}
	if e := first.Entry; e.Actor != "somebody" || e.Plan != p.Hash || e.Changes != len(p.Changes) || e.Serial != p.Target.Serial+1 {
		t.Errorf("the entry: %+v", e)
	}
	applied(t, m, propose(t, m, goalOf(t, base, "")))
	before := read(t, m)
	second, err := reconcile.Apply(t.Context(), p, m, reconcile.Run{Entry: target.Entry{Actor: "somebody else"}})
	if diff := cmp.Diff(plan.Outcome{Entry: first.Entry, Already: true, Since: 1}, second); diff != "" || err != nil {
		t.Errorf("the second time: %v\n%s", err, diff)
	}
	unchanged(t, m, before)
}

func TestNothingToDo(t *testing.T) {
	m, _ := municipality(t)
	before := read(t, m)
	outcome, err := reconcile.Apply(t.Context(), propose(t, m, goalOf(t, base, "")), m, reconcile.Run{})
	if diff := cmp.Diff(plan.Outcome{Idle: true}, outcome); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	unchanged(t, m, before)
}

// A plan is for the target that was looked at, as it was.
func TestStale(t *testing.T) {
	for name, happens := range map[string]func(t *testing.T, m *target.Memory){
		"somebody applied another plan": func(t *testing.T, m *target.Memory) {
			applied(t, m, propose(t, m, goalOf(t, base+"School d", "")))
		},
		"somebody applied a plan and another that takes it back": func(t *testing.T, m *target.Memory) {
			applied(t, m, propose(t, m, goalOf(t, base+"School d", "")))
			applied(t, m, propose(t, m, goalOf(t, base, "")))
		},
		"somebody changed it by hand": func(t *testing.T, m *target.Memory) {
			m.Edit(func(s fact.Set) fact.Set { return edited(t, s, "+ School a title=A") })
		},
		"somebody changed by hand what the plan makes": func(t *testing.T, m *target.Memory) {
			m.Edit(func(s fact.Set) fact.Set { return edited(t, s, "+ School c") })
		},
		"it is another target": func(t *testing.T, m *target.Memory) { m.Lineage = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			m, p := municipality(t)
			happens(t, m)
			before := read(t, m)
			if _, err := reconcile.Apply(t.Context(), p, m, confirming(p)); !errors.Is(err, reconcile.ErrStale) {
				t.Errorf("got %v, want %v", err, reconcile.ErrStale)
			}
			unchanged(t, m, before)
		})
	}
}

// What lies out of view may change: the plan does not speak of it.
func TestChangesOutOfViewDoNotMatter(t *testing.T) {
	m, _ := municipality(t)
	const tree = base + "Project testi {ignore: [{kind: School, name: x}]}\nSchool c"
	p := propose(t, m, goalOf(t, tree, ""))
	m.Edit(func(s fact.Set) fact.Set { return edited(t, s, "+ School x\n+ School x title=X") })
	applied(t, m, p)
	if now := read(t, m).Now; !now.Has(factOf(t, "School x").Key) || !now.Has(factOf(t, "School c").Key) {
		t.Errorf("afterwards:\n%s", strings.Join(facttest.Describe(now), "\n"))
	}
}

// faulty is a target whose transactions do something else than they are told.
type faulty struct {
	*target.Memory
	do     func(ctx context.Context, tx target.Tx, n int, step order.Step) error
	commit error
}

func (f faulty) Begin(ctx context.Context, who target.Holder) (target.Tx, error) {
	tx, err := f.Memory.Begin(ctx, who)
	return &faultyTx{Tx: tx, how: f}, err
}

type faultyTx struct {
	target.Tx
	how faulty
	n   int
}

func (tx *faultyTx) Do(ctx context.Context, step order.Step) error {
	tx.n++
	if tx.how.do == nil {
		return tx.Tx.Do(ctx, step)
	}
	return tx.how.do(ctx, tx.Tx, tx.n, step)
}

func (tx *faultyTx) Commit(ctx context.Context, note target.Note) (target.Entry, error) {
	if tx.how.commit != nil {
		return target.Entry{}, tx.how.commit
	}
	return tx.Tx.Commit(ctx, note)
}

// Whatever goes wrong on the way, the target is as it was, and takes the same
// plan afterwards.
func TestFailureRollsBack(t *testing.T) {
	broken := errors.New("the disk is full")
	for _, c := range []struct {
		name string
		how  faulty
		want error
	}{
		{"a step fails", faulty{do: func(ctx context.Context, tx target.Tx, n int, step order.Step) error {
			if n == 2 {
				return broken
			}
			return tx.Do(ctx, step)
		}}, broken},
		{"a step is left out", faulty{do: func(ctx context.Context, tx target.Tx, n int, step order.Step) error {
			if n == 1 {
				return nil
			}
			return tx.Do(ctx, step)
		}}, reconcile.ErrDiverged},
		{"a step does more than it should", faulty{do: func(ctx context.Context, tx target.Tx, n int, step order.Step) error {
			if n == 1 {
				f := fact.Fact{Key: step.Key, Field: "title", Value: "X"}
				if err := tx.Do(ctx, step); err != nil {
					return err
				}
				return tx.Do(ctx, order.Step{Action: order.Update, Key: step.Key, Add: fact.Of(f)})
			}
			return tx.Do(ctx, step)
		}}, reconcile.ErrDiverged},
		{"the commit fails", faulty{commit: broken}, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, p := municipality(t)
			before := read(t, m)
			c.how.Memory = m
			if outcome, err := reconcile.Apply(t.Context(), p, c.how, confirming(p)); !errors.Is(err, c.want) {
				t.Errorf("got %+v, %v; want %v", outcome, err, c.want)
			}
			unchanged(t, m, before)
			applied(t, m, p)
		})
	}
}

func TestInterrupted(t *testing.T) {
	steps := 3
	for stop := 1; stop <= steps; stop++ {
		m, p := municipality(t)
		steps = len(p.Steps)
		before := read(t, m)
		ctx, cancel := context.WithCancel(t.Context())
		done := 0
		_, err := reconcile.Apply(ctx, p, m, reconcile.Run{Progress: func(n, of int) {
			if done++; n != done || of != steps {
				t.Errorf("progress says %d of %d, want %d of %d", n, of, done, steps)
			}
			if n == stop {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) || done != stop {
			t.Errorf("interrupted after step %d: %v after %d steps", stop, err, done)
		}
		unchanged(t, m, before)
		applied(t, m, p)
	}
}

func TestTargetThatCannotBeRead(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, p := municipality(t)
	if _, err := reconcile.Propose(ctx, goalOf(t, base, ""), "local", "test", m); !errors.Is(err, context.Canceled) {
		t.Errorf("proposing: %v", err)
	}
	before := read(t, m)
	if _, err := reconcile.Apply(ctx, p, &target.Memory{Lineage: "test"}, confirming(p)); !errors.Is(err, context.Canceled) {
		t.Errorf("applying: %v", err)
	}
	tx, err := m.Begin(t.Context(), target.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reconcile.Apply(t.Context(), p, m, confirming(p)); !errors.Is(err, target.ErrLocked) {
		t.Errorf("applying beside another: %v, want %v", err, target.ErrLocked)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	unchanged(t, m, before)
}

// T68 to T72: how rows of Koulu change, in the steps of a plan.
func TestStepsOfSchools(t *testing.T) {
	for _, c := range []struct{ name, have, want, steps string }{
		{"T68 another school", "a", "b", "-1 a +1 b"},
		{"T69 the second of three stays", "a, b, c", "b", "-1 a +1 b; -3 c; -2 b"},
		{"T70 three turned round", "a, b, c", "c, b, a", "-1 a +1 c; -3 c +3 a"},
		{"T72 the order changes", "a, b", "b, a", "-1 a +1 b; -2 b +2 a"},
	} {
		m := new(target.Memory)
		tree := base + "School c\nPerson t-2 {kind: staff, schools: ["
		applied(t, m, propose(t, m, goalOf(t, tree+c.have+"]}", "")))
		p := propose(t, m, goalOf(t, tree+c.want+"]}", ""))
		var steps []string
		for _, st := range p.Steps {
			var facts []string
			for _, f := range st.Del.All() {
				facts = append(facts, fmt.Sprintf("-%d %s", f.Row, fact.Name(f.Value)))
			}
			for _, f := range st.Add.All() {
				facts = append(facts, fmt.Sprintf("+%d %s", f.Row, fact.Name(f.Value)))
			}
			steps = append(steps, strings.Join(facts, " "))
		}
		if got := strings.Join(steps, "; "); got != c.steps {
			t.Errorf("%s: from %s to %s\n got %s\nwant %s", c.name, c.have, c.want, got, c.steps)
		}
	}
}

// Where there are several installations, objects are called with theirs.
func TestNamesWithInstallation(t *testing.T) {
	object := func(kind, id string) fact.Set { return fact.Of(fact.Fact{Key: fact.Key{Kind: kind, ID: id}}) }
	goal := &plan.Goal{Installations: []string{"m", "n"}, Facts: object("Installation", "m").Plus(object("Installation", "n")).Plus(object("School", "n/a"))}
	snap := fact.Snapshot{Now: object("School", "m/b")}
	want := []string{"create Installation m", "create Installation n", "create School n:a", "unmanaged School m:b"}
	if diff := cmp.Diff(want, tell(plan.Make(goal, "local", "test", snap))); diff != "" {
		t.Error(diff)
	}
	// The target has two still, or had two: what goes must not look like what stays.
	goal = &plan.Goal{Installations: []string{"n"}, Facts: object("Installation", "n").Plus(object("School", "n/a"))}
	snap.Now = object("School", "m/a").Plus(object("Installation", "m"))
	snap.Last = snap.Now
	want = []string{"delete Installation m", "create Installation n", "delete School m:a", "create School n:a"}
	if diff := cmp.Diff(want, tell(plan.Make(goal, "local", "test", snap))); diff != "" {
		t.Error(diff)
	}
	snap = fact.Snapshot{Now: object("School", "m/b")} // somebody else's, of an installation that nobody declares
	if got := tell(plan.Make(goal, "local", "test", snap)); !slices.Contains(got, "unmanaged School m:b") || !slices.Contains(got, "create School n:a") {
		t.Errorf("beside what is not lupa's: %q", got)
	}
	if got := tell(plan.Make(goal, "local", "test", fact.Snapshot{})); !slices.Contains(got, "create School a") {
		t.Errorf("with one installation: %q", got)
	}
}

// A plan holds on the days on which the documents say the same.
func TestPlanHolds(t *testing.T) {
	m, _ := municipality(t)
	p := propose(t, m, goalOf(t, base+"PersonOverride o {person: t-1, validFrom: 2026-02-01, validTo: 2026-04-01}", ""))
	for day, want := range map[string]bool{"2026-01-31": false, "2026-02-01": true, "2026-03-31": true, "2026-04-01": false} {
		if got := p.Holds(goalOf(t, base, day).At.Noon(time.UTC)); got != want {
			t.Errorf("on %s the plan holds: %v, want %v", day, got, want)
		}
	}
}

// What is written to SQLite is read back through a reader that cannot write.
func TestPlanThroughAReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := sqldb.File(path).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.File(path).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	goal := goalOf(t, base, "")
	who := target.Entry{Actor: "somebody", At: time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))}
	if _, err := reconcile.Apply(t.Context(), propose(t, db, goal), db, reconcile.Run{Entry: who}); err != nil {
		t.Fatal(err)
	}
	r, err := sqldb.File(path).OpenReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if p := propose(t, r, goal); !p.Empty() || p.Record {
		t.Errorf("planned again: %q", tell(p))
	}
	a, err := r.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := a.Newest(); e == nil || e.Actor != who.Actor || !e.At.Equal(who.At.Truncate(time.Second)) || len(a.Verify()) > 0 {
		t.Errorf("the log says %+v, %v", e, a.Verify())
	}
}
