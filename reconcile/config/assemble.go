package config

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/reconcile/plan"
	"github.com/lupa-dev/lupa/schema"
	"github.com/lupa-dev/lupa/schema/source"
)

// assembly makes one goal of the objects of all files.
type assembly struct {
	*loader
	goal *plan.Goal
	lost map[string]bool // words of documents that could not be read

	installations map[string]*object // by name
	at            directory
	tested        []testedCase
	invariants    []accessRule

	facts, dormant, initial layer
	broken                  layer                     // what objects with problems are called, and what they name
	own                     layer                     // names of lupa's own documents, for their places alone
	ids                     strings.Builder           // of all objects, one after the other
	zones                   map[string]*time.Location // by installation
	days                    map[string]calendar.Day   // the day to look at

	rostered     []object // schools and classes of rosters that no document declares
	joined       []*joinedRoster
	brokenRoster bool              // one that could not join
	unknown      int               // names of rules that lead nowhere
	ruled        map[fact.Key]bool // groups that rules give, to somebody or to nobody
}

// layer is a set of facts in the making, with the place of each.
type layer struct {
	b      fact.Builder
	places []origin
	set    fact.Set
	marks  []uint32
}

// origin is where a fact was declared; also is the line of People for which a
// default holds, or what else had a part.
type origin struct{ at, also place }

func (a *assembly) assemble(read []fileFacts, rosters []rosterFacts) error {
	a.goal.Project = a.tree.Project.Name
	a.goal.View = fact.Scope{Ignore: a.tree.Project.Ignore}
	a.goal.Authoritative = a.tree.Project.Authoritative
	a.roomForNames(read)
	a.findInstallations(read)
	if err := a.today(); err != nil {
		return err
	}
	a.nameObjects(read)
	a.joinRosters(read, rosters)
	a.carryOut(read)
	a.renames(read)
	a.lists(read)
	a.accessTests(read)
	a.accessRules(read)
	a.silences(read)
	a.steady(read)
	done, all := 0, a.roomForFacts(read)
	tell := func() {
		if done++; done%1024 == 0 || done == all {
			a.opt.tell(People, done, all)
		}
	}
	for i := range read {
		for j := range read[i].objects {
			a.object(read[i].objects, &read[i].objects[j])
			tell()
		}
	}
	for i := range a.rostered {
		a.object(nil, &a.rostered[i])
		tell()
	}
	var o object // room for one after the other
	for _, j := range a.joined {
		p := rosterPerson{joinedRoster: j}
		for p.number = range j.people {
			if j.people[p.number].declared == nil {
				o = p.object()
				a.object(nil, &o)
				tell()
			}
		}
	}
	for _, l := range []*layer{&a.facts, &a.dormant, &a.initial, &a.broken, &a.own} {
		l.set, l.marks = l.b.Marked()
	}
	a.goal.Facts, a.goal.Dormant, a.goal.Initial = a.facts.set, a.dormant.set, a.initial.set
	a.goal.Origin = origins{[]layer{a.facts, a.dormant, a.initial, a.broken, a.own}, a.paths}.of
	return nil
}

// roomForNames makes room for the names of what files declare.
func (a *assembly) roomForNames(read []fileFacts) {
	ofKind := make(map[*fact.Kind]int)
	for i := range read {
		for j := range read[i].objects {
			ofKind[read[i].objects[j].kind]++
		}
	}
	a.at = make(directory)
	for kind, n := range ofKind {
		a.at[kind.Name] = make(map[string]*object, n)
	}
}

// roomForFacts makes room for the facts of all objects, and counts these.
func (a *assembly) roomForFacts(read []fileFacts) (objects int) {
	entries := 0
	count := func(all []object) {
		objects += len(all)
		for i := range all {
			entries += len(all[i].entries)
		}
	}
	for i := range read {
		count(read[i].objects)
	}
	count(a.rostered)
	facts, names := objects+entries, objects
	for _, j := range a.joined {
		objects, names = objects+j.undeclared, names+2*j.undeclared // ids, and keys from outside
		facts += 4*j.undeclared + len(j.atSchools)                  // the person, kind, class and key
		for i := range j.people {
			facts, entries = facts+len(j.people[i].groups), entries+len(j.people[i].groups)
		}
	}
	a.facts.b.Grow(objects, facts, names)
	a.facts.places = make([]origin, 0, objects+entries)
	return objects
}

// directory finds objects by kind and id.
type directory map[string]map[string]*object

func (d directory) find(key fact.Key) *object { return d[key.Kind][key.ID] }

func (d directory) enter(o *object) {
	if d[o.key.Kind] == nil {
		d[o.key.Kind] = make(map[string]*object)
	}
	d[o.key.Kind][o.key.ID] = o
}

// find is the object of a key, whether a document declares it or a roster.
func (a *assembly) find(key fact.Key) *object {
	if o := a.at.find(key); o != nil || key.Kind != "Person" {
		return o
	}
	for _, j := range a.joined {
		if p := j.undeclaredBy(key.ID); p != nil {
			o := p.object()
			return &o
		}
	}
	return nil
}

// origins knows where facts were declared, after all else is forgotten.
type origins struct {
	layers []layer
	paths  []string
}

// of finds where a fact was declared; for one that was not, where its object was.
func (o origins) of(f fact.Fact) []source.Pos {
	for _, f := range []fact.Fact{f, {Key: f.Key}, {Key: fact.Words.Root(f.Key)}} {
		for _, l := range o.layers {
			if i, ok := l.set.Index(f); ok {
				from := l.places[l.marks[i]]
				positions := []source.Pos{from.at.pos(o.paths)}
				if from.also != (place{}) {
					positions = append(positions, from.also.pos(o.paths))
				}
				return positions
			}
		}
	}
	return nil
}

func (a *assembly) problem(code, variant string, at []place, args ...string) {
	p := source.Problem{Code: code, Case: variant, Args: args}
	for _, at := range at {
		p.Pos = append(p.Pos, at.pos(a.paths))
	}
	a.report(p)
}

// problemOf is problem, of an object that has its key.
func (a *assembly) problemOf(o *object, code, variant string, at place, args ...string) {
	a.problem(code, variant, []place{at}, args...)
	last := &a.tree.Problems[len(a.tree.Problems)-1]
	last.Subject = o.key.Kind + " " + a.called(o.key)
}

// isLost reports whether a name may be declared where nobody can read it.
func (a *assembly) isLost(name string) bool { return a.lost[name] || a.lost[allWords] }

func (a *assembly) findInstallations(read []fileFacts) {
	a.installations = make(map[string]*object)
	for i := range read {
		for j := range read[i].objects {
			if o := &read[i].objects[j]; o.kind.Name == "Installation" && a.installations[o.name] == nil {
				a.installations[o.name] = o
			}
		}
	}
	a.goal.Installations = slices.Sorted(maps.Keys(a.installations))
}

// nameObjects gives every object its key, and finds those that share one.
func (a *assembly) nameObjects(read []fileFacts) {
	told := make(map[place]bool)
	for i := range read {
		for j := range read[i].objects {
			switch o := &read[i].objects[j]; {
			case o.owner > 0:
				a.nameRecord(o, &read[i].objects[o.owner-1])
			case a.nameObject(o, told):
				a.tree.Objects++
				if !a.goal.View.Sees(o.key) {
					a.problem("D04", "", []place{o.at}, o.kind.Name, a.called(o.key))
				}
			}
		}
	}
}

// nameObject reports whether an object has a key that is its own.
func (a *assembly) nameObject(o *object, told map[place]bool) bool {
	inst, ok := a.installationOf(o, told)
	if !ok {
		o.broken = true
		a.lost[o.name] = true // it is declared, nobody knows where
		return false
	}
	o.key = fact.Key{Kind: o.kind.Name, ID: o.name}
	if o.kind.Name != "Installation" {
		o.key.ID = a.id(inst, o.name)
	}
	if first := a.at.find(o.key); first != nil {
		a.problem("D02", "object", []place{o.at, first.at}, o.kind.Name, a.called(o.key))
		o.broken = true
		return false
	}
	a.at.enter(o)
	return true
}

// nameRecord gives a record its key. The records of the second of two objects of
// one name are not compared with those of the first.
func (a *assembly) nameRecord(o, owner *object) {
	if owner.key.ID == "" {
		a.lost[o.name] = true
		return
	}
	own, inst := o.name, owner.key.Installation()
	if by := o.kind.Field(o.kind.Key); by.Crosses {
		_, id := a.named(o, inst, by, own)
		own = fact.CalledFrom(inst, id)
	}
	o.key = fact.Key{Kind: o.kind.Name, ID: fact.NestedID(owner.key.ID, own)}
	first := a.at.find(o.key)
	if first == nil {
		a.at.enter(o)
		return
	}
	o.broken = true
	switch {
	case a.at.find(owner.key) != owner:
	case o.kind.Name == "Sharing":
		a.problem("E18", "", []place{o.at, first.at}, o.name)
	default:
		a.problem("D02", "record", []place{o.at, first.at}, o.name)
	}
}

// called is what a person calls an object.
func (a *assembly) called(key fact.Key) string {
	return fact.Called(key.ID, len(a.goal.Installations) > 1)
}

// lists finds documents of People, and rules, that share a name.
func (a *assembly) lists(read []fileFacts) {
	first := make(map[[3]string]text)
	a.tree.lists = make(map[string]bool)
	for _, f := range read {
		for _, l := range f.lists {
			if l.kind == "People" {
				a.tree.lists[l.name.word] = true
			}
			name := [3]string{l.kind, l.installation, l.name.word}
			if before, ok := first[name]; ok {
				a.problem("D02", "object", []place{l.name.at, before.at}, l.kind, l.name.word)
				continue
			}
			first[name] = l.name
		}
	}
}

// installationOf is the installation an object belongs to. What is wrong with it
// is told once a place, and once of the tree as a whole.
func (a *assembly) installationOf(o *object, told map[place]bool) (string, bool) {
	at, variant, args, suggest := o.instAt, "unknown", []string{o.installation}, ""
	switch {
	case o.kind.Name == "Installation":
		return "", true
	case o.installation != "" && a.installations[o.installation] != nil:
		return o.installation, true
	case o.installation != "" && a.isLost(o.installation), len(a.lost) > 0 && len(a.installations) == 0:
		return "", false // it may be in a document that cannot be read
	case o.installation != "":
		suggest = schema.Nearest(o.installation, maps.Keys(a.installations))
	case len(a.installations) == 1:
		return a.goal.Installations[0], true
	case len(a.installations) == 0:
		at, variant, args = place{}, "missing", nil
	default:
		at, variant, args = o.at, "several", []string{strings.Join(a.goal.Installations, ", ")}
		if o.kind == rosterKind {
			variant = "roster"
		}
	}
	if !told[at] {
		told[at] = true
		if at == (place{}) {
			at = o.at
		}
		a.report(source.Problem{Code: "D05", Case: variant, Args: args, Pos: []source.Pos{at.pos(a.paths)}, Suggest: suggest})
	}
	return "", false
}

// roomForIDs is how many bytes of ids share an array.
const roomForIDs = 1 << 16

// id is the id of a new object. Ids stand in few large texts and not in many small
// ones: there are as many as people, and all of them stay.
func (a *assembly) id(inst, name string) string {
	if n := len(inst) + 1 + len(name); a.ids.Cap()-a.ids.Len() < n {
		a.ids.Reset()
		a.ids.Grow(max(n, roomForIDs))
	}
	from := a.ids.Len()
	a.ids.WriteString(inst)
	a.ids.WriteByte('/')
	a.ids.WriteString(name)
	return a.ids.String()[from:]
}

// lookUp is the object of a kind that an installation calls so, and its id; there
// may be an id and no object.
func (a *assembly) lookUp(kind, inst, name string) (*object, string) {
	var room [128]byte
	id := append(append(append(room[:0], inst...), '/'), name...)
	if o := a.at[kind][string(id)]; o != nil {
		return o, o.key.ID
	}
	key := fact.Key{Kind: kind, ID: string(id)}
	return a.find(key), key.ID
}

// named is what an object of an installation names in a field: the object, if it
// is there, and the id.
func (a *assembly) named(o *object, inst string, f *fact.Field, name string) (*object, string) {
	if f.Crosses {
		with := ""
		if e := o.entry(f.With); e != nil {
			with = e.value
		}
		inst, name = resolve(inst, with, name)
	}
	return a.lookUp(f.Ref, inst, name)
}

// resolve is the installation and the name of what a document of an installation
// calls so, in a field whose plain names go with another's.
func resolve(inst, with, called string) (string, string) {
	if other, name, ok := strings.Cut(called, ":"); ok {
		return other, name
	}
	if other, _, ok := strings.Cut(with, ":"); ok {
		inst = other
	}
	return inst, called
}

// renames collects old names and finds those that cannot be meant.
func (a *assembly) renames(read []fileFacts) {
	claims := make(map[fact.Key]text)
	for i := range read {
		for j := range read[i].objects {
			o := &read[i].objects[j]
			if len(o.previously) == 0 || o.broken {
				continue
			}
			r := plan.Renaming{Key: o.key}
			for _, old := range o.previously {
				key := fact.Key{Kind: o.key.Kind, ID: fact.ID(o.key.Installation(), old.word)}
				if o.kind.Name == "Installation" {
					key.ID = old.word
				}
				if now := a.find(key); now != nil {
					a.problem("D03", "declared", []place{old.at, now.at}, o.kind.Name, a.called(key))
				} else if first, ok := claims[key]; ok {
					a.problem("D03", "twice", []place{old.at, first.at}, o.kind.Name, a.called(key))
				}
				claims[key] = old
				r.From = append(r.From, key.ID)
			}
			a.goal.Renames = append(a.goal.Renames, r)
		}
	}
	slices.SortFunc(a.goal.Renames, func(x, y plan.Renaming) int { return x.Key.Compare(y.Key) })
}

var errLocal = errors.New("no zone of an installation")

// today settles the day to look at, which each installation has of its own.
func (a *assembly) today() (err error) {
	a.zones = make(map[string]*time.Location)
	a.days = make(map[string]calendar.Day)
	for _, name := range a.goal.Installations {
		a.zones[name] = a.zone(a.installations[name])
		if a.days[name], err = a.day(a.zones[name]); err != nil {
			return err
		}
	}
	a.goal.Days = a.days
	first := a.firstZone()
	a.goal.TimeZone = first.String()
	a.goal.At, err = a.day(first)
	return err
}

func (a *assembly) firstZone() *time.Location {
	if len(a.goal.Installations) == 0 {
		return time.UTC
	}
	return a.zones[a.goal.Installations[0]]
}

// steady settles the time around the day in which the same documents and rows
// are in force, and keeps when others are.
func (a *assembly) steady(read []fileFacts) {
	a.tree.times.days = a.days
	steady := make(map[string]calendar.Span)
	for i := range read {
		for j := range read[i].objects {
			if o := &read[i].objects[j]; o.kind.Spans != nil && !o.broken {
				inst, span := o.key.Installation(), a.span(o)
				a.tree.times.spans[o.key] = validity{span, a.absentOwner(o) != nil}
				steady[inst] = steady[inst].Narrow(a.days[inst], span)
			}
		}
	}
	for _, j := range a.joined {
		turns, span := a.tree.times.turnsOf(j.installation), steady[j.installation]
		for i := range j.People {
			memberships := j.People[i].Memberships
			turns.person(memberships)
			for k := range memberships {
				span = span.Narrow(j.onDay, memberships[k].Span)
			}
		}
		steady[j.installation] = span
	}
	zone := a.firstZone()
	for inst, span := range steady {
		if span.From != nil {
			if from := span.From.Start(a.zones[inst]).In(zone); a.goal.From == nil || from.After(*a.goal.From) {
				a.goal.From = &from
			}
		}
		if span.To != nil {
			if until := span.To.Start(a.zones[inst]).In(zone); a.goal.Until == nil || until.Before(*a.goal.Until) {
				a.goal.Until = &until
			}
		}
	}
	a.turns()
}

// turns settles what begins and ends when other documents are in force.
func (a *assembly) turns() {
	if a.goal.Until == nil {
		return
	}
	for key, v := range a.tree.times.spans {
		is := func(d *calendar.Day) bool {
			return d != nil && !v.absent && d.Start(a.zones[key.Installation()]).Equal(*a.goal.Until)
		}
		if is(v.span.From) {
			a.goal.Begins = append(a.goal.Begins, key)
		}
		if is(v.span.To) {
			a.goal.Ends = append(a.goal.Ends, key)
		}
	}
	slices.SortFunc(a.goal.Begins, fact.Key.Compare)
	slices.SortFunc(a.goal.Ends, fact.Key.Compare)
}

func (a *assembly) zone(installation *object) *time.Location {
	e := installation.entry("timeZone")
	if e == nil {
		return time.UTC
	}
	zone, err := time.LoadLocation(e.value)
	if zone == time.Local { // called so, it would be the machine's
		err = errLocal
	}
	if err != nil {
		a.problem("D08", "", []place{e.at}, e.value)
		return time.UTC
	}
	return zone
}

// day is the day to look at in a zone.
func (a *assembly) day(zone *time.Location) (calendar.Day, error) {
	if a.opt.At != nil {
		return a.opt.At.Day(zone)
	}
	return calendar.Today(a.opt.Now, zone), nil
}

// span is when an object is in force.
func (a *assembly) span(o *object) calendar.Span {
	day := func(field string) *calendar.Day {
		e := o.entry(field)
		if e == nil {
			return nil
		}
		d, err := calendar.ParseDay(e.value)
		if err != nil {
			a.problemOf(o, "D09", "", e.at, e.value)
			o.broken = true
			return nil
		}
		return &d
	}
	in := o.kind.Spans
	s := calendar.Span{From: day(in.From), To: day(in.To)}
	if s.Empty() {
		a.problemOf(o, in.Code, in.Case, o.entry(in.To).at, s.To.String(), s.From.String())
		o.broken = true
	}
	if e := o.entry(in.Lead); e != nil && s.From != nil {
		if days, err := strconv.Atoi(e.value); err == nil {
			from := s.From.Before(days)
			s.From = &from
		}
	}
	return s
}

func (o *object) entry(field string) *entry {
	for i := range o.entries {
		if o.entries[i].field.Name == field {
			return &o.entries[i]
		}
	}
	return nil
}

// object emits the facts of an object, into the layer where they belong.
func (a *assembly) object(file []object, o *object) {
	root := o
	if o.owner > 0 {
		root = &file[o.owner-1]
	}
	to := &a.facts
	if o == root {
		a.complete(o)
	}
	switch {
	case root.broken || o.broken || root.absent:
		if o.key.ID == "" {
			return
		}
		to = &a.broken
	case root.entry("external") != nil:
		to = &a.initial
		if o == root {
			a.goal.External = append(a.goal.External, o.key)
		}
	case root.kind.Spans != nil && !a.span(root).Holds(a.days[o.key.Installation()]) || a.ofAbsent(root):
		to = &a.dormant
	}
	to.add(fact.Fact{Key: o.key}, origin{at: o.at})
	if o.person != nil && to != &a.broken {
		o.person.facts(o, to)
	}
	var left map[*fact.Field]int // values left out
	inst := o.key.Installation()
	for i := range o.entries {
		e := &o.entries[i]
		named, value := a.factValue(o, inst, e)
		if e.field.Lenient || e.field.Loose {
			if (named == nil || named.absent) && !a.isLost(e.value) {
				a.problemOf(o, "W23", e.field.Name, e.at, e.value)
				if e.field.Lenient {
					if left == nil {
						left = make(map[*fact.Field]int)
					}
					left[e.field]++
					continue
				}
			}
		}
		to.add(fact.Fact{Key: o.key, Field: e.field.Name, Row: e.row, Value: value}, origin{e.at, e.also})
	}
	if to == &a.broken {
		return
	}
	for f, n := range left {
		if n == o.count(f) {
			a.problemOf(o, "E12", "", o.entry(f.Name).at)
		}
	}
	for i := range o.kind.Fields {
		if f := &o.kind.Fields[i]; f.Initial != "" && o.count(f) == 0 {
			a.initialValue(o, f)
		}
	}
}

// first is the first entry of a field, whether a document has it or a roster.
func (o *object) first(field string) *entry {
	if p := o.person; p != nil && field == "schools" && len(p.atSchool(p.number)) > 0 {
		school := p.schools[p.atSchool(p.number)[0]]
		return &entry{field: o.kind.Field(field), value: school.name, at: o.row}
	}
	return o.entry(field)
}

func (o *object) count(f *fact.Field) int {
	n := 0
	for _, e := range o.entries {
		if e.field == f {
			n++
		}
	}
	return n
}

func (l *layer) add(f fact.Fact, from origin) {
	if n := len(l.places); n == 0 || l.places[n-1] != from {
		l.places = append(l.places, from)
	}
	l.b.AddMarked(f, uint32(len(l.places)-1))
}

// factValue is the value of an entry as facts have it, names as ids, and the object
// that it names, if that is there.
func (a *assembly) factValue(o *object, inst string, e *entry) (named *object, value string) {
	value = e.value
	if e.field.Type == fact.Ref {
		named, value = a.named(o, inst, e.field, value)
	}
	if !e.field.Shape.Keyed() {
		return named, value
	}
	key := e.key
	if e.field.KeyRef != "" {
		_, key = a.lookUp(e.field.KeyRef, inst, key)
	}
	return named, fact.JoinMap(key, value)
}

// initialValue gives an omitted field the value with which it begins.
func (a *assembly) initialValue(o *object, f *fact.Field) {
	by, through, far := strings.Cut(f.Initial, ".")
	first := o.entry(by)
	if first == nil {
		return
	}
	if far {
		from, _ := a.lookUp(o.kind.Field(by).Ref, o.key.Installation(), first.value)
		if from == nil {
			return
		}
		if first = from.first(through); first == nil {
			return
		}
	}
	if value, id := a.lookUp(f.Ref, o.key.Installation(), first.value); value != nil {
		a.initial.add(fact.Fact{Key: o.key, Field: f.Name, Value: id}, origin{at: o.at, also: first.at})
	}
}
