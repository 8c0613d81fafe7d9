package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// crowd is 100,000 people at 3,000 schools in 500 groups; group 0 gives one right
// more where wide is set; where moved is, one in fifty people has another order of
// schools and a group less, and ten templates another holder.
func crowd(wide, moved bool) fact.Set {
	var b fact.Builder
	add := func(kind, id, field string, row int, value string) {
		b.Add(fact.Fact{Key: fact.Key{Kind: kind, ID: id}, Field: field, Row: row, Value: value})
	}
	add("Installation", "m", "", 0, "")
	add("Installation", "m", "system", 0, "inschool")
	for i := range 3000 {
		id := fmt.Sprintf("m/s%d", i)
		add("School", id, "", 0, "")
		add("School", id, "wilma.enabled", 0, "true")
		add("School", id, "surveys.enabled", 0, "true")
	}
	for i := range 500 {
		id := fmt.Sprintf("m/g%d", i)
		add("UserGroup", id, "", 0, "")
		add("UserGroup", id, "wilma", 0, fmt.Sprintf("wilma.right%d", i))
		add("UserGroup", id, "wilma", 0, "wilma.surveys.addSurvey")
	}
	if wide {
		add("UserGroup", "m/g0", "wilma", 0, "wilma.surveys.maintain")
	}
	for i := range 100_000 {
		id := fmt.Sprintf("m/t%d", i)
		add("Person", id, "", 0, "")
		add("Person", id, "kind", 0, "teacher")
		first, second := i%3000, (i+1)%3000
		if moved && i%50 == 0 {
			first, second = second, first
		}
		add("Person", id, "schools", 1, fmt.Sprintf("m/s%d", first))
		add("Person", id, "schools", 2, fmt.Sprintf("m/s%d", second))
		add("Person", id, "groups", 0, fmt.Sprintf("m/g%d", i%500))
		if !moved || i%50 != 0 {
			add("Person", id, "groups", 0, fmt.Sprintf("m/g%d", (i+7)%500))
		}
	}
	for i := range 500 {
		id := fmt.Sprintf("m/k%d", i)
		add("SurveyTemplate", id, "", 0, "")
		add("SurveyTemplate", id, "school", 0, fmt.Sprintf("m/s%d", i))
		add("SurveyTemplate", id, "author", 0, fmt.Sprintf("m/t%d", i))
		add("SurveyTemplate", id, "holders", 0, fmt.Sprintf("m/t%d", i))
		if moved && i < 10 {
			add("SurveyTemplate", id, "holders", 0, "m/t1")
		}
	}
	return b.Set()
}

// BenchmarkChanges measures what the rules about changes cost beside the tables
// and their comparison, which a plan needs anyhow.
func BenchmarkChanges(b *testing.B) {
	have, want := crowd(false, false), crowd(true, true)
	aligned := fact.Align(have, want)
	have, want = aligned[0], aligned[1]
	before, after := access.Load(have), access.Load(want)
	start := time.Now()
	effect := access.Compare(before, after)
	b.Logf("compare: %v, %d shifts, %d kept", time.Since(start), len(effect.Shifts), len(effect.Kept))
	changes := fact.Diff(have, want)
	at := []policy.Document{{File: "koulut/a.yaml"}}
	codes := make(map[string]int)
	for b.Loop() {
		clear(codes)
		for _, f := range policy.Check(policy.Plan, policy.Pass{
			Declared: want, Goal: want, Have: have, Last: have, Changes: changes,
			Before: func() *access.Table { return before }, After: func() *access.Table { return after }, Effect: func() *access.Effect { return effect },
			Actors: map[string]string{"m": "m/t3"}, Author: policy.Author{Login: "a", Mapped: true, Cards: map[string]string{"m": "m/t0"}},
			Delegations: []policy.Delegation{{Name: "d", To: []string{"a"}, Kinds: []string{"Person", "UserGroup"}, Schools: []string{"m/s0", "m/s1", "m/s2"}}},
			Written:     func(fact.Fact) []policy.Document { return at },
		}) {
			codes[f.Code]++
		}
	}
	b.Logf("findings: %v", codes)
}
