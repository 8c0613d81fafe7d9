package access_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// two are a world and what it may become: some of its facts gone, some of
// another's there.
func two(seed int64) (before, after fact.Set) {
	r := rand.New(rand.NewSource(seed))
	before = facttest.Municipality(r.Intn)
	other := facttest.Municipality(r.Intn)
	var b fact.Builder
	for _, f := range before.All() {
		if f.Field == "" || r.Intn(8) > 0 {
			b.Add(f)
		}
	}
	for _, f := range other.All() {
		if r.Intn(8) == 0 && before.Has(f.Key) && f.Field != "kind" {
			b.Add(f)
		}
	}
	return before, b.Set()
}

// TestCompareIsComplete: what is gained and lost is exactly what one state allows
// and the other does not, each once, and persons are counted once.
func TestCompareIsComplete(t *testing.T) {
	worlds := 1500
	if testing.Short() {
		worlds = 300
	}
	shifts, kept, widened, levels := 0, 0, 0, 0
	for seed := range int64(worlds) {
		a, b := two(seed)
		before, after := access.Load(a), access.Load(b)
		e := access.Compare(before, after)
		told := make(map[access.Question]int)
		gaining, losing := make(map[string]bool), make(map[string]bool)
		for _, s := range e.Shifts {
			shifts++
			if s.Widens {
				widened++
			}
			if s.Level {
				levels++
			}
			for q := range questions(s) {
				told[q]++
				if was, is := before.Allowed(q), after.Allowed(q); was == s.Gained || is != s.Gained {
					t.Fatalf("seed %d: %v told as gained=%v, but %v before and %v after", seed, q, s.Gained, was, is)
				}
				if s.Gained && !s.Level {
					gaining[q.Person] = true
				} else if !s.Level {
					losing[q.Person] = true
				}
			}
			if len(s.Before) == 0 && !s.Gained || len(s.After) == 0 && s.Gained {
				t.Fatalf("seed %d: no reason in %+v", seed, s)
			}
		}
		want := make(map[access.Question]int)
		for q := range before.All() {
			if !after.Allowed(q) {
				want[q] = 1
			}
		}
		for q := range after.All() {
			if !before.Allowed(q) {
				want[q] = 1
			}
		}
		for _, place := range slices.Concat(before.PlaceIDs(), after.PlaceIDs()) {
			if !strings.Contains(place, "/ims/") { // the nearest path counts, whether or not it is this one
				continue
			}
			for _, who := range slices.Concat(slices.Collect(before.Persons()), slices.Collect(after.Persons())) {
				for _, flag := range []string{"viewer", "editor", "approver", "reviewer"} {
					q := access.Question{Who: who, Right: flag, Place: place}
					if delete(want, q); before.Allowed(q) != after.Allowed(q) {
						want[q] = 1
					}
				}
			}
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Fatalf("seed %d (-want +told):\n%s", seed, diff)
		}
		if e.Gained != len(gaining) || e.Lost != len(losing) {
			t.Fatalf("seed %d: %d gain and %d lose, counted as %d and %d", seed, len(gaining), len(losing), e.Gained, e.Lost)
		}
		for _, s := range e.Kept {
			kept++
			for q := range questions(s) {
				if !before.Allowed(q) || !after.Allowed(q) {
					t.Fatalf("seed %d: %v told as kept", seed, q)
				}
			}
		}
		if again := access.Compare(before, after); !cmp.Equal(e, again) {
			t.Fatalf("seed %d: compared again, it differs", seed)
		}
		if same := access.Compare(before, access.Load(a)); len(same.Shifts)+len(same.Kept)+len(same.Templates)+same.Gained+same.Lost > 0 {
			t.Fatalf("seed %d: a state differs from itself: %+v", seed, same)
		}
	}
	if shifts == 0 || kept == 0 || widened == 0 || levels == 0 {
		t.Errorf("the worlds lack something: %d shifts, %d kept, %d widened, %d levels", shifts, kept, widened, levels)
	}
}

// questions are what a shift tells.
func questions(s access.Shift) func(yield func(access.Question) bool) {
	return func(yield func(access.Question) bool) {
		for _, who := range s.People {
			for _, right := range s.Rights {
				for _, place := range s.Places {
					if !yield(access.Question{Who: who, Right: right, Place: place}) {
						return
					}
				}
			}
		}
	}
}

// TestTemplatesAreComplete: whatever somebody gains or loses with any template is
// told, and once.
func TestTemplatesAreComplete(t *testing.T) {
	worlds := 1500
	if testing.Short() {
		worlds = 200
	}
	several := 0
	for seed := range int64(worlds) {
		a, b := two(seed)
		before, after := access.Load(a), access.Load(b)
		told := make(map[string]bool)
		for _, s := range access.Compare(before, after).Templates {
			if len(s.Templates) > 1 {
				several++
			}
			for _, template := range s.Templates {
				for _, action := range s.Actions {
					for _, place := range schools(action, s.Places) {
						for _, person := range s.People {
							line := fmt.Sprint(template, " ", action, " ", place, " ", person, " ", s.Gained)
							if told[line] {
								t.Fatalf("seed %d: told twice: %s", seed, line)
							}
							told[line] = true
						}
					}
				}
			}
		}
		want := make(map[string]bool)
		all := a.Plus(b)
		var places []string
		for key := range all.Kind("School").Objects() {
			places = append(places, key.ID)
		}
		for person := range all.Kind("Person").Objects() {
			for template := range all.Kind("SurveyTemplate").Objects() {
				for _, action := range access.Actions {
					for _, place := range schools(action, places) {
						was, is := before.May(person.ID, action, template.ID, place), after.May(person.ID, action, template.ID, place)
						if was != is {
							want[fmt.Sprint(template.ID, " ", action, " ", place, " ", person.ID, " ", is)] = true
						}
					}
				}
			}
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Fatalf("seed %d (-want +told):\n%s", seed, diff)
		}
	}
	if several == 0 {
		t.Error("no two templates were ever told together")
	}
}

// schools are those that an action is asked for.
func schools(a access.Action, all []string) []string {
	if !a.InSchool() {
		return []string{""}
	}
	return all
}

// TestWilmaOff (P14): where Wilma is not in use, no Wilma right holds, and the
// answer says so.
func TestWilmaOff(t *testing.T) {
	of := func(wilma ...fact.Fact) *access.Table {
		person, school, group := fact.Key{Kind: "Person", ID: "m/t"}, fact.Key{Kind: "School", ID: "m/a"}, fact.Key{Kind: "UserGroup", ID: "m/g"}
		return access.Load(fact.Of(append(wilma, fact.Fact{Key: school}, fact.Fact{Key: group, Field: "wilma", Value: "wilma.x"},
			fact.Fact{Key: person, Field: "kind", Value: "teacher"}, fact.Fact{Key: person, Field: "groups", Value: group.ID},
			fact.Fact{Key: person, Field: "schools", Row: 1, Value: school.ID})...))
	}
	q := access.Question{Who: access.Who{Person: "m/t"}, Right: "wilma.x", Place: "m/a"}
	on, off := of(fact.Fact{Key: fact.Key{Kind: "School", ID: "m/a"}, Field: "wilma.enabled", Value: "true"}), of()
	if !on.Allowed(q) {
		t.Error("the right does not hold where Wilma is in use")
	}
	v := off.Why(q)
	if v.Allowed || len(v.Against) != 1 || v.Against[0].Rule != "P14" || len(v.Missing) != 1 || v.Missing[0].Rule != "P14" {
		t.Errorf("where Wilma is not in use: %+v", v)
	}
	if e := access.Compare(on, off); e.Lost != 1 || e.Shifts[0].After[0].Rule != "P14" {
		t.Errorf("Wilma switched off: %+v", e)
	}
}
