package order

import (
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// breach is a law that does not hold after a step.
type breach struct {
	law   string // dangling, koulu, holders, do, end, widening, gap
	after int    // the steps done
	q     access.Question
	text  string
}

func (b breach) String() string { return fmt.Sprintf("%s after %d steps: %s", b.law, b.after, b.text) }

// breaches are all that there are on the way through steps in some order.
func breaches(have, want fact.Set, steps []Step, rights bool) []breach {
	var found []breach
	var before, after map[access.Question]bool
	if rights {
		before, after = all(have), all(want)
	}
	now := have
	dangled := dangling(have)
	for ref := range dangling(want) {
		dangled[ref] = true
	}
	for i, st := range steps {
		next, err := st.Do(now)
		if err != nil {
			return append(found, breach{"do", i, access.Question{}, err.Error()})
		}
		now = next
		say := func(law string, q access.Question, format string, args ...any) {
			found = append(found, breach{law, i + 1, q, fmt.Sprintf(format, args...)})
		}
		for ref := range dangling(now) {
			if !dangled[ref] {
				say("dangling", access.Question{}, "%v", ref)
			}
		}
		was, is, will := have.Object(st.Key), now.Object(st.Key), want.Object(st.Key)
		if is.Len() > 0 && isEmptyKoulu(is) && !isEmptyKoulu(was) && !isEmptyKoulu(will) {
			say("koulu", access.Question{}, "%v", st.Key)
		}
		if st.Key.Kind == "SurveyTemplate" && is.Len() > 0 && is.Value("holders") == "" && was.Value("holders") != "" && will.Value("holders") != "" {
			say("holders", access.Question{}, "%v", st.Key)
		}
		if !rights {
			continue
		}
		there := all(now)
		for q := range there {
			if !before[q] && !after[q] {
				say("widening", q, "%s %s %s", q.Who, q.Right, q.Place)
			}
		}
		for q := range before {
			if after[q] && !there[q] {
				say("gap", q, "%s %s %s", q.Who, q.Right, q.Place)
			}
		}
	}
	if !now.Equal(want) {
		found = append(found, breach{"end", len(steps), access.Question{}, "it does not end at what is wanted"})
	}
	return found
}

func all(s fact.Set) map[access.Question]bool {
	out := make(map[access.Question]bool)
	for q := range access.Load(s).All() {
		out[q] = true
	}
	return out
}

func dangling(s fact.Set) map[string]bool {
	out := make(map[string]bool)
	for ref := range fact.Words.Dangling(s) {
		out[fmt.Sprint(ref.Fact, ref.Target)] = true
	}
	return out
}

// isEmptyKoulu reports whether the card of an employee names no school without
// saying that it means them all.
func isEmptyKoulu(card fact.Set) bool {
	kind := card.Value("kind")
	return (kind == "teacher" || kind == "staff") && card.Value("schools") == "" && card.Value("allSchools") == "" && card.Value("external") == ""
}

// worlds are two states of a small municipality: of two that have nothing to do
// with each other, or of one in which some objects change.
func worlds(seed int64) (have, want fact.Set) {
	r := rand.New(rand.NewSource(seed))
	have, want = facttest.Municipality(r.Intn), facttest.Municipality(r.Intn)
	if !related(seed) {
		return have, want
	}
	changes := fact.Diff(have, want)
	n := 1 + r.Intn(6)
	r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	return have, have.Apply(changes[:min(n, len(changes))]...)
}

// related reports whether the worlds of a seed are one in which some objects
// change. Where everything changes at once, rules contradict each other in all sorts
// of ways, and what people may do in between is not promised.
func related(seed int64) bool { return seed%4 != 0 }

func rounds(normal, torture int) int64 {
	if os.Getenv("LUPA_TORTURE") != "" {
		return int64(torture)
	}
	return int64(normal)
}

func tell(have fact.Set, steps []Step) string {
	var b strings.Builder
	for i, st := range steps {
		fmt.Fprintf(&b, "%d %s %s %s after %v\n", i+1, st.Action, st.Key.Kind, st.Key.ID, st.After)
		for _, f := range st.Del.All() {
			fmt.Fprintf(&b, "    - %s %d %s\n", f.Field, f.Row, f.Value)
		}
		for _, f := range st.Add.All() {
			fmt.Fprintf(&b, "    + %s %d %s\n", f.Field, f.Row, f.Value)
		}
	}
	fmt.Fprintf(&b, "from\n %s\n", strings.Join(facttest.Describe(have), "\n "))
	return b.String()
}

// allowed are the breaches that a rule accounts for, each as narrow as can be told.
var allowed = []struct {
	law  string
	rule string
	why  string
	when func(have, want fact.Set, steps []Step, b breach) bool
}{
	{"dangling", "O1", "units below each other in a circle have no order", func(have, want fact.Set, steps []Step, b breach) bool {
		return strings.Contains(b.text, "{Unit ") && strings.Contains(b.text, " parent ") && inCircle(want.Plus(have))
	}},
	{"gap", "O6", "a swap of rows shows one school twice for a moment", func(have, want fact.Set, steps []Step, b breach) bool {
		return slices.ContainsFunc(steps, func(st Step) bool { return st.Key.ID == b.q.Person && st.onRow() })
	}},
	{"gap", "O11", "survey rights hang on the version", versionChanges},
	{"widening", "O11", "survey rights hang on the version", versionChanges},
	{"widening", "O5", "somebody's right that stays is replaced first, or goes to a substitute first", butFor("O5", "O12")},
	{"widening", "O10", "new maintainers come before the last go", butFor("O10")},
	{"gap", "O5", "what some keep contradicts what others keep", inContradiction},
	{"widening", "O1", "steps that wait for each other cannot all come first", inContradiction},
	{"widening", "O13", "a student moves while a class or the own card begins or ceases to hide other groups (R28)", func(have, want fact.Set, done []Step, b breach) bool {
		student := fact.Key{Kind: "Person", ID: b.q.Person}
		if b.q.Child != "" {
			student.ID = b.q.Child
		}
		return have.Object(student).Value("kind") == "student" && !have.Object(student).Equal(want.Object(student)) &&
			slices.ContainsFunc(done, func(st Step) bool { return st.Key.Kind == "SchoolClass" || st.Key.Kind == "CardAssignment" })
	}},
	{"widening", "O13", "roles, profiles and units of CosDoc reach elsewhere by one field", cosDocField},
	{"gap", "O13", "roles, profiles and units of CosDoc reach elsewhere by one field", cosDocField},
	{"widening", "O13", "one field of a school means another thing, and takes and gives at once", func(have, want fact.Set, steps []Step, b breach) bool {
		return slices.ContainsFunc(steps, func(st Step) bool {
			return st.Key.ID == b.q.Place && (st.Add.Field("external").Len() > 0 || st.Del.Field("external").Len() > 0)
		})
	}},
}

func cosDocField(have, want fact.Set, done []Step, b breach) bool {
	return strings.Contains(b.q.Place, "/unit/") && slices.ContainsFunc(done, func(st Step) bool {
		return st.Key.Kind == "Unit" || st.Key.Kind == "CosDocRole" && st.Add.Plus(st.Del).Value("scope")+st.Add.Plus(st.Del).Value("scope.units") != "" ||
			st.Action == Update && st.Add.Field("profile").Len() > 0
	})
}

// butFor reports whether it is some rules alone that bring a breach about.
func butFor(codes ...string) func(have, want fact.Set, done []Step, b breach) bool {
	without := slices.DeleteFunc(slices.Clone(Rules), func(r Rule) bool { return slices.Contains(codes, r.Code) })
	return func(have, want fact.Set, done []Step, b breach) bool {
		return !slices.ContainsFunc(breaches(have, want, steps(without, nil, have, want), true), func(o breach) bool {
			return o.law == b.law && o.q == b.q
		})
	}
}

// inContradiction reports whether steps that have to do with a person, or with a
// place, wait for each other.
func inContradiction(have, want fact.Set, done []Step, b breach) bool {
	m := prepare(Rules, nil, have, want)
	m.settle()
	for i, circle := range m.circles() {
		if n := &m.nodes[i]; circle > 0 && (concerns(n, b.q) || concerns(n, access.Question{Who: access.Who{Person: b.q.Child}})) {
			return true
		}
	}
	return false
}

func concerns(n *node, q access.Question) bool {
	if q.Person == "" {
		return false
	}
	if n.Key.ID == q.Person || n.Key.ID == q.Place {
		return true
	}
	for _, f := range n.Del.Plus(n.Add).All() {
		if f.Value == q.Person {
			return true
		}
	}
	return false
}

func versionChanges(have, want fact.Set, steps []Step, b breach) bool {
	inst := fact.Key{Kind: "Installation", ID: fact.Key{ID: b.q.Person}.Installation()}
	return strings.HasPrefix(b.q.Right, surveys) && wilma(have.Object(inst)) != wilma(want.Object(inst))
}

func (st Step) onRow() bool {
	return st.Key.Kind == "Person" && st.Action == Update && st.Add.Len() == 1 && st.Add.At(0).Field == "schools"
}

func inCircle(s fact.Set) bool {
	for key := range s.Kind("Unit").Objects() {
		seen := make(map[string]bool)
		for up := key.ID; up != ""; up = s.Object(fact.Key{Kind: "Unit", ID: up}).Value("parent") {
			if seen[up] {
				return true
			}
			seen[up] = true
		}
	}
	return false
}

// TestLaws: whatever changes, references never dangle on the way, no list of
// schools and no list of holders is empty, nobody may do what they could neither
// before nor afterwards, and nobody misses what they keep; but for what a rule
// accounts for.
func TestLaws(t *testing.T) {
	count := make(map[string]int)
	for seed := range rounds(2000, 100000) {
		have, want := worlds(seed)
		steps := Steps(nil, have, want)
		checkAfters(t, seed, steps)
		for _, b := range breaches(have, want, shuffled(rand.New(rand.NewSource(seed)), steps), false) {
			if b.law != "dangling" || !allowed[0].when(have, want, steps, b) {
				t.Errorf("seed %d, in another order that After allows: %v\n%s", seed, b, tell(have, steps))
			}
		}
	next:
		for _, b := range breaches(have, want, steps, related(seed)) {
			for _, a := range allowed {
				if a.law == b.law && a.when(have, want, steps, b) {
					count[a.law+" "+a.rule+": "+a.why]++
					continue next
				}
			}
			t.Errorf("seed %d: %v\n%s", seed, b, tell(have, steps))
			break
		}
		if t.Failed() && testing.Short() {
			return
		}
	}
	t.Log(count)
}

// shuffled are steps in another order, each after those that it waits for, as a
// target may do them that goes on after a step failed.
func shuffled(r *rand.Rand, steps []Step) []Step {
	done := make([]bool, len(steps))
	var out []Step
	for len(out) < len(steps) {
		i := r.Intn(len(steps))
		if !done[i] && !slices.ContainsFunc(steps[i].After, func(j int) bool { return !done[j] }) {
			done[i] = true
			out = append(out, steps[i])
		}
	}
	return out
}

func checkAfters(t *testing.T, seed int64, steps []Step) {
	t.Helper()
	for i, st := range steps {
		if !slices.IsSorted(st.After) || len(st.After) > 0 && (st.After[0] < 0 || st.After[len(st.After)-1] >= i) {
			t.Fatalf("seed %d: step %d waits for %v", seed, i, st.After)
		}
	}
}
