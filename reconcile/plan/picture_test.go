package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// TestPicture: who is where and what gives what, before and after; a guardian counts
// once where the children are, and whoever has all schools is at every one.
func TestPicture(t *testing.T) {
	person := func(name, kind string, more ...fact.Fact) fact.Set {
		return facts("Person", "m/"+name, append(more, value("kind", kind))...)
	}
	school := func(row int, name string) fact.Fact { return fact.Fact{Field: "schools", Row: row, Value: "m/" + name} }
	common := union(facts("School", "m/a", value("title", "Alku")), facts("School", "m/b"),
		person("s-1", "student", school(1, "a")), person("s-2", "student", school(1, "a")), person("g-1", "guardian", value("children", "m/s-1"), value("children", "m/s-2")),
		facts("UserGroup", "m/g", value("wilma", "wilma.x"), value("primus", "primus.y")))
	before := union(common, person("t-1", "teacher", school(1, "a"), school(2, "b")), facts("UserGroup", "m/h", value("wilma", "wilma.x")))
	after := union(common, person("t-1", "teacher", value("allSchools", "true")), person("t-2", "teacher", school(1, "a")), facts("UserGroup", "m/h", value("wilma", "wilma.z")))
	p := plan.PictureOf(&plan.Goal{Facts: after}, fact.Snapshot{Now: before, Last: before, Serial: 1})
	var got []string
	for _, g := range p.Gives {
		got = append(got, fmt.Sprint(g.Group, " ", g.Right, " ", g.Before, " ", g.After))
	}
	for _, h := range p.People {
		got = append(got, fmt.Sprint(h.School, " ", h.Kind, " ", h.Before, " ", h.After))
	}
	for _, title := range p.Titles {
		got = append(got, title.Name+" "+title.Title)
	}
	want := []string{"g primus.y true true", "g wilma.x true true", "h wilma.x true false", "h wilma.z false true",
		" teacher 0 1", "a teacher 1 1", "a student 2 2", "a guardian 1 1", "b teacher 1 0", "a Alku"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
