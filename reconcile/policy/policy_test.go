package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/policy"
)

// object is a Person with these fields, "field=value" each; nothing where there
// are none.
func object(fields string) fact.Set {
	key := fact.Key{Kind: "Person", ID: "m/t"}
	if fields == "" {
		return fact.Set{}
	}
	facts := []fact.Fact{{Key: key}}
	for field := range strings.FieldsSeq(fields) {
		name, value, _ := strings.Cut(field, "=")
		f := fact.Fact{Key: key, Field: name, Value: value}
		if name == "schools" {
			f.Row = 1
		}
		facts = append(facts, f)
	}
	return fact.Of(facts...)
}

// TestWidens: removing the last school widens access, and saying so does too.
func TestWidens(t *testing.T) {
	const account = " primusAccount=true primusAccount."
	for _, c := range []struct{ name, have, want, widens string }{
		{"nothing changes", "kind=staff schools=m/a", "kind=staff schools=m/a", ""},
		{"one school for another", "kind=staff schools=m/a", "kind=staff schools=m/b", ""},
		{"the last school goes", "kind=staff schools=m/a", "kind=staff", "schools"},
		{"all schools, and said so", "kind=staff schools=m/a", "kind=staff allSchools=true", "schools"},
		{"all schools already", "kind=staff", "kind=staff allSchools=true", ""},
		{"fewer", "kind=staff allSchools=true", "kind=staff schools=m/a", ""},
		{"somebody new", "", "kind=staff allSchools=true", "schools"},
		{"somebody new with a school", "", "kind=staff schools=m/a", ""},
		{"somebody goes", "kind=staff schools=m/a", "", ""},
		{"students and guardians have no Koulu", "kind=student schools=m/a", "kind=student", ""},
		{"a student becomes staff", "kind=student", "kind=staff", "schools"},
		{"a stub says nothing", "", "kind=staff external=true", ""},
		{"a stub that says all", "", "kind=staff external=true allSchools=true", "schools"},
		{"an account without a home school", "kind=staff schools=m/a", "kind=staff schools=m/a primusAccount=true", "primusAccount.homeSchools"},
		{"an account with one", "kind=staff schools=m/a", "kind=staff schools=m/a" + account + "homeSchools=m/a", ""},
		{"the last home school goes", "kind=staff schools=m/a" + account + "homeSchools=m/a", "kind=staff schools=m/a" + account + "groups=m/g", "primusAccount.homeSchools"},
		{"an account goes", "kind=staff schools=m/a" + account + "homeSchools=m/a", "kind=staff schools=m/a", ""},
		{"both", "", "kind=staff primusAccount=true", "schools primusAccount.homeSchools"},
	} {
		if got := policy.Widens(object(c.have), object(c.want)); !slices.Equal(got, strings.Fields(c.widens)) {
			t.Errorf("%s: from %q to %q widens %q, want %q", c.name, c.have, c.want, got, c.widens)
		}
	}
}
