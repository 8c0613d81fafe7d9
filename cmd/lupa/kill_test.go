package main

import (
	"bufio"
	"context"
	"errors"
	"io"
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
	r, err := sqldb.OpenReader(t.Context(), filepath.Join(dir, ".lupa", "state.db"))
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

// TestKilledApply kills an apply at moments all over its run. The target holds
// the old state or the new one, and the same plan again is safe.
func TestKilledApply(t *testing.T) {
	tries := 8
	if os.Getenv("LUPA_TORTURE") != "" {
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
	go func() { answer <- a.confirm(ctx, "?") }()
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
		if got := a.confirm(t.Context(), "?"); got != want {
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
