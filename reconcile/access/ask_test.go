package access_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// TestForIsWhy: on many worlds, what For says is what Why says is for it, at the
// place and anywhere, and Tallies counts what All yields.
func TestForIsWhy(t *testing.T) {
	asked, tallied := 0, 0
	for seed := range uint64(100) {
		table := access.Load(peopled(rand.New(rand.NewPCG(seed, 0))))
		want := make(map[[2]string][2]map[string]bool)
		for q := range table.All() {
			asked++
			of := [2]string{fact.Key{ID: q.Person}.Installation(), q.Right}
			if want[of][0] == nil {
				want[of] = [2]map[string]bool{{}, {}}
			}
			want[of][0][q.Person], want[of][1][q.Place] = true, true
			for _, place := range []string{q.Place, ""} {
				q.Place = place
				if diff := cmp.Diff(table.Why(q).For, table.For(q)); diff != "" {
					t.Fatalf("world %d, %v: (-why +for)\n%s", seed, q, diff)
				}
			}
		}
		tallies := table.Tallies()
		if len(tallies) != len(want) {
			t.Errorf("world %d: %d rights counted, want %d", seed, len(tallies), len(want))
		}
		for _, c := range tallies {
			tallied++
			kinds := 0
			for _, n := range c.Kinds {
				kinds += n
			}
			of := want[[2]string{c.Installation, c.Right}]
			if c.People != len(of[0]) || c.Places != len(of[1]) || kinds != c.People {
				t.Errorf("world %d, %s: %d people (%d by kind) at %d places, want %d at %d", seed, c.Right, c.People, kinds, c.Places, len(of[0]), len(of[1]))
			}
		}
	}
	if asked < 1000 || tallied < 500 {
		t.Errorf("only %d questions and %d rights in all worlds", asked, tallied)
	}
}

// peopled is a small world of two installations with somebody of every kind in
// it.
func peopled(random *rand.Rand) fact.Set {
	var w facts
	some := func(n int) bool { return random.IntN(n) == 0 }
	for _, inst := range []string{"a", "a1"} {
		w.object("Installation", inst, "system", "inschool", "versions", fact.JoinMap("wilma", []string{"2.9", "2.16", "2.17"}[random.IntN(3)]))
		one := func(names ...string) string { return inst + "/" + names[random.IntN(len(names))] }
		group := func() string { return one("g", "h", "i") }
		school := func() string { return one("k", "l", "m") }
		for _, name := range []string{"k", "l", "m"} {
			w.object("School", inst+"/"+name, "studentGroups", group(), "guardianGroups", group(), "surveys.everyone.teachers", "addSurvey")
			if !some(4) {
				w.object("School", inst+"/"+name, "wilma.enabled", "true", "surveys.enabled", "true")
			}
		}
		for _, name := range []string{"g", "h", "i"} {
			w.object("UserGroup", inst+"/"+name, "wilma", "wilma."+group()[len(inst)+1:], "wilma", "wilma.surveys.maintain", "primus", "primus.y")
			if some(2) {
				w.object("UserGroup", inst+"/"+name, "wilma", "wilma.surveys.maintainAllSchools")
			}
		}
		for i, kind := range []string{"teacher", "staff", "student", "guardian", "teacher", "student"} {
			id := inst + "/" + kind + strings.Repeat("-1", i/4)
			w.object("Person", id, "kind", kind)
			switch kind {
			case "guardian":
				w.object("Person", id, "children", inst+"/student", "children", inst+"/student-1")
			case "student":
				w.object("Person", id, "schools", school())
			default:
				w.object("Person", id, "groups", group(), "groups", group(), "primusAccount", "true", "primusAccount.groups", group())
				if !some(3) {
					w.object("Person", id, "schools", school(), "primusAccount.homeSchools", school())
				}
				w.object("PersonOverride", inst+"/o-"+kind, "person", id, "grant", "wilma.surveys.createTemplate", "revoke", "wilma.y")
			}
		}
		w.object("Substitution", inst+"/s", "absent", inst+"/staff", "substitute", inst+"/teacher", "duties.groups", group())
	}
	return fact.Of(w...)
}

// facts are facts in the making.
type facts []fact.Fact

// object adds an object, and fields and values in turn.
func (w *facts) object(kind, id string, fields ...string) {
	key := fact.Key{Kind: kind, ID: id}
	*w = append(*w, fact.Fact{Key: key})
	for i := 0; i < len(fields); i += 2 {
		*w = append(*w, fact.Fact{Key: key, Field: fields[i], Value: fields[i+1]})
	}
}

func TestChildren(t *testing.T) {
	var w facts
	w.object("Person", "m/g", "kind", "guardian", "children", "m/s-2", "children", "m/s-1", "children", "m/t")
	w.object("Person", "m/g-1", "kind", "teacher")
	w.object("Person", "m/g.x", "kind", "guardian", "children", "m/s-1")
	w.object("Person", "m/h", "kind", "guardian")
	w.object("Person", "m/s-1", "kind", "student")
	w.object("Person", "m/s-2", "kind", "student")
	w.object("Person", "m/t", "kind", "teacher")
	table := access.Load(fact.Of(w...))
	for guardian, want := range map[string][]string{"m/g": {"m/s-1", "m/s-2", "m/t"}, "m/g.x": {"m/s-1"}, "m/g-1": nil, "m/h": nil, "m/z": nil} {
		if diff := cmp.Diff(want, table.Children(guardian)); diff != "" {
			t.Errorf("children of %s: %s", guardian, diff)
		}
	}
	for who, want := range map[access.Who]string{{Person: "m/g"}: "guardian", {Person: "m/g", Child: "m/s-1"}: "guardian", {Person: "m/t"}: "teacher", {Person: "m/z"}: ""} {
		if got := table.KindOf(who); got != want {
			t.Errorf("%v is a %q, want %q", who, got, want)
		}
	}
}

// TestElsewhere: a school that is called ims is no section, and nothing that one
// installation gives reaches into another.
func TestElsewhere(t *testing.T) {
	var w facts
	for _, inst := range []string{"a", "b"} {
		w.object("Installation", inst, "system", "inschool")
		w.object("School", inst+"/ims", "wilma.enabled", "true")
		w.object("UserGroup", inst+"/g", "wilma", "wilma.x")
		w.object("Person", inst+"/t", "kind", "teacher", "allSchools", "true", "groups", inst+"/g")
	}
	table := access.Load(fact.Of(w...))
	t1 := access.Who{Person: "a/t"}
	if !table.Allowed(access.Question{Who: t1, Right: "wilma.x", Place: "a/ims"}) {
		t.Error("not allowed at the own school")
	}
	if table.IsPlace("a/ims/x") || table.Allowed(access.Question{Who: t1, Right: "wilma.x", Place: "a/ims/x"}) {
		t.Error("a school is taken for a section")
	}
	v := table.Why(access.Question{Who: t1, Right: "wilma.x", Place: "b/ims"})
	if want := []access.Reason{{Rule: "R30", Case: "installation"}}; v.Allowed || len(v.Against) > 0 || cmp.Diff(want, v.Missing) != "" {
		t.Errorf("at the school of another installation: %+v", v)
	}
}
