package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

// program is a command that runs lupa as a process of its own.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// largeTree writes a municipality of so many people.
func largeTree(t *testing.T, people int) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range facttest.Tree(people) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func digestOf(t *testing.T, dir string) (fact.Digest, int64) {
	t.Helper()
	snap := held(t, dir)
	return snap.Now.Digest(), snap.Serial
}

// held is what the target of a tree holds.
func held(t *testing.T, dir string) fact.Snapshot {
	t.Helper()
	s := subject{place: sqldb.File(filepath.Join(dir, ".lupa", "state.db"))}
	return s.look(t)
}

// TestKilledApply kills an apply at moments all over its run. The target holds
// the old state or the new one, and the same plan again is safe.
func TestKilledApply(t *testing.T) {
	tries := 8
	if tortured() {
		tries = 300
	}
	if testing.Short() {
		tries = 2
	}
	dir := largeTree(t, 2_000)
	lupa(t, dir, 0, "target", "init")
	file := filepath.Join(dir, "plan.json")
	lupa(t, dir, 0, "plan", "--out", file)
	before, _ := digestOf(t, dir)

	begin := time.Now()
	lupa(t, dir, 0, "apply", file)
	whole := time.Since(begin)
	after, _ := digestOf(t, dir)

	old, done := 0, 0
	for range tries {
		if err := os.Remove(filepath.Join(dir, ".lupa", "state.db")); err != nil {
			t.Fatal(err)
		}
		lupa(t, dir, 0, "target", "init")
		lupa(t, dir, 0, "plan", "--out", file)
		cmd := program(dir, "apply", file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int63n(int64(whole) * 3 / 2)))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		switch got, serial := digestOf(t, dir); {
		case got == before && serial == 0:
			old++
		case got == after && serial == 1:
			done++
		default:
			t.Fatalf("killed, the target is neither as before nor as planned (serial %d)", serial)
		}
		lupa(t, dir, 0, "apply", file)
		if got, serial := digestOf(t, dir); got != after || serial != 1 {
			t.Fatalf("the same plan again led to serial %d", serial)
		}
	}
	t.Logf("%d kills: %d left the old state, %d the new one, none anything else", tries, old, done)
}

// TestInterruptedQuestion: a signal also ends an apply that waits for an answer.
func TestInterruptedQuestion(t *testing.T) {
	never, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{streams: streams{in: never}, out: &sink{io.Discard, bufio.NewWriter(io.Discard)}}
	answer := make(chan bool)
	go func() { answer <- a.confirm(ctx, say("?")) }()
	cancel()
	select {
	case yes := <-answer:
		if yes {
			t.Error("no answer is taken for a yes")
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for an answer still")
	}
	for said, want := range map[string]bool{"yes\n": true, "yes": true, "y\n": false, "no\n": false, "": false, "\n": false} {
		a.in = strings.NewReader(said)
		if got := a.confirm(t.Context(), say("?")); got != want {
			t.Errorf("%q is taken for %v, want %v", said, got, want)
		}
	}
}

// TestInterruptedApply: a signal to stop ends an apply at once, with nothing
// applied and the exit code of the signal.
func TestInterruptedApply(t *testing.T) {
	for signal, exit := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGHUP: exitInterrupted, syscall.SIGTERM: exitTerminated} {
		dir := largeTree(t, 20_000)
		lupa(t, dir, 0, "target", "init")
		before, _ := digestOf(t, dir)
		cmd := program(dir, "apply", "--auto-approve")
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		journal := filepath.Join(dir, ".lupa", "state.db-journal")
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(journal); err == nil {
				break // it is writing
			}
			if time.Now().After(deadline) {
				t.Fatal("the apply never began to write")
			}
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		got, serial := digestOf(t, dir)
		if code := cmd.ProcessState.ExitCode(); code != exit || got != before || serial != 0 || !strings.Contains(errs.String(), "nothing was applied") {
			t.Errorf("%v: exit %d, want %d; serial %d; %s", signal, code, exit, serial, errs.String())
		}
	}
}

// TestInterruptedLook: a signal to stop ends what only looks, and an apply that is
// still planning, at once, whatever is being read or computed.
func TestInterruptedLook(t *testing.T) {
	dir := largeTree(t, 50_000)
	lupa(t, dir, 0, "target", "init")
	before, _ := digestOf(t, dir)
	slowest := time.Duration(0)
	for _, args := range [][]string{{"plan", "--out", "p.json"}, {"apply", "--auto-approve"}} {
		for _, wait := range []time.Duration{100, 200, 500} {
			cmd := program(dir, args...)
			var errs strings.Builder
			cmd.Stderr = &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait * time.Millisecond)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			told := time.Now()
			_ = cmd.Wait()
			slowest = max(slowest, time.Since(told))
			code := cmd.ProcessState.ExitCode()
			if code != exitInterrupted && code != exitDone && code != -1 { // done before, or not begun to listen
				t.Errorf("%q after %d ms: exit %d: %s", args, wait, code, errs.String())
			}
			written := args[0] == "plan" && strings.Contains(errs.String(), "the plan file was written")
			if code == exitInterrupted && !written && !strings.Contains(errs.String(), "nothing was applied") {
				t.Errorf("%q: %s", args, errs.String())
			}
		}
	}
	if slowest > 2*time.Second { // it takes a tenth of one where nobody else works
		t.Errorf("it went on for %s", slowest)
	}
	t.Logf("it went on for %s at the most", slowest)
	if got, serial := digestOf(t, dir); got != before || serial != 0 {
		t.Errorf("the target was changed: serial %d", serial)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".lupa-*")); len(left) > 0 {
		t.Errorf("files were left: %q", left)
	}
}

// TestHeed: work that does not look at the context is left alone at a signal, but
// not while it writes a file; and after that it writes none.
func TestHeed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{dir: t.TempDir(), out: &sink{io.Discard, bufio.NewWriter(io.Discard)}}
	begun, end := make(chan bool), make(chan bool)
	left := make(chan error)
	go func() {
		left <- a.heed(ctx, func() error {
			return a.writeFile("a", func(w io.Writer) error {
				close(begun)
				<-end
				_, err := io.WriteString(w, "whole")
				return err
			})
		})
	}()
	<-begun
	cancel()
	select {
	case err := <-left:
		t.Fatalf("it was left while it wrote: %v", err)
	case <-time.After(3 * grace):
	}
	close(end)
	if err := <-left; err != nil && !errors.Is(err, errLeft) {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(a.dir, "a")); string(text) != "whole" {
		t.Error(string(text), err)
	}

	forever := make(chan bool)
	a = &app{dir: t.TempDir(), out: a.out}
	if err := a.heed(ctx, func() error { <-forever; return nil }); !errors.Is(err, errLeft) {
		t.Errorf("computing was not left alone: %v", err)
	}
	late := make(chan error)
	go func() { late <- a.writeFile("c", func(io.Writer) error { return nil }) }()
	select {
	case err := <-late:
		t.Errorf("it wrote after it was left alone: %v", err)
	case <-time.After(grace):
	}
	if err := a.heed(t.Context(), func() error { return fs.ErrExist }); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}
