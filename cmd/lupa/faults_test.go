package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

// A subject is a tree with a target and a saved plan, to which something happens
// while the plan is applied.
type subject struct {
	dir   string      // of the tree
	plan  string      // the plan file
	place sqldb.Place // of the target
	env   []string    // what lupa needs to reach it

	before, after fact.Digest // of what the target holds without and with the plan
	serial        int64       // of the target before the plan
}

// tortured reports whether the long versions of the tests are to run.
func tortured() bool { return os.Getenv("LUPA_TORTURE") != "" }

// command is lupa as a process of its own, with what the target needs.
func (s *subject) command(args ...string) *exec.Cmd {
	cmd := program(s.dir, args...)
	cmd.Env = append(cmd.Env, s.env...)
	return cmd
}

// look is what the target holds.
func (s *subject) look(t *testing.T) fact.Snapshot {
	t.Helper()
	r, err := s.place.OpenReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	snap, err := r.Read(t.Context(), fact.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// tally counts what a fault left behind. A change is lost where the program said
// that it was made and it is not there, or said that it was not and it is, or
// where there is half of it. It is doubled where the plan was carried out twice.
type tally struct {
	fault                string
	mu                   sync.Mutex
	tries, lost, doubled int
}

// tallied is the tally of a fault. At the end of the test it must show nothing
// lost and nothing doubled, and is a line of the table that LUPA_TABLE names.
func tallied(t *testing.T, fault string) *tally {
	t.Helper()
	c := &tally{fault: fault}
	t.Cleanup(func() {
		line := fmt.Sprintf("%-60s %6d %6d %8d\n", c.fault, c.tries, c.lost, c.doubled)
		t.Log(strings.TrimSpace(line))
		switch {
		case c.tries == 0 && !t.Skipped() && !t.Failed():
			t.Errorf("%s: never tried", c.fault)
		case c.lost+c.doubled > 0:
			t.Errorf("%s: %d lost, %d doubled", c.fault, c.lost, c.doubled)
		}
		if name := os.Getenv("LUPA_TABLE"); name != "" && c.tries > 0 {
			f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString(line); err != nil {
				t.Fatal(err)
			}
		}
	})
	return c
}

// settle looks at what an apply that ended with an exit code (-1 where it was
// killed) and said something left, applies the same plan again, and counts. It
// returns whether the change was there before that.
func (c *tally) settle(t *testing.T, s *subject, exit int, said string) (done bool) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	snap := s.look(t)
	got, serial := snap.Now.Digest(), snap.Serial
	done = got == s.after && serial == s.serial+1
	undone := got == s.before && serial == s.serial
	wrong := !done && !undone
	switch exit {
	case exitDone:
		wrong = wrong || !done
	case -1, exitUnknown: // nobody knows
	default:
		wrong = wrong || !undone && !strings.Contains(said, "the plan was applied")
	}
	if wrong {
		c.lost++
		t.Errorf("%s: exit %d, and the target is at serial %d (done %v, undone %v): %s", c.fault, exit, serial, done, undone, said)
	}
	again := s.command("apply", s.plan)
	out, err := again.CombinedOutput()
	if err != nil {
		c.lost++
		t.Errorf("%s: the same plan again: %v: %s", c.fault, err, out)
		return done
	}
	switch snap := s.look(t); {
	case snap.Serial > s.serial+1:
		c.doubled++
		t.Errorf("%s: the same plan again led to serial %d, from %d", c.fault, snap.Serial, s.serial)
	case snap.Now.Digest() != s.after:
		c.lost++
		t.Errorf("%s: the same plan again led elsewhere", c.fault)
	}
	return done
}

// onFile is a subject with a target in a file, made so that a plan changes much
// of what is there. Its target is put back with restore.
func onFile(t *testing.T, people int) (s *subject, restore func()) {
	t.Helper()
	dir := largeTree(t, people)
	s = &subject{dir: dir, plan: filepath.Join(dir, "plan.json"), place: sqldb.File(filepath.Join(dir, ".lupa", "state.db"))}
	lupa(t, dir, 0, "target", "init")
	s.before = s.look(t).Now.Digest()
	lupa(t, dir, 0, "plan", "--out", s.plan)
	fresh, err := os.ReadFile(filepath.Join(dir, ".lupa", "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	restore = func() {
		t.Helper()
		left, err := filepath.Glob(filepath.Join(dir, ".lupa", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range left {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, ".lupa", "state.db"), fresh, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lupa(t, dir, 0, "apply", s.plan)
	s.after = s.look(t).Now.Digest()
	restore()
	return s, restore
}
