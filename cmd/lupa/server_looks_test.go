package main

import (
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// as is a subject for another role, with settings of the session behind its address.
func (l *onLine) as(dsn, more string) *subject {
	s := *l.subject
	s.env = []string{"LUPA_DSN=" + dsn + more}
	return &s
}

// held is everything that a database holds, and how often rows were written there.
func (l *onLine) held(t *testing.T) string {
	t.Helper()
	time.Sleep(50 * time.Millisecond) // a session reports what it did when it ends
	var b strings.Builder
	for _, row := range l.db.Exec(t, `SELECT c.relname, md5(query_to_xml('SELECT t::text FROM lupa.' || c.relname || ' t ORDER BY 1', false, false, '')::text),
			pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid)
			FROM pg_class c WHERE c.relnamespace = 'lupa'::regnamespace AND c.relkind = 'r'
		UNION ALL SELECT 'schema', count(*)::text, 0, 0, 0 FROM pg_class WHERE relnamespace = 'lupa'::regnamespace ORDER BY 1`) {
		fmt.Fprintln(&b, strings.Join(row, " "))
	}
	return b.String()
}

func (l *onLine) tables(t *testing.T) (names []string) {
	t.Helper()
	for _, row := range l.db.Exec(t, "SELECT tablename FROM pg_tables WHERE schemaname = 'lupa' ORDER BY 1") {
		names = append(names, row[0])
	}
	if len(names) < 40 {
		t.Fatalf("only %d tables", len(names))
	}
	return names
}

// looking are the commands that only look at a target, and how they end when the
// small tree was changed.
var looking = []struct {
	exit int
	args []string
}{
	{exitDone, []string{"plan"}},
	{exitChanges, []string{"plan", "--detailed-exitcode"}},
	{exitDone, []string{"drift"}},
	{exitDone, []string{"export"}},
	{exitDone, []string{"history"}},
	{exitDone, []string{"verify"}},
	{exitDone, []string{"import"}},
	{exitDone, []string{"target"}},
	{exitDone, []string{"target", "status"}},
	{exitDone, []string{"target", "status", "--recover"}},
	{exitUsage, []string{"apply"}}, // nobody is there to approve
	{exitFailure, []string{"target", "init"}},
}

// TestLookingAtServer: commands that only look work for a role that may only read, where the
// server takes no writes, and leave the database as it is.
func TestLookingAtServer(t *testing.T) {
	t.Parallel()
	l := server(t, pgtest.Start(t))
	ci := l.db.Role(t, "ci")
	l.lupa(t, exitDone, "target", "grant", "plan", l.db.Name+"_ci")
	before := l.held(t)
	for _, c := range looking {
		l.lupa(t, c.exit, c.args...)
		if after := l.held(t); after != before {
			t.Fatalf("lupa %s changed the database: %s", strings.Join(c.args, " "), cmp.Diff(before, after))
		}
	}
	try := func(s *subject, why string) {
		t.Helper()
		for _, c := range looking[:4] {
			s.lupa(t, c.exit, c.args...)
		}
		if said := s.lupa(t, exitUnreachable, "apply", l.plan); !strings.Contains(said, why) {
			t.Errorf("%q is not said: %s", why, said)
		}
	}
	try(l.as(ci, ""), "permission denied")
	try(l.as(l.db.DSN(), "&default_transaction_read_only=on"), "takes no writes")
	try(l.as(l.db.DSN(), "&options=-c%20default_transaction_read_only%3Don"), "takes no writes")
	l.db.Exec(t, "ALTER ROLE "+l.db.Owner+" SET default_transaction_read_only = on")
	try(l.subject, "takes no writes")
	l.db.Exec(t, "ALTER ROLE "+l.db.Owner+" RESET default_transaction_read_only")
	if after := l.held(t); after != before {
		t.Errorf("the database was changed: %s", cmp.Diff(before, after))
	}
}

// TestMissingRights: a role that lacks any one right that an apply needs is told so
// before the first write.
func TestMissingRights(t *testing.T) {
	t.Parallel()
	l := server(t, pgtest.Start(t))
	role := l.db.Name + "_deploy"
	s := l.as(l.db.Role(t, "deploy"), "")
	own := map[string]bool{"SELECT lupa_version": true, "SELECT lupa_target": true, "UPDATE lupa_target": true, "SELECT lupa_log": true, "INSERT lupa_log": true}
	var rights []string
	for _, table := range l.tables(t) {
		for _, right := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
			if !strings.HasPrefix(table, "lupa_") || own[right+" "+table] {
				rights = append(rights, right+" "+table)
			}
		}
	}
	l.lupa(t, exitDone, "target", "grant", "apply", role)
	before := l.held(t)
	for i, r := range rights {
		if !tortured() && i%29 != 0 && !own[r] {
			continue
		}
		right, table, _ := strings.Cut(r, " ")
		l.db.Exec(t, "REVOKE "+right+" ON lupa."+table+" FROM "+role)
		said := s.lupa(t, exitUnreachable, "apply", l.plan)
		if !strings.Contains(said, table) || !strings.Contains(said, "nothing was applied") {
			t.Errorf("without %s on %s: %s", right, table, said)
		}
		l.db.Exec(t, "GRANT "+right+" ON lupa."+table+" TO "+role)
	}
	if after := l.held(t); after != before {
		t.Errorf("something was written: %s", cmp.Diff(before, after))
	}
	s.lupa(t, exitDone, "apply", l.plan)
	if l.held(t) == before {
		t.Error("what was written is not seen by this test")
	}
}

// alone waits until no other session is there: one counts what it wrote as it ends.
func (l *onLine) alone(t *testing.T) {
	t.Helper()
	const others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	for begin := time.Now(); l.db.Exec(t, others)[0][0] != "0"; time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("somebody else is there still")
		}
	}
}

// TestServerStates: each state of a database has its exit code, whoever looks.
func TestServerStates(t *testing.T) {
	t.Parallel()
	l := server(t, pgtest.Start(t))
	for _, c := range []struct {
		sql  string
		exit int
	}{
		{"INSERT INTO lupa.lupa_version (version_id, is_applied) VALUES (999, true)", exitNewer},
		{"UPDATE lupa.lupa_target SET serial = serial + 1", exitDamaged},
		{"DELETE FROM lupa.lupa_target", exitDamaged},
		{"UPDATE lupa.person SET kind = 'student' WHERE id = 'small/t-1'", exitStale},
		{"ALTER TABLE lupa.person_groups RENAME TO gone", exitDamaged},
		{"ALTER TABLE lupa.gone RENAME TO person_groups; ALTER SCHEMA lupa RENAME TO gone", exitUnreachable},
	} {
		l.db.Exec(t, c.sql)
		l.alone(t)
		before := l.db.Exec(t, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
		said := l.lupa(t, c.exit, "apply", l.plan)
		if !strings.Contains(said, "nothing was applied") {
			t.Errorf("%s: %s", c.sql, said)
		}
		if after := l.db.Exec(t, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"); before[0][0] != after[0][0] {
			t.Errorf("%s: %s rows had been written, now %s", c.sql, before[0][0], after[0][0])
		}
		if c.exit != exitStale {
			l.lupa(t, c.exit, "plan")
		}
		if c.exit != exitUnreachable && !strings.Contains(c.sql, "RENAME") {
			l.restore(t)
		}
	}
	// The database itself is gone: it was there when the plan was made.
	gone := l.as(strings.Replace(l.db.DSN(), "/"+l.db.Name, "/vanished", 1), "")
	gone.lupa(t, exitUnreachable, "apply", l.plan)
}

// TestReadersDoNotWait: who reads while an apply is under way sees the target as it
// was before, and does not wait.
func TestReadersDoNotWait(t *testing.T) {
	t.Parallel()
	l := server(t, pgtest.Start(t))
	before := l.lupa(t, exitDone, "export")
	for _, m := range []moment{{pgtest.Up, l.up / 2}, {pgtest.Up, l.up * 3 / 4}, {pgtest.Up, l.up - 12}} {
		l.proxy.At(m.way, m.after, pgtest.Run(func() {
			begin := time.Now()
			cmd := l.command("export")
			out, err := cmd.Output()
			if took := time.Since(begin); err != nil || string(out) != before || took > 4*time.Second {
				t.Errorf("%v: after %s, %v, the old state: %v", m, took, err, string(out) == before)
			}
		}))
		cmd := l.command("apply", l.plan)
		cmd.Env = append(cmd.Env, "LUPA_DSN="+l.proxy.DSN())
		if exit, said := begun(t, cmd, nil); exit != exitDone || !l.proxy.Struck() {
			t.Errorf("%v: exit %d: %s", m, exit, said)
		}
		l.restore(t)
	}
}

// TestNonsense: a server that begins to speak nonsense, at whatever byte.
func TestNonsense(t *testing.T) {
	t.Parallel()
	c := tallied(t, "PostgreSQL: server speaks nonsense from any byte on")
	l := server(t, pgtest.Start(t))
	real, err := url.Parse(l.db.DSN())
	if err != nil {
		t.Fatal(err)
	}
	var good atomic.Int64 // so many bytes are what the server said
	address := listening(t, func(client net.Conn) {
		server, err := net.Dial("tcp4", real.Host)
		if err != nil {
			return
		}
		defer server.Close()
		go func() { _, _ = io.Copy(server, client) }()
		if _, err := io.CopyN(client, server, good.Load()); err != nil {
			return
		}
		noise := rand.New(rand.NewSource(good.Load()))
		b := make([]byte, 4096)
		_, _ = noise.Read(b)
		_, _ = client.Write(b)
	})
	broken := *real
	broken.Host = address
	points := []int64{0, 1, 5}
	for _, m := range l.moments(6) {
		if m.way == pgtest.Down {
			points = append(points, m.after-1)
		}
	}
	for _, n := range slices.Compact(points) {
		good.Store(n)
		cmd := l.command("apply", l.plan)
		cmd.Env = append(cmd.Env, "LUPA_DSN="+broken.String()+shortWaits, byPatience+"="+testPatience.String())
		exit, said := begun(t, cmd, nil)
		l.innocent(t, moment{pgtest.Down, n}, exit, said, exitDone, exitUnreachable, exitUnknown)
		l.sessions(t)
		c.settle(t, l.subject, exit, said)
		l.restore(t)
	}
}
