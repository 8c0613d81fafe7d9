package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Picture is what a plan changes a part of, whole, before and after: which groups
// give which rights, and how many people are at which school. A plan holds changes
// alone, so it is made where the facts are, and never kept in a file.
type Picture struct {
	Gives  []Giving    // sorted by kind, group, right
	People []Headcount // sorted by school and kind
	Titles []Title     // of those groups, rights and schools
}

// Giving is a right that a group or role gives, before a plan, after it, or both.
type Giving struct {
	Kind, Group, Right string // Kind: UserGroup or CosDocRole
	Before, After      bool
}

// Headcount is how many people of a kind are at a school; School "" are those who
// are at every one. A guardian is where the children are (R29).
type Headcount struct {
	School, Kind  string
	Before, After int
}

// PictureOf is the picture of the plan that goal and snapshot make.
func PictureOf(goal *Goal, snap fact.Snapshot) *Picture {
	m, _ := begin(goal, snap)
	before, after := m.before(), m.after()
	p := &Picture{Gives: m.gives(before, after), People: m.headcount(before, after)}
	p.Titles = m.pictureTitles(p, before, after)
	return p
}

// givers are the kinds that give rights to all in them, with the fields that list
// the rights.
var givers = []struct {
	kind   string
	fields []string
}{{"UserGroup", []string{"primus", "wilma"}}, {"CosDocRole", []string{"permissions"}}}

func (m *maker) gives(before, after fact.Set) []Giving {
	type key struct{ kind, group, right string }
	found := make(map[key]*Giving)
	for _, of := range givers {
		for i, facts := range []fact.Set{before, after} {
			for k, object := range facts.Kind(of.kind).Objects() {
				for _, field := range of.fields {
					for _, right := range object.Values(field) {
						is := key{of.kind, m.name(k.ID), right}
						if found[is] == nil {
							found[is] = &Giving{Kind: is.kind, Group: is.group, Right: right}
						}
						found[is].Before = found[is].Before || i == 0
						found[is].After = found[is].After || i == 1
					}
				}
			}
		}
	}
	all := make([]Giving, 0, len(found))
	for _, g := range found {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b Giving) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Group, b.Group), strings.Compare(a.Right, b.Right))
	})
	return all
}

// inSchools are the kinds of people that schools have; users of IMS and CosDoc are
// at no school.
var inSchools = []string{"teacher", "staff", "student", "guardian"}

func (m *maker) headcount(before, after fact.Set) []Headcount {
	type key struct{ school, kind string }
	found := make(map[key]*Headcount)
	for i, facts := range []fact.Set{before, after} {
		for _, object := range facts.Kind("Person").Objects() {
			kind := object.Value("kind")
			if !slices.Contains(inSchools, kind) {
				continue
			}
			for _, school := range m.schoolsOf(facts, object) {
				is := key{school, kind}
				if found[is] == nil {
					found[is] = &Headcount{School: school, Kind: kind}
				}
				if i == 0 {
					found[is].Before++
				} else {
					found[is].After++
				}
			}
		}
	}
	all := make([]Headcount, 0, len(found))
	for _, h := range found {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b Headcount) int {
		return cmp.Or(strings.Compare(a.School, b.School), slices.Index(inSchools, a.Kind)-slices.Index(inSchools, b.Kind))
	})
	return all
}

// schoolsOf are what the schools of a person are called, each once; one empty name
// where that is every school (R74).
func (m *maker) schoolsOf(facts, person fact.Set) []string {
	if person.Value("allSchools") != "" {
		return []string{""}
	}
	ids := person.Values("schools")
	for _, child := range person.Values("children") {
		ids = append(ids, facts.Object(fact.Key{Kind: "Person", ID: child}).Values("schools")...)
	}
	for i, id := range ids {
		ids[i] = m.name(id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// pictureTitles are the titles of what a picture shows, as they are after, or
// before.
func (m *maker) pictureTitles(p *Picture, before, after fact.Set) []Title {
	shown := make(map[[2]string]bool)
	for _, g := range p.Gives {
		shown[[2]string{g.Kind, g.Group}], shown[[2]string{"Right", g.Right}] = true, true
	}
	for _, h := range p.People {
		shown[[2]string{"School", h.School}] = true
	}
	known := make(map[[3]string]bool)
	var titles []Title
	for _, facts := range []fact.Set{after, before} {
		for _, kind := range []string{"CosDocRole", "Right", "School", "UserGroup"} {
			for key, object := range facts.Kind(kind).Objects() {
				for _, t := range m.titlesOf(key, object) {
					if is := [3]string{t.Kind, t.Name, t.Language}; shown[[2]string{t.Kind, t.Name}] && !known[is] {
						known[is] = true
						titles = append(titles, t)
					}
				}
			}
		}
	}
	return titles
}
