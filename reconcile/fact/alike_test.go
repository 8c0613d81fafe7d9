package fact_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// FuzzAlike: objects are alike exactly where they are written so, but for their
// names and the values that do not count; and what is asked once of those that are
// alike is what would be found of each.
func FuzzAlike(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s, choose := facttest.World(facttest.Bytes(a)), facttest.Bytes(b)
		none := make(map[string]bool)
		for _, fc := range s.All() {
			if _, asked := none[fc.Field]; !asked {
				none[fc.Field] = choose(3) == 0
			}
		}
		counts := func(field string) bool { return !none[field] }
		said := func(o fact.Set) string {
			var text strings.Builder
			text.WriteString(o.At(0).Kind)
			for _, fc := range o.All() {
				if none[fc.Field] {
					fc.Row, fc.Value = 0, strings.Repeat("x", min(1, len(fc.Value)))
				}
				fmt.Fprintf(&text, "|%s %d %q", fc.Field, fc.Row, fc.Value)
			}
			return text.String()
		}
		alike := s.Alike(counts)
		numbers, objects := make(map[string]int), 0
		var slow []fact.Key
		wanted := func(o fact.Set) bool { return strings.Count(said(o), "1")%2 == 0 }
		for key, o := range s.Objects() {
			if wanted(o) {
				slow = append(slow, key)
			}
		}
		for n, o := range alike.All() {
			objects++
			if want, known := numbers[said(o)]; known && n != want || !known && n != len(numbers) {
				t.Fatalf("%v has number %d, and what is said of it %d", o.At(0).Key, n, want)
			}
			numbers[said(o)] = n
		}
		var fast []fact.Key
		for key := range alike.Where(wanted) {
			fast = append(fast, key)
		}
		if fmt.Sprint(fast) != fmt.Sprint(slow) || alike.Ways() != len(numbers) {
			t.Errorf("%d ways, want %d; found %v, want %v", alike.Ways(), len(numbers), fast, slow)
		}
		for name, hash := range map[string]func([]byte) uint64{
			"the same for all":     func([]byte) uint64 { return 0 },
			"one beside another":   func(said []byte) uint64 { return uint64(len(said) % 3) },
			"the largest there is": func([]byte) uint64 { return math.MaxUint64 },
		} {
			var got, want []int
			for n := range fact.AlikeBy(s, counts, hash).All() {
				got = append(got, n)
			}
			for n := range alike.All() {
				want = append(want, n)
			}
			if !slices.Equal(got, want) {
				t.Errorf("with a hash %s: numbers %v, want %v", name, got, want)
			}
		}
	})
}

// FuzzOnly: one field of all objects is what is found by looking at every fact.
func FuzzOnly(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, _ []byte) {
		s := facttest.World(facttest.Bytes(a))
		of := make(map[string][]fact.Fact)
		for _, fc := range s.All() {
			of[fc.Field] = append(of[fc.Field], fc)
		}
		for field, want := range of {
			var got []fact.Fact
			for _, fc := range s.Only(field).All() {
				got = append(got, fc)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", field, got, want)
			}
		}
	})
}

// FuzzDiffWhole: the difference is that of every object by itself, whole, however
// much of both sets is the same.
func FuzzDiffWhole(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		have, choose := facttest.World(facttest.Bytes(a)), facttest.Bytes(b)
		var changed fact.Builder
		for _, fc := range have.All() {
			switch choose(12) {
			case 0:
			case 1:
				fc.Value += "x"
				fallthrough
			default:
				changed.Add(fc)
			}
		}
		want := changed.Set()
		var slow []string
		for key := range have.Plus(want).Objects() {
			del, add := have.Object(key).Minus(want.Object(key)), want.Object(key).Minus(have.Object(key))
			if del.Len()+add.Len() > 0 {
				slow = append(slow, fmt.Sprint(key, facttest.Describe(del), facttest.Describe(add)))
			}
		}
		var fast []string
		for _, c := range fact.Diff(have, want) {
			fast = append(fast, fmt.Sprint(c.Key, facttest.Describe(c.Del), facttest.Describe(c.Add)))
		}
		if strings.Join(fast, "\n") != strings.Join(slow, "\n") {
			t.Errorf("%s\n\nwant\n%s", strings.Join(fast, "\n"), strings.Join(slow, "\n"))
		}
	})
}
