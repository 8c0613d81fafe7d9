package sqldb

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
)

func fresh(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dir", "state.db")
	if err := File(path).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return path
}

// fill puts facts into a target.
func fill(t *testing.T, path string, want fact.Set) {
	t.Helper()
	db := openTest(t, path)
	tx, err := db.Begin(t.Context(), target.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	before, err := tx.Read(t.Context(), fact.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range order.Steps(nil, fact.Set{}, want) {
		if err := tx.Do(t.Context(), st); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.Commit(t.Context(), target.Note{Last: want, Back: target.WayBack(before, want, want, nil)}); err != nil {
		t.Fatal(err)
	}
}

func world() fact.Set {
	n := 0
	return facttest.World(func(limit int) int { n++; return n * 7 % limit })
}

func exec(t *testing.T, path, statement string) {
	t.Helper()
	db, err := open(path, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsLoseNothing(t *testing.T) {
	db := openTest(t, fresh(t))
	for pragma, want := range map[string]string{
		"journal_mode": "delete", "synchronous": "3", "foreign_keys": "1", "secure_delete": "1", "application_id": fmt.Sprint(applicationID),
	} {
		var got string
		if err := db.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %s (%v), want %s", pragma, got, err, want)
		}
	}
}

func TestCreate(t *testing.T) {
	old := syscall.Umask(0)
	path := fresh(t)
	syscall.Umask(old)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v (%v), want 0600 whatever the umask", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the target lie %v (%v)", entries, err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := File(path).Create(t.Context()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nothing"), link); err != nil {
		t.Fatal(err)
	}
	if err := File(link).Create(t.Context()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a link: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("what was there was changed")
	}
}

// TestOpenTellsApart: every way in which a file is no target to work with.
func TestOpenTellsApart(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T) string
		want error
	}{
		"nothing there": {func(t *testing.T) string { return filepath.Join(t.TempDir(), "x.db") }, target.ErrNoTarget},
		"a directory":   {func(t *testing.T) string { return t.TempDir() }, target.ErrUnreachable},
		"a link": {func(t *testing.T) string {
			link := filepath.Join(t.TempDir(), "link.db")
			if err := os.Symlink(fresh(t), link); err != nil {
				t.Fatal(err)
			}
			return link
		}, target.ErrUnreachable},
		"text":             {func(t *testing.T) string { return written(t, strings.Repeat("no database ", 100)) }, target.ErrDamaged},
		"an empty file":    {func(t *testing.T) string { return written(t, "") }, target.ErrDamaged},
		"a single byte":    {func(t *testing.T) string { return written(t, "S") }, target.ErrDamaged},
		"another database": {func(t *testing.T) string { p := fresh(t); exec(t, p, "PRAGMA application_id = 1"); return p }, target.ErrDamaged},
		"cut in half": {func(t *testing.T) string {
			p := fresh(t)
			fill(t, p, world())
			info, err := os.Stat(p)
			if err == nil {
				err = os.Truncate(p, info.Size()/2)
			}
			if err != nil {
				t.Fatal(err)
			}
			return p
		}, target.ErrDamaged},
		"a newer version": {func(t *testing.T) string {
			p := fresh(t)
			exec(t, p, "INSERT INTO lupa_version (version_id, is_applied) VALUES ("+strconv.Itoa(schemaVersion+1)+", 1)")
			return p
		}, target.ErrNewer},
		"another serial":  {func(t *testing.T) string { p := fresh(t); exec(t, p, "UPDATE lupa_target SET serial = 9"); return p }, target.ErrDamaged},
		"another lineage": {func(t *testing.T) string { p := fresh(t); exec(t, p, "UPDATE lupa_target SET lineage = 'x'"); return p }, target.ErrDamaged},
		"a log entry gone": {func(t *testing.T) string {
			p := fresh(t)
			fill(t, p, world())
			exec(t, p, "DELETE FROM lupa_log")
			return p
		}, target.ErrDamaged},
		"a log entry altered": {func(t *testing.T) string {
			p := fresh(t)
			fill(t, p, world())
			exec(t, p, "UPDATE lupa_log SET actor = 'somebody else'")
			return p
		}, target.ErrDamaged},
		"a count that contradicts itself": {func(t *testing.T) string { p := fresh(t); fill(t, p, world()); flip(t, p, 27); return p }, target.ErrDamaged},
		"a version of its own":            {func(t *testing.T) string { p := fresh(t); flip(t, p, 18); return p }, target.ErrDamaged},
		"no version":                      {func(t *testing.T) string { p := fresh(t); exec(t, p, "DELETE FROM lupa_version"); return p }, target.ErrDamaged},
		"a table gone":                    {func(t *testing.T) string { p := fresh(t); exec(t, p, "DROP TABLE person_groups"); return p }, target.ErrDamaged},
		"its own row gone":                {func(t *testing.T) string { p := fresh(t); exec(t, p, "DELETE FROM lupa_target"); return p }, target.ErrDamaged},
		"what was left, cut": {func(t *testing.T) string {
			p := fresh(t)
			fill(t, p, world())
			exec(t, p, "UPDATE lupa_target SET last = substr(last, 1, 20)")
			return p
		}, target.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := c.make(t)
			before, _ := os.ReadFile(path)
			r, err := File(path).OpenReader(t.Context())
			if err == nil {
				_, err = r.Read(t.Context(), fact.Scope{})
				r.Close()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("reading: %v, want %v", err, c.want)
			}
			db, err := File(path).Open(t.Context())
			if err == nil {
				_, err = db.Read(t.Context(), fact.Scope{})
				db.Close()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("opening to write: %v, want %v", err, c.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("looking at it changed it")
			}
		})
	}
}

// flip changes one bit of a byte of a file.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		data[at] ^= 2
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func written(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHotJournal: after a crash in the middle of a write, reading shows the
// state before it and leaves both files as they are; writing recovers.
func TestHotJournal(t *testing.T) {
	path := fresh(t)
	want := world()
	fill(t, path, want)
	crash(t, path)
	files := []string{path, path + "-journal"}
	before := contents(t, files)

	r, err := File(path).OpenReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	snap, err := r.Read(t.Context(), fact.Scope{})
	if err != nil || !snap.Now.Equal(want) {
		t.Errorf("read %d facts, want %d (%v)", snap.Now.Len(), want.Len(), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if after := contents(t, files); !bytes.Equal(before, after) {
		t.Error("reading changed the target")
	}
	if _, err := os.Stat(r.copy); r.copy == "" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the private copy %q was not used, or left behind", r.copy)
	}

	snap, err = openTest(t, path).Read(t.Context(), fact.Scope{})
	if err != nil || !snap.Now.Equal(want) {
		t.Errorf("after recovery: %d facts, want %d (%v)", snap.Now.Len(), want.Len(), err)
	}
}

// TestRecover: what a crash left is cleared away, and nothing else happens.
func TestRecover(t *testing.T) {
	path := fresh(t)
	want := world()
	fill(t, path, want)
	crash(t, path)
	for range 2 {
		if err := File(path).Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path + "-journal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the journal is there still: %v", err)
		}
		if snap, err := openTest(t, path).Read(t.Context(), fact.Scope{}); err != nil || !snap.Now.Equal(want) {
			t.Errorf("%d facts, want %d (%v)", snap.Now.Len(), want.Len(), err)
		}
	}
}

// TestUpgrade: a target of an older version is refused until it is upgraded, and
// keeps what lupa knows about it.
func TestUpgrade(t *testing.T) {
	path := older(t, 1)
	var lineage string
	db, err := open(path, "rw")
	if err == nil {
		lineage, err = christenAsThen(t, db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := File(path).OpenReader(t.Context()); !errors.Is(err, target.ErrOlder) {
		t.Errorf("reading: %v, want %v", err, target.ErrOlder)
	}
	if _, err := File(path).Open(t.Context()); !errors.Is(err, target.ErrOlder) {
		t.Errorf("writing: %v, want %v", err, target.ErrOlder)
	}
	for range 2 {
		if _, err := File(path).Upgrade(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, path, world())
	if after, err := openTest(t, path).Read(t.Context(), fact.Scope{}); err != nil || after.Lineage != lineage || !after.Now.Equal(world()) {
		t.Errorf("%d facts under lineage %s, want %s (%v)", after.Now.Len(), after.Lineage, lineage, err)
	}
	newer := fresh(t)
	exec(t, newer, "INSERT INTO lupa_version (version_id, is_applied) VALUES (999, 1)")
	if _, err := File(newer).Upgrade(t.Context()); !errors.Is(err, target.ErrNewer) {
		t.Errorf("upgrading a newer one: %v, want %v", err, target.ErrNewer)
	}
}

// older is a file with the tables of an older version.
func older(t *testing.T, version int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := open(path, "rwc")
	if err == nil {
		err = onFile.migrate(t.Context(), db, version)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	exec(t, path, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return path
}

// christenAsThen gives a new target its row as lupa did before there were seals.
func christenAsThen(t *testing.T, db *sql.DB) (lineage string, err error) {
	t.Helper()
	s := state{lineage: "0123456789abcdef"}
	if s.last, err = pack(fact.Set{}); err == nil {
		_, err = db.ExecContext(t.Context(), "INSERT INTO lupa_target (one, lineage, serial, last, digest) VALUES (1, ?, 0, ?, ?)", s.lineage, s.last, s.digest())
	}
	return s.lineage, err
}

// sealAsThen seals the one entry of a log as lupa did before an entry said what
// was left.
func sealAsThen(t *testing.T, db *sql.DB) {
	t.Helper()
	e := target.Entry{}.Seal(1, 1, "")
	s := state{serial: 1, head: e.Hash}
	err := db.QueryRowContext(t.Context(), "SELECT lineage, last FROM lupa_target").Scan(&s.lineage, &s.last)
	if err == nil {
		_, err = db.ExecContext(t.Context(), "UPDATE lupa_log SET hash = ?", e.Hash)
	}
	if err == nil {
		_, err = db.ExecContext(t.Context(), "UPDATE lupa_target SET digest = ?", s.digest())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestUpgradeKeepsWhatIsThere: a target that was filled before there were IMS and
// CosDoc holds the same afterwards, and takes what is new.
func TestUpgradeKeepsWhatIsThere(t *testing.T) {
	path, old := fresh(t), older(t, 2)
	db, err := open(old, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	before := withTables(t, db, world())
	if n := before.Len(); n < 100 || n == world().Len() {
		t.Fatalf("%d of %d facts are of before", n, world().Len())
	}
	fill(t, path, before)
	want, err := openTest(t, path).Read(t.Context(), fact.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	copyTables(t, db, path)
	sealAsThen(t, db)
	db.Close()
	if _, err := File(old).OpenReader(t.Context()); !errors.Is(err, target.ErrOlder) {
		t.Errorf("reading: %v, want %v", err, target.ErrOlder)
	}
	if _, err := File(old).Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := openTest(t, old).Read(t.Context(), fact.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Now.Equal(before) || !got.Last.Equal(before) || got.Lineage != want.Lineage || got.Serial != want.Serial {
		t.Errorf("(-before +after):\n%s", cmp.Diff(facttest.Describe(before), facttest.Describe(got.Now)))
	}
	more := fact.Of(fact.Fact{Key: fact.Key{Kind: "Unit", ID: "mallila/uusi"}})
	fill(t, old, more)
	if got, err := openTest(t, old).Read(t.Context(), fact.Scope{}); err != nil || !got.Now.Equal(before.Plus(more)) {
		t.Errorf("a new kind does not fit in: %v", err)
	}
	a, err := openTest(t, old).Audit(t.Context())
	if err != nil || len(a.Verify()) > 0 || len(a.Records) != 2 {
		t.Fatalf("%d entries, %+v, %v", len(a.Records), a.Verify(), err)
	}
	if past, err := a.Before(2); err != nil || !past.Last.Equal(before) {
		t.Errorf("before the first apply of this lupa: %v", err)
	}
	if _, err := a.Before(1); !errors.Is(err, target.ErrTooOld) {
		t.Errorf("before that of an older lupa: %v, want %v", err, target.ErrTooOld)
	}
}

// withTables is what of a set the tables of a database have a place for.
func withTables(t *testing.T, db *sql.DB, s fact.Set) fact.Set {
	t.Helper()
	places := make(map[[2]string]bool) // by kind and field
	for _, table := range tables() {
		for _, c := range table.columns() {
			var n int
			if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?", table.name, strings.Trim(c.name, `"`)).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if c.field != nil {
				places[[2]string{table.kind.Name, c.field.Name}] = n > 0
			} else if n > 0 {
				places[[2]string{table.kind.Name, ""}] = true
			}
		}
	}
	var b fact.Builder
	for _, f := range s.All() {
		if places[[2]string{f.Kind, f.Field}] {
			b.Add(f)
		}
	}
	return b.Set()
}

// copyTabless copies the rows of all tables that a database has from another one.
func copyTables(t *testing.T, to *sql.DB, from string) {
	t.Helper()
	if _, err := to.ExecContext(t.Context(), "ATTACH ? AS filled", from); err != nil {
		t.Fatal(err)
	}
	rows, err := to.QueryContext(t.Context(), `SELECT t.name, group_concat('"' || c.name || '"') FROM main.sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name <> ? GROUP BY t.name`, versionTable)
	if err != nil {
		t.Fatal(err)
	}
	var copies []string
	for rows.Next() {
		var table, columns string
		if err := rows.Scan(&table, &columns); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, fmt.Sprintf("INSERT INTO main.%s (%s) SELECT %[2]s FROM filled.%[1]s", table, columns))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	text := "BEGIN; PRAGMA defer_foreign_keys = ON; " + strings.Join(copies, "; ") + "; COMMIT; DETACH filled"
	if _, err := to.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// TestVanished: what is written into a file that is no longer the target's is not
// applied, and not said to be.
func TestVanished(t *testing.T) {
	for name, meanwhile := range map[string]func(path string) error{
		"removed": os.Remove,
		"replaced": func(path string) error {
			data, err := os.ReadFile(path)
			return errors.Join(err, os.Remove(path), os.WriteFile(path, data, 0o600))
		},
		"a link to itself": func(path string) error {
			return errors.Join(os.Rename(path, path+".moved"), os.Symlink(path+".moved", path))
		},
	} {
		path := fresh(t)
		begun, err := openTest(t, path).Begin(t.Context(), target.Holder{})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range order.Steps(nil, fact.Set{}, world()) {
			if err := begun.Do(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := begun.Read(t.Context(), fact.Scope{}); err != nil { // all is written
			t.Fatal(err)
		}
		if err := meanwhile(path); err != nil {
			t.Fatal(err)
		}
		if _, err := begun.Commit(t.Context(), target.Note{Last: world()}); !errors.Is(err, target.ErrUnreachable) {
			t.Errorf("%s: %v, want %v", name, err, target.ErrUnreachable)
		}
		if err := begun.Rollback(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// crash leaves the files as a process does that dies while it writes.
func crash(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(1)&_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO school (id, title) VALUES (?, ?)", fmt.Sprint("mallila/x", i), strings.Repeat("y", 200)); err != nil {
			t.Fatal(err)
		}
	}
	saved := []string{path, path + "-journal"}
	for _, name := range saved {
		data, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name+".crashed", data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for _, name := range saved {
		if err := os.Rename(name+".crashed", name); err != nil {
			t.Fatal(err)
		}
	}
}

func contents(t *testing.T, files []string) []byte {
	t.Helper()
	var all []byte
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, data...), 0)
	}
	return all
}

// TestTablesArePleasant: what a person would ask by hand.
func TestTablesArePleasant(t *testing.T) {
	path := fresh(t)
	person := fact.Key{Kind: "Person", ID: "m/t-1"}
	group := fact.Key{Kind: "UserGroup", ID: "m/opettajat"}
	school := fact.Key{Kind: "School", ID: "m/testila"}
	fill(t, path, fact.Of(
		fact.Fact{Key: group}, fact.Fact{Key: school}, fact.Fact{Key: school, Field: "code", Value: "01234"},
		fact.Fact{Key: person}, fact.Fact{Key: person, Field: "kind", Value: "teacher"},
		fact.Fact{Key: person, Field: "schools", Row: 1, Value: school.ID}, fact.Fact{Key: person, Field: "groups", Value: group.ID},
	))
	db := openTest(t, path)
	var code string
	err := db.db.QueryRowContext(t.Context(), `SELECT s.code FROM person p
		JOIN person_groups g ON g.person = p.id JOIN person_schools ps ON ps.person = p.id JOIN school s ON s.id = ps.school
		WHERE g.user_group = 'm/opettajat' AND p.kind = 'teacher' AND ps.row = 1`).Scan(&code)
	if err != nil || code != "01234" {
		t.Errorf("code %q, %v", code, err)
	}
	for name, statement := range map[string]string{
		"a group that somebody is in": "DELETE FROM user_group",
		"a person of no school":       "UPDATE person_schools SET school = 'm/nowhere'",
		"a flag that is no flag":      "UPDATE person SET all_schools = 2",
	} {
		if _, err := db.db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: the database allows it", name)
		}
	}
}
