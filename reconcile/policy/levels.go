package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/fact"
)

// The groups of students and guardians stand at three levels, and the first that
// names any is used alone: card, class, school (R27, R28, R29, P7).
var levelFields = []string{"studentGroups", "guardianGroups"}

// levels are what places say about the groups of students, or of guardians.
type levels struct {
	field    string
	places   map[fact.Key]fact.Set // classes and schools that name groups: the facts that do
	cards    map[string][]fact.Set // assignments that name groups, by the student's id
	students []string              // who has such, in the order of the assignments
}

func (p *Pass) levels(field string) levels {
	l := levels{field: field, places: make(map[fact.Key]fact.Set), cards: make(map[string][]fact.Set)}
	for _, kind := range []string{"School", "SchoolClass"} {
		for key, place := range p.Goal.Kind(kind).Objects() {
			if groups := place.Field(field); groups.Len() > 0 {
				l.places[key] = groups
			}
		}
	}
	for _, assignment := range p.Goal.Kind("CardAssignment").Objects() {
		if groups := assignment.Field(field); groups.Len() > 0 {
			student := assignment.Value("card")
			if l.cards[student] == nil {
				l.students = append(l.students, student)
			}
			l.cards[student] = append(l.cards[student], groups)
		}
	}
	return l
}

// of are the places of a student whose groups count if the card names none: the
// classes that name any, else the schools that do.
func (l levels) of(student fact.Set) (places []fact.Key) {
	for _, at := range []struct{ field, kind string }{{"classes", "SchoolClass"}, {"schools", "School"}} {
		for _, id := range student.Values(at.field) {
			if key := (fact.Key{Kind: at.kind, ID: id}); l.places[key].Len() > 0 {
				places = append(places, key)
			}
		}
		if len(places) > 0 {
			break
		}
	}
	return places
}

// groupsHidden (R28, P7): groups on a card hide those of class and school, and
// those of a class the school's. Nothing is lost where they give as much.
func groupsHidden(p *Pass) {
	for _, field := range levelFields {
		l := p.levels(field)
		if len(l.places) == 0 {
			continue
		}
		p.hiddenByClasses(l)
		p.hiddenByCards(l)
	}
}

// hiddenByClasses tells once of the classes of a school that hide the same.
func (p *Pass) hiddenByClasses(l levels) {
	type hidden struct{ school, lost string }
	by := make(map[hidden][]fact.Set)
	var order []hidden
	for key, class := range p.Goal.Kind("SchoolClass").Objects() {
		school := fact.Key{Kind: "School", ID: class.Value("school")}
		if l.places[key].Len() == 0 || l.places[school].Len() == 0 {
			continue
		}
		lost := p.lostRights([]fact.Set{l.places[school]}, []fact.Set{l.places[key]})
		if lost == "" {
			continue
		}
		h := hidden{school.ID, lost}
		if by[h] == nil {
			order = append(order, h)
		}
		by[h] = append(by[h], l.places[key])
	}
	for _, h := range order {
		ids, facts := firsts(by[h])
		p.find(Finding{Code: "W20", Case: "class", Args: []string{l.field, few(p.called(ids)), fact.Called(h.school, p.Several), h.lost}, Subject: facts[0].Key, Facts: facts})
	}
}

func (p *Pass) hiddenByCards(l levels) {
	for _, student := range l.students {
		var above []fact.Set
		for _, key := range l.of(p.Goal.Object(fact.Key{Kind: "Person", ID: student})) {
			above = append(above, l.places[key])
		}
		if lost := p.lostRights(above, l.cards[student]); lost != "" {
			_, facts := firsts(l.cards[student])
			p.find(Finding{Code: "W20", Case: "card", Args: []string{l.field, lost}, Subject: facts[0].Key, Facts: facts})
		}
	}
}

// firsts are the objects of some facts, and the first fact of the first few.
func firsts(all []fact.Set) (ids []string, facts []fact.Fact) {
	for _, groups := range all {
		ids = append(ids, groups.At(0).ID)
		if len(facts) < maxNamed {
			facts = append(facts, groups.At(0))
		}
	}
	return ids, facts
}

// lostRights are the rights that some groups give to students and guardians, and
// others in their place do not. A group that gives none is there for something
// else, a form or a printout that names it (P5), and is lost by itself.
func (p *Pass) lostRights(groups, instead []fact.Set) string {
	kept := make(map[string]bool)
	for _, what := range p.wilmaOf(instead) {
		kept[what] = true
	}
	lost := slices.DeleteFunc(p.wilmaOf(groups), func(what string) bool { return kept[what] })
	slices.Sort(lost)
	return strings.Join(slices.Compact(lost), ", ")
}

func (p *Pass) wilmaOf(all []fact.Set) (rights []string) {
	for _, groups := range all {
		for _, f := range groups.All() {
			given := p.Goal.Object(fact.Key{Kind: "UserGroup", ID: f.Value}).Values("wilma")
			if len(given) == 0 {
				given = []string{fact.Called(f.Value, p.Several)}
			}
			rights = append(rights, given...)
		}
	}
	return rights
}

// groupsSummed: in several classes, or schools, that name different groups a
// student has those of all (R34). That is lupa's reading; where everything stands
// in one place nobody has to rely on it. It is told once for all students with the
// same sets of groups.
func groupsSummed(p *Pass) {
	for _, field := range levelFields {
		l := p.levels(field)
		if len(l.places) < 2 {
			continue
		}
		sums := make(map[string]*sum)
		var order []*sum
		for key, person := range p.peopleWho(false, func(person fact.Set) bool {
			return (person.Field("classes").Len() > 1 || person.Field("schools").Len() > 1) && person.Value("kind") == "student"
		}) {
			if l.cards[key.ID] != nil {
				continue
			}
			places := l.of(person)
			sign, differ := l.signature(places)
			if !differ {
				continue
			}
			if sums[sign] == nil {
				sums[sign] = &sum{places: places}
				order = append(order, sums[sign])
			}
			sums[sign].students++
		}
		for _, s := range order {
			p.findSum(l, s)
		}
	}
}

// sum is the places of a student that name different groups, and how many students
// are in some that name the same.
type sum struct {
	places   []fact.Key
	students int
}

func (p *Pass) findSum(l levels, s *sum) {
	var ids []string
	var facts []fact.Fact
	for _, key := range s.places {
		ids = append(ids, key.ID)
		if len(facts) < maxNamed {
			facts = append(facts, l.places[key].At(0))
		}
	}
	f := Finding{Code: "W21", Case: "schools", Args: []string{l.field, few(p.called(ids)), strconv.Itoa(s.students)}, Subject: s.places[0], Facts: facts}
	if s.places[0].Kind == "SchoolClass" {
		f.Case = "classes"
	}
	p.find(f)
}

// signature is the sets of groups that places name, and whether they differ.
func (l levels) signature(places []fact.Key) (sign string, differ bool) {
	if len(places) < 2 {
		return "", false
	}
	sets := make([]string, len(places))
	for i, key := range places {
		for _, f := range l.places[key].All() {
			sets[i] += f.Value + "\x00"
		}
	}
	slices.Sort(sets)
	sets = slices.Compact(sets)
	return places[0].Kind + "\x00" + strings.Join(sets, "\x01"), len(sets) > 1
}
