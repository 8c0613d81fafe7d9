package reconcile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// knative is the history of knative, and the position of the one version for
// which is holds.
func knative(t *testing.T, date string, is func(add, del [][]string) bool) (at reader, i int) {
	t.Helper()
	dir := os.Getenv("LUPA_TESTDATA")
	if dir == "" {
		t.Skip("skipped: LUPA_TESTDATA names no directory of real data")
	}
	h := readHistory(t, filepath.Join(dir, "org-as-code", "knative.jsonl.gz"))
	for n := 1; n < len(h); n++ {
		if !is(h[n].Add, h[n].Del) {
			continue
		}
		if i != 0 {
			t.Fatalf("that happened on %s and on %s", h[i].Version.Date, h[n].Version.Date)
		}
		i = n
	}
	if !strings.HasPrefix(h[i].Version.Date, date) {
		t.Fatalf("that happened on %s, not on %s", h[i].Version.Date, date)
	}
	return reader{t: t, history: h}, i
}

func orgs(facts [][]string) (names []string) {
	for _, f := range facts {
		if f[0] == "org" {
			names = append(names, f[1])
		}
	}
	return names
}

// counted is how often a plan does what with which kind.
func counted(p *plan.Plan) map[string]int {
	count := make(map[string]int)
	for _, c := range p.Changes {
		count[c.Action+" "+c.Kind]++
	}
	return count
}

// changedRights counts the rights that come and go in the catalogue.
func changedRights(p *plan.Plan) (come, gone int) {
	for _, c := range p.Changes {
		if c.Kind != "RightsCatalogue" {
			continue
		}
		for _, f := range c.Fields {
			switch {
			case f.Before == nil:
				come++
			case f.After == nil:
				gone++
			}
		}
	}
	return come, gone
}

// found counts the findings of a plan by code.
func found(p *plan.Plan) map[string]int {
	count := make(map[string]int)
	for _, f := range p.Findings {
		count[f.Code]++
	}
	return count
}

// isRename: one organisation goes and one comes, with as many facts.
func isRename(add, del [][]string) bool {
	return len(orgs(add)) == 1 && len(orgs(del)) == 1 && len(add) == 665 && len(del) == 665
}

// A whole organisation got another name. Where nobody says so, its school and
// its 67 groups go and others come, and 134 of 149 people change; no person goes
// or comes. Of what goes and comes, N01 points out what is alike but for its name:
// the school, and the groups without rights whose members nobody else has (15; in
// the rights of the others the old name of the organisation is a part).
func TestOrganisationRenamed(t *testing.T) {
	at, i := knative(t, "2023-08-01", isRename)
	r := newReplay(t)
	r.to(at.version(i - 1))
	if people := countOf(r.now, "Person"); people != 149 {
		t.Errorf("%d people before, want 149", people)
	}
	after := organisationOf(at.version(i))
	goal := r.goal(after, nil)
	p := propose(t, r.db, goal)
	want := map[string]int{
		"delete School": 1, "create School": 1, "delete UserGroup": 67, "create UserGroup": 67,
		"update Person": 134, "update RightsCatalogue": 1,
	}
	if diff := cmp.Diff(want, counted(p)); diff != "" {
		t.Errorf("the plan does something else (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"N01": 1 + 15}, found(p)); diff != "" {
		t.Errorf("the plan finds something else (-want +got):\n%s", diff)
	}
	if come, gone := changedRights(p); come != 99 || gone != 99 {
		t.Errorf("%d rights come and %d go, want 99 and 99", come, gone)
	}
	pairs := namesBefore(at.history[i].Add, at.history[i].Del)
	for _, f := range p.Findings {
		if old := pairs[f.Args[0]+" "+f.Args[2]]; old != f.Args[1] {
			t.Errorf("%s %s is taken for the old %s, and that is %s", f.Args[0], f.Args[1], f.Args[2], old)
		}
	}
	r.apply(p, goal, after.told())
}

// namesBefore is the old name of each school and group that came by a rename of an
// organisation.
func namesBefore(add, del [][]string) map[string]string {
	is, was := orgs(add)[0], orgs(del)[0]
	old := map[string]string{"School " + fact.Escape(is): fact.Escape(was)}
	for _, f := range add {
		if f[0] == "group" {
			old["UserGroup "+fact.Escape(is+"/"+f[2])] = fact.Escape(was + "/" + f[2])
		}
	}
	return old
}

func countOf(told map[string]string, kind string) (n int) {
	for name := range told {
		if strings.HasPrefix(name, kind+" ") {
			n++
		}
	}
	return n
}

// Where the administrator declares it, the school and the 67 groups are renamed
// and keep their people: no person changes, nothing comes and nothing goes but
// the rights that have the organisation in their keys.
func TestOrganisationRenamedAsDeclared(t *testing.T) {
	at, i := knative(t, "2023-08-01", isRename)
	r := newReplay(t)
	r.to(at.version(i - 1))
	after := organisationOf(at.version(i))
	pairs := namesBefore(at.history[i].Add, at.history[i].Del)
	goal := r.goal(after, pairs)
	p := propose(t, r.db, goal)
	want := map[string]int{"rename School": 1, "rename UserGroup": 67, "update RightsCatalogue": 1}
	if diff := cmp.Diff(want, counted(p)); diff != "" {
		t.Errorf("the plan does something else (-want +got):\n%s", diff)
	}
	if len(p.Findings) > 0 {
		t.Errorf("findings: %v", p.Findings)
	}
	fields := make(map[string]int)
	for _, c := range p.Changes {
		if c.Action != "rename" {
			continue
		}
		if pairs[c.Kind+" "+c.Name] != c.Previously {
			t.Errorf("%s %s is renamed from %s", c.Kind, c.Name, c.Previously)
		}
		for _, f := range c.Fields {
			fields[c.Kind+" "+f.Field]++
		}
	}
	if diff := cmp.Diff(map[string]int{"School externalIds": 1, "UserGroup externalIds": 67, "UserGroup wilma": 46}, fields); diff != "" {
		t.Errorf("what is renamed changes otherwise (-want +got):\n%s", diff)
	}
	if come, gone := changedRights(p); come != 99 || gone != 99 {
		t.Errorf("%d rights come and %d go, want 99 and 99", come, gone)
	}
	r.apply(p, goal, after.told())
}

// Hundreds were removed from an organisation in one commit: 582 roles and 19
// memberships with 427 people who have nothing else, and a group with its right.
// The plan removes just these, and lists all that they lose.
func TestHundredsRemoved(t *testing.T) {
	at, i := knative(t, "2023-01-12", func(add, del [][]string) bool { return len(add) == 0 && len(del) == 605 })
	r := newReplay(t)
	before := at.version(i - 1)
	r.to(before)
	after := organisationOf(at.version(i))
	goal := r.goal(after, nil)
	p := propose(t, r.db, goal)
	if diff := cmp.Diff(map[string]int{"delete Person": 427, "delete UserGroup": 1}, counted(p)); diff != "" {
		t.Errorf("the plan does something else (-want +got):\n%s", diff)
	}
	if len(p.Findings) > 0 {
		t.Errorf("findings: %v", p.Findings)
	}
	got := lost(p)
	want := make(map[string]bool)
	for key, lines := range organisationOf(before) {
		for line := range lines {
			if word, _, _ := strings.Cut(line, " "); !after[key][line] && slices.Contains([]string{"schools", "groups", "wilma"}, word) {
				want[key+" "+line] = true
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is lost is listed otherwise (-want +got):\n%s", diff)
	}
	count := make(map[string]int)
	for line := range got {
		count[strings.Fields(line)[2]]++
	}
	if diff := cmp.Diff(map[string]int{"schools": 582, "groups": 19, "wilma": 1}, count); diff != "" {
		t.Errorf("so much is lost (-want +got):\n%s", diff)
	}
	r.apply(p, goal, after.told())
}

// lost is what a plan takes away from lists: "Person anna schools knative".
func lost(p *plan.Plan) map[string]bool {
	lines := make(map[string]bool)
	for _, c := range p.Changes {
		for _, f := range c.Fields {
			was, _ := f.Before.([]string)
			is, _ := f.After.([]string)
			for _, v := range was {
				if !slices.Contains(is, v) {
					lines[fmt.Sprintf("%s %s %s %s", c.Kind, c.Name, f.Field, v)] = true
				}
			}
		}
	}
	return lines
}
