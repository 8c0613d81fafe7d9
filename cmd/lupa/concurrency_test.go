package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// rivals adds to a subject a second plan for the same target, which leads elsewhere.
func rivals(t *testing.T, s *subject, restore func(*testing.T)) (other string, elsewhere fact.Digest) {
	t.Helper()
	restore(t)
	other = filepath.Join(s.dir, "other.json")
	putFiles(t, s.dir, map[string]string{"people.yaml": people("t-1: teachers", "t-2: teachers, makers", "t-4: makers")})
	s.lupa(t, exitDone, "plan", "--out", other)
	s.lupa(t, exitDone, "apply", other)
	elsewhere = s.look(t).Now.Digest()
	restore(t)
	return other, elsewhere
}

// little is a subject with the small tree and a target in a file, at serial 1.
func little(t *testing.T) (s *subject, restore func(*testing.T)) {
	t.Helper()
	dir := littleTree(t)
	file := filepath.Join(dir, ".lupa", "state.db")
	s = &subject{dir: dir, plan: filepath.Join(dir, "plan.json"), place: sqldb.File(file), env: []string{"LUPA_TARGET=local"}}
	s.lupa(t, exitDone, "target", "init")
	s.lupa(t, exitDone, "apply", "--auto-approve")
	change(t, dir)
	s.lupa(t, exitDone, "plan", "--out", s.plan)
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	snap := s.look(t)
	s.before, s.serial = snap.Now.Digest(), snap.Serial
	s.lupa(t, exitDone, "apply", s.plan)
	s.after = s.look(t).Now.Digest()
	return s, func(t *testing.T) {
		t.Helper()
		for _, suffix := range []string{"-journal", "-holder"} {
			_ = os.Remove(file + suffix)
		}
		if err := os.WriteFile(file, kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEightApplies: of eight applies at once, of two plans for the same target,
// exactly one is done. The others say that it was done already (0), that they are
// stale (4) or that they did not get their turn (5).
func TestEightApplies(t *testing.T) {
	rounds := 2
	if tortured() {
		rounds = 200
	}
	run := func(t *testing.T, fault string, s *subject, restore func(*testing.T)) {
		c := tallied(t, fault)
		other, elsewhere := rivals(t, s, restore)
		for range rounds {
			var all sync.WaitGroup
			var mu sync.Mutex
			var did []string // the plans that were applied
			for i := range 8 {
				plan := []string{s.plan, other}[i%2]
				cmd := s.command("apply", plan)
				all.Go(func() {
					out, _ := cmd.CombinedOutput()
					said := string(out)
					mu.Lock()
					defer mu.Unlock()
					switch exit := cmd.ProcessState.ExitCode(); {
					case exit == exitDone && strings.Contains(said, "already"), exit == exitStale, exit == exitLocked:
					case exit == exitDone:
						did = append(did, plan)
					default:
						t.Errorf("exit %d: %s", exit, said)
					}
				})
			}
			all.Wait()
			c.tries++
			snap := s.look(t)
			switch got := snap.Now.Digest(); {
			case len(did) != 1 || snap.Serial != s.serial+1:
				c.doubled++
				t.Errorf("%d applies say that they were done, and the target is at serial %d, from %d", len(did), snap.Serial, s.serial)
			case did[0] == s.plan && got != s.after, did[0] == other && got != elsewhere:
				c.lost++
				t.Errorf("the target does not hold what %s promised", did[0])
			}
			restore(t)
		}
	}
	t.Run("postgres", func(t *testing.T) {
		l := server(t, pgtest.Start(t))
		run(t, "PostgreSQL: eight applies at once", l.subject, l.restore)
	})
	t.Run("sqlite", func(t *testing.T) {
		s, restore := little(t)
		run(t, "SQLite: eight applies at once", s, restore)
	})
}

// TestFrozenHolder: a holder of the lock that is frozen loses it when its session
// has timed out. When it wakes up it does nothing to what others did meanwhile.
func TestFrozenHolder(t *testing.T) {
	t.Parallel()
	c := tallied(t, "PostgreSQL: holder frozen until its session timed out, woken")
	l := server(t, pgtest.Start(t))
	other, elsewhere := rivals(t, l.subject, l.restore)
	for _, m := range l.moments(0) {
		var p child
		l.proxy.At(m.way, m.after, pgtest.Run(func() { p.signal(syscall.SIGSTOP) }))
		second := -1
		exit, said := l.through(t, func(is *os.Process) {
			p.set(is)
			for begin := time.Now(); !l.proxy.Struck() && time.Since(begin) < 20*time.Second; {
				time.Sleep(time.Millisecond)
			}
			l.sessions(t)
			cmd := l.command("apply", other)
			out, _ := cmd.CombinedOutput()
			if second = cmd.ProcessState.ExitCode(); second != exitDone && second != exitStale {
				t.Errorf("%v: the second apply: exit %d: %s", m, second, out)
			}
			_ = is.Signal(syscall.SIGCONT)
		})
		c.tries++
		want, may := elsewhere, []int{exitUnreachable, exitUnknown, exitStale}
		if second == exitStale { // the first was through
			want, may = l.after, []int{exitDone, exitUnknown}
		}
		l.innocent(t, m, exit, said, may...)
		if snap := l.look(t); snap.Now.Digest() != want || snap.Serial != l.serial+1 {
			c.lost++
			t.Errorf("%v: exits %d and %d, and the target is at serial %d: %s", m, exit, second, snap.Serial, said)
		}
		l.restore(t)
	}
}

// TestLockTold: who waits in vain for the lock is told who has it, since when and
// for which plan (5); a holder that is killed frees it at once.
func TestLockTold(t *testing.T) {
	told := func(t *testing.T, s *subject, holder *os.Process) {
		t.Helper()
		begin := time.Now()
		said := s.lupa(t, exitLocked, "apply", s.plan)
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("it waited %s", took)
		}
		host, _ := os.Hostname()
		for _, want := range []string{account() + " on " + host, "since 2026-11-24 12:00:00 UTC", "for plan ", "nothing was applied"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not told: %s", want, said)
			}
		}
		_ = holder.Kill()
		begin = time.Now()
		s.lupa(t, exitDone, "apply", s.plan)
		if took := time.Since(begin); took > 4*time.Second {
			t.Errorf("after the holder was killed, an apply took %s", took)
		}
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		l := server(t, pgtest.Start(t))
		var p child
		l.proxy.At(pgtest.Up, l.up-12, pgtest.Run(func() { p.signal(syscall.SIGSTOP) }))
		cmd := l.command("apply", l.plan)
		cmd.Env = append(cmd.Env, "LUPA_DSN="+l.proxy.DSN())
		begun(t, cmd, func(is *os.Process) {
			p.set(is)
			for !l.proxy.Struck() {
				time.Sleep(time.Millisecond)
			}
			told(t, l.subject, is)
		})
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, restore := onFile(t, 2_000)
		restore()
		begun(t, s.command("apply", s.plan), func(is *os.Process) {
			for {
				note, _ := os.ReadFile(filepath.Join(s.dir, ".lupa", "state.db-holder"))
				if json.Valid(note) { // it is told whole, not only begun
					break
				}
				time.Sleep(time.Millisecond)
			}
			_ = is.Signal(syscall.SIGSTOP)
			told(t, s, is)
		})
	})
}

// edits are changes that somebody makes by hand, each with a question that has a
// row where it is there.
var edits = []struct{ name, sql, there string }{
	{"of a row that the plan changes", "UPDATE lupa.person_groups SET user_group = 'small/old' WHERE person = 'small/t-2' RETURNING 1",
		"SELECT FROM lupa.person_groups WHERE person = 'small/t-2' AND user_group = 'small/old'"},
	{"of an object that the plan removes", "UPDATE lupa.person SET all_schools = true WHERE id = 'small/t-3' RETURNING 1",
		"SELECT FROM lupa.person WHERE id = 'small/t-3' AND all_schools"},
	{"that adds to an object that the plan removes", "INSERT INTO lupa.person_groups VALUES ('small/t-3', 'small/teachers') RETURNING 1",
		"SELECT FROM lupa.person_groups WHERE person = 'small/t-3' AND user_group = 'small/teachers'"},
	{"that refers to an object that the plan removes", "INSERT INTO lupa.person_groups VALUES ('small/t-1', 'small/old') RETURNING 1",
		"SELECT FROM lupa.person_groups WHERE person = 'small/t-1' AND user_group = 'small/old'"},
	{"that makes what the plan makes", "INSERT INTO lupa.person (id, kind) VALUES ('small/t-105', 'student') RETURNING 1",
		"SELECT FROM lupa.person WHERE id = 'small/t-105' AND kind = 'student'"},
	{"that removes what the plan refers to", "DELETE FROM lupa.person_groups WHERE user_group = 'small/makers'; DELETE FROM lupa.user_group WHERE id = 'small/makers' RETURNING 1",
		"SELECT WHERE NOT EXISTS (SELECT FROM lupa.user_group WHERE id = 'small/makers')"},
	{"of what the plan leaves alone", "UPDATE lupa.school SET title = 'By hand' WHERE id = 'small/loppu' RETURNING 1",
		"SELECT FROM lupa.school WHERE id = 'small/loppu' AND title = 'By hand'"},
}

// editAt is an edit at a moment.
type editAt struct {
	name string
	moment
}

func (e editAt) String() string { return "an edit " + e.name + ", " + e.moment.String() }

// TestEditsMeanwhile: what somebody changes by hand while a plan is applied is never
// lost unseen: the apply is refused (4), or the change is there afterwards and shows
// as drift.
func TestEditsMeanwhile(t *testing.T) {
	t.Parallel()
	c := tallied(t, "PostgreSQL: edited by hand during an apply")
	l := server(t, pgtest.Start(t))
	all := []moment{{pgtest.Up, l.up / 4}, {pgtest.Up, l.up / 2}, {pgtest.Up, l.up - 12}}
	if tortured() {
		all = l.moments(1)
	}
	for _, e := range edits {
		for _, m := range all {
			edited := make(chan bool, 1)
			l.proxy.At(m.way, m.after, pgtest.Run(func() {
				returned := make(chan bool)
				go func() {
					defer close(returned)
					rows, err := l.db.Query(e.sql)
					edited <- err == nil && len(rows) > 0
				}()
				select { // it may have to wait until the apply is through
				case <-returned:
				case <-time.After(30 * time.Millisecond):
				}
			}))
			exit, said := l.through(t, nil)
			l.innocent(t, editAt{e.name, m}, exit, said, exitDone, exitStale)
			done := <-edited
			l.sessions(t)
			there := len(l.db.Exec(t, e.there)) > 0
			c.tries++
			drift := l.command("drift")
			_ = drift.Run()
			if done && (!there || exit == exitDone && drift.ProcessState.ExitCode() != exitChanges) {
				c.lost++
				t.Errorf("an edit %s, %v: exit %d; it was made, is there (%v), and drift ends with %d: %s", e.name, m, exit, there, drift.ProcessState.ExitCode(), said)
			}
			if exit == exitDone && l.look(t).Serial != l.serial+1 || exit != exitDone && l.look(t).Serial != l.serial {
				c.lost++
				t.Errorf("an edit %s, %v: exit %d, serial %d: %s", e.name, m, exit, l.look(t).Serial, said)
			}
			l.restore(t)
		}
	}
}
