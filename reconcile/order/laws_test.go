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
	if seed%4 == 0 {
		return have, want
	}
	changes := fact.Diff(have, want)
	n := 1 + r.Intn(6)
	r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	return have, have.Apply(changes[:min(n, len(changes))]...)
}

func rounds(normal, torture int) int64 {
	if os.Getenv("LUPA_TORTURE") != "" {
		return int64(torture)
	}
	return int64(normal)
}

func tell(have, want fact.Set, steps []Step) string {
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

func TestExplore(t *testing.T) {
	count := make(map[string]int)
	shown := make(map[string]int)
	for seed := range rounds(2000, 20000) {
		have, want := worlds(seed)
		steps := Steps(nil, have, want)
		seen := map[string]bool{}
		for _, b := range breaches(have, want, steps, true) {
			near := "near "
			if seed%4 == 0 {
				near = "far "
			}
			if seen[b.law] {
				continue
			}
			seen[b.law] = true
			count[near+b.law]++
			if near == "near " || b.law == "dangling" || b.law == "gap" {
				if shown[b.law]++; shown[b.law] <= 4 {
					t.Logf("seed %d: %v\n%s", seed, b, tell(have, want, steps))
				}
			}
		}
	}
	t.Log(count)
}

var _ = slices.Contains[[]int]
