package sqldb

import (
	"path/filepath"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target/targettest"
)

func openTest(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestConformance(t *testing.T) {
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		path := filepath.Join(t.TempDir(), "state.db")
		if err := Create(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		other := openTest(t, path)
		return targettest.Fixture{Target: openTest(t, path), Other: other, Edit: func(t *testing.T, steps ...order.Step) {
			begun, err := other.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			x := begun.(*tx)
			for _, st := range steps {
				if err := x.Do(t.Context(), st); err != nil {
					t.Fatal(err)
				}
			}
			if err := x.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := x.Tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}}
	})
}
