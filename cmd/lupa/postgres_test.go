package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// onLine is a subject on a server, with a line to it that breaks, so small that an
// apply is some ten kilobytes on the wire.
type onLine struct {
	*subject
	db    *pgtest.Database
	proxy *pgtest.Proxy

	up, down int64 // bytes of an apply; it ends with COMMIT and its answer
}

// server makes a subject on a server of PostgreSQL, its target at serial 1.
func server(t *testing.T, s *pgtest.Server) *onLine {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short, and each of these takes seconds")
	}
	l := &onLine{db: s.Database(t)}
	l.subject = &subject{dir: littleTree(t), place: sqldb.Server(l.db.DSN(), sqldb.Options{}), env: []string{"LUPA_DSN=" + l.db.DSN()}}
	l.plan = filepath.Join(l.dir, "plan.json")
	l.lupa(t, exitDone, "target", "init")
	l.lupa(t, exitDone, "apply", "--auto-approve")
	change(t, l.dir)
	l.lupa(t, exitDone, "plan", "--out", l.plan)
	snap := l.look(t)
	l.before, l.serial = snap.Now.Digest(), snap.Serial
	l.keep(t)
	l.proxy = l.db.Proxy(t)
	if exit, said := l.through(t, nil); exit != exitDone {
		t.Fatalf("exit %d: %s", exit, said)
	}
	l.after = l.look(t).Now.Digest()
	l.up, l.down = l.proxy.Bytes()
	if l.proxy.Connections() != 1 || l.after == l.before {
		t.Fatalf("an apply changed something: %v; on %d connections", l.after != l.before, l.proxy.Connections())
	}
	l.restore(t)
	return l
}

// littleTree writes a tree with two schools and a few people.
func littleTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	putFiles(t, dir, map[string]string{
		"lupa.yaml": `apiVersion: lupa/v1
kind: Project
metadata: {name: small}
spec: {target: shared, targets: {shared: {type: postgres, dsnEnv: LUPA_DSN}, local: {type: sqlite, path: .lupa/state.db}}}
`,
		"installation.yaml": `apiVersion: lupa/v1
kind: Installation
metadata: {name: small}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.17"}}
---
apiVersion: lupa/v1
kind: RightsCatalogue
metadata: {name: small}
spec: {rights: [{key: wilma.register.marks.open, title: {en: Marks}}]}
---
apiVersion: lupa/v1
kind: School
metadata: {name: alku}
spec: {title: Alku, level: basic, code: "00001", surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: School
metadata: {name: loppu}
spec: {title: Loppu, level: basic, code: "00002", surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: teachers}
spec: {title: Teachers, wilma: [wilma.register.marks.open]}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: makers}
spec: {title: Makers, wilma: [wilma.surveys.addSurvey]}
`,
		"old.yaml":    "apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: old}\nspec: {title: Old, wilma: [wilma.register.marks.open]}\n",
		"people.yaml": people("t-1: teachers", "t-2: teachers", "t-3: makers", "t-4: makers"),
	})
	return dir
}

func people(list ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: lupa/v1\nkind: People\nmetadata: {name: all}\nspec:\n  defaults: {kind: teacher, schools: [alku]}\n  people:\n")
	for _, one := range list {
		name, groups, _ := strings.Cut(one, ": ")
		fmt.Fprintf(&b, "    - {name: %s, groups: [%s]}\n", name, groups)
	}
	return b.String()
}

// change makes another tree of a small one: people come, go and change, and a group
// goes that nobody is in.
func change(t *testing.T, dir string) {
	t.Helper()
	list := []string{"t-1: teachers", "t-2: makers", "t-4: teachers, makers"}
	for i := range 21 { // so many that they are copied; without groups no brake minds
		list = append(list, fmt.Sprintf("t-%d", 100+i))
	}
	putFiles(t, dir, map[string]string{"people.yaml": people(list...), "old.yaml": ""})
}

func putFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// lupa runs the program, which has to end with an exit code, and returns what it said.
func (s *subject) lupa(t *testing.T, exit int, args ...string) string {
	t.Helper()
	cmd := s.command(args...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != exit {
		t.Fatalf("lupa %s: exit %d, want %d: %s", strings.Join(args, " "), got, exit, out)
	}
	return string(out)
}

// keep makes a copy of all tables, for restore.
func (l *onLine) keep(t *testing.T) {
	t.Helper()
	l.db.Exec(t, `CREATE SCHEMA kept; DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'lupa' LOOP
			EXECUTE 'CREATE TABLE kept.' || name || ' AS TABLE lupa.' || name;
		END LOOP; END $$`)
}

// restore puts the target back to what it was without the plan.
func (l *onLine) restore(t *testing.T) {
	t.Helper()
	l.db.Exec(t, `DO $$ DECLARE name text; BEGIN SET LOCAL session_replication_role = replica;
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'lupa' LOOP
			EXECUTE 'DELETE FROM lupa.' || name; EXECUTE 'INSERT INTO lupa.' || name || ' SELECT * FROM kept.' || name;
		END LOOP; END $$`)
}

// The sessions of a test do not wait as long as those of people.
const (
	testPatience = 700 * time.Millisecond
	shortWaits   = "&connect_timeout=2&idle_in_transaction_session_timeout=500"
)

// through applies the plan through the line, and returns how that ended (-1 where
// it was killed) and what was said. What started gets the process, if it is not nil.
func (l *onLine) through(t *testing.T, started func(*os.Process)) (exit int, said string) {
	t.Helper()
	cmd := l.command("apply", l.plan)
	cmd.Env = append(cmd.Env, "LUPA_DSN="+l.proxy.DSN()+shortWaits, byPatience+"="+testPatience.String())
	return begun(t, cmd, started)
}

// begun runs a command to its end, and shows the process when it has started.
func begun(t *testing.T, cmd *exec.Cmd, started func(*os.Process)) (exit int, said string) {
	t.Helper()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if started != nil {
		started(cmd.Process)
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String()
}

// sessions waits until no session is in a transaction any more, so that what the
// tables hold is the last word. One that waits for the rest of what its client
// began to say has no time-out: a dead network ends it by keep-alives, here it is
// ended.
func (l *onLine) sessions(t *testing.T) {
	t.Helper()
	const query = "SELECT state, query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		left := l.db.Exec(t, query)
		switch age := time.Since(begin); {
		case len(left) == 0:
			return
		case age > 2*time.Second && !slices.ContainsFunc(left, func(row []string) bool { return row[0] != "active" }):
			l.db.Disconnect(t)
		case age > 20*time.Second:
			t.Fatalf("sessions stay: %v", left)
		}
	}
}

// moment is where on the wire something happens.
type moment struct {
	way   pgtest.Way
	after int64
}

func (m moment) String() string {
	return fmt.Sprintf("%s %d", map[pgtest.Way]string{pgtest.Up: "up", pgtest.Down: "down"}[m.way], m.after)
}

// moments are so many moments of an apply, spread over both ways; the first and
// last bytes and those around COMMIT and its answer are always there. With
// LUPA_TORTURE there are a hundred times as many.
func (l *onLine) moments(spread int64) []moment {
	if tortured() {
		spread *= 100
	}
	var all []moment
	for _, w := range []struct {
		way         pgtest.Way
		bytes, last int64 // the last is the COMMIT, or its answer
	}{{pgtest.Up, l.up, 12}, {pgtest.Down, l.down, 18}} {
		points := []int64{1, w.bytes - w.last, w.bytes - w.last + 1, w.bytes - 1, w.bytes}
		for i := range spread / 2 {
			points = append(points, (i+1)*w.bytes/(spread/2+1))
		}
		slices.Sort(points)
		for _, p := range slices.Compact(points) {
			all = append(all, moment{w.way, p})
		}
	}
	return all
}

// innocent fails where an apply ended in a way that no fault of the line explains,
// or said more than it may.
func (l *onLine) innocent(t *testing.T, at fmt.Stringer, exit int, said string, may ...int) {
	t.Helper()
	if !slices.Contains(may, exit) || strings.Contains(said, "panic") || strings.Count(said, "\n") > 3 {
		t.Errorf("%v: exit %d, want one of %v: %s", at, exit, may, said)
	}
	if secret := password(t, l.db.DSN()); strings.Contains(said, secret) {
		t.Errorf("%v: the password is shown: %s", at, said)
	}
}

// TestWire: whatever happens to the line at whatever byte, the target holds what
// lupa says that it holds.
func TestWire(t *testing.T) {
	for _, c := range []struct {
		fault  string
		spread int64
		strike pgtest.Fault
		may    []int
	}{
		{"PostgreSQL: connection hung up at any byte", 4, pgtest.Hangup, []int{exitDone, exitUnreachable, exitUnknown}},
		{"PostgreSQL: connection reset at any byte", 2, pgtest.Reset, []int{exitDone, exitUnreachable, exitUnknown}},
		{"PostgreSQL: connection frozen at any byte", 2, pgtest.Freeze, []int{exitDone, exitUnreachable, exitUnknown}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			count := tallied(t, c.fault)
			l := server(t, pgtest.Start(t))
			for _, m := range l.moments(c.spread) {
				l.proxy.At(m.way, m.after, c.strike)
				exit, said := l.through(t, nil)
				if !l.proxy.Struck() {
					t.Errorf("%v: the fault never struck", m)
				}
				l.innocent(t, m, exit, said, c.may...)
				l.sessions(t)
				count.settle(t, l.subject, exit, said)
				l.restore(t)
			}
		})
	}
}

// TestCommitLost: where the answer to COMMIT does not arrive, lupa says that it does
// not know (7), even when it is told to stop at that moment; the same plan again finds
// that it was applied.
func TestCommitLost(t *testing.T) {
	t.Parallel()
	c := tallied(t, "PostgreSQL: answer to COMMIT lost")
	l := server(t, pgtest.Start(t))
	for name, fault := range map[string]pgtest.Fault{"hung up": pgtest.Hangup, "reset": pgtest.Reset, "frozen": pgtest.Freeze} {
		for _, signal := range []syscall.Signal{0, syscall.SIGTERM} {
			var p child
			if signal == 0 {
				l.proxy.LoseCommit(fault)
			} else {
				l.proxy.LoseCommit(pgtest.Then(pgtest.Run(func() { p.signal(signal); time.Sleep(50 * time.Millisecond) }), fault))
			}
			exit, said := l.through(t, p.set)
			l.innocent(t, moment{pgtest.Up, l.up}, exit, said, exitUnknown)
			l.sessions(t)
			if done := c.settle(t, l.subject, exit, said); !done {
				t.Errorf("%s: the server had not committed", name)
			}
			l.restore(t)
		}
	}
}

// child is the process of a command, for faults that strike before the test
// knows it.
type child struct {
	once sync.Once
	is   chan *os.Process
}

func (p *child) ready() chan *os.Process {
	p.once.Do(func() { p.is = make(chan *os.Process, 1) })
	return p.is
}

func (p *child) set(is *os.Process) { p.ready() <- is }

func (p *child) signal(s syscall.Signal) {
	is := <-p.ready()
	_ = is.Signal(s)
	p.ready() <- is
}

// TestSignalsOnServer: a process that is killed, or told to stop, at any byte.
func TestSignalsOnServer(t *testing.T) {
	for _, c := range []struct {
		fault  string
		spread int64
		signal syscall.Signal
		exit   int
	}{
		{"PostgreSQL: kill -9 of lupa at any byte", 4, syscall.SIGKILL, -1},
		{"PostgreSQL: SIGTERM at any byte", 2, syscall.SIGTERM, exitTerminated},
		{"PostgreSQL: SIGINT at any byte", 0, syscall.SIGINT, exitInterrupted},
		{"PostgreSQL: SIGHUP at any byte", 0, syscall.SIGHUP, exitInterrupted},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			count := tallied(t, c.fault)
			l := server(t, pgtest.Start(t))
			for _, m := range l.moments(c.spread) {
				var p child
				l.proxy.At(m.way, m.after, pgtest.Run(func() { p.signal(c.signal) }))
				exit, said := l.through(t, p.set)
				l.innocent(t, m, exit, said, c.exit, exitDone)
				l.sessions(t)
				count.settle(t, l.subject, exit, said)
				l.restore(t)
			}
		})
	}
}

// TestBackendKilled: somebody ends the session of the apply.
func TestBackendKilled(t *testing.T) {
	t.Parallel()
	c := tallied(t, "PostgreSQL: backend killed at any byte")
	l := server(t, pgtest.Start(t))
	for _, m := range l.moments(2) {
		l.proxy.At(m.way, m.after, pgtest.Run(func() { l.db.Disconnect(t) }))
		exit, said := l.through(t, nil)
		l.innocent(t, m, exit, said, exitDone, exitUnreachable, exitUnknown)
		l.sessions(t)
		c.settle(t, l.subject, exit, said)
		l.restore(t)
	}
}

// TestServerStopped: the server goes down as in a crash, and comes back.
func TestServerStopped(t *testing.T) {
	t.Parallel()
	c := tallied(t, "PostgreSQL: server stopped (immediate) at any byte")
	s := pgtest.Own(t)
	l := server(t, s)
	for _, m := range l.moments(0) {
		if m.way == pgtest.Up && m.after < 400 {
			continue // a session that has not said yet who it is can keep the server up for a minute
		}
		struck, stopped := make(chan bool), make(chan bool)
		l.proxy.At(m.way, m.after, pgtest.Run(func() { close(struck); <-stopped }))
		exit, said := l.through(t, func(*os.Process) {
			defer close(stopped)
			select {
			case <-struck:
				s.Stop(t, pgtest.Immediate)
			case <-time.After(20 * time.Second):
				t.Errorf("%v: the fault never struck", m)
			}
		})
		s.Restart(t, pgtest.Immediate)
		l.innocent(t, m, exit, said, exitDone, exitUnreachable, exitUnknown)
		c.settle(t, l.subject, exit, said)
		l.restore(t)
	}
}

// password is that of a connection string.
func password(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	return secret
}
