package roster_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lupa-dev/lupa/reconcile/facttest"
	"github.com/lupa-dev/lupa/reconcile/roster"
)

// BenchmarkRead reads a municipality's OneRoster.
func BenchmarkRead(b *testing.B) {
	for _, people := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			fsys, size := make(fstest.MapFS), 0
			for name, text := range facttest.Register(people) {
				if strings.HasPrefix(name, "roster/") {
					fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
					size += len(text)
				}
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if r, err := roster.Read(fsys, roster.Source{Path: "roster"}); err != nil || len(r.People) != people {
					b.Fatal(err, r.Problems)
				}
			}
		})
	}
}
