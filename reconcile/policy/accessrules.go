package policy

import (
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// AccessRule is a document of that kind: what must hold of who may do what, on
// every day that is looked at (R44, R46).
type AccessRule struct {
	Key       fact.Key // its kind is no word of the vocabulary
	Severity  Severity
	Form      AccessForm
	Persons   int      // AtLeast, AtMost
	Rights    []string // AtLeast, AtMost: one
	Kinds     []string // Never: of persons
	Per       string   // school, unit or ""
	Place     string   // an id; "" for any
	Window    calendar.Span
	Announced bool // AtLeast: everybody knows who they are
	Announces bool // and the document says whether that is so
}

// AccessForm is which of the four things a rule asks for.
type AccessForm string

const (
	AtLeast  AccessForm = "atLeast"
	AtMost   AccessForm = "atMost"
	Never    AccessForm = "never"
	Separate AccessForm = "separate"
)

// AccessForms are all of them.
var AccessForms = []AccessForm{AtLeast, AtMost, Never, Separate}

// fact is what leads to the place of the rule.
func (r *AccessRule) fact() fact.Fact { return fact.Fact{Key: r.Key} }

// days is when the rule is looked at: from a day on, as far as the horizon or its
// window.
func (r *AccessRule) days(today, until calendar.Day) (from, to calendar.Day) {
	if r.Window.From == nil {
		return today, until
	}
	return max(today, *r.Window.From), *r.Window.To
}

// coverage reports whether a rule is about help that people must know of and that
// must not rest on one person (R46).
func (r *AccessRule) coverage() bool {
	return r.Form == AtLeast && (r.Announces || slices.Contains(r.Rights, "password.reset"))
}

// overall is what a rule counts for where it does not count place by place.
const overall = ""

// slots are what a rule counts for, one by one: the places where somebody with
// these rights counts, or overall. held are the places by right, in the order of
// the rule's Rights; at is the place of the rule as the table knows it.
func (r *AccessRule) slots(held [][]string, kind func() string, at string) []string {
	has := slices.ContainsFunc(held, func(places []string) bool { return len(places) > 0 })
	switch {
	case !has:
		return nil
	case r.Form == Never:
		if slices.Contains(r.Kinds, kind()) {
			return []string{overall}
		}
		return nil
	case r.Form == Separate && r.Per == "":
		if countOf(held) > 1 {
			return []string{overall}
		}
		return nil
	case r.Form == Separate:
		return r.sorted(twice(held))
	case r.Place != "":
		if slices.Contains(held[0], at) {
			return []string{overall}
		}
		return nil
	case r.Per == "":
		return []string{overall}
	}
	return r.sorted(held[0])
}

// countOf is how many of some rights are held somewhere.
func countOf(held [][]string) (n int) {
	for _, places := range held {
		if len(places) > 0 {
			n++
		}
	}
	return n
}

// twice are the places where two rights are held, or more.
func twice(held [][]string) (places []string) {
	all := slices.Concat(held...)
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] && (len(places) == 0 || places[len(places)-1] != all[i]) {
			places = append(places, all[i])
		}
	}
	return places
}

// sorted are those of some places that are of the sort that the rule is for.
func (r *AccessRule) sorted(places []string) []string {
	var of []string
	for _, place := range places {
		if sortOf(place) == r.Per {
			of = append(of, place)
		}
	}
	return of
}

// sortOf says what a place is: a school, a unit, or a path of IMS.
func sortOf(place string) string {
	sort, _, nested := strings.Cut(fact.Name(place), "/")
	if !nested {
		return "school"
	}
	return sort
}

// required are the slots that a rule wants filled: for each school where the
// right can be held at all, for each unit. Rights of surveys need the function
// there and Wilma (R71), other rights of Wilma need Wilma; those of Primus and
// Kurre are held in every school.
func (r *AccessRule) required(facts fact.Set) []string {
	inst := r.Key.Installation()
	switch {
	case r.Form != AtLeast:
		return nil
	case r.Per == "" || r.Place != "":
		return []string{overall}
	}
	var places []string
	if r.Per == "unit" {
		for key := range facts.Kind("Unit").Objects() {
			if key.Installation() == inst {
				places = append(places, fact.ID(inst, "unit/"+key.Name()))
			}
		}
		return places
	}
	right := r.Rights[0]
	primus := strings.HasPrefix(right, "primus.") || right == "kurre.full"
	for key, school := range facts.Kind("School").Objects() {
		if key.Installation() != inst {
			continue
		}
		wilma := school.Value("wilma.enabled") != "" || school.Value("external") != ""
		if primus || wilma && (!strings.HasPrefix(right, "wilma.surveys.") || school.Value("surveys.enabled") != "" && school.Value("external") == "") {
			places = append(places, key.ID)
		}
	}
	return places
}

// broken reports whether so many persons break the rule.
func (r *AccessRule) broken(count int) bool {
	switch r.Form {
	case AtLeast:
		return count < r.Persons
	case AtMost:
		return count > r.Persons
	}
	return count > 0
}
