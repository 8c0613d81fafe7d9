package fact_test

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// marked is a fact with its mark, as a list without any order holds it.
type marked struct {
	fact.Fact
	mark uint32
}

// plainly is what a Builder makes of facts, found by sorting them.
func plainly(facts []marked) (all []marked) {
	all = slices.Clone(facts)
	slices.SortFunc(all, func(a, b marked) int { return cmp.Or(a.Fact.Compare(b.Fact), cmp.Compare(a.mark, b.mark)) })
	return slices.CompactFunc(all, func(a, b marked) bool { return a.Fact == b.Fact })
}

// built holds what Builders make of facts against what sorting them makes,
// whatever set they were to expect.
func built(t *testing.T, facts []marked, expected fact.Set) {
	t.Helper()
	want := plainly(facts)
	for _, expects := range []bool{false, true} {
		var b, plain fact.Builder
		if expects {
			b.Expect(expected)
			plain.Expect(expected)
		}
		for _, f := range facts {
			b.AddMarked(f.Fact, f.mark)
			plain.Add(f.Fact)
		}
		s, marks := b.Marked()
		if s.Len() != len(want) || len(marks) != len(want) {
			t.Fatalf("expecting %v: %d facts and %d marks, want %d", expects, s.Len(), len(marks), len(want))
		}
		for i, f := range s.All() {
			if f != want[i].Fact || marks[i] != want[i].mark {
				t.Fatalf("expecting %v: fact %d is %v, marked %d; want %v, marked %d", expects, i, f, marks[i], want[i].Fact, want[i].mark)
			}
		}
		if p := plain.Set(); !p.Equal(s) || p.Digest() != s.Digest() {
			t.Fatalf("expecting %v: without marks the set is another", expects)
		}
	}
}

// FuzzBuilder: a Builder that makes use of the order in which facts mostly come
// makes the same of facts in any order.
func FuzzBuilder(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var facts []marked
		choose := facttest.Bytes(b)
		for i, f := range facttest.World(facttest.Bytes(a)).All() {
			for range 1 + choose(2) {
				facts = append(facts, marked{f, uint32((i * 7) % 5)})
			}
		}
		for i := range facts {
			j := i + choose(len(facts)-i)
			facts[i], facts[j] = facts[j], facts[i]
		}
		built(t, facts, facttest.World(choose))
	})
}

// TestBuilderOrders: more strings than a Builder remembers, in the orders in which
// documents and tables have them, and in none.
func TestBuilderOrders(t *testing.T) {
	documents := people(9_000, true)
	for name, order := range map[string]func(a, b fact.Fact) int{
		"documents": func(a, b fact.Fact) int { return 0 },
		"tables": func(a, b fact.Fact) int {
			return cmp.Or(cmp.Compare(a.Field, b.Field), a.Key.Compare(b.Key))
		},
		"values first": func(a, b fact.Fact) int { return cmp.Or(cmp.Compare(a.Value, b.Value), a.Compare(b)) },
		"backwards":    func(a, b fact.Fact) int { return b.Compare(a) },
	} {
		t.Run(name, func(t *testing.T) {
			sorted := slices.Clone(documents)
			slices.SortStableFunc(sorted, order)
			var facts []marked
			for i, f := range sorted {
				facts = append(facts, marked{f, uint32(i)})
			}
			built(t, facts, fact.Of(documents[:len(documents)/2]...))
		})
	}
	t.Run("mixed", func(t *testing.T) {
		r := rand.New(rand.NewSource(1))
		var facts []marked
		for range len(documents) / 2 {
			n := r.Intn(len(documents))
			facts = append(facts, marked{documents[n], uint32(r.Intn(3))})
			if n%100 == 0 { // two that are told apart by nothing but their rows, or their kinds
				f := documents[n]
				f.Row++
				g := f
				g.Kind = fmt.Sprint("Kind", n%7)
				facts = append(facts, marked{f, 1}, marked{g, 1})
			}
		}
		built(t, facts, fact.Of(documents[:len(documents)/2]...))
	})
}

// TestExpected: a set that has nothing new shares the strings of the one that was
// expected, so that to compare both nothing is made.
func TestExpected(t *testing.T) {
	known := fact.Of(people(1_000, true)...)
	var b fact.Builder
	b.Expect(known)
	b.AddSet(known)
	s := b.Set()
	if n := testing.AllocsPerRun(10, func() { s.Equal(known) }); n > 0 {
		t.Errorf("%v allocations to compare a set with the one that was expected", n)
	}
}

// TestDigestOfParts: the digest is that of the binary form, whatever parts of a set
// were asked for before, and however long it is.
func TestDigestOfParts(t *testing.T) {
	whole := fact.Of(people(2_000, true)...)
	parts := []fact.Set{whole, whole.Object(whole.At(0).Key), {}, whole.Kind("Person"), whole.Minus(fact.Of(whole.At(0))), whole.Plus(fact.Of(fact.Fact{Key: fact.Key{Kind: "A", ID: "m/a"}}))}
	for key, o := range whole.Objects() {
		if parts = append(parts, o); len(parts) > 8 {
			break
		}
		parts = append(parts, whole.Object(key))
	}
	for range 2 {
		for i, s := range parts {
			data, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Digest(); got != sha256.Sum256(data) || got != s.Digest() {
				t.Errorf("part %d has the digest %s, and its binary form another", i, got)
			}
		}
	}
}

// FuzzFind: what is found by halving is what a walk finds, and sets of equal
// strings or of other ones are compared in the same way.
func FuzzFind(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s, other := facttest.World(facttest.Bytes(a)), facttest.World(facttest.Bytes(b))
		kinds := make(map[string]int)
		for key, o := range s.Objects() {
			kinds[key.Kind] += o.Len()
			if got := s.Object(key); got.Len() != o.Len() || got.At(0) != o.At(0) || s.Start(got) != s.Start(o) {
				t.Fatalf("%v is found as another object", key)
			}
		}
		for kind, n := range kinds {
			if got := s.Kind(kind).Len(); got != n {
				t.Fatalf("%d facts of kind %s, want %d", got, kind, n)
			}
		}
		var again fact.Builder
		again.AddSet(s)
		copied := again.Set()
		for _, to := range []fact.Set{other, s} {
			x, y := fact.Diff(s, to), fact.Diff(copied, to)
			if len(x) != len(y) {
				t.Fatalf("%d changes from a set and %d from its copy", len(x), len(y))
			}
			for i := range x {
				if x[i].Key != y[i].Key || !x[i].Del.Equal(y[i].Del) || !x[i].Add.Equal(y[i].Add) {
					t.Fatalf("%v changes otherwise in a copy", x[i].Key)
				}
			}
		}
	})
}
