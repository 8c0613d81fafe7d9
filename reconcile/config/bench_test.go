package config_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lupa-dev/lupa/reconcile/config"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

func largeTree(people int) fstest.MapFS {
	files := make(fstest.MapFS)
	for name, text := range facttest.Tree(people) {
		files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return files
}

func BenchmarkLoad(b *testing.B) {
	for _, people := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			fsys := largeTree(people)
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
