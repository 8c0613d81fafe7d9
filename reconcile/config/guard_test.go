package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// TestGuards: documents of kind Guard belong to the whole tree; what several say
// is put together, and a number is one however it is written.
func TestGuards(t *testing.T) {
	guard := func(head, spec string) string {
		return "apiVersion: lupa/v1\nkind: Guard\nmetadata: " + head + "\nspec: " + spec + "\n"
	}
	five, none := 5, 0
	for _, c := range []struct {
		name, files string
		want        policy.Guard
	}{
		{"none", "", policy.Guard{}},
		{"an empty one", guard("{name: a}", "{}"), policy.Guard{}},
		{"all of it", guard("{name: a}", "{removals: {percent: 20, count: 7.0}, gains: {count: 16}, minimum: 5, sensitive: {high: {count: 2}, low: {percent: 3}}, emptyDesired: allow}"),
			policy.Guard{Removals: policy.Limit{Percent: 20, Count: 7}, Gains: policy.Limit{Count: 16}, Minimum: &five,
				Sensitive: map[access.Sensitivity]policy.Limit{"high": {Count: 2}, "low": {Percent: 3}}, Empty: policy.Allow}},
		{"no minimum", guard("{name: a}", "{minimum: 0}"), policy.Guard{Minimum: &none}},
		{"two", guard("{name: a}", "{removals: {percent: 20}, minimum: 5}") + "---\n" + guard("{name: b}", "{removals: {percent: 15, count: 9}}"),
			policy.Guard{Removals: policy.Limit{Percent: 15, Count: 9}, Minimum: &five}},
	} {
		tree := load(t, and(base, "vartija.yaml", c.files), "")
		if tree.Goal == nil {
			t.Errorf("%s: %q", c.name, found(tree.Problems))
			continue
		}
		if diff := cmp.Diff(c.want, tree.Goal.Guard); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if tree.Goal.Facts.Kind("Guard").Len() > 0 {
			t.Errorf("%s: a guard is a fact", c.name)
		}
	}
	for _, c := range []struct{ name, files, want string }{
		{"two of one name", guard("{name: a}", "{}") + "---\n" + guard("{name: a}", "{}"), "vartija.yaml:8 D02.object"},
		{"an installation", guard("{name: a, installation: m}", "{}"), "vartija.yaml:3 S01"},
		{"no percentage", guard("{name: a}", "{removals: {percent: 0}}"), "vartija.yaml:4 S07.minimum"},
		{"more than all", guard("{name: a}", "{removals: {percent: 101}}"), "vartija.yaml:4 S07.maximum"},
		{"another class", guard("{name: a}", "{sensitive: {grave: {count: 1}}}"), "vartija.yaml:4 S01"},
		{"another answer", guard("{name: a}", "{emptyDesired: ask}"), "vartija.yaml:4 S04"},
	} {
		if got := found(load(t, and(base, "vartija.yaml", c.files), "").Problems); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, want %s alone", c.name, got, c.want)
		}
	}
}
