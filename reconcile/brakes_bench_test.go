package reconcile_test

import (
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/plan"
)

// BenchmarkBrakes is a plan for 100,000 people of whom some lose their groups, and
// one of whom all do.
func BenchmarkBrakes(b *testing.B) {
	goal := goalIn(b, filesOf(facttest.Tree(100_000)))
	holds := goal.Alone()
	for name, every := range map[string]int{"none": 0, "one in a hundred": 100, "all": 1} {
		without, i := *goal, 0
		var bare fact.Builder
		for key, object := range goal.Facts.Objects() {
			i++
			taken := key.Kind == "Person" && every > 0 && i%every == 0
			for _, f := range object.All() {
				if !taken || f.Field != "groups" {
					bare.Add(f)
				}
			}
		}
		without.Facts = bare.Set()
		var p *plan.Plan
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p = plan.Make(&without, "local", "bench", fact.Snapshot{Lineage: "1", Serial: 1, Now: holds, Last: holds})
			}
			b.ReportMetric(float64(p.Summary.Lost), "lost")
			b.ReportMetric(float64(len(p.Brakes)), "brakes")
		})
	}
}
