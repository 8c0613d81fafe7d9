package main

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/reconcile/policy"
	"github.com/lupa-dev/lupa/schema/source"
)

// TestReviewTellsEveryDay: what a review says differs today and on days ahead is,
// day by day, what differs between the two trees read at that day.
func TestReviewTellsEveryDay(t *testing.T) {
	pairs, enough := 60, 40
	if testing.Short() {
		pairs, enough = 15, 8
	}
	if tortured() {
		pairs = 3000
	}
	compared, ahead, refused := 0, 0, make(map[string]int)
	for seed := range pairs {
		old, now := readSmall(t, smallTown(seed, 0)), readSmall(t, smallTown(seed, 1+seed%4))
		if old.Goal == nil || now.Goal == nil {
			for _, p := range slices.Concat(old.Problems, now.Problems) {
				if p.Severity == policy.Error {
					refused[p.Code+" "+strings.Join(p.Args, " ")]++
				}
			}
			continue
		}
		p, err := reviewOf(t, now, old)
		if err != nil {
			t.Fatal(err)
		}
		compared++
		ahead += len(p.Since.Ahead)
		if diff := slowly(t, p, seed); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if line := brokenUp(p); line != "" {
			t.Errorf("seed %d: %s is told in parts", seed, line)
		}
	}
	t.Logf("%d pairs of trees, %d times ahead; refused: %v", compared, ahead, refused)
	if compared < enough || ahead < enough {
		t.Errorf("only %d pairs of trees were compared, with %d times ahead: %v", compared, ahead, refused)
	}
}

// slowly reads both trees at every day of the horizon, and says where they differ
// otherwise than a review tells.
func slowly(t *testing.T, p *plan.Plan, seed int) string {
	t.Helper()
	for day := p.At; day < p.At+smallHorizon; day++ {
		old, now := readSmallAt(t, smallTown(seed, 0), day), readSmallAt(t, smallTown(seed, 1+seed%4), day)
		if old.Goal == nil || now.Goal == nil {
			continue
		}
		before, after, _ := plan.Tables(now.Goal, plan.Held(now.Goal, old.Goal))
		e := access.Compare(before, after)
		effect, _, templates := plan.Effects(e, false, func(plan.Reason) string { return "" }, nil)
		want := make(map[string]bool)
		tell(want, effect, templates)
		if diff := cmp.Diff(want, toldOn(p, day)); diff != "" {
			return fmt.Sprintf("on %s (-read on that day +told):\n%s", day, diff)
		}
	}
	return ""
}

// toldOn is what a review says of a day: what differs today and is not told to be
// over, and what is told of the day.
func toldOn(p *plan.Plan, day calendar.Day) map[string]bool {
	told := make(map[string]bool)
	tell(told, p.Effect, p.Templates)
	for _, a := range p.Since.Ahead {
		part := make(map[string]bool)
		if tell(part, a.Effect, a.Templates); a.From == p.At {
			for line := range part {
				delete(told, line)
			}
		}
	}
	for _, a := range p.Since.Ahead {
		if a.From <= day && (a.Until == nil || day < *a.Until) {
			tell(told, a.Effect, a.Templates)
		}
	}
	return told
}

// brokenUp is what a review tells of one time and of the next, as if it were over
// in between.
func brokenUp(p *plan.Plan) string {
	over := make(map[string]bool)
	for _, a := range p.Since.Ahead {
		part := make(map[string]bool)
		tell(part, a.Effect, nil)
		for line := range part {
			if over[line+" "+a.From.String()] {
				return line + " from " + a.From.String()
			}
			if a.Until != nil {
				over[line+" "+a.Until.String()] = true
			}
		}
	}
	return ""
}

// tell adds what an effect says, person by person.
func tell(into map[string]bool, effect []plan.Effect, templates []plan.TemplateEffect) {
	for _, e := range effect {
		sign := map[bool]string{true: "+", false: "-"}[e.Gained]
		if e.Level {
			sign += "~"
		}
		for _, person := range e.People {
			for _, right := range e.Rights {
				for _, place := range e.Places {
					into[strings.Join([]string{person, sign + right, place}, " ")] = true
				}
			}
		}
	}
	for _, e := range templates {
		sign := map[bool]string{true: "+", false: "-"}[e.Gained]
		for _, template := range e.Templates {
			for _, person := range e.People {
				for _, action := range e.Actions {
					for _, place := range append([]string{""}, e.Places...) {
						if (place == "") == (len(e.Places) == 0) {
							into[strings.Join([]string{person, sign + template, string(action), place}, " ")] = true
						}
					}
				}
			}
		}
	}
}

func reviewOf(t *testing.T, now, old *config.Tree) (*plan.Plan, error) {
	t.Helper()
	a := &app{out: &sink{}, now: today, quiet: true}
	ahead, err := a.daysAhead(hclog.WithContext(t.Context(), hclog.NewNullLogger()), now, old)
	if err != nil {
		return nil, err
	}
	return plan.Review(now.Goal, old.Goal, "", plan.Since{Ahead: ahead}), nil
}

func readSmall(t *testing.T, files fstest.MapFS) *config.Tree {
	t.Helper()
	return readSmallAt(t, files, calendar.Today(today, time.UTC))
}

func readSmallAt(t *testing.T, files fstest.MapFS, day calendar.Day) *config.Tree {
	t.Helper()
	at := calendar.On(day)
	tree, err := config.Load(t.Context(), files, config.Options{Now: today, At: &at})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// smallHorizon is how far a small town looks ahead; what it says begins and ends
// before and after that too.
const smallHorizon = 10

// smallTown is a town in which many things have to do with each other, and some of
// them begin and end. Another edition of it differs in some of its choices.
func smallTown(seed, edition int) fstest.MapFS {
	s := smaller{seed: seed, edition: edition}
	if seed%4 == 2 {
		return s.register()
	}
	s.document("Project", "pieni", fmt.Sprintf("{horizonDays: %d}", smallHorizon))
	project := s.text.String()
	s.text.Reset()
	if seed%4 == 3 {
		s.site()
		return fstest.MapFS{"lupa.yaml": {Data: []byte(project)}, "kaikki.yaml": {Data: []byte(s.text.String())}}
	}
	s.document("Installation", "m", `{system: inschool, multiPrimus: true, versions: {wilma: "2.17"}}`)
	s.document("Policy", "linjaukset", "{allowStudentCards: true}")
	s.document("RightsCatalogue", "oikeudet", "{rights: [{key: wilma.a}, {key: wilma.b, sensitivity: high}, {key: wilma.c, family: f, rank: 1}, {key: wilma.d, family: f, rank: 2}]}")
	for _, g := range smallGroups {
		s.document("UserGroup", g, "{wilma: "+s.some(g, 3, smallRights...)+"}")
	}
	for _, k := range []string{"k1", "k2"} {
		everyone := ""
		if s.one(k+" everyone", 2) == 0 {
			everyone = ", everyone: {teachers: [addSurvey]}"
		}
		s.document("School", k, fmt.Sprintf("{surveys: {enabled: %v%s}, studentGroups: %s, guardianGroups: %s}",
			s.one(k+" surveys", 4) > 0, everyone, s.some(k+" students", 2, smallGroups...), s.some(k+" guardians", 2, smallGroups...)))
		s.document("SchoolClass", k+"-1", fmt.Sprintf("{school: %s, studentGroups: %s, guardianGroups: %s}", k, s.some(k+" class", 3, smallGroups...), s.some(k+" class guardians", 3, smallGroups...)))
	}
	s.people()
	s.times()
	return fstest.MapFS{"lupa.yaml": {Data: []byte(project)}, "kaikki.yaml": {Data: []byte(s.text.String())}}
}

var (
	smallGroups = []string{"g1", "g2", "g3"}
	smallRights = []string{"wilma.a", "wilma.b", "wilma.c", "wilma.d", "wilma.surveys.addSurvey", "wilma.surveys.maintain"}
)

type smaller struct {
	seed, edition int
	text          strings.Builder
}

func (s *smaller) document(kind, name, spec string) {
	if s.text.Len() > 0 {
		s.text.WriteString("---\n")
	}
	fmt.Fprintf(&s.text, "apiVersion: lupa/v1\nkind: %s\nmetadata: {name: %s}\nspec: %s\n", kind, name, spec)
}

// one chooses one of n, by what is chosen. In another edition one choice in ten is
// another.
func (s *smaller) one(what string, n int) int {
	number := func(text string) int {
		h := fnv.New64a()
		h.Write([]byte(text))
		return rand.New(rand.NewSource(int64(h.Sum64()))).Intn(1 << 20)
	}
	if s.edition > 0 && number(fmt.Sprintf("%d %d %s?", s.seed, s.edition, what))%10 == 0 {
		return number(fmt.Sprintf("%d %d %s", s.seed, s.edition, what)) % n
	}
	return number(fmt.Sprintf("%d %s", s.seed, what)) % n
}

// some are those among all that are chosen, about one in n.
func (s *smaller) some(what string, n int, all ...string) string {
	var chosen []string
	for _, a := range all {
		if s.one(what+" "+a, n) == 0 {
			chosen = append(chosen, a)
		}
	}
	return "[" + strings.Join(chosen, ", ") + "]"
}

func (s *smaller) people() {
	schools := []string{"[k1]", "[k2]", "[k1, k2]", "[k2, k1]"}
	for _, p := range []string{"t1", "t2", "t3", "s1"} {
		kind := "teacher"
		if p == "s1" {
			kind = "staff"
		}
		s.document("Person", p, fmt.Sprintf("{kind: %s, schools: %s, groups: %s, surveyMaintainerSchools: %s}", kind, schools[s.one(p+" schools", 4)], s.some(p, 3, smallGroups...), s.some(p+" maintains", 4, "k1", "k2")))
	}
	for i, p := range []string{"o1", "o2"} {
		k := []string{"k1", "k2"}[(i+s.one(p+" school", 4)/3)%2]
		classes := ""
		if s.one(p+" class", 3) > 0 {
			classes = ", classes: [" + k + "-1]"
		}
		s.document("Person", p, fmt.Sprintf("{kind: student, schools: [%s]%s}", k, classes))
	}
	s.document("Person", "h1", "{kind: guardian, children: [o1]}")
	s.document("Person", "h2", "{kind: guardian, children: "+[]string{"[o2]", "[o1, o2]"}[s.one("h2", 2)]+"}")
	for _, template := range []string{"p1", "p2"} {
		if s.one(template, 2) == 0 {
			s.document("SurveyTemplate", template, fmt.Sprintf("{author: t1, school: %s, holders: [%s], sharing: [{school: k1, copy: true, ordinary: %v}]}",
				[]string{"k1", "k2"}[s.one(template+" school", 3)%2], []string{"t1", "t2", "t1, s1"}[s.one(template+" holders", 3)], s.one(template+" ordinary", 2) == 0))
		}
	}
}

// register is a town with a roster: the one of the examples, with other days in it.
func (s *smaller) register() fstest.MapFS {
	files := make(fstest.MapFS)
	example := os.DirFS("../../examples/rekisteri")
	paths, _, _ := source.List(example)
	for _, path := range append(paths, "roster/classes.csv", "roster/enrollments.csv", "roster/manifest.csv", "roster/orgs.csv", "roster/roles.csv", "roster/users.csv") {
		data, err := fs.ReadFile(example, path)
		if err != nil {
			panic(err)
		}
		text := string(data)
		switch path {
		case "lupa.yaml":
			text = strings.Replace(text, "  language: fi", fmt.Sprintf("  horizonDays: %d", smallHorizon), 1)
		case "roster/roles.csv":
			text = s.rows(text, 6)
		case "roster/enrollments.csv":
			text = s.rows(text, 8)
		case "ryhmat/opettajat.yaml":
			text = strings.Replace(text, "wilma.lessons.record]", []string{"wilma.lessons.record]", "wilma.students.seeAll]"}[s.one("group", 2)], 1)
		}
		if path == "henkilot.yaml" {
			text = strings.Replace(text, "validTo: 2027-06-01", "validTo: "+(calendar.Today(today, time.UTC)+calendar.Day(2+s.one("kysely", 16))).String(), 1)
		}
		files[path] = &fstest.MapFile{Data: []byte(text)}
	}
	s.document("PersonOverride", "x", "{person: t-1042, grant: ["+[]string{"wilma.students.seeAll", "wilma.surveys.maintain"}[s.one("x", 3)/2]+"]"+s.span("x", "validFrom", "validTo")+"}")
	// On some days nobody maintains it, which is an error.
	s.document("SurveyTemplate", "pohja", "{author: t-1042, school: rantakoulu, sharing: [{school: rantakoulu, ordinary: true}]}")
	files["x.yaml"] = &fstest.MapFile{Data: []byte(s.text.String())}
	return files
}

// rows gives the rows of a table other days from a column on: when they begin and end.
func (s *smaller) rows(text string, column int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines[1:] {
		cells := strings.Split(line, ",")
		if slices.Contains(cells, "1042") {
			continue // documents name that person
		}
		start := calendar.Today(today, time.UTC)
		begin := start + calendar.Day(s.one(cells[0]+" from", 14)-3)
		cells[column], cells[column+1] = "", ""
		switch s.one(cells[0], 4) {
		case 0:
			cells[column] = begin.String()
		case 1:
			cells[column+1] = begin.String()
		case 2:
			cells[column], cells[column+1] = begin.String(), (begin + 1 + calendar.Day(s.one(cells[0]+" length", 6))).String()
		}
		lines[i+1] = strings.Join(cells, ",")
	}
	return strings.Join(lines, "\n") + "\n"
}

// site is a town that has CosDoc instead.
func (s *smaller) site() {
	s.document("Installation", "m", "{system: cosdoc}")
	s.document("Unit", "u1", "{}")
	s.document("Unit", "u2", "{parent: u1}")
	s.document("CosDocRole", "r1", fmt.Sprintf("{permissions: [identity.edit], scope: %s}", []string{"ownUnits", "root", "{units: [u1], includeSubunits: true}"}[s.one("r1", 3)]))
	s.document("CosDocRole", "r2", fmt.Sprintf("{permissions: [password.reset, %s], scope: ownUnits}", []string{"identity.edit", "emessage.read"}[s.one("r2", 2)]))
	s.document("CosDocProfile", "p1", "{roles: [r1]}")
	s.document("CosDocProfile", "p2", "{roles: "+[]string{"[r2]", "[r1, r2]"}[s.one("p2", 2)]+"}")
	people, units := []string{"a1", "a2", "a3"}, []string{"[u1]", "[u2]", "[u1, u2]"}
	for _, p := range people {
		s.document("Person", p, "{kind: user, units: "+units[s.one(p, 3)]+"}")
	}
	for i := range 4 {
		x := fmt.Sprintf("x%d", i)
		if s.one(x, 4) > 0 {
			s.document("CosDocAssignment", x, fmt.Sprintf("{profile: p%d, person: %s, units: %s%s}", 1+s.one(x+" profile", 2), people[s.one(x+" person", 3)], units[s.one(x+" units", 3)], s.span(x, "validFrom", "validTo")))
		}
	}
	if s.one("away", 3) > 0 {
		instead := people[1+s.one("instead", 2)]
		s.document("Substitution", "v1", fmt.Sprintf("{absent: a1, substitute: %s, duties: {cosdocProfiles: [{profile: p%d, units: %s, absent: a1, substitute: %s}]}, leadDays: %d%s}",
			instead, 1+s.one("duty", 2), units[s.one("duty units", 3)], instead, s.one("lead", 3), s.span("away", "from", "to")))
	}
}

// times are the documents that begin and end.
func (s *smaller) times() {
	for i := range 4 {
		x := fmt.Sprintf("x%d", i)
		if s.one(x, 3) == 0 {
			continue
		}
		what := "grant"
		if s.one(x+" revoke", 4) == 0 {
			what = "revoke"
		}
		rights := s.some(x+" rights", 3, "wilma.a", "wilma.b", "wilma.c", "wilma.d")
		if what == "grant" {
			rights = s.some(x+" rights", 3, smallRights...)
		}
		if rights == "[]" {
			rights = "[wilma.a]"
		}
		s.document("PersonOverride", x, fmt.Sprintf("{person: %s, %s: %s%s}", []string{"t1", "t2", "t3", "s1"}[s.one(x+" person", 4)], what, rights, s.span(x, "validFrom", "validTo")))
	}
	if s.one("card", 2) == 0 {
		s.document("CardAssignment", "c1", fmt.Sprintf("{card: %s, studentGroups: %s, guardianGroups: %s, reason: kokeilu%s}",
			[]string{"o1", "o2"}[s.one("card of", 2)], s.some("card", 2, smallGroups...), s.some("card guardians", 2, smallGroups...), s.span("card", "validFrom", "validTo")))
	}
	if s.one("away", 2) == 0 {
		s.document("Substitution", "v1", fmt.Sprintf("{absent: s1, substitute: %s, duties: {groups: [%s], overrides: [wilma.a]}, leadDays: %d%s}",
			[]string{"t1", "t2", "t3"}[s.one("instead", 3)], smallGroups[s.one("duty", 3)], s.one("lead", 3), s.span("away", "from", "to")))
	}
}

// span is when something begins and ends: before, within or beyond the horizon.
// What may be silent about it is, sometimes.
func (s *smaller) span(what, from, to string) string {
	start := calendar.Today(today, time.UTC)
	begin, length := s.one(what+" from", 14)-3, 1+s.one(what+" length", 9)
	first, over := start+calendar.Day(begin), start+calendar.Day(begin+length)
	text := ""
	if from == "from" || s.one(what+" has a beginning", 4) > 0 {
		text += fmt.Sprintf(", %s: %s", from, first)
	}
	if from == "from" || what == "card" || s.one(what+" has an end", 4) > 0 {
		text += fmt.Sprintf(", %s: %s", to, over)
	}
	return text
}
