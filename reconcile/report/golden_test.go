package report

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
)

const project = "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\n"

// before is what lupa left in the target; after is the tree to plan.
const before = `kind: Installation
metadata: {name: m}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.16"}}
---
kind: RightsCatalogue
metadata: {name: m}
spec: {rights: [{key: wilma.x}, {key: wilma.y, title: {fi: Y}}]}
---
kind: School
metadata: {name: a}
spec: {title: Testilän koulu, code: "01234"}
---
kind: School
metadata: {name: b}
---
kind: UserGroup
metadata: {name: opettajat}
spec: {title: "rivi yksi\nrivi kaksi\nrivi kolme\n", wilma: [wilma.x], primusFields: {deny: [K1, K2]}}
---
kind: UserGroup
metadata: {name: vanha-nimi}
spec: {title: Vanha}
---
kind: UserGroup
metadata: {name: turha}
---
kind: UserGroup
metadata: {name: poistuva}
---
kind: UserGroup
metadata: {name: luovutettu}
---
kind: Person
metadata: {name: t-1}
spec: {kind: teacher, schools: [a, b], groups: [opettajat]}
---
kind: Person
metadata: {name: t-2}
spec: {kind: staff, schools: [a]}
---
kind: Person
metadata: {name: t-4}
spec: {kind: staff, schools: [a], primusAccount: {homeSchools: [a]}}
---
kind: Person
metadata: {name: t-5}
spec: {kind: guardian}
---
kind: SurveyTemplate
metadata: {name: pohja, annotations: {lupa/silence.E19: 2999-12-31 not shown here, lupa/silence.E22: 2999-12-31 not shown here, lupa/silence.W15: 2999-12-31 not shown here, lupa/silence.W16: 2999-12-31 not shown here, lupa/silence.W17: 2999-12-31 not shown here}}
spec: {author: t-1, sharing: [{school: a, copy: true}, {school: b, ordinary: true}]}
---
kind: Policy
metadata: {name: p}
spec: {maxHolders: 3, minExportRows: {opphenk: 10}}
`

const after = `kind: Installation
metadata: {name: m}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.17", primus: "10"}}
---
kind: RightsCatalogue
metadata: {name: m}
spec: {rights: [{key: wilma.x}, {key: wilma.y, title: {fi: Y, en: Why}, primusOnly: true}]}
---
kind: School
metadata: {name: a}
spec: {title: Mallilan koulu, code: "01234", surveys: {enabled: true}}
---
kind: School
metadata: {name: b}
---
kind: UserGroup
metadata: {name: opettajat}
spec: {title: "rivi yksi\nrivi 2\nrivi kolme\nrivi neljä\n", wilma: [wilma.y, wilma.x], primusFields: {deny: [K2, K3]}}
---
kind: UserGroup
metadata: {name: uusi-nimi, previously: [vanha-nimi]}
spec: {title: Uusi}
---
kind: UserGroup
metadata: {name: luovutettu}
spec: {external: true}
---
kind: UserGroup
metadata: {name: omaksuttu}
---
kind: Person
metadata: {name: t-1}
spec: {kind: teacher, schools: [b, a], groups: [opettajat]}
---
kind: Person
metadata: {name: t-2}
spec: {kind: staff, allSchools: true}
---
kind: Person
metadata: {name: t-4}
spec: {kind: staff, schools: [a], primusAccount: {allSchools: true}}
---
kind: Person
metadata: {name: t-3, externalIds: {primusCard: "1042"}}
spec: {kind: teacher, schools: [a], primusAccount: {groups: [uusi-nimi]}}
---
kind: Person
metadata: {name: t-5}
spec: {kind: guardian}
---
kind: SurveyTemplate
metadata: {name: pohja, annotations: {lupa/silence.E19: 2999-12-31 not shown here, lupa/silence.E22: 2999-12-31 not shown here, lupa/silence.W15: 2999-12-31 not shown here, lupa/silence.W16: 2999-12-31 not shown here, lupa/silence.W17: 2999-12-31 not shown here}}
spec:
  author: t-9
  sharing: [{school: a, copy: true, auto: true}]
---
kind: PersonOverride
metadata: {name: kevät, annotations: {lupa/silence.W04: 2999-12-31 not shown here}}
spec: {person: t-1, grant: [wilma.surveys.maintain], reason: kyselyt, validTo: 2026-06-01}
---
kind: Policy
metadata: {name: p}
spec: {maxHolders: 1000000, minExportRows: {opphenk: 20}, requireReason: true}
`

func tree(text string) fstest.MapFS {
	text = strings.ReplaceAll("apiVersion: lupa/v1\n"+text, "---\n", "---\napiVersion: lupa/v1\n")
	text = strings.ReplaceAll(text, "kevät", "kevat")
	return fstest.MapFS{"lupa.yaml": {Data: []byte(project), Mode: 0o644}, "a.yaml": {Data: []byte(text), Mode: 0o644}}
}

func lineOf(files fstest.MapFS) Line {
	return func(file string, line int) (string, bool) {
		f, ok := files[file]
		if !ok || line < 1 {
			return "", false
		}
		lines := strings.Split(string(f.Data), "\n")
		return lines[min(line, len(lines))-1], line <= len(lines)
	}
}

func load(t *testing.T, files fstest.MapFS) *config.Tree {
	t.Helper()
	loaded, err := config.Load(t.Context(), files, config.Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func propose(t *testing.T, m *target.Memory, files fstest.MapFS) *plan.Plan {
	t.Helper()
	loaded := load(t, files)
	if loaded.Refused() {
		t.Fatalf("%+v", loaded.Problems)
	}
	loaded.Goal.Say = English()
	p, err := reconcile.Propose(t.Context(), loaded.Goal, "paikka", "test", m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var note = target.Entry{Actor: "joku", Host: "kone", Version: "test", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

func apply(t *testing.T, m *target.Memory, p *plan.Plan) plan.Outcome {
	t.Helper()
	outcome, err := reconcile.Apply(t.Context(), p, m, reconcile.Run{Entry: note})
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// municipality is a target that holds before, in which somebody changed a few
// things by hand.
func municipality(t *testing.T) *target.Memory {
	t.Helper()
	m := &target.Memory{Lineage: "0123456789abcdef0123456789abcdef"}
	apply(t, m, propose(t, m, tree(before)))
	of := func(kind, name, field, value string) fact.Fact {
		return fact.Fact{Key: fact.Key{Kind: kind, ID: "m/" + name}, Field: field, Value: value}
	}
	m.Edit(func(s fact.Set) fact.Set {
		del := fact.Of(of("School", "a", "title", "Testilän koulu"), of("School", "b", "wilma.enabled", "true"),
			of("Sharing", "pohja/a", "copy", "true"))
		s = s.Minus(del).Minus(s.Object(fact.Key{Kind: "Person", ID: "m/t-5"}))
		return s.Plus(fact.Of(of("School", "a", "title", "Käsin muutettu"), of("UserGroup", "omaksuttu", "", ""),
			of("UserGroup", "turha", "title", "Käsin"), of("UserGroup", "heidän", "", ""), of("Person", "heidän", "", "")))
	})
	return m
}

// hash is what a golden file says instead of a hash, which is another whenever
// anything of a plan or of the log is.
var hash = regexp.MustCompile(`\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = strings.ReplaceAll(hash.ReplaceAllString(got, "HASH"), "\x1b", "ESC")
	file := "testdata/" + name + ".golden"
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-golden +got), UPDATE_GOLDEN=1 writes it anew:\n%s", file, diff)
	}
}

// TestGolden holds what is said about a plan with everything in it to files.
func TestGolden(t *testing.T) {
	m := municipality(t)
	files := tree(after)
	p := propose(t, m, files)
	said := func(colour bool, say func(*Text)) string {
		var b strings.Builder
		say(&Text{Out: &b, Colour: colour})
		return b.String()
	}
	golden(t, "plan", said(false, func(r *Text) { r.Plan(p, "lupa apply plan.json", lineOf(files)) }))
	golden(t, "plan-colour", said(true, func(r *Text) { r.Plan(p, "lupa apply --expect "+p.Hash[:12], lineOf(files)) }))
	golden(t, "drift", said(false, func(r *Text) { r.Drift(p) }))
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	back, err := plan.Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	say := func(p *plan.Plan) string {
		return said(false, func(r *Text) { r.Plan(p, "lupa apply plan.json", lineOf(files)) })
	}
	if diff := cmp.Diff(say(p), say(back)); diff != "" {
		t.Errorf("a plan from a file is told otherwise:\n%s", diff)
	}
	likely := "---\nkind: UserGroup\nmetadata: {name: turha-2}\nspec: {primusFields: {deny: [K9]}}\n"
	refused := tree(strings.Replace(after, "author: t-9", "author: t-9\n  school: b\n  title: X", 1) + likely)
	m.Edit(func(s fact.Set) fact.Set {
		return s.Plus(fact.Of(fact.Fact{Key: fact.Key{Kind: "Person", ID: "m/heidän"}, Field: "groups", Value: "m/poistuva"},
			fact.Fact{Key: fact.Key{Kind: "UserGroup", ID: "m/turha"}, Field: "primusFields.deny", Value: "K9"}))
	})
	golden(t, "plan-refused", said(true, func(r *Text) { r.Plan(propose(t, m, refused), "lupa apply plan.json", lineOf(refused)) }))
}

func TestGoldenOutcomes(t *testing.T) {
	m := municipality(t)
	p := propose(t, m, tree(after))
	var b strings.Builder
	r := &Text{Out: &b}
	r.Outcome(apply(t, m, p), "paikka")
	r.Outcome(apply(t, m, p), "paikka")
	idle := propose(t, m, tree(after))
	r.Outcome(apply(t, m, idle), "paikka")
	r.Plan(idle, "lupa apply plan.json", nil)
	r.Drift(idle)
	r.Plan(&plan.Plan{Project: "testi", Record: true, Hash: p.Hash}, "lupa apply plan.json", nil)
	fresh := &target.Memory{}
	r.Status(Status{Name: "paikka", Type: "sqlite", Path: ".lupa/state.db", Made: true})
	for _, to := range []*target.Memory{fresh, m} {
		s := Status{Name: "paikka", Type: "sqlite", Path: ".lupa/state.db"}
		var err error
		if s.Snapshot, err = to.Read(t.Context(), fact.Scope{}); err != nil {
			t.Fatal(err)
		}
		if to == m {
			e := note.Seal(2, 2, "")
			e.Plan = p.Hash
			s.Entry = &e
		}
		r.Status(s)
	}
	golden(t, "outcomes", b.String())
}

func TestGoldenProblems(t *testing.T) {
	files := tree(after)
	files["b.yaml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`apiVersion: lupa/v1
kind: Person
metadata: {name: t-6}
spec:
  kind: student
  schools: [aa]
  groups: [opettajta]
---
apiVersion: lupa/v1
kind: School
metadata: {name: c}
spec: {code: 01234, colour: blue}
---
apiVersion: lupa/v1
kind: School
metadata: {name: b}
`)}
	loaded := load(t, files)
	var b strings.Builder
	r := &Text{Out: &b}
	r.Validation(loaded.Problems, 2, loaded.Files, loaded.Objects, lineOf(files))
	r.Validation(nil, 0, 1, 1, nil)
	golden(t, "problems", b.String())
}

// Of very many new objects of a kind some are shown; of what goes, all.
func TestManyObjects(t *testing.T) {
	p := &plan.Plan{Hash: strings.Repeat("a", 64)}
	for i := range 60 {
		name := fmt.Sprintf("k-%02d", i)
		p.Changes = append(p.Changes, plan.Change{Action: "create", Kind: "School", Name: name})
		p.Unmanaged = append(p.Unmanaged, plan.Object{Kind: "School", Name: name})
	}
	for i := range 60 {
		p.Changes = append(p.Changes, plan.Change{Action: "delete", Kind: "UserGroup", Name: fmt.Sprintf("g-%02d", i)})
	}
	var b strings.Builder
	(&Text{Out: &b}).Plan(p, "", nil)
	for text, want := range map[string]int{
		"+ School": 50, "- UserGroup": 60, "and 10 more School to create": 1, "    School k-": 10, "and 50 more": 1,
	} {
		if got := strings.Count(b.String(), text); got != want {
			t.Errorf("%q stands %d times, want %d", text, got, want)
		}
	}
}

// A set of words that all contexts share must not be changed by showing it.
func TestShowingChangesNothing(t *testing.T) {
	list := []string{"010190-123A", "\x1b[31m"}
	p := &plan.Plan{Hash: strings.Repeat("a", 64), Changes: []plan.Change{{Action: "create", Kind: "UserGroup", Name: "g",
		Fields: []plan.FieldChange{{Field: "wilma", After: slices.Clone(list)}}}}}
	(&Text{Out: new(strings.Builder)}).Plan(p, "", nil)
	if diff := cmp.Diff(list, p.Changes[0].Fields[0].After); diff != "" {
		t.Errorf("the plan was changed:\n%s", diff)
	}
}

func TestDiff(t *testing.T) {
	lines := func(n int, also ...string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%d\n", i+1)
		}
		return b.String() + strings.Join(also, "")
	}
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing changes", "a\n", "a\n", ""},
		{"one line", "a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
		{"a new file", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"an emptied file", "a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
		{"the end of a long file", lines(20), lines(19, "x\n"), "@@ -17,4 +17,4 @@\n 17\n 18\n 19\n-20\n+x\n"},
		{"two places near each other", lines(10), strings.NewReplacer("2\n", "x\n", "9\n", "y\n").Replace(lines(10)),
			"@@ -1,10 +1,10 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n+y\n 10\n"},
		{"two places far from each other", lines(19), strings.NewReplacer("2\n3", "x\n3", "18\n", "").Replace(lines(19)),
			"@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n@@ -15,5 +15,4 @@\n 15\n 16\n 17\n-18\n 19\n"},
		{"a line feed at the end", "a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		{"CRLF", "a\r\n", "a\n", "@@ -1,1 +1,1 @@\n-a\\u000d\n+a\n"},
		{"a tab", "a:\tb\n", "a: b\n", "@@ -1,1 +1,1 @@\n-a:\tb\n+a: b\n"},
		{"a secret", "password:  x y\n", "password: x y\n", "@@ -1,1 +1,1 @@\n-password:  •••\n+password: •••\n"},
	} {
		var b strings.Builder
		(&Text{Out: &b}).Diff("a.yaml", []byte(c.before), []byte(c.after))
		want := "--- a/a.yaml\n+++ b/a.yaml\n" + c.want
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
