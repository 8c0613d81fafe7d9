package order_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/order"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

var card = fact.Key{Kind: "Person", ID: "m/t-1"}

func person(schools ...string) fact.Set {
	var b fact.Builder
	b.Add(fact.Fact{Key: card})
	for i, school := range schools {
		b.Add(fact.Fact{Key: card, Field: "schools", Row: i + 1, Value: "m/" + school})
	}
	return b.Set()
}

func describe(steps []order.Step) string {
	var lines []string
	for _, st := range steps {
		for _, f := range st.Del.All() {
			lines = append(lines, fmt.Sprintf("-%d %s", f.Row, fact.Name(f.Value)))
		}
		for _, f := range st.Add.All() {
			lines = append(lines, fmt.Sprintf("+%d %s", f.Row, fact.Name(f.Value)))
		}
		lines = append(lines, ";")
	}
	return strings.Join(lines, " ")
}

// Rows of Koulu: in place, appended, then deleted from the highest.
func TestKouluRows(t *testing.T) {
	for _, c := range []struct{ name, have, want, steps string }{
		{"T68 another school", "A", "B", "-1 A +1 B ;"},
		{"T69 the second of three stays", "A B C", "B", "-1 A +1 B ; -3 C ; -2 B ;"},
		{"T72 the order changes", "A B", "B A", "-1 A +1 B ; -2 B +2 A ;"},
		{"one more", "A", "A B", "+2 B ;"},
		{"the last goes", "A B", "A", "-2 B ;"},
		{"nothing", "A B", "A B", ""},
	} {
		steps := order.Steps(nil, person(strings.Fields(c.have)...), person(strings.Fields(c.want)...))
		if got := describe(steps); got != c.steps {
			t.Errorf("%s: %s to %s\n got %s\nwant %s", c.name, c.have, c.want, got, c.steps)
		}
	}
}

// TestEveryListOfSchools is T70: from each of the 15 ordered lists of three
// schools to each, no list on the way is empty and none has a foreign school.
func TestEveryListOfSchools(t *testing.T) {
	var lists [][]string
	var grow func(list []string)
	grow = func(list []string) {
		if len(list) > 0 {
			lists = append(lists, slices.Clone(list))
		}
		for _, school := range []string{"A", "B", "C"} {
			if !slices.Contains(list, school) {
				grow(append(list, school))
			}
		}
	}
	grow(nil)
	if len(lists) != 15 {
		t.Fatalf("%d lists, want 15", len(lists))
	}
	for _, have := range lists {
		for _, want := range lists {
			s := person(have...)
			for _, st := range order.Steps(nil, s, person(want...)) {
				var err error
				if s, err = st.Do(s); err != nil {
					t.Fatal(err)
				}
				now := s.Values("schools")
				if len(now) == 0 {
					t.Fatalf("%v to %v: empty on the way, and empty is every school", have, want)
				}
				for _, id := range now {
					if school := fact.Name(id); !slices.Contains(have, school) && !slices.Contains(want, school) {
						t.Fatalf("%v to %v: %s on the way", have, want, school)
					}
				}
			}
			if !s.Equal(person(want...)) {
				t.Errorf("%v to %v ends at %v", have, want, s.Values("schools"))
			}
		}
	}
}

// A Primus account comes and goes whole: without its home schools it would
// reach every school.
func TestAnAccountIsOneStep(t *testing.T) {
	key := fact.Key{Kind: "Person", ID: "m/t"}
	object := func(fields ...string) fact.Set {
		b := []fact.Fact{{Key: key}, {Key: key, Field: "kind", Value: "staff"}, {Key: key, Field: "schools", Row: 1, Value: "m/a"}}
		for _, f := range fields {
			name, value, _ := strings.Cut(f, "=")
			b = append(b, fact.Fact{Key: key, Field: name, Value: value})
		}
		return fact.Of(b...)
	}
	without := object()
	with := object("primusAccount=true", "primusAccount.groups=m/g", "primusAccount.homeSchools=m/a", "primusAccount.linked=true")
	for _, c := range [][2]fact.Set{{without, with}, {with, without}} {
		if steps := order.Steps(nil, c[0], c[1]); len(steps) != 1 {
			t.Errorf("%d steps, want 1: %v", len(steps), steps)
		}
	}
	wider := object("primusAccount=true", "primusAccount.groups=m/h", "primusAccount.homeSchools=m/b", "primusAccount.linked=true")
	if steps := order.Steps(nil, with, wider); len(steps) != 1 {
		t.Errorf("%d steps, want 1, as neither the old groups reach the new schools nor the new ones the old: %v", len(steps), steps)
	}
}

// FuzzSteps: the steps lead from one world to the other, and after each of them
// every reference that held before and will hold after has its object.
func FuzzSteps(f *testing.F) {
	for seed := range byte(12) {
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte((i*i + i*int(seed)*7 + int(seed)) >> 1)
		}
		f.Add(data[:200], data[200:])
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		have, want := facttest.World(facttest.Bytes(a)), facttest.World(facttest.Bytes(b))
		now := have
		for i, st := range order.Steps(nil, have, want) {
			var err error
			if now, err = st.Do(now); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			was, is, will := have.Object(st.Key), now.Object(st.Key), want.Object(st.Key)
			for _, field := range policy.Widens(was, is) {
				if st.Action != order.Rename && will.Len() > 0 && !slices.Contains(policy.Widens(was, will), field) {
					t.Fatalf("after step %d (%s %v): %s means every school, on the way from %v to %v", i, st.Action, st.Key, field, facttest.Describe(was), facttest.Describe(will))
				}
			}
			for ref := range fact.Words.Dangling(now) {
				t.Fatalf("after step %d (%s %v): %v names %v, which is not there", i, st.Action, st.Key, ref.Fact, ref.Target)
			}
		}
		if !now.Equal(want) {
			t.Error("the steps do not lead to the wanted world")
		}
	})
}

// TestEveryPairOfHolders is T67: from each set of one to three of four users to
// each, 196 pairs, and to and from all four. Once the users are there all the time,
// once only while they hold the template. After every step somebody holds it, who
// stays holds it all the way, and nobody else ever does.
func TestEveryPairOfHolders(t *testing.T) {
	users := []string{"m/a", "m/b", "m/c", "m/d"}
	var sets [][]string
	for bits := 1; bits < 16; bits++ {
		var set []string
		for i, u := range users {
			if bits&(1<<i) != 0 {
				set = append(set, u)
			}
		}
		sets = append(sets, set)
	}
	template := fact.Key{Kind: "SurveyTemplate", ID: "m/kysely"}
	state := func(holders, there []string) fact.Set {
		facts := []fact.Fact{{Key: template}, {Key: template, Field: "author", Value: "m/a"}}
		for _, u := range holders {
			facts = append(facts, fact.Fact{Key: template, Field: "holders", Value: u})
		}
		for _, u := range there {
			facts = append(facts, fact.Fact{Key: fact.Key{Kind: "Person", ID: u}}, fact.Fact{Key: fact.Key{Kind: "Person", ID: u}, Field: "kind", Value: "staff"})
		}
		return fact.Of(facts...)
	}
	pairs := 0
	for _, old := range sets {
		for _, now := range sets {
			if len(old) < 4 && len(now) < 4 {
				pairs++
			}
			for _, always := range []bool{true, false} {
				have, want := state(old, old), state(now, now)
				if always {
					have, want = state(old, users), state(now, users)
				}
				s := have
				for i, st := range order.Steps(nil, have, want) {
					var err error
					if s, err = st.Do(s); err != nil {
						t.Fatalf("%v to %v: step %d: %v", old, now, i+1, err)
					}
					held := s.Object(template).Values("holders")
					if len(held) == 0 {
						t.Errorf("%v to %v: nobody holds it after step %d", old, now, i+1)
					}
					for _, u := range users {
						before, after := slices.Contains(old, u), slices.Contains(now, u)
						if is := slices.Contains(held, u); before && after && !is || !before && !after && is {
							t.Errorf("%v to %v: after step %d %v hold it", old, now, i+1, held)
						}
					}
				}
				if !s.Equal(want) {
					t.Errorf("%v to %v ends elsewhere", old, now)
				}
			}
		}
	}
	if pairs != 196 {
		t.Errorf("%d pairs, want 196", pairs)
	}
}
