package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

// TestHostileSnapshots: files that are made to bring lupa down, as large as a
// file may be and with the right hash, are refused in the time and memory of
// the contract, which are measured in a process of their own.
func TestHostileSnapshots(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and files of 32 MiB take half a minute")
	}
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
			measured(t, dir, exitDamaged, "plan", "--against", file)
		})
	}
}

// measured runs lupa in a process of its own, which has to end with an exit code
// within the time and memory of the contract, and gives what it said. The time is
// that of the processors: the machine may have other work.
func measured(t *testing.T, dir string, want int, args ...string) string {
	t.Helper()
	const maxSeconds, maxMiB = 5, 512
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"-C", dir}, args...)...)
	peak := filepath.Join(t.TempDir(), "peak")
	cmd.Env = append(os.Environ(), asProgram+"=1", byPeak+"="+peak)
	out, err := cmd.CombinedOutput()
	switch got := cmd.ProcessState.ExitCode(); {
	case ctx.Err() != nil:
		t.Fatalf("lupa %q did not end: %v", args, err)
	case got != want || bytes.Contains(out, []byte("panic")) || bytes.Contains(out, []byte("goroutine ")):
		t.Errorf("lupa %q: exit %d, want %d\n%.2000s", args, got, want, out)
	}
	seconds := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	told, err := os.ReadFile(peak)
	kib := 0
	if err == nil {
		_, err = fmt.Sscan(string(told), &kib)
	}
	if err != nil {
		t.Fatal(err)
	}
	mib := kib >> 10
	t.Logf("%.2f s, %d MiB: %.150s", seconds, mib, out)
	if seconds > maxSeconds || mib > maxMiB {
		t.Errorf("lupa %q: %.2f s and %d MiB; the contract allows %d s and %d MiB", args, seconds, mib, maxSeconds, maxMiB)
	}
	return string(out)
}

// irregular are what may lie in the place of a file, by what it is.
var irregular = map[string]func(path string) error{
	"a pipe":                   func(path string) error { return syscall.Mkfifo(path, 0o644) },
	"a device without end":     func(path string) error { return os.Symlink("/dev/zero", path) },
	"a socket":                 func(path string) error { return syscall.Mknod(path, syscall.S_IFSOCK|0o644, 0) },
	"a link to itself":         func(path string) error { return os.Symlink(filepath.Base(path), path) },
	"a link to a directory":    func(path string) error { return os.Symlink("..", path) },
	"a directory":              func(path string) error { return os.Mkdir(path, 0o755) },
	"a link out of the tree":   func(path string) error { return os.Symlink("../../../../../../../../../../etc/passwd", path) },
	"a link to nothing":        func(path string) error { return os.Symlink("nothing", path) },
	"a link to the processes":  func(path string) error { return os.Symlink("/proc/self/mem", path) },
	"a link to one's own text": func(path string) error { return os.Symlink("/proc/self/fd/0", path) },
}

// TestIrregularFiles puts what is no file into the place of each that lupa reads or
// writes: it is refused, at once, and never waited for.
func TestIrregularFiles(t *testing.T) {
	for i, c := range []struct {
		place    string
		want     int
		commands []string
		but      map[string]int // other exit codes
	}{
		{"a.yaml", exitInput, []string{"validate", "fmt", "plan"}, map[string]int{"a directory": exitDone}},
		{"lupa.yaml", exitInput, []string{"validate", "target status", "export"}, nil},
		{"roster", exitInput, []string{"validate"}, map[string]int{"a directory": exitInput}},
		{"roster/users.csv", exitInput, []string{"validate"}, map[string]int{"a directory": exitInput}},
		{"roster.zip", exitInput, []string{"validate"}, nil},
		{"logins.csv", exitInput, []string{"validate"}, map[string]int{"a link to nothing": exitDone}},
		{"x.json", exitInput, []string{"show x.json", "apply x.json", "plan --against x.json"}, map[string]int{"a pipe": exitDamaged, "a link out of the tree": exitDamaged}},
		{"x.json", exitFailure, []string{"plan --out x.json", "export --out x.json", "codeowners --out x.json"}, nil},
		{".lupa/state.db", exitUnreachable, []string{"plan", "apply --auto-approve"}, nil},
	} {
		for _, what := range few(slices.Sorted(maps.Keys(irregular)), 4, i) {
			t.Run(c.place+"/"+what, func(t *testing.T) {
				dir := hostileTree(t)
				lupa(t, dir, exitDone, "target", "init")
				replaceIn(t, dir, "lupa.yaml", "path: roster,", "path: "+strings.TrimSuffix(c.place, "/users.csv")+",", strings.HasPrefix(c.place, "roster"))
				replaceIn(t, dir, "tree.yaml", "allowStudentCards:", "logins: logins.csv\n  allowStudentCards:", c.place == "logins.csv")
				path := filepath.Join(dir, c.place)
				if err := errors.Join(os.RemoveAll(path), irregular[what](path)); err != nil {
					t.Fatal(err)
				}
				for _, command := range c.commands {
					want := c.want
					if other, ok := c.but[what]; ok {
						want = other
					}
					if what == "a pipe" || what == "a device without end" { // it may never end
						measured(t, dir, want, strings.Fields(command)...)
					} else if code, out := said(t, dir, strings.Fields(command), "text"); code != want {
						t.Errorf("lupa %s: exit %d, want %d\n%.2000s", command, code, want, out)
					}
				}
			})
		}
	}
}

func replaceIn(t *testing.T, dir, name, old, new string, really bool) {
	t.Helper()
	if !really {
		return
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !bytes.Contains(data, []byte(old)) {
		t.Fatal(name, old, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), bytes.Replace(data, []byte(old), []byte(new), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPipeIsNotWaitedFor: a pipe that takes the place of a file after the tree was
// listed is refused at once.
func TestPipeIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	fsys, err := openRoot(dir)
	if err := errors.Join(err, syscall.Mkfifo(filepath.Join(dir, "a.yaml"), 0o644)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, err := source.Open(fsys, []string{"a.yaml"}).Read("a.yaml")
		read <- err
	}()
	select {
	case err := <-read:
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v, want an error: it is no file", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it is waited for")
	}
}

// TestLargeTrees: what is many or large is read, or refused, in the time and memory
// of the contract.
func TestLargeTrees(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and large trees take half a minute")
	}
	const group = "apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: h%d, installation: m}\nspec: {wilma: [wilma.a]}\n"
	sparse := func(dir, name string, size int64) error {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		return errors.Join(f.Truncate(size), f.Close())
	}
	padded := func(dir string, size int) error {
		text := fmt.Sprintf(group, 0)
		return os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(text+"#"+strings.Repeat(".", size-len(text)-1)), 0o644)
	}
	for i, c := range []struct {
		name     string
		make     func(dir string) error
		want     int
		commands []string
	}{
		{"10,000 files", func(dir string) (err error) {
			for i := range 10_000 {
				at := filepath.Join(dir, "g", fmt.Sprint(i%100))
				err = errors.Join(err, os.MkdirAll(at, 0o755), os.WriteFile(filepath.Join(at, fmt.Sprintf("%d.yaml", i)), fmt.Appendf(nil, group, i), 0o644))
			}
			return err
		}, exitDone, []string{"validate", "fmt --check"}},
		{"16 MiB", func(dir string) error { return padded(dir, source.MaxFileBytes) }, exitDone, []string{"validate"}},
		{"a byte more", func(dir string) error { return padded(dir, source.MaxFileBytes+1) }, exitInput, []string{"validate", "fmt", "plan"}},
		{"a lupa.yaml of a GiB", func(dir string) error { return sparse(dir, "lupa.yaml", 1<<30) }, exitInput, []string{"validate", "fmt", "export"}},
		{"nearly 2 GiB", func(dir string) error { return sparse(dir, "a.yaml", 2<<30-1<<20) }, exitInput, []string{"validate", "fmt", "plan"}},
		{"a TiB", func(dir string) error { return sparse(dir, "a.yaml", 1<<40) }, exitInput, []string{"validate", "fmt", "plan"}},
		{"a roster of a TiB", func(dir string) error { return sparse(dir, "roster/users.csv", 1<<40) }, exitInput, []string{"validate"}},
		{"a row of a GiB", func(dir string) error { return sparse(dir, "roster/users.csv", 1<<30) }, exitInput, []string{"validate"}},
		{"a plan of a TiB", func(dir string) error { return sparse(dir, "x.json", 1<<40) }, exitInput, []string{"show x.json", "apply x.json", "plan --against x.json"}},
		{"a plan of zeros", func(dir string) error { return sparse(dir, "x.json", 100<<20) }, exitDamaged, []string{"show x.json"}},
		{"a target of zeros", func(dir string) error { return sparse(dir, ".lupa/state.db", 1<<30) }, exitDamaged, []string{"plan", "export"}},
		{"deep directories", func(dir string) error {
			at := filepath.Join(dir, strings.Repeat("d/", 1500))
			return errors.Join(os.MkdirAll(at, 0o755), os.WriteFile(filepath.Join(at, "a.yaml"), fmt.Appendf(nil, group, 1), 0o644))
		}, exitInput, []string{"validate", "fmt --check", "plan"}},
		{"10,000 labels often", func(dir string) error {
			var b strings.Builder
			for doc := range 30 {
				b.WriteString("---\napiVersion: lupa/v1\nkind: UserGroup\nspec: {}\nmetadata:\n  name: l" + fmt.Sprint(doc) + "\n  installation: m\n  labels:\n")
				for i := range 10_000 {
					fmt.Fprintf(&b, "    l%d: x\n", i)
				}
			}
			return os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(b.String()), 0o644)
		}, exitDone, []string{"validate"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := hostileTree(t)
			lupa(t, dir, exitDone, "target", "init")
			if err := c.make(dir); err != nil {
				t.Fatal(err)
			}
			for _, command := range few(c.commands, len(c.commands), i) {
				measured(t, dir, c.want, strings.Fields(command)...)
			}
		})
	}
}

// TestUnreadable: what may not be read is an error of the machine, and names itself.
func TestUnreadable(t *testing.T) {
	bound := unprivileged(t)
	for _, name := range []string{"closed", "closed.yaml"} {
		dir := openDir(t)
		if err := os.CopyFS(dir, os.DirFS("testdata/hostile")); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"validate", "fmt", "plan"} {
			if exit, said := ended(t, bound(program(dir, command))); exit != exitFailure || !strings.Contains(said, name) || strings.Count(said, "\n") != 1 {
				t.Errorf("%s of %s: exit %d: %s", command, name, exit, said)
			}
		}
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

// TestHostilePlans: plan files that are made to bring lupa down, as large as a file
// may be and with the right hash, are refused in the time and memory of the contract.
func TestHostilePlans(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and files of 256 MiB take a minute")
	}
	const (
		reason = `{"args":[],"pos":[],"rule":"R34","text":""}`
		effect = `{"after":[%[1]s],"before":[],"gained":true,"kind":"teacher","people":["t-1"%[2]s],"places":["c"%[3]s],"rights":["w"%[4]s],"sensitivity":"normal"}`
		change = `[{"action":"update","fields":[{"after":%s,"before":null,"field":"title"}],"kind":"School","name":"a"}]`
		step   = `[{%s"do":"update","id":"m/a","kind":"School"}]`
	)
	in := func(form string, at int) string {
		parts := []any{"", "", "", ""}
		parts[at] = "%s"
		return "[" + fmt.Sprintf(form, parts...) + "]"
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	type hostile struct {
		member, around string
		each           func(int) string
		whole          bool // it is made as large as it may be in every run
	}
	cases := []hostile{
		{"changes", `[{"action":"update","fields":[%s],"kind":"School","name":"a"}]`, same(`{},`), false},
		{"changes", change, same(`[`), false},
		{"changes", change, same(`{"a":`), false},
		{"changes", fmt.Sprintf(change, `["a"%s]`), same(`,""`), false},
		{"changes", fmt.Sprintf(change, `["a"%s]`), same(`,"a"`), true},
		{"changes", fmt.Sprintf(change, `{%s"z":0}`), func(i int) string { return fmt.Sprintf(`"%07x":0,`, i) }, true},
		{"changes", fmt.Sprintf(change, `"%s"`) + "0", same(`\u0001`), false},
		{"changes", `[%s{}]`, same(`{"action":"create","fields":[],"kind":"School","name":"a"},`), false},
		{"effect", in(effect, 0), same(`{},`), false},
		{"effect", in(effect, 0), same(reason + ","), false},
		{"effect", in(effect, 1), same(`,""`), false},
		{"effect", in(effect, 1), same(`,"a"`), false},
		{"effect", in(effect, 2), same(`,""`), false},
		{"effect", in(effect, 3), same(`,[]`), false},
		{"steps", fmt.Sprintf(step, `"add":[["",""]%s],`), same(`,["",""]`), false},
		{"steps", fmt.Sprintf(step, `"add":[%s["",""]],`), same(`[],`), false},
		{"steps", fmt.Sprintf(step, `"add":[["",""]%s],`), func(i int) string { return fmt.Sprintf(`,["%07x",""]`, i) }, false},
		{"steps", fmt.Sprintf(step, `"add":[["",""]%s],`), func(i int) string { return fmt.Sprintf(`,["title","%07x\n"]`, i) }, false},
		{"steps", fmt.Sprintf(step, `"del":[["title","%s"]],`) + "0", same(`\n`), false},
		{"steps", fmt.Sprintf(step, `"after":[%s0],`), same(`0,`), false},
		{"steps", `[%s{}]`, same(`{"do":"delete","id":"m/a","kind":"School"},`), false},
		{"findings", `[{"args":[%s""],"code":"W23","message":"","pos":[],"severity":"warning","subject":"x"}]`, same(`"",`), false},
		{"findings", `[{"args":[],"code":"W23","message":"","pos":[%s{}],"severity":"warning","subject":"x"}]`, same(`{"col":0,"file":"a","line":0},`), false},
		{"brakes", `[%s]`, same(`{"args":[],"case":"","code":"G01","figure":1,"message":"","name":"removals"},`), false},
		{"acknowledge", `[%s""]`, same(`"",`), false},
		{"templates", `[{"actions":[%s"edit"],"gained":true,"people":[],"places":[],"reason":` + reason + `,"templates":[]}]`, same(`"",`), false},
		{"unmanaged", `[{"everywhere":[%s"x"],"id":"m/a","kind":"School","name":"a"}]`, same(`"x",`), false},
		{"view", `{"ignore":[%s{"kind":"","name":""}]}`, same(`{"kind":"","name":""},`), false},
		{"project", `"%s"`, same(`\n`), false},
		{"kind", `"%s"`, same(`\n`), false},
		{"summary", `{%s"x":0}`, func(i int) string { return fmt.Sprintf(`"%07x":0,`, i) }, false},
		{"weather", `%s`, same(`[`), false},
		{"weather", `[%s`, same(`{},`), false},
		{"", `%s`, func(i int) string { return fmt.Sprintf(`,"x%07x":0`, i) }, false},
		{"", `,"x%s":0`, same(`x`), false},
	}
	common := len(cases)
	for _, list := range []string{"adopted", "begins", "brakes", "changes", "drift", "effect", "effectSummary", "ends", "external", "findings", "inputs", "steps", "templates", "unchanged", "unmanaged"} {
		for _, item := range []string{`{}`, `[]`, `""`, `null`} {
			cases = append(cases, hostile{list, `[%s` + item + `]`, same(item + ","), list == "changes" && item == `{}`})
		}
	}
	dir := hostileTree(t)
	lupa(t, dir, exitDone, "target", "init")
	lupa(t, dir, exitDone, "plan", "--out", "plan.json")
	file := filepath.Join(dir, "hostile.json")
	commands := []string{"show hostile.json", "apply hostile.json", "prove --no-new-access --base hostile.json", "show hostile.json --format json"}
	for i, h := range cases {
		if !tortured() && !h.whole && i >= common && i%7 != 0 {
			continue
		}
		t.Run(fmt.Sprint(h.member, i), func(t *testing.T) {
			size := plan.MaxPlan
			if !tortured() && !h.whole {
				size /= 16
			}
			hostilePlan(t, filepath.Join(dir, "plan.json"), file, size, h.member, h.around, h.each)
			for k, command := range commands {
				if tortured() || k == i%3 {
					measured(t, dir, exitDamaged, strings.Fields(command)...)
				}
			}
		})
	}
}

// hostilePlan puts something often into a member of a plan file, or behind all when
// it has no name, until the file has a size, and seals it.
func hostilePlan(t *testing.T, from, to string, size int, member, around string, each func(int) string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(around, "%s")
	if member != "" {
		members[member] = nil
	}
	write := func(w *bufio.Writer, whole bool) {
		put := func(text string) { w.WriteString(text) } // an error stays until Flush
		repeat := func() {
			put(before)
			for i, n := 0, len(data)+len(around)+200; n < size; i++ {
				text := each(i)
				if n += len(text); n < size {
					put(text)
				}
			}
			put(after)
		}
		separator := "{"
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if name == "hash" && !whole {
				continue
			}
			put(separator + `"` + name + `":`)
			switch {
			case name == member && (whole || name != "acknowledge"):
				repeat()
			case name == "acknowledge" && !whole:
				put("[]")
			default:
				w.Write(members[name])
			}
			separator = ","
		}
		if member == "" {
			repeat()
		}
		put("}")
		if whole {
			put("\n")
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.New()
	write(bufio.NewWriter(sum), false)
	members["hash"] = fmt.Appendf(nil, `"%x"`, sum.Sum(nil))
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write(bufio.NewWriterSize(f, 1<<20), true)
}
