package targettest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
)

const day = 24 * 60 * 60 // the applies of put are a day apart, in seconds

// chain puts worlds into a target, one after the other; the third is empty.
func chain(t *testing.T, to target.Atomic, n int) (entries []target.Entry, left []fact.Set) {
	t.Helper()
	for i := range n {
		want := world(int64(20 + i))
		entries, left = append(entries, put(t, to, "plan", want)), append(left, want)
	}
	return entries, left
}

func audit(t *testing.T, from any) *target.Audit {
	t.Helper()
	a, err := from.(target.Auditor).Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func sound(t *testing.T, from any) *target.Audit {
	t.Helper()
	a := audit(t, from)
	if faults := a.Verify(); len(faults) > 0 {
		t.Fatalf("%+v", faults)
	}
	return a
}

func logged(t *testing.T, f Fixture) {
	if a := sound(t, f.Other); len(a.Records) != 0 || a.Head() != "" || a.Newest() != nil || a.Lineage == "" {
		t.Errorf("a fresh target: %+v", a)
	}
	who := target.Entry{Plan: "p", Commit: "c", Actor: "kim", Host: "kone", Version: "1", At: time.Unix(1_700_000_000, 999), Changes: 3,
		Acknowledged: []string{"removals=52@1a2b3c4d5e6f", "gains=3@1a2b3c4d5e6f"}, Undo: 7}
	tx := begin(t, f.Target)
	entry, err := tx.Commit(t.Context(), target.Note{Entry: who})
	if err != nil {
		t.Fatal(err)
	}
	who.State = fact.Set{}.Digest().String()
	if diff := cmp.Diff(who.Seal(1, 1, ""), entry); diff != "" {
		t.Errorf("what was committed:\n%s", diff)
	}
	entries, left := chain(t, f.Target, 3)
	a := sound(t, f.Other)
	var got []target.Entry
	for _, r := range a.Records {
		got = append(got, r.Entry)
	}
	if diff := cmp.Diff(append([]target.Entry{entry}, entries...), got); diff != "" {
		t.Errorf("the log:\n%s", diff)
	}
	same(t, "last", a.Last, left[2])
	if a.Serial != 4 || a.Head() != entries[2].Hash || a.Newest().ID != 4 {
		t.Errorf("serial %d, head %s", a.Serial, a.Head())
	}
	inside := begin(t, f.Target)
	defer inside.Rollback()
	if diff := cmp.Diff(a.Records, sound(t, inside).Records); diff != "" {
		t.Errorf("inside a transaction:\n%s", diff)
	}
}

func wayBack(t *testing.T, f Fixture) {
	_, left := chain(t, f.Target, 5)
	f.Edit(t, order.Steps(nil, left[4], world(99))...) // by hand: nothing that lupa left
	a := sound(t, f.Other)
	for id := 5; id >= 1; id-- {
		past, err := a.Before(int64(id))
		if err != nil {
			t.Fatal(err)
		}
		want := fact.Set{}
		if id > 1 {
			want = left[id-2]
		}
		same(t, "what lupa had left", past.Last, want)
		same(t, "what others had", past.Others, fact.Set{})
		if past.Later != 5-id || past.Entry.ID != int64(id) {
			t.Errorf("before %d: %+v, %d later", id, past.Entry, past.Later)
		}
	}
	for _, id := range []int64{-1, 0, 6} {
		if _, err := a.Before(id); !errors.Is(err, target.ErrNoEntry) {
			t.Errorf("before %d: %v", id, err)
		}
	}
	if len(a.Records[0].Way) > 0 {
		t.Errorf("the first apply keeps %d bytes, and there was nothing before", len(a.Records[0].Way))
	}
	if diff := cmp.Diff(left[4].Digest().String(), a.Records[4].State); diff != "" {
		t.Error(diff)
	}
}

func pruned(t *testing.T, f Fixture, upTo int64) target.Entry {
	t.Helper()
	tx := begin(t, f.Target)
	defer tx.Rollback()
	entry, err := tx.Prune(t.Context(), upTo, target.Entry{Actor: "arkistoija", At: time.Unix(1_800_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func prune(t *testing.T, f Fixture) {
	entries, left := chain(t, f.Target, 4)
	before := sound(t, f.Other)
	for days, want := range map[int64]int64{-1: 0, 0: 0, 1: 1, 2: 2, 3: 3, 4: 3, 5: 3} {
		if got := before.Prunable(time.Unix(1_700_000_000+days*day, 0)); got != want {
			t.Errorf("%d days on: up to %d, want %d", days, got, want)
		}
	}
	entry := pruned(t, f, 2)
	if entry.ID != 5 || entry.Serial != 4 || entry.Pruned != 2 || entry.Plan != "" || entry.Previous != entries[3].Hash || entry.Actor != "arkistoija" {
		t.Errorf("%+v", entry)
	}
	a := sound(t, f.Other)
	if len(a.Records) != 3 || a.Records[0].ID != 3 || a.Head() != entry.Hash || a.Newest().ID != 4 || a.Pruned() != 2 {
		t.Fatalf("left: %+v", a.Records)
	}
	past, err := a.Before(3)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "before the oldest that is left", past.Last, left[1])
	for id, want := range map[int64]error{1: target.ErrPruned, 2: target.ErrPruned, 5: target.ErrNotApply, 6: target.ErrNoEntry} {
		if _, err := a.Before(id); !errors.Is(err, want) {
			t.Errorf("before %d: %v, want %v", id, err, want)
		}
	}
	more, _ := chain(t, f.Target, 2)
	if more[0].ID != 6 || more[0].Serial != 5 || more[0].Previous != entry.Hash {
		t.Errorf("the apply after a prune: %+v", more[0])
	}
	pruned(t, f, 5)
	if a := sound(t, f.Other); len(a.Records) != 3 || a.Pruned() != 5 {
		t.Errorf("pruned twice: %+v", a.Records)
	}
}

func pruneKeeps(t *testing.T, f Fixture) {
	_, left := chain(t, f.Target, 3)
	before := read(t, f.Other, fact.Scope{})
	pruned(t, f, 1)
	after := read(t, f.Other, fact.Scope{})
	same(t, "facts", after.Now, before.Now)
	same(t, "last", after.Last, left[2])
	if after.Serial != before.Serial || after.Lineage != before.Lineage {
		t.Errorf("serial %d, want %d", after.Serial, before.Serial)
	}
	if err := begin(t, f.Target).Rollback(); err != nil { // the turn was given back
		t.Error(err)
	}
}

func hostileText(t *testing.T, f Fixture) {
	for _, text := range []string{"a\xffb\xed\xa0\x80", "\x00", "</script>&\u2028\u202e\x1b[31m", strings.Repeat("å", 5000), `"\`, "\r\n\t\b\f\x7f", "'; DROP TABLE lupa_log; --", "?"} {
		tx := begin(t, f.Target)
		entry, err := tx.Commit(t.Context(), target.Note{Entry: target.Entry{Plan: text, Commit: text, Actor: text, Host: text, Version: text}})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		a := sound(t, f.Other)
		if diff := cmp.Diff(entry, a.Records[len(a.Records)-1].Entry); diff != "" {
			t.Errorf("%q was kept as another:\n%s", text, diff)
		}
	}
}

// Damages are what somebody can do to the log of a target with tables, after five
// applies and a prune of the first, and what is found of it.
var Damages = []struct {
	Name string
	SQL  []string
	Want []string // entry code
}{
	{"an actor", []string{"UPDATE lupa_log SET actor = 'nobody' WHERE id = 3"}, []string{"3 altered"}},
	{"the commit", []string{`UPDATE lupa_log SET "commit" = 'x' WHERE id = 2`}, []string{"2 altered"}},
	{"when", []string{"UPDATE lupa_log SET at = '2001-01-01T00:00:00Z' WHERE id = 6"}, []string{"6 altered"}},
	{"when, in another way", []string{"UPDATE lupa_log SET at = replace(at, 'Z', '+00:00') WHERE id = 4"}, []string{"4 altered"}},
	{"no time", []string{"UPDATE lupa_log SET at = 'x' WHERE id = 4"}, []string{"4 altered"}},
	{"how much", []string{"UPDATE lupa_log SET changes = 99 WHERE id = 5"}, []string{"5 altered"}},
	{"a brake", []string{"UPDATE lupa_log SET acknowledged = 'x' WHERE id = 3"}, []string{"3 altered"}},
	{"an undo", []string{"UPDATE lupa_log SET undo = 1 WHERE id = 3"}, []string{"3 altered"}},
	{"a prune made an apply", []string{"UPDATE lupa_log SET pruned = 0 WHERE id = 6"}, []string{"2 beginning", "6 altered"}},
	{"several", []string{"UPDATE lupa_log SET host = 'x' WHERE id IN (2, 3, 5)"}, []string{"2 altered", "3 altered", "5 altered"}},
	{"a hash", []string{"UPDATE lupa_log SET hash = previous WHERE id = 3"}, []string{"3 altered", "4 order"}},
	{"the head", []string{"UPDATE lupa_log SET hash = previous WHERE id = 6"}, []string{"0 digest", "6 altered"}},
	{"the beginning gone", []string{"DELETE FROM lupa_log WHERE id = 2"}, []string{"3 beginning"}},
	{"the middle gone", []string{"DELETE FROM lupa_log WHERE id IN (3, 4)"}, []string{"5 missing"}},
	{"the end gone", []string{"DELETE FROM lupa_log WHERE id > 4"}, []string{"0 digest", "2 beginning", "0 serial", "4 state"}},
	{"the prune gone", []string{"DELETE FROM lupa_log WHERE id = 6"}, []string{"0 digest", "2 beginning"}},
	{"all gone", []string{"DELETE FROM lupa_log"}, []string{"0 digest", "0 serial"}},
	{"swapped", []string{"UPDATE lupa_log SET id = 30 WHERE id = 3", "UPDATE lupa_log SET id = 3 WHERE id = 4", "UPDATE lupa_log SET id = 4 WHERE id = 30"},
		[]string{"3 altered", "4 altered", "5 order"}},
	{"a way back cut", []string{"UPDATE lupa_log SET way = substr(way, 1, 30) WHERE id = 3"}, []string{"3 way"}},
	{"a way back gone", []string{"UPDATE lupa_log SET way = NULL WHERE id = 3"}, []string{"3 way"}},
	{"a way back of another", []string{"UPDATE lupa_log SET way = (SELECT way FROM lupa_log WHERE id = 5) WHERE id = 3"}, []string{"3 way"}},
	{"a way back where there was none", []string{"UPDATE lupa_log SET way = (SELECT way FROM lupa_log WHERE id = 5) WHERE id = 6"}, []string{"6 way"}},
	{"the serial", []string{"UPDATE lupa_target SET serial = 9"}, []string{"0 digest", "0 serial"}},
	{"what was left", []string{"UPDATE lupa_target SET last = substr(last, 1, 20)"}, []string{"0 digest", "0 last"}},
	{"the target's row", []string{"DELETE FROM lupa_target"}, []string{"0 digest", "0 last", "0 serial"}},
	{"nothing", nil, nil},
}

// RunDamages does all of that, each to a target of its own.
func RunDamages(t *testing.T, fresh func(t *testing.T) Fixture) {
	for _, d := range Damages {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			f := fresh(t)
			chain(t, f.Target, 5)
			pruned(t, f, 1)
			for _, statement := range d.SQL {
				f.SQL(t, statement)
			}
			var got []string
			for _, fault := range audit(t, f.Other).Verify() {
				got = append(got, fmt.Sprint(fault.Entry, " ", fault.Code))
			}
			if diff := cmp.Diff(d.Want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}
