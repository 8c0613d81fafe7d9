package access

import (
	"iter"
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Grant is a right that a teacher, a member of staff or a user is given, with
// what gives it and where it reaches. Rules of package policy read it where a
// Verdict for every person and place would take too long.
type Grant struct {
	t *Table
	r *row
	e *entry
}

// By says what sort of thing gives a right.
type By string

// What gives rights; ByOther is a right of Primus (R31), a role or a path.
const (
	ByGroup    By = "group"    // a group on the card (R34)
	ByTick     By = "tick"     // an override of the person (R24)
	ByEveryone By = "everyone" // a switch of the school (R83, R86)
	ByAccount  By = "account"  // a group of the Primus account (R22)
	ByOther    By = "other"
)

// Source is one thing that gives a right.
type Source struct {
	By         By
	Group      string  // id of the group, where it is one
	From       string  // id of the Substitution that it comes with, where it does (R43)
	Everywhere bool    // the group maintains every school that uses surveys (R89)
	Places     []int32 // where this source alone reaches; as Grant.Places

	of   Grant
	from *given
}

// Granted is a right of somebody: false where nothing gives it. It may be given
// and reach no place.
func (t *Table) Granted(person, right string) (Grant, bool) {
	r := t.row(Who{Person: person})
	if r == nil {
		return Grant{}, false
	}
	e := t.entry(r, right)
	return Grant{t, r, e}, e != nil
}

// Grants yields everybody who is given a right, whether or not it reaches a
// place, sorted; students and guardians are left out.
func (t *Table) Grants(right string) iter.Seq[Grant] {
	return func(yield func(Grant) bool) {
		entries, any := t.entries(right)
		for i := 0; any && i < len(t.rows); i++ {
			r := &t.rows[i]
			if e := entries[r.has.number]; e != nil && r.kind != student && r.kind != guardian && !yield(Grant{t, r, e}) {
				return
			}
		}
	}
}

// entries is where a right stands in what is given, by number, and whether it
// stands anywhere.
func (t *Table) entries(right string) (entries []*entry, any bool) {
	n, known := t.rightOf[right]
	if !known {
		return nil, false
	}
	entries = make([]*entry, len(t.entitled))
	for i, has := range t.entitled {
		entries[i] = has.entry(n)
		any = any || entries[i] != nil
	}
	return entries, any
}

// Person is the id of who is given the right.
func (g Grant) Person() string { return g.r.who.Person }

// Likeness is all of a grant but the person: equal ones are given by the same and
// reach the same places, from the same schools, as far as these are known.
type Likeness struct {
	entry *entry
	reach *reach
	inst  *installation
	kept  bool
}

// Likeness is that of the grant.
func (g Grant) Likeness() Likeness { return Likeness{g.e, g.r.reach, g.r.inst, g.r.kept} }

// Given is what gives a right: where it is equal, grants have the same sources,
// wherever these reach.
type Given struct{ entry *entry }

// Given is that of the grant.
func (g Grant) Given() Given { return Given{g.e} }

// Kept reports whether the person is kept elsewhere (external), so that facts may
// say less than what holds.
func (g Grant) Kept() bool { return g.r.kept }

// Places is where the right reaches: positions in PlaceIDs, sorted. People with
// the same schools share the slice; it is not to be changed.
func (g Grant) Places() []int32 { return g.r.places(g.e.scope, g.e) }

// SurveySchools are the person's own schools that use surveys, as Places.
func (g Grant) SurveySchools() []int32 { return g.r.reach.surveys }

// Listed reports whether the person's surveyMaintainerSchools are filled (R78).
func (g Grant) Listed() bool { return g.r.reach.listed }

// Unlisted reports whether the right reaches schools without naming them, so that
// one which begins to use surveys tomorrow is among them (R74, R75, R89).
func (g Grant) Unlisted() bool {
	all := g.r.reach.all || g.r.reach.empty
	return g.e.scope == everywhere || all && (g.e.scope != maintained || !g.r.reach.listed)
}

// Sources yields what gives the right.
func (g Grant) Sources() iter.Seq[Source] {
	return func(yield func(Source) bool) {
		for i := range g.e.sources {
			from := &g.e.sources[i]
			s := Source{By: from.by.sort(), Everywhere: from.scope == everywhere, Places: g.r.sourcePlaces(from), of: g, from: from}
			if from.group >= 0 {
				s.Group = g.t.groups[from.group].id
			}
			if from.by == bySubstGroup || from.by == bySubstTick || from.by == byAllSchools {
				s.From = from.aux
			}
			if !yield(s) {
				return
			}
		}
	}
}

// Facts are those by which the source gives the right: that of the group comes
// before that of the person's card.
func (s Source) Facts() []fact.Fact {
	at := int32(-1)
	if len(s.Places) > 0 {
		at = s.Places[0]
	}
	return s.of.t.sourceFacts(s.of.r, s.of.e.right, s.from, at)
}

func (b by) sort() By {
	switch b {
	case byGroup, bySubstGroup, byAllSchools:
		return ByGroup
	case byTick, bySubstTick:
		return ByTick
	case byEveryone:
		return ByEveryone
	case byAccount:
		return ByAccount
	}
	return ByOther
}

// SurveyPlaces are the schools of an installation that use surveys (R71), as
// Grant.Places.
func (t *Table) SurveyPlaces(installation string) []int32 {
	if inst := t.installations[installation]; inst != nil {
		return inst.surveys
	}
	return nil
}

// OlderThan reports whether a version is older than MAJOR.MINOR, compared number
// by number: 2.9 is older than 2.16. What is no version counts as the newest.
func OlderThan(version string, major, minor int) bool {
	return parseVersion(version).before(major, minor)
}

// Within reports whether every place of a is one of b; both are sorted.
func Within(a, b []int32) bool {
	if len(a) > len(b) {
		return false
	}
	for _, at := range a {
		i, found := slices.BinarySearch(b, at)
		if !found {
			return false
		}
		b = b[i+1:]
	}
	return true
}
