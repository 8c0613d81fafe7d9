package sqldb

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/targettest"
)

func openTest(t *testing.T, path string) *DB {
	t.Helper()
	return opened(t, File(path))
}

func opened(t *testing.T, place Place) *DB {
	t.Helper()
	db, err := place.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestConformance(t *testing.T) {
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		path := filepath.Join(t.TempDir(), "state.db")
		return fixture(t, File(path))
	})
}

func TestDamages(t *testing.T) {
	targettest.RunDamages(t, func(t *testing.T) targettest.Fixture {
		return fixture(t, File(filepath.Join(t.TempDir(), "state.db")))
	})
}

// fixture makes a target in a place.
func fixture(t *testing.T, place Place) targettest.Fixture {
	t.Helper()
	if err := place.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	one, other := opened(t, place), opened(t, place)
	statement := func(t *testing.T, text string) {
		if _, err := other.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	return targettest.Fixture{Target: one, Other: other, SQL: statement, Edit: func(t *testing.T, steps ...order.Step) {
		begun, err := other.Begin(t.Context(), target.Holder{})
		if err != nil {
			t.Fatal(err)
		}
		defer begun.Rollback()
		x := begun.(*tx)
		for _, st := range steps {
			if err := x.Do(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(x.flush(t.Context()), x.commit(t.Context())); err != nil {
			t.Fatal(err)
		}
	}}
}
