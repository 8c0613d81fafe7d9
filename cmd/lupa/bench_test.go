package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target/targettest/pgtest"
)

// benchSizes in the environment says how many people there are, as 1000,10000.
const benchSizes = "LUPA_BENCH_SIZE"

// benchTable in the environment names the file that the table is written to.
const benchTable = "LUPA_BENCH_TABLE"

// BenchmarkLupa runs the commands of lupa on generated trees, each in a process of
// its own, and in the same run the yardsticks and what else does such work: see
// yardsticks and peers. `make bench` makes a table of it.
func BenchmarkLupa(b *testing.B) {
	t := new(table)
	startup := func() *exec.Cmd { return itself("lupa", "version") }
	t.run(b, row{from: noTarget, target: noTarget, action: startupAction}, startup)
	if len(t.rows) == 0 { // not wanted in the table; growth wants it all the same
		c, err := measure(startup(), nothing)
		if err != nil {
			b.Fatal(err)
		}
		t.startup = c.CPU
	}
	for _, from := range []string{"yaml", "roster"} {
		b.Run(from, func(b *testing.B) {
			for _, people := range sizes(b) {
				b.Run(strconv.Itoa(people), func(b *testing.B) { t.measureTree(b, from, people) })
			}
		})
	}
	b.Run("peers", func(b *testing.B) { t.measurePeers(b) })
	t.note("%s, %s/%s, %d processors; CPU and memory are those of the process, CPU with its children (git)", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if err := t.save(); err != nil || len(t.rows) == 0 {
		b.Fatal("no row is called so, or the table cannot be written: ", err)
	}
}

func sizes(b *testing.B) (all []int) {
	list := os.Getenv(benchSizes)
	if list == "" {
		list = "1000,10000,100000"
	}
	for size := range strings.SplitSeq(list, ",") {
		people, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil || people < 1000 {
			b.Fatalf("%s: a size is 1000 or more people, not %q", benchSizes, size)
		}
		all = append(all, people)
	}
	return all
}

// run measures a command as long as the benchmark wants, and adds the median as a
// row. What makes the command is not measured.
func (t *table) run(b *testing.B, r row, command func() *exec.Cmd) {
	t.runBeside(b, r, nothing, command)
}

// nothing is what a server spends that is not there.
func nothing() time.Duration { return 0 }

// slug is a command as the name of a benchmark.
var slug = strings.NewReplacer(" --", "-", ", ", "-", " %", "%", " ", "-")

func (t *table) runBeside(b *testing.B, r row, server func() time.Duration, command func() *exec.Cmd) {
	b.Run(slug.Replace(r.action), func(b *testing.B) {
		var all []cost
		for b.Loop() {
			b.StopTimer()
			cmd := command()
			b.StartTimer()
			c, err := measure(cmd, server)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, c)
		}
		r.cost = median(all)
		r.cost.report(b)
		t.add(r)
	})
}

// itself is a command that runs this binary as something else.
func itself(as string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"="+as, "LUPA_LANG=en")
	return cmd
}

// trees are a tree, the same a day later, and the directory that both are in. The
// later one is a repository that has both.
type trees struct {
	facttest.Size
	dir, today, later string
	git               bool
}

func (t *table) measureTree(b *testing.B, from string, people int) {
	w := makeTrees(b, facttest.Grown(people, from == "roster"))
	r := func(target, action string) row {
		return row{people: people, from: from, target: target, action: action}
	}
	b.Run("tree", func(b *testing.B) {
		alone := func(action, dir string, args ...string) {
			t.run(b, r(noTarget, action), func() *exec.Cmd { return w.lupa(dir, args...) })
		}
		alone("validate", w.today, "validate")
		alone("access --all", w.today, "access", "--all", "--format", "jsonl")
		alone("why", w.today, "why", w.Maintainer(), "wilma.surveys.maintain")
		if w.git {
			alone("review of 1 %", w.later, "review", "--base", "HEAD~1")
		} else {
			t.note("skipped: review (no git is installed)")
		}
	})
	b.Run(onSQLite, func(b *testing.B) { t.measureTarget(b, w, sqliteFile{w}, r) })
	b.Run(onPostgres, func(b *testing.B) {
		defer func() {
			if b.Skipped() {
				t.note("skipped: PostgreSQL (no server is installed)")
			}
		}()
		t.measureTarget(b, w, newPostgres(b), r)
	})
}

// measureTarget takes a target from nothing to the tree of the day after.
func (t *table) measureTarget(b *testing.B, w *trees, at stand, r func(target, action string) row) {
	lupa := func(dir string, args ...string) *exec.Cmd {
		cmd := w.lupa(dir, append([]string{"--target", at.name()}, args...)...)
		cmd.Env = append(cmd.Env, at.env()...)
		return cmd
	}
	measure := func(action string, command func() *exec.Cmd) {
		t.runBeside(b, r(at.on(), action), at.spent, command)
	}
	file := filepath.Join(w.dir, at.on()+".json")
	apply := func(b *testing.B, dir string) *exec.Cmd {
		return lupa(dir, append([]string{"apply", file}, acknowledging(b, file)...)...)
	}

	at.clear(b)
	measure("target init", func() *exec.Cmd { at.clear(b); return lupa(w.today, "target", "init") })
	at.clear(b)
	must(b, lupa(w.today, "target", "init"))
	at.keep(b, "empty")
	first, applyFirst := []string{"plan", "--out", file}, func(b *testing.B) *exec.Cmd { return apply(b, w.today) }
	if out, err := lupa(w.today, first...).CombinedOutput(); err != nil && bytes.Contains(out, []byte(plan.ErrTooLarge.Error())) {
		t.note("the first plan of %s people, %s, is too large for a file: it is shown, and made again to be applied", thousands(w.People), r("", "").from)
		first, applyFirst = []string{"plan"}, func(*testing.B) *exec.Cmd { return lupa(w.today, "apply", "--auto-approve") }
	} else if err != nil {
		b.Fatalf("%s", out)
	}
	measure("first plan", func() *exec.Cmd { return lupa(w.today, first...) })
	measure("first apply", func() *exec.Cmd { at.restore(b, "empty"); return applyFirst(b) })
	at.restore(b, "empty")
	must(b, applyFirst(b))
	at.keep(b, "applied")

	// The yardsticks are for the plan that finds nothing to do.
	for _, action := range []string{floorAction, bareAction} {
		measure(action, func() *exec.Cmd { return itself(action, w.today, at.dsn()) })
	}
	measure("no-op plan", func() *exec.Cmd { return lupa(w.today, "plan") })
	measure("no-op plan, cached", func() *exec.Cmd {
		cmd := lupa(w.today, "plan")
		must(b, lupa(w.today, "plan")) // makes what a cache holds
		return cmd
	})
	if of := t.rows[max(0, len(t.rows)-2):]; len(of) == 2 && of[0].action == "no-op plan" && of[1].Bytes >= of[0].Bytes {
		b.Error("what was compiled before was compiled again")
	}
	measure("plan of 1 %", func() *exec.Cmd { return lupa(w.later, "plan", "--out", file) })
	must(b, lupa(w.later, "plan", "--out", file))
	measure("apply of 1 %", func() *exec.Cmd { at.restore(b, "applied"); return apply(b, w.later) })
}

// must runs a command that is not measured.
func must(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", strings.Join(cmd.Args[1:], " "), err, out[max(0, len(out)-2000):])
	}
}

// acknowledging are the flags that let a plan pass its brakes.
func acknowledging(b *testing.B, file string) (flags []string) {
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var plan struct{ Acknowledge []string }
	if err := json.Unmarshal(data, &plan); err != nil {
		b.Fatal(err)
	}
	for _, text := range plan.Acknowledge {
		flags = append(flags, "--acknowledge", text)
	}
	return flags
}

func makeTrees(b *testing.B, size facttest.Size) *trees {
	dir := b.TempDir()
	w := &trees{Size: size, dir: dir, today: filepath.Join(dir, "today"), later: filepath.Join(dir, "later")}
	_, err := exec.LookPath("git")
	w.git = err == nil
	git := func(args ...string) {
		if w.git {
			must(b, exec.Command("git", append([]string{"-C", w.later, "-c", "user.name=bench", "-c", "user.email=bench@example.test", "-c", "gc.auto=0"}, args...)...))
		}
	}
	writeSize(b, w.today, size)
	writeSize(b, w.later, size)
	git("init", "--quiet")
	git("add", "--all")
	git("commit", "--quiet", "--message", "today")
	size.Edited = true
	writeSize(b, w.later, size)
	git("commit", "--quiet", "--all", "--message", "later")
	return w
}

// writeSize writes a tree, or writes it anew.
func writeSize(b *testing.B, dir string, size facttest.Size) {
	for path, content := range size.Files() {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), writeWith(file, content)); err != nil {
			b.Fatal(err)
		}
	}
}

func writeWith(file string, content func(*bufio.Writer)) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	content(w)
	return errors.Join(w.Flush(), f.Close())
}

// lupa is a command of lupa in a tree that has no cache of compiled files yet.
func (w *trees) lupa(dir string, args ...string) *exec.Cmd {
	_ = os.RemoveAll(filepath.Join(dir, ".lupa", "cache")) // what is left shows in the figures
	cmd := itself("lupa", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+w.dir)
	return cmd
}

// stand is a target that the benchmarks can set back.
type stand interface {
	on() string   // the sort of target, in the table
	name() string // in lupa.yaml
	env() []string
	dsn() string                  // for the yardsticks
	clear(*testing.B)             // nothing is there
	keep(b *testing.B, as string) // what is there, for
	restore(b *testing.B, as string)
	spent() time.Duration // CPU of a server
}

const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// sqliteFile is the target of both trees, in a file of each.
type sqliteFile struct{ *trees }

func (sqliteFile) on() string           { return onSQLite }
func (sqliteFile) name() string         { return "local" }
func (sqliteFile) env() []string        { return nil }
func (sqliteFile) spent() time.Duration { return nothing() }
func (s sqliteFile) dsn() string        { return s.file(s.today) }

func (sqliteFile) file(dir string) string { return filepath.Join(dir, ".lupa", "state.db") }

func (s sqliteFile) clear(b *testing.B) {
	if err := errors.Join(os.RemoveAll(filepath.Join(s.today, ".lupa")), os.RemoveAll(filepath.Join(s.later, ".lupa"))); err != nil {
		b.Fatal(err)
	}
}

func (s sqliteFile) keep(b *testing.B, as string) {
	if err := errors.Join(copyFile(s.file(s.today), filepath.Join(s.dir, as+".db")), os.MkdirAll(filepath.Join(s.later, ".lupa"), 0o700)); err != nil {
		b.Fatal(err)
	}
	s.restore(b, as)
}

func (s sqliteFile) restore(b *testing.B, as string) {
	for _, dir := range []string{s.today, s.later} {
		if err := copyFile(filepath.Join(s.dir, as+".db"), s.file(dir)); err != nil {
			b.Fatal(err)
		}
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// database is a target in a database of a server that this binary has started.
type database struct {
	server *pgtest.Server
	*pgtest.Database
}

func newPostgres(b *testing.B) stand {
	server := pgtest.Start(b)
	return database{server, server.Database(b)}
}

func (database) on() string             { return onPostgres }
func (database) name() string           { return "shared" }
func (d database) env() []string        { return []string{"LUPA_DSN=" + d.DSN()} }
func (d database) dsn() string          { return d.DSN() }
func (d database) spent() time.Duration { return d.server.Spent() }

func (d database) clear(b *testing.B) { d.Exec(b, "DROP SCHEMA IF EXISTS lupa CASCADE") }

func (d database) keep(b *testing.B, as string)    { d.Keep(b, as) }
func (d database) restore(b *testing.B, as string) { d.Restore(b, as) }
