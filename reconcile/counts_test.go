package reconcile_test

import (
	"bufio"
	"bytes"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"modernc.org/sqlite"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// What is counted here stays what it is on a machine that is slow or busy: what a
// run allocates, asks and writes. Times are for make bench.

// sizeTree is a municipality whose people alone make the difference between sizes.
func sizeTree(people int, roster, edited bool) fstest.MapFS {
	size := facttest.Size{People: people, Schools: 100, Groups: 50, Templates: 1, Classes: 4, Roster: roster, Edited: edited}
	return writtenOut(size)
}

// TestGrownTrees: the trees that make bench measures are valid, grow as they say,
// and a hundredth of the people differs a day later.
func TestGrownTrees(t *testing.T) {
	for _, roster := range []bool{false, true} {
		for _, people := range []int{1000, 2000} {
			size := facttest.Grown(people, roster)
			var days [2]fact.Set
			for day := range days {
				size.Edited = day == 1
				tree := load(t, writtenOut(size))
				if tree.Refused() || len(tree.Problems) > 0 {
					t.Fatalf("%+v: %v", size, tree.Problems)
				}
				days[day] = tree.Goal.Facts
				for _, f := range plan.Make(tree.Goal, "local", "test", fact.Snapshot{Lineage: "1"}).Findings {
					t.Errorf("%+v: finding %s %v", size, f.Code, f.Args)
				}
			}
			kinds := make(map[string]int)
			for key := range days[0].Objects() {
				kinds[key.Kind]++
			}
			if kinds["Person"] != people || kinds["School"] != size.Schools || kinds["UserGroup"] != size.Groups {
				t.Errorf("%+v: has %v", size, kinds)
			}
			near := func(what string, got int) {
				if got < people*5/1000 || got > people*15/1000 {
					t.Errorf("%+v: %d %s, want about %d", size, got, what, people/100)
				}
			}
			near("overrides", kinds["PersonOverride"])
			near("changes", len(fact.Diff(days[0], days[1])))
			if kinds["Sharing"] != 3*kinds["SurveyTemplate"] || kinds["SurveyTemplate"] == 0 {
				t.Errorf("%+v: %d templates, shared %d times", size, kinds["SurveyTemplate"], kinds["Sharing"])
			}
		}
	}
}

func writtenOut(size facttest.Size) fstest.MapFS {
	files := make(fstest.MapFS)
	for path, write := range size.Files() {
		var text bytes.Buffer
		w := bufio.NewWriter(&text)
		write(w)
		w.Flush()
		files[path] = &fstest.MapFile{Data: text.Bytes(), Mode: 0o644}
	}
	return files
}

func load(t *testing.T, files fstest.MapFS) *config.Tree {
	t.Helper()
	tree, err := config.Load(t.Context(), files, config.Options{Now: time.Unix(1_800_000_000, 0)})
	if err != nil || tree.Refused() {
		t.Fatal(err, tree.Problems)
	}
	return tree
}

// allocation is how often and how much is allocated.
type allocation struct{ objects, bytes float64 }

func allocated(do func()) allocation {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return allocation{float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc)}
}

// TestAllocations: to read a tree and to plan that nothing is to be done allocates
// in proportion to the people, and no more for each further one than it used to.
// The bounds of reading are about a quarter above what a person took when they were
// set; lower them when something has become cheaper.
func TestAllocations(t *testing.T) {
	const few, many = 2_000, 20_000
	for _, c := range []struct {
		from       string
		load, plan allocation // at most, for a person
	}{
		{"yaml", allocation{11.5, 4800}, allocation{0.15, 45}},
		{"roster", allocation{9, 3500}, allocation{0.15, 45}},
	} {
		measure := func(people int) (loading, planning allocation) {
			files := sizeTree(people, c.from == "roster", false)
			var tree *config.Tree
			loading = allocated(func() { tree = load(t, files) })
			holds := fact.Snapshot{Lineage: "1", Serial: 1, Now: tree.Goal.Facts, Last: tree.Goal.Facts}
			planning = allocated(func() {
				if p := plan.Make(tree.Goal, "local", "test", holds); !p.Empty() {
					t.Fatal("the plan is not empty")
				}
			})
			return loading, planning
		}
		measure(few) // what is made once and kept is of neither size
		loadFew, planFew := measure(few)
		loadMany, planMany := measure(many)
		for _, step := range []struct {
			name            string
			few, many, most allocation
		}{{"load", loadFew, loadMany, c.load}, {"plan", planFew, planMany, c.plan}} {
			got := allocation{(step.many.objects - step.few.objects) / (many - few), (step.many.bytes - step.few.bytes) / (many - few)}
			t.Logf("%s, %s: %.2f objects and %.0f bytes for each further person", c.from, step.name, got.objects, got.bytes)
			if got.objects > step.most.objects || got.bytes > step.most.bytes {
				t.Errorf("%s, %s: %.2f objects and %.0f bytes for each further person, want at most %.2f and %.0f",
					c.from, step.name, got.objects, got.bytes, step.most.objects, step.most.bytes)
			}
			if step.many.objects > 11*step.few.objects || step.many.bytes > 11*step.few.bytes {
				t.Errorf("%s, %s: %+v for %d people, %+v for %d", c.from, step.name, step.many, many, step.few, few)
			}
		}
	}
}

// writes counts the rows that any connection to a file of SQLite writes or removes,
// in this binary, from the first call on.
var writes = func() *atomic.Int64 {
	var rows atomic.Int64
	sqlite.RegisterConnectionHook(func(conn sqlite.ExecQuerierContext, _ string) error {
		conn.(sqlite.HookRegisterer).RegisterPreUpdateHook(func(sqlite.SQLitePreUpdateData) { rows.Add(1) })
		return nil
	})
	return &rows
}

// TestWrites: an apply writes as many rows as the change asks for, however many
// people there are beside it.
func TestWrites(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	rows := writes()
	for _, roster := range []bool{false, true} {
		file := sqldb.File(filepath.Join(t.TempDir(), "state.db"))
		if err := file.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		today, later := sizeTree(10_000, roster, false), sizeTree(10_000, roster, true)
		apply(t, file, today)
		from := rows.Load()
		people := apply(t, file, later)
		wrote := rows.Load() - from
		t.Logf("roster %v: %d people changed, %d rows", roster, people, wrote)
		// Of each a group, or a school and a class, there before and now; who has what;
		// and what an apply leaves about itself.
		if people < 90 || wrote < int64(2*people) || wrote > int64(6*people+20) {
			t.Errorf("roster %v: %d rows written for %d people of 10,000", roster, wrote, people)
		}
		from = rows.Load()
		if apply(t, file, later); rows.Load() != from {
			t.Errorf("roster %v: %d rows written where nothing changes", roster, rows.Load()-from)
		}
	}
}

// apply brings a target to what files declare, and says how many objects changed.
func apply(t *testing.T, at sqldb.Place, files fstest.MapFS) int {
	t.Helper()
	db, err := at.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := reconcile.Propose(t.Context(), load(t, files).Goal, "local", "test", db)
	if err != nil {
		t.Fatal(err)
	}
	if p.Empty() {
		return 0
	}
	if _, err := reconcile.Apply(t.Context(), p, db, confirming(p)); err != nil {
		t.Fatal(err)
	}
	return len(p.Changes)
}

// TestStatements: what a server is asked does not depend on how many people there
// are. A plan and a first apply are as many statements for ten times the people (rows
// are copied ten thousand at a time); an apply of changes has as many more as there
// are more changes.
func TestStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	server := pgtest.Start(t)
	type counts struct{ first, noop, change, objects int64 }
	count := func(people int) (c counts) {
		db := server.Database(t)
		if err := sqldb.Server(db.DSN(), sqldb.Options{}).Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		line := db.Proxy(t)
		place := sqldb.Server(line.DSN(), sqldb.Options{})
		of := func(do func()) int64 { before := line.Statements(); do(); return line.Statements() - before }
		c.first = of(func() { apply(t, place, sizeTree(people, false, false)) })
		c.noop = of(func() {
			db, err := place.OpenReader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var read target.Reader = db
			if p, err := reconcile.Propose(t.Context(), load(t, sizeTree(people, false, false)).Goal, "local", "test", read); err != nil || !p.Empty() {
				t.Fatal(err, p)
			}
		})
		c.change = of(func() { c.objects = int64(apply(t, place, sizeTree(people, false, true))) })
		return c
	}
	few, many := count(500), count(5_000)
	t.Logf("500 people: %+v; 5,000: %+v", few, many)
	tables := int64(0)
	for _, k := range fact.Words.Kinds {
		tables += int64(1 + len(k.Fields)) // at most
	}
	for _, c := range []struct {
		what            string
		few, many, most int64
	}{{"a plan that finds nothing to do", few.noop, many.noop, tables}, {"a first apply", few.first, many.first, 3 * tables}} {
		if c.few == 0 || c.many > c.few+5 || c.many > c.most {
			t.Errorf("%s: %d statements for 5,000 people, %d for 500, want at most %d", c.what, c.many, c.few, c.most)
		}
	}
	if more := many.objects - few.objects; more <= 0 || many.change-few.change > 3*more {
		t.Errorf("an apply: %d statements for %d changes, %d for %d", many.change, many.objects, few.change, few.objects)
	}
}
