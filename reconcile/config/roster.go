package config

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/roster"
	"github.com/lupa-dev/lupa/schema/source"
)

// rosterEntry is a roster as lupa.yaml names it.
type rosterEntry struct {
	roster.Source
	name         text
	installation string // as written
	instAt       place
}

// roster reads an item of rosters.
func (c *compiler) roster(v source.Value) rosterEntry {
	inst := v.Get("installation")
	e := rosterEntry{name: c.text(v.Get("name")), installation: inst.Text(), instAt: c.place(inst)}
	e.Path = v.Get("path").Text()
	for _, delta := range v.Get("deltas").Items() {
		e.Deltas = append(e.Deltas, delta.Text())
	}
	for role, kind := range v.Get("roles").Entries() {
		if e.Roles == nil {
			e.Roles = make(map[string]string)
		}
		e.Roles[role.Text()] = kind.Text()
	}
	return e
}

// rosterFacts is what a roster says.
type rosterFacts struct {
	rosterEntry
	*roster.Roster
	files int32 // number of its first file among all
}

// broken reports whether a roster cannot be taken at its word.
func (r *rosterFacts) broken() bool { return len(r.Problems) > 0 }

func (r *rosterFacts) place(at roster.Place) place { return place{r.files + at.File, at.Line, at.Col} }

// rosters reads the rosters that lupa.yaml names.
func (l *loader) rosters(fsys fs.FS) (all []rosterFacts, err error) {
	for _, e := range l.entries {
		read, err := roster.Read(fsys, e.Source)
		if err != nil {
			return nil, err
		}
		r := rosterFacts{e, read, int32(len(l.paths))}
		l.paths = append(l.paths, read.Files...)
		l.tree.Files += len(read.Files)
		for i := range read.Problems {
			if p := &read.Problems[i]; p.Pos[0].Line == 0 { // not a place in a file
				p.Pos = append(p.Pos, e.name.at.pos(l.paths))
			}
		}
		l.report(read.Problems...)
		all = append(all, r)
	}
	return all, nil
}

// joinedRoster is a roster whose rows have found their objects. All slices run
// parallel to those of the roster.
type joinedRoster struct {
	*rosterFacts
	installation string
	schools      []*object
	classes      []*object
	people       []joinedPerson
	undeclared   int     // so many of them
	inOrder      []int32 // these by their ids, once somebody asks for one
	onDay        calendar.Day
	atSchools    []int32 // schools of all cards, on the day
	begins       []int32 // where those of a card begin there, and of the last one end
}

// on is what a person is on the day.
func (j *joinedRoster) on(i int) []roster.Membership { return j.People[i].On(j.onDay) }

// atSchool are the schools of a card.
func (j *joinedRoster) atSchool(i int) []int32 { return j.atSchools[j.begins[i]:j.begins[i+1]] }

// joinedPerson is what a row of a person has found.
type joinedPerson struct {
	declared *object // by a document; nil for nearly all
	id       string  // of who is not
	kind     string  // of the card, on the day
	groups   []entry // that rules give to who is not declared
	absent   bool    // without a school, or guardian of nobody: as if it were not declared
}

// rosterPerson is a person of a roster that no document declares. There may be a
// million of them: what they have is read from the roster when it is needed.
type rosterPerson struct {
	*joinedRoster
	number int
}

// object is the object of the person.
func (p *rosterPerson) object() object {
	is, row := &p.people[p.number], p.place(p.People[p.number].At)
	return object{kind: fact.Words.Kind("Person"), name: fact.Name(is.id), installation: p.installation, at: row, row: row,
		key: fact.Key{Kind: "Person", ID: is.id}, entries: is.groups, absent: is.absent, person: p}
}

// undeclaredBy is the person who has an id and no document, nil for none.
func (j *joinedRoster) undeclaredBy(id string) *rosterPerson {
	if j.inOrder == nil {
		j.inOrder = make([]int32, 0, j.undeclared)
		for i := range j.people {
			if j.people[i].declared == nil {
				j.inOrder = append(j.inOrder, int32(i))
			}
		}
		slices.SortFunc(j.inOrder, func(a, b int32) int { return strings.Compare(j.people[a].id, j.people[b].id) })
	}
	at, ok := slices.BinarySearchFunc(j.inOrder, id, func(n int32, id string) int { return strings.Compare(j.people[n].id, id) })
	if !ok {
		return nil
	}
	return &rosterPerson{j, int(j.inOrder[at])}
}

// joinRosters gives every row of every roster its object: that of the document
// which has the row's sourcedId among its externalIds, else the one whose name
// it is, else one of its own. A roster owns kind, schools, classes and children
// of its people; documents may add everything else.
func (a *assembly) joinRosters(read []fileFacts, rosters []rosterFacts) {
	if len(rosters) == 0 {
		return
	}
	total := 0
	for i := range rosters {
		total += len(rosters[i].Schools) + len(rosters[i].Classes)
	}
	a.rostered = make([]object, 0, total) // never grows: pointers into it stay good
	cards := a.cards(read)
	told := make(map[place]bool)
	for i := range rosters {
		r := &rosters[i]
		asked := &object{kind: rosterKind, name: r.name.word, at: r.name.at, installation: r.rosterEntry.installation, instAt: r.instAt}
		inst, ok := a.installationOf(asked, told)
		if !ok || r.broken() {
			a.brokenRoster = true
			continue
		}
		j := &joinedRoster{rosterFacts: r, installation: inst}
		join := joiner{assembly: a, joinedRoster: j, cards: cards}
		join.places()
		join.persons()
		a.joined = append(a.joined, j)
	}
	a.tree.Objects += len(a.rostered)
}

var rosterKind = &fact.Kind{Name: "Roster"}

// card is an id from outside, of a kind of objects in an installation.
type card struct{ kind, installation, key string }

// sourcedID and primusCard are the ids by which a row finds its document.
const (
	sourcedID  = "sourcedId"
	primusCard = "primusCard"
)

// cards are the objects of documents by the ids that they have outside.
func (a *assembly) cards(read []fileFacts) map[card]*object {
	cards := make(map[card]*object)
	for i := range read {
		for k := range read[i].objects {
			o := &read[i].objects[k]
			if a.at.find(o.key) != o {
				continue
			}
			for _, e := range o.entries {
				if e.field.Name != "externalIds" || e.key != sourcedID && e.key != primusCard {
					continue
				}
				c := card{o.kind.Name, o.key.Installation(), e.value}
				if first := cards[c]; first != nil && first != o {
					a.problemOf(o, "C10", "documents", e.at, e.value, a.called(first.key))
					continue
				}
				cards[c] = o
			}
		}
	}
	return cards
}

// joiner joins one roster.
type joiner struct {
	*assembly
	*joinedRoster
	cards map[card]*object
	arena []entry // room for entries, so that each object needs no slice of its own
}

// object is the object that a row speaks of, with the row's id among its own. A
// person whom no document declares has none, but an id.
func (j *joiner) object(kind *fact.Kind, key string, at roster.Place) (*object, string) {
	row := j.rosterFacts.place(at)
	var o *object
	if len(j.cards) > 0 {
		o = j.cards[card{kind.Name, j.installation, key}]
	}
	if o == nil {
		name := fact.Escape(key)
		id := fact.Key{Kind: kind.Name, ID: j.id(j.installation, name)}
		o = j.byName(id, key, row)
		if o != nil && o.key == (fact.Key{}) {
			return o, ""
		}
		if o == nil {
			if len(j.goal.View.Ignore) > 0 && !j.goal.View.Sees(id) {
				j.problem("D04", "", []place{row}, kind.Name, j.called(id))
			}
			if kind.Name == "Person" {
				return nil, id.ID
			}
			j.rostered = append(j.rostered, object{kind: kind, name: name, installation: j.installation, at: row, key: id})
			o = &j.rostered[len(j.rostered)-1]
			j.at.enter(o)
			j.defaults(o)
		}
	}
	if o.row != (place{}) {
		j.problemOf(o, "C10", "rows", row, kind.Name, j.called(o.key))
		last := &j.tree.Problems[len(j.tree.Problems)-1]
		last.Pos = append(last.Pos, o.row.pos(j.paths))
		return &object{kind: kind, name: o.name, key: o.key, row: row}, "" // of which nothing comes
	}
	o.row = row
	if ids := kind.Field("externalIds"); !slices.ContainsFunc(o.entries, func(e entry) bool { return e.field == ids && e.value == key }) {
		o.entries = append(o.entries, entry{field: ids, key: sourcedID, value: key, at: row})
	}
	return o, ""
}

// byName is the object of a document, or of another roster, that has the name of a
// row. One that says itself that it is another card is a mistake, of which nothing
// comes.
func (j *joiner) byName(id fact.Key, key string, row place) *object {
	o := j.find(id)
	if o == nil {
		return nil
	}
	for _, e := range o.entries {
		if e.field.Name == "externalIds" && e.value != key && (e.key == sourcedID || e.key == primusCard) {
			j.problemOf(o, "C10", "another", e.at, e.key, e.value, key)
			last := &j.tree.Problems[len(j.tree.Problems)-1]
			last.Pos = append(last.Pos, row.pos(j.paths))
			return &object{kind: o.kind, name: o.name, row: row}
		}
	}
	return o
}

// perObject is for how many entries an object gets room at once: most have so
// many.
const perObject = 4

// defaults gives an object that no document declares the defaults of one.
func (j *joiner) defaults(o *object) {
	if cap(j.arena)-len(j.arena) < perObject {
		j.arena = make([]entry, 0, perObject*(len(j.Schools)+len(j.Classes)))
	}
	n := len(j.arena)
	j.arena = j.arena[:n+perObject]
	o.entries = j.arena[n : n : n+perObject]
	for i := range o.kind.Fields {
		if f := &o.kind.Fields[i]; f.Default != "" && mappingThere(o, f) {
			o.entries = append(o.entries, entry{field: f, value: f.Default, at: o.at})
		}
	}
}

// own gives a field the values that a roster has for it. Where documents have
// some as well they must be the same.
func (j *joiner) own(o *object, field string, values ...string) {
	f := o.kind.Field(field)
	first := slices.IndexFunc(o.entries, func(e entry) bool { return e.field == f })
	if first < 0 {
		for i, value := range values {
			e := entry{field: f, value: value, at: o.row}
			if f.Shape == fact.List {
				e.row = i + 1
			}
			o.entries = append(o.entries, e)
		}
		return
	}
	var said []string
	for _, e := range o.entries {
		if e.field == f {
			said = append(said, e.value)
		}
	}
	same := slices.Equal(said, values)
	if f.Shape == fact.Many {
		same = slices.Equal(slices.Sorted(slices.Values(said)), slices.Sorted(slices.Values(values)))
	}
	if !same {
		j.differ(o, field, o.entries[first].at, values)
	}
}

func (j *joiner) differ(o *object, field string, at place, values []string) {
	says := strings.Join(values, ", ")
	if says == "" {
		says = "-"
	}
	j.problemOf(o, "C10", "differs", at, field, says)
	last := &j.tree.Problems[len(j.tree.Problems)-1]
	last.Pos = append(last.Pos, o.row.pos(j.paths))
}

// add gives a field a value where documents have none.
func (j *joiner) add(o *object, field, value string) {
	if value != "" && o.entry(field) == nil {
		o.entries = append(o.entries, entry{field: o.kind.Field(field), value: value, at: o.row})
	}
}

// places joins schools and classes.
func (j *joiner) places() {
	kind := fact.Words.Kind("School")
	for _, s := range j.Schools {
		o, _ := j.object(kind, s.Key, s.At)
		j.add(o, "title", s.Title)
		if s.Code != "" {
			j.own(o, "code", s.Code)
		}
		j.schools = append(j.schools, o)
	}
	kind = fact.Words.Kind("SchoolClass")
	for _, c := range j.Classes {
		o, _ := j.object(kind, c.Key, c.At)
		j.add(o, "title", c.Title)
		j.own(o, "school", j.schools[c.School].name)
		j.classes = append(j.classes, o)
	}
}

// persons joins people. Who has no school on the day is absent: an empty Koulu
// field would mean every school (R74). Guardians are there with their children.
func (j *joiner) persons() {
	kind := fact.Words.Kind("Person")
	j.onDay = j.days[j.installation]
	n := len(j.People)
	j.people, j.begins, j.atSchools = make([]joinedPerson, n), make([]int32, n+1), make([]int32, 0, n)
	away, parents := 0, 0
	for i := range j.People {
		row, p, on := &j.People[i], &j.people[i], j.on(i)
		p.kind = roster.Kind(on)
		p.declared, p.id = j.object(kind, row.Key, row.At)
		j.atSchools = j.AppendSchools(j.atSchools, p.kind, on)
		j.begins[i+1] = int32(len(j.atSchools))
		schools := j.atSchool(i)
		if p.kind != "guardian" {
			p.absent = p.kind == "" || len(schools) == 0
			if len(row.Children) > 0 && !p.absent {
				parents++
			}
		}
		if o := p.declared; o != nil && !p.absent {
			j.own(o, "kind", p.kind)
			j.placesOf(o, i, schools)
		}
	}
	for i := range j.people {
		p := &j.people[i]
		o := p.declared
		if p.kind == "guardian" {
			children := j.childrenOf(i)
			if p.absent = len(children) == 0; !p.absent && o != nil {
				j.own(o, "children", namesOf(children)...)
			}
		}
		if p.absent {
			away++
		}
		switch {
		case o == nil:
			j.undeclared++
			if !p.absent {
				j.tree.Objects++
			}
		case p.absent:
			o.absent = true
			j.problemOf(o, "N07", "", o.at, o.name)
		}
	}
	if away > 0 {
		j.problem("N04", "", []place{j.name.at}, strconv.Itoa(away), j.onDay.String())
	}
	if j.Strangers > 0 {
		j.problem("N08", "", []place{j.name.at}, strconv.Itoa(j.Strangers))
	}
	if parents > 0 {
		j.problem("N06", "", []place{j.name.at}, strconv.Itoa(parents))
	}
}

// placesOf gives a card its schools, and a student's its classes.
func (j *joiner) placesOf(o *object, i int, schools []int32) {
	kind := j.people[i].kind
	if kind == "guardian" {
		return
	}
	names := make([]string, len(schools))
	for k, school := range schools {
		names[k] = j.schools[school].name
	}
	if all := o.entry("allSchools"); all != nil {
		j.differ(o, "schools", all.at, names)
		return
	}
	j.own(o, "schools", names...)
	if kind != "student" || len(j.Classes) == 0 {
		return
	}
	classes := j.classesOf(i)
	names = make([]string, len(classes))
	for k, class := range classes {
		names[k] = class.name
	}
	j.own(o, "classes", names...)
}

// classesOf are the classes of a student, each once, in the order of their ids.
func (j *joinedRoster) classesOf(i int) (classes []*object) {
	for _, m := range j.on(i) {
		if studies(m) {
			classes = append(classes, j.classes[m.Class])
		}
	}
	if len(classes) > 1 {
		slices.SortFunc(classes, func(a, b *object) int { return strings.Compare(a.key.ID, b.key.ID) })
	}
	return slices.Compact(classes)
}

// studies reports whether a membership gives a student a class.
func studies(m roster.Membership) bool { return m.Class >= 0 && m.Role == "student" }

// childrenOf are the ids of the children of a guardian who are there.
func (j *joinedRoster) childrenOf(i int) (ids []string) {
	for _, child := range j.People[i].Children {
		p := &j.people[child]
		switch {
		case p.kind != "student" || p.absent:
		case p.declared != nil:
			ids = append(ids, p.declared.key.ID)
		default:
			ids = append(ids, p.id)
		}
	}
	return ids
}

func namesOf(ids []string) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = fact.Name(id)
	}
	return names
}

// facts adds what a roster says of a person that no document declares, in the order
// in which a set has it.
func (p *rosterPerson) facts(o *object, to *layer) {
	i, from := p.number, origin{at: o.row}
	add := func(field string, row int, value string) {
		to.add(fact.Fact{Key: o.key, Field: field, Row: row, Value: value}, from)
	}
	kind := p.people[i].kind
	switch kind {
	case "guardian":
		for _, child := range p.childrenOf(i) {
			add("children", 0, child)
		}
	case "student":
		for _, m := range p.on(i) {
			if studies(m) {
				add("classes", 0, p.classes[m.Class].key.ID)
			}
		}
	}
	add("externalIds", 0, fact.JoinMap(sourcedID, p.People[i].Key))
	add("kind", 0, kind)
	for n, school := range p.atSchool(i) {
		if kind != "guardian" {
			add("schools", n+1, p.schools[school].key.ID)
		}
	}
}

// complete finds what neither a document nor a roster says of an object.
func (a *assembly) complete(o *object) {
	field := ownedByRoster[o.kind.Name]
	if field == "" || o.broken || o.absent || o.person != nil || o.entry(field) != nil {
		return
	}
	if o.broken = true; !a.brokenRoster { // which may have it
		a.problemOf(o, "D11", "", o.at, field)
	}
}

// ownedByRoster are the fields without which an object makes no sense, and which
// a roster may give.
var ownedByRoster = map[string]string{"Person": "kind", "SchoolClass": "school"}

// ofAbsent reports whether an object belongs to a card that is absent: it is as
// little in force as the card.
func (a *assembly) ofAbsent(o *object) bool {
	e := a.absentOwner(o)
	if e != nil {
		a.problemOf(o, "N07", "", e.at, e.value)
	}
	return e != nil
}

// absentOwner is the entry that names an absent card to which an object belongs,
// nil where there is none.
func (a *assembly) absentOwner(o *object) *entry {
	for _, field := range ofPersons[o.kind.Name] {
		e := o.entry(field)
		if e == nil {
			continue
		}
		if person, _ := a.named(o, o.key.Installation(), e.field, e.value); person != nil && person.absent {
			return e
		}
	}
	return nil
}

// ofPersons are the kinds that belong to a card, or to two, and the fields that
// name them.
var ofPersons = map[string][]string{
	"PersonOverride": {"person"}, "CardAssignment": {"card"}, "SupportContact": {"person"}, "CosDocAssignment": {"person"},
	"Substitution": {"substitute", "absent"},
}
