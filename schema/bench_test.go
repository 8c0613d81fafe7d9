package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/schema/source"
)

func people(n int) []byte {
	var b strings.Builder
	b.WriteString("apiVersion: lupa/v1\nkind: People\nmetadata: {name: testila-opettajat}\nspec:\n  defaults: {kind: teacher, schools: [testila]}\n  people:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: t-%06d, groups: [opettajat, ryhma-%02d]}\n", i, i%50)
	}
	return []byte(b.String())
}

func BenchmarkPeople(b *testing.B) {
	data := people(1000)
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			source.Parse("x", data)
		}
	})
	doc := source.Parse("x", data).Documents[0]
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			doc.Root().Plain()
		}
	})
	b.Run("validate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p := Validate(doc); len(p) > 0 {
				b.Fatal(p)
			}
		}
	})
}
