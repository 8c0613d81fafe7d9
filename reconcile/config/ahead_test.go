package config_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// ruledTree is a tree in which documents begin and end in the spring of 2026,
// with rules of every form.
func ruledTree(choose func(int) int) fstest.MapFS {
	var b strings.Builder
	document := func(kind, inst, name, spec string) {
		fmt.Fprintf(&b, "---\napiVersion: lupa/v1\nkind: %s\nmetadata: {name: %s, installation: %s}\nspec: {%s}\n", kind, name, inst, spec)
	}
	span := func() string {
		from := 5 + choose(25)
		return []string{"", fmt.Sprintf(", validFrom: 2026-03-%02d", from), fmt.Sprintf(", validTo: 2026-03-%02d", from),
			fmt.Sprintf(", validFrom: 2026-03-%02d, validTo: 2026-04-%02d", from, 1+choose(20))}[choose(4)]
	}
	document("School", "m", "a", "surveys: {enabled: true}, studentGroups: [g], guardianGroups: [g]")
	document("School", "m", "b", "surveys: {enabled: true}")
	document("School", "m", "x", "surveys: {enabled: false}")
	document("RightsCatalogue", "m", "r", "rights: [{key: wilma.marks.see}, {key: wilma.notes.see}]")
	document("UserGroup", "m", "g", "wilma: [wilma.marks.see]")
	document("UserGroup", "m", "h", "wilma: [wilma.marks.see, wilma.notes.see, wilma.surveys.maintain]")
	document("Policy", "m", "p", "allowStudentCards: true")
	schools := []string{"schools: [a]", "schools: [b]", "schools: [a, b]", "schools: [x]", "allSchools: true"}
	groups := []string{"", ", groups: [g]", ", groups: [h]"}
	for i := range 4 {
		document("Person", "m", fmt.Sprintf("t%d", i), "kind: teacher, "+schools[choose(5)]+groups[choose(3)])
	}
	for i := range 3 {
		document("Person", "m", fmt.Sprintf("k%d", i), "kind: student, "+schools[choose(2)])
	}
	for i := range 3 {
		document("Person", "m", fmt.Sprintf("g%d", i), "kind: guardian, children: "+[]string{"[k0]", "[k0, k1]", "[k1, k2]", "[k2]"}[choose(4)])
	}
	for i := range 2 + choose(4) {
		document("PersonOverride", "m", fmt.Sprintf("o%d", i), fmt.Sprintf("person: t%d, %s: [%s]%s", choose(4), []string{"grant", "grant", "revoke"}[choose(3)], []string{"wilma.marks.see", "wilma.surveys.maintain"}[choose(2)], span()))
	}
	for i := range choose(4) {
		document("CardAssignment", "m", fmt.Sprintf("c%d", i), fmt.Sprintf("card: k%d, studentGroups: [%s], guardianGroups: [%s]%s", choose(3), "gh"[:1], []string{"g", "h"}[choose(2)], span()))
	}
	document("Unit", "c", "u", "title: u")
	document("Unit", "c", "v", "parent: u")
	document("CosDocRole", "c", "r", "permissions: [password.reset, identity.edit], scope: ownUnits")
	document("CosDocRole", "c", "s", "permissions: [vendor.remoteConnect], scope: root")
	document("CosDocProfile", "c", "p", "roles: [r]")
	document("CosDocProfile", "c", "q", "roles: [r, s]")
	for i := range 4 {
		document("Person", "c", fmt.Sprintf("a%d", i), "kind: user, units: [u]")
	}
	for i := range 1 + choose(5) {
		document("CosDocAssignment", "c", fmt.Sprintf("f%d", i), fmt.Sprintf("person: a%d, profile: %s, units: %s%s", choose(4), []string{"p", "q"}[choose(2)], []string{"[u]", "[v]", "[u, v]"}[choose(3)], span()))
	}
	for i := range choose(4) {
		from := 3 + choose(20)
		duties := []string{"", ", duties: {overrides: [wilma.marks.see]}", ", duties: {groups: [h], cosdocProfiles: [{profile: 'c:q', units: ['c:u'], absent: 'c:a0', substitute: 'c:a1'}]}"}[choose(3)]
		document("Substitution", "m", fmt.Sprintf("s%d", i), fmt.Sprintf("absent: t%d, substitute: t%d, leadDays: %d, from: 2026-03-%02d, to: 2026-04-%02d%s", choose(2), 2+choose(2), choose(4), from, 1+choose(20), duties))
	}
	window := func() string { return []string{"", ", window: {from: 2026-03-10, to: 2026-05-02}"}[choose(2)] }
	for i := range 8 {
		inst, right := "m", []string{"wilma.marks.see", "wilma.surveys.maintain", "wilma.notes.see"}[choose(3)]
		per := []string{"", ", per: school", ", place: a"}[choose(3)]
		rights := "wilma.marks.see, wilma.surveys.maintain"
		if i%2 == 1 {
			inst, right = "c", []string{"password.reset", "vendor.remoteConnect"}[choose(2)]
			per = []string{"", ", per: unit", ", place: unit/v"}[choose(3)]
			rights = "password.reset, vendor.remoteConnect"
		}
		perAlone := per
		if strings.Contains(per, "place") {
			perAlone = ""
		}
		document("AccessRule", inst, fmt.Sprintf("r%d", i), []string{
			fmt.Sprintf("atLeast: {persons: %d, right: %s%s%s}", 1+choose(3), right, per, window()),
			fmt.Sprintf("atMost: {persons: %d, right: %s%s%s}", choose(3), right, per, window()),
			fmt.Sprintf("never: {kinds: [%s], rights: [%s]}", []string{"student, guardian", "guardian", "user", "teacher"}[choose(4)], rights),
			fmt.Sprintf("separate: {rights: [%s]%s}", rights, perAlone),
		}[choose(4)])
	}
	head := "apiVersion: lupa/v1\nkind: Installation\nmetadata: {name: m}\nspec: {system: inschool, timeZone: UTC}\n---\napiVersion: lupa/v1\nkind: Installation\nmetadata: {name: c}\nspec: {system: cosdoc, timeZone: UTC}\n"
	return treeOf(map[string]string{"lupa.yaml": "apiVersion: lupa/v1\nkind: Project\nmetadata: {name: p}\nspec: {horizonDays: 50}\n", "docs.yaml": head + b.String()})
}

// slowly is on which days a rule is broken, day by day and person by person, by
// what the rule says and nothing else.
func slowly(t *testing.T, tree *config.Tree, r policy.AccessRule, day calendar.Day) bool {
	t.Helper()
	facts, err := tree.On(t.Context(), day)
	if err != nil {
		t.Fatal(err)
	}
	table := access.Load(facts)
	inst := r.Key.Installation()
	away := make(map[string]bool)
	for _, kind := range []string{"Substitution", "SubstitutedProfile"} {
		for key, o := range facts.Kind(kind).Objects() {
			s := facts.Object(fact.Words.Root(key))
			if d := day.String(); s.Value("from") <= d && d < s.Value("to") {
				away[o.Value("absent")] = true
			}
		}
	}
	people := func(right, place string) map[string]bool {
		has := make(map[string]bool)
		for who := range table.Persons() {
			if strings.HasPrefix(who.Person, inst+"/") && table.Allowed(access.Question{Who: who, Right: right, Place: place}) {
				has[who.Person] = true
			}
		}
		return has
	}
	places := []string{r.Place}
	if r.Per != "" && r.Place == "" {
		places = nil
		for _, place := range table.PlaceIDs() {
			if !strings.HasPrefix(place, inst+"/") {
				continue
			}
			unit := strings.Contains(place, "/unit/")
			can := unit || !strings.Contains(r.Rights[0], "surveys") || !strings.HasSuffix(place, "/x")
			if unit == (r.Per == "unit") && (can || r.Form != policy.AtLeast) {
				places = append(places, place)
			}
		}
	}
	for _, place := range places {
		switch r.Form {
		case policy.AtLeast, policy.AtMost:
			n := 0
			for who := range people(r.Rights[0], place) {
				if r.Form == policy.AtMost || !away[who] {
					n++
				}
			}
			if r.Form == policy.AtLeast && n < r.Persons || r.Form == policy.AtMost && n > r.Persons {
				return true
			}
		case policy.Never:
			for _, right := range r.Rights {
				for who := range people(right, "") {
					if slices.Contains(r.Kinds, facts.Object(fact.Key{Kind: "Person", ID: who}).Value("kind")) {
						return true
					}
				}
			}
		case policy.Separate:
			for who := range people(r.Rights[0], place) {
				if people(r.Rights[1], place)[who] {
					return true
				}
			}
		}
	}
	return false
}

// TestAheadIsEveryDay: what is found at once is what is found by looking at every
// day for itself, in random trees.
func TestAheadIsEveryDay(t *testing.T) {
	trees := 150
	if testing.Short() {
		trees = 25
	}
	broken, whole, partly := 0, 0, 0
	for seed := range trees {
		random := rand.New(rand.NewPCG(uint64(seed), 11))
		fsys := ruledTree(random.IntN)
		tree, err := config.Load(t.Context(), fsys, config.Options{Now: time.Date(2026, 3, 1+random.IntN(15), 12, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if tree.Goal == nil { // substitutes who are away, and the like
			continue
		}
		b, w, p := everyDay(t, tree, fmt.Sprintf("seed %d\n%s", seed, fsys["docs.yaml"].Data))
		broken, whole, partly = broken+b, whole+w, partly+p
	}
	if least := trees / 2; broken < least || whole < least || partly < least {
		t.Errorf("rules that are broken, that hold, and that do so for a time: %d, %d, %d: too few to prove anything", broken, whole, partly)
	}
}

// everyDay compares what is found at once with what slowly says of every day, and
// counts the rules that are broken on all days, on none, and on some.
func everyDay(t *testing.T, tree *config.Tree, whose string) (broken, whole, partly int) {
	t.Helper()
	_, until := tree.Horizon()
	breaches, err := tree.Ahead(t.Context(), until)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range tree.Goal.AccessRules {
		from, to := tree.Goal.At, until
		if r.Window.From != nil {
			from, to = max(from, *r.Window.From), *r.Window.To
		}
		var want, got []string
		for day := from; day < to; day++ {
			if slowly(t, tree, r, day) {
				want = append(want, day.String())
			}
			for _, b := range breaches {
				if b.Code == "E29" && b.Subject == "AccessRule "+fact.Called(r.Key.ID, len(tree.Goal.Installations) > 1) &&
					slices.ContainsFunc(b.Days, func(s calendar.Span) bool { return s.Holds(day) }) {
					got = append(got, day.String())
					break
				}
			}
		}
		switch n := len(want); {
		case n == int(to-from):
			broken++
		case n == 0:
			whole++
		default:
			partly++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("days on which %v is broken (-slowly +at once):\n%s\n%s", r, diff, whose)
		}
	}
	return broken, whole, partly
}

// TestAheadWithRosters: where rows of a roster begin and end, other people are
// there; and on days on which the tree has errors nobody knows.
func TestAheadWithRosters(t *testing.T) {
	rule := func(name, spec string) string { return "---\n" + yaml("AccessRule", name, "spec: "+spec) }
	const window = ", window: {from: 2026-05-20, to: 2026-06-10}}}"
	rules := rule("a", "{atLeast: {persons: 1, right: wilma.surveys.addSurvey, place: testila"+window) +
		rule("b", "{atLeast: {persons: 2, right: wilma.surveys.addSurvey"+window) + rule("c", "{atMost: {persons: 0, right: wilma.surveys.addSurvey, per: school"+window)
	documents := "---\n" + yaml("PersonOverride", "o", "spec: {person: '1042', grant: [wilma.surveys.addSurvey], validTo: 2026-06-05}") +
		"---\n" + yaml("PersonOverride", "p", "spec: {person: _54-2, grant: [wilma.surveys.addSurvey]}") // a teacher until June
	surveys := strings.Replace(register["testila.yaml"], "title: Testila", "title: Testila, surveys: {enabled: true}", 1)
	tree := load(t, and(register, "testila.yaml", surveys, "rules.yaml", strings.TrimPrefix(documents+rules, "---\n")), "")
	if tree.Goal == nil {
		t.Fatal(found(tree.Problems))
	}
	if _, _, partly := everyDay(t, tree, "with a roster"); partly != 3 {
		t.Errorf("%d rules are broken on some days, want all 3", partly)
	}

	wrong := documents + "---\n" + yaml("Person", "_54-2", "spec: {kind: teacher, schools: [testila]}") // from June on a guardian, says the roster
	tree = load(t, and(register, "testila.yaml", surveys, "rules.yaml", strings.TrimPrefix(wrong+rules, "---\n")), "")
	if tree.Goal == nil {
		t.Fatal(found(tree.Problems))
	}
	if err := tree.Foresee(t.Context()); err != nil {
		t.Fatal(err)
	}
	unseen := 0
	for _, f := range tree.Problems {
		if f.Code == "E29" && f.Case == "unseen" && f.Severity == policy.Warning {
			unseen++
		}
	}
	if unseen != 3 {
		t.Errorf("%d rules are unseen, want all 3: %q", unseen, found(tree.Problems))
	}
}

// BenchmarkForesee is five rules in a tree of 100,000 people with 1,000 overrides
// that end on days of their own.
func BenchmarkForesee(b *testing.B) {
	files := facttest.Tree(100_000)
	day := calendar.Today(time.Unix(1_800_000_000, 0), time.UTC)
	n := 0
	for name, text := range files {
		if !strings.HasSuffix(name, "overrides.yaml") {
			continue
		}
		for strings.Contains(text, "validTo: 2999-01-01") {
			text = strings.Replace(text, "validTo: 2999-01-01", "validTo: "+(day+calendar.Day(1+n%390)).String(), 1)
			n++
		}
		files[name] = text
	}
	for i, spec := range []string{
		"{atLeast: {persons: 1, right: wilma.surveys.maintain, per: school}, severity: warning}", "{atMost: {persons: 3, right: wilma.surveys.maintain, per: school}, severity: warning}",
		"{atLeast: {persons: 100, right: wilma.surveys.addSurvey}}", "{never: {kinds: [student, guardian], rights: [wilma.surveys.addSurvey]}}",
		"{separate: {rights: [wilma.register.r01.open, wilma.surveys.maintain], per: school}, severity: warning}",
	} {
		files[fmt.Sprintf("rules/r%d.yaml", i)] = fmt.Sprintf("apiVersion: lupa/v1\nkind: AccessRule\nmetadata: {name: r%d}\nspec: %s\n", i, spec)
	}
	tree, err := config.Load(b.Context(), largeTree(files), config.Options{Now: time.Unix(1_800_000_000, 0)})
	if err != nil || tree.Refused() {
		b.Fatal(err, tree.Problems)
	}
	for b.Loop() {
		breaches, err := tree.Ahead(b.Context(), day+400)
		if err != nil || len(breaches) == 0 || n != 1000 {
			b.Fatal(err, len(breaches), n)
		}
	}
}
