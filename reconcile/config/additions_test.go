package config_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// edited is a set of facts after somebody's work: lines of + or - and a fact,
// kind, id, field, row and value.
func edited(t *testing.T, s fact.Set, edits string) fact.Set {
	t.Helper()
	var add, del fact.Builder
	for line := range strings.Lines(edits) {
		words := append(strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 6), "", "", "")
		f := fact.Fact{Key: fact.Key{Kind: words[1], ID: words[2]}, Field: words[3], Value: words[5]}
		if words[4] != "" {
			if _, err := fmt.Sscan(words[4], &f.Row); err != nil {
				t.Fatal(err)
			}
		}
		switch _, there := s.Index(f); {
		case words[0] == "+" && !there:
			add.Add(f)
		case words[0] == "-" && there:
			del.Add(f)
		default:
			t.Fatalf("nothing to do: %s", line)
		}
	}
	return s.Minus(del.Set()).Plus(add.Set())
}

// head begins a document.
func head(kind, name string) string {
	return "apiVersion: lupa/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\n"
}

// around is what the documents of the cases name.
var around = head("UserGroup", "g1") + "---\n" + head("UserGroup", "g2") + "---\n" + head("UserGroup", "g3") + "---\n" +
	head("School", "kolmas") + "---\n" + head("RightsCatalogue", "oikeudet") + "spec:\n  rights:\n    - key: r.a\n    - key: r.b\n    - key: r.c  # last\n    # the end\n"

// TestImportAdditions shows what an import makes of what somebody did by hand.
func TestImportAdditions(t *testing.T) {
	for name, c := range map[string]struct {
		doc    string // x.yaml, without the head of its first document
		edits  string // of the target
		want   string // x.yaml afterwards
		differ string
	}{
		"a right, on a line": {
			head("UserGroup", "g") + "spec: {wilma: [r.a]} # for now\n", "+ UserGroup m/g wilma 0 r.b",
			head("UserGroup", "g") + "spec: {wilma: [r.a, r.b]} # for now\n", "",
		},
		"rights, a line each": {
			head("UserGroup", "g") + "spec:\n  wilma:\n    - r.a  # why\n    # - r.x\n", "+ UserGroup m/g wilma 0 r.b\n+ UserGroup m/g wilma 0 r.c\n+ UserGroup m/g primus 0 r.a",
			head("UserGroup", "g") + "spec:\n  wilma:\n    - r.a  # why\n    - r.b\n    - r.c\n    # - r.x\n  primus: [r.a]\n", "",
		},
		"into an empty list, and a document of a head alone": {
			head("UserGroup", "g") + "spec: {wilma: []}\n---\n# two\n" + head("UserGroup", "h"), "+ UserGroup m/g wilma 0 r.b\n+ UserGroup m/h primusFields.deny 0 hetu\n+ UserGroup m/h externalIds 0 x=1",
			head("UserGroup", "g") + "spec: {wilma: [r.b]}\n---\n# two\n" + strings.Replace(head("UserGroup", "h"), "h}", "h, externalIds: {x: \"1\"}}", 1) + "spec:\n  primusFields:\n    deny: [hetu]\n", "",
		},
		"a removal is not missing, and what came beside it is": {
			head("UserGroup", "g") + "spec: {title: a, wilma: [r.a]}\n", "- UserGroup m/g wilma 0 r.a\n+ UserGroup m/g wilma 0 r.b\n- UserGroup m/g title 0 a\n+ UserGroup m/g title 0 b",
			head("UserGroup", "g") + "spec: {title: a, wilma: [r.a, r.b]}\n", "UserGroup g",
		},
		"what cannot be named is left out, and the rest is not": {
			head("UserGroup", "g") + "spec: {wilma: [r.a]}\n", "+ UserGroup m/g wilma 0 r.b\n+ UserGroup m/g wilma 0 r.gone\n+ UserGroup m/g wilma 0 r.c\n+ UserGroup m/g wilma 0 r.gone2",
			head("UserGroup", "g") + "spec: {wilma: [r.a, r.b, r.c]}\n", "UserGroup g",
		},
		"a tail of schools (R77)": {
			head("Person", "p") + "spec: {kind: teacher, schools: [testila]}\n", "+ Person m/p schools 2 m/kolmas\n+ Person m/p schools 3 m/mallila",
			head("Person", "p") + "spec: {kind: teacher, schools: [testila, kolmas, mallila]}\n", "",
		},
		"a school before the first is another order": {
			head("Person", "p") + "spec: {kind: teacher, schools: [testila]}\n", "- Person m/p schools 1 m/testila\n+ Person m/p schools 1 m/kolmas\n+ Person m/p schools 2 m/testila\n+ Person m/p groups 0 m/g1",
			head("Person", "p") + "spec: {kind: teacher, schools: [testila], groups: [g1]}\n", "Person p",
		},
		"schools and allSchools are one choice (E03)": {
			head("Person", "p") + "spec: {kind: teacher, schools: [testila]}\n---\n" + head("Person", "q") + "spec: {kind: teacher, allSchools: true}\n",
			"- Person m/p schools 1 m/testila\n+ Person m/p allSchools 0 true\n- Person m/q allSchools 0 true\n+ Person m/q schools 1 m/testila", "", "Person p, Person q",
		},
		"an account": {
			head("Person", "p") + "spec:\n  kind: teacher\n  schools: [testila]\n", "+ Person m/p primusAccount 0 true\n+ Person m/p primusAccount.groups 0 m/g1\n+ Person m/p primusAccount.homeSchools 0 m/testila",
			head("Person", "p") + "spec:\n  kind: teacher\n  schools: [testila]\n  primusAccount:\n    groups: [g1]\n    homeSchools: [testila]\n    linked: false\n", "",
		},
		"in an account": {
			head("Person", "p") + "spec: {kind: teacher, schools: [testila], primusAccount: {homeSchools: [testila]}}\n", "+ Person m/p primusAccount.homeSchools 0 m/kolmas\n- Person m/p primusAccount.linked 0 true",
			head("Person", "p") + "spec: {kind: teacher, schools: [testila], primusAccount: {homeSchools: [testila, kolmas], linked: false}}\n", "",
		},
		"what is said to be so is not silence": {
			head("Policy", "l") + "spec: {allowStudentCards: false, maxHolders: 3, requireReason: true}\n", "+ Policy m/l allowStudentCards 0 true\n- Policy m/l maxHolders 0 3\n+ Policy m/l maxHolders 0 5\n- Policy m/l requireReason 0 true", "", "Policy l",
		},
		"silence means a default": {
			head("Policy", "l") + "spec: {}\n", "+ Policy m/l allowStudentCards 0 true\n- Policy m/l maxHolders 0 3\n+ Policy m/l maxHolders 0 5\n+ Policy m/l minExportRows 0 opettajat=7",
			head("Policy", "l") + "spec: {allowStudentCards: true, maxHolders: 5, minExportRows: {opettajat: 7}}\n", "",
		},
		"a default that the target does not have": {
			head("SupportContact", "s") + "spec:\n  person: t-1\n", "- SupportContact m/s bulletins 0 true",
			head("SupportContact", "s") + "spec:\n  person: t-1\n  bulletins: false\n", "",
		},
		"records of a list": {
			head("SurveyTemplate", "s, annotations: {lupa/silence.E19: '2999-12-31 not what is tried here'}") + "spec:\n  author: t-1\n  sharing:\n    - school: testila\n      copy: true\n      # not ordinary\n    # the end\n  holders: [t-1]\n",
			"+ SurveyTemplate m/s school 0 m/testila\n+ Sharing m/s/testila auto 0 true\n+ Sharing m/s/kolmas\n+ Sharing m/s/kolmas school 0 m/kolmas\n+ Sharing m/s/kolmas copy 0 true",
			head("SurveyTemplate", "s, annotations: {lupa/silence.E19: '2999-12-31 not what is tried here'}") + "spec:\n  author: t-1\n  sharing:\n    - school: testila\n      copy: true\n      auto: true\n      # not ordinary\n    - school: kolmas\n      copy: true\n    # the end\n  holders: [t-1]\n", "",
		},
		"records of a mapping": {
			head("Policy", "l") + "spec: {severities: {W01: {severity: off, reason: a}}}\n",
			"+ PolicySeverity m/l/W02\n+ PolicySeverity m/l/W02 code 0 W02\n+ PolicySeverity m/l/W02 severity 0 off\n+ PolicySeverity m/l/W02 reason 0 b: c",
			head("Policy", "l") + "spec: {severities: {W01: {severity: off, reason: a}, W02: {severity: \"off\", reason: \"b: c\"}}}\n", "",
		},
		"a record in place of another": {
			head("Policy", "l") + "spec:\n  severities:\n    W01: {severity: \"off\", reason: a}\n", "- PolicySeverity m/l/W01 severity 0 off\n+ PolicySeverity m/l/W01 severity 0 error\n+ PolicySeverity m/l/W01 x 0 y", "", "Policy l",
		},
		"lines of people": {
			head("People", "l") + "spec:\n  defaults: {kind: teacher, schools: [testila], groups: [g1]}\n  people:\n    - {name: p}  # she\n    - {name: q, groups: [g2]}\n    - name: r\n      schools: [kolmas]\n",
			"+ Person m/p groups 0 m/g3\n+ Person m/q groups 0 m/g3\n+ Person m/q surveyMaintainerSchools 0 m/testila\n+ Person m/r groups 0 m/g2\n+ Person m/r schools 2 m/testila\n+ Person m/r externalIds 0 primusCard=1",
			head("People", "l") + "spec:\n  defaults: {kind: teacher, schools: [testila], groups: [g1]}\n  people:\n    - {name: p, groups: [g1, g3]}  # she\n    - {name: q, groups: [g2, g3], surveyMaintainerSchools: [testila]}\n    - name: r\n      schools: [kolmas, testila]\n      externalIds: {primusCard: \"1\"}\n      groups: [g1, g2]\n", "",
		},
		"an account by default": {
			head("People", "l") + "spec:\n  defaults: {kind: teacher, schools: [testila], primusAccount: {groups: [g1]}}\n  people:\n    - {name: p}\n",
			"+ Person m/p primusAccount.groups 0 m/g3\n- Person m/p primusAccount.linked 0 true",
			head("People", "l") + "spec:\n  defaults: {kind: teacher, schools: [testila], primusAccount: {groups: [g1]}}\n  people:\n    - {name: p, primusAccount: {groups: [g1, g3], linked: false}}\n", "",
		},
		"line ends of Windows, and none at the end": {
			strings.ReplaceAll(head("UserGroup", "g")+"spec:\n  wilma:\n    - r.a # ä", "\n", "\r\n"), "+ UserGroup m/g wilma 0 r.b\n+ UserGroup m/g title 0 Ö",
			strings.ReplaceAll(head("UserGroup", "g")+"spec:\n  wilma:\n    - r.a # ä\n    - r.b\n  title: Ö", "\n", "\r\n"), "",
		},
		"what would not be in force any more": {
			head("PersonOverride", "o") + "spec: {person: t-1, grant: [r.a]}\n", "+ PersonOverride m/o validTo 0 2026-02-01\n+ PersonOverride m/o grant 0 r.b\n+ PersonOverride m/o reason 0 because",
			head("PersonOverride", "o") + "spec: {person: t-1, grant: [r.a, r.b], reason: because}\n", "PersonOverride o",
		},
		"what is not in force": {
			head("PersonOverride", "o") + "spec: {person: t-1, grant: [r.a], validTo: 2026-02-01}\n",
			"+ PersonOverride m/o\n+ PersonOverride m/o person 0 m/t-1\n+ PersonOverride m/o grant 0 r.a\n+ PersonOverride m/o grant 0 r.b\n+ PersonOverride m/o validTo 0 2026-02-01", "", "PersonOverride o",
		},
		"what has a new name": {
			strings.Replace(head("UserGroup", "g"), "g}", "g, previously: [old]}", 1), "- UserGroup m/g\n+ UserGroup m/old\n+ UserGroup m/old wilma 0 r.a", "", "UserGroup g",
		},
		"what is kept elsewhere": {
			head("UserGroup", "g") + "spec: {external: true}\n", "+ UserGroup m/g\n+ UserGroup m/g title 0 theirs", "", "",
		},
		"what was kept elsewhere": {
			head("UserGroup", "g") + "spec: {title: ours}\n", "+ UserGroup m/g external 0 true\n+ UserGroup m/g wilma 0 r.a", "", "UserGroup g",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(base)
			files["around.yaml"], files["x.yaml"] = around, c.doc
			fsys := treeOf(files)
			before := load(t, fsys, "")
			if before.Refused() {
				t.Fatal(found(before.Problems))
			}
			held := edited(t, before.Goal.Facts, c.edits)
			im, after := imported(t, fsys, fact.Snapshot{Now: held, Last: before.Goal.Facts})
			got := c.doc
			if e, changed := im.Changed["x.yaml"]; changed {
				got = string(e.After)
			}
			if c.want == "" {
				c.want = c.doc
			}
			if diff := cmp.Diff(c.want, got); diff != "" || len(im.Files) > 0 {
				t.Errorf("(-want +got):\n%s\n%s", diff, text(im.Files))
			}
			var differ []string
			for _, o := range im.Differ {
				differ = append(differ, o.Kind+" "+o.Name)
			}
			if got := strings.Join(differ, ", "); got != c.differ {
				t.Errorf("differ %q, want %q", got, c.differ)
			}
			if steps := plan.Make(after.Goal, "", "", fact.Snapshot{Now: held, Last: held}).Steps; c.differ == "" && len(steps) > 0 {
				t.Errorf("a plan would %v", steps)
			}
		})
	}
}

// TestImportAdditionsToRosters: of whom only a roster speaks gets a document with
// what is missing, which joins the row; rows, rules and defaults stay.
func TestImportAdditionsToRosters(t *testing.T) {
	fsys := and(register, "rule.yaml", head("GroupRule", "kaikki")+"spec: {match: {kind: teacher}, groups: [opettajat]}\n")
	before := load(t, fsys, "")
	if before.Refused() {
		t.Fatal(found(before.Problems))
	}
	held := edited(t, before.Goal.Facts, `+ Person m/1042 groups 0 m/rehtorit
+ Person m/1042 externalIds 0 x=y
+ Person m/1042 schools 3 m/s3
+ Person m/_521 groups 0 m/opettajat
- Person m/_54-2 groups 0 m/opettajat
+ Person m/_54-2 groups 0 m/rehtorit
+ Person m/o1 surveyMaintainerSchools 0 m/s2
+ School m/testila guardianGroups 0 m/huoltajat
- School m/s2 title 0 Haukilampi
+ School m/s2 title 0 Haukilammi
+ School m/s2 studentGroups 0 m/oppilaat
+ School m/s3
+ School m/s3 wilma.enabled 0 true
+ SchoolClass m/9a studentGroups 0 m/oppilaat`)
	im, _ := imported(t, fsys, fact.Snapshot{Now: held, Last: before.Goal.Facts})
	want := `-- people/1042.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: Person
metadata: {name: "1042", externalIds: {x: "y"}}
spec:
  groups: [rehtorit]
-- people/_521.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: Person
metadata: {name: _521}
spec:
  groups: [opettajat]
-- people/_54-2.yaml --
# yaml-language-server: $schema=../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: Person
metadata: {name: _54-2}
spec:
  groups: [rehtorit]
-- schools/s2/school.yaml --
# yaml-language-server: $schema=../../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: School
metadata: {name: s2}
spec:
  studentGroups: [oppilaat]
-- schools/s3/school.yaml --
# yaml-language-server: $schema=../../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: School
metadata: {name: s3}
-- schools/testila/classes/9a.yaml --
# yaml-language-server: $schema=../../../.lupa/lupa.schema.json
apiVersion: lupa/v1
kind: SchoolClass
metadata: {name: 9a}
spec:
  studentGroups: [oppilaat]
`
	if diff := cmp.Diff(want, text(im.Files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := string(im.Changed["testila.yaml"].After), strings.Replace(register["testila.yaml"], "[oppilaat]", "[oppilaat], guardianGroups: [huoltajat]", 1); got != want || len(im.Changed) != 1 {
		t.Errorf("%d files changed\n%s", len(im.Changed), got)
	}
	var differ []string
	for _, o := range im.Differ {
		differ = append(differ, o.Kind+" "+o.Name)
	}
	if got := strings.Join(differ, ", "); got != "Person 1042, Person _54-2, Person o1, School s2" {
		t.Errorf("differ: %s", got)
	}
	if im.Objects != 1 || im.Grown != 6 {
		t.Errorf("%d objects, %d grown", im.Objects, im.Grown)
	}
}

// TestImportWorldsGrown takes random worlds from which something was taken away:
// what their trees lack is added, and a plan changes nothing but what a document
// could not say before. (Plans are held to that by imported.)
func TestImportWorldsGrown(t *testing.T) {
	worlds := uint64(60)
	if testing.Short() {
		worlds = 12
	}
	adopted, whole := 0, 0
	for seed := range worlds {
		choose := seeded(seed)
		world := full(lawful(choose, facttest.World(choose)))
		less := lessened(choose, world)
		first, _ := imported(t, project, fact.Snapshot{Now: less})
		fsys := treeWith(first)
		before := load(t, fsys, "")
		said := make(map[string]bool) // what the tree could not say, or said otherwise
		for _, f := range slices.Concat(first.Left, first.Notes) {
			said[f.Subject] = true
		}
		called := func(key fact.Key) string {
			return key.Kind + " " + fact.Called(key.ID, world.Kind("Installation").Len() > 0 && len(before.Goal.Installations) > 1)
		}
		im, after := imported(t, fsys, fact.Snapshot{Now: world, Last: less})
		for _, o := range im.Differ {
			o := world.Object(fact.Key{Kind: o.Kind, ID: o.ID})
			if !said[called(o.At(0).Key)] && len(im.Left) == 0 && o.Value("external") == "" {
				t.Errorf("seed %d: %v differs:\n%s", seed, o.At(0).Key, cmp.Diff(facttest.Describe(before.Goal.Declared().Object(o.At(0).Key)), facttest.Describe(o)))
			}
		}
		if len(im.Left) == 0 {
			whole++
		}
		adopted += after.Goal.Facts.Minus(before.Goal.Facts).Len()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d facts were added; in %d of %d worlds to all", adopted, whole, worlds)
	if adopted < int(worlds) || whole < int(worlds)/2 {
		t.Error("few were added to")
	}
}

func FuzzImportAdditions(f *testing.F) {
	for n := range 10 {
		data := make([]byte, 60*n)
		r := rand.New(rand.NewPCG(uint64(n), 5))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data, n%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, grown bool) {
		choose := facttest.Bytes(data)
		held := lawful(choose, facttest.World(choose))
		declared := lessened(choose, held)
		if !grown {
			declared, held = held, facttest.World(choose)
		}
		first, _ := imported(t, project, fact.Snapshot{Now: declared})
		imported(t, treeWith(first), fact.Snapshot{Now: held, Last: declared})
	})
}

// treeWith is the tree that an import makes.
func treeWith(im *config.Imported) fstest.MapFS {
	fsys := maps.Clone(project)
	for name, data := range im.Files {
		fsys[name] = &fstest.MapFile{Data: data, Mode: 0o644}
	}
	return fsys
}

// full is a world in which every field has a value that has one by default.
func full(s fact.Set) fact.Set {
	var b fact.Builder
	b.AddSet(s)
	for key, o := range s.Objects() {
		for _, f := range fact.Words.Kind(key.Kind).Fields {
			if f.Default != "" && f.Type != fact.Flag && o.Field(f.Name).Len() == 0 {
				b.Add(fact.Fact{Key: key, Field: f.Name, Value: f.Default})
			}
		}
	}
	return b.Set()
}

// lessened is a world without some of what may be missing.
func lessened(choose facttest.Choose, s fact.Set) fact.Set {
	var b fact.Builder
	for key, o := range s.Objects() {
		kind := fact.Words.Kind(key.Kind)
		if kind.Parent != "" && !strings.Contains(key.ID, "/unjudged/") && choose(4) == 0 {
			continue
		}
		for _, f := range o.All() {
			field := kind.Field(f.Field)
			if field == nil || f.Field == kind.Key || f.Field == "external" || field.AllOf != "" || field.Presence || slices.Contains(required, key.Kind+"."+f.Field) ||
				field.Type == fact.Flag && field.Default == "true" || strings.HasPrefix(f.Field, "valid") {
				b.Add(f)
				continue
			}
			gone := choose(3) == 0
			switch {
			case !gone:
				b.Add(f)
			case field.Shape == fact.List && f.Row < o.Field(f.Field).Len():
				b.Add(f) // only the last of a list goes
			case o.Field(f.Field).At(0) == f:
				b.Add(f) // and never all: an empty list of schools means another thing
			}
		}
	}
	return b.Set()
}

// TestImportWorldsApart imports one random world into the tree of another: what
// is declared stays, whatever the target holds.
func TestImportWorldsApart(t *testing.T) {
	worlds := uint64(20)
	if testing.Short() {
		worlds = 6
	}
	adopted := 0
	for seed := range worlds {
		choose := seeded(seed)
		first, before := imported(t, project, fact.Snapshot{Now: lawful(choose, facttest.World(choose))})
		other := facttest.World(choose)
		if seed%2 == 0 {
			other = lawful(choose, other)
		}
		_, after := imported(t, treeWith(first), fact.Snapshot{Now: other})
		adopted += after.Goal.Facts.Where(before.Goal.Facts.Has).Minus(before.Goal.Facts).Len()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d facts were added", adopted)
	if adopted < int(worlds) {
		t.Error("few were added")
	}
}
