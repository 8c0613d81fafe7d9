package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/schema/source"
)

func TestAccessTests(t *testing.T) {
	const tests = `apiVersion: lupa/v1
kind: AccessTest
metadata: {name: toinen, installation: m}
spec:
  at: 2026-07-15
  cases:
    - {person: g-1/k-2, right: wilma.messages.send, expect: deny}
---
apiVersion: lupa/v1
kind: AccessTest
metadata: {name: ensimmainen, installation: m}
spec:
  cases:
    - {person: t-1, right: wilma.surveys.addSurvey, place: testila, expect: allow}
    - {right: viewer, place: "ims:ims/processes/Opetus ja kasvatus", exactly: ["m:t-2", t-1]}
    - right: wilma.surveys.maintain
      exactly: []
`
	at := func(line, col int) source.Pos { return source.Pos{File: "kokeet.yaml", Line: line, Col: col} }
	want := []config.AccessTest{
		{Name: "ensimmainen", Installation: "m", Pos: at(11, 18), Cases: []config.AccessCase{
			{Person: "t-1", Right: "wilma.surveys.addSurvey", Place: "testila", Expect: "allow", Pos: at(14, 7)},
			{Right: "viewer", Place: "ims:ims/processes/Opetus ja kasvatus", Exactly: []string{"m:t-2", "t-1"}, Pos: at(15, 7)},
			{Right: "wilma.surveys.maintain", Exactly: []string{}, Pos: at(16, 7)},
		}},
		{Name: "toinen", Installation: "m", Pos: at(3, 18), At: day(t, "2026-07-15"), Cases: []config.AccessCase{
			{Person: "g-1/k-2", Right: "wilma.messages.send", Expect: "deny", Pos: at(7, 7)},
		}},
	}
	others := map[string]string{"lupa.yaml": base["lupa.yaml"], "muut.yaml": strings.Join([]string{
		yaml("Installation", "m", "spec: {system: inschool}"), yaml("Installation", "ims", "spec: {system: ims}"),
		yaml("School", "testila, installation: m", ""), yaml("Person", "t-1, installation: m", "spec: {kind: teacher, schools: [testila]}"),
		yaml("Person", "t-2, installation: m", "spec: {kind: teacher, schools: [testila]}"), yaml("Person", "k-2, installation: m", "spec: {kind: student, schools: [testila]}"),
		yaml("Person", "g-1, installation: m", "spec: {kind: guardian, children: [k-2]}"),
		yaml("RightsCatalogue", "m, installation: m", "spec: {rights: [{key: wilma.messages.send}]}")}, "---\n")}
	without := load(t, and(others), "")
	tree := load(t, and(others, "kokeet.yaml", tests), "")
	if diff := cmp.Diff(want, tree.Tests); diff != "" {
		t.Errorf("(-want +got):\n%s\n%q", diff, found(tree.Problems))
	}
	if !tree.Goal.Facts.Equal(without.Goal.Facts) || tree.Objects != without.Objects {
		t.Error("a test is a fact")
	}
}

// TestAccessTestsBelongSomewhere: as other documents they have a name of their own
// and an installation, and are one of two things.
func TestAccessTestsBelongSomewhere(t *testing.T) {
	second := yaml("Installation", "n", "spec: {system: inschool}")
	test := func(head, spec string) string {
		return "apiVersion: lupa/v1\nkind: AccessTest\nmetadata: " + head + "\nspec: " + spec + "\n"
	}
	const allowed = "{cases: [{person: t-1, right: a, expect: allow}]}"
	for _, c := range []struct{ name, files, want string }{
		{"two of one name", test("{name: a}", allowed) + "---\n" + test("{name: a}", allowed), "kokeet.yaml:8 D02.object"},
		{"an installation that is not there", test("{name: a, installation: x}", allowed), "kokeet.yaml:3 D05.unknown"},
		{"two installations, and none said", test("{name: a}", allowed) + "---\n" + second, "kokeet.yaml:3 D05.several"},
		{"no case", test("{name: a}", "{cases: []}"), "kokeet.yaml:4 S06"},
		{"no expectation", test("{name: a}", "{cases: [{person: t-1, right: a}]}"), "kokeet.yaml:4 S02"},
		{"both sorts at once", test("{name: a}", "{cases: [{right: a, exactly: [], expect: deny}]}"), "kokeet.yaml:4 S01"},
		{"a third answer", test("{name: a}", "{cases: [{person: t-1, right: a, expect: maybe}]}"), "kokeet.yaml:4 S04"},
		{"a name that is none", test("{name: a}", "{cases: [{person: T 1, right: a, expect: deny}]}"), "kokeet.yaml:4 S05.pattern"},
		{"a person twice", test("{name: a}", "{cases: [{right: a, exactly: [t-1, t-1]}]}"), "kokeet.yaml:4 S08"},
	} {
		tree := load(t, and(base, "kokeet.yaml", c.files), "")
		got := found(tree.Problems)
		own := got[:0]
		for _, p := range got {
			if strings.HasPrefix(p, "kokeet.yaml") && !strings.Contains(p, " E01") {
				own = append(own, p)
			}
		}
		if len(own) != 1 || own[0] != c.want {
			t.Errorf("%s: %q, want %s alone", c.name, own, c.want)
		}
	}
}

// TestAccessTestsNameWhatIsThere: an answer about what nobody declared would be a
// No that nobody meant. All of it is told, each word at its place.
func TestAccessTestsNameWhatIsThere(t *testing.T) {
	const tests = `apiVersion: lupa/v1
kind: AccessTest
metadata: {name: a}
spec:
  cases:
    - {person: t-9, right: wilma.surveys.addSurvey, place: testila, expect: deny}
    - {person: t-1, right: wilma.surveys.addSurvy, place: testilla, expect: deny}
    - {right: wilma.surveys.maintain, place: unit/a, exactly: [t-1, g-9/t-1]}
    - {right: wilma.surveys.maintain, place: ims/processes, exactly: ["x:t-1"]}
    - {person: g-1, right: wilma.surveys.maintain, expect: deny}
    - {person: g-1/t-1, right: wilma.surveys.maintain, expect: deny}
    - {person: t-1/k-1, right: wilma.surveys.maintain, expect: deny}
    - {person: g-1/k-1, right: wilma.surveys.maintain, expect: deny}
`
	want := []string{"kokeet.yaml:6 E01.object", "kokeet.yaml:7 E01.place", "kokeet.yaml:7 E01.right", "kokeet.yaml:8 E01.object", "kokeet.yaml:8 E01.place", "kokeet.yaml:9 E01.object", "kokeet.yaml:9 E01.place",
		"kokeet.yaml:10 E01.guardian", "kokeet.yaml:11 E01.child", "kokeet.yaml:12 E01.childless"}
	slices.Sort(want)
	family := yaml("Person", "k-1", "spec: {kind: student, schools: [testila]}") + "---\n" + yaml("Person", "g-1", "spec: {kind: guardian, children: [k-1]}")
	tree := load(t, and(base, "kokeet.yaml", tests, "perhe.yaml", family), "")
	if got := found(tree.Problems); !cmp.Equal(want, got) || !tree.Refused() {
		t.Errorf("got %q, want %q", got, want)
	}
	if p := tree.Problems[1]; p.Suggest != "wilma.surveys.addSurvey" || p.Pos[0].Col != 28 {
		t.Errorf("%+v", p)
	}
}
