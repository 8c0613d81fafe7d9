package reconcile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/target"
	"github.com/lupa-dev/lupa/reconcile/target/sqldb"
)

// Trees are written here one document a line, KIND NAME < OLD NAMES {SPEC}, and
// stand beside this one.
const base = `
Installation m {system: inschool, multiPrimus: true}
RightsCatalogue m {rights: [{key: wilma.x}, {key: wilma.y}]}
School a {surveys: {enabled: true}}
School b {surveys: {enabled: true}}
Person t-1 {kind: teacher, schools: [a]}
PersonOverride t-1 {person: t-1, grant: [wilma.surveys.maintain, wilma.surveys.createTemplate, wilma.surveys.addSurvey], validTo: 2999-01-01}
`

// maintainerOfB lets things be shared in the second school too.
const maintainerOfB = `Person t-5 {kind: teacher, schools: [b]}
PersonOverride t-5 {person: t-5, grant: [wilma.surveys.maintain, wilma.surveys.createTemplate, wilma.surveys.addSurvey], validTo: 2999-01-01}
`

var docLine = regexp.MustCompile(`^(\w+) (\S+)(?: < ([^{]*?))? ?(\{.*\})?$`)

// treeOf is the files of a tree: each document in one of its own.
func treeOf(t *testing.T, tree string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{"lupa.yaml": {Data: []byte("apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\n"), Mode: 0o644}}
	for line := range strings.Lines(tree) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		m := docLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no document: %q", line)
		}
		kind, name, previously, spec := m[1], m[2], m[3], m[4]
		text := "apiVersion: lupa/v1\nkind: " + kind + "\nmetadata: {name: " + name
		if previously != "" {
			text += ", previously: [" + previously + "]"
		}
		text += "}\n"
		if spec != "" {
			text += "spec: " + spec + "\n"
		}
		file := kind + "/" + name + ".yaml"
		if kind == "Project" {
			file = "lupa.yaml"
		}
		fsys[file] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

func goalOf(t *testing.T, tree, at string) *plan.Goal {
	t.Helper()
	opt := config.Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), FirmOnly: true} // rules have cases of their own
	if at != "" {
		m, err := calendar.ParseMoment(at)
		if err != nil {
			t.Fatal(err)
		}
		opt.At = &m
	}
	loaded, err := config.Load(t.Context(), treeOf(t, tree), opt)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Refused() {
		t.Fatalf("%+v in:\n%s", loaded.Problems, tree)
	}
	return loaded.Goal
}

var factLine = regexp.MustCompile(`^(\w+) (\S+)(?: ([\w.]+)(?:\[(\d+)\])?=(.*))?$`)

// factOf reads KIND NAME, KIND NAME FIELD=VALUE or KIND NAME FIELD[ROW]=VALUE.
func factOf(t *testing.T, text string) fact.Fact {
	t.Helper()
	m := factLine.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no fact: %q", text)
	}
	f := fact.Fact{Key: fact.Key{Kind: m[1], ID: fact.ID("m", m[2])}, Field: m[3], Value: m[5]}
	if f.Row, _ = strconv.Atoi(m[4]); f.Field != "" && fact.Words.Kind(f.Kind).Field(f.Field).Ref != "" {
		f.Value = fact.ID("m", f.Value)
	}
	return f
}

// edited is a set after somebody's hand: lines of facts with + or - before them;
// "- KIND NAME *" is the whole object.
func edited(t *testing.T, s fact.Set, edit string) fact.Set {
	t.Helper()
	for line := range strings.Lines(edit) {
		sign, text, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		if object, ok := strings.CutSuffix(text, " *"); ok {
			key := factOf(t, object).Key
			s = s.Where(func(k fact.Key) bool { return fact.Words.Root(k) != key })
			continue
		}
		f := factOf(t, text)
		if _, has := s.Index(f); has == (sign == "+") {
			t.Fatalf("%q does not fit the target:\n%s", line, strings.Join(facttest.Describe(s), "\n"))
		}
		if sign == "+" {
			s = s.Plus(fact.Of(f))
		} else {
			s = s.Minus(fact.Of(f))
		}
	}
	return s
}

// tell is a plan in lines.
func tell(p *plan.Plan) []string {
	lines := append(tellChanges("", p.Changes), tellChanges("drift: ", p.Drift)...)
	for i, list := range [][]plan.Object{p.Unmanaged, p.External, p.Adopted} {
		for _, o := range list {
			lines = append(lines, [...]string{"unmanaged", "external", "adopted"}[i]+" "+o.Kind+" "+o.Name)
		}
	}
	for _, f := range p.Findings {
		lines = append(lines, strings.TrimSpace(f.Code+" "+strings.Join(f.Args, " ")))
	}
	if p.Record && p.Empty() {
		lines = append(lines, "record")
	}
	return lines
}

func tellChanges(prefix string, changes []plan.Change) []string {
	var lines []string
	for _, c := range changes {
		line := prefix + c.Action + " " + c.Kind + " " + c.Name
		if c.Previously != "" {
			line += " (was " + c.Previously + ")"
		}
		lines = append(lines, line+because(c.Cause, nil))
		for _, f := range c.Fields {
			if c.Action == "update" || c.Action == "rename" {
				lines = append(lines, f.Field+": "+show(f.Before)+" → "+show(f.After)+because(f.Cause, f.Last))
			}
		}
	}
	return lines
}

func because(c plan.Cause, last any) string {
	switch {
	case c == "":
		return ""
	case last != nil:
		return fmt.Sprintf(" (%s, left %s)", c, show(last))
	}
	return fmt.Sprintf(" (%s)", c)
}

func show(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(data), `"`, "")
}

func linesOf(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// phase is a tree that is planned and, unless the plan is refused, applied.
type phase struct {
	edit string // what somebody does to the target before
	tree string
	at   string
	want string // the plan, as tell tells it
	then string // what the target holds afterwards
	gone string // and what it does not
}

// situations begin with a target that holds base, applied by lupa.
var situations = []struct {
	name   string
	phases []phase
}{
	{"an unmanaged object is kept and reported", []phase{
		{edit: "+ UserGroup g\n+ UserGroup g title=G", want: "unmanaged UserGroup g", then: "UserGroup g title=G"},
		{want: "unmanaged UserGroup g"},
	}},
	{"an unmanaged template is kept with its records", []phase{{
		edit: "+ SurveyTemplate p\n+ SurveyTemplate p author=t-1\n+ SurveyTemplate p school=a\n+ SurveyTemplate p holders=t-1\n+ Sharing p/b\n+ Sharing p/b school=b",
		want: "unmanaged SurveyTemplate p", then: "Sharing p/b school=b",
	}}},
	{"where the tree is the whole truth, unmanaged objects go", []phase{{
		edit: "+ UserGroup g\n+ School c\n+ SurveyTemplate p\n+ SurveyTemplate p school=c\n+ SurveyTemplate p holders=t-1\n+ Sharing p/b\n+ Sharing p/b school=b",
		tree: "Project testi {authoritative: {kinds: [UserGroup, SurveyTemplate]}}",
		want: "delete UserGroup g\n delete SurveyTemplate p\n unmanaged School c", gone: "UserGroup g\n Sharing p/b",
	}}},
	{"what is no longer declared and ours goes", []phase{
		{tree: "UserGroup g\n Person t-2 {kind: staff, schools: [a], groups: [g]}", want: "create UserGroup g\n create Person t-2"},
		{want: "delete UserGroup g\n delete Person t-2", gone: "UserGroup g\n Person t-2"},
	}},
	{"what is not in force goes, even if it was never ours", []phase{{
		edit: "+ PersonOverride o\n+ PersonOverride o person=t-1\n+ PersonOverride o grant=wilma.x",
		tree: "PersonOverride o {person: t-1, grant: [wilma.x], validTo: 2026-02-01}",
		want: "delete PersonOverride o", gone: "PersonOverride o",
	}}},
	{"T109 an override that ended yesterday goes today", []phase{
		{at: "2026-02-28", tree: "PersonOverride o {person: t-1, validTo: 2026-03-01}", want: "create PersonOverride o"},
		{at: "2026-03-01", tree: "PersonOverride o {person: t-1, validTo: 2026-03-01}", want: "delete PersonOverride o"},
		{at: "2026-03-02", tree: "PersonOverride o {person: t-1, validTo: 2026-03-01}"},
	}},
	{"what is there already as declared becomes ours, and goes when undeclared", []phase{
		{edit: "+ UserGroup g\n+ UserGroup g title=G", tree: "UserGroup g {title: G}", want: "adopted UserGroup g\n record"},
		{tree: "UserGroup g {title: G}"},
		{want: "delete UserGroup g"},
	}},
	{"what is there and differs is ours whole: what is not declared of it goes", []phase{{
		edit: "+ SurveyTemplate p\n+ SurveyTemplate p author=t-1\n+ SurveyTemplate p title=P\n+ SurveyTemplate p school=a\n+ SurveyTemplate p holders=t-1\n+ Sharing p/b\n+ Sharing p/b school=b",
		tree: "SurveyTemplate p {author: t-1}",
		want: "update SurveyTemplate p\n title: P → null\n sharing[b]: {} → null\n adopted SurveyTemplate p",
		then: "SurveyTemplate p school=a\n SurveyTemplate p holders=t-1", gone: "Sharing p/b",
	}}},

	{"a stub stands in for what is kept elsewhere until it comes, and is then not ours", []phase{
		{tree: "UserGroup e {external: true}\n Person t-2 {kind: staff, schools: [a], groups: [e]}", want: "create UserGroup e\n create Person t-2", then: "UserGroup e external=true"},
		{tree: "UserGroup e {external: true}\n Person t-2 {kind: staff, schools: [a], groups: [e]}"},
		{edit: "- UserGroup e external=true\n+ UserGroup e title=E",
			tree: "UserGroup e {external: true}\n Person t-2 {kind: staff, schools: [a], groups: [e]}",
			want: "drift: update UserGroup e\n title: null → E\n external: true → false\n external UserGroup e\n record", then: "UserGroup e title=E"},
		{want: "delete Person t-2\n unmanaged UserGroup e", then: "UserGroup e title=E"},
	}},
	{"a stub into which somebody puts more is theirs", []phase{
		{tree: "UserGroup e {external: true}", want: "create UserGroup e"},
		{edit: "+ UserGroup e title=E", tree: "UserGroup e {external: true}",
			want: "drift: update UserGroup e\n title: null → E\n external UserGroup e\n record", then: "UserGroup e title=E"},
	}},
	{"a stub that nobody declares goes", []phase{
		{tree: "School e {external: true}", want: "create School e"},
		{want: "delete School e"},
	}},
	{"what is kept elsewhere is not touched", []phase{
		{edit: "+ UserGroup e\n+ UserGroup e title=E", tree: "UserGroup e {external: true}", want: "external UserGroup e", then: "UserGroup e title=E", gone: "UserGroup e external=true"},
		{edit: "- UserGroup e title=E", tree: "UserGroup e {external: true}", want: "external UserGroup e"},
		{want: "unmanaged UserGroup e"},
	}},
	{"ours is handed over: it stays, and is not ours any more", []phase{
		{tree: "UserGroup g {title: G}", want: "create UserGroup g"},
		{tree: "UserGroup g {external: true}", want: "external UserGroup g\n record", then: "UserGroup g title=G"},
		{want: "unmanaged UserGroup g", then: "UserGroup g title=G"},
	}},
	{"a stub is taken over", []phase{
		{tree: "UserGroup g {external: true}", want: "create UserGroup g"},
		{tree: "UserGroup g {title: G}", want: "update UserGroup g\n title: null → G\n external: true → false"},
	}},

	{"T46 school and holders of a template are decided when it is made, and stay", []phase{
		{tree: "Person t-2 {kind: staff, schools: [b, a]}\n SurveyTemplate p {author: t-2}", want: "create Person t-2\n create SurveyTemplate p",
			then: "SurveyTemplate p school=b\n SurveyTemplate p holders=t-2"},
		{tree: "Person t-2 {kind: staff, schools: [a]}\n SurveyTemplate p {author: t-2}", want: "update Person t-2\n schools: [b,a] → [a]",
			then: "SurveyTemplate p school=b", gone: "SurveyTemplate p school=a"},
		{edit: "+ SurveyTemplate p holders=t-1\n- SurveyTemplate p holders=t-2", tree: "Person t-2 {kind: staff, schools: [a]}\n SurveyTemplate p {author: t-2}",
			want: "drift: update SurveyTemplate p\n holders: [t-2] → [t-1]\n record", then: "SurveyTemplate p holders=t-1"},
		{tree: "Person t-2 {kind: staff, schools: [a]}\n SurveyTemplate p {author: t-2, school: a, holders: [t-1, t-2]}",
			want: "update SurveyTemplate p\n school: b → a\n holders: [t-1] → [t-1,t-2]"},
	}},
	{"a template whose author leaves stays as it is", []phase{
		{tree: "Person t-2 {kind: staff, schools: [b]}\n SurveyTemplate p {author: t-2, holders: [t-1]}", want: "create Person t-2\n create SurveyTemplate p"},
		{edit: "- SurveyTemplate p holders=t-1\n+ Person t-3\n+ SurveyTemplate p holders=t-3", tree: "Person t-3 {kind: staff, schools: [a]}\n SurveyTemplate p {author: t-2}",
			want: "delete Person t-2\n update Person t-3\n kind: null → staff\n schools: null → [a]\n drift: update SurveyTemplate p\n holders: [t-1] → [t-3]\n adopted Person t-3\n W23 t-2",
			then: "SurveyTemplate p school=b\n SurveyTemplate p holders=t-3"},
	}},
	{"a template that came without lupa keeps its school and holders", []phase{{
		edit: "+ SurveyTemplate p\n+ SurveyTemplate p author=t-1\n+ SurveyTemplate p school=b",
		tree: "Person t-2 {kind: staff, schools: [a]}\n SurveyTemplate p {author: t-2}",
		want: "create Person t-2\n update SurveyTemplate p\n author: t-1 → t-2\n holders: null → [t-2]\n adopted SurveyTemplate p", then: "SurveyTemplate p school=b",
	}}},
	{"R112 a template whose author left has nobody to begin with", []phase{{
		tree: "SurveyTemplate p {author: gone, school: a}", want: "create SurveyTemplate p\n W23 gone\n E12",
	}}},
	{"somebody else's template without holders is theirs to mend", []phase{{
		edit: "+ SurveyTemplate p", tree: "School c", want: "create School c\n unmanaged SurveyTemplate p",
	}}},
	{"R77 nor a school", []phase{{
		tree: "SurveyTemplate p {author: gone, holders: [t-1]}", want: "create SurveyTemplate p\n W23 gone\n E17 gone",
	}}},
	{"W23 whoever leaves is left out of the holders that the target keeps", []phase{
		{tree: "Person t-2 {kind: staff, schools: [a]}\n SurveyTemplate p {author: t-1, holders: [t-1, t-2]}", want: "create Person t-2\n create SurveyTemplate p"},
		{tree: "SurveyTemplate p {author: t-1}", want: "delete Person t-2\n update SurveyTemplate p\n holders: [t-1,t-2] → [t-1]\n W23 t-2", then: "SurveyTemplate p holders=t-1"},
	}},

	{"a rename keeps what hangs on it", []phase{
		{tree: "UserGroup old {wilma: [wilma.x]}\n SurveyTemplate p {author: t-1, sharing: [{school: a, copy: true}]}", want: "create UserGroup old\n create SurveyTemplate p"},
		{edit: "+ Person x\n+ Person x groups=old", tree: "UserGroup new < old {wilma: [wilma.x]}\n SurveyTemplate q < p {author: t-1, sharing: [{school: a, copy: true}]}",
			want: "rename UserGroup new (was old)\n rename SurveyTemplate q (was p)\n unmanaged Person x",
			then: "Person x groups=new\n Sharing q/a copy=true\n SurveyTemplate q holders=t-1", gone: "UserGroup old\n Sharing p/a"},
	}},
	{"a renamed school is renamed in the keys of records", []phase{
		{tree: "School c\n SurveyTemplate p {author: t-1, sharing: [{school: c}]}", want: "create School c\n create SurveyTemplate p"},
		{tree: "School d < c\n SurveyTemplate p {author: t-1, sharing: [{school: d}]}", want: "rename School d (was c)", then: "Sharing p/d school=d", gone: "Sharing p/c"},
	}},
	{"a rename and a change in one", []phase{
		{tree: "UserGroup old {title: A, wilma: [wilma.x]}", want: "create UserGroup old"},
		{tree: "UserGroup new < old {title: B, wilma: [wilma.x]}", want: "rename UserGroup new (was old)\n title: A → B"},
		{tree: "UserGroup new < old {title: B, wilma: [wilma.x]}"},
	}},
	{"a chain of old names: the latest that is there", []phase{
		{tree: "UserGroup one", want: "create UserGroup one"},
		{tree: "UserGroup three < one, two", want: "rename UserGroup three (was one)"},
		{tree: "UserGroup four < one, two, three", want: "rename UserGroup four (was three)"},
	}},
	{"two old names are there: one becomes the object, what is left of the others is as undeclared", []phase{
		{tree: "UserGroup one {title: A}\n UserGroup two {title: A}", want: "create UserGroup one\n create UserGroup two"},
		{edit: "+ UserGroup zero", tree: "UserGroup three < zero, one, two {title: A}",
			want: "delete UserGroup one\n rename UserGroup three (was two)\n unmanaged UserGroup zero"},
	}},
	{"old and new are there both: nothing to rename", []phase{
		{tree: "UserGroup old", want: "create UserGroup old"},
		{edit: "+ UserGroup new", tree: "UserGroup new < old", want: "delete UserGroup old\n adopted UserGroup new"},
	}},
	{"what is renamed and was never ours becomes ours", []phase{
		{edit: "+ UserGroup old", tree: "UserGroup new < old", want: "rename UserGroup new (was old)\n adopted UserGroup new"},
		{want: "delete UserGroup new"},
	}},
	{"what is not in force takes nobody's place: the old object is as undeclared", []phase{
		{tree: "PersonOverride old {person: t-1}", want: "create PersonOverride old"},
		{tree: "PersonOverride new < old {person: t-1, validTo: 2026-02-01}", want: "delete PersonOverride old"},
		{edit: "+ PersonOverride old\n+ PersonOverride old person=t-1", tree: "PersonOverride new < old {person: t-1, validTo: 2026-02-01}", want: "unmanaged PersonOverride old"},
	}},
	{"somebody renamed it by hand before", []phase{
		{tree: "UserGroup old", want: "create UserGroup old"},
		{edit: "- UserGroup old *\n+ UserGroup new", tree: "UserGroup new < old", want: "drift: delete UserGroup old\n adopted UserGroup new\n record"},
	}},
	{"what is kept elsewhere is not renamed by lupa", []phase{
		{edit: "+ UserGroup old", tree: "UserGroup new < old {external: true}", want: "create UserGroup new\n external UserGroup old"},
	}},

	{"ours is handed over under another name: it stays", []phase{
		{tree: "UserGroup old", want: "create UserGroup old"},
		{tree: "UserGroup new < old {external: true}", want: "create UserGroup new\n external UserGroup old", then: "UserGroup old"},
		{tree: "UserGroup newer < new {external: true}", want: "rename UserGroup newer (was new)\n unmanaged UserGroup old"},
	}},

	{"N01 one goes and one comes with the same rights and members", []phase{
		{tree: "UserGroup old {title: A, wilma: [wilma.x]}\n Person t-2 {kind: staff, schools: [a], groups: [old]}", want: "create UserGroup old\n create Person t-2"},
		{tree: "UserGroup new {title: B, wilma: [wilma.x]}\n Person t-2 {kind: staff, schools: [a], groups: [new]}",
			want: "create UserGroup new\n delete UserGroup old\n update Person t-2\n groups: [old] → [new]\n N01 UserGroup old new old"},
	}},
	{"no N01 where rights differ", []phase{
		{tree: "UserGroup old {wilma: [wilma.x]}", want: "create UserGroup old"},
		{tree: "UserGroup new {wilma: [wilma.y]}", want: "create UserGroup new\n delete UserGroup old"},
	}},
	{"no N01 where members differ", []phase{
		{tree: "UserGroup old {wilma: [wilma.x]}\n Person t-2 {kind: staff, schools: [a], groups: [old]}", want: "create UserGroup old\n create Person t-2"},
		{tree: "UserGroup new {wilma: [wilma.x]}\n Person t-2 {kind: staff, schools: [a]}",
			want: "create UserGroup new\n delete UserGroup old\n update Person t-2\n groups: [old] → null"},
	}},
	{"no N01 between two alike", []phase{
		{tree: "UserGroup old {wilma: [wilma.x]}", want: "create UserGroup old"},
		{tree: "UserGroup new {wilma: [wilma.x]}\n UserGroup newer {wilma: [wilma.x]}", want: "create UserGroup new\n create UserGroup newer\n delete UserGroup old"},
	}},
	{"no N01 where two alike go", []phase{
		{tree: "UserGroup old {wilma: [wilma.x]}\n UserGroup older {wilma: [wilma.x]}", want: "create UserGroup old\n create UserGroup older"},
		{tree: "UserGroup new {wilma: [wilma.x]}", want: "create UserGroup new\n delete UserGroup old\n delete UserGroup older"},
	}},

	{"what is ignored is neither changed nor removed, and is ours still when it is seen again", []phase{
		{tree: "UserGroup g-1 {title: A}\n UserGroup g-2", want: "create UserGroup g-1\n create UserGroup g-2"},
		{edit: "+ UserGroup g-3\n- UserGroup g-1 title=A", tree: "Project testi {ignore: [{kind: UserGroup, name: g-*}]}\n School c", want: "create School c", then: "UserGroup g-2"},
		{want: "delete School c\n delete UserGroup g-1 (conflict)\n delete UserGroup g-2\n drift: update UserGroup g-1\n title: A → null\n unmanaged UserGroup g-3"},
	}},
	{"what is ignored is not removed where the tree is the whole truth", []phase{{
		edit: "+ UserGroup g-1", tree: "Project testi {authoritative: {kinds: [UserGroup]}, ignore: [{kind: UserGroup, name: g-1}]}", then: "UserGroup g-1",
	}}},
	{"E23 nothing goes while something ignored names it", []phase{
		{tree: "UserGroup g", want: "create UserGroup g"},
		{edit: "+ Person x\n+ Person x groups=g", tree: "Project testi {ignore: [{kind: Person, name: x}]}", want: "delete UserGroup g\n E23 UserGroup g Person x"},
	}},
	{"what is ignored follows a rename", []phase{
		{tree: "UserGroup old", want: "create UserGroup old"},
		{edit: "+ Person x\n+ Person x groups=old", tree: "Project testi {ignore: [{kind: Person, name: x}]}\n UserGroup new < old",
			want: "rename UserGroup new (was old)", then: "Person x groups=new"},
		{tree: "UserGroup new", want: "unmanaged Person x"},
	}},
	{"E23 nothing goes while something unmanaged names it", []phase{
		{tree: "UserGroup g", want: "create UserGroup g"},
		{edit: "+ Person x\n+ Person x groups=g", want: "delete UserGroup g\n unmanaged Person x\n E23 UserGroup g Person x"},
		{edit: "- Person x groups=g", want: "delete UserGroup g\n unmanaged Person x"},
	}},

	{"the tree changes and the target did not: intended", []phase{
		{tree: "School c {title: A}", want: "create School c"},
		{tree: "School c {title: B}", want: "update School c\n title: A → B"},
	}},
	{"the target changes and the tree did not: drift, put right", []phase{
		{tree: "School c {title: A, surveys: {enabled: true}}", want: "create School c"},
		{edit: "- School c title=A\n+ School c title=X\n- School c surveys.enabled=true", tree: "School c {title: A, surveys: {enabled: true}}",
			want: "update School c\n title: X → A (drift)\n surveys.enabled: false → true (drift)\n drift: update School c\n title: A → X\n surveys.enabled: true → false"},
	}},
	{"both change, each in its own way: conflict", []phase{
		{tree: "School c {title: A, code: c-1}", want: "create School c"},
		{edit: "- School c title=A\n+ School c title=X", tree: "School c {title: B, code: c-2}",
			want: "update School c\n title: X → B (conflict, left A)\n code: c-1 → c-2\n drift: update School c\n title: A → X"},
	}},
	{"both change alike: nothing to do but to note it", []phase{
		{tree: "School c {title: A}", want: "create School c"},
		{edit: "- School c title=A\n+ School c title=B", tree: "School c {title: B}", want: "drift: update School c\n title: A → B\n record"},
	}},
	{"somebody sets what nobody declared, and the tree sets it too", []phase{
		{tree: "School c", want: "create School c"},
		{edit: "+ School c title=X", tree: "School c {title: A}", want: "update School c\n title: X → A (conflict)\n drift: update School c\n title: null → X"},
	}},
	{"somebody adds what nobody declared", []phase{
		{tree: "School c", want: "create School c"},
		{edit: "+ School c title=X", tree: "School c", want: "update School c\n title: X → null (drift)\n drift: update School c\n title: null → X"},
	}},
	{"somebody removes it", []phase{
		{tree: "School c {title: A}", want: "create School c"},
		{edit: "- School c *", tree: "School c {title: A}", want: "create School c (drift)\n drift: delete School c"},
	}},
	{"somebody removes it and the tree changes it", []phase{
		{tree: "School c {title: A}", want: "create School c"},
		{edit: "- School c *", tree: "School c {title: B}", want: "create School c (conflict)\n drift: delete School c"},
	}},
	{"somebody removes it and so does the tree", []phase{
		{tree: "School c {title: A}", want: "create School c"},
		{edit: "- School c *", want: "drift: delete School c\n record"},
	}},
	{"somebody changes it and the tree removes it", []phase{
		{tree: "School c {title: A}", want: "create School c"},
		{edit: "- School c title=A", want: "delete School c (conflict)\n drift: update School c\n title: A → null"},
	}},
	{"records drift and conflict each for itself", []phase{
		{tree: maintainerOfB + "SurveyTemplate p {author: t-1, sharing: [{school: a, copy: true}, {school: b}]}", want: "create Person t-5\n create PersonOverride t-5\n create SurveyTemplate p"},
		{edit: "- Sharing p/a copy=true\n+ Sharing p/b auto=true", tree: maintainerOfB + "School c\n SurveyTemplate p {author: t-1, sharing: [{school: a, copy: true}, {school: b, copy: true}, {school: c}]}",
			want: `create School c
			update SurveyTemplate p
			sharing[a]: {} → {copy:true} (drift)
			sharing[b]: {auto:true} → {copy:true} (conflict, left {})
			sharing[c]: null → {}
			drift: update SurveyTemplate p
			sharing[a]: {copy:true} → {}
			sharing[b]: {} → {auto:true}`},
	}},
	{"a list, a map, a number and a reference change", []phase{
		{tree: "Person t-2 {kind: staff, schools: [a, b]}\n AdminTeam k {content: [t-1], deputies: {t-1: t-1}}\n Policy l {minExportRows: {x: 1}}",
			want: "create Person t-2\n create AdminTeam k\n create Policy l"},
		{tree: "Person t-2 {kind: staff, schools: [b, a]}\n AdminTeam k {content: [t-2], deputies: {t-1: t-2}}\n Policy l {maxHolders: 7, minExportRows: {x: 2, y: 0}, actor: t-2}",
			want: `update Person t-2
			schools: [a,b] → [b,a]
			update AdminTeam k
			content: [t-1] → [t-2]
			deputies: {t-1:t-1} → {t-1:t-2}
			update Policy l
			maxHolders: 3 → 7
			minExportRows: {x:1} → {x:2,y:0}
			actor: null → t-2
			W22 t-2 a b`},
	}},
	{"all schools instead of some", []phase{
		{tree: "Person t-2 {kind: staff, schools: [a]}", want: "create Person t-2"},
		{tree: "Person t-2 {kind: staff, allSchools: true}", want: "update Person t-2\n schools: [a] → null\n allSchools: false → true"},
	}},
	{"an installation gets another name: all that belongs to it follows", []phase{
		{tree: "Installation n < m {system: inschool, multiPrimus: true}", want: "rename Installation n (was m)"},
	}},
	{"an installation and what is in it get other names at once", []phase{
		{tree: "UserGroup old\n UserGroup hidden", want: "create UserGroup hidden\n create UserGroup old"},
		{tree: "Project testi {ignore: [{kind: UserGroup, name: hidden}]}\n Installation n < m {system: inschool, multiPrimus: true}\n UserGroup new < old {title: A}",
			want: "rename Installation n (was m)\n rename UserGroup new (was old)\n title: null → A"},
		{tree: "Installation n {system: inschool, multiPrimus: true}\n UserGroup new {title: A}", want: "delete UserGroup hidden"},
	}},
}

// TestSituations plays every situation against each kind of target; in a hurry,
// some of them.
func TestSituations(t *testing.T) {
	for i, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			t.Run("memory", func(t *testing.T) { play(t, &target.Memory{Lineage: "test"}, s.phases) })
			t.Run("sqlite", func(t *testing.T) {
				if testing.Short() && i%3 > 0 {
					t.Skip("skipped: -short, and memory plays them all")
				}
				t.Parallel()
				play(t, freshSQLite(t), s.phases)
			})
		})
	}
}

func play(t *testing.T, to target.Atomic, phases []phase) {
	applied(t, to, propose(t, to, goalOf(t, base, "")))
	for i, ph := range phases {
		if ph.edit != "" {
			byHand(t, to, edited(t, read(t, to).Now, ph.edit))
		}
		tree := base + ph.tree
		if strings.Contains(ph.tree, "Installation ") {
			_, rest, _ := strings.Cut(strings.TrimSpace(base), "\n")
			tree = rest + "\n" + ph.tree
		}
		goal := goalOf(t, tree, ph.at)
		p := propose(t, to, goal)
		if diff := cmp.Diff(linesOf(ph.want), tell(p)); diff != "" {
			t.Fatalf("phase %d, the plan (-want +got):\n%s\nedit:\n%s\ntree:\n%s", i+1, diff, ph.edit, ph.tree)
		}
		if p.Refused() {
			refused(t, to, p)
			continue
		}
		applied(t, to, p)
		if again := propose(t, to, goal); !again.Empty() || again.Record || len(again.Drift) > 0 {
			t.Fatalf("phase %d, planned again: %q, record %v\ntree:\n%s", i+1, tell(again), again.Record, ph.tree)
		}
		now := read(t, to).Now
		for _, line := range linesOf(ph.then) {
			if _, ok := now.Index(factOf(t, line)); !ok {
				t.Errorf("phase %d, afterwards there is no %q:\n%s", i+1, line, strings.Join(facttest.Describe(now), "\n"))
			}
		}
		for _, line := range linesOf(ph.gone) {
			if _, ok := now.Index(factOf(t, line)); ok {
				t.Errorf("phase %d, afterwards there is still %q", i+1, line)
			}
		}
	}
}

func read(t *testing.T, from target.Reader) fact.Snapshot {
	t.Helper()
	snap, err := from.Read(t.Context(), fact.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func propose(t *testing.T, from target.Reader, goal *plan.Goal) *plan.Plan {
	t.Helper()
	p, err := reconcile.Propose(t.Context(), goal, "local", "test", from)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func applied(t *testing.T, to target.Atomic, p *plan.Plan) {
	t.Helper()
	if _, err := reconcile.Apply(t.Context(), p, to, confirming(p)); err != nil {
		t.Fatalf("applying %q: %v", tell(p), err)
	}
}

// refused makes sure that a plan cannot be applied, and nothing of it is.
func refused(t *testing.T, to target.Atomic, p *plan.Plan) {
	t.Helper()
	before := read(t, to)
	if _, err := reconcile.Apply(t.Context(), p, to, confirming(p)); !errors.Is(err, reconcile.ErrRefused) {
		t.Errorf("applying %q: %v, want %v", tell(p), err, reconcile.ErrRefused)
	}
	unchanged(t, to, before)
}

func unchanged(t *testing.T, to target.Reader, before fact.Snapshot) {
	t.Helper()
	if after := read(t, to); !after.Now.Equal(before.Now) || !after.Last.Equal(before.Last) || after.Serial != before.Serial {
		t.Errorf("the target was changed: serial %d to %d, facts (-before +after):\n%s", before.Serial, after.Serial,
			cmp.Diff(facttest.Describe(before.Now), facttest.Describe(after.Now)))
	}
}

// byHand brings a target to hold other facts as somebody else would: without a
// note of what lupa left there.
func byHand(t *testing.T, to target.Atomic, want fact.Set) {
	t.Helper()
	before := read(t, to)
	tx, err := to.Begin(t.Context(), target.Holder{})
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range order.Steps(nil, before.Now, want) {
		if err := tx.Do(t.Context(), st); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.Commit(t.Context(), target.Note{Last: before.Last, Back: new(target.Back)}); err != nil {
		t.Fatal(err)
	}
}

// freshSQLite is a copy of one new target, which is faster than a new one.
func freshSQLite(t *testing.T) *sqldb.DB {
	t.Helper()
	data, err := emptySQLite()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.File(path).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

var emptySQLite = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "lupa-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	if err := sqldb.File(path).Create(context.Background()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
