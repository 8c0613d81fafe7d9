package config_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema/source"
)

func numbers(problems []plan.Finding) []string {
	var lines []string
	for _, p := range problems {
		if p.Code == "E30" || p.Code == "W32" || p.Code == "N09" {
			lines = append(lines, fmt.Sprintf("%s:%d:%d %s %s", p.Pos[0].File, p.Pos[0].Line, p.Pos[0].Col, source.Problem{Code: p.Code, Case: p.Case}.Key(), p.Args))
		}
	}
	return lines
}

// TestNumbersOfRosters: ids and titles of a roster become names, so none of them
// may be the number of a person. Long numbers that are none are no matter.
func TestNumbersOfRosters(t *testing.T) {
	orgs, users := "sourcedId,name,type\nS1,Testila 010190-999W,school\n10101,Haukilampi,school\n",
		"sourcedId,enabledUser,orgSourcedIds,role,identifier\n131052-308T,true,S1,student,131052-308T\n010190-999K,true,S1,student,\n6408233234,true,S1,student,\n311290-1234,true,S1,student,\n1.2.246.562.24.00000000001,true,S1,student,\n"
	tree := and(register, "roster/classes.csv", "", "roster/enrollments.csv", "", "roster/roles.csv", "", "testila.yaml", "", "roster/orgs.csv", orgs, "roster/users.csv", users)
	want := []string{"roster/orgs.csv:2:1 E30.row [henkilötunnus]", "roster/users.csv:2:1 E30.row [henkilötunnus]", "roster/users.csv:6:1 E30.row [oppijanumero]"}
	if diff := cmp.Diff(want, numbers(load(t, tree, "").Problems)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPlacesOfNumbers: columns count characters, and a mark at the beginning of
// the file is none.
func TestPlacesOfNumbers(t *testing.T) {
	tree := and(base, "a.yaml", "\ufeff# 131052-308T\r\n# ä\t131052−308T, ä 010190-999W\n\n# \\\n  131052-308T", "latin.yaml", "# \xe4\xe4 131052-308T\n")
	want := []string{"a.yaml:1:3 E30 [henkilötunnus]", "a.yaml:2:5 E30 [henkilötunnus]", "a.yaml:2:20 E30 [henkilötunnus]", "a.yaml:5:3 E30 [henkilötunnus]", "latin.yaml:1:6 E30 [henkilötunnus]"}
	if diff := cmp.Diff(want, numbers(load(t, tree, "").Problems)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNumbersOnAnotherDay: an entry of the allow-list that ends within the horizon
// refuses the tree on its day, and not the looks into the future before it.
func TestNumbersOnAnotherDay(t *testing.T) {
	tree := and(register, "number.yaml", "# 131052-308T\n", "p.yaml", yaml("Policy", "p",
		"spec: {identifiers: [{sha256: "+sumOfSpecimen+", reason: form, until: 2026-05-01}]}"))
	now := load(t, tree, "2026-04-30")
	if now.Refused() {
		t.Fatalf("%q", numbers(now.Problems))
	}
	day, err := calendar.ParseDay("2026-07-01") // rosters say something else
	if err != nil {
		t.Fatal(err)
	}
	if _, err := now.On(t.Context(), day); err != nil {
		t.Errorf("a look at another day: %v", err)
	}
	want := []string{"number.yaml:1:3 E30 [henkilötunnus]", "p.yaml:4:31 N09.ended []"}
	if diff := cmp.Diff(want, numbers(load(t, tree, "2026-05-01").Problems)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// sumOfSpecimen is what printf %s 131052-308T | sha256sum prints.
const sumOfSpecimen = "ed3515bde763330c5943f1829922cbf91d3e5f4ddc659194bd5284487706c3fc"
