package config_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// someTree is a tree in which things begin and end: in one installation or two,
// with a roster or without.
func someTree(choose facttest.Choose) fstest.MapFS {
	first := calendar.Day(20454)
	when := func(from, to string) string {
		a, b := first+calendar.Day(choose(40)), first+calendar.Day(choose(40))
		if a >= b {
			a, b = b, a+1
		}
		return []string{"", from + a.String(), to + b.String(), from + a.String() + to + b.String()}[choose(4)]
	}
	var docs, roles, users strings.Builder
	project := "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: testi}\n"
	users.WriteString("sourcedId,enabledUser\n")
	roles.WriteString("sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n")
	document := func(kind, inst, name, spec string) {
		fmt.Fprintf(&docs, "---\napiVersion: lupa/v1\nkind: %s\nmetadata: {name: %s, installation: %s}\nspec: {%s}\n", kind, name, inst, spec)
	}
	zones := []string{"Europe/Helsinki", "Pacific/Kiritimati", "Pacific/Honolulu"}
	fsys := make(fstest.MapFS)
	for _, inst := range []string{"a", "b"}[:1+choose(2)] {
		fmt.Fprintf(&docs, "---\napiVersion: lupa/v1\nkind: Installation\nmetadata: {name: %s}\nspec: {system: inschool, timeZone: %s}\n", inst, zones[choose(3)])
		document("School", inst, "s", "")
		document("UserGroup", inst, "g", "")
		document("Person", inst, "t", "kind: teacher, schools: [s]")
		document("Person", inst, "v", "kind: teacher, schools: [s]")
		document("Person", inst, "k", "kind: student, schools: [s]")
		people, students := []string{"t"}, []string{"k"}
		if inst == "a" && choose(3) > 0 { // with a roster
			project += "spec:\n  rosters: [{name: r, format: oneroster, path: r, installation: a}]\n"
			for i := range 4 {
				id, role := fmt.Sprintf("r%d", i), []string{"teacher", "student"}[i%2]
				fmt.Fprintf(&users, "%s,true\n", id)
				for n := range choose(3) {
					span := strings.ReplaceAll(strings.TrimSpace(when(" ", "/")), " ", "")
					from, to, _ := strings.Cut(span, "/")
					fmt.Fprintf(&roles, "%s-%d,%s,primary,%s,%s,%s,%s\n", id, n, id, role, from, to, []string{"s", "s", "s2"}[choose(3)])
				}
				if i%2 == 0 {
					people = append(people, id)
				} else {
					students = append(students, id)
				}
			}
			if choose(2) == 0 { // on days when the roster says otherwise, an error
				document("Person", inst, "r0", "kind: teacher, schools: [s]")
			}
			document("GroupRule", inst, "rule", "match: {kind: teacher}, groups: [g]")
			fsys["r/orgs.csv"] = &fstest.MapFile{Data: []byte("sourcedId,name,type\ns,S,school\ns2,S2,school\n"), Mode: 0o644}
			fsys["r/users.csv"] = &fstest.MapFile{Data: []byte(users.String()), Mode: 0o644}
			fsys["r/roles.csv"] = &fstest.MapFile{Data: []byte(roles.String()), Mode: 0o644}
		}
		for i := range choose(4) {
			document("PersonOverride", inst, fmt.Sprintf("o%d", i), "person: "+people[choose(len(people))]+", grant: [wilma.surveys.maintain]"+when(", validFrom: ", ", validTo: "))
			if a := first + calendar.Day(choose(40)); choose(2) == 0 {
				duties := ", duties: {groups: [g], cosdocProfiles: [{profile: 'c:p', units: ['c:u'], absent: 'c:a-1', substitute: 'c:a-2'}]}"
				document("Substitution", inst, fmt.Sprintf("s%d", i), fmt.Sprintf("absent: v, substitute: %s%s, from: %s, to: %s, leadDays: %d", people[choose(len(people))], duties, a, a+5, choose(4)))
				document("SupportContact", inst, fmt.Sprintf("y%d", i), "person: "+people[choose(len(people))])
			}
			document("CardAssignment", inst, fmt.Sprintf("c%d", i), "card: "+students[choose(len(students))]+", studentGroups: [g]"+when(", validFrom: ", ", validTo: "))
		}
	}
	fmt.Fprintf(&docs, "---\napiVersion: lupa/v1\nkind: Installation\nmetadata: {name: c}\nspec: {system: cosdoc, timeZone: %s}\n", zones[choose(3)])
	document("Person", "c", "a-1", "kind: user")
	document("Person", "c", "a-2", "kind: user")
	document("Unit", "c", "u", "")
	document("CosDocRole", "c", "p", "permissions: [password.reset], scope: ownUnits")
	document("CosDocProfile", "c", "p", "roles: [p]")
	fsys["lupa.yaml"] = &fstest.MapFile{Data: []byte(project), Mode: 0o644}
	fsys["docs.yaml"] = &fstest.MapFile{Data: []byte(strings.TrimPrefix(docs.String(), "---\n")), Mode: 0o644}
	return fsys
}

// TestOnIsTheTreeReadAtThatDay: whatever begins and ends, On gives the facts of
// the tree read at the day, and its errors; and between boundaries nothing changes.
func TestOnIsTheTreeReadAtThatDay(t *testing.T) {
	trees := 30
	if os.Getenv("LUPA_TORTURE") != "" {
		trees = 5000
	}
	days, refused, changes, rostered := 0, 0, 0, 0
	for seed := range trees {
		random := rand.New(rand.NewPCG(uint64(seed), 7))
		fsys := someTree(random.IntN)
		now := time.Date(2026, 1, 1+random.IntN(45), random.IntN(24), 0, 0, 0, time.UTC)
		tree, err := config.Load(t.Context(), fsys, config.Options{Now: now, FirmOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if tree.Refused() {
			if !strings.Contains(string(fsys["lupa.yaml"].Data), "rosters") {
				t.Fatalf("seed %d: %q\n%s", seed, found(tree.Problems), fsys["docs.yaml"].Data)
			}
			continue
		}
		first := *day(t, "2025-12-31")
		const most = 42
		boundaries := make(map[calendar.Day]bool)
		for _, b := range tree.Boundaries(first, first+most) {
			boundaries[b.Day] = true
		}
		var before *fact.Set
		for d := first; d < first+most; d++ {
			at := calendar.On(d)
			want, err := config.Load(t.Context(), fsys, config.Options{Now: now, At: &at, FirmOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			got, err := tree.On(t.Context(), d)
			var refusal *config.DayError
			days++
			switch {
			case want.Refused():
				if !errors.As(err, &refusal) || refusal.Day != d || cmp.Diff(found(want.Problems), found(refusal.Problems)) != "" {
					t.Fatalf("seed %d: on %s %v, want %q", seed, d, err, found(want.Problems))
				}
				refused++
				before = nil
				continue
			case err != nil:
				t.Fatalf("seed %d: on %s %v", seed, d, err)
			case !got.Equal(want.Goal.Facts):
				t.Fatalf("seed %d: on %s (-want +got):\n%s\n%s", seed, d, cmp.Diff(facttest.Describe(want.Goal.Facts), facttest.Describe(got)), fsys["docs.yaml"].Data)
			}
			if before != nil && !got.Equal(*before) {
				if changes++; !boundaries[d] {
					t.Fatalf("seed %d: something changes on %s, which is no boundary", seed, d)
				}
				if len(tree.Project.Rosters) > 0 {
					rostered++
				}
			}
			before = &got
		}
	}
	if refused == 0 || changes < trees || rostered < trees {
		t.Errorf("of %d days %d were refused, and on %d (%d with rosters) something changed: too few to prove anything", days, refused, changes, rostered)
	}
}

func TestBoundaries(t *testing.T) {
	document := func(kind, name, spec string) string {
		return "---\napiVersion: lupa/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
	}
	fsys := and(register, "rules.yaml", document("PersonOverride", "kevat", "person: '1042', validFrom: 2026-04-01, validTo: 2026-06-01")+
		document("PersonOverride", "kesa", "person: '1042', validFrom: 2026-06-01")+
		document("CardAssignment", "o", "card: o1, validTo: 2026-06-01"))
	tree := load(t, fsys, "")
	if tree.Refused() {
		t.Fatal(found(tree.Problems))
	}
	override := func(name string) fact.Key { return fact.Key{Kind: "PersonOverride", ID: "m/" + name} }
	april := config.Boundary{Day: *day(t, "2026-04-01"), Begins: []fact.Key{override("kevat")}}
	june := config.Boundary{Day: *day(t, "2026-06-01"), Begins: []fact.Key{override("kesa")},
		Ends: []fact.Key{{Kind: "CardAssignment", ID: "m/o"}, override("kevat")}, Leaves: 1}
	january := config.Boundary{Day: *day(t, "2026-01-01"), Joins: 1}
	for _, c := range []struct {
		from, until string
		want        []config.Boundary
	}{
		{"2025-01-01", "2027-01-01", []config.Boundary{january, april, june}},
		{"2026-01-01", "2026-06-01", []config.Boundary{april}},
		{"2026-03-31", "2026-06-02", []config.Boundary{april, june}},
		{"2026-04-01", "2026-06-01", []config.Boundary{}},
		{"2026-06-02", "2026-01-01", []config.Boundary{}},
	} {
		if diff := cmp.Diff(c.want, tree.Boundaries(*day(t, c.from), *day(t, c.until))); diff != "" {
			t.Errorf("from %s until %s (-want +got):\n%s", c.from, c.until, diff)
		}
	}
	if from, until := tree.Horizon(); from.String() != "2026-03-01" || until-from != 400 {
		t.Errorf("the horizon is from %s until %s, want 400 days from 2026-03-01", from, until)
	}
}

// TestOnRefusesWhatItCannotSay: a tree with errors, one that was changed meanwhile,
// and whoever does not want to know any more.
func TestOnRefusesWhatItCannotSay(t *testing.T) {
	fsys := and(register)
	tree := load(t, fsys, "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tree.On(ended, *day(t, "2026-03-01")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	summer := *day(t, "2026-07-01") // a row of the roster has ended
	if _, err := tree.On(t.Context(), summer); err != nil {
		t.Error(err)
	}
	fsys["groups.yaml"].Data = append(fsys["groups.yaml"].Data, "# another\n"...)
	if _, err := tree.On(t.Context(), summer); !errors.Is(err, config.ErrChanged) {
		t.Errorf("of changed files: %v", err)
	}
	fsys["groups.yaml"].Data = []byte("kind: [")
	if _, err := load(t, fsys, "").On(t.Context(), summer); err == nil {
		t.Error("a tree with errors has facts")
	}
}
