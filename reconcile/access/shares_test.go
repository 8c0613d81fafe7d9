package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// TestSharesAreAll: told out again, shares are what All yields, every set, share
// and pair of people who may do the same is there once, and nothing is empty.
func TestSharesAreAll(t *testing.T) {
	shared, allowed := 0, 0
	for seed := range 3000 {
		facts := facttest.Municipality(seeded(seed))
		if seed%3 == 0 {
			facts = peopled(rand.New(rand.NewPCG(uint64(seed), 0)))
		}
		n, people := sharesAreAll(t, facts)
		allowed += n
		shared += people
		if t.Failed() {
			t.Fatalf("world %d", seed)
		}
	}
	if allowed < 10000 || shared < 1000 {
		t.Errorf("only %d answers, %d people who share with others, in all worlds", allowed, shared)
	}
}

// sharesAreAll is also how much is allowed, and how many people have their share
// from somebody before them.
func sharesAreAll(t *testing.T, facts fact.Set) (allowed, shared int) {
	t.Helper()
	table := access.Load(facts)
	s := table.Shares()
	rights, places := table.RightKeys(), table.PlaceIDs()
	var got []access.Question
	last := int32(-1)
	shareOf := make(map[string]int32) // by what it comes to
	i := 0
	for who := range table.Persons() {
		var own []access.Question
		share := s.Of[i]
		i++
		if share < 0 {
			continue
		}
		if share <= last {
			shared++
		}
		last = max(last, share)
		for _, held := range s.Grants[share] {
			for _, right := range s.Rights[held.Rights] {
				for _, place := range s.Places[held.Places] {
					own = append(own, access.Question{Who: who, Right: rights[right], Place: places[place]})
				}
			}
		}
		slices.SortFunc(own, func(a, b access.Question) int {
			return strings.Compare(a.Right+"\x00"+a.Place, b.Right+"\x00"+b.Place)
		})
		got = append(got, own...)
		content := ""
		for _, q := range own {
			content += q.Right + " " + q.Place + "\n"
		}
		if before, ok := shareOf[content]; ok && before != share {
			t.Errorf("%v has share %d, and others who may do the same have %d", who, share, before)
		}
		shareOf[content] = share
	}
	if diff := cmp.Diff(slices.Collect(table.All()), got); diff != "" {
		t.Errorf("shares (-all +shares):\n%s", diff)
	}
	once(t, "set of rights", s.Rights)
	once(t, "set of places", s.Places)
	once(t, "share", s.Grants)
	if len(s.Grants) != int(last)+1 {
		t.Errorf("%d shares, and the last that anybody has is %d", len(s.Grants), last)
	}
	return len(got), shared
}

func once[T any](t *testing.T, what string, all [][]T) {
	t.Helper()
	seen := make(map[string]bool)
	for _, one := range all {
		key := fmt.Sprint(one)
		if seen[key] || len(one) == 0 {
			t.Errorf("%s %s is there twice, or empty", what, key)
		}
		seen[key] = true
	}
}

// TestSharesStayShort: people who may all do something else at all of 3,000 schools
// need the schools once, and their rights once each.
func TestSharesStayShort(t *testing.T) {
	const schools, groups, people, each = 3000, 500, 2000, 25
	if testing.Short() {
		t.Skip("skipped: -short, and it is a large world")
	}
	facts := manyAdministrators(schools, groups, people, each)
	s := access.Load(facts).Shares()
	rows := 0
	for _, sets := range [][][]int32{s.Rights, s.Places} {
		for _, set := range sets {
			rows += len(set)
		}
	}
	for _, grants := range s.Grants {
		rows += len(grants)
	}
	if len(s.Grants) < people*9/10 {
		t.Errorf("only %d shares: the people are too much alike", len(s.Grants))
	}
	if limit := schools + people*(each+1); rows > limit {
		t.Errorf("%d rows, want at most %d", rows, limit)
	}
}

// manyAdministrators are people with rights of so many groups each, at all schools.
func manyAdministrators(schools, groups, people, each int) fact.Set {
	var w facts
	w.object("Installation", "m", "system", "inschool")
	for i := range schools {
		w.object("School", fmt.Sprintf("m/k-%04d", i), "wilma.enabled", "true")
	}
	for i := range groups {
		w.object("UserGroup", fmt.Sprintf("m/g-%03d", i), "wilma", fmt.Sprintf("wilma.r%03d.open", i))
	}
	for i := range people {
		fields := []string{"kind", "teacher", "allSchools", "true"}
		for j := range each {
			fields = append(fields, "groups", fmt.Sprintf("m/g-%03d", (i*7+j*j*(i/groups+1))%groups))
		}
		w.object("Person", fmt.Sprintf("m/t-%05d", i), fields...)
	}
	return fact.Of(w...)
}
