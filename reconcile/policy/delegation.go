package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/access"
	"github.com/lupa-dev/lupa/reconcile/fact"
)

// Delegation says who may declare what. A limit that it does not have is none;
// without any it makes a main user.
type Delegation struct {
	Name    string
	To      []string               // logins, as they are written
	Paths   []string               // globs of files, as they are written
	Covers  func(file string) bool // reports whether a file is among Paths
	Kinds   []string
	Schools []string // ids
}

// Unlimited reports whether a delegation leaves nothing out.
func (d *Delegation) Unlimited() bool {
	return len(d.Paths) == 0 && len(d.Kinds) == 0 && len(d.Schools) == 0
}

// Document is where something stands: a file, and the kind of the document where
// that is a list, such as People.
type Document struct{ File, Kind string }

// beyond says why something lies outside a delegation; the last is the nearest
// miss, and the one that is told.
type beyond int

const (
	nowhere    beyond = iota // there is no delegation
	byDeletion               // what is gone has no file any more
	byPath
	byKind
	byNoSchool // it belongs to no school, and the delegation is of schools
	byEverySchool
	bySchool
	inside
)

// beyondCase is what is said of it.
var beyondCase = map[beyond]string{
	nowhere: "none", byDeletion: "deleted", byPath: "path", byKind: "kind", byNoSchool: "noSchool", byEverySchool: "allSchools", bySchool: "school",
}

// outsideDelegation: where there are delegations, an author changes what lies in
// one of them, and nothing else. Judged is what the documents make of the target;
// what somebody else changed there by hand and the plan merely puts right is not
// the author's. What documents of others make of it, since the last apply or
// because a day has come, cannot be told apart.
func outsideDelegation(p *Pass) {
	if p.Author.Login == "" || len(p.Delegations) == 0 {
		return
	}
	d := delegated{Pass: p, schoolsOf: make(map[fact.Key]spoken)}
	for i := range p.Delegations {
		if slices.ContainsFunc(p.Delegations[i].To, func(to string) bool { return Login(to) == p.Author.Login }) {
			d.own = append(d.own, &p.Delegations[i])
		}
	}
	if slices.ContainsFunc(d.own, (*Delegation).Unlimited) {
		return
	}
	d.judge()
}

// delegated holds a plan against the delegations of its author.
type delegated struct {
	*Pass
	own       []*Delegation
	found     int
	last      fact.Key // found last
	schoolsOf map[fact.Key]spoken
	sharing   map[string][]string // schools by template
	limited   []*limited
}

// spoken are the schools of which an object speaks.
type spoken struct {
	ids []string
	all bool
}

// limited are changes inside the same delegations, which are of schools.
type limited struct {
	names   string
	schools []string
	roots   []fact.Key
}

// authored is an object that the author changes.
type authored struct {
	root  fact.Key
	parts []fact.Change
	where []Document

	gone, renamed bool
}

func (d *delegated) judge() {
	for _, c := range d.authored() {
		d.object(c)
	}
	for _, l := range d.limited {
		if d.found <= maxFound { // else it is refused, and no more is told
			d.effect(l)
		}
	}
	if d.found > maxFound {
		d.find(Finding{Code: "G08", Case: "more", Args: []string{d.Author.Login, strconv.Itoa(d.found - maxFound)}, Subject: d.last})
	}
}

// authored are the objects that the author's documents change, in order.
func (d *delegated) authored() []*authored {
	by := make(map[fact.Key]*authored)
	var all []*authored
	for _, c := range d.Changes {
		root := fact.Words.Root(c.Key)
		a := by[root]
		if a == nil {
			a = &authored{root: root, gone: !d.Goal.Has(root)}
			by[root] = a
			all = append(all, a)
		}
		a.parts = append(a.parts, c)
	}
	for _, root := range d.Renamed {
		if by[root] == nil {
			all = append(all, &authored{root: root, renamed: true})
		} else {
			by[root].renamed = true
		}
	}
	all = slices.DeleteFunc(all, d.isDrift)
	slices.SortFunc(all, func(a, b *authored) int { return a.root.Compare(b.root) })
	for _, a := range all {
		a.where = d.documents(a)
	}
	return all
}

// isDrift reports whether an object only becomes again what lupa left.
func (d *delegated) isDrift(a *authored) bool {
	return d.Last.Has(a.root) && !a.renamed && !slices.ContainsFunc(a.parts, func(c fact.Change) bool { return !d.Last.Object(c.Key).Equal(d.Goal.Object(c.Key)) })
}

// documents are where the author wrote: where what comes stands, and where
// nothing comes the object. A rule may stand elsewhere than those it is about.
func (d *delegated) documents(a *authored) (all []Document) {
	add := func(f fact.Fact) {
		if at := d.Written(f); len(at) > 0 && !slices.Contains(all, at[0]) {
			all = append(all, at[0])
		}
	}
	if a.gone {
		return nil
	}
	for _, c := range a.parts {
		for _, f := range c.Add.All() {
			add(f)
		}
	}
	if len(all) == 0 {
		add(fact.Fact{Key: a.root})
	}
	return all
}

// object judges one object, and tells the nearest miss.
func (d *delegated) object(a *authored) {
	is := d.spokenBy(a)
	best, miss, of := nowhere, "", ""
	var covering []*Delegation
	for _, own := range d.own {
		why, what := d.within(own, a, is)
		if why == inside {
			covering = append(covering, own)
		}
		if why > best {
			best, miss, of = why, what, own.Name
		}
	}
	if best == inside {
		d.limit(a.root, covering)
		return
	}
	d.outside(Finding{Code: "G08", Case: beyondCase[best], Args: []string{d.Author.Login, a.root.Kind, fact.Called(a.root.ID, d.Several), miss, of},
		Subject: a.root, Facts: d.place(a)})
}

func (d *delegated) outside(f Finding) {
	if d.found++; d.found <= maxFound {
		d.find(f)
	}
	d.last = f.Subject
}

// place is the place to blame: what comes first of what comes, else the object.
func (d *delegated) place(a *authored) []fact.Fact {
	for _, c := range a.parts {
		if c.Add.Len() > 0 {
			return []fact.Fact{c.Add.At(0)}
		}
	}
	return []fact.Fact{{Key: a.root}}
}

// ofAll are kinds that decide about a whole installation: in a delegation that is
// of schools they have to be named.
var ofAll = []string{"Installation", "RightsCatalogue", "Policy"}

// within says whether an object lies in a delegation, and what would be needed.
func (d *delegated) within(own *Delegation, a *authored, is spoken) (beyond, string) {
	named := slices.Contains(own.Kinds, a.root.Kind) || a.gone && a.root.Kind == "Person" && slices.Contains(own.Kinds, "People")
	for _, at := range a.where {
		if len(own.Paths) > 0 && !own.Covers(at.File) {
			return byPath, at.File
		}
		named = named || at.Kind != "" && slices.Contains(own.Kinds, at.Kind)
	}
	tied := named || len(own.Paths) > 0 && !a.gone // by something else than schools
	switch {
	case len(own.Kinds) > 0 && !named:
		return byKind, a.root.Kind
	case len(own.Schools) == 0 && !tied:
		return byDeletion, ""
	case len(own.Schools) == 0:
		return inside, ""
	case is.all:
		return byEverySchool, ""
	case len(is.ids) == 0 && a.gone && !named:
		return byDeletion, ""
	case len(is.ids) == 0 && (!tied || !named && slices.Contains(ofAll, a.root.Kind)):
		return byNoSchool, a.root.Kind
	}
	for _, school := range is.ids {
		if !slices.Contains(own.Schools, school) {
			return bySchool, fact.Called(school, d.Several)
		}
	}
	return inside, ""
}

// spokenBy are the schools of which a changed object speaks, before and after.
func (d *delegated) spokenBy(a *authored) spoken {
	is := d.schools(a.root)
	for _, c := range a.parts {
		if c.Key != a.root {
			is = is.and(d.schools(c.Key))
		}
	}
	if a.root.Kind == "SurveyTemplate" {
		is = is.and(spoken{ids: d.shared(a.root.ID)})
	}
	slices.Sort(is.ids)
	is.ids = slices.Compact(is.ids)
	return is
}

func (s spoken) and(o spoken) spoken { return spoken{slices.Concat(s.ids, o.ids), s.all || o.all} }

// people are the fields by which an object speaks of the schools of persons.
var people = map[string][]string{
	"Person": {"children"}, "PersonOverride": {"person"}, "CardAssignment": {"card"}, "CosDocAssignment": {"person"}, "SupportContact": {"person"},
	"Substitution": {"absent", "substitute"}, "SubstitutedProfile": {"absent", "substitute"},
}

// schools are those of which one object speaks, before and after.
func (d *delegated) schools(key fact.Key) spoken {
	if is, known := d.schoolsOf[key]; known {
		return is
	}
	d.schoolsOf[key] = spoken{} // a guardian who is called a child of his own child
	var is spoken
	if key.Kind == "School" {
		is.ids = append(is.ids, key.ID)
	}
	kind := fact.Words.Kind(key.Kind)
	for _, s := range []fact.Set{d.Have, d.Goal} {
		for _, f := range s.Object(key).All() {
			switch field := kind.Field(f.Field); {
			case field == nil:
			case field.AllOf != "":
				is.all = true
			case field.Ref == "School":
				is.ids = append(is.ids, f.Value)
			case field.Ref == "SchoolClass":
				is = is.and(d.schools(fact.Key{Kind: "SchoolClass", ID: f.Value}))
			case slices.Contains(people[key.Kind], f.Field):
				is = is.and(d.schools(fact.Key{Kind: "Person", ID: f.Value}))
			}
		}
	}
	slices.Sort(is.ids)
	is.ids = slices.Compact(is.ids)
	d.schoolsOf[key] = is
	return is
}

// shared are the schools with which a template is shared, before or after.
func (d *delegated) shared(template string) []string {
	if d.sharing == nil {
		d.sharing = make(map[string][]string)
		for _, s := range []fact.Set{d.Have, d.Goal} {
			for key, o := range s.Kind("Sharing").Objects() {
				parent, _ := fact.SplitNested(key.ID)
				d.sharing[parent] = append(d.sharing[parent], o.Value("school"))
			}
		}
	}
	return d.sharing[template]
}

// limit notes a change that may have an effect in some schools only: those of all
// delegations in which it lies.
func (d *delegated) limit(root fact.Key, covering []*Delegation) {
	var names, schools []string
	for _, own := range covering {
		if len(own.Schools) == 0 {
			return
		}
		names, schools = append(names, own.Name), append(schools, own.Schools...)
	}
	name := strings.Join(names, ", ")
	for _, l := range d.limited {
		if l.names == name {
			l.roots = append(l.roots, root)
			return
		}
	}
	d.limited = append(d.limited, &limited{name, schools, []fact.Key{root}})
}

// effect judges what limited changes do to people: a group in one school's files
// may have members in others. Looked at is what these changes alone do, after all
// others.
func (d *delegated) effect(l *limited) {
	effect := d.Effect
	if len(l.roots) < len(d.touched()) {
		effect = func() *access.Effect { return access.Compare(access.Load(d.without(l.roots)), d.After()) }
	}
	var strangers, what []string
	note := func(person string, of spoken, words ...string) {
		if !of.all && !slices.ContainsFunc(of.ids, func(school string) bool { return slices.Contains(l.schools, school) }) {
			strangers = append(strangers, person)
			what = append(what, words...)
		}
	}
	e := effect()
	for _, s := range e.Shifts {
		for _, who := range s.People {
			person := cmp.Or(who.Child, who.Person)
			note(who.Person, d.schools(fact.Key{Kind: "Person", ID: person}), s.Rights...)
		}
	}
	for _, s := range e.Templates {
		for _, person := range s.People {
			for _, a := range s.Actions {
				note(person, d.schools(fact.Key{Kind: "Person", ID: person}), string(a))
			}
		}
	}
	if len(strangers) == 0 {
		return
	}
	slices.Sort(what)
	strangers = d.called(strangers)
	root := l.roots[0]
	d.outside(Finding{Code: "G08", Case: "people", Args: []string{d.Author.Login, strconv.Itoa(len(strangers)), firstNames(strangers, 3), firstNames(slices.Compact(what), 3), l.names,
		root.Kind + " " + fact.Called(root.ID, d.Several)}, Subject: root, Facts: d.place(&authored{root: root, parts: d.partsOf(root)})})
}

func (d *delegated) partsOf(root fact.Key) (parts []fact.Change) {
	for _, c := range d.Changes {
		if fact.Words.Root(c.Key) == root {
			parts = append(parts, c)
		}
	}
	return parts
}

// without is what the target would hold after the plan, but for some changes.
func (d *delegated) without(roots []fact.Key) fact.Set {
	left := make(map[fact.Key]bool, len(roots))
	for _, root := range roots {
		left[root] = true
	}
	is := func(k fact.Key) bool { return left[fact.Words.Root(k)] }
	others := d.Goal.Where(func(k fact.Key) bool { return !is(k) })
	return others.Plus(d.Have.Where(is)).Plus(d.Beyond)
}
