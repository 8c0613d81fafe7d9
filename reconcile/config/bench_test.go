package config_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

func largeTree(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

// BenchmarkLoad reads the same number of people from YAML and from a roster.
func BenchmarkLoad(b *testing.B) {
	for from, tree := range map[string]func(int) map[string]string{"yaml": facttest.Tree, "roster": facttest.Register} {
		for _, people := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", from, people), func(b *testing.B) {
				fsys := largeTree(tree(people))
				b.ReportAllocs()
				for b.Loop() {
					tree, err := config.Load(b.Context(), fsys, config.Options{Now: time.Unix(1_800_000_000, 0)})
					if err != nil || tree.Refused() {
						b.Fatal(err, tree.Problems)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(people), "ns/person")
			})
		}
	}
}

// BenchmarkOn is another day of a tree: from the second day on, as the first sorts
// out what has a span.
func BenchmarkOn(b *testing.B) {
	for _, people := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			tree, err := config.Load(b.Context(), largeTree(facttest.Tree(people)), config.Options{Now: time.Unix(1_800_000_000, 0)})
			if err != nil || tree.Refused() {
				b.Fatal(err, tree.Problems)
			}
			end := *day(b, "2999-01-01")
			before, err := tree.On(b.Context(), end-1)
			if err != nil || before.Len() != tree.Goal.Facts.Len() {
				b.Fatal(err, before.Len())
			}
			if after, err := tree.On(b.Context(), end); err != nil || after.Len() >= before.Len() {
				b.Fatal(err, after.Len())
			}
			for b.Loop() {
				if again, err := tree.On(b.Context(), end-1); err != nil || again.Len() != before.Len() {
					b.Fatal(err, again.Len())
				}
			}
		})
	}
}

// BenchmarkImport is the way from what a target holds to files, checked.
func BenchmarkImport(b *testing.B) {
	for _, people := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			opt := config.Options{Now: time.Unix(1_800_000_000, 0)}
			full, err := config.Load(b.Context(), largeTree(facttest.Tree(people)), opt)
			if err != nil || full.Refused() {
				b.Fatal(err, full.Problems)
			}
			empty, err := config.Load(b.Context(), project, opt)
			if err != nil || empty.Refused() {
				b.Fatal(err, empty.Problems)
			}
			snap := fact.Snapshot{Now: full.Goal.Facts, Last: full.Goal.Facts}
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				im, err := config.Import(b.Context(), project, empty, snap, opt)
				if err != nil || im.Objects < people || len(im.Left) > 0 {
					b.Fatal(err, im)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(people), "ns/person")
		})
	}
}

// BenchmarkImportAdditions imports into a tree that lacks a group of every person,
// or of one.
func BenchmarkImportAdditions(b *testing.B) {
	for name, every := range map[string]int{"all": 1, "one": 1 << 30} {
		for _, people := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", name, people), func(b *testing.B) {
				opt := config.Options{Now: time.Unix(1_800_000_000, 0)}
				fsys := largeTree(facttest.Tree(people))
				tree, err := config.Load(b.Context(), fsys, opt)
				if err != nil || tree.Refused() {
					b.Fatal(err, tree.Problems)
				}
				held, n := fact.Set{}, 0
				var more fact.Builder
				more.AddSet(tree.Goal.Facts)
				for key, o := range tree.Goal.Facts.Kind("Person").Objects() {
					if o.Value("kind") != "teacher" && o.Value("kind") != "staff" {
						continue
					}
					if n++; n%every == 1%every {
						more.Add(fact.Fact{Key: key, Field: "surveyMaintainerSchools", Value: o.Value("schools")})
					}
				}
				held = more.Set()
				snap := fact.Snapshot{Now: held, Last: tree.Goal.Facts}
				b.ReportAllocs()
				b.ResetTimer()
				for b.Loop() {
					im, err := config.Import(b.Context(), fsys, tree, snap, opt)
					if err != nil || im.Grown == 0 || len(im.Differ) > 0 {
						b.Fatal(err, im)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(people), "ns/person")
			})
		}
	}
}
