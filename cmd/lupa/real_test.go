package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// realData is the directory of real data, or skips the test where there is none.
func realData(t *testing.T, path ...string) string {
	t.Helper()
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

// lupa runs the program in a directory and returns what it printed.
func lupa(t *testing.T, dir string, wantExit int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	got := run(t.Context(), append([]string{"-C", dir}, args...), streams{strings.NewReader(""), &out, &errs}, today)
	if got != wantExit {
		t.Fatalf("lupa %s: exit %d, want %d\n%.2000s\n%.2000s", strings.Join(args, " "), got, wantExit, out.String(), errs.String())
	}
	return out.String()
}

// realSchool is a school as a register has it.
type realSchool struct{ name, title, code, municipality string }

func finland(t *testing.T) []realSchool {
	data, err := os.ReadFile(realData(t, "schools", "finland.json"))
	if err != nil {
		t.Fatal(err)
	}
	var organisations []struct {
		OID   string            `json:"oid"`
		Names map[string]string `json:"nimi"`
		Code  string            `json:"oppilaitoskoodi"`
		Kunta string            `json:"kunta"`
	}
	if err := json.Unmarshal(data, &organisations); err != nil {
		t.Fatal(err)
	}
	var schools []realSchool
	for _, o := range organisations {
		title := o.Names["fi"]
		for _, language := range []string{"sv", "en"} {
			if title == "" {
				title = o.Names[language]
			}
		}
		schools = append(schools, realSchool{fact.Escape(o.OID), title, o.Code, strings.TrimPrefix(o.Kunta, "kunta_")})
	}
	return schools
}

func sweden(t *testing.T) []realSchool {
	f, err := os.Open(realData(t, "schools", "sweden.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	var schools []realSchool
	for i, row := range rows[1:] {
		key := row[0] + "-" + row[2]
		if seen[key] {
			key = fmt.Sprintf("%s-%d", key, i+2)
		}
		seen[key] = true
		schools = append(schools, realSchool{name: fact.Escape(key), title: row[2], municipality: row[0]})
	}
	return schools
}

// writeTree writes schools as documents, all of one municipality in one file.
func writeTree(t *testing.T, schools []realSchool) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("lupa.yaml", "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: real}\n")
	write("installation.yaml", "apiVersion: lupa/v1\nkind: Installation\nmetadata: {name: real}\nspec: {system: inschool, multiPrimus: true}\n")
	files := make(map[string][]string)
	for _, s := range schools {
		doc := fmt.Sprintf("apiVersion: lupa/v1\nkind: School\nmetadata: {name: %s}\nspec:\n  title: %s\n", s.name, quoted(t, s.title))
		if s.code != "" {
			doc += fmt.Sprintf("  code: %q\n", s.code)
		}
		if s.municipality != "" {
			doc += fmt.Sprintf("  municipalityCode: %q\n", s.municipality)
		}
		files[s.municipality] = append(files[s.municipality], doc)
	}
	for municipality, docs := range files {
		write("kunta-"+municipality+".yaml", strings.Join(docs, "---\n"))
	}
	return dir
}

// quoted is a text as YAML has it between double quotes, as JSON does.
func quoted(t *testing.T, text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRealSchools takes the school registers of two countries through the whole
// pass, and finds every code in the target as the register has it.
func TestRealSchools(t *testing.T) {
	for _, country := range []struct {
		name  string
		read  func(*testing.T) []realSchool
		count int
	}{{"Finland", finland, 991}, {"Sweden", sweden, 7594}} {
		t.Run(country.name, func(t *testing.T) {
			schools := country.read(t)
			if len(schools) != country.count {
				t.Fatalf("%d schools, want %d", len(schools), country.count)
			}
			dir := writeTree(t, schools)
			lupa(t, dir, 0, "validate")
			lupa(t, dir, 0, "target", "init")
			lupa(t, dir, 0, "plan", "--out", filepath.Join(dir, "plan.json"))
			lupa(t, dir, 0, "apply", filepath.Join(dir, "plan.json"))
			if out := lupa(t, dir, 0, "plan", "--detailed-exitcode"); !strings.Contains(out, "No changes") {
				t.Errorf("a second plan is not empty:\n%.1000s", out)
			}
			compareSchools(t, dir, schools)
		})
	}
}

func compareSchools(t *testing.T, dir string, want []realSchool) {
	t.Helper()
	got := make(map[string]realSchool)
	for key, s := range held(t, dir).Now.Kind("School").Objects() {
		got[key.Name()] = realSchool{key.Name(), s.Value("title"), s.Value("code"), s.Value("municipalityCode")}
	}
	expected := make(map[string]realSchool)
	for _, s := range want {
		expected[s.name] = s
	}
	if diff := cmp.Diff(expected, got, cmp.AllowUnexported(realSchool{})); diff != "" {
		t.Errorf("what was read back differs:\n%.2000s", diff)
	}
}

// TestRealRosters takes Microsoft's samples through the whole pass, from a roster
// to a target, and from there into a second tree without one.
func TestRealRosters(t *testing.T) {
	for _, sample := range []struct {
		name, day      string
		people, groups int // people; those of them with a group by a rule
	}{{"SDS_Format-100_Users", "2026-11-24", 98, 12}, {"SDS_v2", "2026-11-24", 29, 5}, {"SDS_v2.1", "2021-10-01", 8, 2}} {
		t.Run(sample.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "roster"), os.DirFS(realData(t, "schools", "sds", sample.name))); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{
				"lupa.yaml":         "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: real}\nspec:\n  rosters: [{name: sds, format: sds, path: roster}]\n",
				"installation.yaml": "apiVersion: lupa/v1\nkind: Installation\nmetadata: {name: real}\nspec: {system: inschool, multiPrimus: true}\n",
				"groups.yaml":       "apiVersion: lupa/v1\nkind: UserGroup\nmetadata: {name: teachers}\n",
				"rules.yaml":        "apiVersion: lupa/v1\nkind: GroupRule\nmetadata: {name: teachers}\nspec: {match: {kind: teacher}, groups: [teachers]}\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			at := []string{"--at", sample.day}
			lupa(t, dir, 0, append(at, "target", "init")...)
			lupa(t, dir, 0, append(at, "apply", "--auto-approve")...)
			lupa(t, dir, 0, append(at, "plan", "--detailed-exitcode")...)
			people, grouped := 0, 0
			for _, person := range held(t, dir).Now.Kind("Person").Objects() {
				people++
				if person.Value("groups") != "" {
					grouped++
				}
			}
			if people != sample.people || grouped != sample.groups {
				t.Errorf("%d people, %d of them with groups, want %d and %d", people, grouped, sample.people, sample.groups)
			}
			second := filepath.Join(t.TempDir(), "second")
			lupa(t, dir, 0, append(at, "import", "--out", second)...)
			lupa(t, second, 0, append(at, "plan", "--detailed-exitcode")...)
		})
	}
}
