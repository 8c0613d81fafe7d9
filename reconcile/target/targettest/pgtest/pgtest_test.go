package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestOwnerOfADatabase(t *testing.T) {
	db := pgtest.Start(t).Database(t)
	conn := connect(t, db.DSN())
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA kept; CREATE TABLE kept.rows (n int)"); err != nil {
		t.Fatal(err)
	}
	var super bool
	var durable string
	err := conn.QueryRow(t.Context(), "SELECT rolsuper, current_setting('synchronous_commit') FROM pg_roles WHERE rolname = current_user").Scan(&super, &durable)
	if err != nil || super || durable != "on" {
		t.Errorf("superuser %v, synchronous_commit %s, %v", super, durable, err)
	}
	reader := connect(t, db.Role(t, "reader"))
	if _, err := reader.Exec(t.Context(), "SELECT FROM kept.rows"); err == nil {
		t.Error("a further role reads what it was not given")
	}
	db.Exec(t, fmt.Sprintf("GRANT USAGE ON SCHEMA kept TO %[1]s_reader; GRANT SELECT ON kept.rows TO %[1]s_reader", db.Name))
	if _, err := reader.Exec(t.Context(), "SELECT FROM kept.rows"); err != nil {
		t.Error(err)
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(db.DSN(), "@", "x@", 1)); err == nil {
		t.Error("a wrong password is let in")
	}
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	s := pgtest.Start(t)
	var gone *pgtest.Database
	t.Run("one", func(t *testing.T) {
		gone = s.Database(t)
		gone.Role(t, "reader")
		connect(t, gone.DSN()) // still open when the database goes
	})
	db := s.Database(t)
	rows := db.Exec(t, "SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles")
	for _, row := range rows {
		if row[0] == gone.Name || strings.HasPrefix(row[0], gone.Name+"_") {
			t.Errorf("%s is still there", row[0])
		}
	}
}

func TestRestart(t *testing.T) {
	s := pgtest.Own(t)
	db := s.Database(t)
	db.Exec(t, "CREATE SCHEMA kept; CREATE TABLE kept.rows (n int)")
	for _, mode := range []pgtest.Mode{pgtest.Fast, pgtest.Immediate} {
		conn := connect(t, db.DSN())
		db.Exec(t, "INSERT INTO kept.rows VALUES (1)")
		s.Stop(t, mode)
		if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Errorf("%s: the connection is still alive", mode)
		}
		if _, err := pgx.Connect(t.Context(), db.DSN()); err == nil {
			t.Errorf("%s: the server still answers", mode)
		}
		s.Restart(t, mode)
		s.Restart(t, mode)
	}
	if got := rows(t, db); got != "2" {
		t.Errorf("%s rows outlived the restarts, of 2", got)
	}
}

// A child of this test starts a server and is killed: nothing may be left.
func TestKilled(t *testing.T) {
	if os.Getenv("PGTEST_CHILD") != "" {
		fmt.Println(pgtest.Start(t).Database(t).Superuser())
		select {}
	}
	pgtest.Start(t) // or skip
	dir, err := os.MkdirTemp("", "lupa-pgtest-killed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // the server may be another user's
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
	child.Env = append(os.Environ(), "PGTEST_CHILD=1", "TMPDIR="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	dsn, _ := bufio.NewReader(out).ReadString('\n')
	conn := connect(t, strings.TrimSpace(dsn))
	_ = child.Process.Kill()
	_ = child.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for conn.Ping(ctx) == nil {
		time.Sleep(10 * time.Millisecond)
	}
	for ctx.Err() == nil {
		left, err := os.ReadDir(dir)
		if err == nil && len(left) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the killed test left its server, or the directory of it")
}

// insert writes a row in a transaction, on a connection of its own.
func insert(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO kept.rows VALUES (1)"); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// prepared does the same with prepared statements alone, COMMIT too.
func prepared(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	for _, sql := range []string{"BEGIN", "INSERT INTO kept.rows VALUES (1)", "COMMIT"} {
		if _, err := conn.PgConn().Prepare(ctx, sql, sql, nil); err != nil {
			return err
		}
	}
	for _, sql := range []string{"BEGIN", "INSERT INTO kept.rows VALUES (1)", "COMMIT"} {
		if result := conn.PgConn().ExecPrepared(ctx, sql, nil, nil, nil).Read(); result.Err != nil {
			return result.Err
		}
	}
	return nil
}

func kept(t *testing.T) *pgtest.Database {
	db := pgtest.Start(t).Database(t)
	db.Exec(t, "CREATE SCHEMA kept; CREATE TABLE kept.rows (n int); GRANT ALL ON SCHEMA kept TO PUBLIC; GRANT ALL ON kept.rows TO PUBLIC")
	return db
}

func rows(t *testing.T, db *pgtest.Database) string {
	t.Helper()
	return db.Exec(t, "SELECT count(*) FROM kept.rows")[0][0]
}

// settled waits until no other backend is at work, so that the rows are the last
// word, and counts them.
func settled(t *testing.T, super *pgx.Conn) (rows int) {
	t.Helper()
	for range 500 {
		var others int
		err := super.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
		if others > 0 {
			time.Sleep(2 * time.Millisecond)
			continue
		}
		if err := super.QueryRow(t.Context(), "SELECT count(*) FROM kept.rows").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	t.Fatal("a backend stays")
	return 0
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAProxyForwards(t *testing.T) {
	db := kept(t)
	proxy := db.Proxy(t)
	var first [2]int64
	for i := range 3 {
		if err := insert(within(t), proxy.DSN()); err != nil {
			t.Fatal(err)
		}
		up, down := proxy.Bytes()
		if i == 0 {
			first = [2]int64{up, down}
		}
		if got := [2]int64{up, down}; got != first || up == 0 || down == 0 {
			t.Errorf("the same conversation took %v bytes and then %v", first, got)
		}
	}
	if got := rows(t, db); got != "3" || proxy.Connections() != 3 {
		t.Errorf("%s rows over %d connections", got, proxy.Connections())
	}
	if err := insert(within(t), proxy.Through(db.Role(t, "other"))); err != nil {
		t.Error(err)
	}
	proxy.Refuse(true)
	if err := insert(within(t), proxy.DSN()); err == nil {
		t.Error("a proxy that refuses lets in")
	}
}

// However few bytes pass, the row is there if and only if the COMMIT got through
// whole, and the client is told so if and only if all of the answer did.
func TestCutAtAnyByte(t *testing.T) {
	db := kept(t)
	super := connect(t, db.Superuser())
	proxy := db.Proxy(t)
	if err := insert(within(t), proxy.DSN()); err != nil {
		t.Fatal(err)
	}
	up, down := proxy.Bytes()
	step := int64(13)
	if os.Getenv("LUPA_TORTURE") != "" {
		step = 1
	}
	for _, c := range []struct {
		name  string
		fault pgtest.Fault
		way   pgtest.Way
		all   int64
	}{
		{"hangup up", pgtest.Hangup, pgtest.Up, up}, {"reset up", pgtest.Reset, pgtest.Up, up},
		{"hangup down", pgtest.Hangup, pgtest.Down, down}, {"reset down", pgtest.Reset, pgtest.Down, down},
	} {
		t.Run(c.name, func(t *testing.T) {
			sample := []int64{0} // and from the last byte down, where the COMMIT and its answer are
			for n := c.all; n > 0; n -= step {
				sample = append(sample, n)
			}
			for _, n := range sample {
				if _, err := super.Exec(t.Context(), "TRUNCATE kept.rows"); err != nil {
					t.Fatal(err)
				}
				proxy.At(c.way, n, c.fault)
				err := insert(within(t), proxy.DSN())
				up, down := proxy.Bytes()
				rows := settled(t, super)
				if !proxy.Struck() || [2]int64{up, down}[c.way] != n {
					t.Errorf("due after %d of %d bytes, struck %v: %d up and %d down passed", n, c.all, proxy.Struck(), up, down)
				}
				if told, whole := err == nil, c.way == pgtest.Down && n == c.all; told != whole {
					t.Errorf("after %d of %d bytes the client got %v", n, c.all, err)
				}
				if c.way == pgtest.Up && (rows == 1) != (n == c.all) {
					t.Errorf("after %d of %d bytes there are %d rows", n, c.all, rows)
				}
			}
		})
	}
}

func TestFreeze(t *testing.T) {
	db := kept(t)
	proxy := db.Proxy(t)
	conn := connect(t, proxy.DSN())
	up, _ := proxy.Bytes()
	proxy.At(pgtest.Up, up+3, pgtest.Freeze)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := conn.Exec(ctx, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the client was told %v", err)
	}
	idle := "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + db.Name + "' AND pid <> pg_backend_pid()"
	if got := db.Exec(t, idle)[0][0]; got != "1" {
		t.Errorf("%s backends: the server was told that its client left", got)
	}
}

func TestRunOnce(t *testing.T) {
	db := kept(t)
	proxy := db.Proxy(t)
	conn := connect(t, proxy.DSN())
	up, _ := proxy.Bytes()
	times := 0
	proxy.At(pgtest.Up, up+1, pgtest.Run(func() { times++; db.Disconnect(t) }))
	if _, err := conn.Exec(within(t), "INSERT INTO kept.rows VALUES (1)"); err == nil {
		t.Error("the backend was ended, and the client does not know")
	}
	if err := insert(within(t), proxy.DSN()); err != nil || times != 1 {
		t.Errorf("run %d times, then %v", times, err)
	}
}

func TestLoseCommit(t *testing.T) {
	for name, write := range map[string]func(context.Context, string) error{"simple": insert, "prepared": prepared} {
		t.Run(name, func(t *testing.T) {
			db := kept(t)
			// The answer begins long before the transaction is committed.
			db.Exec(t, `CREATE FUNCTION kept.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE $$wait$$; PERFORM pg_sleep(0.2); RETURN NULL; END';
				CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON kept.rows INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kept.slow()`)
			proxy := db.Proxy(t)
			proxy.LoseCommit(pgtest.Reset)
			if err := write(within(t), proxy.DSN()); err == nil {
				t.Error("the client heard of its COMMIT")
			}
			if got := rows(t, db); got != "1" || !proxy.Struck() {
				t.Errorf("%s rows, struck: %v", got, proxy.Struck())
			}
			if err := write(within(t), proxy.DSN()); err != nil {
				t.Errorf("it struck again: %v", err)
			}
		})
	}
}
