package report

import (
	"strings"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// TestGoldenHistory: a log with all that an entry can be, and all that can be wrong.
func TestGoldenHistory(t *testing.T) {
	m := municipality(t)
	apply(t, m, propose(t, m, tree(after)))
	tx, err := m.Begin(t.Context(), target.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Prune(t.Context(), 1, note); err != nil {
		t.Fatal(err)
	}
	audit, err := m.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := Log{Name: "paikka", Audit: audit}
	var b strings.Builder
	r := &Text{Out: &b}
	empty := Log{Name: "paikka", Audit: &target.Audit{}}
	r.History(empty, "")
	r.Verification(empty, nil, "lupa drift")
	r.History(l, "lupa history 2")
	r.Verification(l, l.Verify(), "lupa drift")
	before, after, renames, err := l.Done(2)
	if err != nil {
		t.Fatal(err)
	}
	p := Past{Name: "paikka", Entry: l.Entry(2), Kept: true, Changes: plan.Compare(before, after, renames)}
	r.Past(p, "lupa undo 2")
	r.Past(Past{Name: "paikka", Entry: l.Entry(2), Kept: true, Later: 2}, "lupa undo 2")
	r.Past(Past{Name: "paikka", Entry: l.Entry(2)}, "lupa undo 2")
	r.Past(Past{Name: "paikka", Entry: l.Entry(3)}, "lupa undo 3")
	r.Pruning(l.Entry(3), 1)
	r.Pruning(target.Entry{}, 0)
	var faults []target.Fault
	for _, code := range []string{target.Altered, target.Missing, target.Order, target.Beginning, target.Counting, target.Way, target.State} {
		faults = append(faults, target.Fault{Entry: 7, Code: code, Args: []string{"4", "6"}})
	}
	faults = append(faults, target.Fault{Code: target.Counting, Args: []string{"4", "6"}}, target.Fault{Entry: 2, Code: target.Beginning, Args: []string{"0"}},
		target.Fault{Code: target.Sealed}, target.Fault{Code: target.Unread})
	r.Verification(l, faults, "lupa drift")
	golden(t, "history", b.String())
	if said := b.String(); strings.Contains(said, "%!") || strings.Contains(said, "log.") {
		t.Error("a sentence is missing")
	}
}

// TestHistoryIsHarmless: what people and machines are called does nothing.
func TestHistoryIsHarmless(t *testing.T) {
	hostile := "\x1b[2J\u202e</td>\nrow\t\xff" + strings.Repeat("å", 500)
	e := target.Entry{Actor: hostile, Host: hostile, Commit: hostile, Plan: hostile, Version: hostile, Acknowledged: []string{hostile},
		At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), State: fact.Set{}.Digest().String()}.Seal(1, 1, "")
	l := Log{Name: hostile, Audit: &target.Audit{Serial: 1, Records: []target.Record{{Entry: e}}}}
	var b strings.Builder
	r := &Text{Out: &b}
	r.History(l, "lupa history 1")
	r.Verification(l, l.Verify(), "lupa drift")
	r.Past(Past{Name: hostile, Entry: e, Kept: true}, "lupa undo 1")
	if said := b.String(); strings.ContainsAny(said, "\x1b\u202e\t\ufffd") || strings.Count(said, "\n") > 20 {
		t.Errorf("%q", said)
	}
	data, err := HistoryJSON(l)
	if err != nil || strings.ContainsAny(string(data), "\x1b") || strings.Count(string(data), "\n") != 1 {
		t.Errorf("%q, %v", data, err)
	}
}

// TestHistoryShape: scripts find in an entry what was promised, and its hash at the
// end of what it is made of.
func TestHistoryShape(t *testing.T) {
	m := municipality(t)
	audit, err := m.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := Log{Name: "paikka", Audit: audit}
	for name, c := range map[string]struct {
		make func() ([]byte, error)
		want []string
	}{
		"history": {func() ([]byte, error) { return HistoryJSON(l) }, []string{`"kind":"history"`, `"entries":[{"id":1,"serial":1,"plan":"`, `","commit":"","actor":"joku","host":"kone","version":"test","at":"2026-03-01T12:00:00Z","changes":`, `,"previous":"","hash":"`, `","state":"`}},
		"verify": {func() ([]byte, error) {
			return VerificationJSON(l, []target.Fault{{Entry: 1, Code: target.Altered, Args: []string{}}})
		}, []string{`"sound":false`, `"faults":[{"entry":1,"code":"altered","args":[],"message":"log entry 1 was altered"}]`, `"head":"`, `"entries":1`, `"since":"2026-03-01T12:00:00Z"`, `"pruned":0`}},
		"past":  {func() ([]byte, error) { return PastJSON(Past{Entry: l.Entry(1), Kept: true, Changes: []plan.Change{}}) }, []string{`"changes":[]`, `"entry":{"id":1,`, `"kind":"past"`}},
		"prune": {func() ([]byte, error) { return PruningJSON(l.Entry(1), 4) }, []string{`"removed":4`, `"entry":{"id":1,`}},
	} {
		data, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s lacks %s:\n%s", name, want, data)
			}
		}
	}
}
