package main

import (
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/target"
)

// state is the file of the target.
func (s *subject) state() string { return filepath.Join(s.dir, ".lupa", "state.db") }

// under is a command that runs in a shell which has set something before.
func (s *subject) under(set string, args ...string) *exec.Cmd {
	cmd := s.command(args...)
	cmd.Args = append([]string{"sh", "-c", set + `; exec "$0" "$@"`}, append([]string{os.Args[0]}, cmd.Args[1:]...)...)
	cmd.Path = "/bin/sh"
	return cmd
}

// TestWhatMayHappenToATarget between a plan and its apply: what the apply then
// says, and that it leaves the file as it is.
func TestWhatMayHappenToATarget(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	write := func(text string) func(t *testing.T) {
		return func(t *testing.T) {
			if err := os.WriteFile(s.state(), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	sqlText := func(statement string) func(t *testing.T) {
		return func(t *testing.T) { handEdit(t, s.dir, statement) }
	}
	instead := func(make func(path string) error) func(t *testing.T) {
		return func(t *testing.T) {
			if err := errors.Join(os.Rename(s.state(), filepath.Join(s.dir, ".lupa", "kept")), make(s.state())); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		happens func(t *testing.T)
		exit    int
	}{
		"it is gone":               {instead(func(string) error { return nil }), exitUnreachable},
		"it is another file":       {write(strings.Repeat("This is no database. ", 500)), exitDamaged},
		"it is one byte":           {write("S"), exitDamaged},
		"it is empty":              {write(""), exitDamaged},
		"it is another database":   {sqlText("PRAGMA application_id = 7"), exitDamaged},
		"it is a directory":        {instead(func(path string) error { return os.Mkdir(path, 0o700) }), exitUnreachable},
		"it is a link":             {instead(func(path string) error { return os.Symlink("kept", path) }), exitUnreachable},
		"it is a pipe":             {instead(func(path string) error { return syscall.Mkfifo(path, 0o600) }), exitUnreachable},
		"it is newer":              {sqlText("INSERT INTO lupa_version (version_id, is_applied) VALUES (999, 1)"), exitNewer},
		"it is older":              {func(t *testing.T) { lupa(t, s.dir, exitDone, "apply", s.plan); older(t, s.state()) }, exitFailure},
		"somebody edited it":       {sqlText("INSERT INTO school (id, title) VALUES ('mallila/x', 'x')"), exitStale},
		"what lupa left is others": {sqlText("UPDATE lupa_target SET serial = 7"), exitDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			restore()
			c.happens(t)
			before := content(s.state())
			exit, said := ended(t, s.command("apply", s.plan))
			if exit != c.exit || strings.Count(said, "\n") != 1 || !strings.Contains(said, "nothing was applied") {
				t.Errorf("exit %d, want %d: %s", exit, c.exit, said)
			}
			if content(s.state()) != before {
				t.Error("the apply changed the file")
			}
		})
	}
}

// content is what a file holds, if it is one.
func content(path string) string {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	data, _ := os.ReadFile(path)
	return string(data)
}

// TestDamagedFact: a fact that is another one without anybody having written is
// damage, to whoever looks, and is no drift that a plan would mend.
func TestDamagedFact(t *testing.T) {
	t.Parallel()
	s, _ := onFile(t, 300)
	lupa(t, s.dir, exitDone, "apply", s.plan)
	lupa(t, s.dir, exitDone, "drift")
	data, err := os.ReadFile(s.state())
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.ReplaceAll(string(data), "k001", "k00q")
	if damaged == string(data) {
		t.Fatal("there is nothing to damage")
	}
	if err := os.WriteFile(s.state(), []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"plan", "drift", "export", "target status", "apply --auto-approve"} {
		if exit, said := ended(t, s.command(strings.Fields(args)...)); exit != exitDamaged || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: exit %d: %s", args, exit, said)
		}
	}
	if content(s.state()) != damaged {
		t.Error("the damaged file was changed")
	}
}

// TestBesideTheTarget: what lies where lupa notes who has the lock breaks
// nothing, and nothing is written through a link.
func TestBesideTheTarget(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for name, put := range map[string]func(path string) error{
		"left by a kill":       func(path string) error { return os.WriteFile(path, []byte(`{"actor":"k","host":"h"}`), 0o600) },
		"garbage":              func(path string) error { return os.WriteFile(path, []byte("\x00\xff{"), 0o600) },
		"unreadable":           func(path string) error { return os.WriteFile(path, nil, 0) },
		"a link":               func(path string) error { return os.Symlink(elsewhere, path) },
		"a link to the target": func(path string) error { return os.Symlink(s.state(), path) },
		"a directory": func(path string) error {
			return errors.Join(os.Mkdir(path, 0o700), os.WriteFile(path+"/x", nil, 0o600))
		},
		"a pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			restore()
			if err := os.WriteFile(elsewhere, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := put(s.state() + "-holder"); err != nil {
				t.Fatal(err)
			}
			if exit, said := ended(t, s.command("apply", s.plan)); exit != exitDone || said != "" {
				t.Errorf("exit %d: %s", exit, said)
			}
			if got := s.look(t); got.Now.Digest() != s.after {
				t.Error("the plan was not applied")
			}
			if text, err := os.ReadFile(elsewhere); err != nil || string(text) != "mine" {
				t.Errorf("what the link leads to is now %q (%v)", text, err)
			}
			if err := os.RemoveAll(s.state() + "-holder"); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("a link for a journal", func(t *testing.T) {
		restore()
		if err := os.Symlink(elsewhere, s.state()+"-journal"); err != nil {
			t.Fatal(err)
		}
		exit, said := ended(t, s.command("apply", s.plan))
		if text, err := os.ReadFile(elsewhere); exit != exitUnreachable || err != nil || string(text) != "mine" {
			t.Errorf("exit %d: %s; what the link leads to is now %q (%v)", exit, said, text, err)
		}
	})
	for _, command := range [][]string{{"plan", "--out"}, {"export", "--out"}} {
		restore()
		link := filepath.Join(s.dir, "link.json")
		if err := os.Symlink(elsewhere, link); err != nil {
			t.Fatal(err)
		}
		exit, said := ended(t, s.command(append(command, link)...))
		if text, err := os.ReadFile(elsewhere); exit != exitFailure || err != nil || string(text) != "mine" {
			t.Errorf("%s through a link: exit %d: %s; it leads to %q (%v)", command[0], exit, said, text, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStreams: output that cannot be written never says that something failed
// that was done, and never that something was done that was not.
func TestStreams(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	for _, c := range []struct {
		to   string
		args []string
		exit int
	}{
		{">/dev/full", []string{"apply", s.plan}, exitDone},
		{">/dev/full 2>&1", []string{"apply", s.plan}, exitDone},
		{">&-", []string{"apply", s.plan}, exitDone},
		{">&- 2>&-", []string{"apply", s.plan}, exitDone},
		{">&- 2>&- <&-", []string{"apply", s.plan}, exitDone},
		{">/dev/full", []string{"plan"}, exitFailure},
		{">/dev/full", []string{"plan", "--format", "json"}, exitFailure},
		{">/dev/full", []string{"validate"}, exitFailure},
		{">/dev/full", []string{"export"}, exitFailure},
		{">/dev/full", []string{"version"}, exitFailure},
	} {
		restore()
		cmd := s.under("exec "+c.to, c.args...)
		exit, said := ended(t, cmd)
		if exit != c.exit || c.exit != exitDone && strings.Count(said, "\n") != 1 {
			t.Errorf("%v %s: exit %d, want %d: %s", c.args, c.to, exit, c.exit, said)
		}
		if got := s.look(t); c.args[0] == "apply" && got.Now.Digest() != s.after {
			t.Errorf("%v %s: the plan was not applied", c.args, c.to)
		}
	}
	for args, want := range map[string]int{"apply " + s.plan: exitDone, "plan": exitFailure, "plan --format json": exitFailure} {
		restore()
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close() // nobody reads
		cmd := s.command(strings.Fields(args)...)
		cmd.Stdout = w
		if exit, said := ended(t, cmd); exit != want || strings.Count(said, "\n") != 1 {
			t.Errorf("%s into a pipe that nobody reads: exit %d, want %d: %s", args, exit, want, said)
		}
		w.Close()
	}
}

// TestWithoutRights: who may not write is told so, and nothing is applied.
func TestWithoutRights(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	bound := unprivileged(t)
	restore()
	dir := openDir(t)
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	theirs := &subject{dir: dir, plan: filepath.Join(dir, "plan.json")}
	home := filepath.Join(dir, ".lupa")
	for name, modes := range map[string][2]os.FileMode{
		"the file": {0o777, 0o444}, "the directory": {0o555, 0o666}, "both": {0o555, 0o444},
		"not even to look": {0o755, 0}, "not even into the directory": {0, 0o666},
	} {
		if err := errors.Join(os.Chmod(home, 0o755), os.Chmod(theirs.state(), modes[1]), os.Chmod(theirs.plan, 0o644), os.Chmod(home, modes[0])); err != nil {
			t.Fatal(err)
		}
		before := stateOf(t, dir)
		exit, said := ended(t, bound(theirs.command("apply", theirs.plan)))
		if exit != exitUnreachable || strings.Count(said, "\n") != 1 || !strings.Contains(said, "nothing was applied") {
			t.Errorf("no right to write %s: exit %d: %s", name, exit, said)
		}
		if stateOf(t, dir) != before {
			t.Errorf("no right to write %s: something changed", name)
		}
	}
	if err := errors.Join(os.Chmod(home, 0o755), os.Chmod(theirs.state(), 0o644)); err != nil {
		t.Fatal(err)
	}
	if exit, said := ended(t, bound(theirs.command("plan", "--out", filepath.Join(dir, "new.json")))); exit != exitFailure || strings.Count(said, "\n") != 1 {
		t.Errorf("no right to write a plan: exit %d: %s", exit, said)
	}
}

// TestUmask: plan, snapshot and state are for their owner alone, whatever the umask.
func TestUmask(t *testing.T) {
	t.Parallel()
	s, _ := onFile(t, 300)
	bound := unprivileged(t)
	for _, umask := range []string{"0", "0777", "022"} {
		dir := openDir(t)
		if err := errors.Join(os.CopyFS(dir, os.DirFS(s.dir)), os.RemoveAll(filepath.Join(dir, ".lupa")), os.Remove(filepath.Join(dir, "plan.json")), os.Chmod(dir, 0o777)); err != nil {
			t.Fatal(err)
		}
		theirs := &subject{dir: dir}
		for _, args := range []string{"target init", "plan --out " + dir + "/plan.json", "export --out " + dir + "/snapshot.json", "apply " + dir + "/plan.json"} {
			cmd := theirs.command(strings.Fields(args)...)
			own := bound(cmd).Path
			if os.Geteuid() != 0 {
				own = os.Args[0]
			}
			cmd.Args = append([]string{"sh", "-c", "umask " + umask + `; exec "$0" "$@"`, own}, cmd.Args[1:]...)
			cmd.Path = "/bin/sh"
			if exit, said := ended(t, cmd); exit != exitDone {
				t.Errorf("umask %s: %s: exit %d: %s", umask, args, exit, said)
			}
		}
		for name, want := range map[string]os.FileMode{
			"plan.json": 0o600, "snapshot.json": 0o600, ".lupa/state.db": 0o600, ".lupa": os.ModeDir | 0o700,
		} {
			if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
				t.Errorf("umask %s: %s: %v (%v)", umask, name, info, err)
			}
		}
	}
}

// TestLimits: a process that may have little memory, few files, or no large ones,
// leaves the old state or the new one.
func TestLimits(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	for _, c := range []struct {
		what, option string
		from, to     int // of the limit
	}{
		{"out of memory", "-v", 60_000, 2_000_000}, // KiB
		{"out of file descriptors", "-n", 3, 14},
		{"files may not grow", "-f", 0, 2_000}, // blocks of 512 bytes
	} {
		tally := tallied(t, "SQLite: "+c.what)
		few := 6
		switch {
		case tortured():
			few = 200
		case testing.Short():
			few = 2
		}
		exits := make(map[int]int)
		for limit := c.from; limit <= c.to; limit += max(1, (c.to-c.from)/few) {
			restore()
			exit, said := ended(t, s.under(fmt.Sprintf("ulimit %s %d", c.option, limit), "apply", s.plan))
			if exit == 2 && strings.Contains(said, "runtime") || exit == 127 || exit >= 128 {
				exit = -1 // it was not even started, or ended by a signal
			}
			exits[exit]++
			if !slices.Contains([]int{-1, exitDone, exitFailure, exitInput, exitUnreachable, exitUnknown}, exit) {
				t.Errorf("%s, limit %d: exit %d: %.2000s", c.what, limit, exit, said)
			}
			tally.settle(t, s, exit, said)
		}
		t.Logf("%s: exit codes %v", c.what, exits)
	}
}

// TestSignals: a signal to stop, at any call on a file. What is said is true.
func TestSignals(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	restore()
	counted := callsOf(t, s.command("apply", s.plan))
	for signal, code := range map[string]int{"SIGINT": exitInterrupted, "SIGHUP": exitInterrupted, "SIGTERM": exitTerminated} {
		tally := tallied(t, "SQLite: "+signal+" at any call on a file")
		k := strike{what: "signal=" + signal, calls: onFiles}
		exits := make(map[int]int)
		k.each(counted, 6, func(call string, n int) {
			restore()
			exit, said := ended(t, traced(t, s.command("apply", s.plan), fmt.Sprintf("--inject=%s:%s:when=%d", call, k.what, n)))
			if exits[exit]++; exit != -1 && exit != exitDone && exit != code {
				t.Errorf("%s at %s %d: exit %d: %s", signal, call, n, exit, said)
			}
			tally.settle(t, s, exit, said)
		})
		t.Logf("%s: exit codes %v", signal, exits)
	}
}

// TestClock: a clock that goes back breaks neither the chain of the log nor what
// is said of it.
func TestClock(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 300)
	restore()
	for i, later := range []string{"0h", "-8760h", "1h", "-1h"} {
		cmd := s.command("apply", "--auto-approve")
		cmd.Env = append(cmd.Env, byLater+"="+later)
		if exit, said := ended(t, cmd); exit != exitDone {
			t.Fatalf("%s: exit %d: %s", later, exit, said)
		}
		if snap := s.look(t); snap.Serial != int64(i+1) {
			t.Fatalf("%s: serial %d, want %d", later, snap.Serial, i+1)
		}
		lupa(t, s.dir, exitDone, "target", "status")
		handEdit(t, s.dir, fmt.Sprintf("UPDATE school SET title = 'x%d'", i))
	}
}

// TestVanishedWhileApplied: the file goes while an apply writes. It never says that
// it was applied to a target that is not there.
func TestVanishedWhileApplied(t *testing.T) {
	t.Parallel()
	s, restore := onFile(t, 3_000)
	tries := 5
	if tortured() {
		tries = 100
	}
	begin := time.Now()
	restore()
	if exit, said := ended(t, s.command("apply", s.plan)); exit != exitDone {
		t.Fatal(exit, said)
	}
	whole := time.Since(begin)
	exits := make(map[int]int)
	for range tries {
		restore()
		cmd := s.command("apply", s.plan)
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int63n(int64(whole))))
		if err := os.Remove(s.state()); err != nil {
			t.Fatal(err)
		}
		there := make(chan struct{})
		go func() { _ = cmd.Wait(); close(there) }()
		<-there
		exit := cmd.ProcessState.ExitCode()
		exits[exit]++
		if !slices.Contains([]int{exitUnreachable, exitUnknown, exitDone}, exit) {
			t.Errorf("exit %d: %s", exit, errs.String())
		}
		if _, err := s.place.OpenReader(t.Context()); !errors.Is(err, target.ErrNoTarget) {
			t.Errorf("a new target was made: %v", err)
		}
	}
	t.Logf("exit codes: %v", exits)
}
