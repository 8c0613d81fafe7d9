package policy_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/reconcile/report"
)

// base is what every case begins with; a file of the case takes the place of the
// one of its name. The two schools use surveys and Wilma is 2.17.
var base = map[string]string{
	"lupa.yaml": "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\n",
	"installation.yaml": `apiVersion: lupa/v1
kind: Installation
metadata: {name: m}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.17"}, timeZone: Europe/Helsinki}
`,
	"schools.yaml": `apiVersion: lupa/v1
kind: School
metadata: {name: testila}
spec: {surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: School
metadata: {name: mallila}
spec: {surveys: {enabled: true}}
`,
}

// Case is one file of testdata:
//
//	T79, R96: what it is about
//	at 2026-06-01            the day; else 1 March 2026
//	actor t-1                as --actor
//	author login-a           as --author
//	beside W19 W28           what other rules say beside, and is not looked at
//	-- both.yaml --          before and after
//	-- before/x.yaml --      before alone: then there is a plan
//	-- target/x.yaml --      the target is this, and not what lupa left (before)
//	-- after/x.yaml --       after alone; a line ends with # want CODE...
//	-- want --
//	CODE Kind name           findings without a place, or (CODE file:line) elsewhere
type testCase struct {
	before, target, after fstest.MapFS
	options               map[string]string
	want                  []string
}

func readCase(t *testing.T, file string) testCase {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := testCase{options: make(map[string]string)}
	for line := range strings.Lines(string(ar.Comment)) {
		if word, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && slices.Contains(optionWords, word) {
			c.options[word] = rest
		}
	}
	trees := map[string]map[string]string{"before": nil, "target": nil, "after": maps.Clone(base)}
	for _, name := range []string{"before", "target"} {
		if slices.ContainsFunc(ar.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, name+"/") }) || name == "before" && c.options["before"] != "" {
			trees[name] = maps.Clone(base)
		}
	}
	for _, f := range ar.Files {
		in, rest, nested := strings.Cut(f.Name, "/")
		switch _, isTree := trees[in]; {
		case f.Name == "want":
			for line := range strings.Lines(string(f.Data)) {
				if line = strings.TrimSpace(line); line != "" {
					c.want = append(c.want, line)
				}
			}
		case nested && isTree:
			trees[in][rest] = string(f.Data)
		default:
			for _, tree := range trees {
				if tree != nil {
					tree[f.Name] = string(f.Data)
				}
			}
		}
	}
	c.before, c.target, c.after = treeOf(trees["before"]), treeOf(trees["target"]), treeOf(trees["after"])
	for name, file := range c.after {
		for i, line := range bytes.Split(file.Data, []byte("\n")) {
			for _, m := range expectation.FindAllSubmatch(line, -1) {
				for code := range strings.FieldsSeq(string(m[1])) {
					c.want = append(c.want, code+" "+name+":"+strconv.Itoa(i+1))
				}
			}
		}
	}
	slices.Sort(c.want)
	return c
}

// optionWords begin the lines of a case's comment that mean something: "before
// yes" makes a plan where nothing but the base was there before.
var optionWords = []string{"beside", "at", "actor", "author", "before"}

var expectation = regexp.MustCompile(`# want((?: [A-Z]\d\d(?:\.\w+)?)+)`)

func treeOf(files map[string]string) fstest.MapFS {
	if files == nil {
		return nil
	}
	fsys := make(fstest.MapFS)
	for name, text := range files {
		if text != "" {
			fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		}
	}
	return fsys
}

func load(t *testing.T, c testCase, fsys fstest.MapFS) *config.Tree {
	t.Helper()
	at, err := calendar.ParseMoment(cmp.Or(c.options["at"], "2026-03-01"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := config.Load(t.Context(), fsys, config.Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), At: &at})
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Foresee(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tree
}

// held is what a target holds after a tree was applied.
func held(t *testing.T, c testCase, fsys fstest.MapFS) fact.Set {
	t.Helper()
	tree := load(t, c, fsys)
	if tree.Goal == nil {
		t.Fatalf("what was before has errors: %v", say(tree.Problems))
	}
	return tree.Goal.Alone()
}

// findings are what there is to say about a case.
func (c testCase) findings(t *testing.T) []plan.Finding {
	t.Helper()
	tree := load(t, c, c.after)
	if tree.Goal == nil || c.before == nil {
		return tree.Problems
	}
	snap := fact.Snapshot{Lineage: "1", Serial: 1, Last: held(t, c, c.before)}
	if snap.Now = snap.Last; c.target != nil {
		snap.Now = held(t, c, c.target)
	}
	tree.Goal.Actor, tree.Goal.Author, tree.Goal.Say = c.options["actor"], c.options["author"], report.English()
	return plan.Make(tree.Goal, "local", "test", snap).Findings
}

// say is findings as cases expect them.
func say(findings []plan.Finding) []string {
	var got []string
	for _, f := range findings {
		at := f.Subject
		if len(f.Pos) > 0 {
			at = f.Pos[0].File + ":" + strconv.Itoa(f.Pos[0].Line)
		}
		key := f.Code
		if f.Case != "" {
			key += "." + f.Case
		}
		got = append(got, key+" "+at)
	}
	slices.Sort(got)
	return got
}

// TestCases: each case finds exactly what it says. A case is named by the code
// that it is about, and expects it; one that is called *-ok does not.
func TestCases(t *testing.T) {
	shown := make(map[string]bool)
	for _, file := range caseFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			c := readCase(t, file)
			found := c.findings(t)
			for _, f := range found {
				if said := report.Say(f); said.Message == "" || strings.Contains(said.Message, "%!") || strings.Contains(said.Hint, "%!") {
					t.Errorf("%s.%s is told as %q, %q", f.Code, f.Case, said.Message, said.Hint)
				}
			}
			found = slices.DeleteFunc(found, func(f plan.Finding) bool {
				return slices.Contains(strings.Fields(c.options["beside"]), f.Code)
			})
			if diff := gocmp.Diff(c.want, say(found)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			code, _, _ := strings.Cut(name, "-")
			expected := slices.ContainsFunc(c.want, func(w string) bool { return strings.HasPrefix(w, code) })
			if expected == strings.HasSuffix(name, "-ok") {
				t.Errorf("%s: is expected: %v", code, expected)
			}
			for _, w := range c.want {
				shown[w[:3]] = shown[w[:3]] || w[:3] == code
			}
		})
	}
	for _, r := range policy.Rules {
		if !shown[r.Code] {
			t.Errorf("no case of testdata shows %s, %s", r.Code, r.Name)
		}
	}
}

// TestDomainCases: the test cases of the domain that name a finding or an order
// are each carried out under their number.
func TestDomainCases(t *testing.T) {
	var all strings.Builder
	for _, pattern := range []string{"testdata/*.txtar", "*_test.go", "../order/*_test.go", "../../schema/identity/*_test.go", "../config/testdata/*.txtar", "../../cmd/lupa/testdata/script/*.txtar"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: nothing there: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	numbers := []int{13, 14, 21, 29, 33, 40, 41, 42, 43, 44, 47, 64, 65, 66, 67, 68, 69, 70, 71, 72, 100, 101, 102, 103, 104, 105, 106, 109}
	for n := 74; n <= 91; n++ {
		numbers = append(numbers, n)
	}
	for _, n := range numbers {
		if !regexp.MustCompile(fmt.Sprintf(`\bT%02d\b`, n)).MatchString(all.String()) {
			t.Errorf("nothing is called T%02d", n)
		}
	}
}

func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

// TestTable: every constraint and every warning of the domain has its row, which
// says what it guards and either checks it or names who does.
func TestTable(t *testing.T) {
	has := make(map[string]bool)
	for i, r := range policy.Rules {
		if r.Name == "" || r.Source == "" || (r.Check == nil) == (r.By == "") || (r.Check == nil) != (r.When == 0) {
			t.Errorf("the row of %s is not complete", r.Code)
		}
		if i > 0 && policy.Rules[i-1].Code == r.Code {
			t.Errorf("%s has two rows", r.Code)
		}
		has[r.Code] = true
	}
	for _, letter := range "EW" {
		for n := 1; n <= 35; n++ {
			if code := fmt.Sprintf("%c%02d", letter, n); !has[code] {
				t.Errorf("%s has no row", code)
			}
		}
	}
}
