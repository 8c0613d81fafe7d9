// Package roster reads who is at which school, as student registers export it:
// OneRoster 1.1 and 1.2 and the formats of Microsoft School Data Sync (v1, v2,
// v2.1), as a directory of CSV files or a zip of them.
//
//	r, err := roster.Read(fsys, roster.Source{Path: "roster"})
//	for _, p := range r.People { ... }
//
// Files are read row by row, and of each row only the columns that say who is
// what and where. Names of people, passwords, addresses and telephone numbers
// stand in other columns, which are never looked at. What is wrong is a Problem
// with file, line and column, all of a roster at once.
//
// A roster is timeless here: rows that hold from a day to a day are given with
// their span, and whoever asks decides on which day to look. Which groups people
// get and how a roster meets the documents of a tree is package config's.
package roster

import (
	"cmp"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/lupa-dev/lupa/reconcile/calendar"
	"github.com/lupa-dev/lupa/reconcile/fact"
	"github.com/lupa-dev/lupa/schema/source"
)

// Source is where a roster lies and what its words mean here.
type Source struct {
	Path   string            // directory or zip, from the root of the tree
	Deltas []string          // bundles of changes to it, oldest first
	Roles  map[string]string // kinds of cards of roles that the formats do not know
}

// Roster is what a roster says. Positions and indices point into its slices.
type Roster struct {
	Format    string   // "OneRoster 1.2"
	Files     []string // read, in the order of reading, as in positions: below Source.Path, in a zip too
	Inputs    []Input  // the same as they lie on the disk: a zip is one
	Schools   []School
	Classes   []Class
	People    []Person
	Strangers int // how often a user names an agent who is not in the roster
	Problems  []source.Problem
}

// Input is a file as it lies on the disk.
type Input struct {
	Path   string
	SHA256 string // of its bytes, in hexadecimal
}

// Place is a cell: Files[File], line and column counted from 1.
type Place struct{ File, Line, Col int32 }

// School is an organisation at which people can be.
type School struct {
	Key   string // sourcedId
	Title string
	Code  string // national code, "" where there is none
	At    Place
}

// Class is a class of a school: in OneRoster a homeroom, in SDS every section.
type Class struct {
	Key    string
	Title  string
	School int32
	At     Place
}

// Person is a user. Who may not log in, or is to be deleted, is here without
// memberships: a document about the card is about somebody who has none.
type Person struct {
	Key         string
	At          Place
	Memberships []Membership // in the order of the files
	Children    []int32      // who names the person as an agent, or is named
}

// Membership is one row that says where a person is something. A row of a class
// makes no card; its School is that of the class.
type Membership struct {
	School int32 // -1: at no school, but above all of them
	Class  int32 // -1: the school as a whole
	order  int32 // in the user's own list of organisations
	At     Place
	*Terms
}

// Terms are what a row says besides who is where. Many rows share one of them.
type Terms struct {
	Role    string // in the format's spelling
	Kind    string // kind of card that the role makes, "" for none
	Primary bool
	Span    calendar.Span
}

// Read reads a roster. The error is the machine's; what whoever made the roster
// or named it in lupa.yaml has to mend is in Problems. Those of the roster as a
// whole stand at line 0 of its path.
func Read(fsys fs.FS, from Source) (*Roster, error) {
	r := &reading{roles: from.Roles, out: &Roster{}, deltas: len(from.Deltas) > 0, days: make(map[string]*calendar.Day), words: make(map[string]string)}
	if err := r.bundle(fsys, from.Path, false); err != nil {
		return nil, err
	}
	for _, path := range from.Deltas {
		if len(r.out.Problems) > 0 {
			break // what changes of it nobody can say
		}
		if err := r.bundle(fsys, path, true); err != nil {
			return nil, err
		}
	}
	r.finish()
	slices.SortStableFunc(r.out.Problems, source.Problem.Compare)
	return r.out, nil
}

// maxProblems is how many problems of a roster are told; who mends a hundred
// rows by hand mends the export instead.
const maxProblems = 100

// reading is a roster being read.
type reading struct {
	roles   map[string]string
	deltas  bool  // rows are changed later, so they are found by their ids
	delta   bool  // the bundle being read holds changes
	bundles int32 // read so far, with the one being read
	partial bool  // some rows could not be read at all
	format  *format
	out     *Roster

	orgs    table[org]
	classes table[class]
	users   table[user]
	links   table[link]
	agents  []agent
	heads   []headship
	rows    rowIDs // of the file being read
	texts   texts
	undated int                      // rows of it that do not say when they changed
	days    map[string]*calendar.Day // read before: few, and all rows have them
	words   map[string]string        // the same
	terms   few[Terms]
}

// org is a row of orgs: School is its number among the schools, -1 for what is
// none.
type org struct {
	title, code, parent    string
	isSchool, isPart, gone bool // a part of another: a department
	at                     Place
	school                 int32
}

type class struct {
	title    string
	org      int32
	homeroom bool // what the school calls a class
	gone     bool
	at       Place
	class    int32 // its number among the classes, -1 for what is none
}

type user struct {
	gone  bool  // to be deleted, or not enabled
	home  int32 // primary organisation, -1 for none
	since int32 // the bundle that says so
	at    Place
}

// link is a row that puts a user somewhere.
type link struct {
	user, org, class int32 // org or class is -1
	terms            int32 // their number
	order            int32
	since            int32
	gone             bool
	ofUser           bool // the user's own row says so, and a later one anew
	at               Place
}

// few are values of which many rows have the same, by their numbers.
type few[T comparable] struct {
	all     []T
	numbers map[T]int32
	last    int32
}

func (f *few[T]) number(v T) int32 {
	if int(f.last) < len(f.all) && f.all[f.last] == v {
		return f.last
	}
	n, ok := f.numbers[v]
	if !ok {
		if f.numbers == nil {
			f.numbers = make(map[T]int32)
		}
		n = int32(len(f.all))
		f.numbers[v] = n
		f.all = append(f.all, v)
	}
	f.last = n
	return n
}

// headship is a school and who leads it.
type headship struct {
	org  int32
	user string
	at   Place
}

// agent is a user named by another as parent, guardian or relative, or as child.
type agent struct {
	user  int32
	key   string
	since int32
	at    Place
	bare  bool // nothing but this says that the agent is a guardian
}

func (r *reading) full() bool { return len(r.out.Problems) >= maxProblems }

func (r *reading) problem(p source.Problem) {
	r.partial = r.partial || p.Code < "C05" || p.Code > "C07"
	if !r.full() {
		r.out.Problems = append(r.out.Problems, p)
	}
}

// whole is a problem of a bundle or a file as a whole.
func (r *reading) whole(path, code, variant string, args ...string) {
	r.problem(source.Problem{Code: code, Case: variant, Args: args, Pos: []source.Pos{{File: path}}})
}

// schoolsOf is, for every organisation, the school that it is or lies in, -1 for
// none: a department belongs to its school, a district to none, and who goes
// round in a circle arrives nowhere.
func (r *reading) schoolsOf() []int32 {
	const unknown, asked = -3, -2
	schools := make([]int32, len(r.orgs.rows))
	for i := range schools {
		schools[i] = unknown
	}
	var path []int32
	for i := range r.orgs.rows {
		path = path[:0]
		at, found := int32(i), int32(-1)
		for schools[at] == unknown {
			schools[at] = asked
			path = append(path, at)
			o := &r.orgs.rows[at]
			if o.school >= 0 || o.gone {
				found = o.school
				break
			}
			parent, ok := r.orgs.find(o.parent)
			if !ok {
				if o.parent != "" && o.isPart {
					r.problem(source.Problem{Code: "C06", Args: []string{"parentSourcedId", shown(o.parent)}, Pos: []source.Pos{o.at.pos(r.out.Files)}})
				}
				break
			}
			if at = parent; schools[at] >= -1 {
				found = schools[at]
			}
		}
		for _, p := range path {
			schools[p] = found
		}
	}
	return schools
}

func (p Place) pos(files []string) source.Pos {
	return source.Pos{File: files[p.File], Line: int(p.Line), Col: int(p.Col)}
}

// finish puts the tables together.
func (r *reading) finish() {
	if len(r.out.Problems) > 0 {
		return
	}
	for i := range r.orgs.rows {
		o := &r.orgs.rows[i]
		o.school = -1
		if o.isSchool && !o.gone {
			o.school = int32(len(r.out.Schools))
			r.out.Schools = append(r.out.Schools, School{r.orgs.ids[i], o.title, o.code, o.at})
		}
	}
	schools := r.schoolsOf()
	for i := range r.classes.rows {
		c := &r.classes.rows[i]
		c.class = -1
		if c.homeroom && !c.gone && schools[c.org] >= 0 {
			c.class = int32(len(r.out.Classes))
			r.out.Classes = append(r.out.Classes, Class{r.classes.ids[i], c.title, schools[c.org], c.at})
		}
	}
	r.out.People = make([]Person, len(r.users.rows))
	for i, u := range r.users.rows {
		r.out.People[i] = Person{Key: r.users.ids[i], At: u.at}
	}
	for _, h := range r.heads {
		if u, ok := r.users.find(h.user); ok {
			r.links.add("", link{user: u, org: h.org, class: -1, terms: r.terms.number(Terms{Role: "principal"}), at: h.at})
		}
	}
	r.memberships(schools)
	r.relations()
}

// memberships gives people what the rows say of them. They share an array: a
// person has two or three.
func (r *reading) memberships(schools []int32) {
	next := make([]int32, len(r.out.People)+1) // where those of a person go on; at first, how many there are
	for i := range r.links.rows {
		if l := &r.links.rows[i]; r.holds(l) {
			next[l.user+1]++
		}
	}
	for i := range r.out.People {
		next[i+1] += next[i]
	}
	all := make([]Membership, next[len(r.out.People)])
	for i := range r.out.People {
		r.out.People[i].Memberships = all[next[i]:next[i+1]:next[i+1]]
	}
	for i := range r.links.rows {
		if l := &r.links.rows[i]; r.holds(l) {
			all[next[l.user]] = r.membership(l, schools)
			next[l.user]++
		}
	}
}

// holds reports whether a row makes a membership.
func (r *reading) holds(l *link) bool {
	if l.gone {
		return false
	}
	u := &r.users.rows[l.user]
	return !u.gone && (!l.ofUser || l.since >= u.since) && (l.class < 0 || !r.classes.rows[l.class].gone)
}

func (r *reading) membership(l *link, schools []int32) Membership {
	m := Membership{School: -1, Class: -1, Terms: &r.terms.all[l.terms], At: l.at, order: l.order}
	if home := r.users.rows[l.user].home; home >= 0 && l.org == home && !m.Primary {
		terms := *m.Terms
		terms.Primary = true
		m.Terms = &r.terms.all[r.terms.number(terms)]
	}
	if l.class >= 0 {
		c := &r.classes.rows[l.class]
		m.School, m.Class = schools[c.org], c.class
	} else if l.org >= 0 {
		m.School = schools[l.org]
	}
	return m
}

// relations gives guardians their children, whichever of the two names the
// other. Who is which the cards say: children are students.
func (r *reading) relations() {
	guardian := Terms{Role: "guardian", Kind: "guardian"}
	for _, a := range r.agents {
		one := a.user
		two, ok := r.users.find(a.key)
		switch {
		case a.since < r.users.rows[one].since:
			continue
		case !ok:
			r.out.Strangers++
			continue
		case r.users.rows[one].gone || r.users.rows[two].gone:
			continue // who is not there has no rights either
		}
		if a.bare && len(r.out.People[two].Memberships) == 0 {
			r.out.People[two].Memberships = []Membership{{School: -1, Class: -1, Terms: &guardian, At: a.at}}
		}
		r.link(one, two)
		r.link(two, one)
	}
	for i := range r.out.People {
		p := &r.out.People[i]
		slices.Sort(p.Children)
		p.Children = slices.Compact(p.Children)
	}
}

func (r *reading) link(guardian, child int32) {
	if r.out.People[guardian].is("guardian") && r.out.People[child].is("student") {
		r.out.People[guardian].Children = append(r.out.People[guardian].Children, child)
	}
}

// is reports whether the person has a role, at whatever time, that makes a kind
// of card.
func (p *Person) is(kind string) bool {
	return slices.ContainsFunc(p.Memberships, func(m Membership) bool { return m.Kind == kind })
}

// On is what the person is on a day: the memberships in force.
func (p *Person) On(day calendar.Day) []Membership {
	var on []Membership
	for i, m := range p.Memberships {
		if !m.Span.Holds(day) {
			if on == nil {
				on = append(make([]Membership, 0, len(p.Memberships)), p.Memberships[:i]...)
			}
			continue
		}
		if on != nil {
			on = append(on, m)
		}
	}
	if on == nil {
		return p.Memberships
	}
	return on
}

// Kinds are the kinds of cards, the first that somebody has being the card: who
// teaches has a teacher's card, even if also a parent.
var Kinds = []string{"teacher", "staff", "student", "guardian"}

// Kind is the kind of card that memberships make, "" for none. What somebody is
// above all schools makes no card; guardians are where their children are.
func Kind(memberships []Membership) string {
	for _, kind := range Kinds {
		for _, m := range memberships {
			if m.Kind == kind && (m.School >= 0 || kind == "guardian") {
				return kind
			}
		}
	}
	return ""
}

// SchoolsOf are the schools that the memberships give to a card of a kind, each
// once: the primary first, then in the order of the user's own list, then by
// their ids, for rows come in no order. A teacher's card has the schools of all
// work, not those of the teacher's own children or studies.
func (r *Roster) SchoolsOf(kind string, memberships []Membership) []int32 {
	return r.AppendSchools(nil, kind, memberships)
}

// AppendSchools appends the schools that SchoolsOf gives.
func (r *Roster) AppendSchools(to []int32, kind string, memberships []Membership) []int32 {
	gives := func(m Membership) bool {
		return m.School >= 0 && (m.Kind == kind || kind == "teacher" && m.Kind == "staff")
	}
	first := slices.IndexFunc(memberships, gives)
	if first < 0 {
		return to
	}
	if !slices.ContainsFunc(memberships[first+1:], gives) { // as of most
		return append(to, memberships[first].School)
	}
	var rows []Membership
	for _, m := range memberships {
		if gives(m) {
			rows = append(rows, m)
		}
	}
	slices.SortStableFunc(rows, func(a, b Membership) int {
		if a.Primary != b.Primary {
			if a.Primary {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.order, b.order), strings.Compare(r.Schools[a.School].Key, r.Schools[b.School].Key))
	})
	own := len(to)
	for _, m := range rows {
		if !slices.Contains(to[own:], m.School) {
			to = append(to, m.School)
		}
	}
	return to
}

// isPlain reports whether an id shows all that is in it.
func isPlain(id string) bool {
	if id[0] == ' ' || id[len(id)-1] == ' ' {
		return false
	}
	for i := range len(id) {
		if !ordinary[id[i]] {
			return strings.IndexFunc(id, source.Invisible) < 0 && id == strings.TrimSpace(id)
		}
	}
	return true
}

// key checks an id from outside. It holds until the next row is read.
func (r *reading) key(rec *record, column int) (string, bool) {
	id := rec.cell(column)
	switch {
	case id == "":
		rec.problem(column, "C05", "empty")
	case !isPlain(id):
		rec.problem(column, "C05", "blank")
	case len(id) > fact.MaxName/len("_20") && len(fact.Escape(id)) > fact.MaxName:
		rec.problem(column, "C05", "long", strconv.Itoa(fact.MaxName))
	default:
		return id, true
	}
	return "", false
}

// word is a text that many rows have, as one string of its own.
func (r *reading) word(text string) string {
	w, ok := r.words[text]
	if !ok {
		w = r.texts.keep(text)
		r.words[w] = w
	}
	return w
}

// plain is a text without invisible characters and blanks around it: titles are
// for people to read.
func (r *reading) plain(text string) string {
	return r.texts.keep(strings.TrimSpace(strings.Map(func(c rune) rune {
		if source.Invisible(c) {
			return -1
		}
		return c
	}, text)))
}
