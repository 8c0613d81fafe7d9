package sqldb

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// onBoth runs a test on a new target of each kind.
func onBoth(t *testing.T, test func(t *testing.T, db *DB)) {
	made := func(t *testing.T, place Place) *DB {
		if err := place.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		return opened(t, place)
	}
	t.Run("SQLite", func(t *testing.T) { test(t, made(t, File(filepath.Join(t.TempDir(), "state.db")))) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, made(t, Server(pgtest.Start(t).Database(t).DSN(), Options{}))) })
}

// TestWhoHasWhat: after every apply the view is what package access says of the
// facts that are there, whatever was there before; and what is behind the view
// holds nothing that nobody has.
func TestWhoHasWhat(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		chain := accessChain{t: t, db: db, random: rand.New(rand.NewPCG(7, 7))}
		for range 15 {
			chain.next(chain.world())
			chain.rename("Person", "School", "UserGroup")
			chain.next(busy(chain.random))
			chain.next(busy(chain.random)) // the same people, with other rights
			if chain.random.IntN(3) == 0 {
				chain.rename("Installation")
			}
			if chain.random.IntN(3) == 0 {
				chain.meddle()
			}
			if chain.random.IntN(6) == 0 {
				chain.next(fact.Set{})
			}
		}
		if chain.seen < 3000 || chain.guardians < 500 || chain.renamed < 50 {
			t.Errorf("only %d rows, %d of them of guardians, after %d renames: the worlds show too little", chain.seen, chain.guardians, chain.renamed)
		}
	})
}

type accessChain struct {
	t      *testing.T
	db     *DB
	random *rand.Rand
	have   fact.Set

	seen, guardians, renamed int
}

// world is a world in which every reference leads somewhere, as the tables want it.
func (c *accessChain) world() fact.Set {
	switch c.random.IntN(4) {
	case 0:
		return facttest.World(c.random.IntN)
	case 1, 2:
		return busy(c.random)
	}
	w := facttest.Municipality(c.random.IntN)
	for {
		var loose fact.Builder
		for ref := range fact.Words.Dangling(w) {
			f := w.At(ref.Index)
			if loose.Add(f); f.Field == fact.Words.Kind(f.Kind).Key {
				for _, of := range w.Object(f.Key).All() {
					loose.Add(of)
				}
			}
		}
		gone := loose.Set()
		if gone.Len() == 0 {
			return w
		}
		w = w.Minus(gone)
	}
}

func (c *accessChain) next(want fact.Set) { c.apply(order.Steps(nil, c.have, want), want) }

func (c *accessChain) apply(steps []order.Step, want fact.Set) {
	c.t.Helper()
	applyAll(c.t, c.db, steps, want)
	c.have = want
	c.holds()
}

// rename renames the first object of each kind.
func (c *accessChain) rename(kinds ...string) {
	for _, kind := range kinds {
		for key := range c.have.Kind(kind).Objects() {
			to := "renamed"
			if kind != "Installation" {
				to = fact.ID(key.Installation(), fmt.Sprint("a-renamed-", c.renamed))
			}
			c.renamed++
			c.apply([]order.Step{{Action: order.Rename, Key: fact.Key{Kind: kind, ID: to}, From: key.ID}},
				fact.Words.Rename(c.have, map[fact.Key]string{key: to}))
			break
		}
	}
}

// meddle changes the answers by hand: the next apply puts that right.
func (c *accessChain) meddle() {
	for _, statement := range []string{
		"DELETE FROM lupa_access_places WHERE places % 2 = 0",
		"DELETE FROM lupa_access_person WHERE share % 3 = 0",
		"UPDATE lupa_access_person SET share = share + 1 WHERE share % 3 = 1",
		`UPDATE lupa_access_rights SET "right" = "right" || 'x' WHERE rights % 3 = 1`,
		`INSERT INTO lupa_access_rights VALUES (-5, 'nobody.has'), (4, 'nobody.has'), (900, 'nobody.has')`,
		"INSERT INTO lupa_access VALUES (0, 1, 1), (2, 900, 901), (900, 1, 900)",
		"INSERT INTO lupa_access_person VALUES ('a/nobody', '', 0), ('zz/nobody', 'a/child', 1)",
	} {
		if _, err := c.db.db.ExecContext(c.t.Context(), statement); err != nil {
			c.t.Fatal(statement, err)
		}
	}
}

func (c *accessChain) holds() {
	c.t.Helper()
	want := allowed(c.have)
	if diff := cmp.Diff(want, asked(c.t, c.db)); diff != "" {
		c.t.Fatalf("who has what (-access +view):\n%s\nin\n%s", diff, strings.Join(facttest.Describe(c.have), "\n"))
	}
	for _, unused := range []string{
		"SELECT count(*) FROM lupa_access_person p WHERE NOT EXISTS (SELECT 1 FROM lupa_access a WHERE a.share = p.share)",
		"SELECT count(*) FROM lupa_access a WHERE NOT EXISTS (SELECT 1 FROM lupa_access_person p WHERE a.share = p.share)",
		"SELECT count(*) FROM lupa_access_rights r WHERE NOT EXISTS (SELECT 1 FROM lupa_access a WHERE a.rights = r.rights)",
		"SELECT count(*) FROM lupa_access_places l WHERE NOT EXISTS (SELECT 1 FROM lupa_access a WHERE a.places = l.places)",
	} {
		if n := counted(c.t, c.db, unused); n > 0 {
			c.t.Fatalf("%d rows are of no use: %s", n, unused)
		}
	}
	c.seen += len(want)
	for _, row := range want {
		if !strings.Contains(row, "||") {
			c.guardians++
		}
	}
}

// allowed is what package access says, as rows of the view.
func allowed(facts fact.Set) []string {
	rows := []string{}
	for q := range access.Load(facts).All() {
		rows = append(rows, q.Person+"|"+q.Child+"|"+q.Right+"|"+q.Place)
	}
	slices.Sort(rows)
	return rows
}

// asked is what the view says.
func asked(t *testing.T, db *DB) []string {
	t.Helper()
	all := []string{}
	for _, row := range rowsOf(t, db, `SELECT person, coalesce(child, ''), "right", place FROM who_has_what`) {
		all = append(all, strings.Join(row, "|"))
	}
	slices.Sort(all)
	return all
}

func rowsOf(t *testing.T, db *DB, query string) (all [][]string) {
	t.Helper()
	rows, err := db.db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func counted(t *testing.T, db *DB, query string) int {
	t.Helper()
	var n int
	if err := db.db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// applyAll does steps in a transaction of its own.
func applyAll(t *testing.T, db *DB, steps []order.Step, last fact.Set) {
	t.Helper()
	x, err := db.Begin(t.Context(), target.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Rollback()
	for _, step := range steps {
		if err := x.Do(t.Context(), step); err != nil {
			t.Fatalf("%s %v: %v", step.Action, step.Key, err)
		}
	}
	if _, err := x.Commit(t.Context(), target.Note{Last: last}); err != nil {
		t.Fatal(err)
	}
}

// objects are facts in the making.
type objects struct{ fact.Builder }

// add adds an object, and fields and values in turn. Schools of a person are listed
// in their order.
func (o *objects) add(kind, id string, fields ...string) {
	key := fact.Key{Kind: kind, ID: id}
	o.Add(fact.Fact{Key: key})
	row := 0
	for i := 0; i < len(fields); i += 2 {
		f := fact.Fact{Key: key, Field: fields[i], Value: fields[i+1]}
		if f.Field == "schools" {
			row++
			f.Row = row
		}
		o.Add(f)
	}
}

// teachers is a small municipality: two schools, two groups, and so many teachers
// in one of each.
func teachers(n int) fact.Set {
	var o objects
	o.add("Installation", "m", "system", "inschool")
	o.add("School", "m/k-0", "wilma.enabled", "true", "title", "Testila")
	o.add("School", "m/k-1", "wilma.enabled", "true")
	o.add("UserGroup", "m/g-0", "wilma", "wilma.register.a.open")
	o.add("UserGroup", "m/g-1", "wilma", "wilma.register.b.open")
	for i := range n {
		o.add("Person", fmt.Sprintf("m/t-%03d", i), "kind", "teacher", "schools", fmt.Sprintf("m/k-%d", i%2), "groups", fmt.Sprintf("m/g-%d", i/2%2))
	}
	return o.Set()
}

// busy is a municipality in which many have something: teachers, students, and
// guardians whose names begin with those of others.
func busy(random *rand.Rand) fact.Set {
	var o objects
	o.add("Installation", "m", "system", "inschool")
	some := func(prefix string, n int) string { return fmt.Sprintf("m/%s-%d", prefix, random.IntN(n)) }
	for i := range 4 {
		o.add("UserGroup", fmt.Sprintf("m/g-%d", i), "wilma", fmt.Sprintf("wilma.r%d.open", random.IntN(5)), "wilma", fmt.Sprintf("wilma.r%d.open", random.IntN(5)), "wilma", "wilma.surveys.addSurvey")
	}
	for i := range 5 {
		o.add("School", fmt.Sprintf("m/k-%d", i), "wilma.enabled", "true", "studentGroups", some("g", 4), "guardianGroups", some("g", 4))
		if random.IntN(2) == 0 {
			o.add("School", fmt.Sprintf("m/k-%d", i), "surveys.enabled", "true")
		}
	}
	for i := range 12 {
		o.add("Person", fmt.Sprintf("m/t-%d", i), "kind", "teacher", "schools", some("k", 5), "schools", some("k", 5), "groups", some("g", 4), "groups", some("g", 4))
	}
	for i := range 6 {
		o.add("Person", fmt.Sprintf("m/o-%d", i), "kind", "student", "schools", some("k", 5))
	}
	for _, name := range []string{"m/h", "m/h-1", "m/h.2", "m/h-1-1", "m/h0"} {
		o.add("Person", name, "kind", "guardian", "children", some("o", 6), "children", some("o", 6))
	}
	return o.Set()
}

// TestLittleIsWrittenForLittle: an apply touches of the answers what it changes.
func TestLittleIsWrittenForLittle(t *testing.T) {
	tables := []string{"lupa_access_person", "lupa_access", "lupa_access_rights", "lupa_access_places"}
	onBoth(t, func(t *testing.T, db *DB) {
		have := teachers(100)
		applyAll(t, db, order.Steps(nil, fact.Set{}, have), have)
		titled := have.Plus(fact.Of(fact.Fact{Key: fact.Key{Kind: "School", ID: "m/k-1"}, Field: "title", Value: "Mallila"}))
		righted := titled.Plus(fact.Of(fact.Fact{Key: fact.Key{Kind: "UserGroup", ID: "m/g-0"}, Field: "wilma", Value: "wilma.register.c.open"}))
		for _, c := range []struct {
			name    string
			want    fact.Set
			changed [4]int // rows that come or go, by table
		}{
			{"a title", titled, [4]int{}},
			{"a right more for a group", righted, [4]int{0, 0, 1, 0}},
			{"another name for a school", fact.Words.Rename(righted, map[fact.Key]string{{Kind: "School", ID: "m/k-0"}: "m/k-9"}), [4]int{0, 0, 0, 2}},
			{"its old name", righted, [4]int{0, 0, 0, 2}},
			{"one leaves", righted.Where(func(k fact.Key) bool { return k.ID != "m/t-007" }), [4]int{1, 0, 0, 0}},
			{"and comes back", righted, [4]int{1, 0, 0, 0}},
			{"the first of their group go", righted.Where(func(k fact.Key) bool { return k.ID > "m/t-002" || k.Kind != "Person" }), [4]int{3, 0, 0, 0}},
			{"nobody is left", have.Where(func(k fact.Key) bool { return k.Kind != "Person" }), [4]int{97, 4, 3, 2}},
		} {
			before := make([][][]string, len(tables))
			for i, name := range tables {
				before[i] = rowsOf(t, db, "SELECT * FROM "+name)
			}
			applyAll(t, db, order.Steps(nil, have, c.want), c.want)
			have = c.want
			if diff := cmp.Diff(allowed(have), asked(t, db)); diff != "" {
				t.Fatalf("%s: who has what (-access +view):\n%s", c.name, diff)
			}
			for i, name := range tables {
				if got := different(before[i], rowsOf(t, db, "SELECT * FROM "+name)); got != c.changed[i] {
					t.Errorf("%s: %d rows of %s came or went, want %d", c.name, got, name, c.changed[i])
				}
			}
		}
	})
}

// different counts the rows that stand on one side only.
func different(a, b [][]string) int {
	count := make(map[string]int)
	for _, row := range a {
		count[strings.Join(row, "|")]++
	}
	for _, row := range b {
		count[strings.Join(row, "|")]--
	}
	n := 0
	for _, times := range count {
		n += max(times, -times)
	}
	return n
}

// TestUpgradeTellsWhoHasWhat: a target that was filled before there were answers has
// them after its upgrade, also where that was broken off in between.
func TestUpgradeTellsWhoHasWhat(t *testing.T) {
	for name, version := range map[string]string{"older": "5", "broken off": "6"} {
		t.Run(name, func(t *testing.T) {
			for kind, place := range map[string]Place{
				"SQLite": File(filepath.Join(t.TempDir(), "state.db")), "PostgreSQL": Server(pgtest.Start(t).Database(t).DSN(), Options{}),
			} {
				t.Run(kind, func(t *testing.T) { upgradeTells(t, place, version) })
			}
		})
	}
}

func upgradeTells(t *testing.T, place Place, version string) {
	if err := place.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	db := opened(t, place)
	have := teachers(10)
	applyAll(t, db, order.Steps(nil, fact.Set{}, have), have)
	statements := []string{"DELETE FROM lupa_access", "DELETE FROM lupa_access_person", "DELETE FROM lupa_access_rights", "DELETE FROM lupa_access_places"}
	if version == "5" {
		statements = []string{"DROP VIEW who_has_what", "DROP VIEW lupa_status", "DROP TABLE lupa_access", "DROP TABLE lupa_access_person",
			"DROP TABLE lupa_access_rights", "DROP TABLE lupa_access_places", "DELETE FROM lupa_version WHERE version_id > 5"}
	}
	for _, statement := range statements {
		if _, err := db.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	db.Close()
	if _, err := place.Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	db = opened(t, place)
	if diff := cmp.Diff(allowed(have), asked(t, db)); diff != "" || len(allowed(have)) == 0 {
		t.Errorf("who has what (-access +view):\n%s", diff)
	}
	if snap, err := db.Read(t.Context(), fact.Scope{}); err != nil || snap.Serial != 1 || !snap.Now.Equal(have) {
		t.Errorf("serial %d, %d facts (%v)", snap.Serial, snap.Now.Len(), err)
	}
}

// TestStatusView says as of which apply who has what, without a look at what lupa
// keeps for itself.
func TestStatusView(t *testing.T) {
	onBoth(t, func(t *testing.T, db *DB) {
		status := func() []string {
			return rowsOf(t, db, "SELECT lineage, serial, coalesce(at, 'never') FROM lupa_status")[0]
		}
		fresh := status()
		snap, err := db.Read(t.Context(), fact.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{snap.Lineage, "0", "never"}; !slices.Equal(fresh, want) {
			t.Errorf("a fresh target: %q, want %q", fresh, want)
		}
		applyAll(t, db, order.Steps(nil, fact.Set{}, teachers(2)), teachers(2))
		if want := []string{snap.Lineage, "1", "0001-01-01T00:00:00Z"}; !slices.Equal(status(), want) {
			t.Errorf("after an apply: %q, want %q", status(), want)
		}
	})
}
