package access_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// answers is what the Table and the rules both give.
type answers interface {
	Allowed(access.Question) bool
	May(person string, a access.Action, template, school string) bool
	MayRemove(person, template, holder string) bool
	FullControl(person string) bool
}

var (
	_ answers = (*access.Table)(nil)
	_ answers = (*oracle)(nil)
)

// question is one that either of both can be asked: about a right, or where there
// is an action, about a template.
type question struct {
	access.Question
	action           access.Action
	template, school string
}

// Actions that are questions of their own in the package.
const (
	removeHolder access.Action = "remove" // school is the holder
	fullControl  access.Action = "full control"
)

func (q question) ask(a answers) bool {
	switch q.action {
	case "":
		return a.Allowed(q.Question)
	case removeHolder:
		return a.MayRemove(q.Person, q.template, q.school)
	case fullControl:
		return a.FullControl(q.Person)
	}
	return a.May(q.Person, q.action, q.template, q.school)
}

func (q question) String() string {
	if q.action == "" {
		return fmt.Sprintf("may %q (child %q) do %s at %q", q.Person, q.Child, q.Right, q.Place)
	}
	return fmt.Sprintf("%q: %s of %q (school or holder %q)", q.Person, q.action, q.template, q.school)
}

// world is a set of facts and everything worth asking about it.
type world struct {
	facts fact.Set
	rules *oracle
	// Who is asked for: everybody, and such as can have nothing.
	people, strangers []access.Who
	rights, unheard   []string // that occur, and others that are known or are not
	places, elsewhere []string // that are counted up, and others
}

func newWorld(facts fact.Set) *world {
	w := &world{facts: facts, rules: newOracle(facts)}
	w.who()
	w.what()
	w.where()
	return w
}

func (w *world) who() {
	for _, p := range w.rules.objects["Person"] {
		if !p.is("kind", "guardian") {
			w.people = append(w.people, access.Who{Person: p.id})
			continue
		}
		w.strangers = append(w.strangers, access.Who{Person: p.id}, access.Who{Person: p.id, Child: "m/k1"})
		for _, child := range p.all("children") {
			w.people = append(w.people, access.Who{Person: p.id, Child: child})
		}
	}
	slices.SortFunc(w.people, func(a, b access.Who) int { return strings.Compare(a.String(), b.String()) })
	w.strangers = append(w.strangers, access.Who{}, access.Who{Person: "m/gone", Child: "m/k1"})
	if len(w.people) > 0 {
		w.strangers = append(w.strangers, access.Who{Person: w.people[0].Person, Child: "m/k1"})
	}
	w.strangers = slices.DeleteFunc(w.strangers, func(s access.Who) bool { return slices.Contains(w.people, s) })
}

var knownRights = []string{maintain, maintainAll, createTemplate, addSurvey, addPublic, legacyUse, "primus.full", "primus.seeAllFields", "kurre.full",
	"viewer", "editor", "approver", "reviewer",
	"identity.create", "identity.edit", "password.reset", "emessage.read", "vendor.remoteConnect", "system.owner", "wilma.no.such", ""}

func (w *world) what() {
	for kind, fields := range map[string][]string{"Right": {"key"}, "UserGroup": {"wilma", "primus"}, "PersonOverride": {"grant", "revoke"},
		"Substitution": {"duties.overrides"}, "CosDocRole": {"permissions"}} {
		for _, obj := range w.rules.objects[kind] {
			for _, field := range fields {
				for _, right := range obj.all(field) {
					w.rights = append(w.rights, right)
					if isPrimus(right) {
						w.rights = append(w.rights, "wilma."+right[strings.Index(right, ".")+1:])
					}
				}
			}
		}
	}
	if len(w.rules.objects["School"]) > 0 {
		w.rights = append(w.rights, maintain, createTemplate, addSurvey)
	}
	if len(w.rules.objects["ImsGrant"]) > 0 {
		w.rights = append(w.rights, "viewer", "editor", "approver", "reviewer")
	}
	slices.Sort(w.rights)
	w.rights = slices.Compact(w.rights)
	for _, right := range knownRights {
		if !slices.Contains(w.rights, right) {
			w.unheard = append(w.unheard, right)
		}
	}
}

func (w *world) where() {
	w.places = w.rules.places()
	w.elsewhere = []string{"", "m/gone"}
	for _, place := range w.places {
		if section := strings.Index(place, "/ims/"); section > 0 {
			w.elsewhere = append(w.elsewhere, place+"/x", place+"x")
			if end := strings.LastIndex(place, "/"); end > section+5 {
				w.elsewhere = append(w.elsewhere, place[:end])
			}
		}
	}
	slices.Sort(w.elsewhere)
	w.elsewhere = slices.DeleteFunc(slices.Compact(w.elsewhere), func(p string) bool { return slices.Contains(w.places, p) })
}

// questions about rights: everybody, every right, every place, in the order of All;
// then what leads nowhere.
func (w *world) questions() []question {
	all := make([]question, 0, 500)
	ask := func(who access.Who, right, place string) {
		all = append(all, question{Question: access.Question{Who: who, Right: right, Place: place}})
	}
	for _, who := range w.people {
		for _, right := range w.rights {
			for _, place := range w.places {
				ask(who, right, place)
			}
		}
	}
	for _, who := range w.people {
		for _, right := range w.rights {
			for _, place := range w.elsewhere {
				ask(who, right, place)
			}
		}
	}
	for i, right := range w.unheard {
		if len(w.people) > 0 {
			ask(w.people[i%len(w.people)], right, "")
		}
	}
	for _, who := range w.strangers {
		for _, right := range w.rights {
			ask(who, right, "")
		}
	}
	return all
}

// actions are the questions about templates (5.4).
func (w *world) actions() []question {
	var all []question
	persons := append([]object{{id: "m/left"}}, w.rules.objects["Person"]...)
	schools := append([]object{{id: "m/gone"}}, w.rules.objects["School"]...)
	for _, p := range persons {
		who := access.Question{Who: access.Who{Person: p.id}}
		if len(schools) > 1 {
			all = append(all, question{Question: who, action: fullControl})
		}
		for _, t := range w.rules.objects["SurveyTemplate"] {
			for _, a := range []access.Action{access.Edit, access.HandOut, access.Transfer} {
				all = append(all, question{who, a, t.id, ""})
			}
			for _, a := range []access.Action{access.Copy, access.AddOrdinary, access.AddGroupBound, access.ChangeSharing} {
				for _, s := range schools {
					all = append(all, question{who, a, t.id, s.id})
				}
			}
			for _, holder := range persons {
				all = append(all, question{who, removeHolder, t.id, holder.id})
			}
		}
	}
	return all
}

// difference is what the Table of a world answers otherwise than the rules, or
// otherwise than itself; "" for nothing.
func (w *world) difference() string {
	table := access.Load(w.facts)
	var allowed []access.Question
	for _, q := range w.questions() {
		want := q.ask(w.rules)
		if got := q.ask(table); got != want {
			return fmt.Sprintf("%v: %v, by the rules %v", q, got, want)
		}
		if want && slices.Contains(w.places, q.Place) && slices.Contains(w.people, q.Who) {
			allowed = append(allowed, q.Question)
		}
		if text := w.whyDiffers(table.Why(q.Question), want); text != "" {
			return fmt.Sprintf("why %v: %s", q, text)
		}
	}
	for _, q := range w.actions() {
		if got, want := q.ask(table), q.ask(w.rules); got != want {
			return fmt.Sprintf("%v: %v, by the rules %v", q, got, want)
		}
	}
	return w.listsDiffer(table, allowed)
}

// whyDiffers: an answer with reasons is the same answer, and says what it rests
// on: facts of this set.
func (w *world) whyDiffers(v access.Verdict, allowed bool) string {
	if v.Allowed != allowed || (len(v.For) > 0) != allowed || (len(v.Missing) > 0) == allowed {
		return fmt.Sprintf("%v for %v, against %v, missing %v; allowed is %v", v.Allowed, v.For, v.Against, v.Missing, allowed)
	}
	for _, r := range slices.Concat(v.For, v.Against, v.Missing) {
		if r.Rule == "" && r.Case == "" {
			return fmt.Sprintf("a reason without name: %v", r)
		}
		for _, f := range r.Facts {
			if _, ok := w.facts.Index(f); !ok {
				return fmt.Sprintf("%s %s rests on %v, which is no fact", r.Rule, r.Case, f)
			}
		}
	}
	return ""
}

// listsDiffer: All is what is allowed, in order and each once; Of is the part of
// one, and Persons are those who can be asked for.
func (w *world) listsDiffer(table *access.Table, allowed []access.Question) string {
	if got := slices.Collect(table.All()); !slices.Equal(got, allowed) {
		return fmt.Sprintf("All: %v\nby the rules: %v", got, allowed)
	}
	for _, who := range slices.Concat(w.people, w.strangers) {
		own := slices.DeleteFunc(slices.Clone(allowed), func(q access.Question) bool { return q.Who != who })
		if got := slices.Collect(table.Of(who)); !slices.Equal(got, own) {
			return fmt.Sprintf("Of %v: %v\nby the rules: %v", who, got, own)
		}
	}
	if got := slices.Collect(table.Persons()); !slices.Equal(got, w.people) {
		return fmt.Sprintf("Persons: %v\nby the rules: %v", got, w.people)
	}
	if got := table.PlaceIDs(); !slices.Equal(got, w.places) {
		return fmt.Sprintf("PlaceIDs: %q\nby the rules: %q", got, w.places)
	}
	return w.catalogueDiffers(table)
}

// catalogueDiffers: what a catalogue says of a right holds in its installation.
func (w *world) catalogueDiffers(table *access.Table) string {
	for _, r := range w.rules.objects["Right"] {
		rank, _ := strconv.Atoi(r.value("rank"))
		want := access.Right{Key: r.value("key"), Sensitivity: access.Sensitivity(r.value("sensitivity")),
			PrimusOnly: r.on("primusOnly"), Family: r.value("family"), Rank: rank}
		if got, ok := table.Right(r.installation(), want.Key); !ok || got != want {
			return fmt.Sprintf("right %s is %+v (%v), want %+v", want.Key, got, ok, want)
		}
	}
	for _, inst := range w.rules.objects["Installation"] {
		if got, ok := table.Right(inst.id, "wilma.no.such"); ok {
			return fmt.Sprintf("a right that is none is %+v", got)
		}
	}
	return ""
}

// smallest takes objects and then single facts away for as long as something
// differs.
func smallest(facts fact.Set, difference func(fact.Set) string) (fact.Set, string) {
	text := difference(facts)
	try := func(less fact.Set) bool {
		if still := difference(less); still != "" {
			facts, text = less, still
			return true
		}
		return false
	}
	for again := true; again; {
		again = false
		for key := range facts.Objects() {
			if key.Kind != "Installation" {
				again = try(facts.Where(func(k fact.Key) bool { return k != key })) || again
			}
		}
		for _, f := range facts.All() {
			if f.Field != "" && f.Field != "system" && f.Field != "kind" {
				again = try(facts.Minus(fact.Of(f))) || again
			}
		}
	}
	return facts, text
}

func seeded(seed int) facttest.Choose { return rand.New(rand.NewPCG(uint64(seed), 0)).IntN }

func differenceIn(facts fact.Set) string { return newWorld(facts).difference() }

func failSmallest(t *testing.T, facts fact.Set) {
	t.Helper()
	facts, text := smallest(facts, differenceIn)
	t.Fatalf("%s\n\nin\n%s", text, strings.Join(facttest.Describe(facts), "\n"))
}

// TestTableAgainstRules compares the Table with the rules in many small worlds.
func TestTableAgainstRules(t *testing.T) {
	worlds := 12000
	switch {
	case testing.Short():
		worlds = 2000
	case os.Getenv("LUPA_TORTURE") != "":
		worlds = 300000
	}
	workers := runtime.GOMAXPROCS(0)
	different := make([]int, workers) // the first seed of each worker that shows a difference, plus one
	asked, allowed := make([]int, workers), make([]int, workers)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for seed := worker; seed < worlds && different[worker] == 0; seed += workers {
				w := newWorld(facttest.Municipality(seeded(seed)))
				if w.difference() != "" {
					different[worker] = seed + 1
				}
				if seed%100 == 0 {
					for _, q := range slices.Concat(w.questions(), w.actions()) {
						asked[worker]++
						if q.ask(w.rules) {
							allowed[worker]++
						}
					}
				}
			}
		})
	}
	group.Wait()
	for _, seed := range different {
		if seed > 0 {
			t.Logf("seed %d", seed-1)
			failSmallest(t, facttest.Municipality(seeded(seed-1)))
		}
	}
	var a, y int
	for i := range workers {
		a, y = a+asked[i], y+allowed[i]
	}
	if a == 0 || y*80 < a {
		t.Errorf("of %d questions in the worlds looked at, only %d are allowed: the worlds show too little", a, y)
	}
	t.Logf("%d worlds, about %d questions each, of which %d %% are allowed", worlds, a*100/worlds, y*100/a)
}

func FuzzTableAgainstRules(f *testing.F) {
	for seed := range 20 {
		data := make([]byte, 300)
		choose := seeded(seed)
		for i := range data {
			data[i] = byte(choose(256))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		facts := facttest.Municipality(facttest.Bytes(data))
		if differenceIn(facts) != "" {
			failSmallest(t, facts)
		}
	})
}
