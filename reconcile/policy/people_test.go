package policy

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// FuzzPeopleWho: rules that are asked once of all people of one kind with the same
// fields filled find what they find when they are asked of everybody who differs in
// anything.
func FuzzPeopleWho(f *testing.F) {
	for seed := range int64(40) {
		data := make([]byte, 2000)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, s := range []fact.Set{facttest.World(facttest.Bytes(data)), facttest.Municipality(facttest.Bytes(data))} {
			table := access.Load(s)
			each := s.Kind("Person").Alike(nil)
			for _, code := range []string{"D07", "E02", "E03", "E34", "N02", "W01", "W02", "W21", "W26", "W33"} {
				rule, _ := RuleOf(code)
				fast := Pass{Declared: s, Goal: s, After: func() *access.Table { return table }}
				slow := fast
				slow.people = map[bool]*fact.Alike{true: each, false: each}
				rule.Check(&fast)
				rule.Check(&slow)
				if got, want := fmt.Sprint(fast.findings), fmt.Sprint(slow.findings); got != want {
					t.Fatalf("%s:\n%s\n\nwant\n%s", code, got, want)
				}
			}
		}
	})
}
