package reconcile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

func largeGoal(b *testing.B, people int) *plan.Goal { return goalIn(b, filesOf(facttest.Tree(people))) }

func filesOf(tree map[string]string) fstest.MapFS {
	files := make(fstest.MapFS)
	for name, text := range tree {
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return files
}

func goalIn(b *testing.B, files fstest.MapFS) *plan.Goal {
	tree, err := config.Load(b.Context(), files, config.Options{Now: time.Unix(1_800_000_000, 0)})
	if err != nil || tree.Refused() {
		b.Fatal(err, tree.Problems)
	}
	return tree.Goal
}

// BenchmarkSQLite is the way from a goal to the state of an SQLite target.
func BenchmarkSQLite(b *testing.B) {
	for _, people := range []int{1_000, 10_000, 100_000} {
		goal := largeGoal(b, people)
		path := filepath.Join(b.TempDir(), "state.db")
		if err := sqldb.File(path).Create(b.Context()); err != nil {
			b.Fatal(err)
		}
		db, err := sqldb.File(path).Open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		p, err := reconcile.Propose(b.Context(), goal, "local", "bench", db)
		if err != nil {
			b.Fatal(err)
		}
		propose := func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p, err = reconcile.Propose(b.Context(), goal, "local", "bench", db); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.Run(fmt.Sprintf("%d/first-plan", people), propose)
		b.Run(fmt.Sprintf("%d/write-plan", people), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/first-apply", people), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				path := filepath.Join(b.TempDir(), fmt.Sprint(i, ".db"))
				if err := sqldb.File(path).Create(b.Context()); err != nil {
					b.Fatal(err)
				}
				fresh, err := sqldb.File(path).Open(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				first, err := reconcile.Propose(b.Context(), goal, "local", "bench", fresh)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if _, err := reconcile.Apply(b.Context(), first, fresh, confirming(first)); err != nil {
					b.Fatal(err)
				}
				fresh.Close()
			}
		})
		if _, err := reconcile.Apply(b.Context(), p, db, confirming(p)); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%d/no-op-plan", people), propose)
		snapshots(b, people, db)
	}
}

// BenchmarkNoOp is a whole plan that finds nothing to do, from the files to the
// plan, for people in YAML and in a roster.
func BenchmarkNoOp(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as lupa has it
	for from, tree := range map[string]func(int) map[string]string{"yaml": facttest.Tree, "roster": facttest.Register} {
		for _, people := range []int{1_000, 10_000, 100_000} {
			files := filesOf(tree(people))
			path := filepath.Join(b.TempDir(), "state.db")
			if err := sqldb.File(path).Create(b.Context()); err != nil {
				b.Fatal(err)
			}
			db, err := sqldb.File(path).Open(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			p, err := reconcile.Propose(b.Context(), goalIn(b, files), "local", "bench", db)
			if err == nil {
				_, err = reconcile.Apply(b.Context(), p, db, confirming(p))
			}
			if err := errors.Join(err, db.Close()); err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", from, people), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					db, err := sqldb.File(path).OpenReader(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					p, err := reconcile.Propose(b.Context(), goalIn(b, files), "local", "bench", db)
					if err != nil || !p.Empty() {
						b.Fatal(err, p)
					}
					db.Close()
				}
			})
		}
	}
}

// snapshots is what it takes to export a target and to read it back.
func snapshots(b *testing.B, people int, db *sqldb.DB) {
	var file bytes.Buffer
	b.Run(fmt.Sprintf("%d/export", people), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			file.Reset()
			snap, err := db.Read(b.Context(), fact.Scope{})
			if err != nil {
				b.Fatal(err)
			}
			s, err := plan.Take(snap, "large", "local", "bench", time.Unix(1_800_000_000, 0))
			if err == nil {
				err = s.Write(&file)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(file.Len())/(1<<20), "MiB")
	})
	b.Run(fmt.Sprintf("%d/read-snapshot", people), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := plan.ReadSnapshot(file.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
