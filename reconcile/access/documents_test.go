package access_test

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

const tree = `apiVersion: lupa/v1
kind: Project
metadata: {name: mallila}
---
apiVersion: lupa/v1
kind: Installation
metadata: {name: m}
spec: {system: inschool, multiPrimus: true, versions: {wilma: "2.17"}}
---
apiVersion: lupa/v1
kind: RightsCatalogue
metadata: {name: oikeudet}
spec: {rights: [{key: wilma.office}]}
---
apiVersion: lupa/v1
kind: School
metadata: {name: a}
spec: {surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: School
metadata: {name: b}
spec: {surveys: {enabled: true}}
---
apiVersion: lupa/v1
kind: UserGroup
metadata: {name: rehtorit}
spec: {wilma: [wilma.office]}
---
apiVersion: lupa/v1
kind: People
metadata: {name: opettajat}
spec:
  defaults: {kind: teacher}
  people:
    - {name: t, schools: [b, a]}
    - {name: r, schools: [b], groups: [rehtorit]}
---
`

// documents are the facts of a tree with these documents on a day, with what
// begins where a target has nothing.
func documents(t *testing.T, text, at string) fact.Set {
	t.Helper()
	moment, err := calendar.ParseMoment(at)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"lupa.yaml": {Data: []byte(tree + text), Mode: 0o644}}
	read, err := config.Load(t.Context(), files, config.Options{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), At: &moment})
	if err != nil || read.Goal == nil {
		t.Fatalf("%v: %v", err, read.Problems)
	}
	return read.Goal.Facts.Plus(read.Goal.Initial)
}

// T99: a substitute has the duties from the lead on and until the absent person
// is back, and not a day longer.
func TestSubstitutionByDay(t *testing.T) {
	const substitution = `apiVersion: lupa/v1
kind: Substitution
metadata: {name: loma}
spec: {absent: r, substitute: t, duties: {groups: [rehtorit], overrides: [wilma.surveys.maintain]}, from: 2026-06-22, to: 2026-08-10, leadDays: 3}
`
	for _, c := range []struct {
		at   string
		want bool
	}{
		{"2026-06-18", false},
		{"2026-06-19", true},
		{"2026-08-09", true},
		{"2026-08-10", false},
	} {
		table := access.Load(documents(t, substitution, c.at))
		for _, right := range []string{"wilma.office", maintain} {
			q := access.Question{Who: access.Who{Person: "m/t"}, Right: right, Place: "m/a"}
			if got := table.Allowed(q); got != c.want {
				t.Errorf("on %s the substitute has %s: %v, want %v", c.at, right, got, c.want)
			}
		}
		if q := (access.Question{Who: access.Who{Person: "m/r"}, Right: "wilma.office", Place: "m/b"}); !table.Allowed(q) {
			t.Errorf("on %s the absent person has lost the office", c.at)
		}
	}
}

// T46: a template begins in the author's first school, held by the author (R77, R105).
func TestTemplateBegins(t *testing.T) {
	facts := documents(t, "apiVersion: lupa/v1\nkind: SurveyTemplate\nmetadata: {name: p}\nspec: {author: t}\n", "2026-03-01")
	p := facts.Object(fact.Key{Kind: "SurveyTemplate", ID: "m/p"})
	if got := append(p.Values("school"), p.Values("holders")...); !slices.Equal(got, []string{"m/b", "m/t"}) {
		t.Errorf("it begins in and with %q", got)
	}
	table := access.Load(facts)
	for person, want := range map[string]bool{"m/t": true, "m/r": false} {
		if got := table.May(person, access.Edit, "m/p", ""); got != want {
			t.Errorf("%s may edit: %v, want %v", person, got, want)
		}
	}
}
