package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/targettest"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

func TestConformanceOfServer(t *testing.T) {
	server := pgtest.Start(t)
	targettest.Run(t, func(t *testing.T) targettest.Fixture {
		return fixture(t, Server(server.Database(t).DSN(), Options{}))
	})
}

// made is a new target on a server, and its database.
func made(t *testing.T) (Place, *pgtest.Database) {
	t.Helper()
	db := pgtest.Start(t).Database(t)
	place := Server(db.DSN(), Options{})
	if err := place.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return place, db
}

// put brings a target from what it has to what it is to have.
func put(ctx context.Context, place Place, have, want fact.Set) error {
	db, err := place.Open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.Begin(ctx, target.Holder{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Read(ctx, fact.Scope{}); err != nil {
		return err
	}
	for _, st := range order.Steps(nil, have, want) {
		if err := tx.Do(ctx, st); err != nil {
			return err
		}
	}
	_, err = tx.Commit(ctx, target.Note{Last: want})
	return err
}

func TestServerIsMadeOnce(t *testing.T) {
	place, _ := made(t)
	if err := place.Create(t.Context()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := place.Upgrade(t.Context()); err != nil {
		t.Errorf("an upgrade of what is up to date: %v", err)
	}
	if err := put(t.Context(), place, fact.Set{}, world()); err != nil {
		t.Fatal(err)
	}
	if err := place.Create(t.Context()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a filled one: %v", err)
	}
}

// TestServerBegunIsFinished: what ended in the middle of being made is made whole
// by the next try.
func TestServerBegunIsFinished(t *testing.T) {
	db := pgtest.Start(t).Database(t)
	place := Server(db.DSN(), Options{})
	begun := db.DSN()
	conn, err := serverAt(begun).connect(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "CREATE SCHEMA lupa"); err != nil {
		t.Fatal(err)
	}
	if err := onServer.migrate(t.Context(), conn, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := place.OpenReader(t.Context()); err == nil {
		r, _ := place.OpenReader(t.Context())
		if _, err = r.Read(t.Context(), fact.Scope{}); err == nil {
			t.Error("a target without its own row was read")
		}
		r.Close()
	}
	if err := place.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), place, fact.Set{}, world()); err != nil {
		t.Fatal(err)
	}
}

// TestServerTellsApart: every way in which a database is no target to work with.
func TestServerTellsApart(t *testing.T) {
	for name, c := range map[string]struct {
		sql  string
		want error
	}{
		"no schema":       {"DROP SCHEMA lupa CASCADE", target.ErrNoTarget},
		"a newer version": {"INSERT INTO lupa.lupa_version (version_id, is_applied) VALUES (999, true)", target.ErrNewer},
		"an older version": {"DELETE FROM lupa.lupa_version WHERE version_id > 2; INSERT INTO lupa.lupa_version (version_id, is_applied) VALUES (1, true)",
			target.ErrOlder},
		"no version":          {"DELETE FROM lupa.lupa_version", target.ErrDamaged},
		"another serial":      {"UPDATE lupa.lupa_target SET serial = 9", target.ErrDamaged},
		"its own row gone":    {"DELETE FROM lupa.lupa_target", target.ErrDamaged},
		"a table gone":        {"DROP TABLE lupa.person_groups", target.ErrDamaged},
		"a column gone":       {"ALTER TABLE lupa.person DROP COLUMN all_schools", target.ErrDamaged},
		"a log entry gone":    {"DELETE FROM lupa.lupa_log", target.ErrDamaged},
		"a log entry altered": {"UPDATE lupa.lupa_log SET actor = 'somebody else'", target.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place, db := made(t)
			if err := put(t.Context(), place, fact.Set{}, world()); err != nil {
				t.Fatal(err)
			}
			db.Exec(t, c.sql)
			r, err := place.OpenReader(t.Context())
			if err == nil {
				_, err = r.Read(t.Context(), fact.Scope{})
				r.Close()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("reading: %v, want %v", err, c.want)
			}
			if err := put(t.Context(), place, world(), fact.Set{}); !errors.Is(err, c.want) {
				t.Errorf("writing: %v, want %v", err, c.want)
			}
		})
	}
}

// TestServerMigrationsMakeTheVocabulary is TestMigrationsMakeTheVocabulary for the
// other dialect.
func TestServerMigrationsMakeTheVocabulary(t *testing.T) {
	server := pgtest.Start(t)
	definitions := func(fill func(db *sql.DB) error) map[string]string {
		base := server.Database(t)
		db, err := (serverAt(base.DSN())).connect(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA lupa"); err != nil {
			t.Fatal(err)
		}
		if err := fill(db); err != nil {
			t.Fatal(err)
		}
		all := make(map[string]string)
		for _, row := range base.Exec(t, `SELECT table_name || '.' || column_name, concat_ws(' ', data_type, collation_name, is_nullable, column_default)
				FROM information_schema.columns WHERE table_schema = 'lupa' AND table_name NOT LIKE 'lupa\_%' AND table_name NOT LIKE 'who\_%'
			UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'lupa' AND tablename NOT LIKE 'lupa\_%'
			UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
				WHERE connamespace = 'lupa'::regnamespace AND conrelid::regclass::text NOT LIKE 'lupa.lupa\_%'`) {
			all[row[0]] = row[1]
		}
		return all
	}
	migrated := definitions(func(db *sql.DB) error { return onServer.migrate(t.Context(), db, schemaVersion) })
	direct := definitions(func(db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), onServer.statements(tables()))
		return err
	})
	if diff := cmp.Diff(direct, migrated); diff != "" {
		t.Errorf("the migrations do not make what the vocabulary says (-vocabulary +migrations):\n%s", diff)
	}
	if len(direct) < 400 {
		t.Errorf("only %d columns, indexes and constraints were compared", len(direct))
	}
	for name := range maps.Keys(direct) {
		for part := range strings.SplitSeq(name, ".") {
			if len(part) == 63 && !strings.Contains(name, " ") { // constraints are named by the server itself
				t.Errorf("%s: the server may have cut the name", part)
			}
		}
	}
}

// testPatience is long enough for a loaded machine.
const testPatience = time.Minute

func serverAt(dsn string) server { return server{dsn: dsn, Options: Options{Patience: testPatience}} }

// TestDuties: each role can do what its duty needs and nothing else.
func TestDuties(t *testing.T) {
	place, db := made(t)
	have := world()
	if err := put(t.Context(), place, fact.Set{}, have); err != nil {
		t.Fatal(err)
	}
	places := make(map[Duty]Place)
	var readerDSN string // of the role for reading, the last
	for _, duty := range []Duty{Planning, Applying, Reading} {
		dsn := db.Role(t, string(duty))
		if err := place.Grant(t.Context(), duty, db.Name+"_"+string(duty)); err != nil {
			t.Fatal(err)
		}
		places[duty], readerDSN = Server(dsn, Options{}), dsn
	}
	read := func(p Place) error {
		r, err := p.OpenReader(t.Context())
		if err != nil {
			return err
		}
		defer r.Close()
		snap, err := r.Read(t.Context(), fact.Scope{})
		if err == nil && !snap.Now.Equal(have) {
			t.Errorf("read %d facts of %d", snap.Now.Len(), have.Len())
		}
		return err
	}
	for duty, want := range map[Duty]error{Planning: nil, Applying: nil, Reading: target.ErrUnreachable} {
		if err := read(places[duty]); !errors.Is(err, want) {
			t.Errorf("%s reads: %v, want %v", duty, err, want)
		}
	}
	for _, duty := range []Duty{Planning, Reading} {
		if err := put(t.Context(), places[duty], have, fact.Set{}); !errors.Is(err, target.ErrUnreachable) {
			t.Errorf("%s writes: %v", duty, err)
		}
	}
	if err := put(t.Context(), places[Applying], have, fact.Set{}); err != nil {
		t.Errorf("apply writes: %v", err)
	}
	for _, statement := range []string{
		"DELETE FROM lupa_log", "UPDATE lupa_log SET actor = 'x'", "DELETE FROM lupa_target", "DROP TABLE person", "CREATE TABLE lupa.own (a text)",
		"TRUNCATE person", "ALTER TABLE person ADD own text", "INSERT INTO lupa_version (version_id, is_applied) VALUES (99, true)",
	} {
		if _, err := inside(t, places[Applying]).ExecContext(t.Context(), statement); err == nil {
			t.Errorf("the role that applies may do: %s", statement)
		}
	}
	asking, err := serverAt(readerDSN).connect(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer asking.Close()
	for query, want := range map[string]bool{"SELECT count(*) FROM who_has_what": true, "SELECT serial FROM lupa_status": true, "SELECT count(*) FROM person": false, "SELECT last FROM lupa_target": false} {
		if _, err := asking.ExecContext(t.Context(), query); (err == nil) != want {
			t.Errorf("the role that reads asks %s: %v", query, err)
		}
	}
	if err := place.Grant(t.Context(), Planning, db.Name+"_apply"); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), places[Applying], fact.Set{}, have); !errors.Is(err, target.ErrUnreachable) {
		t.Errorf("who may only plan from now on writes: %v", err)
	}
	for _, role := range []string{"nobody-of-that-name", db.Owner, "x; DROP SCHEMA lupa"} {
		if err := place.Grant(t.Context(), Planning, role); !errors.Is(err, ErrRole) {
			t.Errorf("%s: %v", role, err)
		}
	}
	if err := File("x").Grant(t.Context(), Planning, "x"); !errors.Is(err, ErrNoRoles) {
		t.Errorf("a file: %v", err)
	}
}

func inside(t *testing.T, place Place) *sql.DB {
	t.Helper()
	return opened(t, place).db
}

// TestMissingRight: a right that is missing on one table is found before anything
// is written.
func TestMissingRight(t *testing.T) {
	place, db := made(t)
	role := db.Name + "_deploy"
	deploy := Server(db.Role(t, "deploy"), Options{})
	for _, table := range []string{"person", "school", "person_groups", "lupa_log"} {
		if err := place.Grant(t.Context(), Applying, role); err != nil {
			t.Fatal(err)
		}
		db.Exec(t, "REVOKE INSERT ON lupa."+table+" FROM "+role)
		got := opened(t, deploy)
		tx, err := got.Begin(t.Context(), target.Holder{})
		if !errors.Is(err, target.ErrUnreachable) || !strings.Contains(err.Error(), "INSERT on "+table) {
			t.Errorf("without INSERT on %s: %v", table, err)
		}
		if tx != nil {
			tx.Rollback()
		}
	}
}

// TestSuperuser: who may do everything is refused, unless that is allowed.
func TestSuperuser(t *testing.T) {
	db := pgtest.Start(t).Database(t)
	if err := Server(db.Superuser(), Options{}).Create(t.Context()); !errors.Is(err, ErrSuperuser) {
		t.Errorf("a superuser: %v", err)
	}
	if err := Server(db.Superuser(), Options{Superuser: true}).Create(t.Context()); err != nil {
		t.Errorf("a superuser who is allowed: %v", err)
	}
}

func TestDamagesOfServer(t *testing.T) {
	server := pgtest.Start(t)
	targettest.RunDamages(t, func(t *testing.T) targettest.Fixture {
		return fixture(t, Server(server.Database(t).DSN(), Options{}))
	})
}

// TestCheckOfServer: what other systems may ask is held against what the target
// holds, and written anew where that is asked for.
func TestCheckOfServer(t *testing.T) {
	place, db := made(t)
	if err := put(t.Context(), place, fact.Set{}, busy(rand.New(rand.NewPCG(7, 7)))); err != nil {
		t.Fatal(err)
	}
	check := func() error {
		r, err := place.OpenReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		return r.Check(t.Context())
	}
	if err := check(); err != nil {
		t.Fatal(err)
	}
	const say = `SELECT string_agg(w::text, ';' ORDER BY person, child, "right", place) FROM lupa.who_has_what w`
	before := db.Exec(t, say)
	if before[0][0] == "" {
		t.Fatal("nobody has anything")
	}
	db.Exec(t, `UPDATE lupa.lupa_access_rights SET "right" = "right" || '.x'`)
	if err := check(); !errors.Is(err, target.ErrDamaged) {
		t.Errorf("a right that nobody has: %v", err)
	}
	if err := place.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, db.Exec(t, say)); diff != "" || check() != nil {
		t.Errorf("after recovering (-before +after):\n%s", diff)
	}
}
