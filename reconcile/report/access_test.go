package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// TestBriefReasons: whatever gives a right has a word, and what only makes it
// reach a place has none.
func TestBriefReasons(t *testing.T) {
	reach := []string{"R36.own", "R76.own", "R74.all", "R74.empty", "R35.student", "R35.child", "P10.home", "P10.everywhere", "R78.listed", "R71.on"}
	gives := []string{"R34.group", "R88.group", "R89.group", "R90.group", "R91.group", "R92.group", "R89.maintain", "R24.tick", "R73.tick", "R82.tick", "R85.tick", "R70.tick", "R70.legacy",
		"R43.group", "R43.tick", "R43.profile", "R22.account", "R31.account", "R31.tick", "R83.teacher", "R83.staff", "R86.teacher", "R86.staff", "R28.card", "P7.class", "R27.school",
		"R29.card", "R29.class", "R29.school", "R59.group", "R48.ownUnits", "R48.root", "R48.units"}
	for _, key := range slices.Concat(reach, gives) {
		if englishReasons[key] == nil {
			t.Errorf("there is no reason %s", key)
		}
		rule, variant, _ := strings.Cut(key, ".")
		words := (&Text{}).brief([]plan.Reason{{Rule: rule, Case: variant, Args: []string{"first", "second"}}})
		if gives := slices.Contains(gives, key); gives && len(words) != 1 || !gives && len(words) != 0 || strings.Contains(strings.Join(words, ""), "%!") {
			t.Errorf("%s in a word is %q", key, words)
		}
	}
}

// TestWide: columns stand under each other where letters are two wide or made of
// two.
func TestWide(t *testing.T) {
	var out bytes.Buffer
	text := Text{Out: &out}
	text.Access(Access{AsOf: AsOf{Day: "2026-11-24"}, Person: "t-1", Kind: "teacher", Cards: []Card{{Who: "t-1", Rights: []Held{
		{Right: "学校.open", Sensitivity: access.High, Places: Places{Names: []string{"here"}}},
		{Right: "a\u0308iti", Sensitivity: access.High, Places: Places{Names: []string{"here"}}},
		{Right: "plain", Sensitivity: access.High, Places: Places{Names: []string{"here"}}},
	}}}})
	at := 0
	for line := range strings.Lines(out.String()) {
		if before, _, ok := strings.Cut(line, "here"); ok {
			if n := columns(before); at != 0 && n != at {
				t.Errorf("a column begins at %d and %d:\n%s", at, n, out.String())
			} else {
				at = n
			}
		}
	}
	if at != 2+9+2 {
		t.Errorf("the column begins at %d:\n%s", at, out.String())
	}
}

// TestAccessLines: what stands in lines is what is allowed, each once, in the order
// of the names as they are printed, whatever letters are in them.
func TestAccessLines(t *testing.T) {
	var facts []fact.Fact
	object := func(kind, id string, fields ...string) {
		key := fact.Key{Kind: kind, ID: id}
		facts = append(facts, fact.Fact{Key: key})
		for i := 0; i < len(fields); i += 2 {
			facts = append(facts, fact.Fact{Key: key, Field: fields[i], Value: fields[i+1]})
		}
	}
	for _, inst := range []string{"m", "m1", "m-2"} {
		object("Installation", inst, "system", "inschool")
		object("UserGroup", inst+"/g", "wilma", "wilma.x", "wilma", `wilma."<ä>\`)
		for _, school := range []string{"a", "a-1", "a1"} {
			object("School", inst+"/"+school, "wilma.enabled", "true", "guardianGroups", inst+"/g")
		}
		object("Person", inst+"/s", "kind", "student", "schools", inst+"/a")
		object("Person", inst+"/t", "kind", "guardian", "children", inst+"/s")
		object("Person", inst+"/t-1", "kind", "teacher", "allSchools", "true", "groups", inst+"/g")
	}
	table := access.Load(fact.Of(facts...))
	people := slices.Collect(table.Persons())
	var lines, whole bytes.Buffer
	if err := AccessLines(&lines, table, true, people); err != nil {
		t.Fatal(err)
	}
	if err := AccessAllJSON(&whole, table, true, people, AsOf{Day: "2026-11-24"}); err != nil {
		t.Fatal(err)
	}
	type line struct{ Person, Right, Place string }
	var got, want []line
	for text := range strings.Lines(lines.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got = append(got, l)
	}
	for q := range table.All() {
		want = append(want, line{plan.CalledWho(q.Who, true), q.Right, fact.Called(q.Place, true)})
	}
	slices.SortFunc(want, func(a, b line) int {
		return slices.Compare([]string{a.Person, a.Right, a.Place}, []string{b.Person, b.Right, b.Place})
	})
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 3*(3*2+2) {
		t.Errorf("%d lines (-want +got):\n%s", len(got), diff)
	}
	var doc struct{ Access []line }
	if err := json.Unmarshal(whole.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, doc.Access); diff != "" {
		t.Errorf("the document is not the lines:\n%s", diff)
	}
}

func TestWhoIsTogether(t *testing.T) {
	group := []plan.Reason{{Rule: "R88", Case: "group", Args: []string{"g"}}}
	tick := []plan.Reason{{Rule: "R73", Case: "tick"}}
	var out bytes.Buffer
	(&Text{Out: &out}).Who(Who{AsOf: AsOf{Day: "2026-11-24"}, Right: "wilma.surveys.maintain", Sensitivity: access.High, Schools: 5, Holders: []Holder{
		{"g/a", "b", group}, {"g/c", "b", group}, {"t-1", "a", group}, {"t-1", "b", group}, {"t-1", "c", group}, {"t-1", "d-" + strings.Repeat("x", 90), group}, {"t-2", "b", tick}, {"t-3", "a", group}, {"t-3", "b", group}, {"t-3", "c", group}, {"t-3", "d-" + strings.Repeat("x", 90), group},
	}})
	want := `4 people have wilma.surveys.maintain (HIGH), as of 2026-11-24

a, c,
    d-` + strings.Repeat("x", 90) + `: 2
  t-1, t-3
      group g gives it (R88)

b: 4
  g/a, g/c, t-1, t-3
      group g gives it (R88)
  t-2
      ticked on the card (R73)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
