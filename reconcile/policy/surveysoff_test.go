package policy

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/facttest"
)

// idleGroups are the groups that groupsOff names, found by looking at every source
// of everybody's rights.
func idleGroups(p *Pass, table *access.Table) (ids []string) {
	reaches := make(map[string]bool)
	for _, right := range allSurveyRights {
		for g := range table.Grants(right) {
			for s := range g.Sources() {
				if s.By == access.ByGroup {
					reaches[s.Group] = reaches[s.Group] || len(s.Places) > 0 || !p.knownSchools(g)
				}
			}
		}
	}
	for id, somewhere := range reaches {
		if !somewhere {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// FuzzGroupsOff: the rule looks at what people have alike once, and finds the
// groups that are found by looking at everybody.
func FuzzGroupsOff(f *testing.F) {
	for seed := range int64(200) {
		data := make([]byte, 2000)
		rand.New(rand.NewSource(seed)).Read(data)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, s := range []fact.Set{facttest.World(facttest.Bytes(data)), facttest.Municipality(facttest.Bytes(data))} {
			table, p := access.Load(s), Pass{Declared: s, Goal: s}
			p.groupsOff(table)
			var got []string
			for _, finding := range p.findings {
				got = append(got, finding.Subject.ID)
			}
			slices.Sort(got)
			if want := idleGroups(&p, table); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("idle groups %v, want %v in\n%v", got, want, s)
			}
		}
	})
}
