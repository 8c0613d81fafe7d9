// Package targettest is what every target has to pass: the promises of package
// target, tried one by one against the facts of random small worlds.
package targettest

import (
	"errors"
	"math/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// Fixture is a fresh, empty target under test.
type Fixture struct {
	Target target.Atomic
	Other  target.Atomic                           // the same target through another door
	Edit   func(t *testing.T, steps ...order.Step) // somebody changes it behind lupa's back
	SQL    func(t *testing.T, statement string)    // somebody changes tables of lupa's own; nil where there are none
}

// Run tries all promises, each on a target of its own.
func Run(t *testing.T, fresh func(t *testing.T) Fixture) {
	for name, test := range map[string]func(*testing.T, Fixture){
		"a fresh target is empty":               freshIsEmpty,
		"what was committed is read back":       readBack,
		"renames are followed everywhere":       renames,
		"a rollback leaves nothing":             rollback,
		"nobody sees an open transaction":       isolation,
		"one transaction at a time":             locked,
		"a step that does not fit is refused":   misfit,
		"a reference without object is refused": dangling,
		"a plan is remembered":                  remembered,
		"a view hides what is ignored":          view,
		"an edit is seen and is not lupa's":     edit,
		"the log is what was committed":         logged,
		"the way back is kept":                  wayBack,
		"a prune leaves the rest":               prune,
		"a prune leaves facts and plans alone":  pruneKeeps,
		"text that is no text is kept":          hostileText,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// holder is who begins transactions.
var holder = target.Holder{Actor: "kim", Host: "kone", Plan: "0123456789ab", Since: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

func world(seed int64) fact.Set {
	r := rand.New(rand.NewSource(seed))
	return facttest.World(r.Intn)
}

func read(t *testing.T, from target.Reader, scope fact.Scope) fact.Snapshot {
	t.Helper()
	snap, err := from.Read(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func begin(t *testing.T, to target.Atomic) target.Tx {
	t.Helper()
	tx, err := to.Begin(t.Context(), holder)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func do(t *testing.T, tx target.Tx, steps []order.Step) {
	t.Helper()
	for _, st := range steps {
		if err := tx.Do(t.Context(), st); err != nil {
			t.Fatalf("%s %v: %v", st.Action, st.Key, err)
		}
	}
}

func commit(t *testing.T, tx target.Tx, plan string, last fact.Set) target.Entry {
	t.Helper()
	entry, err := tx.Commit(t.Context(), target.Note{Last: last, Entry: target.Entry{Plan: plan, Actor: "tester", At: time.Unix(1_700_000_000, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// put brings a target to hold exactly want.
func put(t *testing.T, to target.Atomic, plan string, want fact.Set) target.Entry {
	t.Helper()
	before := read(t, to, fact.Scope{})
	tx := begin(t, to)
	do(t, tx, order.Steps(nil, before.Now, want))
	entry, err := tx.Commit(t.Context(), target.Note{Last: want, Back: target.WayBack(before, want, want, nil),
		Entry: target.Entry{Plan: plan, Actor: "tester", At: time.Unix(1_700_000_000+before.Serial*day, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func same(t *testing.T, what string, got, want fact.Set) {
	t.Helper()
	if !got.Equal(want) {
		t.Fatalf("%s:\n%s", what, cmp.Diff(facttest.Describe(want), facttest.Describe(got)))
	}
}

func freshIsEmpty(t *testing.T, f Fixture) {
	snap := read(t, f.Target, fact.Scope{})
	if snap.Now.Len() != 0 || snap.Last.Len() != 0 || snap.Serial != 0 || snap.Lineage == "" {
		t.Errorf("%+v", snap)
	}
	if again := read(t, f.Other, fact.Scope{}); again.Lineage != snap.Lineage {
		t.Errorf("lineage %q through one door, %q through the other", snap.Lineage, again.Lineage)
	}
}

func readBack(t *testing.T, f Fixture) {
	var last target.Entry
	for seed := range int64(12) {
		want := world(seed)
		entry := put(t, f.Target, "plan", want)
		snap := read(t, f.Other, fact.Scope{})
		same(t, "facts", snap.Now, want)
		same(t, "last", snap.Last, want)
		if snap.Serial != last.Serial+1 || entry.Serial != snap.Serial || entry.ID != last.ID+1 || entry.Previous != last.Hash {
			t.Fatalf("serial %d, entry %+v after %+v", snap.Serial, entry, last)
		}
		if diff := cmp.Diff(entry.Seal(entry.ID, entry.Serial, last.Hash), entry); diff != "" {
			t.Fatalf("the entry is not as it is sealed:\n%s", diff)
		}
		last = entry
	}
}

func renames(t *testing.T, f Fixture) {
	have := world(3)
	put(t, f.Target, "first", have)
	ids := make(map[fact.Key]string)
	var steps []order.Step
	for _, k := range fact.Words.Kinds {
		for key := range have.Kind(k.Name).Objects() {
			if k.Parent != "" {
				continue
			}
			to := fact.ID(key.Installation(), "renamed-"+key.Name())
			if k.Name == "Installation" {
				continue // last, for every id begins with it
			}
			ids[key] = to
			steps = append(steps, order.Step{Action: order.Rename, Key: fact.Key{Kind: k.Name, ID: to}, From: key.ID})
			break
		}
	}
	want := fact.Words.Rename(have, ids)
	for key := range have.Kind("Installation").Objects() {
		steps = append(steps, order.Step{Action: order.Rename, Key: fact.Key{Kind: "Installation", ID: "new"}, From: key.ID})
		want = fact.Words.Rename(want, map[fact.Key]string{key: "new"})
		break
	}
	if len(steps) < 8 {
		t.Fatalf("the world is too small to try renames: %d", len(steps))
	}
	tx := begin(t, f.Target)
	do(t, tx, steps)
	commit(t, tx, "renames", want)
	same(t, "renamed", read(t, f.Other, fact.Scope{}).Now, want)
}

func rollback(t *testing.T, f Fixture) {
	have := world(1)
	entry := put(t, f.Target, "first", have)
	tx := begin(t, f.Target)
	do(t, tx, order.Steps(nil, have, world(2)))
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	snap := read(t, f.Other, fact.Scope{})
	same(t, "after a rollback", snap.Now, have)
	if snap.Serial != entry.Serial {
		t.Errorf("serial %d, want %d", snap.Serial, entry.Serial)
	}
	put(t, f.Target, "second", world(2)) // the turn was given back
	if err := tx.Rollback(); err != nil {
		t.Errorf("a second rollback: %v", err)
	}
}

func isolation(t *testing.T, f Fixture) {
	have, want := world(1), world(2)
	put(t, f.Target, "first", have)
	tx := begin(t, f.Target)
	do(t, tx, order.Steps(nil, have, want))
	same(t, "inside", read(t, tx, fact.Scope{}).Now, want)
	same(t, "outside", read(t, f.Other, fact.Scope{}).Now, have)
	commit(t, tx, "second", want)
	same(t, "afterwards", read(t, f.Other, fact.Scope{}).Now, want)
}

func locked(t *testing.T, f Fixture) {
	tx := begin(t, f.Target)
	second, err := f.Other.Begin(t.Context(), target.Holder{Actor: "somebody else", Since: holder.Since})
	var locked *target.LockedError
	if !errors.Is(err, target.ErrLocked) || !errors.As(err, &locked) {
		t.Fatalf("a second transaction: %v, %v; want a LockedError", second, err)
	}
	if diff := cmp.Diff(&holder, locked.By); diff != "" {
		t.Errorf("who has the lock (-want +got):\n%s", diff)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := begin(t, f.Other).Rollback(); err != nil {
		t.Fatal(err)
	}
}

func misfit(t *testing.T, f Fixture) {
	key := fact.Key{Kind: "School", ID: "m/a"}
	have := fact.Of(fact.Fact{Key: key}, fact.Fact{Key: key, Field: "title", Value: "A"}, fact.Fact{Key: key, Field: "surveys.everyone.staff", Value: "x"})
	put(t, f.Target, "first", have)
	gone := fact.Key{Kind: "School", ID: "m/gone"}
	for name, st := range map[string]order.Step{
		"delete what is not there":  {Action: order.Delete, Key: gone, Del: fact.Of(fact.Fact{Key: gone})},
		"create what is there":      {Action: order.Create, Key: key, Add: fact.Of(fact.Fact{Key: key})},
		"update what is not there":  {Action: order.Update, Key: gone, Add: fact.Of(fact.Fact{Key: gone, Field: "title", Value: "B"})},
		"take a value not there":    {Action: order.Update, Key: key, Del: fact.Of(fact.Fact{Key: key, Field: "surveys.everyone.staff", Value: "y"})},
		"add a value that is there": {Action: order.Update, Key: key, Add: fact.Of(fact.Fact{Key: key, Field: "surveys.everyone.staff", Value: "x"})},
		"rename what is not there":  {Action: order.Rename, Key: fact.Key{Kind: "School", ID: "m/b"}, From: "m/gone"},
	} {
		tx := begin(t, f.Target)
		err := tx.Do(t.Context(), st)
		if err == nil { // it may wait until the next read
			_, err = tx.Read(t.Context(), fact.Scope{})
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "after refusals", read(t, f.Other, fact.Scope{}).Now, have)
}

func dangling(t *testing.T, f Fixture) {
	key := fact.Key{Kind: "Person", ID: "m/t-1"}
	add := fact.Of(fact.Fact{Key: key}, fact.Fact{Key: key, Field: "groups", Value: "m/nobody"})
	tx := begin(t, f.Target)
	err := tx.Do(t.Context(), order.Step{Action: order.Create, Key: key, Add: add})
	if err == nil {
		_, err = tx.Commit(t.Context(), target.Note{})
	}
	if err == nil {
		t.Error("a person was given a group that does not exist")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if snap := read(t, f.Other, fact.Scope{}); snap.Now.Len() != 0 || snap.Serial != 0 {
		t.Errorf("%d facts, serial %d after a refusal", snap.Now.Len(), snap.Serial)
	}
}

func remembered(t *testing.T, f Fixture) {
	first := put(t, f.Target, "first", world(1))
	put(t, f.Target, "second", world(2))
	tx := begin(t, f.Other)
	defer tx.Rollback()
	entry, ok, err := tx.Applied(t.Context(), "first")
	if err != nil || !ok || !cmp.Equal(entry, first) {
		t.Errorf("got %+v, %v, %v; want %+v", entry, ok, err, first)
	}
	if _, ok, err := tx.Applied(t.Context(), "third"); ok || err != nil {
		t.Errorf("a plan that was never applied: %v, %v", ok, err)
	}
}

func view(t *testing.T, f Fixture) {
	want := world(5)
	put(t, f.Target, "first", want)
	scope := fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "*"}, {Kind: "SurveyTemplate", Name: "a"}}}
	snap := read(t, f.Other, scope)
	same(t, "in view", snap.Now, want.Where(scope.Sees))
	same(t, "beyond", snap.Beyond, want.Minus(snap.Now))
	same(t, "last, whole", snap.Last, want)
	if snap.Beyond.Len() == 0 {
		t.Error("nothing was hidden")
	}
}

func edit(t *testing.T, f Fixture) {
	have, want := world(1), world(2)
	entry := put(t, f.Target, "first", have)
	f.Edit(t, order.Steps(nil, have, want)...)
	snap := read(t, f.Target, fact.Scope{})
	same(t, "now", snap.Now, want)
	same(t, "last", snap.Last, have)
	if snap.Serial != entry.Serial {
		t.Errorf("serial %d, want %d", snap.Serial, entry.Serial)
	}
}
