package fact_test

import (
	"fmt"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// people are facts of so many people in the order in which documents have them:
// object by object, with what a roster says besides or not.
func people(n int, rostered bool) (facts []fact.Fact) {
	for i := range n {
		school, class := fmt.Sprintf("m/k%03d", i/1000), fmt.Sprintf("m/k%03d-%02d", i/1000, i%20)
		key := fact.Key{Kind: "Person", ID: fmt.Sprintf("m/t-%07d", i)}
		facts = append(facts, fact.Fact{Key: key}, fact.Fact{Key: key, Field: "kind", Value: "teacher"}, fact.Fact{Key: key, Field: "schools", Row: 1, Value: school})
		if rostered {
			facts = append(facts, fact.Fact{Key: key, Field: "classes", Value: class}, fact.Fact{Key: key, Field: "externalIds", Value: fmt.Sprintf("sourcedId=T-%07d", i)})
		}
		for k := range 2 {
			facts = append(facts, fact.Fact{Key: key, Field: "groups", Value: fmt.Sprintf("m/g%02d", (i+i*k*7)%50)})
		}
	}
	return facts
}

// BenchmarkBuilder makes a set of what documents say, and of what the tables of a
// target say when what was left there is known.
func BenchmarkBuilder(b *testing.B) {
	for name, rostered := range map[string]bool{"yaml": false, "roster": true} {
		documents := people(100_000, rostered)
		known := fact.Of(documents...)
		var tables []fact.Fact
		for _, field := range []string{"", "kind", "classes", "externalIds", "groups", "schools"} {
			for _, f := range known.All() {
				if f.Field == field {
					tables = append(tables, f)
				}
			}
		}
		b.Run(name+"/documents", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var builder fact.Builder
				builder.Grow(100_000, len(documents), 200_000)
				for i, f := range documents {
					builder.AddMarked(f, uint32(i))
				}
				if s, _ := builder.Marked(); s.Len() != known.Len() {
					b.Fatal(s.Len())
				}
			}
		})
		b.Run(name+"/tables", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var builder fact.Builder
				builder.Expect(known)
				for _, f := range tables {
					builder.Add(f)
				}
				if s := builder.Set(); s.Len() != known.Len() {
					b.Fatal(s.Len())
				}
			}
		})
		b.Run(name+"/digest", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				known.Where(func(fact.Key) bool { return true }).Digest()
			}
		})
		b.Run(name+"/align", func(b *testing.B) {
			other := fact.Of(documents...)
			b.ReportAllocs()
			for b.Loop() {
				if len(fact.Diff(known, other)) > 0 {
					b.Fatal("they differ")
				}
			}
		})
	}
}
