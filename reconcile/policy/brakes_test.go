package policy_test

import (
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

func minimum(n int) *int { return &n }

// told is a brake in one line.
func told(brakes []policy.Brake) (all []string) {
	for _, b := range brakes {
		all = append(all, fmt.Sprintf("%s=%d %s.%s %v", b.Name, b.Figure, b.Code, b.Case, b.Args))
	}
	return all
}

func TestBrakes(t *testing.T) {
	in := func(share policy.Share) policy.Shares { return policy.Shares{"m": share} }
	people := func(share policy.Share) policy.Figures {
		return policy.Figures{Removals: map[string]policy.Shares{"Person": in(share)}}
	}
	critical := map[access.Sensitivity]policy.Sensitive{access.Critical: {Shares: in(policy.Share{Affected: 1, Before: 300}), Rights: []string{"primus.full"}}}
	for _, c := range []struct {
		what    string
		guard   policy.Guard
		figures policy.Figures
		want    []string
	}{
		{"nothing", policy.Guard{}, policy.Figures{}, nil},
		{"less than a tenth", policy.Guard{}, people(policy.Share{Affected: 29, Before: 300}), nil},
		{"a tenth", policy.Guard{}, people(policy.Share{Affected: 30, Before: 300}), []string{"removals=30 G01.share [30 300 10 10 m]"}},
		{"a sixth: the percentage is cut, not rounded", policy.Guard{}, people(policy.Share{Affected: 52, Before: 300}), []string{"removals=52 G01.share [52 300 17 10 m]"}},
		{"three are never too many by their share", policy.Guard{}, people(policy.Share{Affected: 3, Before: 5}), nil},
		{"four are", policy.Guard{}, people(policy.Share{Affected: 4, Before: 5}), []string{"removals=4 G01.share [4 5 80 10 m]"}},
		{"49 of many", policy.Guard{}, people(policy.Share{Affected: 49, Before: 5000}), nil},
		{"50 of many", policy.Guard{}, people(policy.Share{Affected: 50, Before: 5000}), []string{"removals=50 G01.count [50 5000 50]"}},
		{"the last card", policy.Guard{}, people(policy.Share{Affected: 1, Before: 1, Gone: 1}), []string{"removals=1 G01.all [1 m]"}},
		{"the last card, and another comes", policy.Guard{}, people(policy.Share{Affected: 1, Before: 1, Gone: 1, After: 1}), nil},
		{"the only one loses a right", policy.Guard{}, people(policy.Share{Affected: 1, Before: 1}), nil},
		{"the last of a kind", policy.Guard{}, policy.Figures{Removals: map[string]policy.Shares{"UserGroup": in(policy.Share{Affected: 2, Before: 2, Gone: 2})}},
			[]string{"removals.UserGroup=2 G02.all [UserGroup 2 m]"}},
		{"whatever a Guard says", policy.Guard{Removals: policy.Limit{Percent: 100, Count: 1000}, Minimum: minimum(1000)},
			policy.Figures{Removals: map[string]policy.Shares{"UserGroup": in(policy.Share{Affected: 2, Before: 2, Gone: 2})}}, []string{"removals.UserGroup=2 G02.all [UserGroup 2 m]"}},
		{"some of a kind", policy.Guard{}, policy.Figures{Removals: map[string]policy.Shares{"School": in(policy.Share{Affected: 4, Before: 20, Gone: 4, After: 16})}},
			[]string{"removals.School=4 G02.share [School 4 20 20 10 m]"}},
		{"gains where nobody was", policy.Guard{}, policy.Figures{Gains: in(policy.Share{Affected: 4})}, []string{"gains=4 G03.share [4 0 400 10 m]"}},
		{"a critical right", policy.Guard{}, policy.Figures{Sensitive: critical}, []string{"sensitive.critical=1 G04.one [critical primus.full 1 300]"}},
		{"of which ten are let pass", policy.Guard{Sensitive: map[access.Sensitivity]policy.Limit{access.Critical: {Count: 10}}}, policy.Figures{Sensitive: critical}, nil},
		{"what a Guard says of high leaves critical as usual", policy.Guard{Sensitive: map[access.Sensitivity]policy.Limit{access.High: {Count: 10}}}, policy.Figures{Sensitive: critical},
			[]string{"sensitive.critical=1 G04.one [critical primus.full 1 300]"}},
		{"a share of one, where the minimum is none", policy.Guard{Minimum: minimum(0)}, people(policy.Share{Affected: 1, Before: 8}), []string{"removals=1 G01.one [1 8]"}},
		{"each installation for itself, and the count over all", policy.Guard{},
			policy.Figures{Several: true, Removals: map[string]policy.Shares{"Person": {"a": {Affected: 5, Before: 1000}, "b": {Affected: 5, Before: 40}, "c": {Affected: 6, Before: 12}}}},
			[]string{"removals=16 G01.shareIn [6 12 50 10 c]"}},
		{"25 here and 25 there", policy.Guard{}, policy.Figures{Several: true, Removals: map[string]policy.Shares{"Person": {"a": {Affected: 25, Before: 1000}, "b": {Affected: 25, Before: 1000}}}},
			[]string{"removals=50 G01.count [50 2000 50]"}},
		{"nobody holds it any longer", policy.Guard{}, policy.Figures{Unheld: []access.Question{{Right: "primus.full", Place: "m/a"}}}, []string{"holders=1 G05.one [primus.full a]"}},
		{"nor others", policy.Guard{}, policy.Figures{Several: true, Unheld: []access.Question{{Right: "primus.full", Place: "m/a"}, {Right: "x", Place: "m/a"}, {Right: "y", Place: "m/a"}}},
			[]string{"holders=3 G05.more [primus.full m:a 2]"}},
	} {
		if diff := gocmp.Diff(c.want, told(policy.Brakes(c.guard, c.figures))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// TestStrictest: of each figure that any guard names the strictest holds, and what
// none names is as usual.
func TestStrictest(t *testing.T) {
	class := func(l policy.Limit) map[access.Sensitivity]policy.Limit {
		return map[access.Sensitivity]policy.Limit{access.High: l}
	}
	a := policy.Guard{Removals: policy.Limit{Percent: 20, Count: 500}, Minimum: minimum(5), Sensitive: class(policy.Limit{Count: 3}), Empty: policy.Allow}
	b := policy.Guard{Removals: policy.Limit{Percent: 30, Count: 100}, Gains: policy.Limit{Count: 7}, Sensitive: class(policy.Limit{Percent: 5, Count: 9})}
	c := policy.Guard{Minimum: minimum(0), Empty: policy.Refuse}
	want := policy.Guard{Removals: policy.Limit{Percent: 20, Count: 100}, Gains: policy.Limit{Count: 7}, Minimum: minimum(0),
		Sensitive: class(policy.Limit{Percent: 5, Count: 3}), Empty: policy.Refuse}
	for _, order := range [][]policy.Guard{{a, b, c}, {c, b, a}, {b, c, a}, {a, a, b, c, c}} {
		if diff := gocmp.Diff(want, policy.Strictest(order...)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if diff := gocmp.Diff(policy.Guard{Minimum: minimum(5), Removals: a.Removals, Sensitive: a.Sensitive, Empty: policy.Allow}, policy.Strictest(a)); diff != "" {
		t.Errorf("one alone (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(policy.Guard{}, policy.Strictest()); diff != "" {
		t.Errorf("none (-want +got):\n%s", diff)
	}
}

// TestReadTooSmallByCount: of so many people that fifty are less than a tenth,
// fifty are too many all the same.
func TestReadTooSmallByCount(t *testing.T) {
	for _, c := range []struct {
		missing int
		want    bool
	}{{0, false}, {49, false}, {50, true}} {
		var last, have fact.Builder
		for i := range 1000 {
			f := fact.Fact{Key: fact.Key{Kind: "Person", ID: fmt.Sprintf("m/t-%d", i)}}
			last.Add(f)
			if i >= c.missing {
				have.Add(f)
			}
		}
		pass := policy.Pass{Last: last.Set(), Have: have.Set(), Goal: last.Set(), Declared: last.Set()}
		found := slices.ContainsFunc(policy.Check(policy.Plan, pass), func(f policy.Finding) bool { return f.Code == "E33" })
		if found != c.want {
			t.Errorf("%d of 1000 are missing: found %v", c.missing, found)
		}
	}
}
