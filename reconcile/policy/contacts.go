package policy

import (
	"slices"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Contact is somebody whom a vendor's customer register is to name, for support
// guides nobody else (R8, R54).
type Contact struct {
	Installation string
	Register     string   // "" where nobody says which
	Person       string   // an id
	Roles        []string // content, technical, support, deputy (R3-R7); office, a rector or secretary (R9); contact, if nothing else
	Levels       []string // school levels whose bulletins the person gets (R10)
	Bulletins    bool
	Declared     bool // a SupportContact says so; else it is missing
}

// roleOrder is in which order roles are named.
var roleOrder = []string{"content", "technical", "support", "deputy", "office", "contact"}

// Contacts are all of them: those that SupportContact documents name, and those
// who belong to them by what they do: the members of an AdminTeam, and rectors and
// secretaries of schools. Who is missing is missing from every register that the
// installation has contacts in. They are sorted by installation, register, person.
func Contacts(facts fact.Set) []Contact {
	roles := make(map[string]map[string]bool) // by person
	add := func(person, role string) {
		if roles[person] == nil {
			roles[person] = make(map[string]bool)
		}
		roles[person][role] = true
	}
	for _, team := range facts.Kind("AdminTeam").Objects() {
		for person, of := range membersOf(team) {
			for _, role := range of {
				add(person, role)
			}
		}
	}
	inGroups(facts, officeGroups(facts), func(f fact.Fact) { add(f.ID, "office") })

	type place struct{ register, person string }
	declared := make(map[place]*Contact)
	known := make(map[string]bool)
	registers := make(map[string][]string) // by installation
	for key, o := range facts.Kind("SupportContact").Objects() {
		person := o.Value("person")
		known[person] = true
		names := o.Values("registers")
		if len(names) == 0 {
			names = []string{""}
		}
		for _, register := range names {
			if inst := key.Installation(); register != "" && !slices.Contains(registers[inst], register) {
				registers[inst] = append(registers[inst], register)
			}
			at := place{register, person}
			if declared[at] == nil {
				declared[at] = &Contact{Installation: key.Installation(), Register: register, Person: person, Declared: true}
			}
			c := declared[at]
			c.Levels, c.Bulletins = append(c.Levels, o.Values("levels")...), c.Bulletins || o.Value("bulletins") == "true"
		}
	}
	var all []Contact
	for at, c := range declared {
		c.Roles = named(roles[at.person])
		all = append(all, *c)
	}
	for person, of := range roles {
		inst := (fact.Key{ID: person}).Installation()
		if known[person] {
			continue
		}
		names := registers[inst]
		if len(names) == 0 {
			names = []string{""}
		}
		for _, register := range names {
			all = append(all, Contact{Installation: inst, Register: register, Person: person, Roles: named(of)})
		}
	}
	for i := range all {
		slices.Sort(all[i].Levels)
		all[i].Levels = slices.Compact(all[i].Levels)
	}
	slices.SortFunc(all, func(a, b Contact) int {
		return slices.Compare([]string{a.Installation, a.Register, a.Person}, []string{b.Installation, b.Register, b.Person})
	})
	return all
}

// named are roles in their order.
func named(roles map[string]bool) (names []string) {
	for _, role := range roleOrder {
		if roles[role] {
			names = append(names, role)
		}
	}
	if names == nil {
		return []string{"contact"}
	}
	return names
}
