package config_test

import (
	"bytes"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// base is the tree that every case begins with; a file of the case takes the
// place of the one of its name, and an empty one removes it.
var base = map[string]string{
	"lupa.yaml": "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\n",
	"installation.yaml": `apiVersion: lupa/v1
kind: Installation
metadata: {name: m}
spec: {system: inschool, multiPrimus: true}
`,
	"base.yaml": `apiVersion: lupa/v1
kind: School
metadata: {name: testila}
spec: {surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: School
metadata: {name: mallila}
spec: {surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: opettajat}
---
apiVersion: lupa/v1
kind: Person
metadata: {name: t-1}
spec: {kind: teacher, schools: [testila]}
`,
}

// readCase is the tree of a case and its archive.
func readCase(t *testing.T, file string) (fstest.MapFS, *txtar.Archive) {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := maps.Clone(base)
	for _, f := range ar.Files {
		if ext := path.Ext(f.Name); ext == ".yaml" || ext == ".yml" || ext == ".csv" {
			files[f.Name] = string(f.Data)
		}
	}
	return treeOf(files), ar
}

func treeOf(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, text := range files {
		if text != "" {
			fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		}
	}
	return fsys
}

func day(t testing.TB, text string) *calendar.Day {
	t.Helper()
	d, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func on(t *testing.T, text string) *calendar.Moment {
	t.Helper()
	m, err := calendar.ParseMoment(text)
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

// load asks only the rules that this package relies on: of the others policy has
// cases, and trees here are about something else.
func load(t *testing.T, fsys fstest.MapFS, at string) *config.Tree {
	t.Helper()
	return loadWith(t, fsys, at, config.Options{FirmOnly: true})
}

func loadWith(t *testing.T, fsys fstest.MapFS, at string, opt config.Options) *config.Tree {
	t.Helper()
	opt.Now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if at != "" {
		opt.At = on(t, at)
	}
	tree, err := config.Load(t.Context(), fsys, opt)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// expectation is what a case says in its files: "# want KEY..." on the line
// where the problems are, or "# want LINE KEY..." where no comment can stand.
var expectation = regexp.MustCompile(`# want( \d+)?((?: [A-Z]\d\d(?:\.\w+)?)+)`)

func expected(fsys fstest.MapFS) []string {
	var want []string
	for name, file := range fsys {
		for i, line := range strings.Split(string(file.Data), "\n") {
			for _, m := range expectation.FindAllStringSubmatch(line, -1) {
				at := strconv.Itoa(i + 1)
				if m[1] != "" {
					at = m[1][1:]
				}
				for key := range strings.FieldsSeq(m[2]) {
					want = append(want, name+":"+at+" "+key)
				}
			}
		}
	}
	slices.Sort(want)
	return want
}

func found(problems []plan.Finding) []string {
	got := []string(nil)
	for _, p := range problems {
		at := "nowhere"
		if len(p.Pos) > 0 {
			at = p.Pos[0].File + ":" + strconv.Itoa(p.Pos[0].Line)
		}
		got = append(got, at+" "+source.Problem{Code: p.Code, Case: p.Case}.Key())
	}
	slices.Sort(got)
	return got
}

// TestCases holds every tree of testdata to what its files say. A case called
// *-ok has no problem that is an error.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	seen := make(map[string]bool)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			fsys, ar := readCase(t, file)
			tree := load(t, fsys, "")
			want := expected(fsys)
			if diff := cmp.Diff(want, found(tree.Problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%s", diff, txtar.Format(ar))
			}
			ok := strings.HasSuffix(name, "-ok")
			if tree.Refused() == ok || (tree.Goal != nil) != ok {
				t.Errorf("refused: %v, goal: %v; want the opposite by its name", tree.Refused(), tree.Goal != nil)
			}
			code, _, _ := strings.Cut(name, "-")
			for _, w := range want {
				_, key, _ := strings.Cut(w, " ")
				seen[key] = true
				if key[:3] == code {
					code = ""
				}
			}
			if code != "" && !ok {
				t.Errorf("the case is called %s and expects no such problem", name)
			}
		})
	}
	t.Run("every code has a case", func(t *testing.T) {
		for _, key := range keys(t) {
			if !seen[key] {
				t.Errorf("no case in testdata expects %s", key)
			}
		}
	})
}

// keys are the sentences for what this package says, and the codes of the rules
// that documents are held to.
func keys(t *testing.T) []string {
	t.Helper()
	catalogues, err := filepath.Glob("../report/sentences_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var catalogue []byte
	for _, file := range append(catalogues, "../report/catalogue.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		catalogue = append(catalogue, text...)
	}
	sentence := regexp.MustCompile(`(?m)^\s*"([A-Z]\d\d(?:\.\w+)?)":`)
	rules := make(map[string]bool)
	for _, r := range policy.Rules {
		rules[r.Code] = r.When&policy.Documents != 0 && r.Firm // of the others policy has cases
	}
	for _, code := range []string{"E12", "E28", "E30", "E32", "N09", "W23", "W32"} { // found while facts are made
		rules[code] = true
	}
	var all []string
	for _, m := range sentence.FindAllSubmatch(catalogue, -1) {
		key := string(m[1])
		_, isRule := policy.RuleOf(key[:3])
		if key[0] == 'D' && !isRule || rules[key[:3]] {
			all = append(all, key)
			delete(rules, key[:3])
		}
	}
	return all
}

// TestOrderOfDocuments: the order in which documents stand decides which of two is
// the second, and nothing else.
func TestOrderOfDocuments(t *testing.T) {
	forth, ar := readCase(t, "testdata/D02-declared-twice.txtar")
	back := maps.Clone(forth)
	for name, file := range forth {
		docs := bytes.Split(file.Data, []byte("---\n"))
		slices.Reverse(docs)
		back[name] = &fstest.MapFile{Data: bytes.Join(docs, []byte("---\n")), Mode: 0o644}
	}
	count := func(fsys fstest.MapFS) (n int) { return len(load(t, fsys, "").Problems) }
	if a, b := count(forth), count(back); a != b || a == 0 {
		t.Errorf("%d problems, %d with documents turned round:\n%s", a, b, txtar.Format(ar))
	}
}
