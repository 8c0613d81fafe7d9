package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"
)

// asProgram in the environment makes the test binary the program itself, for
// tests that need a process to kill, or one of the yardsticks that it is measured
// by.
const asProgram = "LUPA_TEST_AS_PROGRAM"

// today is when all tests take place, but for commands that are said to run
// later, or earlier, by a duration such as 72h in the environment.
var today = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const byLater = "LUPA_TEST_LATER"

// byPatience in the environment is how long the program waits for a server that is
// silent.
const byPatience = "LUPA_TEST_PATIENCE"

// byPeak in the environment names the file that a process writes its most memory
// to, in KiB. What the system says of a child that ended counts what its parent
// had before it became another program.
const byPeak = "LUPA_TEST_PEAK"

func tellPeak() {
	file := os.Getenv(byPeak)
	if file == "" {
		return
	}
	peak := peakOf("self")
	if peak == 0 {
		panic("the system does not tell the peak")
	}
	if err := os.WriteFile(file, fmt.Append(nil, peak>>10), 0o600); err != nil {
		panic(err)
	}
}

func clock() time.Time {
	later, _ := time.ParseDuration(os.Getenv(byLater))
	return today.Add(later)
}

// The calls of a program that a tracer counts come from one thread, the first. One
// whose cost counts pays neither for that nor for the profile of its memory, which
// only a test binary keeps.
func init() {
	switch {
	case os.Getenv(byCost) != "":
		runtime.MemProfileRate = 0
	case os.Getenv(asProgram) != "":
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "lupa" { // as it is called in a script, which says where it runs
		_ = os.Unsetenv("CI") // where these tests run is not where lupa does
	}
	if os.Getenv("LUPA_LANG") == "" {
		_ = os.Setenv("LUPA_LANG", "en") // whatever the examples speak
	}
	if os.Getenv(asProgram) != "" {
		patience, _ := time.ParseDuration(os.Getenv(byPatience))
		exit := 0
		if yardstick := yardsticks[os.Getenv(asProgram)]; yardstick != nil {
			exit = yardstick(os.Args[1:])
		} else {
			exit = process(clock(), patience)
		}
		tellPeak()
		tellCost()
		os.Exit(exit)
	}
	_ = os.Setenv("XDG_CACHE_HOME", "none") // not absolute, so no cache; tests that want one say where
	testscript.Main(m, map[string]func(){"lupa": func() { os.Exit(process(clock(), 0)) }})
}

// TestScripts runs the stories in testdata/script. Besides the usual verbs they
// have:
//
//	exits N command...   the command exits with exactly N
//	tree [NAME]          copies an example, by default mallila, into the current directory
//	edit SQL             somebody changes the target at .lupa/state.db by hand
//	synced               a plan is empty
//	confirmed            what the tree says is applied, and all of it was meant
//	remember FILE...     keeps the bytes of files
//	unchanged            the remembered files have the same bytes, and nothing lies beside them
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		UpdateScripts: os.Getenv("UPDATE_GOLDEN") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "tree": copyTree, "replace": replace, "edit": edit, "synced": synced, "confirmed": confirmed, "remember": remember, "unchanged": unchanged,
		},
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "NO_COLOR=1", "LUPA_LANG=en", "EXAMPLES="+abs("../../examples"), "SCHEMAS="+abs("../../schema"), "GIT_CEILING_DIRECTORIES="+e.WorkDir)
			e.Values["remembered"] = make(map[string][]byte)
			return nil
		},
	})
}

func abs(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		panic(err)
	}
	return path
}

// exits tells exit codes apart, which exec does not.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit %d, want %d", got, want)
	}
}

func copyTree(ts *testscript.TestScript, neg bool, args []string) {
	name := "mallila"
	if len(args) == 1 {
		name = args[0]
	}
	ts.Check(os.CopyFS(ts.MkAbs("."), os.DirFS(filepath.Join(ts.Getenv("EXAMPLES"), name))))
	// A tree that was tried by hand has a target.
	ts.Check(os.RemoveAll(ts.MkAbs(".lupa")))
}

// replace changes a text in a file, which must be there once.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if strings.Count(text, args[1]) != 1 {
		ts.Fatalf("%s holds %q %d times", args[0], args[1], strings.Count(text, args[1]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o644))
}

// handEdit is edit, outside scripts.
func handEdit(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, ".lupa", "state.db")+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func edit(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: edit SQL")
	}
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(".lupa/state.db")+"?_pragma=foreign_keys(1)")
	ts.Check(err)
	defer db.Close()
	result, err := db.Exec(args[0])
	if (err != nil) != neg {
		ts.Fatalf("edit: %v", err)
	}
	if neg {
		return
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("edit changed nothing (%v)", err)
	}
}

func synced(ts *testscript.TestScript, neg bool, args []string) {
	want := "0"
	if neg {
		want = "2"
	}
	exits(ts, false, []string{want, "lupa", "plan", "--detailed-exitcode"})
}

// confirmed applies with all that the plan wants acknowledged; some there must be.
func confirmed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: confirmed")
	}
	ts.Check(ts.Exec("lupa", "plan", "--format", "json"))
	var p struct{ Acknowledge []string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &p))
	if len(p.Acknowledge) == 0 {
		ts.Fatalf("nothing has to be confirmed")
	}
	apply := []string{"apply", "--auto-approve"}
	for _, text := range p.Acknowledge {
		apply = append(apply, "--acknowledge", text)
	}
	ts.Check(ts.Exec("lupa", apply...))
}

func remember(ts *testscript.TestScript, neg bool, args []string) {
	kept := ts.Value("remembered").(map[string][]byte)
	clear(kept)
	for _, name := range args {
		kept[name] = []byte(ts.ReadFile(name))
	}
}

func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	for name, before := range ts.Value("remembered").(map[string][]byte) {
		if same := bytes.Equal(before, []byte(ts.ReadFile(name))); same == neg {
			ts.Fatalf("%s: same bytes: %v", name, same)
		}
		beside, err := filepath.Glob(ts.MkAbs(name) + "?*")
		ts.Check(err)
		if len(beside) > 0 {
			ts.Fatalf("%s has company: %s", name, strings.Join(beside, " "))
		}
	}
}
