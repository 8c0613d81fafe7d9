package config_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// register is a tree with a roster of OneRoster 1.2, and rules.
var register = map[string]string{
	"lupa.yaml": `apiVersion: lupa/v1
kind: Project
metadata: {name: testi}
spec:
  rosters:
    - {name: sis, format: oneroster, path: roster}
`,
	"installation.yaml": base["installation.yaml"],
	"groups.yaml": `apiVersion: lupa/v1
kind: UserGroup
metadata: {name: opettajat}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: rehtorit}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: oppilaat}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: huoltajat}
`,
	"testila.yaml": `apiVersion: lupa/v1
kind: School
metadata: {name: testila, externalIds: {sourcedId: S1}}
spec: {title: Testila, studentGroups: [oppilaat]}
`,
	"roster/orgs.csv": `sourcedId,name,type,identifier,parentSourcedId
M,Mallila,district,,
S1,Testilän koulu,school,01234,M
s2,Haukilampi,school,,M
`,
	"roster/classes.csv": `sourcedId,title,classType,schoolSourcedId
9a,9 A,homeroom,S1
`,
	"roster/users.csv": `sourcedId,enabledUser,agentSourcedIds,password
1042,true,,salainen
T-2,true,,
R1,true,,
o1,true,"v1,T-2",
v1,true,,
d1,true,,
`,
	"roster/roles.csv": `sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId
r1,1042,secondary,teacher,,,s2
r2,1042,primary,teacher,,,S1
r3,T-2,primary,teacher,2026-01-01,2026-06-01,S1
r9,T-2,secondary,parent,,,s2
r4,R1,primary,principal,,,S1
r5,o1,primary,student,,,S1
r6,v1,primary,parent,,,S1
r7,d1,primary,districtAdministrator,,,M
`,
	"roster/enrollments.csv": `sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role
e1,9a,S1,o1,student
e2,9a,S1,1042,teacher
`,
}

// and is a tree with some files changed.
func and(tree map[string]string, changes ...string) fstest.MapFS {
	tree = maps.Clone(tree)
	for i := 0; i < len(changes); i += 2 {
		tree[changes[i]] = changes[i+1]
	}
	return treeOf(tree)
}

func yaml(kind, name, rest string) string {
	return fmt.Sprintf("apiVersion: lupa/v1\nkind: %s\nmetadata: {name: %s}\n%s\n", kind, name, rest)
}

// people are the facts of people, schools and classes in words.
func people(tree *config.Tree) []string {
	var lines []string
	if tree.Goal == nil {
		return nil
	}
	for key, object := range tree.Goal.Facts.Objects() {
		if !slices.Contains([]string{"Person", "School", "SchoolClass", "PersonOverride"}, key.Kind) {
			continue
		}
		line := key.Kind + " " + key.Name()
		for _, f := range object.All() {
			if f.Field != "" && f.Field != "wilma.enabled" {
				line += fmt.Sprintf(" %s=%s", f.Field, fact.Name(f.Value))
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// problems are codes and places.
func problems(tree *config.Tree) []string {
	var lines []string
	for _, p := range tree.Problems {
		lines = append(lines, fmt.Sprintf("%s:%d %s", p.Pos[0].File, p.Pos[0].Line, strings.TrimSuffix(p.Code+"."+p.Case, ".")))
	}
	return lines
}

func TestRosterAndDocuments(t *testing.T) {
	rules := yaml("GroupRule", "opettajat", "spec: {match: {kind: teacher, school: testila, role: teacher}, groups: [opettajat]}") + "---\n" +
		yaml("GroupRule", "rehtorit", "spec: {match: {kind: staff, role: principal}, groups: [rehtorit, opettajat]}") + "---\n" +
		yaml("GroupRule", "yhdeksannet", "spec: {match: {kind: student, class: 9a}, groups: [oppilaat]}") + "---\n" +
		yaml("GroupRule", "huoltajat", "spec: {match: {kind: guardian}, groups: [huoltajat]}") + "---\n" +
		yaml("GroupRule", "luokanopettajat", "spec: {match: {kind: teacher, class: 9a, role: teacher}, groups: [rehtorit]}")
	schools := []string{
		"School s2 externalIds=sourcedId=s2 guardianGroups=huoltajat title=Haukilampi",
		"School testila code=01234 externalIds=sourcedId=S1 guardianGroups=huoltajat studentGroups=oppilaat title=Testila",
		"SchoolClass 9a externalIds=sourcedId=9a school=testila studentGroups=oppilaat title=9 A",
	}
	person := yaml("Person", "t-1042", "spec: {groups: [rehtorit], primusAccount: {homeSchools: [testila]}}")
	person = strings.Replace(person, "t-1042}", "t-1042, externalIds: {primusCard: '1042'}}", 1)
	bare := []string{ // what the roster alone says
		"Person 1042 externalIds=sourcedId=1042 kind=teacher schools=testila schools=s2",
		"Person _521 externalIds=sourcedId=R1 kind=staff schools=testila",
		"Person _54-2 externalIds=sourcedId=T-2 kind=teacher schools=testila",
		"Person o1 classes=9a externalIds=sourcedId=o1 kind=student schools=testila",
		"Person v1 children=o1 externalIds=sourcedId=v1 kind=guardian",
		"School s2 externalIds=sourcedId=s2 title=Haukilampi",
		"School testila code=01234 externalIds=sourcedId=S1 studentGroups=oppilaat title=Testila",
		"SchoolClass 9a externalIds=sourcedId=9a school=testila title=9 A",
	}
	for name, c := range map[string]struct {
		tree     fstest.MapFS
		want     []string
		problems []string
	}{
		"by its card or by its name, and with groups by rules": {
			and(register, "rules.yaml", rules, "aino.yaml", person),
			append([]string{
				"Person _521 externalIds=sourcedId=R1 groups=opettajat groups=rehtorit kind=staff schools=testila",
				"Person _54-2 externalIds=sourcedId=T-2 groups=opettajat kind=teacher schools=testila",
				"Person o1 classes=9a externalIds=sourcedId=o1 kind=student schools=testila",
				"Person t-1042 externalIds=primusCard=1042 groups=opettajat groups=rehtorit kind=teacher primusAccount=true primusAccount.homeSchools=testila primusAccount.linked=true schools=testila schools=s2",
				"Person v1 children=o1 externalIds=sourcedId=v1 kind=guardian",
			}, schools...),
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06"},
		},
		"what the roster says may be said again": {
			and(register, "aino.yaml", yaml("Person", `"1042"`, "spec: {kind: teacher, schools: [testila, s2]}"), "o.yaml", yaml("Person", "o1", "spec: {kind: student, schools: [testila], classes: [9a]}")),
			bare,
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06"},
		},
		"a contradiction is an error": {
			and(register, "p.yaml", yaml("Person", `"1042"`, "spec: {kind: staff, schools: [s2, testila]}")+"---\n"+yaml("Person", "_521", "spec: {allSchools: true}")+"---\n"+
				yaml("Person", "v1", "spec: {children: []}")+"---\n"+yaml("Person", "o1", "spec: {classes: []}"), "testila.yaml", register["testila.yaml"]+"---\n"+yaml("SchoolClass", "9a", "spec: {school: s2}")),
			nil,
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06", "p.yaml:4 C10.differs", "p.yaml:4 C10.differs", "p.yaml:9 C10.differs", "testila.yaml:9 C10.differs"},
		},
		"two documents of one card, and one of two rows": {
			and(register, "p.yaml", strings.ReplaceAll(yaml("Person", "a", "spec: {groups: []}")+"---\n"+yaml("Person", "b", "spec: {groups: []}"), "}\nspec", ", externalIds: {primusCard: R1}}\nspec"),
				"q.yaml", strings.Replace(yaml("Person", "_54-2", ""), "}\n", ", externalIds: {sourcedId: '1042'}}\n", 1)),
			nil,
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06", "p.yaml:8 D11", "p.yaml:8 C10.documents", "q.yaml:3 C10.another"},
		},
		"two rosters that have the same people": {
			and(register, "lupa.yaml", register["lupa.yaml"]+"    - {name: again, format: oneroster, path: again}\n", "again/orgs.csv", "sourcedId,name,type\nx1,X,school\n",
				"again/users.csv", "sourcedId,enabledUser,orgSourcedIds,role\nR1,true,x1,aide\n"),
			nil,
			[]string{"again/users.csv:2 C10.rows", "lupa.yaml:6 N04", "lupa.yaml:6 N06"},
		},
		"who is disabled is absent, whatever a document says": {
			and(register, "roster/users.csv", strings.Replace(register["roster/users.csv"], "R1,true", "R1,false", 1), "p.yaml", yaml("Person", "_521", "spec: {kind: staff, schools: [testila], groups: [rehtorit]}")+"---\n"+
				yaml("PersonOverride", "x", "spec: {person: _521, grant: [wilma.surveys.addSurvey]}")+"---\n"+
				yaml("Substitution", "y", "spec: {absent: '1042', substitute: _521, from: 2026-01-01, to: 2027-01-01}")),
			slices.Concat(bare[:1], bare[2:]), // without _521
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06", "p.yaml:3 N07", "p.yaml:9 N07", "p.yaml:14 N07"},
		},
		"a document of nobody": {
			and(register, "p.yaml", yaml("Person", "t-1", "spec: {groups: [opettajat]}")+"---\n"+yaml("PersonOverride", "x", "spec: {person: t-2, grant: [wilma.surveys.addSurvey]}")),
			nil,
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06", "p.yaml:3 D11", "p.yaml:9 E01.object"},
		},
		"who has no school is absent, and what hangs on the card with it": {
			and(register, "p.yaml", yaml("PersonOverride", "x", "spec: {person: d1, grant: [wilma.surveys.addSurvey]}")+"---\n"+yaml("Person", "d1", "spec: {groups: [opettajat], primusAccount: {}}"),
				"roster/enrollments.csv", "", "roster/classes.csv", "", "roster/users.csv", "sourcedId,enabledUser\n1042,true\nT-2,true\nd1,true\nv1,true\n",
				"roster/roles.csv", "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr1,1042,primary,teacher,S1\nr7,d1,primary,districtAdministrator,M\nr2,T-2,primary,teacher,S1\nr6,v1,primary,parent,S1\n"),
			[]string{
				"Person 1042 externalIds=sourcedId=1042 kind=teacher schools=testila",
				"Person _54-2 externalIds=sourcedId=T-2 kind=teacher schools=testila",
				"School s2 externalIds=sourcedId=s2 title=Haukilampi",
				"School testila code=01234 externalIds=sourcedId=S1 studentGroups=oppilaat title=Testila",
			},
			[]string{"lupa.yaml:6 N04", "p.yaml:4 N07", "p.yaml:8 N07"},
		},
		"who leads one school and teaches in another is both, each where it is so": {
			and(register, "roster/roles.csv", register["roster/roles.csv"]+"r8,R1,secondary,teacher,,,s2\n", "rules.yaml", rules),
			append([]string{
				"Person 1042 externalIds=sourcedId=1042 groups=opettajat groups=rehtorit kind=teacher schools=testila schools=s2",
				"Person _521 externalIds=sourcedId=R1 groups=opettajat groups=rehtorit kind=teacher schools=testila schools=s2",
				"Person _54-2 externalIds=sourcedId=T-2 groups=opettajat kind=teacher schools=testila",
				"Person o1 classes=9a externalIds=sourcedId=o1 kind=student schools=testila",
				"Person v1 children=o1 externalIds=sourcedId=v1 kind=guardian",
			}, schools...),
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06"},
		},
		"a class with groups by a rule keeps those of wider rules": {
			and(register, "rules.yaml", yaml("GroupRule", "a", "spec: {match: {kind: student}, groups: [opettajat]}")+"---\n"+
				yaml("GroupRule", "b", "spec: {match: {kind: student, class: 9a}, groups: [rehtorit]}")+"---\n"+
				yaml("GroupRule", "c", "spec: {match: {kind: guardian, school: testila}, groups: [huoltajat]}")+"---\n"+
				yaml("GroupRule", "d", "spec: {match: {kind: student, school: s2}, groups: [oppilaat]}"), "roster/users.csv", "sourcedId,enabledUser\no1,true\n",
				"roster/roles.csv", "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr5,o1,primary,student,S1\n",
				"roster/enrollments.csv", "sourcedId,classSourcedId,userSourcedId,role\ne1,9a,o1,student\n"),
			[]string{
				"Person o1 classes=9a externalIds=sourcedId=o1 kind=student schools=testila",
				"School s2 externalIds=sourcedId=s2 studentGroups=opettajat studentGroups=oppilaat title=Haukilampi",
				"School testila code=01234 externalIds=sourcedId=S1 guardianGroups=huoltajat studentGroups=opettajat studentGroups=oppilaat title=Testila",
				"SchoolClass 9a externalIds=sourcedId=9a school=testila studentGroups=opettajat studentGroups=rehtorit title=9 A",
			},
			nil,
		},
		"a project with a mistake is no reason to call names unknown": {
			and(register, "lupa.yaml", strings.Replace(register["lupa.yaml"], "format: oneroster", "format: excel", 1), "rules.yaml", rules, "aino.yaml", person),
			nil,
			[]string{"lupa.yaml:6 S04"},
		},
		"rules for nobody": {
			and(register, "rules.yaml", yaml("GroupRule", "a", "spec: {match: {kind: teacher, role: Teacher}, groups: [opettajat]}")+"---\n"+
				yaml("GroupRule", "b", "spec: {match: {kind: student, school: s2, class: 9a}, groups: [opettajat]}")+"---\n"+
				yaml("GroupRule", "c", "spec: {match: {kind: staff, school: s2}, groups: [opettajat]}")),
			bare,
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06", "rules.yaml:3 N05", "rules.yaml:8 N05", "rules.yaml:13 N05"},
		},
		"what a roster with problems would declare is not called unknown": {
			and(register, "roster/users.csv", register["roster/users.csv"]+"x\n", "p.yaml", yaml("PersonOverride", "x", "spec: {person: zzz, grant: []}")+"---\n"+
				yaml("GroupRule", "c", "spec: {match: {kind: staff, school: s2}, groups: [opettajat]}")),
			nil,
			[]string{"roster/users.csv:8 C03.count"},
		},
		"no such roster": {
			and(register, "lupa.yaml", strings.Replace(register["lupa.yaml"], "path: roster", "path: rooster", 1)),
			nil,
			[]string{"rooster:0 C01.missing"},
		},
		"ignored": {
			and(register, "lupa.yaml", register["lupa.yaml"]+"  ignore: [{kind: Person, name: o*}]\n"),
			nil,
			[]string{"lupa.yaml:6 N04", "lupa.yaml:6 N06", "roster/users.csv:5 D04"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tree := load(t, c.tree, "2026-03-01")
			if diff := cmp.Diff(c.problems, problems(tree)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, people(tree)); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRosterInTime: rows of a roster hold from a day to a day, and the goal says
// until when it stays as it is.
func TestRosterInTime(t *testing.T) {
	for day, want := range map[string]string{
		"2025-12-31": "<nil> 2026-01-01 guardian", "2026-01-01": "2026-01-01 2026-06-01 teacher", "2026-05-31": "2026-01-01 2026-06-01 teacher", "2026-06-01": "2026-06-01 <nil> guardian",
	} {
		tree := load(t, treeOf(register), day)
		goal := tree.Goal
		from, until := "<nil>", "<nil>"
		if goal.From != nil {
			from = goal.From.Format("2006-01-02")
		}
		if goal.Until != nil {
			until = goal.Until.Format("2006-01-02")
		}
		kind := goal.Facts.Object(fact.Key{Kind: "Person", ID: "m/_54-2"}).Value("kind")
		if got := fmt.Sprintf("%s %s %s", from, until, kind); got != want {
			t.Errorf("%s: got %s, want %s", day, got, want)
		}
	}
}

// TestInputsOfRosters: a plan knows the bytes of the files it was made from.
func TestInputsOfRosters(t *testing.T) {
	tree := load(t, treeOf(register), "")
	var paths []string
	for _, in := range tree.Goal.Inputs {
		if len(in.SHA256) != 64 {
			t.Errorf("%v", in)
		}
		paths = append(paths, in.Path)
	}
	want := []string{"groups.yaml", "installation.yaml", "lupa.yaml", "roster/classes.csv", "roster/enrollments.csv", "roster/orgs.csv", "roster/roles.csv", "roster/users.csv", "testila.yaml"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTemplateOfRosterPerson (R77): a template begins at its author's first
// school, also where a roster says which that is.
func TestTemplateOfRosterPerson(t *testing.T) {
	tree := load(t, and(register, "t.yaml", yaml("SurveyTemplate", "kysely", `spec: {author: "1042"}`)), "2026-03-01")
	if tree.Refused() {
		t.Fatal(problems(tree))
	}
	template := tree.Goal.Initial.Object(fact.Key{Kind: "SurveyTemplate", ID: "m/kysely"})
	if got := template.Value("school") + " " + template.Value("holders"); got != "m/testila m/1042" {
		t.Errorf("got %q", got)
	}
}
