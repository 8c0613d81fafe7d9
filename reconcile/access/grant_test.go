package access_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// TestGrantsAreWhatAllSays: grants, put together, are everything that teachers,
// staff and users may do, and each source reaches no further than its grant.
func TestGrantsAreWhatAllSays(t *testing.T) {
	total := 0
	for seed := range 200 {
		facts := facttest.Municipality(seeded(seed))
		table := access.Load(facts)
		places := table.PlaceIDs()
		var got []string
		for _, right := range table.RightKeys() {
			for g := range table.Grants(right) {
				var together []int32
				for s := range g.Sources() {
					if !access.Within(s.Places, g.Places()) {
						t.Errorf("seed %d: %s of %s reaches further by %s than it does", seed, right, g.Person(), s.By)
					}
					together = append(together, s.Places...)
				}
				if slices.Sort(together); !access.Within(g.Places(), slices.Compact(together)) {
					t.Errorf("seed %d: %s of %s reaches further than what gives it", seed, right, g.Person())
				}
				for _, at := range g.Places() {
					got = append(got, fmt.Sprint(g.Person(), " ", right, " ", places[at]))
				}
			}
		}
		var want []string
		for q := range table.All() {
			kind := facts.Object(fact.Key{Kind: "Person", ID: q.Person}).Value("kind")
			if kind != "student" && kind != "guardian" {
				want = append(want, fmt.Sprint(q.Person, " ", q.Right, " ", q.Place))
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: grants are %q, want %q", seed, got, want)
		}
		total += len(got)
	}
	if total < 200 {
		t.Errorf("only %d grants in all worlds", total)
	}
}

func TestOlderThan(t *testing.T) {
	for version, older := range map[string]bool{"2.9": true, "2.15": true, "2.16": false, "2.17": false, "2.20": false, "2": true, "2.16.1": false, "3": false, "": false, "x": false} {
		if access.OlderThan(version, 2, 16) != older {
			t.Errorf("%q: older than 2.16 is not %v", version, older)
		}
	}
}
