package report

import (
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// TestReasonsHaveSentences: whatever the engine says in random worlds can be put
// into words, by a rule that exists, and no sentence is there for nothing.
func TestReasonsHaveSentences(t *testing.T) {
	rules := make(map[string]bool)
	for _, r := range access.Rules {
		rules[r.Code] = true
	}
	said := make(map[string]bool)
	text := English()
	check := func(reasons []access.Reason) {
		for i, r := range plan.Explain(reasons, false, text.Reason, nil) {
			key := r.Rule + "." + r.Case
			if said[key] {
				continue
			}
			said[key] = true
			if _, ok := englishReasons[key]; !ok || r.Text == "" || strings.Contains(r.Text, "%!") {
				t.Errorf("%s is said as %q", key, r.Text)
			}
			if !rules[reasons[i].Rule] {
				t.Errorf("%s is no rule", r.Rule)
			}
		}
	}
	key := func(kind, id string) fact.Key { return fact.Key{Kind: kind, ID: "m/" + id} }
	levels := access.Load(fact.Of(
		fact.Fact{Key: key("Unit", "u")}, fact.Fact{Key: key("School", "lukio")}, fact.Fact{Key: key("School", "lukio"), Field: "wilma.enabled", Value: "true"},
		fact.Fact{Key: key("School", "lukio"), Field: "level", Value: "upperSecondary"},
		fact.Fact{Key: key("UserGroup", "g"), Field: "levels", Value: "basic"}, fact.Fact{Key: key("UserGroup", "g"), Field: "wilma", Value: "wilma.x"},
		fact.Fact{Key: key("Person", "t"), Field: "kind", Value: "teacher"}, fact.Fact{Key: key("Person", "t"), Field: "groups", Value: "m/g"},
		fact.Fact{Key: key("Person", "t"), Field: "schools", Row: 1, Value: "m/lukio"},
	))
	who := access.Who{Person: "m/t"}
	check(levels.Why(access.Question{Who: who, Right: "wilma.x", Place: "m/lukio"}).Against) // R38
	check(levels.Why(access.Question{Who: who, Right: "wilma.x", Place: "m/nowhere"}).Missing)
	check(levels.Why(access.Question{Who: who, Right: "wilma.x", Place: "m/unit/u"}).Against) // no school
	ims := access.Load(fact.Of(fact.Fact{Key: fact.Key{Kind: "Installation", ID: "i"}, Field: "system", Value: "ims"},
		fact.Fact{Key: fact.Key{Kind: "Person", ID: "i/u"}, Field: "kind", Value: "user"}))
	check(ims.Why(access.Question{Who: access.Who{Person: "i/u"}, Right: "viewer", Place: "i/ims/processes/nowhere"}).Against)
	for seed := range int64(800) {
		random := rand.New(rand.NewSource(seed))
		before, after := access.Load(facttest.Municipality(random.Intn)), access.Load(facttest.Municipality(random.Intn))
		for who := range before.Persons() {
			for _, right := range before.RightKeys() {
				for _, place := range append(slices.Clone(before.PlaceIDs()), "") {
					if random.Intn(4) > 0 {
						continue
					}
					v := before.Why(access.Question{Who: who, Right: right, Place: place})
					check(v.For)
					check(v.Against)
					check(v.Missing)
				}
			}
		}
		e := access.Compare(before, after)
		for _, s := range slices.Concat(e.Shifts, e.Kept) {
			check(s.Before)
			check(s.After)
		}
		for _, s := range e.Templates {
			check([]access.Reason{s.Reason})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(englishReasons)) {
		if !said[key] {
			t.Errorf("nothing says %s", key)
		}
	}
}
