package config_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// TestFacts holds what the files of testdata/facts say to the facts beside
// them. The sections goal, dormant and initial hold the facts of the files of
// the case, not those of base. UPDATE_GOLDEN=1 writes them.
func TestFacts(t *testing.T) {
	files, err := filepath.Glob("testdata/facts/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			fsys, ar := readCase(t, file)
			tree := load(t, fsys, "")
			if tree.Refused() {
				t.Fatalf("refused: %q", found(tree.Problems))
			}
			got := map[string]string{
				"goal":    describe(tree.Goal, tree.Goal.Facts, ar),
				"dormant": describe(tree.Goal, tree.Goal.Dormant, ar),
				"initial": describe(tree.Goal, tree.Goal.Initial, ar),
			}
			if os.Getenv("UPDATE_GOLDEN") == "1" {
				rewrite(t, file, ar, got)
			}
			for _, f := range ar.Files {
				if _, ok := got[f.Name]; ok {
					if diff := cmp.Diff(string(f.Data), got[f.Name]); diff != "" {
						t.Errorf("%s (-want +got):\n%s\n%s", f.Name, diff, txtar.Format(ar))
					}
					got[f.Name] = ""
				}
			}
			for name, facts := range got {
				if facts != "" {
					t.Errorf("no section %s for:\n%s", name, facts)
				}
			}
		})
	}
}

// describe is the facts of the files of a case.
func describe(goal *plan.Goal, s fact.Set, ar *txtar.Archive) string {
	var own fact.Builder
	for _, f := range s.All() {
		if slices.ContainsFunc(ar.Files, func(file txtar.File) bool { return file.Name == goal.Origin(f)[0].File }) {
			own.Add(f)
		}
	}
	lines := facttest.Describe(own.Set())
	return strings.Join(append(lines, ""), "\n")
}

func rewrite(t *testing.T, file string, ar *txtar.Archive, sections map[string]string) {
	t.Helper()
	ar.Files = slices.DeleteFunc(ar.Files, func(f txtar.File) bool { _, ok := sections[f.Name]; return ok })
	for _, name := range []string{"goal", "dormant", "initial"} {
		if sections[name] != "" {
			ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(sections[name])})
		}
	}
	if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}

// T99: a substitution is in force from its lead on, until the day of the return,
// and no lead goes back before the first day there is.
func TestLead(t *testing.T) {
	for _, c := range []struct{ from, lead, at, inForce string }{
		{"2026-06-22", "3", "2026-06-18", ""},
		{"2026-06-22", "3", "2026-06-19", "2026-06-19"},
		{"2026-06-22", "3", "2026-08-09", "2026-06-19"},
		{"2026-06-22", "3", "2026-08-10", ""},
		{"2026-06-22", "0", "2026-06-21", ""},
		{"2026-06-22", "0", "2026-06-22", "2026-06-22"},
		{"1900-01-02", "366", "1900-01-01", "1900-01-01"},
	} {
		fsys := treeOf(base)
		fsys["a.yaml"] = &fstest.MapFile{Mode: 0o644, Data: fmt.Appendf(nil, `apiVersion: lupa/v1
kind: Substitution
metadata: {name: a}
spec: {absent: t-1, substitute: t-2, from: %s, to: 2026-08-10, leadDays: %s}
---
apiVersion: lupa/v1
kind: Person
metadata: {name: t-2}
spec: {kind: teacher, schools: [testila]}
`, c.from, c.lead)}
		goal := load(t, fsys, c.at).Goal
		inForce := ""
		if goal.Facts.Has(fact.Key{Kind: "Substitution", ID: "m/a"}) {
			inForce = goal.From.Format("2006-01-02")
		}
		if inForce != c.inForce {
			t.Errorf("%s with %s days of lead, on %s: in force since %q, want %q", c.from, c.lead, c.at, inForce, c.inForce)
		}
	}
}

// T109, R14: a span is half-open, and what is not in force is declared absent.
func TestInForce(t *testing.T) {
	const spans = `apiVersion: lupa/v1
kind: PersonOverride
metadata: {name: kevat}
spec: {person: t-1, validFrom: 2026-01-07, validTo: 2026-06-01}
---
apiVersion: lupa/v1
kind: CardAssignment
metadata: {name: alku}
spec: {card: t-1, validTo: 2026-02-01}
---
apiVersion: lupa/v1
kind: PersonOverride
metadata: {name: loppu}
spec: {person: t-1, validFrom: 2026-08-01}
`
	for _, c := range []struct {
		at, inForce, from, to string
	}{
		{"2026-01-06", "alku", "", "2026-01-07"},
		{"2026-01-07", "alku kevat", "2026-01-07", "2026-02-01"},
		{"2026-01-31", "alku kevat", "2026-01-07", "2026-02-01"},
		{"2026-02-01", "kevat", "2026-02-01", "2026-06-01"},
		{"2026-05-31", "kevat", "2026-02-01", "2026-06-01"},
		{"2026-06-01", "", "2026-06-01", "2026-08-01"},
		{"2026-08-01", "loppu", "2026-08-01", ""},
	} {
		fsys := treeOf(base)
		fsys["a.yaml"] = &fstest.MapFile{Data: []byte(spans), Mode: 0o644}
		goal := load(t, fsys, c.at).Goal
		var names []string
		for _, kind := range []string{"CardAssignment", "PersonOverride"} {
			for key := range goal.Facts.Kind(kind).Objects() {
				names = append(names, key.Name())
			}
		}
		if got := strings.Join(names, " "); got != c.inForce {
			t.Errorf("%s: in force is %q, want %q", c.at, got, c.inForce)
		}
		if n := 3 - len(names); len(slices.Collect(keysOf(goal.Dormant))) != n {
			t.Errorf("%s: %q is dormant, want %d objects", c.at, facttest.Describe(goal.Dormant), n)
		}
		from, to := end(goal.From), end(goal.Until)
		if from != c.from || to != c.to || goal.At.String() != c.at {
			t.Errorf("%s: at %v, the same from %q to %q; want from %q to %q", c.at, goal.At, from, to, c.from, c.to)
		}
	}
}

// end is the day that begins at an instant.
func end(at *time.Time) string {
	if at == nil {
		return ""
	}
	if !at.Equal(calendar.Today(*at, at.Location()).Start(at.Location())) {
		return at.String()
	}
	return at.Format("2006-01-02")
}

// TestEachInstallationHasItsDay: where two lie in zones of their own, each has
// the day that it is there, and the plan holds until one of them has another.
func TestEachInstallationHasItsDay(t *testing.T) {
	installation := func(name, zone string) string {
		return "---\napiVersion: lupa/v1\nkind: Installation\nmetadata: {name: " + name + "}\nspec: {system: inschool, timeZone: " + zone + "}\n" +
			"---\napiVersion: lupa/v1\nkind: School\nmetadata: {name: a, installation: " + name + "}\n" +
			"---\napiVersion: lupa/v1\nkind: Person\nmetadata: {name: t, installation: " + name + "}\nspec: {kind: staff, schools: [a]}\n" +
			"---\napiVersion: lupa/v1\nkind: PersonOverride\nmetadata: {name: o, installation: " + name + "}\n" +
			"spec: {person: t, grant: [wilma.surveys.maintain], validFrom: 2026-03-02, validTo: 2026-06-01}\n"
	}
	fsys := treeOf(map[string]string{"lupa.yaml": base["lupa.yaml"], "a.yaml": installation("a", "Europe/Helsinki") + installation("b", "Europe/Oslo")})
	for _, c := range []struct{ now, at, inForce, from, until string }{
		{"2026-03-01T21:59:59Z", "", "", "", "2026-03-02T00:00:00+02:00"},
		{"2026-03-01T22:00:00Z", "", "a/o", "2026-03-02T00:00:00+02:00", "2026-03-02T01:00:00+02:00"},
		{"2026-03-01T23:00:00Z", "", "a/o b/o", "2026-03-02T01:00:00+02:00", "2026-06-01T00:00:00+03:00"},
		{"2026-01-01T00:00:00Z", "2026-03-02", "a/o b/o", "2026-03-02T01:00:00+02:00", "2026-06-01T00:00:00+03:00"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		opt := config.Options{Now: now}
		if c.at != "" {
			opt.At = on(t, c.at)
		}
		tree, err := config.Load(t.Context(), fsys, opt)
		if err != nil || tree.Refused() {
			t.Fatal(err, tree.Problems)
		}
		var inForce []string
		for key := range tree.Goal.Facts.Kind("PersonOverride").Objects() {
			inForce = append(inForce, key.ID)
		}
		text := func(at *time.Time) string {
			if at == nil {
				return ""
			}
			return at.Format(time.RFC3339)
		}
		got := [3]string{strings.Join(inForce, " "), text(tree.Goal.From), text(tree.Goal.Until)}
		if want := [3]string{c.inForce, c.from, c.until}; got != want {
			t.Errorf("at %s%s: got %q, want %q", c.now, c.at, got, want)
		}
	}
}

func keysOf(s fact.Set) func(yield func(fact.Key) bool) {
	return func(yield func(fact.Key) bool) {
		for key := range s.Objects() {
			if !yield(key) {
				return
			}
		}
	}
}

// The day is the one that it is in the first installation, never the machine's.
func TestTodayIsInTheInstallation(t *testing.T) {
	for zone, want := range map[string]string{"": "2026-03-01", "Pacific/Kiritimati": "2026-03-02", "Pacific/Honolulu": "2026-03-01"} {
		fsys := treeOf(base)
		if zone != "" {
			text := strings.Replace(base["installation.yaml"], "multiPrimus: true", "timeZone: "+zone, 1)
			fsys["installation.yaml"] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		} else {
			zone = "Europe/Helsinki"
		}
		if goal := load(t, fsys, "").Goal; goal.At.String() != want || goal.TimeZone != zone {
			t.Errorf("%s: at %v in %s, want %s in %s", zone, goal.At, goal.TimeZone, want, zone)
		}
	}
}

func TestOriginOfFacts(t *testing.T) {
	fsys := treeOf(base)
	fsys["lista.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: People
metadata: {name: lista}
spec:
  defaults: {kind: teacher, schools: [testila, mallila]}
  people:
    - {name: t-2, groups: [opettajat]}
    - {name: t-3, kind: staff}
---
apiVersion: lupa/v1
kind: SurveyTemplate
metadata: {name: pohja, annotations: {lupa/silence.E19: '2999-12-31 not what is tried here'}}
spec:
  author: t-3
  sharing:
    - {school: testila, copy: true}
`)}
	goal := load(t, fsys, "").Goal
	at := func(f fact.Fact) string {
		var places []string
		for _, p := range goal.Origin(f) {
			places = append(places, fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col))
		}
		return strings.Join(places, " ")
	}
	person := func(name string) fact.Key { return fact.Key{Kind: "Person", ID: "m/" + name} }
	pohja := fact.Key{Kind: "SurveyTemplate", ID: "m/pohja"}
	for _, c := range []struct {
		name string
		fact fact.Fact
		want string
	}{
		{"an object, at its name", fact.Fact{Key: person("t-2")}, "lista.yaml:7:14"},
		{"a value of a line", fact.Fact{Key: person("t-2"), Field: "groups", Value: "m/opettajat"}, "lista.yaml:7:28"},
		{"a default, and the line", fact.Fact{Key: person("t-2"), Field: "schools", Row: 2, Value: "m/mallila"}, "lista.yaml:5:48 lista.yaml:7:14"},
		{"a value of a line instead of a default", fact.Fact{Key: person("t-3"), Field: "kind", Value: "staff"}, "lista.yaml:8:25"},
		{"a default of the vocabulary", fact.Fact{Key: fact.Key{Kind: "School", ID: "m/mallila"}, Field: "wilma.enabled", Value: "true"}, "base.yaml:8:18"},
		{"a value of a record", fact.Fact{Key: fact.Key{Kind: "Sharing", ID: "m/pohja/testila"}, Field: "copy", Value: "true"}, "lista.yaml:16:31"},
		{"an initial value, and where it is from", fact.Fact{Key: pohja, Field: "school", Value: "m/testila"}, "lista.yaml:12:18 lista.yaml:5:39"},
		{"a value that was never declared, at its object", fact.Fact{Key: pohja, Field: "title", Value: "x"}, "lista.yaml:12:18"},
		{"a record that was never declared, at its object", fact.Fact{Key: fact.Key{Kind: "Sharing", ID: "m/pohja/mallila"}}, "lista.yaml:12:18"},
		{"an object that was never declared", fact.Fact{Key: person("t-9")}, ""},
	} {
		if got := at(c.fact); got != c.want {
			t.Errorf("%s: %v is at %q, want %q", c.name, c.fact, got, c.want)
		}
	}
}

func TestTree(t *testing.T) {
	files := base
	fsys := treeOf(files)
	fsys["lupa.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: Project
metadata: {name: testi}
spec:
  target: yhteinen
  targets:
    paikka: {type: sqlite, path: a/b.db}
    yhteinen: {type: postgres, dsnEnv: LUPA_DSN}
    toinen: {type: postgres, dsnFile: /run/dsn}
  language: fi
  horizonDays: 30
  authoritative: {kinds: [UserGroup]}
  ignore: [{kind: UserGroup, name: "vanha-*"}]
`)}
	fsys["muu.txt"] = &fstest.MapFile{Data: []byte("not YAML"), Mode: 0o644}
	fsys[".piilo/a.yaml"] = &fstest.MapFile{Data: []byte(": : :"), Mode: 0o644}
	tree := load(t, fsys, "")
	want := config.Project{
		Name: "testi", Target: "yhteinen", Language: "fi", HorizonDays: 30, MinGroup: 5,
		Targets: map[string]config.Target{
			"paikka":   {Type: "sqlite", Path: "a/b.db"},
			"yhteinen": {Type: "postgres", DSNEnv: "LUPA_DSN"},
			"toinen":   {Type: "postgres", DSNFile: "/run/dsn"},
		},
		Authoritative: []string{"UserGroup"},
		Ignore:        []fact.Pattern{{Kind: "UserGroup", Name: "vanha-*"}},
	}
	if diff := cmp.Diff(want, tree.Project); diff != "" {
		t.Errorf("the project (-want +got):\n%s", diff)
	}
	alone, err := config.ReadProject(fsys)
	if err != nil || alone.Refused() {
		t.Fatal(err, alone.Problems)
	}
	if diff := cmp.Diff(want, alone.Project); diff != "" {
		t.Errorf("lupa.yaml read alone (-want +got):\n%s", diff)
	}
	var inputs []plan.Input
	for _, name := range []string{"base.yaml", "installation.yaml", "lupa.yaml"} {
		sum := sha256.Sum256(fsys[name].Data)
		inputs = append(inputs, plan.Input{Path: name, SHA256: hex.EncodeToString(sum[:])})
	}
	if diff := cmp.Diff(inputs, tree.Goal.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if tree.Files != 3 || tree.Objects != 5 {
		t.Errorf("%d files, %d objects; want 3 and 5", tree.Files, tree.Objects)
	}
	plain := load(t, treeOf(files), "").Project
	if diff := cmp.Diff(config.Project{Name: "testi", Target: "local", Language: "en", HorizonDays: 400, MinGroup: 5, Targets: map[string]config.Target{}}, plain); diff != "" {
		t.Errorf("what holds where the project says nothing (-want +got):\n%s", diff)
	}
}

// TestGoal: what a goal says besides facts.
func TestGoal(t *testing.T) {
	fsys := treeOf(base)
	fsys["lupa.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte("apiVersion: lupa/v1\nkind: Project\nmetadata: {name: kunta}\n" +
		"spec: {authoritative: {kinds: [School]}, ignore: [{kind: UserGroup, name: x}]}\n")}
	fsys["installation.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: Installation
metadata: {name: n}
spec: {system: inschool, timeZone: Pacific/Kiritimati}
---
apiVersion: lupa/v1
kind: Installation
metadata: {name: m, previously: [k, l]}
spec: {system: inschool, timeZone: Europe/Oslo}
`)}
	fsys["base.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: UserGroup
metadata: {name: b, installation: n, previously: [c]}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: a, installation: n, previously: [e, d]}
spec: {external: true}
---
apiVersion: lupa/v1
kind: SurveyTemplate
metadata: {name: a, installation: m}
spec: {author: gone, school: s}
---
apiVersion: lupa/v1
kind: School
metadata: {name: s, installation: m}
`)}
	got := load(t, fsys, "").Goal
	key := func(kind, id string) fact.Key { return fact.Key{Kind: kind, ID: id} }
	want := &plan.Goal{
		Project: "kunta", Installations: []string{"m", "n"}, Authoritative: []string{"School"},
		View:     fact.Scope{Ignore: []fact.Pattern{{Kind: "UserGroup", Name: "x"}}},
		External: []fact.Key{key("UserGroup", "n/a")},
		Renames: []plan.Renaming{
			{Key: key("Installation", "m"), From: []string{"k", "l"}},
			{Key: key("UserGroup", "n/a"), From: []string{"n/e", "n/d"}},
			{Key: key("UserGroup", "n/b"), From: []string{"n/c"}},
		},
		At: *day(t, "2026-03-01"), TimeZone: "Europe/Oslo",
		Days: map[string]calendar.Day{"m": *day(t, "2026-03-01"), "n": *day(t, "2026-03-02")},
		Rulings: []plan.Ruling{{Kind: "Project", Name: "kunta", Says: map[string]any{
			"authoritative": map[string]any{"kinds": []string{"School"}}, "ignore": []string{`{"kind":"UserGroup","name":"x"}`},
		}}},
		Findings: []plan.Finding{{Code: "W23", Case: "author", Severity: "warning", Args: []string{"gone"}, Pos: []source.Pos{{File: "base.yaml", Line: 13, Col: 16}}, Subject: "SurveyTemplate m:a"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(plan.Goal{}, "Facts", "Dormant", "Initial", "Inputs", "Origin"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTreeWithoutProject(t *testing.T) {
	fsys := treeOf(base)
	delete(fsys, "lupa.yaml")
	if diff := cmp.Diff([]string{"lupa.yaml:1 D06.missing"}, found(load(t, fsys, "").Problems)); diff != "" {
		t.Error(diff)
	}
}

func TestReadingIsReportedAndStops(t *testing.T) {
	fsys := treeOf(base)
	var mu sync.Mutex
	var seen []int
	together := false
	opt := config.Options{Progress: func(of config.Part, done, files int) {
		mu.Lock()
		defer mu.Unlock()
		if of == config.People {
			together = together || done > 0 && done == files
			return
		}
		if seen = append(seen, done); files != len(fsys) {
			t.Errorf("%d of %d files; want %d", done, files, len(fsys))
		}
	}}
	if _, err := config.Load(t.Context(), fsys, opt); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(seen); len(seen) != len(fsys) || seen[len(seen)-1] != len(fsys) {
		t.Errorf("read %v of %d files", seen, len(fsys))
	}
	if !together {
		t.Error("nobody says that all objects became facts")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := config.Load(ctx, fsys, config.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := config.Load(t.Context(), brokenFS{fsys}, config.Options{}); !errors.Is(err, errDisk) {
		t.Errorf("a file that cannot be read: %v, want %v", err, errDisk)
	}
	if _, err := config.ReadProject(brokenFS{fsys}); !errors.Is(err, errDisk) {
		t.Errorf("lupa.yaml that cannot be read: %v, want %v", err, errDisk)
	}
}

var errDisk = errors.New("the disk is broken")

type brokenFS struct{ fs.FS }

func (f brokenFS) Open(name string) (fs.File, error) {
	if name == "lupa.yaml" {
		return nil, errDisk
	}
	return f.FS.Open(name)
}

func (f brokenFS) Stat(name string) (fs.FileInfo, error)      { return fs.Stat(f.FS, name) }
func (f brokenFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS, name) }

// What may have been meant is of the same kind and installation. Of very many
// mistakes the last come without: nobody reads that far.
func TestSuggestions(t *testing.T) {
	fsys := treeOf(base)
	fsys["installation.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: Installation
metadata: {name: mallila}
spec: {system: inschool}
---
apiVersion: lupa/v1
kind: Installation
metadata: {name: toinen}
spec: {system: inschool}
`)}
	fsys["base.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: UserGroup
metadata: {name: opettajat, installation: mallila}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: opettaja, installation: toinen}
---
apiVersion: lupa/v1
kind: RightsCatalogue
metadata: {name: a, installation: toinen}
spec: {rights: [{key: wilma.kokeet}]}
---
apiVersion: lupa/v1
kind: School
metadata: {name: koulu, installation: mallilla}
---
apiVersion: lupa/v1
kind: SchoolClass
metadata: {name: a, installation: mallila}
spec: {school: opettajat, studentGroups: [opettaja], guardianGroups: [aivan-muuta]}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: a, installation: mallila}
spec: {wilma: [wilma.surveys.addSurveys, wilma.koket]}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: a, installation: toinen}
spec: {wilma: [wilma.kokket]}
`)}
	suggested := func(fsys fstest.MapFS) map[string]string {
		all := make(map[string]string)
		for _, p := range load(t, fsys, "").Problems {
			all[p.Subject+" "+strings.Join(p.Args, " ")] = p.Suggest
		}
		return all
	}
	want := map[string]string{
		" mallilla": "mallila",
		"SchoolClass mallila:a School mallila:opettajat":          "",
		"SchoolClass mallila:a UserGroup opettaja mallila toinen": "opettajat",
		"SchoolClass mallila:a UserGroup mallila:aivan-muuta":     "",
		"UserGroup mallila:a wilma.surveys.addSurveys":            "wilma.surveys.addSurvey",
		"UserGroup mallila:a wilma.koket":                         "", // it is the other installation's
		"UserGroup toinen:a wilma.kokket":                         "wilma.kokeet",
	}
	if diff := cmp.Diff(want, suggested(fsys)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	many := treeOf(base)
	var list strings.Builder
	for i := range 60 {
		fmt.Fprintf(&list, "    - {name: x-%d, groups: [opettaja%d]}\n", i, i)
	}
	many["a.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte("apiVersion: lupa/v1\nkind: People\nmetadata: {name: x}\nspec:\n  defaults: {kind: staff, schools: [testila]}\n  people:\n" + list.String())}
	n := 0
	for _, near := range suggested(many) {
		if near == "opettajat" {
			n++
		}
	}
	if n != 50 {
		t.Errorf("%d of 60 mistakes come with a suggestion, want 50", n)
	}
}

// TestVocabularyIsTheSchemas: what a document may say is what facts can hold,
// field by field, with the same shapes, types and defaults.
func TestVocabularyIsTheSchemas(t *testing.T) {
	for _, kind := range schema.Kinds() {
		if slices.Contains([]string{"Project", "GroupRule", "AccessTest", "AccessRule", "Guard", "Delegation", "People"}, kind) { // lupa's own, and Person many times
			continue
		}
		k := fact.Words.Kind(kind)
		if k == nil {
			t.Errorf("the vocabulary has no %s", kind)
			continue
		}
		text, _ := schema.Text(kind)
		w := schemaWords{kind: kind, words: make(map[string][]string)}
		if err := json.Unmarshal(text, &w.root); err != nil {
			t.Fatal(err)
		}
		w.fields(kind, "", w.get(w.get(w.root, "properties"), "spec"))
		for _, owner := range append([]*fact.Kind{k}, fact.Words.Nested(kind)...) {
			want := w.words[owner.Name]
			var got []string
			for _, f := range owner.Fields {
				if f.At == "" {
					got = append(got, word(f))
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-schema +vocabulary):\n%s", owner.Name, diff)
			}
		}
	}
	for _, k := range fact.Words.Kinds {
		if k.Parent == "" && !slices.Contains(schema.Kinds(), k.Name) {
			t.Errorf("no schema for %s", k.Name)
		}
	}
}

func word(f fact.Field) string {
	shape := [...]string{"one", "many", "list", "map", "sets"}[f.Shape]
	typ := [...]string{"text", "flag", "count", "day", "ref", "right"}[f.Type]
	if f.Crosses {
		typ = "far " + typ
	}
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s %s", f.Name, shape, typ, f.Default))
}

// schemaWords reads a schema as the fields of a vocabulary.
type schemaWords struct {
	kind  string
	root  map[string]any
	words map[string][]string // by kind, that of the document and those of its records
}

// get is a part of a schema with its references followed.
func (w *schemaWords) get(node map[string]any, name string) map[string]any {
	part, _ := node[name].(map[string]any)
	if ref, ok := part["$ref"].(string); ok {
		out := w.get(w.root["$defs"].(map[string]any), strings.TrimPrefix(ref, "#/$defs/"))
		merged := make(map[string]any)
		for _, from := range []map[string]any{out, part} {
			for k, v := range from {
				merged[k] = v
			}
		}
		return merged
	}
	return part
}

func (w *schemaWords) fields(owner, prefix string, node map[string]any) {
	properties := w.get(node, "properties")
	for name := range properties {
		path, p := prefix+name, w.get(properties, name)
		items, values := w.get(p, "items"), w.get(p, "additionalProperties")
		known := fact.Words.Kind(owner).Field(path)
		switch record := w.record(owner, path); {
		case record != nil && items != nil:
			w.fields(record.Name, "", items)
		case record != nil:
			w.fields(record.Name, "", values)
			w.add(record.Name, record.Key, fact.One, map[string]any{"type": "string"}, nil)
		case known != nil && known.Shape == fact.Map && p["properties"] != nil: // a closed set of keys
			w.add(owner, path, fact.Map, map[string]any{"type": "string"}, nil)
		case known != nil && known.Either: // one of two: a text, or a mapping
			choices := map[string]any{}
			for i, choice := range p["oneOf"].([]any) {
				choices[fmt.Sprint(i)] = choice
			}
			w.add(owner, path, fact.One, w.get(choices, "0"), nil)
			w.fields(owner, path+".", w.get(choices, "1"))
		case known == nil && p["oneOf"] != nil: // one of several mappings
			for i, choice := range p["oneOf"].([]any) {
				w.fields(owner, path+".", w.get(map[string]any{fmt.Sprint(i): choice}, fmt.Sprint(i)))
			}
		case p["properties"] != nil:
			if known != nil && known.Presence {
				w.add(owner, path, fact.One, map[string]any{"type": "boolean"}, nil)
			}
			w.fields(owner, path+".", p)
		case p["propertyNames"] != nil && values["items"] != nil:
			w.add(owner, path, fact.Sets, w.get(values, "items"), nil)
		case p["propertyNames"] != nil:
			w.add(owner, path, fact.Map, values, nil)
		case items != nil && p["uniqueItems"] == true:
			w.add(owner, path, fact.Many, items, nil)
		case items != nil:
			w.add(owner, path, fact.List, items, nil)
		default:
			w.add(owner, path, fact.One, p, p["default"])
		}
	}
}

// record is the kind of the records that stand at a path of a document.
func (w *schemaWords) record(owner, path string) *fact.Kind {
	for _, n := range fact.Words.Nested(w.kind) {
		if owner == w.kind && n.In == path {
			return n
		}
	}
	return nil
}

func (w *schemaWords) add(owner, path string, shape fact.Shape, value map[string]any, byDefault any) {
	f := fact.Field{Name: path, Shape: shape}
	switch {
	case value["type"] == "boolean":
		f.Type = fact.Flag
	case value["type"] == "integer":
		f.Type = fact.Count
	case value["format"] == "date":
		f.Type = fact.Day
	case value["maxLength"] == 256.0 && path != "key" && path != "family":
		f.Type = fact.Right
	case value["maxLength"] == 128.0, value["maxLength"] == 257.0:
		f.Type, f.Crosses = fact.Ref, value["maxLength"] == 257.0
	}
	if byDefault != nil {
		f.Default = fmt.Sprint(byDefault)
	}
	w.words[owner] = append(w.words[owner], word(f))
}
