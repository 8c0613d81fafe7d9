package reconcile_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// chronicle is a target with what lupa had left there after each entry of its log.
type chronicle struct {
	*target.Memory
	left []fact.Set // by id; before the first there was nothing
}

// keep notes what is left there now for all entries since: of these the first at
// most changed that.
func (c *chronicle) keep(t *testing.T) {
	t.Helper()
	for n := len(audited(t, c).Records); len(c.left) <= n; {
		c.left = append(c.left, read(t, c).Last)
	}
}

func audited(t *testing.T, from target.Auditor) *target.Audit {
	t.Helper()
	a, err := from.Audit(t.Context())
	if err == nil {
		err = a.Sound()
	}
	if err != nil {
		t.Fatal(err)
	}
	if faults := a.Retrace(); len(faults) > 0 {
		t.Fatalf("%+v", faults)
	}
	return a
}

func before(t *testing.T, from target.Auditor, id int) *target.Past {
	t.Helper()
	past, err := audited(t, from).Before(int64(id))
	if err != nil {
		t.Fatal(err)
	}
	return past
}

// undoing is a goal to go back that no rule refuses for what a world means by chance.
func undoing(g *plan.Goal, past *target.Past) *plan.Goal {
	u := g.Undo(past)
	u.Weights = unheard(u.Facts)
	return u
}

// FuzzUndo: from wherever one goes back, and over as many applies, lupa leaves what
// it had left then, and there is nothing more to do; and so back again.
func FuzzUndo(f *testing.F) {
	seeds(f, 10)
	f.Fuzz(func(t *testing.T, first, others, second []byte) {
		c := &chronicle{&target.Memory{Lineage: "test"}, []fact.Set{{}}}
		start(t, c, first, others)
		c.keep(t)
		var goal *plan.Goal
		for _, data := range [][]byte{second, others, first} {
			g := randomGoal(facttest.Bytes(data))
			p := settle(t, c, g)
			c.keep(t)
			if p.Refused() {
				continue
			}
			applied(t, c, p)
			c.keep(t)
			goal = g
		}
		if goal == nil {
			return
		}
		choose := facttest.Bytes(slices.Concat(second, first))
		for range 3 {
			id := 1 + choose(len(c.left)-1)
			for i := 1; i < len(c.left); i++ {
				if past := before(t, c, i); !past.Last.Equal(c.left[i-1]) {
					t.Fatalf("before entry %d lupa had left something else:\n%s", i, cmp.Diff(facttest.Describe(c.left[i-1]), facttest.Describe(past.Last)))
				}
			}
			past := before(t, c, id)
			u := undoing(goal, past)
			p := settle(t, c, u)
			c.keep(t)
			if p.Refused() {
				return
			}
			applied(t, c, p)
			c.keep(t)
			wentBack(t, goal, u, past, read(t, c))
			if again := propose(t, c, u); !again.Empty() || again.Record {
				t.Errorf("planned again: %q, record %v, after %q", tell(again), again.Record, tell(p))
			}
		}
	})
}

// wentBack compares what a target holds with what it is to have gone back to.
func wentBack(t *testing.T, goal, u *plan.Goal, past *target.Past, after fact.Snapshot) {
	t.Helper()
	external := make(map[fact.Key]bool)
	for _, key := range u.External {
		external[key] = true
	}
	ours := func(k fact.Key) bool { root := fact.Words.Root(k); return goal.View.Sees(root) && !external[root] }
	want := past.Last.Where(ours)
	if got := after.Last.Where(ours); !got.Equal(want) {
		t.Errorf("lupa leaves something else than it had left:\n%s", cmp.Diff(facttest.Describe(want), facttest.Describe(got)))
	}
	for key, object := range want.Objects() {
		if !after.Now.Object(key).Equal(object) {
			t.Errorf("%v is not as it was:\n%s", key, cmp.Diff(facttest.Describe(object), facttest.Describe(after.Now.Object(key))))
		}
	}
	for key, object := range past.Others.Where(ours).Objects() {
		if !after.Now.Object(key).Equal(object) {
			t.Errorf("%v, which is others', is not as it was:\n%s", key, cmp.Diff(facttest.Describe(object), facttest.Describe(after.Now.Object(key))))
		}
		if after.Last.Has(key) {
			t.Errorf("%v is others' and is noted as lupa's", key)
		}
	}
}

// TestReleasedAndChanged: what was given back to others and changed by them since is,
// on going back once more, as it was given back, and theirs still.
func TestReleasedAndChanged(t *testing.T) {
	m := &target.Memory{Lineage: "test"}
	key := fact.Key{Kind: "UserGroup", ID: "m/g"}
	titled := func(text string) fact.Set {
		return fact.Of(fact.Fact{Key: key}, fact.Fact{Key: key, Field: "title", Value: text})
	}
	first := fact.Of(fact.Fact{Key: fact.Key{Kind: "Installation", ID: "m"}}, fact.Fact{Key: fact.Key{Kind: "School", ID: "m/a"}})
	goal := &plan.Goal{Installations: []string{"m"}, Facts: first}
	applied(t, m, propose(t, m, goal))
	m.Edit(func(fact.Set) fact.Set { return first.Plus(titled("theirs")) })
	goal.Facts = first.Plus(titled("ours"))
	applied(t, m, propose(t, m, goal))
	past := before(t, m, 2)
	if got := past.Others; !got.Equal(titled("theirs")) || !past.Last.Equal(first) {
		t.Fatalf("others had %q", facttest.Describe(got))
	}
	for _, by := range []string{"by us", "by hand"} {
		if by != "by us" {
			m.Edit(func(fact.Set) fact.Set { return first.Plus(titled(by)) })
		}
		applied(t, m, propose(t, m, goal.Undo(past)))
		after := read(t, m)
		if !after.Now.Equal(first.Plus(titled("theirs"))) || !after.Last.Equal(first) {
			t.Errorf("changed %s: there is %q, and lupa's is %q", by, facttest.Describe(after.Now), facttest.Describe(after.Last))
		}
	}
}
