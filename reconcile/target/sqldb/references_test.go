package sqldb

import (
	"math/rand"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
)

// TestSound: what lacks a row of a full target, or an object without the records
// that stand in it, is refused exactly where the foreign keys of SQLite refuse it.
func TestSound(t *testing.T) {
	path := fresh(t)
	all := facttest.Municipality(rand.New(rand.NewSource(1)).Intn)
	var astray fact.Builder
	for ref := range fact.Words.Dangling(all) {
		astray.Add(ref.Fact)
	}
	fill(t, path, all.Minus(astray.Set()))
	db, err := open(path, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := begin(t.Context(), db, onFile, "PRAGMA foreign_keys = OFF; BEGIN")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Rollback()
	run := func(statement string, args ...any) {
		t.Helper()
		if _, err := s.exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	count := func(of string) (n int) {
		t.Helper()
		if err := s.row(t.Context(), "SELECT count(*) FROM "+of).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	refused, losses := 0, 0
	// without looks at what is left without a row, and the rows that belong to it.
	without := func(row int, of *table, belonging ...*table) {
		run("SAVEPOINT one")
		key := names(of.key())
		which := ") = (SELECT " + key + " FROM " + of.name + " ORDER BY " + key + " LIMIT 1 OFFSET ?)"
		for _, b := range belonging {
			run("DELETE FROM "+b.name+" WHERE ("+names(b.owner)+which, row)
		}
		run("DELETE FROM "+of.name+" WHERE ("+key+which, row)
		dangling := count("pragma_foreign_key_check")
		all, err := readFacts(t.Context(), s, fact.Set{})
		if err != nil {
			t.Fatal(err)
		}
		if err := sound(all); (err == nil) != (dangling == 0) {
			t.Errorf("without row %d of %s and %d tables more: %v, and SQLite finds %d references that lead nowhere", row, of.name, len(belonging), err, dangling)
		}
		if losses++; dangling > 0 {
			refused++
		}
		run("ROLLBACK TO one; RELEASE one")
	}
	byKind := newTx(s).byKind
	for _, table := range tables() {
		for row := range min(count(table.name), 5) {
			without(row, table)
			if own := byKind[table.kind.Name]; own[0].name == table.name {
				without(row, table, own[1:]...)
			}
		}
	}
	if refused < losses/10 || refused > losses*9/10 {
		t.Errorf("%d of %d losses are noticed: too few to tell anything, or too many", refused, losses)
	}
}

// TestForeignKeysWatch: only the first fill goes without them.
func TestForeignKeysWatch(t *testing.T) {
	db := openTest(t, fresh(t))
	for _, want := range []bool{false, true} {
		begun, err := db.Begin(t.Context(), target.Holder{})
		if err != nil {
			t.Fatal(err)
		}
		defer begun.Rollback()
		var watching bool
		if err := begun.(*tx).row(t.Context(), "PRAGMA foreign_keys").Scan(&watching); err != nil || watching != want {
			t.Errorf("foreign keys are looked after: %v (%v), want %v", watching, err, want)
		}
		for _, st := range order.Steps(nil, fact.Set{}, teachers(1)) {
			if want { // it is there already
				break
			}
			if err := begun.Do(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := begun.Commit(t.Context(), target.Note{Last: teachers(1)}); err != nil {
			t.Fatal(err)
		}
	}
}
