package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/target"
)

// Strace has a call of a process to the system fail, or kills the process there:
// the n-th call of its kind, so that all of them can be gone through.

// strace is the tracer; the test is skipped where there is none, unless
// LUPA_STRACE is "required".
func strace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err == nil {
		err = exec.Command(path, "-qq", "-o", os.DevNull, "true").Run()
	}
	switch {
	case err == nil:
		return path
	case os.Getenv("LUPA_STRACE") == "required":
		t.Fatal(err)
	}
	t.Skipf("skipped: no strace to have calls fail with: %v", err)
	return ""
}

// traced is a command that runs under the tracer. Only its first thread is, which
// does all that matters.
func traced(t *testing.T, cmd *exec.Cmd, options ...string) *exec.Cmd {
	t.Helper()
	cmd.Args = slices.Concat([]string{"strace", "-qq", "-o", os.DevNull}, options, []string{"--"}, cmd.Args)
	cmd.Path = strace(t)
	return cmd
}

// ended runs a command. It is -1 where a signal ended it.
func ended(t *testing.T, cmd *exec.Cmd) (exit int, stderr string) {
	t.Helper()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), errs.String()
}

// callsOf counts the calls of a command by their names.
func callsOf(t *testing.T, cmd *exec.Cmd) map[string]int {
	t.Helper()
	log := filepath.Join(t.TempDir(), "calls")
	if exit, said := ended(t, traced(t, cmd, "-o", log)); exit != exitDone {
		t.Fatalf("%v: exit %d: %s", cmd.Args, exit, said)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		if name, _, ok := strings.Cut(line, "("); ok {
			count[name]++
		}
	}
	return count
}

// onFiles are the calls that have to do with files, and those that change some.
// Not close: a file is closed whatever the system answers, but not where the tracer
// answers instead.
var (
	onFiles = []string{"open", "openat", "read", "pread64", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "fcntl", "stat", "lstat",
		"fstat", "newfstatat", "unlink", "unlinkat", "link", "linkat", "rename", "renameat", "mkdir", "mkdirat", "fchmod", "fchmodat"}
	changing = []string{"open", "openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "unlinkat", "link", "linkat", "rename",
		"renameat", "mkdir", "mkdirat", "fchmod", "fchmodat"}
	taking = []string{"open", "openat", "write", "pwrite64", "fsync", "fdatasync", "link", "linkat", "mkdirat"}
)

// A strike is what befalls calls.
type strike struct {
	fault, what string // what in the words of strace
	calls       []string
}

var strikes = []strike{
	{"kill -9 at any call on a file", "signal=KILL", changing},
	{"EIO of any call on a file", "error=EIO", onFiles},
	{"ENOSPC of any call that takes room", "error=ENOSPC", taking},
	{"EDQUOT of any call that takes room", "error=EDQUOT", taking},
	{"EROFS of any call that changes a file", "error=EROFS", changing},
	{"fsync fails", "error=EIO", []string{"fdatasync", "fsync"}},
}

// each goes through the calls of a command that are struck: all of them, or a
// few that are spread over its run.
func (k strike) each(counted map[string]int, few int, try func(call string, n int)) {
	type blow struct {
		call string
		n    int
	}
	var all []blow
	for _, call := range k.calls {
		for n := range counted[call] {
			all = append(all, blow{call, n + 1})
		}
	}
	if testing.Short() {
		few = 1
	}
	step := max(1, len(all)/few)
	if tortured() {
		step = 1
	}
	for i := len(all) - 1; i >= 0; i -= step { // the last sync of all among them
		try(all[i].call, all[i].n)
	}
}

// struck runs a command whose n-th call of a name is struck. What it then says is
// one line, and its exit code one of those that stand for such a fault.
func (k strike) struck(t *testing.T, cmd *exec.Cmd, call string, n int) (exit int, said string) {
	t.Helper()
	exit, said = ended(t, traced(t, cmd, fmt.Sprintf("--inject=%s:%s:when=%d", call, k.what, n)))
	lines := slices.DeleteFunc(strings.Split(said, "\n"), func(line string) bool {
		return line == "" || strings.Contains(line, "[WARN]")
	})
	if strings.Contains(said, "loading shared libraries") || strings.Contains(said, "cannot open standard fds") {
		exit, said = exitFailure, "lupa: it was not even started"
	}
	if exit == -1 && k.what != "signal=KILL" {
		t.Errorf("%s %d, %s: crashed: %.3000s", call, n, k.what, said)
	}
	switch {
	case exit == exitDamaged && call == "pread64" && k.what == "error=EIO": // SQLite takes what cannot be read for damage
	case !slices.Contains([]int{-1, exitDone, exitFailure, exitInput, exitUnreachable, exitUnknown}, exit):
		t.Errorf("%s %d, %s: exit %d: %s", call, n, k.what, exit, said)
	case exit > 0 && exit != exitInput && len(lines) != 1: // what is wrong with a tree has many
		t.Errorf("%s %d, %s: exit %d says %d lines: %s", call, n, k.what, exit, len(lines), said)
	}
	return exit, fmt.Sprintf("%s %d, %s: %s", call, n, k.what, said)
}

func TestStruckApply(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	counted := callsOf(t, s.command("apply", s.plan))
	if counted["pwrite64"] < 20 || counted["fsync"] < 3 {
		t.Fatalf("the tracer counts too little: %v", counted)
	}
	for _, k := range strikes {
		t.Run(k.fault, func(t *testing.T) {
			c := tallied(t, "SQLite: "+k.fault)
			exits := make(map[int]int)
			k.each(counted, 6, func(call string, n int) {
				restore()
				exit, said := k.struck(t, s.command("apply", s.plan), call, n)
				exits[exit]++
				c.settle(t, s, exit, said)
			})
			t.Logf("exit codes: %v", exits)
			if k.fault == "fsync fails" && exits[exitUnknown] == 0 {
				t.Error("no sync that failed is told of")
			}
		})
	}
}

// TestStruckRecovery: what a kill left in the middle of a write is cleared away
// by whoever comes next, and when they are killed, too, by the one after them.
func TestStruckRecovery(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	restore()
	last := callsOf(t, s.command("apply", s.plan))["pwrite64"]
	restore()
	kill := strikes[0]
	kill.struck(t, s.command("apply", s.plan), "pwrite64", last)
	half := make(map[string][]byte)
	for _, name := range []string{"state.db", "state.db-journal"} {
		data, err := os.ReadFile(filepath.Join(s.dir, ".lupa", name))
		if err != nil {
			t.Fatal(err)
		}
		half[name] = data
	}
	left := func() {
		restore()
		for name, data := range half {
			if err := os.WriteFile(filepath.Join(s.dir, ".lupa", name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, args := range map[string][]string{"recovery": {"target", "status", "--recover"}, "the next apply": {"apply", s.plan}} {
		left()
		counted := callsOf(t, s.command(args...))
		for _, k := range strikes[:2] {
			t.Run(what+"/"+k.fault, func(t *testing.T) {
				c := tallied(t, "SQLite: after a kill, "+what+": "+k.fault)
				k.each(counted, 2, func(call string, n int) {
					left()
					exit, said := k.struck(t, s.command(args...), call, n)
					if args[0] != "apply" && exit == exitDone {
						exit = -1 // it says nothing of the plan
					}
					c.settle(t, s, exit, said)
				})
			})
		}
	}
}

// TestStruckFiles: a plan file and a snapshot are there whole, or not at all; a
// file that was there before stays as it was.
func TestStruckFiles(t *testing.T) {
	t.Parallel()
	s, _ := onFile(t, 300)
	good, err := os.ReadFile(s.plan)
	if err != nil {
		t.Fatal(err)
	}
	lupa(t, s.dir, exitDone, "export", "--out", filepath.Join(s.dir, "good.json"))
	snapshot, err := os.ReadFile(filepath.Join(s.dir, "good.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		args []string
		want []byte
	}{{[]string{"plan", "--out"}, good}, {[]string{"export", "--out"}, snapshot}} {
		dir := t.TempDir()
		file := filepath.Join(dir, "file.json")
		command := func() *exec.Cmd {
			cmd := s.command(append(f.args, file)...)
			cmd.Env = append(cmd.Env, byLater+"=1h")
			return cmd
		}
		counted := callsOf(t, command())
		later, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range strikes {
			t.Run(f.args[0]+"/"+k.fault, func(t *testing.T) {
				c := tallied(t, "files of "+f.args[0]+": "+k.fault)
				k.each(counted, 2, func(call string, n int) {
					before := f.want
					if n%2 == 0 {
						before = nil
						if err := os.Remove(file); err != nil {
							t.Fatal(err)
						}
					} else if err := os.WriteFile(file, before, 0o600); err != nil {
						t.Fatal(err)
					}
					exit, said := k.struck(t, command(), call, n)
					c.tries++
					after, _ := os.ReadFile(file)
					whole := bytes.Equal(after, later)
					switch {
					case exit == exitDone && whole, exit == -1 && whole, exit > 0 && whole && strings.Contains(said, "was written;"):
					case exit != exitDone && bytes.Equal(after, before):
					default:
						c.lost++
						t.Errorf("exit %d, and the file has %d bytes: %s", exit, len(after), said)
					}
					if info, err := os.Lstat(file); err == nil && info.Mode() != 0o600 {
						t.Errorf("mode %v", info.Mode())
					}
					if beside, err := os.ReadDir(dir); exit >= 0 && (err != nil || len(beside) > 1) && !strings.HasPrefix(call, "unlink") {
						t.Errorf("%s leaves behind %v (%v)", said, beside, err)
					}
					if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700), os.WriteFile(file, f.want, 0o600)); err != nil {
						t.Fatal(err)
					}
				})
			})
		}
	}
}

// TestStruckTargets: a target is made whole or not at all, and an upgrade loses
// nothing.
func TestStruckTargets(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	home := filepath.Join(s.dir, ".lupa")
	t.Run("init", func(t *testing.T) {
		remove := func() {
			if err := os.RemoveAll(home); err != nil {
				t.Fatal(err)
			}
		}
		remove()
		counted := callsOf(t, s.command("target", "init"))
		for _, k := range strikes {
			c := tallied(t, "SQLite: target init: "+k.fault)
			k.each(counted, 2, func(call string, n int) {
				remove()
				exit, said := k.struck(t, s.command("target", "init"), call, n)
				c.tries++
				_, err := os.Lstat(filepath.Join(home, "state.db"))
				there := err == nil
				if exit == exitDone && !there || exit > 0 && there && !strings.Contains(said, "was made") {
					c.lost++
					t.Errorf("exit %d, and it is there: %v: %s", exit, there, said)
				}
				if there {
					if snap := s.look(t); snap.Serial != 0 || snap.Now.Len() > 0 {
						t.Errorf("a new target holds %d facts at serial %d", snap.Now.Len(), snap.Serial)
					}
					return
				}
				lupa(t, s.dir, exitDone, "target", "init")
			})
		}
		if err := os.MkdirAll(home, 0o700); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("upgrade", func(t *testing.T) {
		restore()
		lupa(t, s.dir, exitDone, "apply", s.plan)
		want := s.look(t)
		older(t, filepath.Join(home, "state.db"))
		old, err := os.ReadFile(filepath.Join(home, "state.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.place.OpenReader(t.Context()); !errors.Is(err, target.ErrOlder) {
			t.Fatalf("it is no older one: %v", err)
		}
		before := func() {
			restore()
			if err := os.WriteFile(filepath.Join(home, "state.db"), old, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		upgrade := []string{"target", "status", "--upgrade"}
		counted := callsOf(t, s.command(upgrade...))
		for _, k := range strikes {
			c := tallied(t, "SQLite: target status --upgrade: "+k.fault)
			k.each(counted, 2, func(call string, n int) {
				before()
				_, said := k.struck(t, s.command(upgrade...), call, n)
				c.tries++
				if exit, again := ended(t, s.command(upgrade...)); exit != exitDone {
					c.lost++
					t.Errorf("%s: again: exit %d: %s", said, exit, again)
					return
				}
				if got := s.look(t); !got.Now.Equal(want.Now) || !got.Last.Equal(want.Last) || got.Serial != want.Serial || got.Lineage != want.Lineage {
					c.lost++
					t.Errorf("%s: the target holds something else", said)
				}
			})
		}
	})
}

// older makes a target one of version 5, as it was before it said who has what.
func older(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"DELETE FROM lupa_version WHERE version_id > 5", "DROP VIEW who_has_what", "DROP VIEW lupa_status",
		"DROP TABLE lupa_access_person", "DROP TABLE lupa_access", "DROP TABLE lupa_access_rights", "DROP TABLE lupa_access_places",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
}
