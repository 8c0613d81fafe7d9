package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/plan"
)

// TestHostileSnapshots: files that are made to bring lupa down, as large as a
// file may be and with the right hash, are refused in the time and memory of
// the contract, which are measured in a process of their own.
func TestHostileSnapshots(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and files of 32 MiB take half a minute")
	}
	const maxSeconds, maxMiB = 5, 512
	dir := t.TempDir()
	lupa(t, dir, exitDone, "init")
	for _, h := range []struct {
		name  string
		facts string             // around the %s
		each  func(i int) string // what is repeated in its place
		more  string             // behind all, around what is repeated
	}{
		{"groups", `[["Person","m/a",[%s["groups",""]]]]`, func(i int) string { return fmt.Sprintf(`["groups","%07x"],`, i) }, ""},
		{"people", `[%s0]`, func(i int) string { return fmt.Sprintf(`["Person","%07x",[["",""]]],`, i) }, ""},
		{"rows", `[["Person","m/a",[%s0]]]`, func(i int) string { return fmt.Sprintf(`["schools[%d]",""],`, i+1) }, ""},
		{"a long value", `[["School","m/a",[["title","%s"],["",""]]]]`, func(int) string { return `\u0001` }, ""},
		{"one fact", `[["School","m/a",[%s]]]`, func(int) string { return `["",""],` }, ""},
		{"brackets", `%s`, func(int) string { return `[` }, ""},
		{"closed brackets", `[]`, func(int) string { return `[],` }, `,"z":[%s`},
		{"quotes", `%s`, func(int) string { return `"` }, ""},
		{"backslashes", `"%s`, func(int) string { return `\` }, ""},
		{"names", `[]`, func(i int) string { return fmt.Sprintf(`,"x%07x":0`, i) }, `%s`},
		{"a long name", `[]`, func(i int) string { return `x` }, `,"x%s":?`},
		{"a long version", `[]`, func(int) string { return `\n` }, `,"version":"%s"`},
		{"another kind", `[]`, func(int) string { return `[` }, `,"x":%s`},
	} {
		t.Run(h.name, func(t *testing.T) {
			file := filepath.Join(dir, "hostile.json")
			writeHostile(t, file, h.facts, h.more, h.each)
			cmd := exec.Command(os.Args[0], "-C", dir, "plan", "--against", file)
			cmd.Env = append(os.Environ(), asProgram+"=1")
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != exitDamaged || strings.Contains(string(out), "panic") {
				t.Errorf("exit %d, want %d\n%.1000s", got, exitDamaged, out)
			}
			seconds := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
			mib := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 // kilobytes, on Linux
			t.Logf("%.2f s, %d MiB: %.150s", seconds, mib, out)
			if seconds > maxSeconds || mib > maxMiB {
				t.Errorf("%.2f s and %d MiB; the contract allows %d s and %d MiB", seconds, mib, maxSeconds, maxMiB)
			}
		})
	}
}

// writeHostile repeats something in the facts of a snapshot, or behind them all,
// until the file is as large as it may be, and seals it. The file is never in
// memory, as a process seems as large as the one that started it was.
func writeHostile(t *testing.T, file, facts, more string, each func(i int) string) {
	t.Helper()
	if !strings.Contains(more, `"version"`) {
		more = `,"version":"1"` + more
	}
	write := func(w *bufio.Writer, hash string) {
		n := 0
		put := func(text string) { m, _ := w.WriteString(text); n += m }
		repeat := func(around string) {
			before, after, ok := strings.Cut(around, "%s")
			put(before)
			for i := 0; ok && n < plan.MaxSnapshot-1000; i++ {
				put(each(i))
			}
			put(after)
		}
		repeat(`{"facts":` + facts + `,"format":1`)
		w.WriteString(hash)
		repeat(`,"kind":"snapshot","last":{"add":[],"del":[]},"project":"p","taken":"2026-11-24T12:00:00Z","target":{"lineage":"l","name":"n","serial":1}` + more + `}`)
		if hash != "" {
			w.WriteByte('\n')
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.New()
	write(bufio.NewWriter(sum), "")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write(bufio.NewWriter(f), fmt.Sprintf(`,"hash":"%x"`, sum.Sum(nil)))
}
